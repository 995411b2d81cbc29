// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-gpio: virtio 1.2, "GPIO Device". [`request`] reads what comes on
//! the request queue, [`event`] what comes on the event queue, [`config`] is
//! the configuration space, [`lines`] is the state of all lines and [`device`]
//! lets it answer chains. What drives or watches the lines is elsewhere.

pub mod config;
pub mod device;
pub mod effect;
pub mod event;
pub mod lines;
pub mod request;

pub use config::{BadLines, Config, OutOfBounds};
pub use device::{Answer, Fault};
pub use effect::{Effect, Refused};
pub use event::MalformedEvent;
pub use lines::{Line, Lines, Setup};
pub use request::{Direction, Malformed, Request};

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 41;
/// The number of queues.
pub const QUEUES: usize = 2;
/// The most readable bytes that a chain of either queue has.
pub const READABLE_LEN_MAX: usize = request::REQUEST_LEN;
/// The queue of requests and their responses.
pub const QUEUE_REQUEST: usize = 0;
/// The queue of buffers that unmask interrupts.
pub const QUEUE_EVENT: usize = 1;
/// `VIRTIO_GPIO_F_IRQ`: interrupts and the event queue.
pub const F_IRQ: u64 = 1 << 0;
/// The features that the device offers.
pub const FEATURES: u64 = F_VERSION_1 | F_IRQ;
