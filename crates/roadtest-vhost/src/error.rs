// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What ends a device's connection. What a guest does wrong within a ring does
//! not: that is a [`RingError`](crate::RingError).

use std::io;

/// What ends a device's connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest closed the connection.
    #[error("the guest closed the connection of device {device}")]
    Closed {
        /// The device's name.
        device: String,
    },
    /// A socket failed, or a message broke the protocol's framing.
    #[error("the vhost-user connection of device {device} failed")]
    Io {
        /// The device's name.
        device: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The guest sent something that makes no sense here.
    #[error("the guest sent device {device} a vhost-user message that is not valid: {what}")]
    Invalid {
        /// The device's name.
        device: String,
        /// What is wrong with it.
        what: String,
    },
    /// The daemon could not be started, or does not answer.
    #[error("the vhost-user daemon of device {device} failed: {what}")]
    Daemon {
        /// The device's name.
        device: String,
        /// What it said.
        what: String,
    },
}
