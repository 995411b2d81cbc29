// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the device writes into the room that a descriptor chain has for it.

/// Bytes for the device-writable part of a descriptor chain, counted from
/// its first byte and across its descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Where the bytes go; what is before is left as it is. It may be as
    /// large as the driver says its room is, so it is the size of nothing.
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

    /// How far it reaches: from the start of the writable part to the last
    /// byte written.
    pub const fn used(&self) -> usize {
        self.offset + self.bytes.len()
    }
}
