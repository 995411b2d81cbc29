// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! NXP PCT2075, datasheet revision 11: an LM75 with 11 bits of resolution and
//! an idle time between conversions in a register of its own.
//!
//! Modelled: the update interval, shutdown, the OS output in both modes with
//! polarity and fault queue. Deviations: after power-up TEMP holds a finished
//! conversion; a conversion takes no time of its own inside the interval.

use roadtest_model::register::{Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Celsius, Level, SimTime, Stimulus, registers};

use super::sensor::{Sensor, code, signed};
use super::thermostat::Mode;

registers! {
    /// NXP PCT2075, datasheet revision 11, "Register list".
    pub mod reg: u16be {
        /// The last conversion, in eighths of a degree.
        TEMP @ 0x00 ro = 0x0000, "Temp register" { TEMPERATURE[15:5], TEMP_UNUSED[4:0] }
        CONF: u8 @ 0x01 rw = 0x00, "Conf register" {
            SHUTDOWN[0],
            OS_MODE[1] { Comparator = 0, Interrupt = 1 },
            OS_POLARITY[2] { ActiveLow = 0, ActiveHigh = 1 },
            FAULT_QUEUE[4:3] { One = 0, Two = 1, Four = 2, Six = 3 },
        }
        /// In half degrees; the lower bits are not evaluated.
        HYST @ 0x02 rw = 0x4b00, "Tos and Thyst registers" { HYSTERESIS[15:7], HYST_UNUSED[6:0] ro }
        /// In half degrees; the lower bits are not evaluated.
        OS @ 0x03 rw = 0x5000, "Tos and Thyst registers" { OS_LIMIT[15:7], OS_UNUSED[6:0] ro }
        /// The update interval in tenths of a second; 0 means 1.
        IDLE: u8 @ 0x04 rw = 0x00, "Tidle register" { IDLE_TIME[4:0] }
    }
}

const RESOLUTION_BITS: u32 = 11;

/// One PCT2075.
#[derive(Clone, Debug)]
pub struct Pct2075 {
    registers: Registers,
    sensor: Sensor,
}

impl Default for Pct2075 {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl Pct2075 {
    /// A chip that has been at `temperature` since it was powered.
    pub fn new(temperature: Celsius) -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.store(reg::TEMP, code(temperature, RESOLUTION_BITS));
        Self {
            registers,
            sensor: Sensor::new(temperature, SimTime::ms(100)),
        }
    }

    /// The temperature of the chip, -128 to 127.996 °C; TEMP follows with the
    /// next conversion.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.sensor.temperature = temperature;
    }

    fn interval(&self) -> SimTime {
        let tenths = self.registers.get(reg::IDLE_TIME).max(1);
        SimTime::ms(100 * u64::from(tenths))
    }

    fn mode(&self) -> Mode {
        match self.registers.get(reg::OS_MODE) {
            reg::OS_MODE::Comparator => Mode::Comparator,
            _ => Mode::Interrupt,
        }
    }
}

impl RegisterChip for Pct2075 {
    const COMPATIBLE: &'static str = "nxp,pct2075";
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "temperature",
        "m°C",
        -128_000..=127_996,
        |chip, value| {
            chip.set_temperature(Celsius::milli(value.i32()));
        },
    )];
    const MAP: &'static Map = reg::MAP;
    /// Three bits of the pointer select.
    const POINTER_MASK: u32 = 0x07;

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
            let was_shut_down = reg::SHUTDOWN.of(old) == 1;
            match (was_shut_down, self.registers.is_set(reg::SHUTDOWN)) {
                (_, true) => {
                    // Shutdown resets OS in interrupt mode.
                    self.sensor.thermostat.read(self.mode());
                    self.sensor.next = None;
                }
                (true, false) => self.sensor.next = Some(bus.now() + self.interval()),
                (false, false) => {}
            }
        }
        if register == reg::IDLE && self.sensor.next.is_some() {
            self.sensor.next = Some(bus.now() + self.interval());
        }
    }

    /// O.S., an open drain.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(reg::OS_POLARITY);
        Level::high_when(self.sensor.thermostat.asserted() == active_high)
    }

    /// Fast mode plus.
    fn scl_hz_max(&self) -> u32 {
        1_000_000
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
        self.sensor.next = Some(now + self.interval());
    }
}
