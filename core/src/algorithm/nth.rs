//! The nth prime, from a few counts.
//!
//! [The inverse of Riemann's R](super::riemann) gives a number x near the nth prime, and one count gives pi(x). Then about
//! sqrt(x) / ln x primes are still missing, or too many. A window of about as many primes, above or below x, leaves so few
//! that they can be listed. Almost all of the time goes into pi(x).
//!
//! A wrong count cannot keep this going for ever. |pi(x) - li(x)| < sqrt(x) ln x / (8 pi) holds for x from 2657 to
//! 1.1 * 10^26 (L. Schoenfeld, 1976, under the Riemann hypothesis; D. R. Johnston, 2022, as far as the hypothesis has been
//! verified), and li(x) - R(x) is less than 2 sqrt(x) / ln x. A first count beyond these bounds is wrong. Each window must
//! at least halve what is missing.

use std::f64::consts::PI;
use std::ops::Range;

use super::riemann::inverse_of_r;
use crate::{Control, Error, PrimeCounter, Query, primes, primes_from};

/// The number of primes below 2^64.
const MAX: u64 = 425_656_284_035_217_743;

/// The first number that does not fit in 64 bits.
const END: u128 = 1 << 64;

/// If no more primes than this are missing, they are listed one by one. A window takes no less time.
const LISTED: u128 = 1000;

/// The share of the first count in the time. At n = 10^12, it is 0.95.
const FIRST_SHARE: f64 = 0.95;

/// The share of a window in the time that is left.
const WINDOW_SHARE: f64 = 0.9;

/// Returns the nth prime, from counts by this counter.
pub(crate) fn nth_prime<C: PrimeCounter + ?Sized>(counter: &C, n: u64, control: &Control<'_>) -> Result<u64, Error> {
    if !(1..=MAX).contains(&n) {
        return Err(Error::NthOutOfRange { n, max: MAX });
    }
    let (mut place, mut left, mut share) = (Place { n, end: 0, primes: 0 }, *control, FIRST_SHARE);
    loop {
        if left.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if place.missing().unsigned_abs() <= LISTED {
            break;
        }
        let [count, rest] = left.split([share, 1.0 - share]);
        place = place.closer(counter, &count)?;
        (left, share) = (rest, WINDOW_SHARE);
    }
    let prime = place.list().ok_or_else(|| far_off(counter, 0..place.end, place.primes, n.into()))?;
    left.report_step("nth prime").map(|()| prime)
}

/// A place from which to go to the nth prime.
#[derive(Clone, Copy)]
struct Place {
    n: u64,
    /// The end of what is counted, which is not included.
    end: u128,
    /// The number of primes below the end.
    primes: u128,
}

impl Place {
    /// Returns the number of primes from here to the nth, both ends included. If it is 0 or less, the nth is below.
    fn missing(&self) -> i128 {
        i128::from(self.n) - self.primes as i128
    }

    /// Moves closer by one count: first to where the nth prime is estimated to be, then by windows up or down.
    fn closer<C: PrimeCounter + ?Sized>(self, counter: &C, control: &Control<'_>) -> Result<Self, Error> {
        let missing = self.missing().unsigned_abs();
        let (end, tolerance) = if self.end == 0 {
            let x = inverse_of_r(self.n as f64);
            (x as u128, (x.sqrt() * (x.ln() / (8.0 * PI) + 2.0 / x.ln())) as u128)
        } else {
            let width = (missing as f64 * (self.end as f64).ln()) as u128;
            (if self.missing() > 0 { self.end + width } else { self.end.saturating_sub(width) }, missing / 2)
        };
        let end = end.min(END);
        let window = self.end.min(end)..self.end.max(end);
        let count = counter.count(&Query::range(window.start..=window.end - 1).with_control(*control))?;
        if count.abs_diff(missing) > tolerance {
            return Err(far_off(counter, window, count, missing));
        }
        let primes = if end > self.end { self.primes + count } else { self.primes.saturating_sub(count) };
        Ok(Self { end, primes, ..self })
    }

    /// Goes from prime to prime. Returns `None` if there is no prime left.
    fn list(&self) -> Option<u64> {
        let missing = self.missing();
        if missing > 0 {
            primes_from(u64::try_from(self.end).ok()?).nth(missing as usize - 1)
        } else {
            let last = u64::try_from(self.end.checked_sub(1)?).ok()?;
            primes(0..=last).rev().nth(missing.unsigned_abs() as usize)
        }
    }
}

/// The error of a counter that cannot have counted right.
fn far_off<C: PrimeCounter + ?Sized>(counter: &C, range: Range<u128>, count: u128, expected: u128) -> Error {
    let (start, end) = (range.start, range.end.saturating_sub(1));
    Error::CountFarOff { counter: counter.name().to_owned().into(), start, end, count, expected }
}

#[cfg(test)]
mod tests;
