// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-i2c: virtio 1.2, "I2C Adapter Device". One descriptor chain is one
//! message of a transfer; [`request`] reads and answers it, [`sequencer`]
//! knows which messages form a transfer. No bus and no chip is here.

pub mod request;
pub mod sequencer;

pub use request::{Address, Malformed, Message, Next, Reason, Request};
pub use sequencer::{Admission, BusAction, Outcome, Sequencer};

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 34;
/// The number of queues: the request queue, 0.
pub const QUEUES: usize = 1;
/// The request queue.
pub const QUEUE: usize = 0;
/// `VIRTIO_I2C_F_ZERO_LENGTH_REQUEST`: mandatory for both sides.
pub const F_ZERO_LENGTH_REQUEST: u64 = 1 << 0;
/// The features that the device offers. It has no configuration space.
pub const FEATURES: u64 = F_VERSION_1 | F_ZERO_LENGTH_REQUEST;
/// The most bytes that a message may read or write; a longer one is
/// malformed.
pub const PAYLOAD_MAX: usize = 4096;
/// The most readable bytes that a chain may have for [`Request::parse`] to
/// look at: the header, and what the 16 bits of `i2c_msg.len` can say.
pub const READABLE_LEN_MAX: usize = request::HEADER_LEN + u16::MAX as usize;
