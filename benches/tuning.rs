//! Do `Plan::for_query` and `Tuning::for_range` choose well on this machine? Each range is counted by the plan that was
//! chosen and by the others, and then sieved with the tuning that was chosen and with its neighbours, on one thread and in
//! alternation. Beside each time stands the estimate by which the choice was made.
//!
//! Where another plan or tuning is much faster than the one that was chosen, its row shows which figure of `plan.rs`, of
//! `tuning.rs` or of `tuning/cost.rs` does not fit this machine.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use primelanes_backends::algorithm::{Sieve, Tuning};
use primelanes_backends::machine::Cpu;
use primelanes_backends::{Algorithm, Backend, Control, Plan, PrimeCounter, Query, SingleThread};

/// Name, first number, and width, near where two plans take the same time.
const PLANNED: [(&str, u64, u64); 6] = [
    ("1e12+5e4", 10_u64.pow(12), 50_000),
    ("1e12+1.5e8", 10_u64.pow(12), 150_000_000),
    ("1e14+1.2e9", 10_u64.pow(14), 1_200_000_000),
    ("1e15+3e5", 10_u64.pow(15), 300_000),
    ("1e15+4e9", 10_u64.pow(15), 4_000_000_000),
    ("1e18+7e6", 10_u64.pow(18), 7_000_000),
];

/// Plans that are expected to take longer than this are left out.
const LONGEST: Duration = Duration::from_secs(3);

/// Name, first number, and width.
const RANGES: [(&str, u64, u64); 7] = [
    ("1e8", 0, 100_000_000),
    ("1e9", 0, 1_000_000_000),
    ("1e10", 0, 10_000_000_000),
    ("1e12+1e10", 10_u64.pow(12), 10_000_000_000),
    ("1e15+1e8", 10_u64.pow(15), 100_000_000),
    ("1e15+1e10", 10_u64.pow(15), 10_000_000_000),
    ("1e18+1e10", 10_u64.pow(18), 10_000_000_000),
];

fn main() {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    // To see that it runs, each range is narrow.
    let (rounds, most) = if has("--test") { (1, 1_000_000) } else { (if has("--quick") { 1 } else { 3 }, u64::MAX) };
    println!("| range | plan or tuning | time | time / chosen | estimate / chosen |\n|---|---|---|---|---|");
    for (name, start, width) in PLANNED {
        let range = u128::from(start)..=u128::from(start + width.min(most));
        let plans = plans(&range).into_iter().map(|(name, plan)| (name, plan.estimate(&range), plan));
        compare(name, &plans.collect::<Vec<_>>(), rounds, |plan| {
            SingleThread.count(&Query::range(range.clone()).plan(plan.clone())).expect("the plan suits the range")
        });
    }
    for (name, start, width) in RANGES {
        let range = start..=start + width.min(most);
        let tunings = neighbours(&range).into_iter().map(|(name, tuning)| (name, tuning.estimate(&range), tuning));
        compare(name, &tunings.collect::<Vec<_>>(), rounds, |&tuning| {
            let cpu = Cpu::chosen().expect("a known instruction set");
            let sieve = Sieve::with(range.clone(), tuning, cpu, &Control::new()).expect("a valid tuning");
            SingleThread.fold(&sieve, &Control::new()).expect("nothing cancels it")
        });
    }
}

/// Counts in several ways, of which the first was chosen. Each has a name and an estimate.
fn compare<W, C>(range: &str, ways: &[(String, Duration, W)], rounds: usize, count: impl Fn(&W) -> C) {
    let time = |way| {
        let clock = Instant::now();
        black_box(count(way));
        clock.elapsed()
    };
    let mut times = vec![Vec::new(); ways.len()];
    // The first count warms up.
    time(&ways[0].2);
    for _ in 0..rounds {
        for ((.., way), times) in ways.iter().zip(&mut times) {
            times.push(time(way));
        }
    }
    let times: Vec<Duration> = times.into_iter().map(median).collect();
    for ((name, estimate, _), time) in ways.iter().zip(&times) {
        let (measured, estimated) = (time.div_duration_f64(times[0]), estimate.div_duration_f64(ways[0].1));
        println!("| {range} | {name} | {:.3} ms | {measured:.2} | {estimated:.2} |", 1e3 * time.as_secs_f64());
    }
}

/// Returns the plan that is chosen for a range, and the others that do not take too long.
fn plans(range: &RangeInclusive<u128>) -> Vec<(String, Plan)> {
    let plan = |algorithm| {
        let query = Query::range(range.clone()).algorithm(algorithm);
        Plan::for_query(&query, NonZeroUsize::MIN).expect("all algorithms reach that far")
    };
    let chosen = plan(Algorithm::Auto);
    let sieve = Plan::Sieve(Tuning::for_range(&(*range.start() as u64..=*range.end() as u64), NonZeroUsize::MIN));
    let others = [sieve, Plan::SieveAndTest, plan(Algorithm::Combinatorial)];
    let others = others.into_iter().filter(|other| *other != chosen && other.estimate(range) < LONGEST);
    let name = |plan: &Plan| {
        let text = plan.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.strip_prefix("plan").unwrap_or(line).trim_start().to_owned()
    };
    let first = (format!("chosen: {}", name(&chosen)), chosen.clone());
    [first].into_iter().chain(others.map(|plan| (name(&plan), plan))).collect()
}

/// Returns the tuning that is chosen for a range, and others that differ from it in a size or in the wheel.
fn neighbours(range: &RangeInclusive<u64>) -> Vec<(String, Tuning)> {
    let chosen = Tuning::for_range(range, NonZeroUsize::MIN);
    let lines = |bytes: u32| bytes.next_multiple_of(64).clamp(64, 1 << 21);
    let on_segments = |segment: u32| {
        let mut tuning = chosen;
        tuning.segment = lines(segment);
        tuning.chunk = chosen.chunk.min(tuning.segment);
        tuning
    };
    let resized = [chosen.segment / 2, chosen.segment.saturating_mul(2)].map(on_segments);
    let mut others = Vec::from(resized.map(|tuning| (format!("segment {}", tuning.segment), tuning)));
    // A class of another wheel has fewer bytes, or more. Segments cover the same numbers, as far as the cache allows.
    for wheel in [30, 210, 2310, 30030].into_iter().filter(|&wheel| wheel != chosen.wheel) {
        let scaled = u64::from(chosen.segment) * u64::from(chosen.wheel) / u64::from(wheel);
        let mut tuning = on_segments(u32::try_from(scaled).unwrap_or(u32::MAX).min(1 << 20));
        tuning.wheel = wheel;
        others.push((format!("wheel {wheel}, segment {}", tuning.segment), tuning));
    }
    for [numerator, denominator] in [[1, 2], [2, 1]] {
        let scaled = |number: u32| number / denominator * numerator;
        let mut tuning = chosen;
        tuning.groups_to = scaled(chosen.groups_to).min(1 << 20);
        others.push((format!("groups to {}", tuning.groups_to), tuning));
        tuning = chosen;
        tuning.chunks_to = scaled(chosen.chunks_to);
        others.push((format!("chunks to {}", tuning.chunks_to), tuning));
        tuning = chosen;
        tuning.buckets_from = scaled(chosen.buckets_from).clamp(1 << 16, 1 << 31);
        others.push((format!("buckets from {}", tuning.buckets_from), tuning));
    }
    let first = format!("chosen: wheel {}, segment {}", chosen.wheel, chosen.segment);
    // Only the wheel of 210 has buckets.
    let has_buckets = |tuning: &Tuning| u64::from(tuning.buckets_from) <= range.end().isqrt();
    let fits = |tuning: &Tuning| tuning.wheel == 210 || !has_buckets(tuning);
    // Where no prime is that large, another beginning of the buckets changes nothing.
    let differs =
        |tuning: &Tuning| tuning.buckets_from == chosen.buckets_from || has_buckets(tuning) || has_buckets(&chosen);
    let others = others.into_iter().filter(|(_, tuning)| fits(tuning) && differs(tuning));
    [(first, chosen)].into_iter().chain(others).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
