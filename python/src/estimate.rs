//! How many primes a range contains, without a count.
//!
//! |pi(x) - li(x)| < sqrt(x) ln x / (8 pi) holds for x from 2657 to 1.1 * 10^26 (L. Schoenfeld, 1976, under the Riemann
//! hypothesis; D. R. Johnston, 2022, as far as the hypothesis has been verified). li(b) - li(a) is the integral of 1 / ln t
//! from a to b. Since 1 / ln t is convex, a sum of midpoints is below the integral, and a sum of trapezoids above it.
//!
//! For narrow ranges, the bound of H. L. Montgomery and R. C. Vaughan (1973) is better: y neighbouring numbers contain at
//! most 2 y / ln y primes.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

/// The bound of Schoenfeld holds from here on.
const FIRST: u64 = 2657;

/// The number of pieces of the integral. From 2657 to 2^64, the sums are 0.1 % apart.
const PIECES: i32 = 100;

/// Bounds on the number of primes in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// There are no fewer primes.
    pub least: u64,
    /// There are no more primes.
    pub most: u64,
}

/// Returns bounds on the number of primes in a range, both ends included.
///
/// ```
/// use primelanes_python::estimate::prime_bounds;
///
/// let bounds = prime_bounds(&(0..=1_000_000_000));
/// assert!((50_700_000..50_847_534).contains(&bounds.least));
/// assert!((50_847_534..51_000_000).contains(&bounds.most));
/// ```
#[must_use]
pub fn prime_bounds(range: &RangeInclusive<u64>) -> Bounds {
    let (start, stop) = (*range.start(), *range.end());
    let below = if start < FIRST { most_of(start..=stop.min(FIRST - 1)) } else { 0.0 };
    let first = start.max(FIRST);
    if first > stop {
        return Bounds { least: 0, most: below as u64 };
    }
    let (a, b) = (first as f64, stop as f64);
    let error = [a, b].map(|x| x.sqrt() * x.ln() / (8.0 * PI)).iter().sum::<f64>();
    let (midpoints, trapezoids) = integrals(a, b);
    // The first number may itself be prime, and the integral begins there.
    let most = (trapezoids + error + 1.0).min(most_of(first..=stop));
    // A rounding error is far less than what the bounds leave open, except that the result may be rounded down.
    Bounds { least: (midpoints - error).max(0.0) as u64, most: (below + most) as u64 + 1 }
}

/// Returns a bound that does not depend on where the range is.
fn most_of(range: RangeInclusive<u64>) -> f64 {
    let (start, stop) = range.into_inner();
    let numbers = stop.checked_sub(start).map_or(0.0, |width| width as f64 + 1.0);
    // All primes but 2 are odd.
    let odd = (numbers / 2.0).ceil() + 1.0;
    if numbers > 1.0 { odd.min(2.0 * numbers / numbers.ln()) } else { numbers }
}

/// Returns a lower and an upper bound on the integral of 1 / ln t from a to b.
fn integrals(a: f64, b: f64) -> (f64, f64) {
    let end = |piece: i32| a * (b / a).powf(f64::from(piece) / f64::from(PIECES));
    let pieces = (0..PIECES).map(|piece| (end(piece), end(piece + 1)));
    pieces.fold((0.0, 0.0), |(lower, upper), (from, to)| {
        let (width, middle) = (to - from, f64::midpoint(from, to));
        (lower + width / middle.ln(), upper + width * f64::midpoint(1.0 / from.ln(), 1.0 / to.ln()))
    })
}

#[cfg(test)]
mod tests {
    use primelanes_backends::{PrimeCounter, SingleThread};

    use super::*;

    fn check(range: RangeInclusive<u64>) -> Bounds {
        let (count, bounds) = (SingleThread.count_range(range.clone()).unwrap(), prime_bounds(&range));
        assert!((bounds.least..=bounds.most).contains(&count), "{range:?}: {count} primes, {bounds:?}");
        bounds
    }

    #[test]
    fn the_number_of_primes_is_within_the_bounds() {
        for start in (0..4000).chain([10_u64.pow(9), 10_u64.pow(18), u64::MAX - 100]) {
            for width in [0, 1, 2, 3, 4, 6, 30, 100, 3000, 100_000] {
                check(start..=start.saturating_add(width));
            }
        }
        for stop in (0..=12).map(|exponent| 10_u64.pow(exponent)) {
            check(0..=stop);
            check(stop..=2 * stop);
        }
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "they are the subject")]
    fn an_empty_range_has_no_primes() {
        for range in [1..=0, 5000..=4999, 3000..=7, u64::MAX..=0] {
            assert_eq!(check(range).least, 0);
        }
        assert_eq!(prime_bounds(&(1..=0)).most, 0);
    }

    #[test]
    fn wide_ranges_have_close_bounds() {
        let all = prime_bounds(&(0..=u64::MAX));
        assert!(all.least < 425_656_284_035_217_743 && 425_656_284_035_217_743 < all.most);
        for Bounds { least, most } in [all, check(0..=1_000_000_000), check(1_000_000_000_000..=2_000_000_000_000)] {
            assert!((most - least) as f64 / (least as f64) < 0.002, "{least} {most}");
        }
    }

    #[test]
    fn narrow_ranges_have_at_most_a_few_times_as_much_room_as_they_need() {
        let start = 10_u64.pow(18);
        let Bounds { most, .. } = check(start..=start + 1_000_000);
        assert!(most < 6 * 24_280, "{most}");
    }
}
