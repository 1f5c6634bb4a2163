use proptest::prelude::*;

use super::*;
use crate::algorithm::SimpleSieve;
use crate::{Control, Kernel, fold_tiles, is_prime};

/// Lists by testing every number.
fn tested(range: RangeInclusive<u64>) -> Vec<u64> {
    range.filter(|&number| is_prime(number)).collect()
}

fn listed(range: RangeInclusive<u64>) -> Vec<u64> {
    let mut listed = Vec::new();
    for prime in primes(range) {
        listed.push(prime);
    }
    listed
}

fn count_simply(range: RangeInclusive<u64>) -> u64 {
    let kernel = SimpleSieve::new(range);
    fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

/// Checks that all ways to read a range give these primes.
fn check(range: &RangeInclusive<u64>, expected: &[u64]) {
    assert!(listed(range.clone()) == expected, "ascending in {range:?}");
    let mut folded = Vec::new();
    primes(range.clone()).for_each(|prime| folded.push(prime));
    assert!(folded == expected, "folded in {range:?}");
    assert!(primes(range.clone()).rev().eq(expected.iter().rev().copied()), "descending in {range:?}");
}

/// Ranges that begin and end near interesting places, at every size.
fn ranges(widest: u64) -> impl Strategy<Value = RangeInclusive<u64>> {
    let power = (0..=64_u32, any::<u64>()).prop_map(|(bits, number)| number >> (64 - bits.max(1)));
    let seam = (prop::sample::select(vec![1_u64 << 16, 1 << 18, 1 << 22, 1 << 23, 1 << 32, u64::MAX]), 0..2000_u64)
        .prop_map(|(seam, before)| seam.saturating_sub(before));
    (prop_oneof![power, seam], 0..widest).prop_map(|(start, width)| start..=start.saturating_add(width))
}

#[test]
fn all_small_ranges_are_exact() {
    for start in 0..30 {
        for stop in start..70 {
            check(&(start..=stop), &tested(start..=stop));
        }
    }
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
fn empty_ranges_have_no_primes() {
    let mut iterated = 3..=5;
    iterated.by_ref().for_each(drop);
    for range in [5..=3, u64::MAX..=0, iterated, 0..=1, 24..=28, 8..=8] {
        check(&range, &[]);
        assert_eq!((primes(range.clone()).last(), primes(range).count()), (None, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn ranges_agree_with_tests_of_every_number(range in ranges(20_000)) {
        check(&range, &tested(range.clone()));
    }

    #[test]
    fn both_ends_meet_exactly_once(range in ranges(3_000), turns: Vec<bool>) {
        let (mut front, mut back) = (Vec::new(), Vec::new());
        let mut both = primes(range.clone());
        for from_front in turns.into_iter().chain(std::iter::once(true)).cycle() {
            let prime = if from_front { both.next() } else { both.next_back() };
            match prime {
                Some(prime) if from_front => front.push(prime),
                Some(prime) => back.push(prime),
                None => break,
            }
        }
        prop_assert_eq!((both.next(), both.next_back(), both.size_hint().0), (None, None, 0));
        front.extend(back.into_iter().rev());
        prop_assert_eq!(front, tested(range));
    }

    #[test]
    fn what_is_left_can_be_folded(range in ranges(3_000), before in 0..50_usize, after in 0..50_usize) {
        let mut rest = primes(range.clone());
        let taken = rest.by_ref().take(before).count();
        let given = rest.by_ref().rev().take(after).count();
        let expected = tested(range);
        let folded = rest.fold(Vec::new(), |mut all, prime| { all.push(prime); all });
        prop_assert_eq!(folded, &expected[taken..expected.len() - given]);
    }
}

/// A range that goes through several stretches, many segments and all the ways in which primes are found.
#[test]
fn wide_ranges_are_complete_and_in_order() {
    for range in [0..=20_000_000, (1 << 32) - 30_000_000..=(1 << 32) + 9_000_000] {
        let ascending = listed(range.clone());
        assert!(ascending.is_sorted_by(|a, b| a < b));
        assert_eq!(ascending.len() as u64, count_simply(range.clone()));
        assert!(primes(range).rev().eq(ascending.iter().rev().copied()));
    }
}

/// Far out, the sieve has buckets. Its set-up is worth while only for a wide range.
#[test]
fn far_ranges_are_complete_and_in_order() {
    let range = 1_000_000_000_000_000..=1_000_000_000_003_000_000;
    let near = range.start() + 3_000_000;
    let expected = tested(*range.start()..=near);
    assert!(primes(*range.start()..=near).eq(expected.iter().copied()));
    let mut ahead = primes(range);
    assert!(ahead.by_ref().take(expected.len()).eq(expected));
    assert!(ahead.next() > Some(near));
}

#[test]
fn the_ends_of_u64_are_in_reach() {
    let last = [59, 83, 95, 179, 189, 257, 279, 323, 353, 363].map(|below| 0_u64.wrapping_sub(below));
    assert!(primes(0..=u64::MAX).rev().take(10).eq(last));
    assert_eq!(primes_from(u64::MAX - 58).next(), Some(last[0]));
    assert_eq!(primes_from(u64::MAX - 57).next(), None);
    assert_eq!(primes_from(0).next(), Some(2));
    assert_eq!(
        (primes_from(0).max(), primes_from(0).min(), primes_from(7).last()),
        (Some(last[0]), Some(2), Some(last[0]))
    );
}

#[test]
fn the_size_hint_is_a_bound() {
    for range in [0..=2, 0..=3, 2..=7, 5..=7, 90..=100, 0..=1000] {
        let mut left = primes(range.clone());
        let mut count = tested(range).len();
        loop {
            let (low, high) = left.size_hint();
            assert!(low == 0 && high.unwrap() >= count);
            if left.next().is_none() {
                break;
            }
            count -= 1;
        }
        assert_eq!(count, 0);
    }
}

#[test]
fn an_iterator_can_go_to_another_thread_and_shows_where_it_is() {
    fn sendable<T: Send + Sync>(_: &T) {}
    let mut primes = primes(10..=20);
    primes.next();
    sendable(&primes);
    assert_eq!(format!("{primes:?}"), "Primes { first: 12, last: 20, .. }");
}
