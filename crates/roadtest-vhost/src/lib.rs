// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The vhost-user service of one virtio device of a User Mode Linux guest.
//! It moves bytes between rings and its caller; what they mean is not known
//! here.
//!
//! UML speaks a dialect of vhost-user. A [`Link`] stands between UML and a
//! [`vhost_user_backend`] daemon, translates the one to the other, and hands
//! the caller the two things that matter once a device is set up: the guest
//! kicked a queue, and buffers to fill.
//!
//! - [`message`]: vhost-user messages on a socket, with their file
//!   descriptors.
//! - [`backend`]: the daemon's side, which negotiates.
//! - `memory`: the guest's memory, by its file; nothing of it is mapped.
//! - [`chain`]: what the guest has put into descriptors, every index checked.
//! - [`ring`]: chains in, used buffers out.
//! - [`link`]: the bridge between guest and daemon, driven by the caller's
//!   poll loop.
//!
//! The guest is not trusted. Whatever it sends, no memory is taken in the
//! amount that it names, no read waits for it longer than [`link::PATIENCE`],
//! and nothing that it does with its files is a signal here.

#![forbid(unsafe_code)]

pub mod backend;
pub mod chain;
pub mod error;
pub mod link;
mod memory;
pub mod message;
pub mod ring;

pub use backend::DeviceSpec;
pub use chain::Chain;
pub use error::{Error, RingError};
pub use link::{Link, Progress};
pub use ring::Popped;
