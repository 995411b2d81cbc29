// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Virtual time for one guest: the controller's end of UML's external time
//! travel (`include/uapi/linux/um_timetravel.h`, `time-travel=ext:`).
//!
//! The guest asks, the controller answers, and time moves only in a call of
//! [`Controller::run`]. When that should be is not decided here.
//!
//! - [`message`]: the 16 bytes that both sides send.
//! - [`shared`]: the memory that replaces most messages, from Linux 6.12 on.
//! - [`controller`]: the state of the one guest.
//! - [`socket`]: the socket it talks through.
//! - [`error`]: what ends the connection.

pub mod controller;
pub mod error;
pub mod message;
pub mod shared;
pub mod socket;

pub use controller::{Controller, Served};
pub use error::Error;
