// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments OPT3001 ambient light sensor, datasheet SBOS681C
//! (November 2017), whose numbers of sections are used here. Driver: `drivers/iio/light/opt3001.c`.
//!
//! Modelled: single and continuous conversions in virtual time, automatic and
//! manual range, limits with fault count, latched and transparent comparison,
//! end-of-conversion interrupt, INT polarity. A read of RESULT while a single
//! conversion runs is marked as unwise. Not modelled: the SMBus alert
//! response (7.4.3), and the spread of the conversion time (6.5): it is the
//! typical 100 or 800 ms, counted from the end of the write that starts it.

use roadtest_model::register::{
    Contract, Guard, I2cRegisters, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Level, Lux, Severity, SimTime, Stimulus, registers};

registers! {
    /// TI OPT3001, datasheet SBOS681C, section 7.6.
    pub mod reg: u16be {
        /// The last conversion: 0.01 lx × mantissa × 2^exponent.
        RESULT @ 0x00 ro = 0x0000, "7.6.1.1.1" {
            EXPONENT[15:12] "E",
            MANTISSA[11:0] "R",
        }
        /// What to convert, and what came of it.
        CONFIG @ 0x01 rw = 0xc810, "7.6.1.1.2" {
            RANGE[15:12] "RN; 12 is automatic" (0..=12),
            CONVERSION_TIME[11] "CT" { Ms100 = 0, Ms800 = 1 },
            MODE[10:9] "M" { Shutdown = 0, Single = 1, Continuous = 2, ContinuousToo = 3 },
            OVERFLOW[8] ro "OVF",
            READY[7] ro "CRF",
            HIGH[6] ro "FH",
            LOW[5] ro "FL",
            LATCH[4] "L",
            POLARITY[3] "POL",
            MASK_EXPONENT[2] "ME",
            FAULT_COUNT[1:0] "FC" { One = 0, Two = 1, Four = 2, Eight = 3 },
        }
        /// In the format of RESULT; an exponent of 12 or more turns INT into
        /// an end-of-conversion signal.
        LOW_LIMIT @ 0x02 rw = 0xc000, "7.6.1.1.3" {
            LOW_EXPONENT[15:12] "LE",
            LOW_MANTISSA[11:0] "TL",
        }
        /// In the format of RESULT.
        HIGH_LIMIT @ 0x03 rw = 0xbfff, "7.6.1.1.4" {
            HIGH_EXPONENT[15:12] "HE",
            HIGH_MANTISSA[11:0] "TH",
        }
        MANUFACTURER_ID @ 0x7e ro = 0x5449, "7.6.1.1.5";
        DEVICE_ID @ 0x7f ro = 0x3001, "7.6.1.1.6";
    }
}

/// A single conversion: until it ends, RESULT is an older one's, which is
/// hardly what the driver wants (6.5, 7.6.1.1.2 "CRF").
const CONVERTING_ONCE: Guard = Guard {
    state: "converting once",
    section: "6.5",
    severity: Severity::Unwise,
    writes: &[],
    reads: &[reg::RESULT],
};

/// The range code that lets the chip choose (7.6.1.1.2, RN).
const RANGE_AUTOMATIC: u32 = 0b1100;
/// The largest exponent that RESULT can have (7.6.1.1.1).
const EXPONENT_MAX: u32 = 11;
const MANTISSA_MAX: u32 = 0xfff;

/// What the sensor sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Light {
    /// RESULT will be exactly this.
    Code(u16),
    /// RESULT is computed from the range.
    Illuminance(Lux),
}

/// Whether conversions end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conversions {
    /// After their time, as the datasheet says.
    #[default]
    End,
    /// Never: a chip that hangs.
    NeverEnd,
    /// After this time: a chip that is out of its specification.
    After(SimTime),
}

/// One OPT3001.
#[derive(Clone, Debug)]
pub struct Opt3001 {
    registers: Registers,
    light: Light,
    conversions: Conversions,
    /// When the running conversion ends.
    done_at: Option<SimTime>,
    /// Consecutive results above HIGH_LIMIT and below LOW_LIMIT.
    faults: (u32, u32),
    /// INT in latched mode: the flags outlive it where CONFIG is written.
    latched: bool,
}

impl Default for Opt3001 {
    fn default() -> Self {
        Self::new()
    }
}

impl Opt3001 {
    /// A chip after power-up, in darkness.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            light: Light::Code(0),
            conversions: Conversions::End,
            done_at: None,
            faults: (0, 0),
            latched: false,
        }
    }

    /// Light on the sensor, 0 to 83 865.6 lx; the next conversion sees it, in
    /// the range that CONFIG asks for. More light overflows.
    pub fn set_illuminance(&mut self, light: Lux) {
        self.light = Light::Illuminance(light);
    }

    /// What the next conversion puts into RESULT, exponent and mantissa
    /// included, whatever the range.
    pub fn set_result(&mut self, code: u16) {
        self.light = Light::Code(code);
    }

    /// Whether the next conversions end.
    pub fn set_conversions(&mut self, conversions: Conversions) {
        self.conversions = conversions;
    }

    /// Another maker's part: `id` instead of 0x5449 ("TI").
    pub fn set_manufacturer_id(&mut self, id: u16) {
        self.registers.store(reg::MANUFACTURER_ID, id.into());
    }

    /// Another part: `id` instead of 0x3001.
    pub fn set_device_id(&mut self, id: u16) {
        self.registers.store(reg::DEVICE_ID, id.into());
    }

    /// Starts or stops converting, as MODE says.
    fn start(&mut self, now: SimTime) {
        let time = match (self.conversions, self.registers.get(reg::CONVERSION_TIME)) {
            (Conversions::NeverEnd, _) => None,
            (Conversions::After(time), _) => Some(time),
            (Conversions::End, reg::CONVERSION_TIME::Ms100) => Some(SimTime::ms(100)),
            (Conversions::End, _) => Some(SimTime::ms(800)),
        };
        let mode = self.registers.get(reg::MODE);
        if mode == reg::MODE::Single {
            self.registers.enter(CONVERTING_ONCE);
        } else {
            self.registers.leave(CONVERTING_ONCE);
        }
        let runs = mode != reg::MODE::Shutdown;
        self.done_at = time.filter(|_| runs).map(|time| now + time);
    }

    fn convert(&mut self) {
        let (code, overflow) = match self.light {
            Light::Code(code) => (code.into(), 0),
            Light::Illuminance(light) => self.measure(light),
        };
        let registers = &mut self.registers;
        registers.store(reg::RESULT, code);
        registers.store(reg::OVERFLOW, overflow);
        registers.store(reg::READY, 1);
        if registers.get(reg::MODE) == reg::MODE::Single {
            registers.store(reg::MODE, reg::MODE::Shutdown);
        }
        self.compare();
    }

    /// RESULT and OVERFLOW for `light` in the configured range.
    fn measure(&self, light: Lux) -> (u32, u32) {
        let centilux = light.as_milli() / 10;
        let range = self.registers.get(reg::RANGE);
        let exponent = if range >= RANGE_AUTOMATIC {
            (0..EXPONENT_MAX)
                .find(|exponent| centilux >> exponent <= MANTISSA_MAX)
                .unwrap_or(EXPONENT_MAX)
        } else {
            range
        };
        let mantissa = centilux >> exponent;
        let overflow = u32::from(mantissa > MANTISSA_MAX);
        // ME hides the exponent in manual range (7.6.1.1.2).
        let masked = range < RANGE_AUTOMATIC && self.registers.is_set(reg::MASK_EXPONENT);
        let shown = if masked { 0 } else { exponent };
        (shown << 12 | mantissa.min(MANTISSA_MAX), overflow)
    }

    /// The comparison after each conversion (7.4.2).
    fn compare(&mut self) {
        let registers = &self.registers;
        let result = centilux(registers.get(reg::RESULT));
        let above = result > centilux(registers.get(reg::HIGH_LIMIT));
        let below = result < self.low_limit();
        let (high, low) = self.faults;
        self.faults = (
            if above { high + 1 } else { 0 },
            if below { low + 1 } else { 0 },
        );
        let needed = 1 << registers.get(reg::FAULT_COUNT);
        let (high, low) = (self.faults.0 >= needed, self.faults.1 >= needed);
        let registers = &mut self.registers;
        if registers.is_set(reg::LATCH) {
            self.latched |= high || low;
            if high {
                registers.store(reg::HIGH, 1);
            }
            if low {
                registers.store(reg::LOW, 1);
            }
        } else if high || low {
            // Transparent hysteresis: the flags say which limit came last.
            registers.store(reg::HIGH, high.into());
            registers.store(reg::LOW, low.into());
        }
    }

    /// LOW_LIMIT in hundredths of a lux. As an end-of-conversion request it
    /// is still a limit, with the exponent's top bits taken as zero.
    fn low_limit(&self) -> u32 {
        let limit = self.registers.get(reg::LOW_LIMIT);
        if self.signals_end_of_conversion() {
            centilux(limit & 0x3fff)
        } else {
            centilux(limit)
        }
    }

    fn signals_end_of_conversion(&self) -> bool {
        self.registers.get(reg::LOW_EXPONENT) >= 0b1100
    }

    /// Whether INT is asserted (7.4.2).
    fn asserted(&self) -> bool {
        let registers = &self.registers;
        if self.signals_end_of_conversion() {
            registers.is_set(reg::READY)
        } else if registers.is_set(reg::LATCH) {
            self.latched
        } else {
            registers.is_set(reg::HIGH)
        }
    }

    /// What a read of CONFIG clears, and a write that does not shut down.
    fn acknowledge(&mut self) {
        self.registers.store(reg::READY, 0);
        self.latched = false;
    }
}

/// A register in the format of RESULT, in hundredths of a lux.
const fn centilux(code: u32) -> u32 {
    (code & MANTISSA_MAX) << (code >> 12)
}

impl RegisterChip for Opt3001 {
    const COMPATIBLE: &'static str = "ti,opt3001";
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "illuminance",
        "mlx",
        0..=83_865_600,
        |chip, value| {
            chip.set_illuminance(Lux::milli(value.u32()));
        },
    )];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[Contract::Guard(CONVERTING_ONCE)];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::CONFIG {
            self.acknowledge();
            if self.registers.is_set(reg::LATCH) {
                self.registers.store(reg::HIGH, 0);
                self.registers.store(reg::LOW, 0);
            }
        }
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::CONFIG {
            if self.registers.get(reg::MODE) != reg::MODE::Shutdown {
                self.acknowledge();
            }
            self.start(bus.now());
        }
    }

    /// INT is an open drain: pulled low while asserted, or while not, as
    /// POLARITY says.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(reg::POLARITY);
        Level::high_when(self.asserted() == active_high)
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.done_at
    }

    fn wake(&mut self, now: SimTime) {
        if self.done_at.is_some_and(|done| done <= now) {
            self.convert();
            self.start(now);
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        let maker = self.registers.get(reg::MANUFACTURER_ID);
        let device = self.registers.get(reg::DEVICE_ID);
        self.registers.set_power(on, now);
        if !on.is_high() {
            self.registers.store(reg::MANUFACTURER_ID, maker);
            self.registers.store(reg::DEVICE_ID, device);
            self.done_at = None;
            self.faults = (0, 0);
            self.latched = false;
        }
    }
}

impl I2cRegisters for Opt3001 {
    /// High-speed mode (6.6).
    const SCL_HZ_MAX: u32 = 2_600_000;
}

#[cfg(test)]
mod tests;
