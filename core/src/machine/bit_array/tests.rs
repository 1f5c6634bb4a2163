//! The loops against crossing off bit by bit, and what they do with input that breaks their preconditions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::sample::Index;

use super::alike::all_but;
use super::*;

/// Returns the bits that are left when, for each prime and its first multiple, every `prime`-th bit is crossed off.
fn one_by_one(bits: usize, multiples: impl IntoIterator<Item = (u32, usize)>) -> Vec<bool> {
    let mut left = vec![true; bits];
    for (prime, next) in multiples {
        left[next.min(bits)..].iter_mut().step_by(prime as usize).for_each(|bit| *bit = false);
    }
    left
}

fn full(bytes: usize, largest: u32) -> BitArray {
    let mut array = BitArray::new(bytes, largest);
    array.words_mut().fill(u64::MAX);
    array
}

fn left(array: &mut BitArray, bits: usize) -> Vec<bool> {
    (0..bits).map(|bit| u64::from_le(array.words_mut()[bit / 64]) >> (bit % 64) & 1 == 1).collect()
}

/// Returns the bits that are left after two stretches. For each prime, `starts` holds the first multiple, and the first
/// one that the first stretch does not leave out.
fn in_two_stretches(first: usize, second: usize, starts: impl Iterator<Item = (u32, [usize; 2])>) -> Vec<bool> {
    let mut both = [Vec::new(), Vec::new()];
    for (prime, [start, not_left_out]) in starts {
        both[0].push((prime, not_left_out));
        let before = first.saturating_sub(start).div_ceil(prime as usize);
        both[1].push((prime, start + before * prime as usize - first));
    }
    let lengths = [first, second];
    both.into_iter().zip(lengths).flat_map(|(multiples, bits)| one_by_one(bits, multiples)).collect()
}

proptest! {
    /// Two stretches, the second from where the first left off.
    #[test]
    fn singles_are_crossed_off(
        first in 1..40_usize,
        second in 1..10_usize,
        skip in prop_oneof![Just(0), 0..50_usize, Just(usize::MAX)],
        strides in prop::collection::vec((3..6_000_u32, any::<Index>()), 1..20),
    ) {
        let mut primes: Vec<u32> = strides.iter().map(|stride| stride.0).collect();
        primes.sort_unstable();
        let starts: Vec<usize> = primes.iter().zip(&strides).map(|(&p, s)| s.1.index(p as usize)).collect();
        let (first, second) = (first * 512, second * 512);
        let mut array = full((first + second) / 8, 0);
        let mut nexts: Vec<u32> = starts.iter().map(|&start| start as u32).collect();
        array.cross_off_singles(0, first, &primes, &mut nexts, skip);
        // The word after a stretch may have lost any of its bits, until it is filled itself.
        array.words_mut()[first / 64..].fill(u64::MAX);
        array.cross_off_singles(first, second, &primes, &mut nexts, 0);
        let expected = in_two_stretches(first, second, primes.iter().zip(starts).map(|(&prime, start)| {
            let skipped = skip.min(first / prime as usize);
            (prime, [start, start + skipped * prime as usize])
        }));
        prop_assert_eq!(left(&mut array, first + second), expected);
    }

    #[test]
    fn groups_are_crossed_off(
        first in 1..40_usize,
        second in 1..10_usize,
        skip in prop_oneof![Just(0), 0..20_usize, Just(usize::MAX)],
        eighths in prop::collection::vec((1..300_u32, any::<Index>()), 1..20),
    ) {
        let mut primes: Vec<u32> = eighths.iter().map(|eighth| 8 * eighth.0 + 3).collect();
        primes.sort_unstable();
        let starts: Vec<usize> = primes.iter().zip(&eighths).map(|(&p, e)| e.1.index(p as usize)).collect();
        let (first, second) = (first * 64, second * 64);
        let mut array = full(first + second, primes[primes.len() - 1]);
        // A group begins as many multiples before the first as bring it to bit 0 of a byte.
        let mut groups: Vec<i32> = primes.iter().zip(&starts).map(|(&prime, &start)| {
            let back = (0..8).find(|back| (start as i64 - back * i64::from(prime)) % 8 == 0).unwrap();
            ((start as i64 - back * i64::from(prime)) / 8) as i32
        }).collect();
        let starting = groups.clone();
        array.cross_off_groups::<3>(0, first, &primes, &mut groups, skip);
        // The groups of a stretch may begin before it.
        let mut bits = left(&mut array, first * 8);
        array.words_mut()[first / 8..].fill(u64::MAX);
        array.cross_off_groups::<3>(first, second, &primes, &mut groups, 0);
        bits.extend(left(&mut array, (first + second) * 8).split_off(first * 8));
        let multiples = primes.iter().zip(starts).zip(starting).map(|((&prime, start), group)| {
            // More groups than any stretch here has.
            let skipped = skip.min(1 << 12) as i64;
            let from = (i64::from(group) + skipped * i64::from(prime)).clamp(0, 1 << 20);
            let left_out = (8 * from as usize).saturating_sub(start).div_ceil(prime as usize);
            (prime, [start, start + left_out * prime as usize])
        });
        let expected = in_two_stretches(first * 8, second * 8, multiples);
        prop_assert_eq!(bits, expected);
    }

    #[test]
    fn listed_bits_are_crossed_off(bits in prop::collection::vec(0..4096_u32, 0..50)) {
        let mut array = full(512, 0);
        array.cross_off_listed(&bits);
        let expected = one_by_one(4096, bits.iter().map(|&bit| (4096, bit as usize)));
        prop_assert_eq!(left(&mut array, 4096), expected);
    }
}

#[test]
fn a_bit_is_cleared_and_no_other() {
    for bit in 0..200 {
        for word in [0, u64::MAX, 1 << 63 | 1, 0x0123_4567_89ab_cdef] {
            assert_eq!(without(word, bit), word & all_but(bit).to_le(), "bit {bit} of {word:x}");
        }
    }
}

/// Any number, and often one that is as large or as small as can be.
fn primes() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0..300_u32, (1_u32 << 31) - 5..(1 << 31) + 5, u32::MAX - 9..=u32::MAX]
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        2 => Just(0_usize),
        9 => (0..20_usize).prop_map(|cache_lines| 512 * cache_lines),
        2 => 0..5_000_usize,
        1 => usize::MAX - 600..=usize::MAX,
        1 => any::<usize>(),
    ]
}

/// Words after those of an array, which belong to its allocation but not to the array.
const GUARDS: usize = 1 << 10;
const GUARD: u64 = 0xfeed_5eed_dead_beef;

/// Calls a loop on an array that may be too small for it, with guard words behind. The loop may panic, but it must
/// not write a guard, and no sum or product in it may overflow: without overflow checks, that one would wrap.
fn survives(bytes: usize, largest: u32, call: impl FnOnce(&mut BitArray)) {
    let mut array = full(bytes, largest);
    let length = array.words.len();
    array.words.extend([GUARD; GUARDS]);
    array.words.truncate(length);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| call(&mut array))) {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
        assert!(text.as_ref().is_some_and(|text| !text.contains("overflow")), "{text:?}");
    }
    assert_eq!(array.words.len(), length);
    // SAFETY: `truncate` kept the capacity, and the guards were written there; the loops do not resize the vector.
    unsafe { array.words.set_len(length + GUARDS) };
    assert!(array.words[length..].iter().all(|&word| word == GUARD), "a guard was overwritten");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn singles_write_nowhere_else_whatever_they_are_told(
        bytes in 0..1_000_usize,
        first in lengths(),
        length in lengths(),
        primes in prop::collection::vec(primes(), 0..6),
        sorted: bool,
        nexts in prop::collection::vec((any::<u32>(), any::<bool>()), 6),
        skip in prop_oneof![Just(0), 0..50_usize, any::<usize>()],
        missing in 0..20_usize,
    ) {
        let mut primes = primes;
        if sorted {
            primes.sort_unstable();
        }
        // Mostly below the prime, so that the loop goes on to the next one.
        let next = |(&prime, &(next, any)): (&u32, &(u32, bool))| if any { next } else { next % prime.max(1) };
        let mut nexts: Vec<u32> = primes.iter().zip(&nexts).map(next).collect();
        nexts.truncate(if missing == 0 { 1 } else { 6 });
        survives(bytes, 0, |array| array.cross_off_singles(first, length, &primes, &mut nexts, skip));
    }

    #[test]
    fn groups_write_nowhere_else_whatever_they_are_told(
        bytes in 0..1_000_usize,
        largest in 0..500_u32,
        first in lengths(),
        length in lengths(),
        primes in prop::collection::vec((primes(), prop::bool::weighted(0.1)), 0..6),
        sorted: bool,
        starts in prop::collection::vec(prop_oneof![any::<i32>(), -300..300_i32], 6),
        residue in prop::sample::select(vec![1, 3, 5, 7_u32]),
        skip in prop_oneof![Just(0), 0..50_usize, any::<usize>()],
        missing in 0..20_usize,
    ) {
        // Mostly of the right residue, so that the loop goes on to the next one.
        let residues = primes.into_iter().map(|(prime, any)| if any { prime } else { prime & !7 | residue });
        let mut primes: Vec<u32> = residues.collect();
        if sorted {
            primes.sort_unstable();
        }
        let mut starts = starts;
        starts.truncate(if missing == 0 { 1 } else { primes.len() });
        survives(bytes, largest, |array| match residue {
            1 => array.cross_off_groups::<1>(first, length, &primes, &mut starts, skip),
            3 => array.cross_off_groups::<3>(first, length, &primes, &mut starts, skip),
            5 => array.cross_off_groups::<5>(first, length, &primes, &mut starts, skip),
            _ => array.cross_off_groups::<7>(first, length, &primes, &mut starts, skip),
        });
    }

    #[test]
    fn listed_bits_write_nowhere_else_whatever_they_are_told(
        bytes in 0..100_usize,
        bits in prop::collection::vec(prop_oneof![any::<u32>(), 0..2_000_u32], 0..6),
    ) {
        survives(bytes, 0, |array| array.cross_off_listed(&bits));
    }
}

/// The number of multiples that the first prime has, times a large prime: a product that 32 bits do not hold.
#[test]
fn large_primes_after_small_ones_are_refused_or_harmless() {
    for bytes in [64, 1 << 20] {
        for large in [u32::MAX, u32::MAX - 6, 1 << 31, (1 << 31) + 1] {
            for skip in [0, 1, usize::MAX] {
                for (small, next) in [(1, 0), (3, 2), (257, 256)] {
                    survives(bytes, 300, |array| {
                        array.cross_off_singles(0, 8 * bytes, &[small, large], &mut [next, large - 1], skip);
                    });
                }
                let primes = [1, large & !7 | 1];
                survives(bytes, 300, |array| array.cross_off_groups::<1>(0, bytes, &primes, &mut [0, -1], skip));
            }
        }
    }
}

#[test]
fn arrays_begin_at_a_cache_line_and_are_clear() {
    for (bytes, largest) in [(0, 0), (1, 0), (64, 11), (100, 1_000), (1 << 15, 8_000)] {
        let mut array = BitArray::new(bytes, largest);
        let words = array.words_mut();
        assert_eq!(words.len(), bytes.div_ceil(64) * 8);
        assert_eq!(words.as_ptr().addr() % 64, 0);
        assert!(words.iter().all(|&word| word == 0));
    }
}

#[test]
#[should_panic(expected = "134217729 bytes for primes up to 0")]
fn an_array_whose_bits_31_bits_do_not_count_is_refused() {
    let _ = BitArray::new(MAX_BYTES / 2 + 1, 0);
}

#[test]
#[should_panic(expected = "64 bytes for primes up to 4294967295")]
fn margins_whose_bytes_31_bits_do_not_count_are_refused() {
    let _ = BitArray::new(64, u32::MAX);
}

#[test]
#[should_panic(expected = "a first multiple that is not below its prime")]
fn a_multiple_out_of_place_is_refused() {
    full(64, 0).cross_off_singles(0, 512, &[5, 7], &mut [4, 7], 0);
}

#[test]
#[should_panic(expected = "primes in wrong order")]
fn a_prime_with_fewer_multiples_than_the_first_one_is_refused() {
    let span = Span { length: 512, skipped: 0, eights: 0 };
    // SAFETY: the length is small, and there are no eights.
    unsafe { cross_off_alike::<2>(&mut [u64::MAX; 9], span, &[200, 257], &mut [0, 0]) };
}

#[test]
#[should_panic(expected = "one next multiple per prime")]
fn a_prime_without_a_next_multiple_is_refused() {
    full(64, 0).cross_off_singles(0, 512, &[5, 7], &mut [4], 0);
}

#[test]
#[should_panic(expected = "one start per prime")]
fn a_prime_without_a_start_is_refused() {
    full(64, 19).cross_off_groups::<3>(0, 64, &[11, 19], &mut [0], 0);
}

#[test]
#[should_panic(expected = "a group outside of the bit array")]
fn a_group_before_the_array_is_refused() {
    full(64, 11).cross_off_groups::<3>(0, 64, &[11], &mut [-1000], 0);
}

#[test]
#[should_panic(expected = "a group outside of the bit array")]
fn a_prime_that_the_margins_do_not_suit_is_refused() {
    full(64, 11).cross_off_groups::<3>(0, 64, &[10_003], &mut [0], 0);
}

#[test]
#[should_panic(expected = "of another residue")]
fn a_prime_of_another_residue_is_refused() {
    full(64, 13).cross_off_groups::<3>(0, 64, &[11, 13], &mut [0, 0], 0);
}

#[test]
#[should_panic(expected = "a stretch outside of the bit array")]
fn a_stretch_for_groups_beyond_the_array_is_refused() {
    full(64, 11).cross_off_groups::<3>(64, 64, &[11], &mut [0], 0);
}

#[test]
#[should_panic(expected = "a stretch outside of the bit array")]
fn a_stretch_beyond_the_array_is_refused() {
    full(64, 0).cross_off_singles(64 * 64, 512 * 512, &[5], &mut [4], 0);
}

#[test]
#[should_panic(expected = "a stretch of whole words")]
fn a_stretch_that_ends_within_a_word_is_refused() {
    full(64, 0).cross_off_singles(0, 100, &[5], &mut [4], 0);
}

#[test]
#[should_panic(expected = "index out of bounds")]
fn a_listed_bit_beyond_the_array_is_refused() {
    full(64, 0).cross_off_listed(&[512]);
}
