use proptest::prelude::*;

use super::*;
use crate::algorithm::primality::is_prime;
use crate::algorithm::sieve::wheel::Wheel;
use crate::machine::Cpu;

/// Returns up to `most` primes of a class from a number on.
fn primes_from(number: u32, class: u32, most: usize) -> Vec<u32> {
    let first = number - number % MODULUS;
    let multiples = (first..=u32::MAX).step_by(MODULUS as usize);
    let candidates = multiples.map_while(|multiple| multiple.checked_add(class));
    candidates.filter(|&candidate| candidate >= 1 << 16 && is_prime(candidate.into())).take(most).collect()
}

/// Lists, by division, the class and the bit of each multiple that must be pushed.
fn expected(start: u64, length: u32, primes: &[u32]) -> Vec<(usize, u32)> {
    let classes = &Wheel::of(MODULUS).unwrap().classes;
    let mut pushed = Vec::new();
    for prime in primes.iter().copied().map(u128::from) {
        let (first, end) = (u128::from(start).div_ceil(prime), u128::from(start) + u128::from(length));
        for cofactor in (first.max(2)..).take_while(|cofactor| cofactor * prime < end) {
            if [2, 3, 5, 7, 11].iter().all(|factor| !cofactor.is_multiple_of(*factor)) {
                let offset = (cofactor * prime - u128::from(start)) as u32;
                let class = classes.binary_search(&(offset % MODULUS)).unwrap();
                pushed.push((class, offset / MODULUS));
            }
        }
    }
    pushed
}

struct Push<'a>(&'a mut Buckets, u64, u32, &'a [u32]);

impl crate::machine::Work for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.0.push_multiples(self.1, self.2, self.3);
    }
}

/// Checks what is pushed, and returns how many multiples that is.
fn check(start: u64, bits: u32, class: usize, primes: &[u32]) -> usize {
    let (start, length) = (start - start % u64::from(MODULUS), bits * MODULUS);
    let mut expected = expected(start, length, primes);
    expected.sort_unstable();
    for cpu in Cpu::available() {
        // As few multiples are announced as possible, so that buckets are enlarged.
        let mut buckets = Buckets::new(0.0);
        buckets.clear();
        buckets.turn_for(Wheel::of(MODULUS).unwrap().classes[class]);
        for batch in primes.chunks(BATCH) {
            cpu.run(Push(&mut buckets, start, length, batch));
        }
        let found = (0..CLASSES).flat_map(|class| buckets.of(class).iter().map(move |&bit| (class, bit)));
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{bits} bits from {start} on, class {class}, {cpu}");
    }
    expected.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_multiples_of_any_primes_are_pushed_to_their_classes(
        start: u64,
        (zeros, few) in (0..64_u32, 1..2000_usize),
        bits in 1_u32..200_000,
        class in 0..CLASSES,
        from in 1_u32 << 16..1 << 20,
    ) {
        let primes = primes_from(from, Wheel::of(MODULUS).unwrap().classes[class], few);
        let length = u64::from(bits * MODULUS);
        check((start >> zeros).min(u64::MAX - length), bits, class, &primes);
    }
}

#[test]
fn the_largest_primes_and_numbers_are_exact() {
    let bits = (1 << 24) - 1;
    let top = u64::MAX - u64::from(bits) * u64::from(MODULUS);
    for class in [0, 1, CLASSES - 1] {
        let residue = Wheel::of(MODULUS).unwrap().classes[class];
        let mut primes = primes_from(u32::MAX - 600_000, residue, 1000);
        primes.extend(primes_from(2_000_000_000, residue, 100));
        primes.sort_unstable();
        for start in [0, 55_500_000_000, 1 << 52, 1 << 63, top] {
            let pushed = check(start, bits, class, &primes);
            // From 0 on, the least cofactor is 13.
            assert_eq!(pushed > 0, start > 0, "from {start} on, class {class}");
        }
    }
}

#[test]
fn buckets_have_room_for_what_is_expected_and_little_more() {
    for multiples in [0.0, 1e2, 1e4, 1e6] {
        let (expected, room) = (multiples * 10.0 / 11.0, capacity(multiples) as f64);
        let deviation = expected.sqrt();
        assert!(room >= expected + 8.0 * deviation + 2.0 * BATCH as f64, "{room} for {multiples}");
        assert!(room <= expected + 32.0 * deviation + 8.0 * BATCH as f64, "{room} for {multiples}");
    }
}
