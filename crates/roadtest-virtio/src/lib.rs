// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What virtio devices send and receive, as functions on bytes: a request
//! comes in as the bytes that the driver wrote and the room it left, a reply
//! goes out as bytes for that room. Rings, guest memory, sockets and time
//! belong to other crates, as do the chips behind a bus.
//!
//! Every request of a driver gets a reply: what breaks the specification
//! (virtio 1.2) becomes a value that says how, and an error status for the
//! guest where there is room for one.
//!
//! In reading order: [`reply`] is what goes back, [`i2c`], [`spi`], [`gpio`]
//! and [`console`] are the devices.

pub mod console;
pub mod gpio;
pub mod i2c;
pub mod reply;
pub mod spi;

pub use reply::Reply;

/// The feature bit of all devices after virtio 1.0: `VIRTIO_F_VERSION_1`,
/// virtio 1.2 section 6.
pub const F_VERSION_1: u64 = 1 << 32;
