// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What ends the connection to a guest's time socket.

use std::io;

use roadtest_model::SimTime;

/// What went wrong on the guest's time socket.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest closed its end: it is gone.
    #[error("the guest closed its time socket")]
    Closed,
    /// The socket failed.
    #[error("the guest's time socket failed")]
    Io(#[from] io::Error),
    /// The guest sent something that is not in the protocol.
    #[error("the guest sent time-travel operation {0}, which is not known")]
    UnknownOp(u32),
    /// The guest's clock was set back.
    #[error("the guest's clock was set back from {now} to {then}")]
    Backwards {
        /// The time it was.
        now: SimTime,
        /// The time that it was set to.
        then: SimTime,
    },
    /// The guest set its clock to a time that no guest reaches.
    #[error("the guest set its clock from {now} to {then}, which no guest reaches")]
    TooLate {
        /// The time it was.
        now: SimTime,
        /// The time the guest claims.
        then: SimTime,
    },
    /// The guest began a message and did not end it.
    #[error("the guest sent {bytes} bytes of a time message, and no more")]
    Half {
        /// How many came.
        bytes: usize,
    },
}
