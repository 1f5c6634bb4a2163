//! The sieve of Eratosthenes over the odd numbers. It finds the sieving primes of the faster kernels.
//!
//! Bit i stands for 2 i + 1, except that bit 0 stands for 2. Nothing crosses off 1, so its bit is free for the only
//! even prime. The bits are sieved segment by segment, and the primes of a segment come out in ascending order.
//!
//! Finding the primes up to N takes O(N log log N) time, and 4 bytes of memory for each prime.

mod segment;

use std::ops::RangeInclusive;

pub(super) use segment::Segment;

use crate::allocation::with_capacity;
use crate::tiling::ends;
use crate::{Pulse, Stopped, Tiling};

/// Bits in a segment: 32 KiB, the size of most first-level data caches.
const SEGMENT: u64 = 32 * 1024 * 8;

/// Finds the odd primes up to `limit`, which is below 2^32, in ascending order. Beats the pulse.
pub(super) fn odd_primes_up_to<P: Pulse>(limit: u64, pulse: &P) -> Result<Vec<u32>, Stopped> {
    if limit < 3 {
        return Ok(Vec::new());
    }
    let roots = odd_primes_up_to(limit.isqrt(), pulse)?;
    let tiling = Tiling::new(1..=(limit - 1) / 2, SEGMENT);
    let mut segment = Segment::default();
    let mut primes = with_capacity("the sieving primes", prime_count_bound(limit));
    for index in 0..tiling.tiles() {
        let (first, last) = tiling.tile(index).into_inner();
        segment.sieve(first..last + 1, &roots, pulse)?;
        primes.extend(segment.ones().map(|bit| (2 * bit + 1) as u32));
    }
    Ok(primes)
}

/// Returns the bits that stand for the possible primes of a range. The result is a reversed range if there are none.
#[expect(clippy::reversed_empty_ranges, reason = "an empty range of bits is written as a reversed one")]
pub(super) fn bits_of(range: &RangeInclusive<u64>) -> RangeInclusive<u64> {
    match ends(range) {
        (_, 0 | 1) => 1..=0,
        (0..=2, stop) => 0..=(stop - 1) / 2,
        (start, stop) => start / 2..=(stop - 1) / 2,
    }
}

/// An upper bound of pi(x) for x > 1: 1.25506 x / ln x (J. B. Rosser and L. Schoenfeld, 1962, formula 3.6).
fn prime_count_bound(x: u64) -> usize {
    (1.25506 * x as f64 / (x as f64).ln()).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::SimpleSieve;
    use crate::{Control, Kernel};

    fn is_prime(number: u64) -> bool {
        SimpleSieve::new(number..=number).tile(0, &mut Vec::new(), &Control::new()) == Ok(1)
    }

    #[test]
    fn the_sieving_primes_are_the_odd_primes_up_to_the_limit() {
        for limit in 0..200 {
            let expected = (3..=limit).filter(|&number| is_prime(number));
            let primes = odd_primes_up_to(limit, &Control::new()).unwrap().into_iter().map(u64::from);
            assert!(primes.eq(expected), "up to {limit}");
        }
    }

    #[test]
    fn the_primes_of_several_segments_are_in_order_and_complete() {
        let limit = 10 * SEGMENT;
        let primes = odd_primes_up_to(limit, &Control::new()).unwrap();
        assert!(primes.is_sorted_by(|a, b| a < b));
        let kernel = SimpleSieve::new(3..=limit);
        let counted = crate::fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new());
        assert_eq!(counted, Ok(primes.len() as u64));
        // `seam - 1` is the last number of the first segment.
        let seam = 2 * SEGMENT + 2;
        let around: Vec<_> = (seam - 200..seam + 200).filter(|&number| is_prime(number)).collect();
        let index = primes.partition_point(|&prime| u64::from(prime) < around[0]);
        assert!(primes[index..][..around.len()].iter().map(|&prime| u64::from(prime)).eq(around));
    }

    #[test]
    fn the_sieving_primes_fit_their_bound_and_nearly_fill_it() {
        for limit in [3, 4, 5, 10, 113, 127, 30_000, 1 << 20] {
            let primes = odd_primes_up_to(limit, &Control::new()).unwrap().len();
            assert!((primes..=2 * primes + 2).contains(&prime_count_bound(limit)), "up to {limit}");
        }
    }

    #[test]
    fn the_search_for_sieving_primes_can_be_stopped() {
        let stop = std::sync::atomic::AtomicBool::new(true);
        let stopped = odd_primes_up_to(u64::MAX.isqrt(), &Control::new().cancel(&stop));
        assert_eq!(stopped.err(), Some(Stopped));
    }

    /// Nothing overflows where bits, offsets and squares are largest.
    #[test]
    fn the_bits_reach_the_top_of_u64() {
        assert_eq!(bits_of(&(u64::MAX..=u64::MAX)), (u64::MAX / 2)..=(u64::MAX - 1) / 2);
        assert!(bits_of(&(u64::MAX - 1..=u64::MAX - 1)).is_empty(), "an even number has no bit");
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn ranges_without_possible_primes_have_no_bits() {
        let mut iterated = 3..=5;
        iterated.by_ref().for_each(drop);
        for range in [5..=3, u64::MAX..=0, iterated, 0..=0, 0..=1, 1..=1, 4..=4] {
            assert!(bits_of(&range).is_empty(), "{range:?}");
        }
        assert_eq!([bits_of(&(0..=2)), bits_of(&(2..=2)), bits_of(&(3..=4))], [0..=0, 0..=0, 1..=1]);
    }
}
