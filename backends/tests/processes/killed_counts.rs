//! Counts by the combinatorial method while workers are killed all the time.
//!
//! Its partial results do not commute, and a new worker needs tables before its first tile.

use std::iter::repeat_with;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use primelanes_backends::{Algorithm, Error, PrimeCounter, Processes, Query};
use rand::RngExt;
use rustix::process::Signal;

use super::saboteur::open;
use super::system::{kill_all, signal};

/// The shortest mean time between two kills, since a new worker takes milliseconds to start.
const MIN_PAUSE: Duration = Duration::from_millis(15);

pub(super) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("counts_survive_a_storm_of_killed_workers", || {
            for (k, expected) in [(12, 37_607_912_018), (13, 346_065_536_839)] {
                assert_survives(k, expected);
            }
            Ok(())
        }),
        Trial::test("a_large_count_survives_a_storm_of_killed_workers", || {
            assert_survives(15, 29_844_570_422_669);
            Ok(())
        })
        .with_ignored_flag(true),
    ]
}

/// Counts the primes up to 10^k ten times while workers are killed, about twice in the time of a calm count. Every count
/// is right, unless three workers have died with the same run.
fn assert_survives(k: u32, expected: u128) {
    let lane = open(3, &[]);
    let count = || lane.count(&Query::up_to(10_u128.pow(k)).algorithm(Algorithm::Combinatorial));
    let clock = Instant::now();
    assert_eq!((count(), lane.replaced()), (Ok(expected), 0));
    let pause = MIN_PAUSE.max(clock.elapsed() / 2);
    let over = AtomicBool::new(false);
    let counts: Vec<_> = thread::scope(|scope| {
        scope.spawn(|| kill_at_random(&lane, pause, &over));
        let counts = repeat_with(count).take(10).collect();
        over.store(true, Ordering::Relaxed);
        counts
    });
    let right = counts.iter().filter(|&count| *count == Ok(expected)).count();
    let lost = counts.iter().filter(|count| matches!(count, Err(Error::WorkersLost { deaths: 3, .. }))).count();
    println!("pi(10^{k}): {right} counts and {lost} errors; {} workers replaced", lane.replaced());
    assert_eq!(right + lost, 10, "one of these is wrong: {counts:?}");
    assert!(right > lost && lane.replaced() > 0, "{right} counts, {lost} errors");
}

/// Kills a random worker at a time, and sometimes all, at random times that are `pause` apart on average.
fn kill_at_random(lane: &Processes, pause: Duration, over: &AtomicBool) {
    let mut random = rand::rng();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(random.random_range(Duration::ZERO..2 * pause));
        let ids = lane.process_ids();
        if random.random_range(0..10) == 0 {
            kill_all(lane);
        } else if let Some(&id) = ids.get(random.random_range(0..3)) {
            signal(id, Signal::KILL);
        }
    }
}
