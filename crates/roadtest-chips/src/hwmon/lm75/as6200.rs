// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! ams AS6200, datasheet v1-13: a 12-bit relative of the LM75 with a 16-bit
//! configuration that shows the alert.
//!
//! Modelled: conversion rates, sleep, single-shot conversions in sleep, the
//! ALERT output and bit in both modes with polarity and consecutive faults.
//! Deviations: every conversion takes the whole interval that CONVERSION_RATE
//! asks for, the first one too; that sleep takes an interrupt away is what the
//! relatives do.

use roadtest_model::register::{Field, Map, Register, Registers};
use roadtest_model::{SimTime, registers};

use super::sensor::{Part, Sensor};

registers! {
    /// ams AS6200, datasheet v1-13, "Register Description".
    pub mod reg: u16be {
        /// The last conversion, in sixteenths of a degree.
        TEMP @ 0x00 ro = 0x0000, "TVAL" { TEMPERATURE[15:4], TEMP_UNUSED[3:0] }
        CONF @ 0x01 rw = 0x40a0, "CONFIG" {
            SINGLE_SHOT[15] sc "SS",
            CONSECUTIVE_FAULTS[12:11] "CF" { One = 0, Two = 1, Four = 2, Six = 3 },
            ALERT_POLARITY[10] "POL" { ActiveLow = 0, ActiveHigh = 1 },
            ALERT_MODE[9] "IM" { Comparator = 0, Interrupt = 1 },
            SLEEP[8] "SM",
            CONVERSION_RATE[7:6] "CR" { S4 = 0, S1 = 1, Ms250 = 2, Ms125 = 3 },
            ALERT[5] ro "AL; the level of ALERT",
        }
        LOW @ 0x02 rw = 0x4b00, "TLOW" { LOW_LIMIT[15:4] }
        HIGH @ 0x03 rw = 0x5000, "THIGH" { HIGH_LIMIT[15:4] }
    }
}

/// What makes an [`As6200`].
#[derive(Clone, Copy, Debug)]
pub struct Ams6200;

/// One AS6200.
pub type As6200 = Sensor<Ams6200>;

impl Part for Ams6200 {
    const COMPATIBLE: &'static str = "ams,as6200";
    const MAP: &'static Map = reg::MAP;
    /// Two bits of the pointer select.
    const POINTER_MASK: u32 = 0x03;
    /// High-speed mode.
    const SCL_HZ_MAX: u32 = 3_400_000;
    const TEMP: Register = reg::TEMP;
    const LIMIT: Register = reg::HIGH;
    const HYSTERESIS: Register = reg::LOW;
    const CONF: Register = reg::CONF;
    const SHUTDOWN: Field = reg::SLEEP;
    const ONE_SHOT: Option<Field> = Some(reg::SINGLE_SHOT);
    const MODE: Field = reg::ALERT_MODE;
    const POLARITY: Field = reg::ALERT_POLARITY;
    const FAULTS: Field = reg::CONSECUTIVE_FAULTS;
    const ALERT: Option<Field> = Some(reg::ALERT);
    const CONVERSION_SECTION: &'static str = "CONFIG, CR";

    fn bits(_: &Registers) -> u32 {
        12
    }

    fn interval(registers: &Registers) -> SimTime {
        match registers.get(reg::CONVERSION_RATE) {
            reg::CONVERSION_RATE::S4 => SimTime::s(4),
            reg::CONVERSION_RATE::S1 => SimTime::s(1),
            reg::CONVERSION_RATE::Ms250 => SimTime::ms(250),
            _ => SimTime::ms(125),
        }
    }
}
