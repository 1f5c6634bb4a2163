use proptest::prelude::*;

use super::cost::*;
use super::*;
use crate::Control;
use crate::algorithm::odd_sieve::odd_primes_up_to;

/// The caches of Sapphire Rapids.
const LARGE: Caches = Caches { l1: 48 << 10, l2: 2 << 20 };

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
    for tuning in [
        Tuning { chunk: 1 << 21, segment: 1 << 21, groups_to: 1 << 20, buckets_from: 1 << 31, ..sound },
        Tuning { chunk: 64, segment: 64, groups_to: 0, chunks_to: 0, buckets_from: 1 << 16, ..sound },
    ] {
        assert_eq!(tuning.check(), Ok(()), "the bounds themselves are valid");
    }
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

/// A change of a figure shows here which choices and estimates it changes.
#[test]
fn these_tunings_are_chosen() {
    let window = |start: u64, width: u64| start..=start + width;
    let [ten_12, ten_15, ten_18] = [12, 15, 18].map(|power| 10_u64.pow(power));
    for (range, caches, expected, microseconds) in [
        (0..=1_000_000, LARGE, [30, 4_224, 4_224, 704, 704, 12_000_000], 43.3045),
        (0..=100_000_000, LARGE, [210, 29_824, 59_584, 4_970, 20_164, 715_008], 3947.36),
        (0..=100_000_000, Caches::USUAL, [210, 19_904, 59_584, 3_317, 20_164, 715_008], 4045.93),
        (0..=1_000_000_000, LARGE, [2_310, 27_072, 54_144, 4_512, 16_650, 12_000_000], 46_176.3),
        (0..=10_000_000_000, LARGE, [2_310, 38_656, 270_592, 6_442, 69_310, 12_000_000], 540_645.0),
        (0..=10_000_000_000, Caches::USUAL, [30_030, 20_864, 41_664, 3_477, 19_718, 12_000_000], 566_495.0),
        (0..=100_000_000_000, LARGE, [30_030, 41_664, 416_256, 6_944, 109_345, 12_000_000], 6_100_870.0),
        (window(ten_12, 100_000_000), LARGE, [30, 41_728, 416_704, 6_954, 109_580, 12_000_000], 12_316.1),
        (window(ten_12, 10_000_000_000), LARGE, [2_310, 38_656, 270_592, 6_442, 69_310, 12_000_000], 845_960.0),
        (window(ten_15, 1_000_000), LARGE, [210, 640, 640, 106, 106, 65_536], 7547.86),
        (window(ten_15, 10_000_000_000), LARGE, [210, 41_344, 744_064, 6_890, 184_966, 8_928_768], 2_040_010.0),
        (window(ten_15, 10_000_000_000), Caches::USUAL, [210, 28_672, 372_032, 4_778, 131_018, 4_464_384], 2_354_410.0),
        (window(ten_18, 10_000_000_000), LARGE, [210, 42_560, 1_488_128, 7_093, 369_933, 12_000_000], 4_227_400.0),
    ] {
        let tuning = Tuning::with_caches(&range, NonZeroUsize::MIN, caches);
        let Tuning { wheel, chunk, segment, groups_to, chunks_to, buckets_from } = tuning;
        let chosen = [wheel, chunk, segment, groups_to, chunks_to, buckets_from];
        assert_eq!(chosen, expected, "{range:?} with {caches:?}");
        let estimate = tuning.cost(&range, Tuning::caches_for_segments(caches)) / 1e3;
        assert!((estimate / microseconds - 1.0).abs() < 1e-4, "{range:?} with {caches:?}: {estimate} us");
    }
}

#[test]
fn segments_for_listing_suit_the_width_of_the_range() {
    let ten_9 = 1_000_000_000;
    let listing = |width| Tuning::for_listing(&(ten_9..=ten_9 + width)).segment;
    // A byte of a class stands for 1680 numbers.
    assert_eq!([100, 1_000_000, 100_000_000, 1_000_000_000].map(listing), [64, 640, 59_584, 198_464]);
    let primes = |start: u64, width| Tuning::for_primes(&(start..=start + width), 1 << 10..=1 << 18).segment;
    assert_eq!([100, 1_000_000].map(|width| primes(ten_9, width)), [64, 640], "the range is narrow");
    assert_eq!(primes(ten_9, ten_9), 9_472, "2 bytes per sieving prime");
    assert_eq!([1_000_000, 1_000_000_000_000].map(|start| primes(start, 100_000_000)), [2_496, 59_584]);
    assert_eq!(primes(1_000_000_000_000_000, 10_000_000_000), 258_816, "about the most that is allowed");
}

#[test]
fn a_slower_tuning_that_fits_in_the_memory_comes_before_a_faster_one_that_does_not() {
    let range = 100_000_000_000_000..=100_001_000_000_000;
    let crew = Crew::from(NonZeroUsize::MIN);
    let within = |memory| {
        let tuning = Tuning::within(memory, &range, crew, Caches::USUAL);
        (tuning.memory(&range).of(crew), tuning.cost(&range, Caches::USUAL))
    };
    let (fastest, least) = (within(u64::MAX), within(0));
    assert!(least.0 < fastest.0 && least.1 > fastest.1, "{least:?} and {fastest:?}");
    for memory in (least.0..fastest.0).step_by(1 << 18) {
        assert!(within(memory).0 <= memory, "{:?} bytes of {memory}", within(memory).0);
    }
}

/// The estimate, prime by prime.
fn cost_by_primes(tuning: &Tuning, range: &RangeInclusive<u64>, caches: Caches) -> f64 {
    let (start, stop) = (*range.start() as f64, *range.end() as f64);
    let modulus = f64::from(tuning.wheel);
    let bits = (stop - start) / modulus;
    let [chunks, segments] = [tuning.chunk, tuning.segment].map(|bytes| (bits / 8.0 / f64::from(bytes)).ceil());
    let alone_in_segment = SINGLE_NS * (1.0 + 2.0 * f64::from(tuning.segment) / f64::from(caches.l2));
    let (mut total, mut of_a_class, mut has_buckets) = (0.0, CLASS_NS * segments, false);
    for prime in odd_primes_up_to(range.end().isqrt(), &Control::new()).unwrap() {
        let p = f64::from(prime);
        let left = |unit: f64| {
            let below_square = (p - start / p) / modulus / unit;
            if p < LEAST_SIEVED { 0.0 } else { bits / p - below_square.max(0.0).floor() * unit }
        };
        if prime >= tuning.buckets_from {
            has_buckets = true;
            total += LARGE_PRIME_NS * segments;
            of_a_class += bits / p * 10.0 / 11.0 * (BUCKET_NS + alone_in_segment);
            continue;
        }
        total += SET_UP_NS;
        of_a_class += FIRST_NS * segments;
        of_a_class += if prime <= tuning.groups_to {
            left(8.0) * GROUPED_NS + chunks * GROUPED_PRIME_NS
        } else if prime <= tuning.chunks_to {
            left(1.0) * CHUNKED_NS + chunks * PRIME_NS
        } else {
            left(1.0) * alone_in_segment + segments * PRIME_NS
        };
    }
    let classes = Wheel::totient(tuning.wheel) as f64;
    total + classes * of_a_class + if has_buckets { BUCKETS_NS } else { 0.0 }
}

#[test]
fn estimates_are_about_the_sums_over_all_primes() {
    let caches = Tuning::caches_for_segments(LARGE);
    let tuning = |[wheel, chunk, segment, groups_to, chunks_to, buckets_from]: [u32; 6]| {
        let tuning = Tuning { wheel, chunk, segment, groups_to, chunks_to, buckets_from };
        assert_eq!(tuning.check(), Ok(()));
        tuning
    };
    let ten = |power| 10_u64.pow(power);
    let never = 1 << 31;
    for (what, range, tuning, most) in [
        ("groups", 0..=ten(9), tuning([2310, 27_072, 54_144, 4_000, 4_000, never]), 0.04),
        ("groups that leave out multiples", 0..=ten(8), tuning([210, 29_824, 59_584, 10_000, 10_000, never]), 0.04),
        ("multiples in a chunk", 0..=ten(9), tuning([2310, 27_072, 54_144, 300, 32_000, never]), 0.04),
        ("multiples in a segment", 0..=ten(9), tuning([210, 40_000 / 64 * 64, 596_608, 300, 300, never]), 0.04),
        ("some squares before the range", ten(9)..=2 * ten(9), tuning([30, 40_064, 596_608, 300, 40_000, never]), 0.04),
        ("beginning with primes in chunks", 0..=ten(9), tuning([210, 1_024, 596_608, 200, 32_000, never]), 0.12),
        ("beginning with groups in chunks", 0..=ten(9), tuning([210, 1_024, 596_608, 32_000, 32_000, never]), 0.12),
        ("beginning with classes", 0..=ten(8), tuning([30030, 448, 448, 200, 200, never]), 0.12),
        ("finding first multiples", ten(12)..=ten(12) + ten(5), tuning([210, 64, 64, 200, 200, never]), 0.12),
        ("setting up primes", ten(12)..=ten(12) + ten(3), tuning([30, 64, 64, 200, 200, never]), 0.12),
        ("setting up large primes", ten(15)..=ten(15) + ten(5), tuning([210, 64, 64, 200, 200, 1 << 16]), 0.12),
        (
            "going through large primes",
            ten(15)..=ten(15) + ten(8),
            tuning([210, 4_096, 4_096, 200, 200, 1 << 16]),
            0.12,
        ),
        ("buckets from 0 on", 0..=ten(12), tuning([210, 40_064, 595_264, 6_000, 100_000, 1 << 16]), 0.06),
        ("buckets", ten(13)..=ten(13) + ten(9), tuning([210, 40_064, 595_264, 6_000, 100_000, 1 << 17]), 0.06),
    ] {
        let (estimate, sum) = (tuning.cost(&range, caches), cost_by_primes(&tuning, &range, caches));
        assert!((estimate / sum - 1.0).abs() < most, "{what}: {estimate:.0} instead of {sum:.0} ns");
    }
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

/// The memory that one worker takes, and what each further one takes. With that of the program, it was within a tenth of
/// the peak of a process.
#[test]
fn estimates_of_memory_are_as_they_were_checked() {
    let window = |power, width| 10_u64.pow(power)..=10_u64.pow(power) + width;
    for (range, tuning, expected) in [
        (0..=1_000_000, [30, 4_224, 4_224, 704, 704, 12_000_000], [11_420.0, 9_423.0]),
        (0..=100_000_000_000, [30_030, 41_664, 416_256, 6_944, 109_345, 12_000_000], [923_149.0, 578_562.0]),
        (window(15, 10_000_000_000), [210, 41_344, 744_064, 6_890, 184_966, 8_928_768], [93_107_859.0, 84_760_696.0]),
        (window(18, 100_000_000), [210, 42_560, 595_264, 7_093, 369_933, 12_000_000], [63_307_735.0, 24_919_914.0]),
    ] {
        let [wheel, chunk, segment, groups_to, chunks_to, buckets_from] = tuning;
        let tuning = Tuning { wheel, chunk, segment, groups_to, chunks_to, buckets_from };
        let memory = |workers| tuning.memory(&range).of(NonZeroUsize::new(workers).unwrap().into()) as f64;
        let estimated = [memory(1), memory(2) - memory(1)];
        let is_near = |place: usize| (estimated[place] / expected[place] - 1.0).abs() < 1e-3;
        assert!(is_near(0) && is_near(1), "{range:?}: {estimated:?}");
    }
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
