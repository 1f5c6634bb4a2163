//! A kernel that computes nothing. Its result shows how it was run.
//!
//! The conformance suite and the fault tests run it on every backend. It is plain data, so it also reaches workers
//! outside this process.

use std::panic::resume_unwind;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::{JobSpec, Kernel, Pulse, Stopped};

/// A kernel whose result is the list of visits to its tiles. Lists are a free monoid, so the result shows every tile
/// that is lost, repeated or out of order, and which scratch it was run with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The number of tiles.
    pub tiles: u64,
    /// The fewest tiles that a worker should claim at once.
    pub grain: u64,
    /// How long each tile sleeps.
    pub pause: Duration,
    /// The fault or delay that happens, if any.
    pub trouble: Option<Trouble>,
}

/// A fault or a delay of a [`Probe`]. Panics are quiet: they unwind without calling the panic hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// The tile of this index panics; see [`Probe::panic_of_tile`].
    PanicInTile(u64),
    /// The tile of this index sleeps for this time.
    Stall(u64, Duration),
    /// The tile of this index works for this time, and beats its pulse every millisecond.
    Work(u64, Duration),
    /// The tile of this index ends its process at once, with [`Probe::EXIT_CODE`].
    Exit(u64),
    /// The scratch constructor panics with [`Probe::PANIC_OF_SCRATCH`].
    PanicInScratch,
}

/// One tile, run once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The index of the tile.
    pub tile: u64,
    /// The scratch that it was run with: a number that no other scratch has in any process of this machine.
    pub scratch: u64,
    /// The number of tiles that were run with this scratch before.
    pub position: u64,
}

/// A scratch that has a unique name and counts its tiles.
#[derive(Debug)]
pub struct ProbeScratch {
    name: u64,
    tiles: u64,
}

impl Probe {
    /// Creates a probe whose tiles do nothing and can be claimed one by one.
    #[must_use]
    pub const fn new(tiles: u64) -> Self {
        Self { tiles, grain: 1, pause: Duration::ZERO, trouble: None }
    }

    /// The text of a scratch constructor's panic.
    pub const PANIC_OF_SCRATCH: &'static str = "no scratch is available";

    /// The exit code of a process that a tile ended.
    pub const EXIT_CODE: i32 = 70;

    /// Returns the text of a tile's panic.
    #[must_use]
    pub fn panic_of_tile(index: u64) -> String {
        format!("tile {index} is bad")
    }
}

impl Kernel for Probe {
    type Scratch = ProbeScratch;
    type Partial = Vec<Visit>;

    fn phase(&self) -> &'static str {
        "probe"
    }

    fn tiles(&self) -> u64 {
        self.tiles
    }

    fn grain(&self) -> u64 {
        self.grain
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::Probe(self.clone()))
    }

    fn scratch(&self) -> ProbeScratch {
        static MADE: AtomicU32 = AtomicU32::new(0);
        if self.trouble == Some(Trouble::PanicInScratch) {
            resume_unwind(Box::new(Self::PANIC_OF_SCRATCH));
        }
        let name = u64::from(process::id()) << 32 | u64::from(MADE.fetch_add(1, Ordering::Relaxed));
        ProbeScratch { name, tiles: 0 }
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut ProbeScratch, pulse: &P) -> Result<Vec<Visit>, Stopped> {
        match self.trouble {
            Some(Trouble::PanicInTile(bad)) if bad == index => resume_unwind(Box::new(Self::panic_of_tile(index))),
            Some(Trouble::Stall(slow, length)) if slow == index => thread::sleep(length),
            Some(Trouble::Work(long, length)) if long == index => {
                let begun = Instant::now();
                while begun.elapsed() < length {
                    pulse.beat()?;
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Some(Trouble::Exit(last)) if last == index => process::exit(Self::EXIT_CODE),
            _ => {}
        }
        if !self.pause.is_zero() {
            thread::sleep(self.pause);
        }
        pulse.beat()?;
        let position = scratch.tiles;
        scratch.tiles += 1;
        Ok(vec![Visit { tile: index, scratch: scratch.name, position }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Heartbeat;
    use crate::{Control, Error, Wire, fold_tiles, guard};

    fn fold(probe: &Probe) -> Result<Vec<Visit>, Error> {
        guard(probe.phase(), || {
            fold_tiles(probe, 0..probe.tiles(), &mut probe.scratch(), &Control::new())
                .map_err(|Stopped| Error::Cancelled)
        })
    }

    #[test]
    fn visits_tell_tiles_scratches_and_positions() {
        let visits = [(); 2].map(|()| fold(&Probe::new(3)).unwrap());
        for visits in &visits {
            let seen: Vec<_> = visits.iter().map(|visit| (visit.tile, visit.position)).collect();
            assert_eq!(seen, [(0, 0), (1, 1), (2, 2)]);
            assert!(visits.iter().all(|visit| visit.scratch == visits[0].scratch));
        }
        assert_ne!(visits[0][0].scratch, visits[1][0].scratch);
        assert_eq!(visits[0][0].scratch >> 32, u64::from(process::id()));
    }

    #[test]
    fn trouble_happens_as_told() {
        let panicked = |message: String| Err(Error::Panicked { phase: "probe".into(), message });
        let in_tile = Probe { trouble: Some(Trouble::PanicInTile(1)), ..Probe::new(3) };
        assert_eq!(fold(&in_tile), panicked("tile 1 is bad".to_owned()));
        for elsewhere in [Trouble::PanicInTile(3), Trouble::Exit(3)] {
            let probe = Probe { trouble: Some(elsewhere), ..Probe::new(3) };
            assert_eq!(fold(&probe).map(|visits| visits.len()), Ok(3));
        }
        let in_scratch = Probe { trouble: Some(Trouble::PanicInScratch), ..Probe::new(3) };
        assert_eq!(fold(&in_scratch), panicked(Probe::PANIC_OF_SCRATCH.to_owned()));
    }

    #[test]
    fn pauses_and_stalls_take_their_time() {
        let clock = Instant::now();
        let slow = Probe { pause: Duration::from_millis(2), ..Probe::new(5) };
        assert_eq!(fold(&slow).map(|visits| visits.len()), Ok(5));
        assert!(clock.elapsed() >= Duration::from_millis(10));
        let clock = Instant::now();
        let stalled = Probe { trouble: Some(Trouble::Stall(1, Duration::from_millis(20))), ..Probe::new(2) };
        assert_eq!(fold(&stalled).map(|visits| visits.len()), Ok(2));
        assert!(clock.elapsed() >= Duration::from_millis(20));
        let clock = Instant::now();
        let worked = Probe { trouble: Some(Trouble::Work(1, Duration::from_millis(20))), ..Probe::new(2) };
        assert_eq!(fold(&worked).map(|visits| visits.len()), Ok(2));
        assert!(clock.elapsed() >= Duration::from_millis(20));
        let pulse = Heartbeat::new();
        pulse.stop();
        assert_eq!(worked.tile(1, &mut worked.scratch(), &pulse), Err(Stopped));
        let clock = Instant::now();
        let elsewhere = Probe { trouble: Some(Trouble::Stall(2, Duration::from_secs(5))), ..Probe::new(2) };
        assert_eq!(fold(&elsewhere).map(|visits| visits.len()), Ok(2));
        assert!(clock.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn it_crosses_a_wire_with_its_trouble() {
        let probe = Probe { grain: 2, trouble: Some(Trouble::PanicInTile(4)), ..Probe::new(5) };
        let bytes = probe.spec().unwrap().encode().unwrap();
        let mut job = JobSpec::decode(&bytes).unwrap().open(&Heartbeat::new()).unwrap();
        let visits = Vec::<Visit>::decode(&job.run(1..4, &Heartbeat::new()).unwrap()).unwrap();
        assert_eq!(visits.iter().map(|visit| visit.tile).collect::<Vec<_>>(), [1, 2, 3]);
        let message = Probe::panic_of_tile(4);
        assert_eq!(job.run(4..5, &Heartbeat::new()), Err(Error::Panicked { phase: "probe".into(), message }));
        let grain = match JobSpec::decode(&bytes) {
            Ok(JobSpec::Probe(probe)) => probe.grain(),
            other => panic!("{other:?}"),
        };
        assert_eq!(grain, 2);
    }
}
