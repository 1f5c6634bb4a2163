//! Bits of eight classes, put in the order of their numbers.

/// Transposes a word as a matrix of 8 bytes of 8 bits: bit i of byte c becomes bit c of byte i.
///
/// If byte c holds eight bits of the c-th of eight classes, byte i of the result holds the i-th bits of all classes.
#[inline(always)]
pub(in crate::algorithm) const fn transposed(word: u64) -> u64 {
    let word = swapped::<7>(word, 0x00AA_00AA_00AA_00AA);
    let word = swapped::<14>(word, 0x0000_CCCC_0000_CCCC);
    swapped::<28>(word, 0x0000_0000_F0F0_F0F0)
}

/// Swaps the bits of the mask with those `SHIFT` places above.
#[inline(always)]
const fn swapped<const SHIFT: u32>(word: u64, mask: u64) -> u64 {
    let differ = (word ^ (word >> SHIFT)) & mask;
    word ^ differ ^ (differ << SHIFT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_become_columns(word: u64) {
            let bit = |word: u64, byte: u32, bit: u32| word >> (8 * byte + bit) & 1;
            let swapped = transposed(word);
            for (row, column) in (0..8).flat_map(|row| (0..8).map(move |column| (row, column))) {
                prop_assert_eq!(bit(swapped, row, column), bit(word, column, row));
            }
        }
    }
}
