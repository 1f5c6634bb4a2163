//! Tests the dispatcher with fake workers, in virtual time, and with random faults of every kind that a transport can
//! report.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use primelanes_core::job::{Heartbeat, Job};
use primelanes_core::probe::{Probe, Trouble, Visit};
use primelanes_core::{Control, Progress, Pulse};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

const MS: Duration = Duration::from_millis(1);
const TIMEOUT: Duration = Duration::from_millis(500);

/// How often each fault happens, per thousand runs.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    unreachable: u64,
    lost: u64,
    stalled: u64,
    /// The run takes far longer than the timeout, with signs of life.
    slow: u64,
}

/// Workers that compute their answer at once, and send it after some virtual time.
struct FakeWorkers {
    now: Duration,
    free: Vec<WorkerId>,
    /// Future events, by their time and the order in which they were scheduled.
    agenda: BTreeMap<(Duration, u64), (WorkerId, Event)>,
    scheduled: u64,
    jobs: Vec<Option<Box<dyn Job>>>,
    rates: Rates,
    random: StdRng,
    /// The time at which the whole machine pauses, and the length of the pause.
    pause: Option<(Duration, Duration)>,
    /// Loses the first run of at least this many tiles. Then does so again this many times, each time with half as many
    /// tiles.
    lose: Option<(u64, u32)>,
    /// The answer to the next run, in place of its result.
    failure: Option<Error>,
    sent: Vec<Range<u64>>,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    faults: u64,
    given_up: u64,
    /// The number of tiles of the longest run that was sent.
    longest: u64,
}

impl FakeWorkers {
    fn new(workers: usize, rates: Rates, seed: u64) -> Self {
        Self {
            now: Duration::ZERO,
            free: (0..workers).collect(),
            agenda: BTreeMap::new(),
            scheduled: 0,
            jobs: (0..workers).map(|_| None).collect(),
            rates,
            random: StdRng::seed_from_u64(seed),
            pause: None,
            lose: None,
            failure: None,
            sent: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn schedule(&mut self, after: Duration, worker: WorkerId, event: Event) {
        self.scheduled += 1;
        self.agenda.insert((self.now + after, self.scheduled), (worker, event));
    }

    fn fail(&mut self, worker: WorkerId) {
        self.tally.faults += 1;
        self.jobs[worker] = None;
    }
}

impl Workers for &mut FakeWorkers {
    fn now(&self) -> Duration {
        self.now
    }

    fn check_out(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error> {
        let worker = self.free.pop();
        self.now += if worker.is_none() { wait } else { Duration::ZERO };
        Ok(worker)
    }

    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String> {
        let draw = self.random.random_range(0..1000);
        let Rates { unreachable, lost, stalled, slow } = self.rates;
        self.tally.longest = self.tally.longest.max(length(run));
        if draw < unreachable {
            self.fail(worker);
            self.free.push(worker);
            return Err("it is unreachable".to_owned());
        }
        let busy = MS * length(run) as u32;
        self.sent.push(run.clone());
        if let Some((tiles, more)) = self.lose.filter(|&(tiles, _)| length(run) >= tiles) {
            self.lose = more.checked_sub(1).map(|more| (tiles / 2, more));
            self.fail(worker);
            self.schedule(busy, worker, Event::Lost("it is gone".to_owned()));
            return Ok(Duration::ZERO);
        }
        if draw < unreachable + lost {
            let when = busy.mul_f64(self.random.random_range(0..1000) as f64 / 1000.0);
            self.fail(worker);
            self.schedule(when, worker, Event::Lost("it is gone".to_owned()));
            return Ok(Duration::ZERO);
        }
        if draw < unreachable + lost + stalled {
            self.fail(worker);
            return Ok(Duration::ZERO);
        }
        let job = self.jobs[worker].get_or_insert_with(|| spec.open(&Heartbeat::new()).unwrap());
        let result = self.failure.take().map_or_else(|| job.run(run.clone(), &Heartbeat::new()), Err);
        let outcome = result.map_or_else(Outcome::Failed, Outcome::Partial);
        let slowness = if draw < unreachable + lost + stalled + slow { 50 } else { 1 };
        let trip = MS * self.random.random_range(0..3) as u32;
        for beat in 1..slowness {
            self.schedule(TIMEOUT / 5 * beat, worker, Event::Alive);
        }
        self.schedule(TIMEOUT / 5 * (slowness - 1) + busy + trip, worker, Event::Answered { outcome, busy });
        Ok(Duration::ZERO)
    }

    fn poll(&mut self, wait: Duration, _: bool) -> Vec<(WorkerId, Event)> {
        if self.pause.is_some_and(|(when, _)| when <= self.now) {
            let (_, length) = self.pause.take().unwrap();
            // All workers pause too, so everything happens later.
            let agenda = std::mem::take(&mut self.agenda);
            self.agenda = agenda.into_iter().map(|((when, number), event)| ((when + length, number), event)).collect();
            self.now += length;
            return Vec::new();
        }
        let until = self.now + wait;
        let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= until) else {
            self.now = until;
            return Vec::new();
        };
        let ((when, _), (worker, event)) = entry.remove_entry();
        self.now = self.now.max(when);
        if !matches!(event, Event::Alive) {
            self.free.push(worker);
        }
        vec![(worker, event)]
    }

    fn give_up(&mut self, worker: WorkerId) {
        self.tally.given_up += 1;
        self.agenda.retain(|_, (other, _)| *other != worker);
        self.free.push(worker);
    }
}

fn fold(probe: &Probe, fake: &mut FakeWorkers, workers: usize, control: &Control<'_>) -> Result<Vec<Visit>, Error> {
    let watch = control.watch(probe, &(0..probe.tiles));
    let ledger = Ledger::new(0..probe.tiles, NonZeroUsize::new(workers).unwrap(), probe.grain);
    Dispatch::new("fake", probe, ledger, fake, Pace::new(TIMEOUT), &watch)?.run()
}

fn tiles_of(visits: &[Visit]) -> Vec<u64> {
    visits.iter().map(|visit| visit.tile).collect()
}

fn rates() -> impl Strategy<Value = Rates> {
    (0..200_u64, 0..200_u64, 0..100_u64, 0..50_u64).prop_map(|(unreachable, lost, stalled, slow)| Rates {
        unreachable,
        lost,
        stalled,
        slow,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_goes_wrong_the_fold_ends_with_the_right_answer_or_an_error(
        tiles in 0..2000_u64, grain in 1..40_u64, workers in 1..8_usize, rates in rates(), seed: u64,
    ) {
        let mut fake = FakeWorkers::new(workers, rates, seed);
        let probe = Probe { grain, ..Probe::new(tiles) };
        let reported = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            reported.lock().unwrap().push(progress.done);
            ControlFlow::Continue(())
        };
        match fold(&probe, &mut fake, workers, &Control::new().progress(&observer)) {
            Ok(visits) => {
                prop_assert_eq!(tiles_of(&visits), (0..tiles).collect::<Vec<_>>());
                prop_assert_eq!(reported.into_inner().unwrap().last().copied(), Some(tiles));
            }
            Err(Error::WorkersLost { backend, run, deaths: 3, .. }) if backend == "fake" => {
                prop_assert!(fake.tally.faults >= 3 && run.start < run.end && run.end <= tiles);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn a_worker_that_shows_signs_of_life_is_not_given_up() {
    let mut fake = FakeWorkers::new(2, Rates { slow: 1000, ..Rates::default() }, 1);
    let visits = fold(&Probe::new(30), &mut fake, 2, &Control::new()).unwrap();
    assert_eq!((visits.len(), fake.tally.given_up), (30, 0));
    assert!(fake.now > 2 * TIMEOUT, "each run takes ten times the timeout");
}

#[test]
fn workers_that_were_held_up_with_this_process_are_not_given_up() {
    let mut fake = FakeWorkers::new(2, Rates::default(), 1);
    fake.pause = Some((20 * MS, 10 * TIMEOUT));
    let visits = fold(&Probe::new(500), &mut fake, 2, &Control::new()).unwrap();
    assert_eq!((visits.len(), fake.tally.given_up), (500, 0));
    assert!(fake.now > 10 * TIMEOUT);
}

#[test]
fn the_timeout_can_be_endless() {
    let (control, mut fake) = (Control::new(), FakeWorkers::new(2, Rates::default(), 1));
    let (probe, ledger) = (Probe::new(30), Ledger::new(0..30, NonZeroUsize::MIN, 1));
    let watch = control.watch(&probe, &(0..30));
    let dispatch = Dispatch::new("fake", &probe, ledger, &mut fake, Pace::new(Duration::MAX), &watch).unwrap();
    assert_eq!(dispatch.run().map(|visits| visits.len()), Ok(30));
}

#[test]
fn tiles_that_no_worker_survives_are_named_after_three_losses() {
    let mut fake = FakeWorkers::new(3, Rates { stalled: 1000, ..Rates::default() }, 1);
    let error = fold(&Probe::new(1), &mut fake, 3, &Control::new()).unwrap_err();
    let said = "fake lost 3 workers on the tiles 0..1; the last one: it sent nothing for 500ms";
    assert_eq!((error.to_string().as_str(), fake.tally.faults, fake.tally.given_up), (said, 3, 3));
}

#[test]
fn runs_grow_to_a_tenth_of_a_second_and_no_longer() {
    let mut fake = FakeWorkers::new(2, Rates::default(), 1);
    let tiles = 100_000;
    let visits = fold(&Probe::new(tiles), &mut fake, 2, &Control::new()).unwrap();
    assert_eq!(tiles_of(&visits), (0..tiles).collect::<Vec<_>>());
    // Tiles take one millisecond, and round trips up to two.
    assert!((50..=100).contains(&fake.tally.longest), "{} tiles", fake.tally.longest);
    assert_eq!(fake.free.len(), 2);
}

#[test]
fn a_lost_run_is_tried_in_shorter_pieces_even_below_the_grain() {
    for (grain, losses) in [(1, 0), (1, 1), (64, 0), (64, 1)] {
        let mut fake = FakeWorkers::new(1, Rates::default(), 1);
        fake.lose = Some((64, losses));
        let probe = Probe { grain, ..Probe::new(1000) };
        let visits = fold(&probe, &mut fake, 1, &Control::new()).unwrap();
        assert_eq!(tiles_of(&visits), (0..1000).collect::<Vec<_>>());
        let lost = fake.sent.iter().position(|run| length(run) >= 64).unwrap();
        let (run, pieces) = (fake.sent[lost].clone(), &fake.sent[lost + 1..]);
        let pieces: Vec<_> = pieces.iter().filter(|piece| piece.start < run.end && run.start < piece.end).collect();
        assert!(
            pieces.len() >= 2 && pieces.iter().all(|piece| 2 * length(piece) <= length(&run)),
            "{run:?}: {pieces:?}"
        );
        assert_eq!(fake.tally.faults, u64::from(1 + losses));
    }
}

#[test]
fn a_panic_is_reported_and_the_run_not_tried_again() {
    let probe = Probe { trouble: Some(Trouble::PanicInTile(7)), ..Probe::new(20) };
    let message = Probe::panic_of_tile(7);
    let folded = fold(&probe, &mut FakeWorkers::new(2, Rates::default(), 1), 2, &Control::new());
    assert_eq!(folded, Err(Error::Panicked { phase: "probe".into(), message }));
}

#[test]
fn an_error_of_a_worker_is_the_cause_of_a_failure_unless_it_is_about_the_fold() {
    let cause = Error::Unavailable { what: "memory".into(), reason: "it is full".into() };
    let failed = Error::WorkerFailed { backend: "fake".into(), cause: Box::new(cause.clone()) };
    for (error, expected) in [(cause, failed), (Error::Cancelled, Error::Cancelled)] {
        let mut fake = FakeWorkers::new(2, Rates::default(), 1);
        fake.failure = Some(error);
        assert_eq!(fold(&Probe::new(20), &mut fake, 2, &Control::new()), Err(expected));
    }
}

#[test]
fn a_fold_without_a_free_worker_waits_and_can_be_cancelled() {
    let stop = AtomicBool::new(false);
    let mut fake = FakeWorkers::new(0, Rates::default(), 1);
    let reports = |_: Progress| {
        stop.store(true, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let control = Control::new().cancel(&stop).progress(&reports);
    assert_eq!(fold(&Probe::new(5), &mut fake, 1, &control), Err(Error::Cancelled));
    assert_eq!(
        fold(&Probe::new(0), &mut fake, 1, &Control::new()),
        Ok(vec![]),
        "without tiles there is no need for a worker"
    );
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
    let (control, mut fake) = (Control::new(), FakeWorkers::new(1, Rates::default(), 1));
    let watch = control.watch(&Local, &(0..1));
    let (ledger, pace) = (Ledger::new(0..1, NonZeroUsize::MIN, 1), Pace::new(TIMEOUT));
    let dispatch = Dispatch::new("fake", &Local, ledger, &mut fake, pace, &watch);
    assert_eq!(dispatch.err(), Some(Error::NotPortable { backend: "fake".into(), phase: "local".into() }));
}
