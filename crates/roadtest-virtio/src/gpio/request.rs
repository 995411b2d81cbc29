// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The request queue: `struct virtio_gpio_request` and its responses
//! (`include/uapi/linux/virtio_gpio.h`; virtio 1.2, "GPIO Device", "requestq
//! Operation").

use std::fmt;

use roadtest_model::{Edge, Level};

use crate::reply::Reply;

pub(crate) const REQUEST_LEN: usize = 8;
const RESPONSE_LEN: usize = 2;
const STATUS_OK: u8 = 0;
const STATUS_ERR: u8 = 1;

/// The direction of a line, seen from the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Not in use.
    None,
    /// The driver drives the line.
    Output,
    /// The driver senses the line.
    Input,
}

impl Direction {
    const fn field(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Output => 1,
            Self::Input => 2,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Output => "output",
            Self::Input => "input",
        })
    }
}

/// A request that keeps the specification. Whether the line exists is not
/// known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `VIRTIO_GPIO_MSG_GET_NAMES`.
    GetNames {
        /// Room for the block of names, without the status byte.
        room: usize,
    },
    /// `VIRTIO_GPIO_MSG_GET_DIRECTION`.
    GetDirection {
        /// The line.
        line: u16,
    },
    /// `VIRTIO_GPIO_MSG_SET_DIRECTION`.
    SetDirection {
        /// The line.
        line: u16,
        /// Its new direction.
        direction: Direction,
    },
    /// `VIRTIO_GPIO_MSG_GET_VALUE`.
    GetValue {
        /// The line.
        line: u16,
    },
    /// `VIRTIO_GPIO_MSG_SET_VALUE`.
    SetValue {
        /// The line.
        line: u16,
        /// What the driver drives, once the line is an output.
        level: Level,
    },
    /// `VIRTIO_GPIO_MSG_IRQ_TYPE`.
    SetTrigger {
        /// The line.
        line: u16,
        /// What its interrupt reacts to; `None` disables it.
        trigger: Option<Edge>,
    },
}

/// How a chain on the request queue breaks the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Another number of readable bytes than a request has.
    #[error("malformed virtio-gpio request: {0} readable bytes, a request has {REQUEST_LEN}")]
    RequestLength(usize),
    /// Another number of writable bytes than the response has.
    #[error("malformed virtio-gpio request: room for a response of {room} bytes, it has {wanted}")]
    ResponseLength {
        /// The writable bytes.
        room: usize,
        /// What the response to this request has.
        wanted: usize,
    },
    /// A type that the specification does not have.
    #[error("malformed virtio-gpio request: unknown type {0:#06x}")]
    UnknownType(u16),
    /// A value that the type of request does not have.
    #[error("malformed virtio-gpio request: type {kind:#06x} with value {value:#x}")]
    BadValue {
        /// The type.
        kind: u16,
        /// The value.
        value: u32,
    },
}

impl Request {
    /// Reads a chain: all its readable bytes, and the number of its writable
    /// bytes. A value where the specification says zero is ignored, as is the
    /// line of `GET_NAMES`.
    ///
    /// # Errors
    /// [`Malformed`] where the chain breaks the specification.
    pub fn parse(readable: &[u8], writable_len: usize) -> Result<Self, Malformed> {
        let &[t0, t1, l0, l1, v0, v1, v2, v3] = readable else {
            return Err(Malformed::RequestLength(readable.len()));
        };
        let kind = u16::from_le_bytes([t0, t1]);
        let line = u16::from_le_bytes([l0, l1]);
        let value = u32::from_le_bytes([v0, v1, v2, v3]);
        let bad = Malformed::BadValue { kind, value };
        let request = match kind {
            1 => Self::GetNames {
                room: writable_len.saturating_sub(1),
            },
            2 => Self::GetDirection { line },
            3 => Self::SetDirection {
                line,
                direction: match value {
                    0 => Direction::None,
                    1 => Direction::Output,
                    2 => Direction::Input,
                    _ => return Err(bad),
                },
            },
            4 => Self::GetValue { line },
            5 => Self::SetValue {
                line,
                level: match value {
                    0 => Level::Low,
                    1 => Level::High,
                    _ => return Err(bad),
                },
            },
            6 => Self::SetTrigger {
                line,
                trigger: trigger(value).ok_or(bad)?,
            },
            _ => return Err(Malformed::UnknownType(kind)),
        };
        let wanted = match request {
            // Whether the names fit is known where the names are.
            Self::GetNames { .. } => writable_len.max(1),
            _ => RESPONSE_LEN,
        };
        if writable_len == wanted {
            Ok(request)
        } else {
            Err(Malformed::ResponseLength {
                room: writable_len,
                wanted,
            })
        }
    }
}

/// The values of `VIRTIO_GPIO_IRQ_TYPE_*`; they are those of [`Edge::cell`],
/// and 0 for none.
fn trigger(value: u32) -> Option<Option<Edge>> {
    const ALL: [Edge; 5] = [
        Edge::Rising,
        Edge::Falling,
        Edge::Both,
        Edge::LevelHigh,
        Edge::LevelLow,
    ];
    match value {
        0 => Some(None),
        _ => ALL.into_iter().find(|edge| edge.cell() == value).map(Some),
    }
}

/// The response to a request that sets something.
pub fn done() -> Reply {
    response(0)
}

/// The response to `GET_DIRECTION`.
pub fn direction_reply(direction: Direction) -> Reply {
    response(direction.field())
}

/// The response to `GET_VALUE`.
pub fn value_reply(level: Level) -> Reply {
    response(level.is_high().into())
}

/// The response to `GET_NAMES`; `names` is the whole block.
pub fn names_reply(names: &[u8]) -> Reply {
    Reply::whole([&[STATUS_OK], names].concat())
}

/// The response to a request that was refused or malformed, as much of it as
/// fits `writable_len` bytes.
pub fn error_reply(writable_len: usize) -> Reply {
    let mut bytes = vec![STATUS_ERR, 0];
    bytes.truncate(writable_len);
    Reply::whole(bytes)
}

fn response(value: u8) -> Reply {
    Reply::whole(vec![STATUS_OK, value])
}
