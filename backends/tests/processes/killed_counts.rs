//! Counts by the combinatorial method while workers are killed all the time.
//!
//! Its partial results do not commute, and a new worker needs tables before its first tile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;
use primelanes_backends::{Algorithm, Error, PrimeCounter, Processes, Query};
use rand::RngExt;
use rustix::process::Signal;

use super::saboteur::open;
use super::system::{kill_all, signal};

pub(super) fn trials() -> Vec<Trial> {
    let small = || assert_survives(&[(10, 455_052_511), (12, 37_607_912_018), (13, 346_065_536_839)], 30, 10);
    let large = || assert_survives(&[(15, 29_844_570_422_669)], 200, 5);
    vec![
        Trial::test("counts_survive_a_storm_of_killed_workers", move || {
            small();
            Ok(())
        }),
        Trial::test("a_large_count_survives_a_storm_of_killed_workers", move || {
            large();
            Ok(())
        })
        .with_ignored_flag(true),
    ]
}

/// Counts the primes up to these powers of ten `repeats` times each, while workers are killed at intervals of up to
/// `longest` milliseconds. A count is right, or else three workers have died with the same run.
fn assert_survives(powers: &[(u32, u128)], longest: u64, repeats: usize) {
    let lane = open(3, &[]);
    let over = AtomicBool::new(false);
    let (mut right, mut lost) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| kill_at_random(&lane, longest, &over));
        for &(k, expected) in powers.iter().cycle().take(powers.len() * repeats) {
            let count = lane.count(&Query::up_to(10_u128.pow(k)).algorithm(Algorithm::Combinatorial));
            match count {
                Ok(count) if count == expected => right += 1,
                Err(Error::WorkersLost { deaths: 3, .. }) => lost += 1,
                wrong => {
                    over.store(true, Ordering::Relaxed);
                    panic!("pi(10^{k}) is {expected}, not {wrong:?}");
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{} workers replaced; {right} counts, none wrong, and {lost} errors", lane.replaced());
    assert!(right > lost && lane.replaced() > 0, "{right} counts, {lost} errors");
}

/// Kills a random worker at a time, and sometimes all.
fn kill_at_random(lane: &Processes, longest: u64, over: &AtomicBool) {
    let mut random = rand::rng();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(random.random_range(1..=longest)));
        let ids = lane.process_ids();
        if random.random_range(0..10) == 0 {
            kill_all(lane);
        } else if let Some(&id) = ids.get(random.random_range(0..3)) {
            signal(id, Signal::KILL);
        }
    }
}
