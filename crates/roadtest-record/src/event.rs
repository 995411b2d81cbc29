// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One entry of a timeline, as `timeline.json` holds it.

use serde::{Deserialize, Serialize};

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
    /// One message of an I2C transfer, decoded as far as the model can.
    I2c {
        /// 7-bit address.
        address: u16,
        /// The chip's name on the board; empty where no chip answers.
        chip: String,
        /// Controller to chip.
        write: bool,
        /// The bytes that crossed the bus, in hexadecimal.
        bytes: String,
        /// The bytes of the write before this read in the same transfer, which
        /// only told the chip where to read; mostly empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pointer: String,
        /// What was accessed (a register's name); empty where not decoded.
        target: String,
        /// The value; empty where not decoded.
        value: String,
        /// Field names and values; may be empty.
        fields: String,
        /// The chip did not acknowledge.
        nack: bool,
    },
    /// End of an I2C transfer.
    I2cStop,
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
