use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_chosen_is_within_bounds(
        workers in 1..100_usize,
        start: u64,
        width: u64,
        l1 in prop_oneof![any::<u32>(), 8 << 10..256_u32 << 10],
        l2 in prop_oneof![any::<u32>(), 64 << 10..16_u32 << 20],
    ) {
        let (workers, caches) = (NonZeroUsize::new(workers).unwrap(), Caches { l1, l2 });
        for range in [start..=start.saturating_add(width), 0..=width, start..=start.saturating_add(width >> 32)] {
            let tuning = Tuning::with_caches(&range, workers, caches);
            prop_assert_eq!(tuning.check(), Ok(()), "{:?}", tuning);
        }
    }
}

#[test]
fn values_out_of_bounds_are_named() {
    let sound = Tuning::with_caches(&(0..=1_000_000), NonZeroUsize::MIN, Caches::USUAL);
    for (tuning, fault) in [
        (Tuning { wheel: 42, ..sound }, "the wheel is 42, not 30, 210, 2310 or 30030"),
        (Tuning { chunk: 0, ..sound }, "the chunk is 0 bytes, not a multiple of 64 from 64 up to the segment"),
        (
            Tuning { chunk: 128, segment: 64, ..sound },
            "the chunk is 128 bytes, not a multiple of 64 from 64 up to the segment",
        ),
        (
            Tuning { chunk: 64, segment: 100, ..sound },
            "the segment is 100 bytes, not a multiple of 64 from 64 up to 2^21",
        ),
        (Tuning { segment: 1 << 22, ..sound }, "the segment is 4194304 bytes, not a multiple of 64 from 64 up to 2^21"),
        (Tuning { groups_to: 1 << 21, ..sound }, "groups_to is 2097152, above the maximum of 2^20"),
        (Tuning { buckets_from: 100, ..sound }, "buckets_from is 100, not between 2^16 and 2^31"),
    ] {
        assert_eq!(tuning.check().unwrap_err().to_string(), format!("bad tuning: {fault}"));
    }
}

#[test]
fn wider_ranges_have_larger_wheels_and_high_ones_buckets() {
    let wheel = |limit: f64| Tuning::with_caches(&(0..=limit as u64), NonZeroUsize::MIN, Caches::USUAL).wheel;
    assert_eq!([1e6, 1e8, 1e9, 1e10, 1e11].map(wheel), [30, 210, 2310, 30030, 30030]);
    assert_eq!(wheel(1e18), buckets::MODULUS);
}

/// Up to `groups_to`, primes are crossed off in groups, whatever `chunks_to` says.
#[test]
fn estimates_are_those_of_what_is_done() {
    let range = 0..=10_u64.pow(10);
    let tuning = Tuning::with_caches(&range, NonZeroUsize::MIN, Caches::USUAL);
    let estimate = |chunks_to| Tuning { chunks_to, ..tuning }.estimate(&range);
    assert_eq!(estimate(0), estimate(tuning.groups_to));
    assert_ne!(estimate(0), tuning.estimate(&range), "the primes between are crossed off in another loop");
    let high = 10_u64.pow(18)..=10_u64.pow(18) + 10_u64.pow(10);
    let estimate = Tuning::with_caches(&high, NonZeroUsize::MIN, Caches::USUAL).estimate(&high);
    assert!(estimate > 2 * tuning.estimate(&range), "there are more multiples, and buckets");
}

/// Returns the tuning for a wide range that needs buckets, and the memory that it takes.
fn within(memory: u64, workers: usize) -> (Tuning, u64) {
    let range = 10_u64.pow(18)..=10_u64.pow(18) + 10_u64.pow(14);
    let crew = Crew::from(NonZeroUsize::new(workers).unwrap());
    let tuning = Tuning::within(memory, &range, crew, Caches::USUAL);
    (tuning, tuning.memory(&range).of(crew))
}

#[test]
fn all_workers_together_fit_in_the_memory() {
    let (largest, needed) = within(u64::MAX, 1);
    assert_eq!(within(needed, 1).0, largest, "nothing is given up while everything fits");
    for workers in [1, 2, 8, 64] {
        for memory in [500 << 20, 1 << 30, 4 << 30] {
            let (tuning, needed) = within(memory, workers);
            assert_eq!(tuning.check(), Ok(()));
            let (leanest, least) = within(0, workers);
            if needed > memory {
                assert_eq!((tuning, leanest.segment), (leanest, LEAST_BUCKETED_SEGMENT), "{least} of {memory} bytes");
            } else {
                let is_used_up = needed > memory / 10 * 9 || tuning.segment > largest.segment / 10 * 9;
                assert!(is_used_up, "{workers} workers: only {needed} of {memory} bytes");
            }
        }
    }
    assert!(
        [(500 << 20, 8), (1 << 30, 32), (4 << 30, 64)].into_iter().all(|(bytes, crew)| within(bytes, crew).1 <= bytes)
    );
}

#[test]
fn workers_have_equal_shares_of_the_segments_with_buckets() {
    let range = 10_u64.pow(18)..=10_u64.pow(18) + 10_u64.pow(10);
    for workers in 1..=16 {
        let tuning = Tuning::with_caches(&range, NonZeroUsize::new(workers).unwrap(), Caches::USUAL);
        let segments = bytes(10_u64.pow(10), tuning.wheel).div_ceil(tuning.segment.into());
        assert_eq!(segments % workers as u64, 0, "{segments} segments for {workers} workers");
    }
}
