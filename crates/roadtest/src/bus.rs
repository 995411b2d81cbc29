// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The buses of a board. Each is one file here, with the controller that
//! serves the guest's virtio device and the methods of [`Board`] that put
//! something on the bus. None knows another.
//!
//! [`Board`]: crate::Board

pub(crate) mod gpio;
pub(crate) mod i2c;
pub(crate) mod spi;
