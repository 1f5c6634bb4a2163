//! Ranges and algorithms against the oracle, on a lane of any size.

#![no_main]

use std::num::NonZeroUsize;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use primelanes_backends::{Algorithm, BackendKind, PrimeCounter, Query};
use primelanes_harness::oracle;

#[derive(Debug, Arbitrary)]
struct Input {
    start: u64,
    /// Removes this many bits from the start, so that low ranges are as likely as high ones.
    shift: u8,
    width: u16,
    ends: bool,
    by_division: bool,
    lane: u8,
    workers: u8,
}

fuzz_target!(|input: Input| {
    // An input takes a few milliseconds at most.
    let (algorithm, bits, width) = if input.by_division {
        (Algorithm::TrialDivision, 36, input.width % 256)
    } else {
        (Algorithm::Sieve, 44, input.width)
    };
    let start = input.start >> (64 - bits) >> (u32::from(input.shift) % bits);
    let range = if input.ends { start.saturating_sub(width.into())..=start } else { start..=start + u64::from(width) };

    let kinds: Vec<_> = BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()).collect();
    let kind = kinds[usize::from(input.lane) % kinds.len()];
    let workers = NonZeroUsize::new(usize::from(input.workers) % 8 + 1).expect("at least one");
    let lane = kind.open(workers.min(kind.max_workers())).expect("the number of workers is below the lane's maximum");
    let count = lane.count(&Query::from(range.clone()).algorithm(algorithm));
    assert_eq!(count, Ok(oracle::count_window(range.clone()).into()), "{algorithm} over {range:?} on {lane:?}");
});
