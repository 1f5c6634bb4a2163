//! How listed primes are written down: as numbers, or as text.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kernel::ListSpec;
use crate::JobSpec;
use crate::allocation::reserve;

/// A way to write primes down, in items of some type.
pub(crate) trait Form: Copy + Send + Sync {
    type Item: Copy + Send + Serialize + DeserializeOwned;

    /// The usual number of bytes per prime.
    const BYTES: f64;

    /// Returns the description of a kernel that lists in this form.
    fn job(self, spec: ListSpec) -> JobSpec;

    /// Appends primes, which are in ascending order.
    fn append(self, primes: &[u64], list: &mut Vec<Self::Item>);
}

/// Primes as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers;

impl Form for Numbers {
    type Item = u64;

    const BYTES: f64 = 8.0;

    fn job(self, spec: ListSpec) -> JobSpec {
        JobSpec::List(spec)
    }

    fn append(self, primes: &[u64], list: &mut Vec<u64>) {
        reserve("the listed primes", list, primes.len());
        list.extend_from_slice(primes);
    }
}

/// Primes as decimal numbers in ASCII, with this byte after each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text(pub(crate) u8);

/// The number of primes that are written at a time. Their text stays in the first-level cache.
const AT_ONCE: usize = 256;

/// The longest number has 20 digits.
const LONGEST: usize = 21;

/// Numbers that differ only in their last four digits share the text of the others.
const SHARED: u64 = 10_000;

impl Form for Text {
    type Item = u8;

    const BYTES: f64 = 17.0;

    fn job(self, spec: ListSpec) -> JobSpec {
        JobSpec::ListText { spec, separator: self.0 }
    }

    fn append(self, primes: &[u64], list: &mut Vec<u8>) {
        let mut buffer = [0; AT_ONCE * LONGEST + 16];
        let mut shared = Shared::new();
        for primes in primes.chunks(AT_ONCE) {
            let mut length = 0;
            for &prime in primes {
                length += shared.write(prime, &mut buffer[length..]);
                buffer[length] = self.0;
                length += 1;
            }
            reserve("the listed primes", list, length);
            list.extend_from_slice(&buffer[..length]);
        }
    }
}

/// The digits that neighbouring numbers have in common.
struct Shared {
    /// The number whose last four digits are 0.
    base: u64,
    digits: [u8; 16],
    length: usize,
}

impl Shared {
    const fn new() -> Self {
        Self { base: 0, digits: [0; 16], length: 0 }
    }

    /// Writes a number. Returns the number of digits. There must be room for 20.
    #[inline]
    fn write(&mut self, number: u64, buffer: &mut [u8]) -> usize {
        let rest = match number.checked_sub(self.base) {
            Some(rest) if rest < SHARED => rest,
            _ => self.share(number),
        };
        if self.length == 0 {
            return write_short(rest, buffer);
        }
        // All 16 bytes are copied, since a copy of a fixed length is one instruction.
        buffer[..16].copy_from_slice(&self.digits);
        buffer[self.length..self.length + 4].copy_from_slice(&FOUR_DIGITS[rest as usize]);
        self.length + 4
    }

    /// Shares all but the last four digits of a number from now on. Returns the value of these four.
    #[cold]
    fn share(&mut self, number: u64) -> u64 {
        let rest = number % SHARED;
        self.base = number - rest;
        self.length = if self.base == 0 { 0 } else { write_short(self.base / SHARED, &mut self.digits) };
        rest
    }
}

/// Writes a number without leading zeros, digit by digit.
fn write_short(number: u64, buffer: &mut [u8]) -> usize {
    let length = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut rest = number;
    for digit in buffer[..length].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    length
}

/// The numbers below 10,000 in four digits. Ascending primes read the table from front to back.
static FOUR_DIGITS: [[u8; 4]; SHARED as usize] = {
    let mut table = [[0; 4]; SHARED as usize];
    let mut number = 0;
    while number < table.len() {
        table[number] = [
            b'0' + (number / 1000) as u8,
            b'0' + (number / 100 % 10) as u8,
            b'0' + (number / 10 % 10) as u8,
            b'0' + (number % 10) as u8,
        ];
        number += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_is_what_the_standard_library_writes(mut numbers: Vec<u64>, shift in 0..60_u32, gaps: Vec<u8>) {
            // Neighbours, and numbers of all lengths.
            let first = numbers.first().map_or(0, |number| number >> shift);
            numbers.extend(gaps.iter().scan(first, |next, &gap| { *next = next.saturating_add(gap.into()); Some(*next) }));
            let expected = numbers.iter().flat_map(|number| [number.to_string(), "\n".to_owned()]).collect::<String>();
            let mut text = Vec::new();
            Text(b'\n').append(&numbers, &mut text);
            prop_assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn numbers_of_every_length_are_written() {
        let mut text = Vec::new();
        Text(b',').append(&[0, 7, 9_999, 10_000, 10_001, 99_999, 100_000, u64::MAX - 1, u64::MAX, 3], &mut text);
        let expected = "0,7,9999,10000,10001,99999,100000,18446744073709551614,18446744073709551615,3,";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
