// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments OPT4001 ambient light sensor, datasheet SBOS993A.
//! Driver: `drivers/iio/light/opt4001.c`.
//!
//! Modelled: one-shot and continuous conversions in virtual time, automatic
//! and manual range, sample counter, CRC, FIFO, and the supply. Not modelled:
//! thresholds and INT, which the driver does not use, the general-call reset
//! and the SMBus alert response (8.5.2), and what forced mode adds to the
//! conversion time.

use roadtest_model::register::{I2cRegisters, Increment, Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Level, SimTime, Stimulus, registers};

registers! {
    /// TI OPT4001, datasheet SBOS993A, section 8.6.
    pub mod reg: u16be {
        /// The upper part of the last conversion.
        RESULT_H @ 0x00 ro = 0x0000, "8.6.1" { EXPONENT[15:12], RESULT_MSB[11:0] }
        /// The lower part of the last conversion, its number and checksum.
        RESULT_L @ 0x01 ro = 0x0000, "8.6.1" { RESULT_LSB[15:8], COUNTER[7:4], CRC[3:0] }
        FIFO0_H @ 0x02 ro = 0x0000, "8.6.1";
        FIFO0_L @ 0x03 ro = 0x0000, "8.6.1";
        FIFO1_H @ 0x04 ro = 0x0000, "8.6.1";
        FIFO1_L @ 0x05 ro = 0x0000, "8.6.1";
        FIFO2_H @ 0x06 ro = 0x0000, "8.6.1";
        FIFO2_L @ 0x07 ro = 0x0000, "8.6.1";
        THRESHOLD_L @ 0x08 rw = 0x0000, "8.6.1";
        THRESHOLD_H @ 0x09 rw = 0xbfff, "8.6.1";
        /// What to convert, and how long.
        CONFIG @ 0x0a rw = 0x3208, "8.6.1" {
            QUICK_WAKE[15] "QWAKE",
            RANGE[13:10] "12 is automatic" (0..=12),
            CONVERSION_TIME[9:6] {
                Us600 = 0, Ms1 = 1, Us1800 = 2, Us3400 = 3, Us6500 = 4, Us12700 = 5,
                Ms25 = 6, Ms50 = 7, Ms100 = 8, Ms200 = 9, Ms400 = 10, Ms800 = 11,
            },
            MODE[5:4] "OPERATING_MODE" { PowerDown = 0, Forced = 1, OneShot = 2, Continuous = 3 },
            LATCH[3],
            POLARITY[2] "INT_POL",
            FAULT_COUNT[1:0],
        }
        /// Interrupt and burst configuration; bits 15 to 5 must stay.
        INTERRUPT @ 0x0b rw = 0x8011, "8.6.1" {
            INT_DIR[4], INT_CFG[3:2], I2C_BURST[0],
        }
        FLAGS @ 0x0c ro = 0x0000, "8.6.1" {
            OVERLOAD[3], READY[2] "CONVERSION_READY_FLAG", FLAG_H[1], FLAG_L[0],
        }
        DEVICE_ID @ 0x11 ro = 0x0121, "8.6.1" { DIDL[13:12], DIDH[11:0] }
    }
}

/// Conversion times in microseconds, by CONVERSION_TIME (8.4.4).
const CONVERSION_US: [u64; 12] = [
    600, 1_000, 1_800, 3_400, 6_500, 12_700, 25_000, 50_000, 100_000, 200_000, 400_000, 800_000,
];
/// The RANGE that lets the chip choose.
const RANGE_AUTOMATIC: u32 = 12;
/// The largest exponent of a result.
const EXPONENT_MAX: u32 = 8;
const MANTISSA_MAX: u64 = 0xf_ffff;

/// What the sensor sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Light {
    /// The result registers will be exactly these.
    Result(u16, u16),
    /// Light in units of the chip's resolution.
    Steps(u64),
}

/// One OPT4001, in either package: they differ in what a step of the result
/// is in lux, which the model leaves to the test.
#[derive(Clone, Debug)]
pub struct Opt4001 {
    registers: Registers,
    light: Light,
    /// Conversions since power-up, modulo 16.
    counter: u32,
    done_at: Option<SimTime>,
}

impl Default for Opt4001 {
    fn default() -> Self {
        Self::new()
    }
}

impl Opt4001 {
    /// A chip after power-up, in darkness.
    pub fn new() -> Self {
        Self::with_start_up(SimTime::us(500))
    }

    /// A chip that must be left alone for `startup` after power-up. The
    /// datasheet's electrical characteristics (7.5) have 0.5 ms.
    pub fn with_start_up(startup: SimTime) -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.set_start_up("7.5", startup);
        Self {
            registers,
            light: Light::Steps(0),
            counter: 0,
            done_at: None,
        }
    }

    /// Light on the sensor, in steps of 312.5 µlx (PicoStar) or 437.5 µlx
    /// (SOT-5X3); conversions from now on see it.
    pub fn set_light(&mut self, steps: u64) {
        self.light = Light::Steps(steps);
    }

    /// What conversions from now on put into the result registers, exponent,
    /// counter and CRC included.
    pub fn set_result(&mut self, high: u16, low: u16) {
        self.light = Light::Result(high, low);
    }

    /// The time of a conversion as configured.
    pub fn conversion_time(&self) -> SimTime {
        let code = self.registers.get(reg::CONVERSION_TIME);
        let us = CONVERSION_US.get(code as usize).copied();
        SimTime::us(us.unwrap_or(CONVERSION_US[CONVERSION_US.len() - 1]))
    }

    fn start(&mut self, now: SimTime) {
        let runs = self.registers.get(reg::MODE) != reg::MODE::PowerDown;
        self.done_at = runs.then(|| now + self.conversion_time());
    }

    fn convert(&mut self) {
        self.counter = (self.counter + 1) % 16;
        let (high, low) = match self.light {
            Light::Result(high, low) => (high.into(), low.into()),
            Light::Steps(steps) => self.measure(steps),
        };
        let registers = &mut self.registers;
        for (from, to) in [
            (reg::FIFO1_H, reg::FIFO2_H),
            (reg::FIFO1_L, reg::FIFO2_L),
            (reg::FIFO0_H, reg::FIFO1_H),
            (reg::FIFO0_L, reg::FIFO1_L),
            (reg::RESULT_H, reg::FIFO0_H),
            (reg::RESULT_L, reg::FIFO0_L),
        ] {
            registers.store(to, registers.get(from));
        }
        registers.store(reg::RESULT_H, high);
        registers.store(reg::RESULT_L, low);
        registers.store(reg::READY, 1);
        if registers.get(reg::MODE) != reg::MODE::Continuous {
            registers.store(reg::MODE, reg::MODE::PowerDown);
        }
    }

    /// The result registers for `steps` of light (8.4.3, 8.4.5).
    fn measure(&self, steps: u64) -> (u32, u32) {
        let range = self.registers.get(reg::RANGE);
        let exponent = if range == RANGE_AUTOMATIC {
            (0..EXPONENT_MAX)
                .find(|exponent| steps >> exponent <= MANTISSA_MAX)
                .unwrap_or(EXPONENT_MAX)
        } else {
            range.min(EXPONENT_MAX)
        };
        // Why: MANTISSA_MAX has 20 bits.
        let mantissa = u32::try_from((steps >> exponent).min(MANTISSA_MAX)).unwrap_or(u32::MAX);
        let crc = crc(exponent, mantissa, self.counter);
        (
            exponent << 12 | mantissa >> 8,
            (mantissa & 0xff) << 8 | self.counter << 4 | crc,
        )
    }
}

/// The checksum of a result (8.3.3.2): each bit is the parity of some bits of
/// exponent, mantissa and counter.
fn crc(exponent: u32, mantissa: u32, counter: u32) -> u32 {
    let parity = |r: u32, c: u32, e: u32| {
        ((mantissa & r).count_ones() + (counter & c).count_ones() + (exponent & e).count_ones()) & 1
    };
    parity(0xf_ffff, 0xf, 0xf)
        | parity(0xa_aaaa, 0xa, 0xa) << 1
        | parity(0x8_8888, 0x8, 0x8) << 2
        | parity(0x8_0808, 0, 0) << 3
}

impl RegisterChip for Opt4001 {
    const COMPATIBLE: &'static str = "ti,opt4001-picostar";
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "light",
        "steps of 312.5 µlx (PicoStar) or 437.5 µlx",
        0..=0x0fff_ffff,
        |chip, value| {
            chip.set_light(value.u64());
        },
    )];
    const MAP: &'static Map = reg::MAP;

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::FLAGS {
            self.registers.store(reg::READY, 0);
        }
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::CONFIG {
            self.start(bus.now());
        }
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
        self.registers.set_power(on, now);
        if !on.is_high() {
            self.counter = 0;
            self.done_at = None;
        }
    }
}

impl I2cRegisters for Opt4001 {
    /// I2C_BURST is set after reset (8.5.2.2).
    const INCREMENT: Increment = Increment::ByOne;
    /// High-speed mode (8.5.2.1).
    const SCL_HZ_MAX: u32 = 2_600_000;
}

#[cfg(test)]
mod tests;
