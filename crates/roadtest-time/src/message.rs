// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The 16-byte message of `struct um_timetravel_msg`.

/// A message's length in bytes.
pub const LEN: usize = 16;

/// `enum um_timetravel_ops`; the names are the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Op {
    /// Answers any other, with the same sequence number.
    Ack = 0,
    /// The guest's first message.
    Start = 1,
    /// The guest wants to run at a time.
    Request = 2,
    /// The guest has nothing to do before the time it asked for.
    Wait = 3,
    /// The guest asks what time it is.
    Get = 4,
    /// The guest tells what time it is.
    Update = 5,
    /// The guest may run; it is this time now.
    Run = 6,
    /// The guest may run by itself until this time.
    FreeUntil = 7,
    /// The guest asks for the time of day.
    GetTod = 8,
    /// For all participants to see.
    Broadcast = 9,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is, as a number that may be unknown to us.
    pub op: u32,
    /// The sender's sequence number, which the answer repeats.
    pub seq: u32,
    /// Nanoseconds; their meaning depends on `op`.
    pub time: u64,
}

impl Message {
    /// The message in the machine's byte order, as the kernel writes it.
    pub fn to_bytes(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        bytes[..4].copy_from_slice(&self.op.to_ne_bytes());
        bytes[4..8].copy_from_slice(&self.seq.to_ne_bytes());
        bytes[8..].copy_from_slice(&self.time.to_ne_bytes());
        bytes
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: [u8; LEN]) -> Self {
        let [a, b, c, d, e, f, g, h, time @ ..] = bytes;
        Self {
            op: u32::from_ne_bytes([a, b, c, d]),
            seq: u32::from_ne_bytes([e, f, g, h]),
            time: u64::from_ne_bytes(time),
        }
    }

    /// Whether this is `op`.
    pub fn is(self, op: Op) -> bool {
        self.op == op as u32
    }
}
