//! Tests of the cancel flag: set before, during and after a count, and how soon a backend stops.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{Algorithm, Backend, Control, Error, Kernel, PrimeCounter, Progress, Pulse, Query, Stopped};

use crate::conformance::Ability;
use crate::conformance::broken::{Broken, Judged, ensure};
use crate::conformance::subject::{Subject, combinatorial, ensure_tiles, ensure_usable};

fn ensure_cancelled<T>(answer: &Result<T, Error>, when: &str) -> Judged {
    match answer {
        Err(Error::Cancelled) => Ok(()),
        Ok(_) => Err(Broken(format!("cancelled {when}, it answers anyway"))),
        Err(other) => Err(Broken(format!("cancelled {when}, it fails with '{other}'"))),
    }
}

pub(super) fn before<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let stop = AtomicBool::new(true);
    for lane in subject.lanes() {
        // If a tile runs anyway, it panics.
        for tile in [0, 57, 99] {
            let probe = Probe { trouble: Some(Trouble::PanicInTile(tile)), ..Probe::new(100) };
            ensure_cancelled(&lane.fold(&probe, &Control::new().cancel(&stop)), "before the first tile")?;
        }
        for &algorithm in Algorithm::ALL {
            let query = Query::up_to(1_000).algorithm(algorithm).cancel(&stop);
            ensure_cancelled(&lane.count(&query), "before the count")?;
        }
        ensure_usable(&lane)?;
    }
    Ok(())
}

pub(super) fn during<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    // Each of these takes half a second or more, even with the most workers.
    let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(3_000) };
    let count = combinatorial(10_u128.pow(16))?;
    for lane in subject.lanes() {
        ensure_stops(subject, &lane, &probe)?;
        ensure_stops(subject, &lane, &count)?;
    }
    Ok(())
}

fn ensure_stops<B: Backend>(subject: &Subject<'_, B>, lane: &B, kernel: &impl Kernel) -> Judged {
    let stop = AtomicBool::new(false);
    let under_way = |progress: Progress| {
        if (1..progress.total / 2).contains(&progress.done) {
            stop.store(true, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    };
    let control = Control::new().cancel(&stop);
    let control = if subject.caps.has(Ability::Progress) { control.progress(&under_way) } else { control };
    // The clock or the observer sets the flag, whichever comes first, because not all backends report while they run.
    let answer = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(30));
            stop.store(true, Ordering::Relaxed);
        });
        lane.fold(kernel, &control).map(drop)
    });
    ensure_cancelled(&answer, "meanwhile")?;
    ensure_usable(lane)
}

pub(super) fn after<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all(1..40_u64, |lane, tiles| fold_and_cancel_at_the_end(&lane, &Probe::new(tiles)))?;
    for lane in subject.lanes() {
        // The last tile takes so long that a report is due when it ends.
        let stall = Trouble::Stall(29, Duration::from_millis(60));
        fold_and_cancel_at_the_end(&lane, &Probe { trouble: Some(stall), ..Probe::new(30) })?;
    }
    Ok(())
}

fn fold_and_cancel_at_the_end<B: Backend>(lane: &B, probe: &Probe) -> Judged {
    let stop = AtomicBool::new(false);
    let at_the_end = |progress: Progress| {
        stop.store(progress.done == progress.total, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let control = Control::new().cancel(&stop).progress(&at_the_end);
    ensure_tiles(&lane.fold(probe, &control)?, 0..probe.tiles)
}

pub(super) fn latency<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all((0..200_u64, 1..4_u32), |lane, (tile, beats)| {
        let stop = AtomicBool::new(false);
        let kernel = Stubborn { stop: &stop, cancel_at: tile, beats, late_beats: 0.into(), late_tiles: 0.into() };
        ensure_cancelled(&lane.fold(&kernel, &Control::new().cancel(&stop)), "in a tile")?;
        let (late_beats, late_tiles) = (kernel.late_beats.into_inner(), kernel.late_tiles.into_inner());
        ensure!(late_beats == 0, "{late_beats} pulses let the work go on although the flag was set");
        // A worker that had checked the flag just before may still run one tile.
        let workers = lane.workers();
        ensure!(late_tiles <= workers.get(), "{workers} workers began {late_tiles} tiles although the flag was set");
        Ok(())
    })
}

/// A kernel that sets the cancel flag in one of its tiles, and goes on as long as the pulse lets it.
struct Stubborn<'a> {
    stop: &'a AtomicBool,
    cancel_at: u64,
    /// The number of beats per tile.
    beats: u32,
    /// The number of beats that let the work go on although the flag was set.
    late_beats: AtomicUsize,
    /// The number of tiles that began although the flag was set.
    late_tiles: AtomicUsize,
}

impl Kernel for Stubborn<'_> {
    type Scratch = ();
    type Partial = ();

    fn phase(&self) -> &'static str {
        "stubborn"
    }

    fn tiles(&self) -> u64 {
        2_000
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), pulse: &P) -> Result<(), Stopped> {
        self.late_tiles.fetch_add(usize::from(self.stop.load(Ordering::SeqCst)), Ordering::SeqCst);
        if index == self.cancel_at {
            self.stop.store(true, Ordering::SeqCst);
        }
        for _ in 0..self.beats {
            let late = self.stop.load(Ordering::SeqCst);
            pulse.beat()?;
            self.late_beats.fetch_add(usize::from(late), Ordering::SeqCst);
        }
        Ok(())
    }
}
