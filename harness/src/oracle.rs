//! Counts to compare with, from the crate [`primal`], from a readable reference, and from tables of known values.

use std::ops::RangeInclusive;

use primelanes_backends::algorithm::pi_by_lucy;

/// The largest limit up to which [`known_or_counted`] and [`primes`] sieve.
const SIEVED_TO: u64 = 100_000_000;

/// Counts the primes in 0..=`limit` with primal's streaming sieve. This takes seconds at 1e10, and minutes at 1e12.
///
/// # Panics
/// If `limit` is above `usize::MAX`.
#[must_use]
pub fn prime_pi(limit: u64) -> u64 {
    primal::StreamingSieve::prime_pi(usize::try_from(limit).expect("the limit fits a usize")) as u64
}

/// Returns the number of primes in 0..=`limit`, from the tables if they contain it. Otherwise, [`prime_pi`] counts small
/// limits, and [`pi_by_lucy`] larger ones, which takes seconds at 1e12 and a minute at 1e14.
#[must_use]
pub fn known_or_counted(limit: u64) -> u64 {
    let ten = |(k, count)| (10_u64.pow(k), count);
    let two = |(k, count)| 1_u64.checked_shl(k).map(|power| (power, count));
    let mut known = powers_of_ten().into_iter().map(ten).chain(powers_of_two().into_iter().filter_map(two));
    let count = || if limit <= SIEVED_TO { prime_pi(limit) } else { pi_by_lucy(limit) };
    known.find(|&(power, _)| power == limit).map_or_else(count, |(_, count)| count)
}

/// Counts the primes of a narrow range anywhere in `u64`, both ends included, with primal's primality test.
#[must_use]
pub fn count_window(window: RangeInclusive<u64>) -> u64 {
    window.filter(|&number| primal::is_prime(number)).count() as u64
}

/// Returns the primes of a range, both ends included. Primal sieves up to a low end, and tests the numbers of a range that
/// ends further out, which must be narrow.
#[must_use]
pub fn primes(range: RangeInclusive<u64>) -> Vec<u64> {
    let (start, stop) = (*range.start(), *range.end());
    if stop > SIEVED_TO {
        return range.filter(|&number| primal::is_prime(number)).collect();
    }
    let sieve = primal::Sieve::new(stop as usize);
    sieve.primes_from(start as usize).map(|prime| prime as u64).take_while(|&prime| prime <= stop).collect()
}

/// Returns the nth prime. Primal's streaming sieve goes up to it, unless n is close above a known value of pi. Then primal
/// tests the numbers after that power of ten.
///
/// # Panics
/// If n is 0, or above `usize::MAX`.
#[must_use]
pub fn nth_prime(n: u64) -> u64 {
    let known = powers_of_ten().into_iter().map(|(k, count)| (10_u64.pow(k), count));
    let near = known.rev().find(|&(_, count)| count < n && n - count <= 1000);
    near.map_or_else(
        || primal::StreamingSieve::nth_prime(usize::try_from(n).expect("n fits a usize")) as u64,
        |(power, count)| (power..).filter(|&m| primal::is_prime(m)).nth((n - count) as usize - 1).expect("more follow"),
    )
}

/// Returns known values as pairs (k, pi(10^k)), for k from 0 to 19. Source: OEIS A006880.
#[must_use]
pub fn powers_of_ten() -> Vec<(u32, u64)> {
    table(include_str!("../data/pi-powers-of-ten.tsv"))
}

/// Returns known values as pairs (k, pi(2^k)), for k from 0 to 56, 63 and 64. Source: OEIS A007053.
#[must_use]
pub fn powers_of_two() -> Vec<(u32, u64)> {
    table(include_str!("../data/pi-powers-of-two.tsv"))
}

fn table(text: &str) -> Vec<(u32, u64)> {
    text.lines()
        .map(|line| {
            let (exponent, count) = line.split_once('\t').expect("two columns");
            (exponent.parse().expect("an exponent"), count.parse().expect("a count"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_agrees_with_the_tables() {
        for (k, count) in powers_of_ten().into_iter().take(9) {
            assert_eq!(prime_pi(10_u64.pow(k)), count, "10^{k}");
        }
        for (k, count) in powers_of_two().into_iter().take(28) {
            assert_eq!(prime_pi(1 << k), count, "2^{k}");
        }
        assert_eq!((powers_of_ten().len(), powers_of_two().len()), (20, 59));
    }

    #[test]
    fn known_values_need_no_count() {
        assert_eq!(known_or_counted(10_u64.pow(19)), 234_057_667_276_344_607);
        assert_eq!(known_or_counted(1 << 56), powers_of_two()[56].1);
        assert_eq!((known_or_counted(1_000_001), known_or_counted(0)), (78_498, 0));
    }

    #[test]
    fn either_way_to_find_the_nth_prime_is_right() {
        assert_eq!([1, 2, 1000, 10_000].map(nth_prime), [2, 3, 7919, 104_729]);
        assert_eq!([168, 1168, 1169, 2229, 2230].map(nth_prime), [997, 9433, 9437, 19_697, 19_699]);
        assert_eq!([37_607_912_019, 37_607_912_020].map(nth_prime), [1_000_000_000_039, 1_000_000_000_061]);
    }

    #[test]
    fn either_way_to_count_is_right_at_their_seam() {
        assert_eq!([known_or_counted(SIEVED_TO - 1), known_or_counted(SIEVED_TO + 1)], [5_761_455; 2]);
    }

    #[test]
    fn either_way_to_list_primes_is_right() {
        assert_eq!((primes(2..=13), primes(14..=16)), (vec![2, 3, 5, 7, 11, 13], vec![]));
        let seam = SIEVED_TO - 100..=SIEVED_TO + 100;
        let mut listed = primes(*seam.start()..=SIEVED_TO);
        listed.extend(primes(SIEVED_TO + 1..=*seam.end()));
        assert_eq!(primes(seam), listed);
        assert_eq!((listed.first(), listed.last()), (Some(&99_999_931), Some(&100_000_081)));
    }

    #[test]
    fn windows_are_closed_at_both_ends() {
        assert_eq!(count_window(0..=2), 1);
        assert_eq!(count_window(13..=17), 2);
        assert_eq!(count_window(u64::MAX - 58..=u64::MAX), 1);
    }
}
