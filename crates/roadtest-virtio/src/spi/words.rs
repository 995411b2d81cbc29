// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The order of bits on the wire. A driver has words in memory, in the byte
//! order of its processor, which is little-endian; on the wire a word's bits go
//! one by one, and eight of them make a byte of a model.

/// Which bit of a word goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOrder {
    /// The most significant bit.
    MsbFirst,
    /// The least significant bit.
    LsbFirst,
}

/// The bytes in the order of the wire, from those of the memory, or the other
/// way round: to do it twice is to do nothing. Each byte has the bit that goes
/// first at the top. A word has `word_bytes` bytes; what is left of the bytes
/// stays as it is.
pub fn swap(bytes: &mut [u8], word_bytes: usize, order: BitOrder) {
    match order {
        BitOrder::MsbFirst => {
            for word in bytes.chunks_exact_mut(word_bytes.max(1)) {
                word.reverse();
            }
        }
        BitOrder::LsbFirst => {
            for byte in bytes {
                *byte = byte.reverse_bits();
            }
        }
    }
}
