//! The body on a crew that is made up: virtual time, and every fault that a transport can tell of, drawn at random.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use primelanes_core::job::{Heartbeat, Job};
use primelanes_core::probe::{Probe, Trouble, Visit};
use primelanes_core::{Control, Progress};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

const MS: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_millis(500);

/// What goes wrong how often, of a thousand runs.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    unreachable: u64,
    lost: u64,
    stalled: u64,
    /// At work for long beyond the patience, with signs of life.
    slow: u64,
}

/// Workers that answer at once in truth, and after a while in virtual time.
struct Made {
    now: Duration,
    free: Vec<WorkerId>,
    /// What is to happen, by when and in which order it was said.
    agenda: BTreeMap<(Duration, u64), Event>,
    said: u64,
    jobs: Vec<Option<Box<dyn Job>>>,
    rates: Rates,
    random: StdRng,
    /// From when on the whole machine is held up, and for how long.
    pause: Option<(Duration, Duration)>,
    /// The first run of so many tiles, and so many others that begin where it did, are lost.
    lose: Option<(u64, u32)>,
    sent: Vec<Range<u64>>,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    faults: u64,
    given_up: u64,
    /// Tiles of the longest run that was sent.
    longest: u64,
}

impl Made {
    fn new(workers: usize, rates: Rates, seed: u64) -> Self {
        Self {
            now: Duration::ZERO,
            free: (0..workers).collect(),
            agenda: BTreeMap::new(),
            said: 0,
            jobs: (0..workers).map(|_| None).collect(),
            rates,
            random: StdRng::seed_from_u64(seed),
            pause: None,
            lose: None,
            sent: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn schedule(&mut self, after: Duration, worker: WorkerId, news: News) {
        self.said += 1;
        self.agenda.insert((self.now + after, self.said), Event { worker, news });
    }

    fn fail(&mut self, worker: WorkerId) {
        self.tally.faults += 1;
        self.jobs[worker] = None;
    }
}

impl Crew for &mut Made {
    fn now(&self) -> Duration {
        self.now
    }

    fn hire(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error> {
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
            return Err("it is not there".to_owned());
        }
        let busy = MS * length(run) as u32;
        self.sent.push(run.clone());
        if let Some((tiles, more)) = self.lose.filter(|&(tiles, _)| length(run) >= tiles) {
            self.lose = more.checked_sub(1).map(|more| (tiles / 2, more));
            self.fail(worker);
            self.schedule(busy, worker, News::Lost("it is gone".to_owned()));
            return Ok(Duration::ZERO);
        }
        if draw < unreachable + lost {
            let when = busy.mul_f64(self.random.random_range(0..1000) as f64 / 1000.0);
            self.fail(worker);
            self.schedule(when, worker, News::Lost("it is gone".to_owned()));
            return Ok(Duration::ZERO);
        }
        if draw < unreachable + lost + stalled {
            self.fail(worker);
            return Ok(Duration::ZERO);
        }
        let job = self.jobs[worker].get_or_insert_with(|| spec.open(&Heartbeat::new()).unwrap());
        let outcome = match job.run(run.clone(), &Heartbeat::new()) {
            Ok(bytes) => Outcome::Partial(bytes),
            Err(Error::Panicked { message, .. }) => Outcome::Panicked(message),
            Err(other) => Outcome::Failed(other.to_string()),
        };
        let slowness = if draw < unreachable + lost + stalled + slow { 50 } else { 1 };
        let trip = MS * self.random.random_range(0..3) as u32;
        for beat in 1..slowness {
            self.schedule(PATIENCE / 5 * beat, worker, News::Alive);
        }
        self.schedule(PATIENCE / 5 * (slowness - 1) + busy + trip, worker, News::Answered { outcome, busy });
        Ok(Duration::ZERO)
    }

    fn next(&mut self, wait: Duration, _: bool) -> Vec<Event> {
        if self.pause.is_some_and(|(when, _)| when <= self.now) {
            let (_, length) = self.pause.take().unwrap();
            // Everybody is held up: what was to happen happens later.
            let agenda = std::mem::take(&mut self.agenda);
            self.agenda = agenda.into_iter().map(|((when, said), event)| ((when + length, said), event)).collect();
            self.now += length;
            return Vec::new();
        }
        let until = self.now + wait;
        let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= until) else {
            self.now = until;
            return Vec::new();
        };
        let ((when, _), event) = entry.remove_entry();
        self.now = self.now.max(when);
        if !matches!(event.news, News::Alive) {
            self.free.push(event.worker);
        }
        vec![event]
    }

    fn give_up(&mut self, worker: WorkerId) {
        self.tally.given_up += 1;
        self.agenda.retain(|_, event| event.worker != worker);
        self.free.push(worker);
    }
}

fn fold(probe: &Probe, made: &mut Made, workers: usize, control: &Control<'_>) -> Result<Vec<Visit>, Error> {
    let watch = control.watch(probe, &(0..probe.tiles));
    let ledger = Ledger::new(0..probe.tiles, NonZeroUsize::new(workers).unwrap(), probe.grain);
    Dispatch::new("made", probe, ledger, made, PATIENCE, &watch)?.run()
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
    fn whatever_goes_wrong_the_answer_is_right_or_an_error(
        tiles in 0..2000_u64, grain in 1..40_u64, workers in 1..8_usize, rates in rates(), seed: u64,
    ) {
        let mut made = Made::new(workers, rates, seed);
        let probe = Probe { grain, ..Probe::new(tiles) };
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| told.lock().unwrap().push(progress.done);
        match fold(&probe, &mut made, workers, &Control::new().progress(&observer)) {
            Ok(visits) => {
                prop_assert_eq!(tiles_of(&visits), (0..tiles).collect::<Vec<_>>());
                prop_assert_eq!(told.into_inner().unwrap().last().copied(), Some(tiles));
            }
            Err(Error::WorkersLost { backend, run, deaths: 3, .. }) if backend == "made" => {
                prop_assert!(made.tally.faults >= 3 && run.start < run.end && run.end <= tiles);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn who_shows_signs_of_life_is_not_given_up() {
    let mut made = Made::new(2, Rates { slow: 1000, ..Rates::default() }, 1);
    let visits = fold(&Probe::new(30), &mut made, 2, &Control::new()).unwrap();
    assert_eq!((visits.len(), made.tally.given_up), (30, 0));
    assert!(made.now > 2 * PATIENCE, "each run takes ten times the patience");
}

#[test]
fn who_was_held_up_with_everybody_else_is_not_given_up() {
    let mut made = Made::new(2, Rates::default(), 1);
    made.pause = Some((20 * MS, 10 * PATIENCE));
    let visits = fold(&Probe::new(500), &mut made, 2, &Control::new()).unwrap();
    assert_eq!((visits.len(), made.tally.given_up), (500, 0));
    assert!(made.now > 10 * PATIENCE);
}

#[test]
fn patience_can_be_endless() {
    let (control, mut made) = (Control::new(), Made::new(2, Rates::default(), 1));
    let (probe, ledger) = (Probe::new(30), Ledger::new(0..30, NonZeroUsize::MIN, 1));
    let watch = control.watch(&probe, &(0..30));
    let dispatch = Dispatch::new("made", &probe, ledger, &mut made, Duration::MAX, &watch).unwrap();
    assert_eq!(dispatch.run().map(|visits| visits.len()), Ok(30));
}

#[test]
fn tiles_that_nobody_survives_are_named_after_three() {
    let mut made = Made::new(3, Rates { stalled: 1000, ..Rates::default() }, 1);
    let error = fold(&Probe::new(1), &mut made, 3, &Control::new()).unwrap_err();
    let said = "made lost 3 workers on the tiles 0..1, the last one so: it showed no sign of life for 500ms";
    assert_eq!((error.to_string().as_str(), made.tally.faults, made.tally.given_up), (said, 3, 3));
}

#[test]
fn runs_grow_to_a_tenth_of_a_second_and_no_longer() {
    let mut made = Made::new(2, Rates::default(), 1);
    let tiles = 100_000;
    let visits = fold(&Probe::new(tiles), &mut made, 2, &Control::new()).unwrap();
    assert_eq!(tiles_of(&visits), (0..tiles).collect::<Vec<_>>());
    // Tiles of a millisecond, trips of none to two.
    assert!((50..=100).contains(&made.tally.longest), "{} tiles", made.tally.longest);
    assert_eq!(made.free.len(), 2);
}

#[test]
fn a_lost_run_is_tried_in_shorter_pieces_even_below_the_grain() {
    for (grain, losses) in [(1, 0), (1, 1), (64, 0), (64, 1)] {
        let mut made = Made::new(1, Rates::default(), 1);
        made.lose = Some((64, losses));
        let probe = Probe { grain, ..Probe::new(1000) };
        let visits = fold(&probe, &mut made, 1, &Control::new()).unwrap();
        assert_eq!(tiles_of(&visits), (0..1000).collect::<Vec<_>>());
        let lost = made.sent.iter().position(|run| length(run) >= 64).unwrap();
        let (run, pieces) = (made.sent[lost].clone(), &made.sent[lost + 1..]);
        let pieces: Vec<_> = pieces.iter().filter(|piece| piece.start < run.end && run.start < piece.end).collect();
        assert!(
            pieces.len() >= 2 && pieces.iter().all(|piece| 2 * length(piece) <= length(&run)),
            "{run:?}: {pieces:?}"
        );
        assert_eq!(made.tally.faults, u64::from(1 + losses));
    }
}

#[test]
fn a_panic_is_named_and_not_tried_again() {
    let probe = Probe { trouble: Some(Trouble::PanicInTile(7)), ..Probe::new(20) };
    let message = Probe::panic_of_tile(7);
    let folded = fold(&probe, &mut Made::new(2, Rates::default(), 1), 2, &Control::new());
    assert_eq!(folded, Err(Error::Panicked { phase: "probe".into(), message }));
}

#[test]
fn a_fold_without_a_free_worker_waits_and_can_be_cancelled() {
    let stop = AtomicBool::new(false);
    let mut made = Made::new(0, Rates::default(), 1);
    let reports = |_: Progress| stop.store(true, Ordering::Relaxed);
    let control = Control::new().cancel(&stop).progress(&reports);
    assert_eq!(fold(&Probe::new(5), &mut made, 1, &control), Err(Error::Cancelled));
    assert_eq!(fold(&Probe::new(0), &mut made, 1, &Control::new()), Ok(vec![]), "no tiles need no worker");
}

/// A kernel that cannot leave the process.
struct Bound;

impl Kernel for Bound {
    type Scratch = ();
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "bound"
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
    let (control, mut made) = (Control::new(), Made::new(1, Rates::default(), 1));
    let watch = control.watch(&Bound, &(0..1));
    let dispatch = Dispatch::new("made", &Bound, Ledger::new(0..1, NonZeroUsize::MIN, 1), &mut made, PATIENCE, &watch);
    assert_eq!(dispatch.err(), Some(Error::NotPortable { backend: "made".into(), phase: "bound".into() }));
}
