//! Tests of what a backend passes on to a recorder.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use primelanes_backends::probe::{Probe, Visit};
use primelanes_backends::{Backend, Control, Error, Recorder, Wire};
use proptest::prelude::*;

use crate::conformance::Ability;
use crate::conformance::broken::{Broken, InCase, Judged, ensure};
use crate::conformance::subject::{Subject, ensure_tiles, ensure_usable};

pub(super) fn recording<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let cuts = (0..400_u64, 1..20_u64, prop::array::uniform2(any::<prop::sample::Index>()));
    subject.for_all(cuts, |lane, (tiles, grain, cuts)| {
        let [start, end] = cuts.map(|cut| cut.index(tiles as usize + 1) as u64);
        ensure_all_recorded(&lane, &Probe { grain, ..Probe::new(tiles) }, start.min(end)..start.max(end))
    })?;
    for lane in subject.lanes() {
        // So long that a worker does not wait for its last tile.
        ensure_all_recorded(&lane, &Probe { pause: Duration::from_millis(1), ..Probe::new(200) }, 0..200)?;
        ensure_failure_ends(&lane)?;
        if subject.caps.has(Ability::Cancellation) {
            ensure_part_recorded(&lane)?;
        }
        ensure_usable(&lane)?;
    }
    Ok(())
}

/// Keeps what is recorded of a probe.
#[derive(Default)]
struct Tape<'a> {
    recorded: Mutex<Vec<(Range<u64>, Vec<Visit>)>>,
    /// Becomes true when something is recorded.
    stop: Option<&'a AtomicBool>,
}

impl Recorder for Tape<'_> {
    fn record(&self, run: Range<u64>, partial: &[u8]) -> Result<(), Error> {
        let visits = Vec::decode(partial)?;
        self.recorded.lock().expect("nothing panics while it is locked").push((run, visits));
        if let Some(stop) = self.stop {
            stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Tape<'_> {
    /// Ensures that each run was recorded with the results of its own tiles. Returns all of them.
    fn visits(self) -> Judged<Vec<Visit>> {
        let mut all = Vec::new();
        for (run, visits) in self.recorded.into_inner().expect("nothing panics while it is locked") {
            let recorded = visits.iter().map(|visit| visit.tile);
            let is_own = recorded.clone().eq(run.clone());
            ensure!(is_own, "{run:?} is recorded with the results of the tiles {:?}", recorded.collect::<Vec<_>>());
            all.extend(visits);
        }
        Ok(all)
    }
}

/// Folds a run of the probe. Ensures that nothing of it is recorded, or each tile once.
fn ensure_all_recorded(lane: &impl Backend, probe: &Probe, run: Range<u64>) -> Judged {
    let tape = Tape::default();
    let folded = lane.fold_run(probe, run.clone(), &Control::new().record(&tape))?;
    ensure_tiles(&folded, run.clone()).in_case(|| "with a recorder".to_owned())?;
    let visits = tape.visits()?;
    if visits.is_empty() { Ok(()) } else { ensure_tiles(&visits, run).in_case(|| "by what is recorded".to_owned()) }
}

/// Cancels a fold in the middle. Ensures that no tile is recorded twice.
fn ensure_part_recorded(lane: &impl Backend) -> Judged {
    // It takes half a second or more, even with the most workers.
    let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(4_000) };
    let stop = AtomicBool::new(false);
    let tape = Tape { stop: Some(&stop), ..Tape::default() };
    // Another law is about whether the fold ends.
    let _ended = thread::scope(|scope| {
        // Not all backends record while they run.
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(150));
            stop.store(true, Ordering::Relaxed);
        });
        lane.fold(&probe, &Control::new().cancel(&stop).record(&tape))
    });
    let mut tiles: Vec<_> = tape.visits()?.iter().map(|visit| visit.tile).collect();
    tiles.sort_unstable();
    let twice = tiles.windows(2).find(|pair| pair[0] == pair[1]);
    twice.map_or(Ok(()), |pair| Err(Broken(format!("after a cancellation, tile {} is recorded twice", pair[0]))))
}

/// Refuses what is recorded.
#[derive(Default)]
struct Full(AtomicBool);

impl Full {
    fn error() -> Error {
        Error::Storage { action: "record".into(), file: "the recorder".into(), reason: "it is full".into() }
    }
}

impl Recorder for Full {
    fn record(&self, _: Range<u64>, _: &[u8]) -> Result<(), Error> {
        self.0.store(true, Ordering::Relaxed);
        Err(Self::error())
    }
}

/// Ensures that an error of the recorder is that of the fold.
fn ensure_failure_ends(lane: &impl Backend) -> Judged {
    let full = Full::default();
    let folded = lane.fold(&Probe::new(50), &Control::new().record(&full)).map(|visits| visits.len());
    let is_right = !full.0.into_inner() || folded == Err(Full::error());
    ensure!(is_right, "the recorder failed, but the fold returned {folded:?}");
    Ok(())
}
