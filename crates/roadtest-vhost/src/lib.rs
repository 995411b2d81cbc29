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
//! - [`message`]: vhost-user messages on a socket, with their descriptors.
//! - [`backend`]: the daemon's side, which learns where rings and memory are.
//! - [`ring`]: descriptor chains in, used buffers out, every address checked.
//! - [`link`]: the bridge between the two, driven by the caller's poll loop.

pub mod backend;
pub mod link;
pub mod message;
pub mod ring;

pub use backend::DeviceSpec;
pub use link::{Error, Link, Progress};
pub use ring::{Chain, Popped, RingError};
