// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One message: `struct virtio_i2c_out_hdr` and what is written, then the
//! room for what is read and `struct virtio_i2c_in_hdr`
//! (`include/uapi/linux/virtio_i2c.h`). How the chain is cut into descriptors
//! does not matter (virtio 1.2, "Message Framing").

use std::fmt;

use crate::i2c::PAYLOAD_MAX;
use crate::reply::Reply;

pub(crate) const HEADER_LEN: usize = 8;
const FLAG_FAIL_NEXT: u32 = 1 << 0;
const FLAG_M_RD: u32 = 1 << 1;
const STATUS_OK: u8 = 0;
const STATUS_ERR: u8 = 1;

/// The address of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// 0x00 to 0x7f. 0x78 to 0x7b announce a ten-bit address and are none.
    Seven(u8),
    /// 0x000 to 0x3ff.
    Ten(u16),
}

impl Address {
    /// The number alone.
    pub fn number(self) -> u16 {
        match self {
            Self::Seven(address) => address.into(),
            Self::Ten(address) => address,
        }
    }

    /// From the `addr` field: seven bits above a zero, or ten bits in the
    /// two bytes that a controller sends for a ten-bit write.
    fn from_field(field: u16) -> Option<Self> {
        let [low, high] = field.to_le_bytes();
        if low & 1 != 0 {
            None
        } else if low & 0xf8 == 0xf0 {
            Some(Self::Ten((u16::from(low & 0x06) << 7) | u16::from(high)))
        } else {
            (high == 0).then_some(Self::Seven(low >> 1))
        }
    }
}

impl fmt::Display for Address {
    /// `0x44`, or `0x044 (10 bits)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seven(address) => write!(f, "{address:#04x}"),
            Self::Ten(address) => write!(f, "{address:#05x} (10 bits)"),
        }
    }
}

/// What a message does; a length of zero is an address and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// These bytes go to the target: 0 to [`PAYLOAD_MAX`].
    Write(Vec<u8>),
    /// So many bytes come from the target: 0 to [`PAYLOAD_MAX`].
    Read(usize),
}

/// What follows a message on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another message of the same transfer: `VIRTIO_I2C_FLAGS_FAIL_NEXT`.
    Message,
    /// A STOP condition.
    Stop,
}

/// A message that keeps the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// To whom.
    pub address: Address,
    /// What.
    pub message: Message,
    /// What follows.
    pub next: Next,
}

/// A chain that breaks the specification. It is answered with
/// [`error_reply`] and does not reach the bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed virtio-i2c request: {reason}")]
pub struct Malformed {
    /// How it breaks it.
    pub reason: Reason,
    /// What follows, as far as the header could be read; else STOP.
    pub next: Next,
}

/// How a chain breaks the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Fewer readable bytes than the header has.
    #[error("{0} readable bytes, the header has {HEADER_LEN}")]
    ShortHeader(usize),
    /// No room for the status byte, so that no status can be given.
    #[error("no writable byte for the status")]
    NoStatus,
    /// Neither a seven-bit nor a ten-bit address.
    #[error("addr {0:#06x} is neither a 7-bit nor a 10-bit address")]
    BadAddress(u16),
    /// Reserved bits of the flags are set.
    #[error("reserved bits set in flags {0:#010x}")]
    ReservedFlags(u32),
    /// A read with readable bytes after the header.
    #[error("a read with {0} bytes to write")]
    ReadWithData(usize),
    /// A write with room for more than the status.
    #[error("a write with room to read {0} bytes")]
    WriteWithRoom(usize),
    /// More than [`PAYLOAD_MAX`] bytes.
    #[error("{0} bytes of payload, at most {PAYLOAD_MAX} are accepted")]
    TooLong(usize),
}

impl Request {
    /// Reads a chain: all its readable bytes, and the number of its writable
    /// bytes.
    ///
    /// # Errors
    /// [`Malformed`] where the chain breaks the specification or is longer
    /// than [`PAYLOAD_MAX`] allows.
    pub fn parse(readable: &[u8], writable_len: usize) -> Result<Self, Malformed> {
        let &[a0, a1, _, _, f0, f1, f2, f3, ref data @ ..] = readable else {
            return Err(Malformed {
                reason: Reason::ShortHeader(readable.len()),
                next: Next::Stop,
            });
        };
        let flags = u32::from_le_bytes([f0, f1, f2, f3]);
        let next = if flags & FLAG_FAIL_NEXT == 0 {
            Next::Stop
        } else {
            Next::Message
        };
        let field = u16::from_le_bytes([a0, a1]);
        let parts = address(field, flags)
            .and_then(|address| Ok((address, message(flags, data, writable_len)?)));
        match parts {
            Ok((address, message)) => Ok(Self {
                address,
                message,
                next,
            }),
            Err(reason) => Err(Malformed { reason, next }),
        }
    }

    /// The number of bytes that the message reads or writes.
    pub const fn len(&self) -> usize {
        match &self.message {
            Message::Write(data) => data.len(),
            Message::Read(len) => *len,
        }
    }

    /// Whether the message is an address and nothing else.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The reply to a message that the target acknowledged; `read` is what a
    /// read returns, and empty for a write.
    ///
    /// # Panics
    /// Where `read` is not as long as the message asks: a defect of the
    /// caller, which no guest can cause.
    pub fn acknowledged(&self, read: &[u8]) -> Reply {
        let wanted = self.room();
        assert_eq!(read.len(), wanted, "bytes read are as many as asked for");
        Reply::whole([read, &[STATUS_OK]].concat())
    }

    /// The reply to a message that failed or was not attempted.
    pub fn failed(&self) -> Reply {
        error_reply_at(self.room())
    }

    const fn room(&self) -> usize {
        match self.message {
            Message::Write(_) => 0,
            Message::Read(len) => len,
        }
    }
}

/// The reply to a malformed chain with `writable_len` writable bytes: the
/// error status in the last one, or nothing where there is none.
pub fn error_reply(writable_len: usize) -> Reply {
    writable_len
        .checked_sub(1)
        .map_or_else(Reply::nothing, error_reply_at)
}

fn error_reply_at(offset: usize) -> Reply {
    Reply {
        offset,
        bytes: vec![STATUS_ERR],
    }
}

fn address(field: u16, flags: u32) -> Result<Address, Reason> {
    if flags & !(FLAG_FAIL_NEXT | FLAG_M_RD) != 0 {
        return Err(Reason::ReservedFlags(flags));
    }
    Address::from_field(field).ok_or(Reason::BadAddress(field))
}

fn message(flags: u32, data: &[u8], writable_len: usize) -> Result<Message, Reason> {
    let room = writable_len.checked_sub(1).ok_or(Reason::NoStatus)?;
    let read = flags & FLAG_M_RD != 0;
    match (read, data.len(), room) {
        (true, 0, len) | (false, len, 0) if len > PAYLOAD_MAX => Err(Reason::TooLong(len)),
        (true, 0, len) => Ok(Message::Read(len)),
        (true, len, _) => Err(Reason::ReadWithData(len)),
        (false, _, 0) => Ok(Message::Write(data.to_vec())),
        (false, _, room) => Err(Reason::WriteWithRoom(room)),
    }
}
