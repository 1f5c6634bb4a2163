//! Random faults over many counts: every answer is right or an error.
//!
//! The storm ends after `PRIMELANES_FAULTS` faults, which are drawn from `PRIMELANES_SEED`. Their timing also depends
//! on the system.

use std::env;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::probe::Probe;
use primelanes_backends::{Algorithm, Backend, Control, Error, PrimeCounter, Processes, Query, SingleThread};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::process::Signal;

use super::saboteur::open;
use super::system::{signal, slow, tiles_of};

super::trials! { every_answer_of_a_storm_is_right_or_an_error }

/// How many faults the storm has by default.
const FAULTS: u64 = 200;

fn variable<T: FromStr>(name: &str, default: T) -> T {
    let given = env::var(name).ok().filter(|text| !text.is_empty());
    given.map_or(default, |text| text.parse().ok().unwrap_or_else(|| panic!("{name} is not a number: {text}")))
}

/// How the counts ended.
#[derive(Debug, Default)]
struct Tally {
    right: u64,
    lost: u64,
}

impl Tally {
    fn add<T: PartialEq + std::fmt::Debug>(&mut self, answer: Result<T, Error>, expected: &T) {
        match answer {
            Ok(answer) => {
                assert!(answer == *expected, "a wrong answer");
                self.right += 1;
            }
            Err(Error::WorkersLost { deaths: 3, .. }) => self.lost += 1,
            Err(other) => panic!("{other}"),
        }
    }
}

fn every_answer_of_a_storm_is_right_or_an_error() {
    let faults = variable("PRIMELANES_FAULTS", FAULTS);
    let seed = variable("PRIMELANES_SEED", u64::from(std::process::id()));
    println!("a storm of {faults} faults, PRIMELANES_SEED={seed}");
    let clock = Instant::now();
    // One answer in ten is spoilt, and workers are killed or stopped all the time.
    let lane = open(3, &["often", &seed.to_string(), "10"]).timeout(Duration::from_millis(200));
    let over = AtomicBool::new(false);
    let (tally, signals) = thread::scope(|scope| {
        let killer = scope.spawn(|| kill_at_random(&lane, &mut StdRng::seed_from_u64(seed), &over));
        let tally = count_at_random(&lane, &mut StdRng::seed_from_u64(!seed), faults);
        over.store(true, Ordering::Relaxed);
        (tally, killer.join().unwrap())
    });
    let Tally { right, lost } = tally;
    println!(
        "{} workers replaced, of them up to {signals} killed or stopped; {right} answers, none wrong, and {lost} errors; {:.1?}",
        lane.replaced(),
        clock.elapsed(),
    );
    assert!(right > lost, "{right} answers, {lost} errors");
}

fn kill_at_random(lane: &Processes, random: &mut StdRng, over: &AtomicBool) -> u64 {
    let mut signals = 0;
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(random.random_range(0..50)));
        let ids = lane.process_ids();
        let all = random.random_range(0..20) == 0;
        let one = random.random_range(0..ids.len().max(1));
        let kind = if random.random_range(0..50) == 0 { Signal::STOP } else { Signal::KILL };
        for (_, &id) in (0..).zip(&ids).filter(|&(place, _)| all || place == one) {
            signal(id, kind);
            signals += 1;
        }
    }
    signals
}

fn count_at_random(lane: &Processes, random: &mut StdRng, faults: u64) -> Tally {
    let mut tally = Tally::default();
    while lane.replaced() < faults {
        match random.random_range(0..3) {
            0 => {
                let start = random.random_range(0..1_u64 << 34);
                let query = Query::from(start..=start + random.random_range(0..20_000_000)).algorithm(Algorithm::Sieve);
                let expected = SingleThread.count(&query).unwrap();
                tally.add(lane.count(&query), &expected);
            }
            1 => {
                let start = random.random_range(0..1_u64 << 20);
                let query =
                    Query::from(start..=start + random.random_range(0..50_000)).algorithm(Algorithm::TrialDivision);
                let expected = SingleThread.count(&query).unwrap();
                tally.add(lane.count(&query), &expected);
            }
            _ => {
                let tiles = random.random_range(0..60);
                let probe = if random.random_range(0..2) == 0 { slow(tiles) } else { Probe::new(tiles) };
                let visits = lane.fold(&probe, &Control::new());
                tally.add(visits.map(|visits| tiles_of(&visits)), &(0..tiles).collect());
            }
        }
    }
    tally
}
