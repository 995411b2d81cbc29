// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What all LM75 relatives do beside their registers: convert again and
//! again in virtual time. The temperature's format on the bus is the same
//! everywhere: 1/256 °C, two's complement, the lower bits cut off.

use roadtest_model::{Celsius, SimTime};

use super::thermostat::Thermostat;

/// The analog side of a chip, and when it converts next.
#[derive(Clone, Debug)]
pub(super) struct Sensor {
    pub(super) temperature: Celsius,
    pub(super) thermostat: Thermostat,
    pub(super) next: Option<SimTime>,
}

impl Sensor {
    /// A sensor that converts for the first time after `interval`.
    pub(super) fn new(temperature: Celsius, interval: SimTime) -> Self {
        Self {
            temperature,
            thermostat: Thermostat::new(),
            next: Some(interval),
        }
    }
}

/// `temperature` as a register of `bits` (9 to 16) significant bits, rounded
/// down as a converter does; outside -128 to 127.996 °C the nearest of them.
pub(super) fn code(temperature: Celsius, bits: u32) -> u32 {
    let whole = (i64::from(temperature.as_milli()) * 256).div_euclid(1000);
    let whole = whole.clamp(i16::MIN.into(), i16::MAX.into());
    let cut = whole >> (16 - bits) << (16 - bits);
    // Why: the clamp makes it 16 bits, two's complement.
    u32::try_from(cut & 0xffff).unwrap_or(0)
}

/// A register's value in 1/256 °C.
pub(super) fn signed(code: u32) -> i32 {
    if code & 0x8000 == 0 {
        i32::try_from(code & 0x7fff).unwrap_or(i32::MAX)
    } else {
        i32::try_from(code & 0x7fff).unwrap_or(i32::MAX) - 0x8000
    }
}
