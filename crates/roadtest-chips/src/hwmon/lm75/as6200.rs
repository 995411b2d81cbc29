// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! ams AS6200, datasheet v1-13: a 12-bit relative of the LM75 with a 16-bit
//! configuration that shows the alert.
//!
//! Modelled: conversion rates, sleep, single-shot conversions in sleep, the
//! ALERT output and bit in both modes with polarity and consecutive faults.
//! Deviations: after power-up TEMP holds a finished conversion; the conversion
//! itself takes no time inside the interval.

use roadtest_model::register::{Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Celsius, Level, SimTime, Stimulus, registers};

use super::sensor::{Sensor, code, signed};
use super::thermostat::Mode;

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

const RESOLUTION_BITS: u32 = 12;

/// One AS6200.
#[derive(Clone, Debug)]
pub struct As6200 {
    registers: Registers,
    sensor: Sensor,
}

impl Default for As6200 {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl As6200 {
    /// A chip that has been at `temperature` since it was powered.
    pub fn new(temperature: Celsius) -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.store(reg::TEMP, code(temperature, RESOLUTION_BITS));
        Self {
            registers,
            sensor: Sensor::new(temperature, SimTime::ms(250)),
        }
    }

    /// The temperature of the chip, -128 to 127.996 °C; TEMP follows with the
    /// next conversion.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.sensor.temperature = temperature;
    }

    fn interval(&self) -> SimTime {
        match self.registers.get(reg::CONVERSION_RATE) {
            reg::CONVERSION_RATE::S4 => SimTime::s(4),
            reg::CONVERSION_RATE::S1 => SimTime::s(1),
            reg::CONVERSION_RATE::Ms250 => SimTime::ms(250),
            _ => SimTime::ms(125),
        }
    }

    /// Makes the ALERT bit show what the pin does.
    fn show_alert(&mut self) {
        let level = RegisterChip::interrupt(self);
        self.registers.store(reg::ALERT, level.is_high().into());
    }

    fn mode(&self) -> Mode {
        match self.registers.get(reg::ALERT_MODE) {
            reg::ALERT_MODE::Comparator => Mode::Comparator,
            _ => Mode::Interrupt,
        }
    }
}

impl RegisterChip for As6200 {
    const COMPATIBLE: &'static str = "ams,as6200";
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "temperature",
        "m°C",
        -128_000..=127_996,
        |chip, value| {
            chip.set_temperature(Celsius::milli(value.i32()));
        },
    )];
    const MAP: &'static Map = reg::MAP;
    /// Two bits of the pointer select.
    const POINTER_MASK: u32 = 0x03;

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, _: Register, _: &mut Bus) {
        let mode = self.mode();
        self.sensor.thermostat.read(mode);
        self.show_alert();
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if register == reg::CONF {
            let runs = !self.registers.is_set(reg::SLEEP);
            let ran = reg::SLEEP.of(old) == 0;
            let rate = reg::CONVERSION_RATE.of(old) != self.registers.get(reg::CONVERSION_RATE);
            // In sleep, SS starts a single conversion.
            let starts = if runs {
                !ran || rate
            } else {
                self.registers.is_set(reg::SINGLE_SHOT)
            };
            if starts {
                self.sensor.next = Some(bus.now() + self.interval());
            } else if !runs {
                self.sensor.next = None;
            }
            self.show_alert();
        }
    }

    /// ALERT, an open drain.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(reg::ALERT_POLARITY);
        Level::high_when(self.sensor.thermostat.asserted() == active_high)
    }

    /// High-speed mode.
    fn scl_hz_max(&self) -> u32 {
        3_400_000
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.sensor.next
    }

    fn wake(&mut self, now: SimTime) {
        let result = code(self.sensor.temperature, RESOLUTION_BITS);
        self.registers.store(reg::TEMP, result);
        let queue = match self.registers.get(reg::CONSECUTIVE_FAULTS) {
            reg::CONSECUTIVE_FAULTS::One => 1,
            reg::CONSECUTIVE_FAULTS::Two => 2,
            reg::CONSECUTIVE_FAULTS::Four => 4,
            _ => 6,
        };
        let mode = self.mode();
        self.sensor.thermostat.sample(
            signed(result),
            signed(self.registers.get(reg::HIGH)),
            signed(self.registers.get(reg::LOW)),
            queue,
            mode,
        );
        let runs = !self.registers.is_set(reg::SLEEP);
        self.sensor.next = runs.then(|| now + self.interval());
        self.show_alert();
    }
}
