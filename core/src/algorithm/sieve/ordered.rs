//! A sieved segment of all classes, put in order strip by strip: its bits by ascending number.
//!
//! The wheel of 210 has 48 classes, six times eight. So a turn of the wheel is a word of six bytes, and its bits stand
//! for the numbers coprime to 210. Only one strip is in order at a time, and stays in the first-level cache.

use super::transpose::transposed;
use super::wheel::Wheel;
use crate::allocation::zeroed;
use crate::machine::{Cpu, Work};

const CLASSES: usize = 48;

/// The number of bytes of each class in a strip.
const STRIP: usize = 128;

/// The number of words in a strip, one for each turn of the wheel.
pub(in crate::algorithm) const WORDS: usize = 8 * STRIP;

/// The bits of a sieved segment.
#[derive(Debug)]
pub(in crate::algorithm) struct Ordered {
    /// One class after the other.
    bytes: Vec<u8>,
    /// The number of bytes that each class has room for, in whole strips.
    room: usize,
    /// The number of strips of the segment. The last segment can have fewer than the others.
    strips: usize,
}

impl Ordered {
    /// The only modulus whose classes can be put in order.
    pub(in crate::algorithm) const MODULUS: u8 = 210;

    /// Creates room for segments of at most `bits` bits per class.
    pub(super) fn new(bits: u64) -> Self {
        let room = (bits.div_ceil(8) as usize).next_multiple_of(STRIP);
        Self { bytes: zeroed("the classes of a segment", CLASSES * room), room, strips: 0 }
    }

    /// Puts the bits of a class in their place.
    pub(super) fn put(&mut self, class: usize, bits: &[u64]) {
        let bits: &[u8] = bytemuck::cast_slice(bits);
        let length = bits.len().min(self.room);
        self.strips = length.div_ceil(STRIP);
        let class = &mut self.bytes[class * self.room..][..self.strips * STRIP];
        class[..length].copy_from_slice(&bits[..length]);
        class[length..].fill(0);
    }

    /// Returns the number of strips.
    pub(in crate::algorithm) const fn strips(&self) -> usize {
        self.strips
    }

    /// Puts a strip in order. Each word holds the 210 numbers that follow those of the word before.
    pub(in crate::algorithm) fn strip(&self, strip: usize, words: &mut [u64; WORDS], cpu: Cpu) {
        cpu.run(Sort { ordered: self, strip, words });
    }

    /// Returns the number of each bit of a word, counted from the first of the word.
    pub(in crate::algorithm) fn offsets() -> impl Iterator<Item = u8> {
        let wheel = Wheel::of(Self::MODULUS.into()).expect("210 is one of the known moduli");
        wheel.classes.iter().map(|&class| class as u8)
    }
}

struct Sort<'a> {
    ordered: &'a Ordered,
    strip: usize,
    words: &'a mut [u64; WORDS],
}

impl Work for Sort<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { ordered: Ordered { bytes, room, .. }, strip, words } = self;
        let mut columns = [0_u64; STRIP];
        for byte in 0..CLASSES / 8 {
            for column in 0..8 {
                let class = &bytes[(8 * byte + column) * room + strip * STRIP..][..STRIP];
                for (word, &byte) in columns.iter_mut().zip(class) {
                    let bits = u64::from(byte) << (8 * column);
                    *word = if column == 0 { bits } else { *word | bits };
                }
            }
            for (turns, &column) in words.as_chunks_mut::<8>().0.iter_mut().zip(&columns) {
                let rows = transposed(column);
                for (turn, word) in turns.iter_mut().enumerate() {
                    let bits = (rows >> (8 * turn) & 0xff) << (8 * byte);
                    *word = if byte == 0 { bits } else { *word | bits };
                }
            }
        }
    }
}
