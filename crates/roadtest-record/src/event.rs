// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One entry of a timeline, as `timeline.json` holds it, and the one way in
//! which people read it: [`What::lines`] and its `Display`.
//!
//! - [`transfer`]: what happened on a bus.
//! - [`text`]: the lines of an entry.

pub mod text;
pub mod transfer;

use serde::{Deserialize, Serialize};

pub use text::Line;
pub use transfer::{Access, Direction, End, Outcome, Transfer};

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Virtual time in nanoseconds since the kernel started.
    pub time_ns: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A transfer on a bus; its time is that of its end.
    Transfer(Transfer),
    /// A line changed its level or direction.
    Pin {
        /// The line's name on the board.
        pin: String,
        /// `high`, `low`, `output`, `input`.
        to: String,
        /// Who changed it: `driver`, `test`, or the chip's name.
        by: String,
    },
    /// The interrupt machinery of a line: `armed rising`, `fired`, `masked`.
    Interrupt {
        /// The line's name on the board.
        pin: String,
        /// What happened.
        text: String,
    },
    /// A request of the test to the guest, and its answer.
    Request {
        /// `read in_illuminance_input`.
        text: String,
        /// `88.800000`, or the name of an errno.
        answer: String,
    },
    /// A line of the kernel's log.
    Kernel {
        /// The line without its time stamp.
        text: String,
    },
    /// A broken contract.
    Violation {
        /// The chip's name on the board.
        chip: String,
        /// What was broken.
        text: String,
    },
    /// Something legal that a driver hardly means; it fails no test.
    Unwise {
        /// The chip's name on the board.
        chip: String,
        /// What is unwise.
        text: String,
    },
    /// Something the guest did wrong towards a device.
    Malformed {
        /// The device.
        device: String,
        /// What was wrong.
        text: String,
    },
}
