//! Tests relays with programs that carry the bytes well, badly, twice, late, or not at all.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use primelanes_core::probe::{Probe, Trouble, Visit};
use primelanes_core::{Algorithm, JobSpec, PrimeCounter, Progress, Pulse, Query, Stopped};

use super::*;

const MS: Duration = Duration::from_millis(1);
const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();
const SIZE: Size = Size { workers: 2, threads: 2 };

fn relay() -> (Relay, Receiver<()>) {
    let (news, wait) = channel();
    let relay = Relay::new("pigeons", Crew::apart(TWO), move || {
        // Nobody listens once the test is over.
        let _ = news.send(());
    });
    relay.resize(SIZE);
    (relay, wait)
}

/// Runs `work` while a program treats each request.
fn with_program<T: Send>(
    relay: &Relay,
    news: &Receiver<()>,
    mut treat: impl FnMut(&Relay, &Worker, Request),
    work: impl FnOnce() -> T + Send,
) -> T {
    let worker = Worker::new(TWO).unwrap();
    thread::scope(|scope| {
        let working = scope.spawn(work);
        while !working.is_finished() {
            if news.recv_timeout(MS) != Err(RecvTimeoutError::Timeout) {
                relay.take_requests().into_iter().for_each(|request| treat(relay, &worker, request));
            }
        }
        working.join().unwrap()
    })
}

fn carry(relay: &Relay, worker: &Worker, request: &Request) {
    relay.answer(request.id, &worker.run(&request.bytes, &Control::new()));
}

fn fold(relay: &Relay, probe: &Probe) -> Result<Vec<u64>, Error> {
    let visits: Vec<Visit> = relay.fold(probe, &Control::new())?;
    Ok(visits.iter().map(|visit| visit.tile).collect())
}

/// A probe whose fold takes several runs.
fn probe() -> Probe {
    Probe { pause: MS, ..Probe::new(300) }
}

fn all() -> Vec<u64> {
    (0..300).collect()
}

#[test]
fn every_algorithm_counts_on_a_relay() {
    let (relay, news) = relay();
    for (algorithm, limit, expected) in [
        (Algorithm::Auto, 10_u128.pow(11), 4_118_054_813),
        (Algorithm::Sieve, 10_u128.pow(8), 5_761_455),
        (Algorithm::TrialDivision, 100_000, 9_592),
        (Algorithm::Combinatorial, 10_u128.pow(10), 455_052_511),
    ] {
        let query = Query::up_to(limit).algorithm(algorithm);
        let count = with_program(&relay, &news, |r, w, request| carry(r, w, &request), || relay.count(&query));
        assert_eq!(count, Ok(expected));
    }
    let query = Query::range(10_u128.pow(10)..=2 * 10_u128.pow(10)).algorithm(Algorithm::Combinatorial);
    let count = with_program(&relay, &news, |r, w, request| carry(r, w, &request), || relay.count(&query));
    assert_eq!(count, Ok(882_206_716 - 455_052_511));
}

#[test]
fn late_and_duplicate_answers_are_ignored() {
    let (relay, news) = relay();
    let mut kept: Vec<(u64, Vec<u8>)> = Vec::new();
    let treat = |relay: &Relay, worker: &Worker, request: Request| {
        let answer = worker.run(&request.bytes, &Control::new());
        relay.answer(request.id, &answer);
        kept.push((request.id, answer));
        for (id, answer) in &kept {
            relay.answer(*id, answer);
            relay.fail(*id, "it is too late");
        }
        relay.answer(999_999, b"");
    };
    assert_eq!(with_program(&relay, &news, treat, || fold(&relay, &probe())), Ok(all()));
    assert!(kept.len() >= 4, "{} requests", kept.len());
    assert_eq!(relay.take_rejections(), []);
}

#[test]
fn a_malformed_answer_is_rejected_and_its_run_sent_again() {
    // The whole parcel, its frame, the partial result in it, and the answer to another request.
    let garbage: [fn(&Request) -> Vec<u8>; 4] = [
        |_| b"garbage".to_vec(),
        |request| parcel::answer(request.id, Outcome::Partial(vec![]), MS)[..25].to_vec(),
        |request| parcel::answer(request.id, Outcome::Partial(vec![255; 3]), MS),
        |request| parcel::answer(request.id + 1, Outcome::Partial(vec![0]), MS),
    ];
    for garbage in garbage {
        let (relay, news) = relay();
        let mut bad = None;
        let treat = |relay: &Relay, worker: &Worker, request: Request| {
            if bad.is_none() {
                bad = Some(request.id);
                relay.answer(request.id, &garbage(&request));
            } else {
                carry(relay, worker, &request);
            }
        };
        let folded = with_program(&relay, &news, treat, || fold(&relay, &probe()));
        assert_eq!(folded, Ok(all()));
        let [rejection] = &relay.take_rejections()[..] else { panic!("one was rejected") };
        assert_eq!(Some(rejection.id), bad);
        assert!(rejection.reason.starts_with("its answer is malformed: "), "{}", rejection.reason);
    }
}

#[test]
fn a_request_that_fails_is_sent_again_in_pieces_and_three_times_at_most() {
    let (relay, news) = relay();
    let mut failed = None;
    let treat = |relay: &Relay, worker: &Worker, request: Request| {
        if let Some(first) = &failed {
            let first: &Range<u64> = first;
            assert!(request.tiles.start >= first.end || request.tiles.end - request.tiles.start < first.end);
            carry(relay, worker, &request);
        } else {
            relay.fail(request.id, "the pigeon is lost");
            failed = Some(request.tiles);
        }
    };
    assert_eq!(with_program(&relay, &news, treat, || fold(&relay, &probe())), Ok(all()));

    let treat = |relay: &Relay, _: &Worker, request: Request| relay.fail(request.id, "the pigeon is lost");
    let lost = with_program(&relay, &news, treat, || fold(&relay, &Probe::new(1))).unwrap_err();
    assert_eq!(lost.to_string(), "pigeons lost 3 workers on the tiles 0..1; the last one: the pigeon is lost");
}

#[test]
fn a_worker_of_another_version_ends_the_count_with_both_versions() {
    let (relay, news) = relay();
    let treat = |relay: &Relay, worker: &Worker, request: Request| {
        // This worker does not understand the request, and says so.
        let mut newer = request.bytes;
        newer[15] += 1;
        let mut answer = worker.run(&newer, &Control::new());
        assert_eq!(answer.len(), 19);
        answer[15] += 1;
        relay.answer(request.id, &answer);
    };
    let error = with_program(&relay, &news, treat, || fold(&relay, &probe())).unwrap_err().to_string();
    let version = JobSpec::VERSION;
    let said = [format!("speaks version 3.{} ", version + 1), format!("this end speaks 3.{version}")];
    assert!(said.iter().all(|said| error.contains(said)), "{error}");
    assert!(error.starts_with("pigeons: a worker failed: "), "{error}");
}

#[test]
fn an_error_of_a_worker_is_the_error_of_the_count() {
    let (relay, news) = relay();
    // The estimate does not reach this tile.
    let probe = Probe { trouble: Some(Trouble::PanicInTile(299)), ..probe() };
    let folded = with_program(&relay, &news, |r, w, request| carry(r, w, &request), || fold(&relay, &probe));
    assert_eq!(folded, Err(Error::Panicked { phase: "probe".into(), message: Probe::panic_of_tile(299) }));
    assert_eq!(
        with_program(&relay, &news, |r, w, request| carry(r, w, &request), || fold(&relay, &self::probe())),
        Ok(all())
    );
}

#[test]
fn no_more_runs_are_under_way_than_the_size_allows_and_without_workers_the_count_waits() {
    let (relay, news) = relay();
    relay.resize(Size::default());
    let (sizes, waiting, most) = ([(0, 0), (1, 2), (0, 2), (3, 6)], Mutex::new(Vec::new()), AtomicU64::new(0));
    let folded = thread::scope(|scope| {
        let folding = scope.spawn(|| fold(&relay, &probe()));
        let worker = Worker::new(TWO).unwrap();
        for (workers, limit) in sizes {
            relay.resize(Size { workers, threads: workers });
            // Requests that were sent before stay under way.
            thread::sleep(60 * MS);
            let mut waiting = waiting.lock().unwrap();
            waiting.extend(relay.take_requests());
            most.fetch_max(waiting.len() as u64, Ordering::Relaxed);
            assert!(waiting.len() <= limit, "{} under way with {workers} workers", waiting.len());
        }
        waiting.lock().unwrap().drain(..).for_each(|request: Request| carry(&relay, &worker, &request));
        while !folding.is_finished() {
            let _ = news.recv_timeout(MS);
            relay.take_requests().iter().for_each(|request| carry(&relay, &worker, request));
        }
        folding.join().unwrap()
    });
    assert_eq!(folded, Ok(all()));
    assert!(most.into_inner() > 2, "a larger cluster gets more runs");
}

#[test]
fn a_count_that_nobody_carries_is_cancelled_and_leaves_nothing() {
    let (relay, news) = relay();
    let stop = AtomicBool::new(false);
    let reports = AtomicU64::new(0);
    let observer = |_: Progress| {
        reports.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let control = Control::new().cancel(&stop).progress(&observer);
    let cancel = |relay: &Relay, _: &Worker, request: Request| {
        stop.store(true, Ordering::Relaxed);
        relay.fail(request.id + 1000, "nobody waits for this one");
    };
    let folded = with_program(&relay, &news, cancel, || relay.fold(&probe(), &control).map(drop));
    assert_eq!(folded, Err(Error::Cancelled));
    assert!(reports.into_inner() > 0);
    assert!(!relay.shared.state().is_full() && relay.take_requests().is_empty());
    let folded = with_program(&relay, &news, |r, w, request| carry(r, w, &request), || fold(&relay, &probe()));
    assert_eq!(folded, Ok(all()));
}

#[test]
fn counts_at_once_share_a_relay_and_work_is_done_beside_a_fold() {
    let (relay, news) = relay();
    let beside = AtomicBool::new(false);
    let both = || {
        thread::scope(|scope| {
            let [one, two] = [(); 2].map(|()| scope.spawn(|| fold(&relay, &probe())));
            let mut note = || beside.store(true, Ordering::Relaxed);
            let third = relay.fold_run_beside(&probe(), 0..300, &Control::new(), &mut note);
            [one.join().unwrap(), two.join().unwrap(), third.map(|visits| visits.iter().map(|v| v.tile).collect())]
        })
    };
    let folded = with_program(&relay, &news, |r, w, request| carry(r, w, &request), both);
    assert_eq!(folded, [Ok(all()), Ok(all()), Ok(all())]);
    assert!(beside.into_inner());
}

#[test]
fn a_short_fold_takes_few_runs_and_all_workers_get_some() {
    let (relay, news) = relay();
    let mut sent = Vec::new();
    let treat = |relay: &Relay, worker: &Worker, request: Request| {
        sent.push(request.tiles.clone());
        carry(relay, worker, &request);
    };
    assert_eq!(
        with_program(&relay, &news, treat, || fold(&relay, &Probe::new(100_000)).map(|tiles| tiles.len())),
        Ok(100_000)
    );
    assert_eq!(sent, [0..50_000, 50_000..100_000]);
}

#[test]
fn a_worker_sets_up_a_kernel_once_and_keeps_the_last_two() {
    let worker = Worker::new(TWO).unwrap();
    let request = |stop, run| parcel::request(1, &JobSpec::TrialDivision { start: 0, stop }, &run).unwrap();
    let kept = |worker: &Worker| worker.kernels_for_tests();
    thread::scope(|scope| {
        let answers: [_; 4] = [(); 4].map(|()| scope.spawn(|| worker.run(&request(100, 0..1), &Control::new())));
        let outcomes = answers.map(|answer| parcel::open_answer(&answer.join().unwrap()).unwrap().1);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Partial(vec![25])), "{outcomes:?}");
    });
    let first = kept(&worker);
    assert_eq!(first.len(), 1);
    for stop in [200, 100, 300] {
        let _ = worker.run(&request(stop, 0..1), &Control::new());
    }
    let last = kept(&worker);
    assert!(last.len() == 2 && last.contains(&first[0]), "100 was used again, and 200 was not");
}

#[test]
fn a_worker_answers_what_is_wrong_with_a_request() {
    let worker = Worker::new(NonZeroUsize::MIN).unwrap();
    assert_eq!(partial(&parcel::answer(1, Outcome::Partial(vec![4]), MS)), Some(vec![4]));
    let outcome = |bytes: &[u8], control: &Control<'_>| parcel::open_answer(&worker.run(bytes, control)).unwrap();
    let (0, Outcome::Failed(Error::Malformed { .. }), _) = outcome(b"?", &Control::new()) else {
        panic!("it is malformed")
    };
    let request = |spec: JobSpec, run| parcel::request(8, &spec, &run).unwrap();
    let beyond = request(JobSpec::TrialDivision { start: 0, stop: 100 }, 0..2);
    let (8, Outcome::Failed(error), _) = outcome(&beyond, &Control::new()) else { panic!("there is no such tile") };
    assert_eq!(error.to_string(), "malformed request: the run ends at tile 2, but the kernel has 1 tiles");
    let too_far = request(JobSpec::SieveAndTest { start: u128::MAX, stop: u128::MAX }, 0..1);
    let (8, Outcome::Failed(Error::OutOfRange { .. }), _) = outcome(&too_far, &Control::new()) else { panic!() };
    assert!(worker.kernels_for_tests().len() == 1, "a kernel that could not be set up is not kept");
    assert_eq!(partial(&worker.run(&too_far, &Control::new())), None);
    let stop = AtomicBool::new(true);
    let (8, Outcome::Failed(Error::Cancelled), _) =
        outcome(&request(JobSpec::Probe(probe()), 0..9), &Control::new().cancel(&stop))
    else {
        panic!("it was cancelled")
    };
    assert!(format!("{worker:?}").starts_with("Worker { threads: 1, kernels: ["));
}

/// A kernel that cannot leave the process.
struct Local;

impl Kernel for Local {
    type Scratch = ();
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "local"
    }

    fn tiles(&self) -> u64 {
        1
    }

    fn scratch(&self) {}

    fn tile<Q: Pulse>(&self, _: u64, (): &mut (), _: &Q) -> Result<u64, Stopped> {
        Ok(1)
    }
}

#[test]
fn a_kernel_without_a_spec_is_not_portable() {
    let (relay, _news) = relay();
    let refused = relay.fold(&Local, &Control::new());
    assert_eq!(refused, Err(Error::NotPortable { backend: "pigeons".into(), phase: "local".into() }));
    assert!(format!("{relay:?}").starts_with("Relay { label: \"pigeons\""));
}
