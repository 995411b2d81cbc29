// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-spi: virtio 1.4, "SPI Controller Device". One descriptor chain is
//! one transfer of a message; [`config`] is what the device can do,
//! [`request`] reads a chain against it and answers it, [`words`] is the order
//! of bits and bytes on the wire. No bus and no chip is here, and no chip
//! select: the specification does not say where a message ends.

pub mod config;
pub mod request;
pub mod words;

pub use config::{Config, Lanes, Support};
pub use request::{ChipSelect, Data, Delays, Malformed, Request};
pub use words::BitOrder;

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 45;
/// The number of queues: the request queue, 0.
pub const QUEUES: usize = 1;
/// The request queue.
pub const QUEUE: usize = 0;
/// The features that the device offers: it has none of its own.
pub const FEATURES: u64 = F_VERSION_1;
/// The most bytes that a transfer may have in one direction; a longer one is
/// malformed.
pub const PAYLOAD_MAX: usize = 65_536;
/// The most readable bytes that a chain may have for [`Request::parse`] to
/// look at.
pub const READABLE_LEN_MAX: usize = request::HEADER_LEN + PAYLOAD_MAX;
