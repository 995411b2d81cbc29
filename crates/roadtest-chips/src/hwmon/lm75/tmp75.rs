// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TMP75, datasheet SBOS288: an LM75 with 9 to 12 bits of
//! resolution, which also sets the time of a conversion.
//!
//! Modelled: resolution and conversion time, shutdown, the ALERT output in both
//! modes with polarity and fault queue, one-shot conversions in shutdown.
//! Deviations: after power-up TEMP holds a finished conversion; the SMBus alert
//! response and the general-call commands are absent.

use roadtest_model::register::{Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Celsius, Level, SimTime, Stimulus, registers};

use super::sensor::{Sensor, code, signed};
use super::thermostat::Mode;

registers! {
    /// TI TMP75, datasheet SBOS288, "Pointer Register" and following.
    pub mod reg: u16be {
        /// The last conversion, in sixteenths of a degree.
        TEMP @ 0x00 ro = 0x0000, "Temperature Register" { TEMPERATURE[15:4], TEMP_UNUSED[3:0] }
        CONF: u8 @ 0x01 rw = 0x00, "Configuration Register" {
            ONE_SHOT[7] sc "OS",
            RESOLUTION[6:5] "R" { Bits9 = 0, Bits10 = 1, Bits11 = 2, Bits12 = 3 },
            FAULT_QUEUE[4:3] "F" { One = 0, Two = 1, Four = 2, Six = 3 },
            OS_POLARITY[2] "POL" { ActiveLow = 0, ActiveHigh = 1 },
            OS_MODE[1] "TM" { Comparator = 0, Interrupt = 1 },
            SHUTDOWN[0] "SD",
        }
        HYST @ 0x02 rw = 0x4b00, "High and Low Limit Registers" { HYSTERESIS[15:4] }
        OS @ 0x03 rw = 0x5000, "High and Low Limit Registers" { OS_LIMIT[15:4] }
    }
}

/// One TMP75.
#[derive(Clone, Debug)]
pub struct Tmp75 {
    registers: Registers,
    sensor: Sensor,
}

impl Default for Tmp75 {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl Tmp75 {
    /// A chip that has been at `temperature` since it was powered.
    pub fn new(temperature: Celsius) -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.store(reg::TEMP, code(temperature, 9));
        Self {
            registers,
            sensor: Sensor::new(temperature, SimTime::us(27_500)),
        }
    }

    /// The temperature of the chip, -128 to 127.996 °C; TEMP follows with the
    /// next conversion.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.sensor.temperature = temperature;
    }

    /// The time of a conversion at the configured resolution, typical.
    fn interval(&self) -> SimTime {
        SimTime::us(27_500 << self.registers.get(reg::RESOLUTION))
    }

    fn mode(&self) -> Mode {
        match self.registers.get(reg::OS_MODE) {
            reg::OS_MODE::Comparator => Mode::Comparator,
            _ => Mode::Interrupt,
        }
    }
}

impl RegisterChip for Tmp75 {
    const COMPATIBLE: &'static str = "ti,tmp75";
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
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if register == reg::CONF {
            let runs = !self.registers.is_set(reg::SHUTDOWN);
            let ran = reg::SHUTDOWN.of(old) == 0;
            let resolution = reg::RESOLUTION.of(old) != self.registers.get(reg::RESOLUTION);
            // In shutdown, OS starts a single conversion.
            let starts = if runs {
                !ran || resolution
            } else {
                self.registers.is_set(reg::ONE_SHOT)
            };
            if starts {
                self.sensor.next = Some(bus.now() + self.interval());
            } else if !runs {
                self.sensor.next = None;
            }
        }
    }

    /// ALERT, an open drain.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(reg::OS_POLARITY);
        Level::high_when(self.sensor.thermostat.asserted() == active_high)
    }

    /// High-speed mode.
    fn scl_hz_max(&self) -> u32 {
        2_000_000
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.sensor.next
    }

    fn wake(&mut self, now: SimTime) {
        let result = code(
            self.sensor.temperature,
            9 + self.registers.get(reg::RESOLUTION),
        );
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
        let runs = !self.registers.is_set(reg::SHUTDOWN);
        self.sensor.next = runs.then(|| now + self.interval());
    }
}
