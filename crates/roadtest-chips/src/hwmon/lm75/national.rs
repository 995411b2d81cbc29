// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! National Semiconductor LM75, datasheet DS012658 (October 1999).
//!
//! Modelled: conversions of 100 ms (typical, AC characteristics), shutdown,
//! the O.S. output in both modes with polarity and fault queue. Deviations:
//! after power-up TEMP holds a finished conversion; bits of the pointer and of
//! the limits that the datasheet calls undefined or wants to be zero must be
//! zero.

use roadtest_model::register::{Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Celsius, Level, SimTime, Stimulus, registers};

use super::sensor::{Sensor, code, signed};
use super::thermostat::Mode;

registers! {
    /// National LM75, datasheet DS012658, sections 1.11 to 1.14.
    pub mod reg: u16be {
        /// The last conversion, in half degrees.
        TEMP @ 0x00 ro = 0x0000, "1.12" { TEMPERATURE[15:7], TEMP_UNUSED[6:0] }
        CONF: u8 @ 0x01 rw = 0x00, "1.13" {
            SHUTDOWN[0],
            OS_MODE[1] { Comparator = 0, Interrupt = 1 },
            OS_POLARITY[2] { ActiveLow = 0, ActiveHigh = 1 },
            FAULT_QUEUE[4:3] { One = 0, Two = 1, Four = 2, Six = 3 },
        }
        HYST @ 0x02 rw = 0x4b00, "1.14" { HYSTERESIS[15:7] }
        OS @ 0x03 rw = 0x5000, "1.14" { OS_LIMIT[15:7] }
    }
}

/// The time of a conversion.
const INTERVAL: SimTime = SimTime::ms(100);
const RESOLUTION_BITS: u32 = 9;

/// One LM75.
#[derive(Clone, Debug)]
pub struct Lm75 {
    registers: Registers,
    sensor: Sensor,
}

impl Default for Lm75 {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl Lm75 {
    /// A chip that has been at `temperature` since it was powered.
    pub fn new(temperature: Celsius) -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.store(reg::TEMP, code(temperature, RESOLUTION_BITS));
        Self {
            registers,
            sensor: Sensor::new(temperature, INTERVAL),
        }
    }

    /// The temperature of the chip, -128 to 127.996 °C; TEMP follows with the
    /// next conversion.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.sensor.temperature = temperature;
    }

    /// CONF as firmware left it, bits 4:0; to be said before the driver is
    /// bound.
    pub fn set_conf(&mut self, conf: u8) {
        self.registers.store(reg::CONF, conf.into());
        if self.registers.is_set(reg::SHUTDOWN) {
            self.sensor.next = None;
        }
    }

    fn mode(&self) -> Mode {
        match self.registers.get(reg::OS_MODE) {
            reg::OS_MODE::Comparator => Mode::Comparator,
            _ => Mode::Interrupt,
        }
    }
}

impl RegisterChip for Lm75 {
    const COMPATIBLE: &'static str = "national,lm75";
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "temperature",
        "m°C",
        -128_000..=127_996,
        |chip, value| {
            chip.set_temperature(Celsius::milli(value.i32()));
        },
    )];
    const MAP: &'static Map = reg::MAP;
    const POINTER_MASK: u32 = 0x03;

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn pointed(&mut self, pointer: u32, bus: &mut Bus) {
        if pointer & !Self::POINTER_MASK != 0 {
            bus.violation(format!(
                "pointer {pointer:#04x} sets bits that must be zero (1.11)"
            ));
        }
    }

    fn after_read(&mut self, _: Register, _: &mut Bus) {
        let mode = self.mode();
        self.sensor.thermostat.read(mode);
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if register == reg::CONF {
            let was_shut_down = reg::SHUTDOWN.of(old) == 1;
            match (was_shut_down, self.registers.is_set(reg::SHUTDOWN)) {
                (_, true) => {
                    // Shutdown resets O.S. in interrupt mode.
                    self.sensor.thermostat.read(self.mode());
                    self.sensor.next = None;
                }
                (true, false) => self.sensor.next = Some(bus.now() + INTERVAL),
                (false, false) => {}
            }
        }
    }

    /// O.S., an open drain.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(reg::OS_POLARITY);
        Level::high_when(self.sensor.thermostat.asserted() == active_high)
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.sensor.next
    }

    fn wake(&mut self, now: SimTime) {
        let result = code(self.sensor.temperature, RESOLUTION_BITS);
        self.registers.store(reg::TEMP, result);
        let queue = match self.registers.get(reg::FAULT_QUEUE) {
            reg::FAULT_QUEUE::One => 1,
            reg::FAULT_QUEUE::Two => 2,
            reg::FAULT_QUEUE::Four => 4,
            _ => 6,
        };
        let mode = self.mode();
        self.sensor.thermostat.sample(
            signed(result),
            signed(self.registers.get(reg::OS)),
            signed(self.registers.get(reg::HYST)),
            queue,
            mode,
        );
        self.sensor.next = Some(now + INTERVAL);
    }
}
