//! Tests the fast sieve against the simple one, on every instruction set that this CPU has, with random tunings.

use proptest::prelude::*;

use super::wheel::Wheel;
use super::*;
use crate::algorithm::{SieveAndTest, SimpleSieve};
use crate::machine::Caches;
use crate::{Control, fold_tiles};

fn count<K: Kernel<Partial = u64>>(kernel: &K) -> u64 {
    fold_tiles(kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

fn count_simply(range: RangeInclusive<u64>) -> u64 {
    count(&SimpleSieve::new(range))
}

fn sieve(range: RangeInclusive<u64>, tuning: Tuning, cpu: Cpu) -> Sieve {
    Sieve::with(range, tuning, cpu, &Control::new()).unwrap()
}

/// Returns the tuning for the same caches on every machine, so that a test sieves the same tiles everywhere.
fn tuned(range: &RangeInclusive<u64>) -> Tuning {
    Tuning::with_caches(range, NonZeroUsize::MIN, Caches::USUAL)
}

/// Counts on every instruction set. All counts must be the same.
fn count_with(range: &RangeInclusive<u64>, tuning: Tuning) -> u64 {
    let counts: Vec<u64> = Cpu::available().map(|cpu| count(&sieve(range.clone(), tuning, cpu))).collect();
    assert!(counts.iter().all(|&count| count == counts[0]), "{counts:?} over {range:?} with {tuning:?}");
    counts[0]
}

/// Unusual and tiny tunings, without buckets for ranges below 2^40.
fn tunings() -> impl Strategy<Value = Tuning> {
    let wheels = prop::sample::select(Wheel::MODULI.to_vec());
    let sizes = (1..20_u32, 0..60_u32).prop_map(|(chunk, more)| (64 * chunk, 64 * (chunk + more)));
    let limits = (0..2_000_u32, 0..20_000_u32);
    (wheels, sizes, limits).prop_map(|(wheel, (chunk, segment), (groups_to, chunks_to))| Tuning {
        wheel,
        chunk,
        segment,
        groups_to,
        chunks_to,
        buckets_from: 1 << 20,
    })
}

/// Numbers of up to `bits` bits, each length as likely as any other.
fn up_to_bits(bits: u32) -> impl Strategy<Value = u64> {
    (0..=bits, any::<u64>()).prop_map(|(bits, number)| number & ((1 << bits) - 1))
}

#[test]
fn all_small_ranges_are_exact() {
    for start in 0..40 {
        for stop in start..80 {
            let range = start..=stop;
            let expected = count_simply(range.clone());
            assert_eq!(count_with(&range, tuned(&range)), expected, "{range:?}");
            for wheel in Wheel::MODULI {
                let tuning = Tuning { wheel, ..tuned(&range) };
                assert_eq!(count(&sieve(range.clone(), tuning, Cpu::best())), expected, "{range:?} on {wheel}");
            }
        }
    }
}

#[test]
fn known_counts_are_met() {
    for (limit, primes) in [(1_000_000, 78_498), (100_000_000, 5_761_455), (1_000_000_000, 50_847_534)] {
        assert_eq!(count_with(&(0..=limit), tuned(&(0..=limit))), primes, "up to {limit}");
    }
}

/// The ends of a wheel's period and of a segment of each class, and the numbers around them.
#[test]
fn seams_are_exact() {
    for wheel in Wheel::MODULI {
        let tuning = Tuning { wheel, chunk: 64, segment: 128, groups_to: 50, chunks_to: 100, buckets_from: 1 << 20 };
        let (period, segment) = (u64::from(wheel), u64::from(wheel) * 1024);
        for seam in [period, 2 * period, 1_000 * period, segment, 2 * segment] {
            for range in [0..=seam, seam - 1..=seam + 1, seam + 1..=seam + segment, seam..=seam, 2..=seam + 1] {
                let (counted, simply) = (count_with(&range, tuning), count_simply(range.clone()));
                assert_eq!(counted, simply, "{range:?} with {tuning:?}");
            }
        }
    }
}

/// The loop that crosses off a prime changes between these, and none of them has a bit.
#[test]
fn primes_around_the_limits_of_the_loops_are_counted_and_their_squares_not() {
    let tuning = Tuning { wheel: 30, chunk: 64, segment: 192, groups_to: 401, chunks_to: 601, buckets_from: 1 << 20 };
    for prime in [7, 139, 149, 151, 157, 163, 397, 401, 409, 599, 601, 607, 617_u64] {
        for number in [prime, prime * prime, prime * 617] {
            let range = number - 2..=number + 2;
            assert_eq!(count_with(&range, tuning), count_simply(range.clone()), "around {number}");
            let range = 0..=number;
            assert_eq!(count_with(&range, tuning), count_simply(range.clone()), "up to {number}");
        }
    }
}

/// The first number that has a bit follows the largest sieving prime, or is the start of the range.
#[test]
fn ranges_that_begin_around_the_largest_sieving_prime_are_exact() {
    for wheel in Wheel::MODULI {
        let tuning = Tuning { wheel, chunk: 64, segment: 192, groups_to: 401, chunks_to: 601, buckets_from: 1 << 20 };
        // The largest prime below 1000 is 997, and that below 3000 is 2999.
        for (largest, stop) in [(997, 1_000_000), (2999, 9_000_000), (2999, 2999 * 2999), (2971, 2999 * 2999 - 1)] {
            for start in largest - 3..=largest + 3 {
                let expected = count_simply(start..=stop);
                assert_eq!(count(&sieve(start..=stop, tuning, Cpu::best())), expected, "from {start} on {wheel}");
            }
        }
    }
}

/// Primes that go through buckets do not cross off themselves, wherever the range begins.
#[test]
fn primes_that_go_through_buckets_are_counted_and_their_squares_not() {
    let from = 1 << 16;
    let tuning = Tuning { wheel: 210, chunk: 64, segment: 2048, groups_to: 50, chunks_to: 5000, buckets_from: from };
    for prime in [65_521, 65_537, 65_539, 65_543, 99_991, 131_071_u64] {
        for (low, high) in [(prime, prime), (prime * prime, prime * prime), (prime * 65_537, prime * 65_537)] {
            let range = low - 50..=high + 50;
            assert_eq!(count_with(&range, tuning), count_simply(range.clone()), "around {low}");
        }
    }
    // From well below the least of these primes to well above its square, in many segments. The odd-number sieve gave
    // the same count.
    let tuning = Tuning { segment: 1 << 18, ..tuning };
    assert_eq!(count(&sieve(60_000..=4_400_000_000, tuning, Cpu::best())), 208_007_397);
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
fn ranges_without_numbers_are_refused_and_those_without_candidates_hold_no_primes() {
    let mut iterated = 3..=5;
    iterated.by_ref().for_each(drop);
    let reversed = (1..40).flat_map(|start| (0..start).map(move |stop| start..=stop));
    for range in reversed.chain([u64::MAX..=0, iterated]) {
        let empty = Some(Error::EmptyRange { phase: "sieve".into() });
        assert_eq!(Sieve::new(range.clone(), &Control::new()).err(), empty, "{range:?}");
        assert_eq!(Sieve::with(range, tuned(&(0..=9)), Cpu::best(), &Control::new()).err(), empty);
    }
    for range in [0..=0, 0..=1, 1..=1, 4..=4] {
        assert_eq!(count_with(&range, tuned(&range)), 0, "{range:?}");
    }
}

#[test]
fn bad_tunings_are_refused() {
    let tuning = Tuning { wheel: 42, ..tuned(&(0..=100)) };
    assert_eq!(Sieve::with(0..=100, tuning, Cpu::best(), &Control::new()).err(), tuning.check().err());
    let tuning = Tuning { wheel: 30, ..tuned(&(0..=u64::MAX)) };
    let error = Sieve::with(0..=u64::MAX, tuning, Cpu::best(), &Control::new()).unwrap_err().to_string();
    assert_eq!(error, "bad tuning: buckets need a wheel of 210, not of 30");
}

#[test]
fn set_up_can_be_stopped() {
    let stop = std::sync::atomic::AtomicBool::new(true);
    let stopped = Sieve::new(0..=u64::MAX, &Control::new().cancel(&stop));
    assert_eq!(stopped.err(), Some(Error::Cancelled));
}

#[test]
fn backends_are_told_its_name_and_to_keep_neighbours_together() {
    let on = |range: RangeInclusive<u64>, tuning| {
        let kernel = sieve(range, tuning, Cpu::best());
        assert_eq!(kernel.phase(), "sieve");
        (kernel.tiles(), kernel.grain())
    };
    let tiles_and_grain = |range: RangeInclusive<u64>| on(range.clone(), tuned(&range));
    assert_eq!(tiles_and_grain(0..=1_000_000_000), (480, GRAIN));
    // All tiles of a small count are one claim. Few large tiles are as many claims.
    let (tiles, grain) = tiles_and_grain(0..=1_000_000);
    assert!(tiles == 8 && grain >= 8, "{grain} of {tiles}");
    let large = Tuning { wheel: 30, segment: 1 << 20, ..tuned(&(0..=200_000_000)) };
    assert_eq!(on(0..=200_000_000, large), (8, 1));
    assert_eq!(tiles_and_grain(10_u64.pow(16)..=10_u64.pow(16) + 10_u64.pow(10)), (12, 1));
}

/// Stops at one beat.
struct At(std::cell::Cell<u64>);

impl Pulse for At {
    fn beat(&self) -> Result<(), Stopped> {
        self.0.set(self.0.get().wrapping_sub(1));
        if self.0.get() == 0 { Err(Stopped) } else { Ok(()) }
    }
}

/// A worker that was stopped continues with the same scratch, since a tile does not depend on the tile before.
#[test]
fn a_stop_within_a_tile_leaves_the_scratch_usable() {
    let tuning = Tuning { wheel: 210, chunk: 64, segment: 8192, groups_to: 50, chunks_to: 5000, buckets_from: 1 << 16 };
    for range in [0..=2_000_000, 10_000_000_000..=10_010_000_000_u64] {
        let kernel = sieve(range.clone(), tuning, Cpu::best());
        let mut scratch = kernel.scratch();
        for beat in [1, 2, 5, 17] {
            let stopped = kernel.tile(0, &mut scratch, &At(beat.into()));
            assert_eq!(stopped, Err(Stopped), "at beat {beat}");
        }
        let counted = fold_tiles(&kernel, 0..kernel.tiles(), &mut scratch, &Control::new()).unwrap();
        assert_eq!(counted, count_simply(range));
    }
}

/// The first multiples are then those of two classes. Each beat is tried in a class that follows another.
#[test]
fn a_stop_between_two_classes_leaves_the_scratch_usable() {
    // More than two batches of primes are crossed off in the whole segment.
    let tuning = Tuning { wheel: 210, chunk: 64, segment: 512, groups_to: 400, chunks_to: 1000, buckets_from: 1 << 20 };
    let kernel = sieve(1_000_000_000_000..=1_000_001_000_000, tuning, Cpu::best());
    let tile = |index, scratch: &mut SieveScratch, pulse: &At| kernel.tile(index, scratch, pulse);
    let endless = || At(u64::MAX.into());
    let expected = [3, 4].map(|index| tile(index, &mut kernel.scratch(), &endless()).unwrap());
    let mut scratch = kernel.scratch();
    let stops = (1..).take_while(|&beat: &u64| {
        tile(2, &mut scratch, &endless()).unwrap();
        let stopped = tile(3, &mut scratch, &At(beat.into()));
        let after = [3, 4].map(|index| tile(index, &mut scratch, &endless()).unwrap());
        assert_eq!(after, expected, "after a stop at beat {beat}");
        stopped == Err(Stopped)
    });
    assert!(stops.count() > 10, "a class has as many beats");
}

/// Checks the memory of a worker without buckets, with small and with large caches.
#[test]
fn a_worker_needs_little_memory_up_to_10_to_the_13() {
    for caches in [Caches::USUAL, Caches { l1: 48 << 10, l2: 2 << 20 }, Caches { l1: 256 << 10, l2: 16 << 20 }] {
        let range = 0..=10_u64.pow(13);
        let tuning = Tuning::with_caches(&range, NonZeroUsize::MIN, caches);
        let SieveScratch { class, large } = sieve(range, tuning, Cpu::best()).scratch();
        assert!(large.is_none());
        assert!(class.bytes() < 2 << 20, "{} bytes with {caches:?}", class.bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tuning_counts_low_ranges(start in 0..3_000_000_u64, length in 0..3_000_000_u64, tuning in tunings()) {
        let range = start..=start + length;
        prop_assert_eq!(count_with(&range, tuning), count_simply(range));
    }

    #[test]
    fn any_tuning_counts_windows(start in up_to_bits(40), length in 0..300_000_u64, tuning in tunings()) {
        let range = start..=start + length;
        prop_assert_eq!(count_with(&range, tuning), count_simply(range));
    }

    #[test]
    fn any_tuning_counts_windows_with_buckets(
        start in 1_u64 << 33..1 << 44,
        length in 0..2_000_000_u64,
        from in 1_u32 << 16..1 << 21,
        tuning in tunings(),
    ) {
        let tuning = Tuning { wheel: MODULUS, buckets_from: from, ..tuning };
        let range = start..=start + length;
        prop_assert_eq!(count_with(&range, tuning), count(&SieveAndTest::new(range)));
    }

    #[test]
    fn tiles_do_not_depend_on_the_tile_before(
        start in 0..1_u64 << 36,
        tuning in tunings(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let kernel = sieve(start..=start + 500_000, tuning, Cpu::best());
        let mut kept = kernel.scratch();
        for pick in picks {
            let index = pick.index(kernel.tiles() as usize) as u64;
            let [here, fresh] = [&mut kept, &mut kernel.scratch()].map(|scratch| {
                let neighbours = index..(index + 2).min(kernel.tiles());
                fold_tiles(&kernel, neighbours, scratch, &Control::new()).unwrap()
            });
            prop_assert_eq!(here, fresh, "tile {}", index);
        }
    }
}

#[test]
fn a_tile_beyond_the_last_one_is_refused() {
    let range = 0..=1000;
    let kernel = sieve(range.clone(), tuned(&range), Cpu::best());
    for index in [kernel.tiles(), 1 << 63, u64::MAX - 1] {
        let run = || fold_tiles(&kernel, index..index + 1, &mut kernel.scratch(), &Control::new());
        let error = crate::guard("test", || Ok(run())).unwrap_err().to_string();
        assert_eq!(error, format!("test panicked: tile {index} of {}", kernel.tiles()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn the_top_of_u64_is_exact(below in 0..1_u64 << 40, length in 0..200_000_u64) {
        let stop = u64::MAX - below;
        let range = stop - length..=stop;
        let tuning = tuned(&range);
        prop_assert_eq!(count(&sieve(range.clone(), tuning, Cpu::best())), count(&SieveAndTest::new(range)));
    }
}
