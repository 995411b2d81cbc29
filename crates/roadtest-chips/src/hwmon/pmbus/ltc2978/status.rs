// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The status of the LTC2977: flags that follow from limits and from what the
//! driver did wrong, and the summaries of them (PMBus 1.2 part II, section
//! 17). A flag stays until it is cleared, and comes back while its cause is
//! there.

use super::command;
use super::{Ltc2977, PAGES};
use crate::hwmon::pmbus::format::from_linear11;

/// STATUS_CML: a command that the chip does not have.
pub(super) const CML_COMMAND: u16 = 0x80;
/// STATUS_CML: data of the wrong length.
pub(super) const CML_DATA: u16 = 0x40;
/// STATUS_CML: a wrong packet error code.
pub(super) const CML_PEC: u16 = 0x20;

/// Beyond a limit: over fault, over warning, under warning, under fault, as
/// STATUS_VOUT, STATUS_INPUT and STATUS_TEMPERATURE have them alike.
const OVER_FAULT: u16 = 0x80;
const OVER_WARN: u16 = 0x40;
const UNDER_WARN: u16 = 0x20;
const UNDER_FAULT: u16 = 0x10;

impl Ltc2977 {
    pub(super) fn communication_fault(&mut self, bit: u16) {
        self.raise(0, command::STATUS_CML, bit);
    }

    fn raise(&mut self, page: u8, status: u8, bits: u16) {
        let old = self.get(page, status);
        self.put(page, status, old | bits);
    }

    /// Compares everything with its limits.
    pub(super) fn supervise(&mut self) {
        for page in 0..PAGES {
            let limit = |code| i32::from(self.get(page, code));
            let flags = beyond(
                limit(command::READ_VOUT),
                limit(command::VOUT_OV_FAULT_LIMIT),
                limit(command::VOUT_OV_WARN_LIMIT),
                limit(command::VOUT_UV_WARN_LIMIT),
                limit(command::VOUT_UV_FAULT_LIMIT),
            );
            self.raise(page, command::STATUS_VOUT, flags);
        }
        let limit = |code| from_linear11(self.get(0, code));
        let input = beyond(
            limit(command::READ_VIN),
            limit(command::VIN_OV_FAULT_LIMIT),
            limit(command::VIN_OV_WARN_LIMIT),
            limit(command::VIN_UV_WARN_LIMIT),
            limit(command::VIN_UV_FAULT_LIMIT),
        );
        let temperature = beyond(
            limit(command::READ_TEMPERATURE_1),
            limit(command::OT_FAULT_LIMIT),
            limit(command::OT_WARN_LIMIT),
            limit(command::UT_WARN_LIMIT),
            limit(command::UT_FAULT_LIMIT),
        );
        self.raise(0, command::STATUS_INPUT, input);
        self.raise(0, command::STATUS_TEMPERATURE, temperature);
    }

    /// The value of a command, of which two are summaries.
    pub(super) fn read_value(&self, page: u8, code: u8) -> u16 {
        match code {
            command::STATUS_BYTE => self.summary(page) & 0xff,
            command::STATUS_WORD => self.summary(page),
            command::PAGE => self.get(0, code),
            code => self.get(page, code),
        }
    }

    fn summary(&self, page: u8) -> u16 {
        let vout = self.get(page, command::STATUS_VOUT);
        let input = self.get(0, command::STATUS_INPUT);
        let bits = [
            (vout != 0, 0x8000),
            (input != 0, 0x2000),
            (self.get(page, command::STATUS_MFR_SPECIFIC) != 0, 0x1000),
            (vout & OVER_FAULT != 0, 0x20),
            (input & UNDER_FAULT != 0, 0x08),
            (self.get(0, command::STATUS_TEMPERATURE) != 0, 0x04),
            (self.get(0, command::STATUS_CML) != 0, 0x02),
        ];
        bits.iter()
            .filter(|(set, _)| *set)
            .fold(0, |word, (_, bit)| word | bit)
    }
}

fn beyond(value: i32, over_fault: i32, over_warn: i32, under_warn: i32, under_fault: i32) -> u16 {
    let bits = [
        (value > over_fault, OVER_FAULT),
        (value > over_warn, OVER_WARN),
        (value < under_warn, UNDER_WARN),
        (value < under_fault, UNDER_FAULT),
    ];
    bits.iter()
        .filter(|(set, _)| *set)
        .fold(0, |flags, (_, bit)| flags | bit)
}
