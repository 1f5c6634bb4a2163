use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Instant;

use super::watch::{BEATS_PER_LOOK, FIRST_RECORD, REPORT_INTERVAL};
use super::*;
use crate::Wire;
use crate::probe::{Probe, Visit};

fn watch_over<'a>(control: &Control<'a>, tiles: u64) -> Watch<'a> {
    control.watch(&Probe::new(tiles), &(0..tiles))
}

/// Returns the reports that an observer receives during a watch over this many tiles.
fn told(tiles: u64, work: impl FnOnce(&Watch<'_>)) -> Vec<Progress> {
    let told = Mutex::new(Vec::new());
    let observer = |progress| {
        told.lock().unwrap().push(progress);
        ControlFlow::Continue(())
    };
    work(&watch_over(&Control::new().progress(&observer), tiles));
    told.into_inner().unwrap()
}

fn progress(done: u64, total: u64) -> Progress {
    Progress::new("probe", done, total)
}

fn beat(watch: &Watch<'_>) -> Result<(), Stopped> {
    (0..BEATS_PER_LOOK).try_for_each(|_| watch.beat())
}

#[test]
fn the_ends_of_a_phase_are_reported_once() {
    assert_eq!(told(4, |watch| watch.finish().unwrap()), [progress(0, 4), progress(4, 4)]);
    assert_eq!(told(0, |watch| watch.finish().unwrap()), [progress(0, 0)]);
}

#[test]
fn finished_tiles_are_reported_after_a_while() {
    let told = told(4, |watch| {
        watch.advance(1);
        beat(watch).unwrap();
        thread::sleep(REPORT_INTERVAL);
        watch.advance(2);
        beat(watch).unwrap();
    });
    assert_eq!(told, [progress(0, 4), progress(3, 4)]);
}

#[test]
fn a_long_tile_is_reported_again_and_again() {
    let told = told(4, |watch| {
        for _ in 0..2 {
            thread::sleep(REPORT_INTERVAL);
            beat(watch).unwrap();
        }
        thread::sleep(REPORT_INTERVAL);
        watch.report();
        watch.report();
    });
    assert_eq!(told, [progress(0, 4); 4]);
}

#[test]
fn reports_are_an_interval_apart() {
    let clock = Instant::now();
    let told = told(1000, |watch| {
        for _ in 0..1000 {
            watch.advance(1);
            beat(watch).unwrap();
            watch.report();
        }
    });
    let intervals = clock.elapsed().as_millis() / REPORT_INTERVAL.as_millis();
    assert!(told.len() as u128 <= 1 + intervals, "{} reports in {intervals} intervals", told.len());
}

#[test]
fn few_beats_read_the_clock() {
    let told = told(4, |watch| {
        thread::sleep(REPORT_INTERVAL);
        let due = (0..2 * BEATS_PER_LOOK).filter(|_| watch.is_report_due()).count();
        assert_eq!(due, 2);
    });
    assert_eq!(told, [progress(0, 4)]);
    assert!(!watch_over(&Control::new(), 1).is_report_due());
}

#[test]
fn an_observer_ends_the_count_at_any_report() {
    let begin = |progress: Progress| if progress.done == 0 { ControlFlow::Break(()) } else { panic!("{progress:?}") };
    let watch = watch_over(&Control::new().progress(&begin), 4);
    assert_eq!((watch.beat(), watch.check(), watch.cause()), (Err(Stopped), Err(Stopped), Error::Cancelled));
    assert_eq!(watch.finish(), Err(Error::Cancelled));

    let end = |progress: Progress| if progress.done == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let watch = watch_over(&Control::new().progress(&end), 4);
    assert_eq!((watch.beat(), watch.finish()), (Ok(()), Err(Error::Cancelled)));
}

#[test]
fn a_set_up_is_reported_and_can_be_ended() {
    let told = Mutex::new(Vec::new());
    let observer = |progress: Progress| {
        told.lock().unwrap().push(progress);
        if told.lock().unwrap().len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let ended = Control::new().progress(&observer).set_up(0.5, |watch| {
        thread::sleep(REPORT_INTERVAL);
        beat(watch).map_err(|Stopped| Error::Cancelled)
    });
    assert_eq!(ended.err(), Some(Error::Cancelled));
    assert_eq!(told.into_inner().unwrap(), [Progress::new("set-up", 0, 1_000_000); 2]);

    let panics = |_| resume_unwind(Box::new("a bad observer"));
    let control = Control::new().progress(&panics);
    let ended = control.set_up(0.5, |watch| watch.beat().map_err(|Stopped| Error::Cancelled));
    let fault = Error::Panicked { phase: "progress observer".into(), message: "a bad observer".into() };
    assert_eq!(ended.err(), Some(fault));
}

#[test]
fn a_halt_stops_one_fold_and_the_flag_stops_all() {
    let flag = AtomicBool::new(false);
    let control = Control::new().cancel(&flag);
    let folds = [(); 2].map(|()| watch_over(&control, 1));
    let beats = || [folds[0].beat(), folds[1].beat()];
    assert_eq!(beats(), [Ok(()), Ok(())]);
    folds[0].halt();
    assert_eq!(beats(), [Err(Stopped), Ok(())]);
    flag.store(true, Ordering::Relaxed);
    assert_eq!(beats(), [Err(Stopped), Err(Stopped)]);
    assert_eq!(folds[1].cause(), Error::Cancelled);
}

#[test]
fn the_first_panic_of_the_observer_stops_the_workers_and_is_the_cause() {
    let observer = |progress: Progress| resume_unwind(Box::new(format!("done {}", progress.done)));
    let watch = watch_over(&Control::new().progress(&observer), 1);
    let fault = Error::Panicked { phase: "progress observer".into(), message: "done 0".into() };
    assert_eq!((watch.beat(), watch.cause()), (Err(Stopped), fault.clone()));
    assert_eq!(watch.finish(), Err(fault));
}

#[test]
fn debug_output_tells_what_is_watched() {
    let control = Control::new().progress(&|_| ControlFlow::Continue(()));
    assert_eq!(format!("{control:?}"), "Control { cancel: None, observed: true, recorded: false }");
    let watch = watch_over(&Control::new(), 3);
    let control = "Control { cancel: None, observed: false, recorded: false }";
    assert_eq!(format!("{watch:?}"), format!("Watch {{ control: {control}, phase: \"probe\", total: 3, .. }}"));
}

/// Keeps what it receives.
#[derive(Default)]
struct Kept(Mutex<Vec<(Range<u64>, Vec<u8>)>>);

impl Recorder for Kept {
    fn record(&self, run: Range<u64>, partial: &[u8]) -> Result<(), Error> {
        self.0.lock().unwrap().push((run, partial.to_vec()));
        Ok(())
    }
}

impl Kept {
    /// Returns the runs, after a check that each came with the visits of exactly its tiles.
    fn runs(self) -> Vec<Range<u64>> {
        let kept = self.0.into_inner().unwrap().into_iter();
        let checked = kept.map(|(run, partial)| {
            let visits = <Vec<Visit> as Wire>::decode(&partial).unwrap();
            assert!(visits.iter().map(|visit| visit.tile).eq(run.clone()));
            run
        });
        checked.collect()
    }
}

#[test]
fn finished_tiles_are_recorded_as_they_come_in_and_at_the_end() {
    let kept = Kept::default();
    let control = Control::new().record(&kept);
    let probe = Probe { pause: FIRST_RECORD / 2, ..Probe::new(9) };
    let watch = control.watch(&probe, &(1..9));
    let folded = watch.fold_tiles(&probe, 1..9, &mut probe.scratch(), &watch).unwrap();
    assert_eq!(folded.len(), 8);
    let runs = kept.runs();
    assert_eq!((runs[0].start, runs.last().unwrap().end), (1, 9));
    assert!(runs.windows(2).all(|pair| pair[0].end == pair[1].start));
    assert!((2..=3).contains(&runs.len()), "the first after two tiles, then after four: {runs:?}");
}

#[test]
fn a_run_that_is_stopped_records_what_it_has_done() {
    let kept = Kept::default();
    let stop = AtomicBool::new(false);
    let control = Control::new().record(&kept).cancel(&stop);
    let probe = Probe::new(9);
    let watch = control.watch(&probe, &(0..9));
    // A tile of a probe beats once, and so does the driver before it.
    let after_four = StopAfter(&stop, 4.into());
    assert_eq!(watch.fold_tiles(&probe, 0..9, &mut probe.scratch(), &after_four), Err(Error::Cancelled));
    assert_eq!(kept.runs(), vec![0..2]);
}

/// A pulse that sets the flag at a beat and stops then.
struct StopAfter<'a>(&'a AtomicBool, AtomicU64);

impl Pulse for StopAfter<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        if self.1.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.0.store(true, Ordering::Relaxed);
        }
        if self.0.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) }
    }
}

#[test]
fn an_error_of_the_recorder_ends_the_fold() {
    struct Full;
    impl Recorder for Full {
        fn record(&self, run: Range<u64>, _: &[u8]) -> Result<(), Error> {
            Err(Error::Overlap { run })
        }
    }
    let control = Control::new().record(&Full);
    let probe = Probe::new(3);
    let watch = control.watch(&probe, &(0..3));
    let folded = watch.fold_tiles(&probe, 0..3, &mut probe.scratch(), &watch);
    assert_eq!(folded, Err(Error::Overlap { run: 0..3 }));
    // An empty run has nothing to record.
    assert_eq!(watch.fold_tiles(&probe, 3..3, &mut probe.scratch(), &watch), Ok(vec![]));
    assert_eq!(watch.record(2..2, &[]), Ok(()));
}
