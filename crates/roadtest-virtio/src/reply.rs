// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the device writes into the room that a descriptor chain has for it.

/// Bytes for the device-writable part of a descriptor chain, counted from
/// its first byte and across its descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Where the bytes go.
    pub offset: usize,
    /// The bytes. `offset` and their number are never more than the room of
    /// the request that is answered.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Nothing, for a chain without room.
    pub const fn nothing() -> Self {
        Self {
            offset: 0,
            bytes: Vec::new(),
        }
    }

    /// The bytes from the start of the writable part on.
    pub const fn whole(bytes: Vec<u8>) -> Self {
        Self { offset: 0, bytes }
    }

    /// The bytes from the start of the writable part on, with zeroes for what
    /// is not written.
    pub fn padded(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.offset];
        bytes.extend_from_slice(&self.bytes);
        bytes
    }

    /// The length for the used ring: from the start of the writable part to
    /// the last byte written.
    pub const fn used(&self) -> usize {
        self.offset + self.bytes.len()
    }
}
