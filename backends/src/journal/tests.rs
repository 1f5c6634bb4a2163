mod odd_lanes;

use std::fs;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primelanes_core::algorithm::TrialDivision;
use primelanes_core::probe::{Probe, Visit};
use primelanes_core::{Algorithm, Control, Kernel, Progress, Recorder, Wire};
use proptest::prelude::*;
use tempfile::TempDir;

use self::odd_lanes::{Blind, Idle, Twice};
use super::contents::{Segment, Step};
use super::*;
use crate::{GlobalLock, Ledger, Rayon, ScopedThreads, SingleThread};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// A folder with a place for a journal.
struct Desk {
    folder: TempDir,
    troubles: Mutex<Vec<String>>,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), troubles: Mutex::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("j")
    }

    fn counter<B: Backend>(&self, backend: B) -> impl PrimeCounter {
        Journaled::new(backend, self.path(), |trouble: &Error| self.troubles.lock().unwrap().push(trouble.to_string()))
    }

    /// Counts without a fault.
    fn count<B: Backend>(&self, backend: B, query: &Query<'_>) -> u128 {
        let count = self.counter(backend).count(query).unwrap();
        assert_eq!(*self.troubles.lock().unwrap(), [""; 0]);
        count
    }

    /// Counts until this many millionths are done, as the observer sees it, and returns what the journal says then.
    fn interrupt<B: Backend>(&self, backend: B, query: &Query<'_>, millionths: u64) -> Journal {
        let observer = |progress: Progress| {
            if progress.done >= millionths { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let interrupted = self.counter(backend).count(&query.clone().progress(&observer));
        assert_eq!(interrupted, Err(Error::Cancelled));
        Journal::read(self.path()).unwrap().unwrap()
    }

    fn reason(&self, query: &Query<'_>) -> String {
        match self.counter(SingleThread).count(query) {
            Err(Error::BadJournal { file, reason }) => {
                assert_eq!(file, self.path().display().to_string());
                reason
            }
            other => panic!("the journal was accepted: {other:?}"),
        }
    }
}

/// A query that takes about half a second in tests.
fn long_query() -> Query<'static> {
    Query::up_to(3_000_000).algorithm(Algorithm::TrialDivision)
}

const LONG_COUNT: u128 = 216_816;

#[test]
fn an_interrupted_count_goes_on_where_it_was_on_any_lane() {
    let (desk, query) = (Desk::new(), long_query());
    let first = desk.interrupt(SingleThread, &query, 200_000);
    let second = desk.interrupt(ScopedThreads::new(TWO), &query, 500_000);
    let third = desk.interrupt(GlobalLock::new(TWO), &query, 700_000);
    let done = [&first, &second, &third].map(|journal| journal.phases().map(|phase| phase.done).sum::<u64>());
    assert!(done.is_sorted_by(|a, b| a < b), "{done:?}");
    assert!(
        [&first, &second, &third]
            .iter()
            .all(|journal| journal.count().is_none() && *journal.plan() == Plan::TrialDivision)
    );
    assert!(third.worked() > second.worked() && second.worked() > first.worked());
    // The rest is reported from where the count was.
    let begun = AtomicU64::new(u64::MAX);
    let observer = |progress: Progress| {
        if progress.done > 0 {
            begun.fetch_min(progress.done, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    };
    assert_eq!(desk.count(Rayon::new(TWO).unwrap(), &query.clone().progress(&observer)), LONG_COUNT);
    assert!(begun.into_inner() >= 650_000);
    assert_eq!(desk.count(Idle, &query), LONG_COUNT);
}

#[test]
fn every_fold_of_a_count_is_recorded() {
    let desk = Desk::new();
    let range = 100_000_000_000..=1_000_000_000_000;
    let query = Query::range(range).algorithm(Algorithm::Combinatorial).double_check();
    let journal = desk.interrupt(SingleThread, &query, 700_000);
    assert!(journal.phases().count() >= 2, "{journal:?}");
    assert_eq!(desk.count(ScopedThreads::new(TWO), &query), 37_607_912_018 - 4_118_054_813);
    let finished = Journal::read(desk.path()).unwrap().unwrap();
    assert_eq!((finished.count(), finished.phases().count()), (Some(37_607_912_018 - 4_118_054_813), 0));
    assert_eq!((finished.double_check(), finished.algorithm()), (true, Algorithm::Combinatorial));
}

#[test]
fn a_finished_count_is_answered_at_once() {
    let (desk, query) = (Desk::new(), Query::up_to(1_000_000));
    assert_eq!(desk.count(SingleThread, &query), 78_498);
    let seen = Mutex::new(Vec::new());
    let observer = |progress: Progress| {
        seen.lock().unwrap().push((progress.done, progress.total));
        ControlFlow::Continue(())
    };
    assert_eq!(desk.count(Idle, &query.progress(&observer)), 78_498);
    assert_eq!(seen.into_inner().unwrap().last(), Some(&(1_000_000, 1_000_000)));
}

#[test]
fn a_journal_of_another_query_is_refused_and_left_alone() {
    let desk = Desk::new();
    let query = Query::range(10..=1_000_000);
    desk.count(SingleThread, &query);
    let bytes = fs::read(desk.path()).unwrap();
    let whose = "it belongs to another count: 10 to 1000000, algorithm auto";
    for other in [
        Query::range(10..=1_000_001),
        Query::range(11..=1_000_000),
        Query::range(10..=1_000_000).algorithm(Algorithm::Sieve),
        Query::range(10..=1_000_000).double_check(),
    ] {
        assert_eq!(desk.reason(&other), whose);
    }
    let plan = Journal::read(desk.path()).unwrap().unwrap().plan().clone();
    assert_ne!(plan, Plan::TrialDivision);
    assert_eq!(desk.reason(&query.clone().plan(Plan::TrialDivision)), "it belongs to a count with another plan");
    assert_eq!(desk.count(Idle, &query.clone().plan(plan)), 78_494);
    assert_eq!(fs::read(desk.path()).unwrap(), bytes);
    // A query that cannot be counted at all is refused before, and leaves no file behind.
    let empty = Desk::new();
    let beyond = Query::up_to(u128::MAX).algorithm(Algorithm::Sieve);
    assert!(matches!(empty.counter(SingleThread).count(&beyond), Err(Error::OutOfRange { .. })));
    assert!(!empty.path().exists());
}

/// The journal of a count in the middle, and its bytes.
fn unfinished() -> (Desk, Journal, Vec<u8>) {
    let desk = Desk::new();
    let query = Query::up_to(100_000).algorithm(Algorithm::TrialDivision);
    let kernel = TrialDivision::new(0..=100_000);
    let tiles = kernel.tiles();
    assert!(tiles > 3);
    let partial = |run: Range<u64>| {
        let count = primelanes_core::fold_tiles(&kernel, run.clone(), &mut kernel.scratch(), &Control::new()).unwrap();
        Segment { run, partial: count.encode().unwrap() }
    };
    let mut journal = Journal::new(&query, Plan::TrialDivision);
    let segments = vec![partial(0..1), partial(2..3)];
    let (spec, phase) = (kernel.spec().unwrap(), kernel.phase().to_owned());
    journal.steps.push(Step { spec, phase, tiles: 0..tiles, segments });
    let bytes = format::encode(&journal).unwrap();
    fs::write(desk.path(), &bytes).unwrap();
    (desk, journal, bytes)
}

#[test]
fn no_flipped_bit_and_no_cut_is_accepted() {
    let (desk, journal, bytes) = unfinished();
    assert_eq!(Journal::read(desk.path()), Ok(Some(journal)));
    let is_refused = |bytes: &[u8]| {
        fs::write(desk.path(), bytes).unwrap();
        matches!(Journal::read(desk.path()), Err(Error::BadJournal { .. }))
    };
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(is_refused(&flipped), "bit {bit} of byte {at}");
        }
    }
    for length in 1..bytes.len() {
        assert!(is_refused(&bytes[..length]), "{length} bytes");
    }
    assert!(is_refused(&[&bytes[..], b"\0"].concat()));
    // An empty file was created by a count that ended before its first write.
    assert!(!is_refused(b""));
    assert_eq!(Journal::read(desk.path()), Ok(None));
    assert_eq!(desk.count(SingleThread, &Query::up_to(100)), 25);
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_the_file_is_left_alone() {
    let (desk, journal, bytes) = unfinished();
    let query = Query::up_to(100_000).algorithm(Algorithm::TrialDivision);
    let newer = [&bytes[..19], &9_u32.to_le_bytes(), &bytes[23..]].concat();
    let jobs = primelanes_core::JobSpec::VERSION;
    let mut overlapping = journal;
    overlapping.steps[0].segments[1].run = 0..2;
    let mut undecodable = overlapping.clone();
    undecodable.steps[0].segments[1] = Segment { run: 2..3, partial: vec![0xff] };
    let cases = [
        (b"2 3 5 7".to_vec(), "it is not a journal of primelanes".to_owned()),
        (bytes[..30].to_vec(), "it is cut off after 30 of at least 39 bytes".to_owned()),
        (bytes[..50].to_vec(), format!("it is cut off after 50 of at least {} bytes", bytes.len())),
        ([&bytes[..], b"more"].concat(), format!("it has {} bytes instead of {}", bytes.len() + 4, bytes.len())),
        (newer, format!("it has version 9.{jobs}, and this program uses version 1.{jobs}")),
        ([&bytes[..60], b"x", &bytes[61..]].concat(), "its checksum is wrong".to_owned()),
    ];
    for (bytes, reason) in cases {
        fs::write(desk.path(), &bytes).unwrap();
        assert_eq!(desk.reason(&query), reason);
        assert_eq!(fs::read(desk.path()).unwrap(), bytes);
    }
    for (journal, part) in [(overlapping, "answered twice"), (undecodable, "malformed")] {
        fs::write(desk.path(), format::encode(&journal).unwrap()).unwrap();
        let reason = desk.reason(&query);
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_journal_that_was_made_up_is_refused_too() {
    let (desk, mut journal, _) = unfinished();
    let reversed = Range { start: u64::MAX, end: 2 };
    journal.steps[0].segments[1].run = reversed.clone();
    fs::write(desk.path(), format::encode(&journal).unwrap()).unwrap();
    let reason = desk.reason(&Query::up_to(100_000).algorithm(Algorithm::TrialDivision));
    assert!(reason.contains("answered twice"), "{reason}");
    journal.steps[0].tiles = reversed;
    journal.steps[0].segments[0].run = 0..u64::MAX;
    let phase = journal.phases().next().unwrap();
    assert_eq!((phase.tiles, phase.done), (0, u64::MAX));
}

#[test]
fn a_journal_that_was_cut_anywhere_between_tiles_leads_to_the_right_count() {
    let (desk, journal, _) = unfinished();
    assert_eq!(desk.count(ScopedThreads::new(TWO), &Query::up_to(100_000).algorithm(Algorithm::TrialDivision)), 9_592);
    assert_ne!(Journal::read(desk.path()), Ok(Some(journal)));
}

#[test]
fn a_file_serves_one_count_at_a_time() {
    let (desk, query) = (Desk::new(), long_query());
    let refused = Mutex::new(None);
    let observer = |_| {
        refused.lock().unwrap().get_or_insert_with(|| desk.reason(&query));
        ControlFlow::Continue(())
    };
    assert_eq!(desk.count(SingleThread, &query.clone().progress(&observer)), LONG_COUNT);
    assert_eq!(refused.into_inner().unwrap().as_deref(), Some("another process is using it"));
    // Afterwards the file is free.
    assert_eq!(desk.count(Idle, &query), LONG_COUNT);
}

#[test]
fn a_lock_stays_with_the_name_when_the_file_is_replaced() {
    let desk = Desk::new();
    let (mut file, journal) = JournalFile::open(&desk.path(), |_| ()).unwrap();
    assert!(journal.is_none());
    for round in 0..3_u8 {
        assert!(JournalFile::open(&desk.path(), |_| ()).is_err(), "round {round}");
        file.replace(&[round]).unwrap();
        assert_eq!(fs::read(desk.path()).unwrap(), [round]);
    }
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
}

#[test]
fn a_file_that_cannot_be_written_costs_one_warning_and_no_count() {
    type Spoil = fn(&Desk);
    let read_only: Spoil = |desk| {
        let mut permissions = fs::metadata(desk.path()).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(desk.path(), permissions).unwrap();
    };
    let vanished: Spoil = |desk| fs::remove_dir_all(desk.folder.path()).unwrap();
    let replaced: Spoil = |desk| {
        fs::remove_file(desk.path()).unwrap();
        fs::write(desk.path(), "another").unwrap();
    };
    for (spoil, early, reason) in
        [(read_only, true, "read-only"), (vanished, false, "No such file"), (replaced, false, "taken its place")]
    {
        let (desk, query) = (Desk::new(), long_query());
        desk.interrupt(SingleThread, &query, 100_000);
        if early {
            spoil(&desk);
        }
        let spoiled = Mutex::new(early);
        let observer = |_| {
            if !std::mem::replace(&mut *spoiled.lock().unwrap(), true) {
                spoil(&desk);
            }
            ControlFlow::Continue(())
        };
        let count = desk.counter(ScopedThreads::new(TWO)).count(&query.clone().progress(&observer));
        assert_eq!(count, Ok(LONG_COUNT));
        let troubles = desk.troubles.into_inner().unwrap();
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        assert!(troubles[0].starts_with("cannot write the journal '") && troubles[0].contains(reason), "{troubles:?}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (path, reason) in
        [(folder.path().to_owned(), "not a regular file"), (folder.path().join("none/j"), "No such file")]
    {
        let refused = Journaled::new(SingleThread, &path, |_: &Error| ()).count(&Query::up_to(10)).unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    assert_eq!(Journal::read(folder.path().join("none")), Ok(None));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let desk = Desk::new();
    let target = desk.folder.path().join("target");
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, desk.path()).unwrap();
    desk.count(SingleThread, &Query::up_to(100));
    assert!(fs::symlink_metadata(desk.path()).unwrap().is_symlink());
    assert_eq!(Journal::read(&target).unwrap().unwrap().count(), Some(25));
}

/// Returns a session whose file is never written, since there is no thread, and no write is due.
fn session<'a>(desk: &Desk, path: &'a Path, journal: Journal) -> Session<'a> {
    let (file, _) = JournalFile::open(&desk.path(), |_| ()).unwrap();
    Session::new(path, journal, Writer::new(file, &|_| ()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_recorded_the_rest_is_run_once_and_in_order(kept in prop::collection::vec(any::<bool>(), 0..40)) {
        let probe = Probe::new(kept.len() as u64);
        let mut journal = Journal::new(&Query::up_to(0), Plan::Table);
        let old = Visit { tile: 0, scratch: 0, position: 0 };
        let runs = (0..).zip(&kept).filter(|&(_, &kept)| kept);
        let segments = runs.map(|(tile, _)| Segment {
            run: tile..tile + 1,
            partial: vec![Visit { tile, ..old }].encode().unwrap(),
        });
        let (spec, tiles) = (probe.spec().unwrap(), 0..probe.tiles);
        journal.steps.push(Step { spec, phase: "probe".to_owned(), tiles, segments: segments.collect() });
        let (desk, place) = (Desk::new(), PathBuf::new());
        let session = session(&desk, &place, journal);
        let visits = Recording::new(&ScopedThreads::new(TWO), &session).fold(&probe, &Control::new()).unwrap();
        prop_assert!(visits.iter().map(|visit| visit.tile).eq(0..probe.tiles));
        for (visit, kept) in visits.iter().zip(kept) {
            prop_assert_eq!(visit.scratch == 0, kept, "tile {}", visit.tile);
        }
        // All of it is recorded now.
        let again = Recording::new(&Idle, &session).fold(&probe, &Control::new()).unwrap();
        prop_assert_eq!(again, visits);
    }
}

#[test]
fn a_backend_that_records_nothing_is_recorded_fold_by_fold() {
    let (desk, query) = (Desk::new(), Query::up_to(100_000).algorithm(Algorithm::TrialDivision));
    assert_eq!(desk.count(Blind, &query), 9_592);
    let (desk, _, _) = unfinished();
    assert_eq!(desk.count(Blind, &query), 9_592);
}

#[test]
fn a_result_that_is_passed_on_twice_is_refused() {
    let (desk, place) = (Desk::new(), PathBuf::new());
    let session = session(&desk, &place, Journal::new(&Query::up_to(0), Plan::Table));
    let refused = Recording::new(&Twice, &session).fold(&Probe::new(3), &Control::new());
    assert_eq!(refused, Err(Error::Overlap { run: 0..3 }));
}

#[test]
fn workers_write_themselves_if_there_is_no_thread() {
    let desk = Desk::new();
    let (file, _) = JournalFile::open(&desk.path(), |_| ()).unwrap();
    let writer = Writer::new(file, &|_| ());
    writer.submit(b"one".to_vec());
    assert_eq!(fs::read(desk.path()).unwrap(), b"one");
    thread::scope(|scope| {
        let _closed = writer.close_later();
        scope.spawn(|| writer.serve());
        writer.has_thread(true);
        writer.submit(b"two".to_vec());
        while fs::read(desk.path()).unwrap() != b"two" {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn a_backend_that_panics_hangs_nothing() {
    let desk = Desk::new();
    let panicked = guard("idle", || desk.counter(Idle).count(&long_query()));
    assert!(matches!(panicked, Err(Error::Panicked { .. })));
    // The lock is free again.
    assert_eq!(desk.count(SingleThread, &long_query()), LONG_COUNT);
}

#[test]
fn a_fold_is_written_while_it_runs() {
    let (desk, query) = (Desk::new(), long_query());
    let seen = Mutex::new(0);
    let observer = |progress: Progress| {
        // What is on disk grows, although the fold has not ended.
        let journal = Journal::read(desk.path()).unwrap();
        let done: u64 = journal.iter().flat_map(Journal::phases).map(|phase| phase.done).sum();
        let mut seen = seen.lock().unwrap();
        *seen = done.max(*seen);
        if *seen > 0 && progress.done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let counted = desk.counter(SingleThread).count(&query.clone().progress(&observer));
    assert_eq!((counted, seen.into_inner().unwrap() > 0), (Err(Error::Cancelled), true));
}

#[test]
fn a_ledger_shows_its_segments() {
    let ledger = Ledger::new(0..9, TWO, 1);
    for run in [0..2, 5..6, 2..3] {
        ledger.deposit(run.clone(), run.collect::<Vec<_>>()).unwrap();
    }
    assert_eq!(ledger.segments(Vec::len), [(0..3, 3), (5..6, 1)]);
}

#[test]
fn a_recorder_is_shared_between_threads() {
    const fn assert_recorder<R: Recorder + Sync>() {}
    assert_recorder::<recording::Fold<'_, u64>>();
}
