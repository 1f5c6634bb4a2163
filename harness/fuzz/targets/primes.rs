//! The primes of any range, read from both ends in any order and listed as text on any lane, against a test of each number.

#![no_main]

use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, RangeInclusive};

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use primelanes_backends::algorithm::list_text;
use primelanes_backends::{BackendKind, Control, primes};

/// Ranges that are narrower than this are read to their end.
const NARROW: u64 = 1 << 17;

#[derive(Debug, Arbitrary)]
struct Input {
    number: u64,
    /// How many bits to shift the number right by, so that low ranges are as likely as high ones.
    shift: u8,
    width: u64,
    /// The same for the width.
    width_shift: u8,
    /// Whether the range ends at the number, and does not begin there.
    ends: bool,
    /// How many primes to read next, from the front if positive, and from the back if negative.
    reads: [i8; 8],
    separator: u8,
    lane: u8,
    workers: u8,
}

fuzz_target!(|input: Input| {
    let number = input.number >> (input.shift % 64);
    let width = input.width >> (input.width_shift % 64);
    let range = if input.ends { number.saturating_sub(width)..=number } else { number..=number.saturating_add(width) };
    read(&range, &input.reads);
    if range.end() - range.start() < NARROW {
        list(&range, &input);
    }
});

/// Tests each number by primal, which shares no code with primelanes.
fn tested(range: &RangeInclusive<u64>) -> impl DoubleEndedIterator<Item = u64> {
    range.clone().filter(|&number| primal::is_prime(number))
}

/// Reads from both ends, and folds what is left.
fn read(range: &RangeInclusive<u64>, reads: &[i8]) {
    let (mut read, mut expected) = (primes(range.clone()), tested(range));
    for &reads in reads {
        let count = reads.unsigned_abs().into();
        let is_equal = if reads > 0 {
            read.by_ref().take(count).eq(expected.by_ref().take(count))
        } else {
            read.by_ref().rev().take(count).eq(expected.by_ref().rev().take(count))
        };
        assert!(is_equal, "{reads} of {range:?}");
    }
    if range.end() - range.start() < NARROW {
        let (expected, (least, most)) = (expected.collect::<Vec<_>>(), read.size_hint());
        assert!(least <= expected.len() && most.is_none_or(|most| expected.len() <= most), "size hint in {range:?}");
        let mut left = Vec::new();
        read.for_each(|prime| left.push(prime));
        assert!(left == expected, "what is left of {range:?} after {reads:?}");
    }
}

/// Lists as text.
fn list(range: &RangeInclusive<u64>, input: &Input) {
    let kinds: Vec<_> = BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()).collect();
    let kind = kinds[usize::from(input.lane) % kinds.len()];
    let workers = NonZeroUsize::new(usize::from(input.workers) % 8 + 1).expect("at least one");
    let lane = kind.open(workers.min(kind.max_workers())).expect("the number of workers is below the lane's maximum");

    let (mut text, mut expected) = (Vec::new(), Vec::new());
    let listed = list_text(&lane, range.clone(), input.separator, &Control::new(), &mut |more| {
        text.extend_from_slice(more);
        ControlFlow::Continue(())
    });
    for prime in tested(range) {
        write!(expected, "{prime}").expect("a vector takes all that is written");
        expected.push(input.separator);
    }
    assert_eq!(listed, Ok(()));
    assert!(text == expected, "{range:?} on {lane:?}");
}
