// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Analog Devices ADXL345 accelerometer, datasheet Rev. E; it has no numbered
//! sections, so that pages are cited. Drivers:
//! `drivers/iio/accel/adxl345_core.c` with `adxl345_i2c.c` or `adxl345_spi.c`.
//!
//! Modelled: samples in virtual time in all ranges, resolutions and
//! alignments, offsets, the FIFO but for trigger mode, all interrupts but
//! taps, on both pins, and both front ends. Not modelled: taps, trigger mode,
//! sleep and auto-sleep, the self-test force, the filters, the additional
//! sample at the output of the filter while the FIFO is full (page 28), SPI
//! with three wires.

mod detect;
mod format;

use std::collections::VecDeque;

use roadtest_model::register::{
    Contract, I2cRegisters, Increment, Map, MinGap, Register, RegisterChip, Registers, SpiRegisters,
};
use roadtest_model::{Bus, Level, SimTime, SpiMode, Stimulus, registers};

use detect::Detectors;

registers! {
    /// ADXL345, datasheet Rev. E, register definitions.
    pub mod reg: u8 {
        DEVID @ 0x00 ro = 0xe5, "p. 24";
        THRESH_TAP @ 0x1d rw = 0x00, "p. 24";
        /// Two's complement, 15.6 mg per step.
        OFSX @ 0x1e rw = 0x00, "p. 24";
        OFSY @ 0x1f rw = 0x00, "p. 24";
        OFSZ @ 0x20 rw = 0x00, "p. 24";
        DUR @ 0x21 rw = 0x00, "p. 24";
        LATENT @ 0x22 rw = 0x00, "p. 24";
        WINDOW @ 0x23 rw = 0x00, "p. 24";
        /// 62.5 mg per step.
        THRESH_ACT @ 0x24 rw = 0x00, "p. 24";
        THRESH_INACT @ 0x25 rw = 0x00, "p. 24";
        /// Seconds.
        TIME_INACT @ 0x26 rw = 0x00, "p. 24";
        ACT_INACT_CTL @ 0x27 rw = 0x00, "p. 25" {
            ACT_AC[7], ACT_X[6], ACT_Y[5], ACT_Z[4],
            INACT_AC[3], INACT_X[2], INACT_Y[1], INACT_Z[0],
        }
        THRESH_FF @ 0x28 rw = 0x00, "p. 25";
        /// 5 ms per step.
        TIME_FF @ 0x29 rw = 0x00, "p. 25";
        TAP_AXES @ 0x2a rw = 0x00, "p. 25" { SUPPRESS[3], TAP_X[2], TAP_Y[1], TAP_Z[0] }
        ACT_TAP_STATUS @ 0x2b ro = 0x00, "p. 25" {
            ACT_X_SOURCE[6], ACT_Y_SOURCE[5], ACT_Z_SOURCE[4], ASLEEP[3],
            TAP_X_SOURCE[2], TAP_Y_SOURCE[1], TAP_Z_SOURCE[0],
        }
        BW_RATE @ 0x2c rw = 0x0a, "p. 26" { LOW_POWER[4], RATE[3:0] }
        POWER_CTL @ 0x2d rw = 0x00, "p. 26" {
            LINK[5], AUTO_SLEEP[4], MEASURE[3], SLEEP[2], WAKEUP[1:0],
        }
        INT_ENABLE @ 0x2e rw = 0x00, "p. 26" {
            DATA_READY_ON[7], SINGLE_TAP_ON[6], DOUBLE_TAP_ON[5], ACTIVITY_ON[4],
            INACTIVITY_ON[3], FREE_FALL_ON[2], WATERMARK_ON[1], OVERRUN_ON[0],
        }
        /// A bit that is set sends its interrupt to INT2.
        INT_MAP @ 0x2f rw = 0x00, "p. 27";
        INT_SOURCE @ 0x30 ro = 0x02, "p. 27" {
            DATA_READY[7], SINGLE_TAP[6], DOUBLE_TAP[5], ACTIVITY[4],
            INACTIVITY[3], FREE_FALL[2], WATERMARK[1], OVERRUN[0],
        }
        DATA_FORMAT @ 0x31 rw = 0x00, "p. 27" {
            SELF_TEST[7], SPI_3_WIRE[6] "SPI", INT_INVERT[5], FULL_RES[3], JUSTIFY[2],
            RANGE[1:0] { G2 = 0, G4 = 1, G8 = 2, G16 = 3 },
        }
        DATAX0 @ 0x32 ro = 0x00, "p. 27";
        DATAX1 @ 0x33 ro = 0x00, "p. 27";
        DATAY0 @ 0x34 ro = 0x00, "p. 27";
        DATAY1 @ 0x35 ro = 0x00, "p. 27";
        DATAZ0 @ 0x36 ro = 0x00, "p. 27";
        DATAZ1 @ 0x37 ro = 0x00, "p. 27";
        FIFO_CTL @ 0x38 rw = 0x00, "p. 28" {
            FIFO_MODE[7:6] { Bypass = 0, Fifo = 1, Stream = 2, Trigger = 3 },
            TRIGGER[5], SAMPLES[4:0],
        }
        FIFO_STATUS @ 0x39 ro = 0x00, "p. 28" { FIFO_TRIG[7], ENTRIES[5:0] }
    }
}

/// The registers with a sample, in the order of the axes.
const DATA: [Register; 6] = [
    reg::DATAX0,
    reg::DATAX1,
    reg::DATAY0,
    reg::DATAY1,
    reg::DATAZ0,
    reg::DATAZ1,
];
/// Samples in the FIFO (page 21).
const FIFO_LEN: usize = 32;
/// What turning on takes beside a period of the data rate (page 4).
const TURN_ON: SimTime = SimTime::us(1100);
/// The period of RATE 15, 3200 Hz (table 7); each code below doubles it.
const PERIOD_MIN: SimTime = SimTime::ns(312_500);
/// Between two reads of the FIFO (page 21).
const FIFO_GAP: MinGap = MinGap::new(
    "a read of the FIFO to the next one or to FIFO_STATUS",
    "p. 21",
    SimTime::us(5),
);

/// A sample of the three axes, as the registers hold it.
type Sample = [u8; 6];

/// An ADXL345, on either bus.
#[derive(Clone, Debug)]
pub struct Adxl345 {
    registers: Registers,
    /// In mg.
    acceleration: [i32; 3],
    fifo: VecDeque<Sample>,
    next_sample: Option<SimTime>,
    detectors: Detectors,
    /// A data register was read in the message under way.
    data_read: bool,
    gap: MinGap,
}

impl Default for Adxl345 {
    fn default() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            acceleration: [0, 0, 1000],
            fifo: VecDeque::new(),
            next_sample: None,
            detectors: Detectors::default(),
            data_read: false,
            gap: FIFO_GAP,
        }
    }
}

impl Adxl345 {
    /// The acceleration along x, y and z in mg; samples from now on see it.
    /// After power-up the chip lies flat.
    pub const fn set_acceleration(&mut self, milli_g: [i32; 3]) {
        self.acceleration = milli_g;
    }

    /// The period of the output data rate (table 7).
    pub fn period(&self) -> SimTime {
        let code = self.registers.get(reg::RATE);
        SimTime::ns(PERIOD_MIN.as_ns() << (15 - code))
    }

    fn fifo_is_used(&self) -> bool {
        self.registers.get(reg::FIFO_MODE) != reg::FIFO_MODE::Bypass
    }

    fn sample(&mut self, now: SimTime) {
        let sample = format::sample(&self.registers, self.acceleration);
        if self.fifo_is_used() {
            if self.fifo.len() == FIFO_LEN
                && self.registers.get(reg::FIFO_MODE) == reg::FIFO_MODE::Stream
            {
                self.fifo.pop_front();
            }
            if self.fifo.len() < FIFO_LEN {
                self.fifo.push_back(sample);
            }
            if self.fifo.len() == FIFO_LEN {
                self.registers.store(reg::OVERRUN, 1);
            }
            self.show_fifo();
        } else {
            if self.registers.is_set(reg::DATA_READY) {
                self.registers.store(reg::OVERRUN, 1);
            }
            self.show(sample);
            self.registers.store(reg::DATA_READY, 1);
        }
        self.detectors
            .sample(&mut self.registers, self.acceleration, now);
    }

    fn show(&mut self, sample: Sample) {
        for (register, byte) in DATA.into_iter().zip(sample) {
            self.registers.store(register, byte.into());
        }
    }

    /// The data registers have the oldest sample, and the flags say what there
    /// is.
    fn show_fifo(&mut self) {
        if let Some(oldest) = self.fifo.front().copied() {
            self.show(oldest);
        }
        let registers = &mut self.registers;
        // Why: there are 32 at most.
        let entries = u32::try_from(self.fifo.len()).unwrap_or(u32::MAX);
        registers.store(reg::ENTRIES, entries);
        registers.store(reg::DATA_READY, u32::from(entries > 0));
        let reached = entries >= registers.get(reg::SAMPLES);
        registers.store(reg::WATERMARK, u32::from(reached));
    }

    /// Data have been read: each read, however long, removes one sample
    /// (page 28).
    fn data_were_read(&mut self, now: SimTime) {
        if !std::mem::take(&mut self.data_read) {
            return;
        }
        self.registers.store(reg::OVERRUN, 0);
        if self.fifo_is_used() {
            self.fifo.pop_front();
            self.gap.begin(now);
            self.show_fifo();
        } else {
            self.registers.store(reg::DATA_READY, 0);
        }
    }

    /// The level of an interrupt output; `pin` is what INT_MAP has for it.
    fn output(&self, pin: u32) -> Level {
        let registers = &self.registers;
        let on = registers.get(reg::INT_SOURCE) & registers.get(reg::INT_ENABLE);
        let map = registers.get(reg::INT_MAP);
        let mapped = if pin == 0 { !map } else { map };
        let active = Level::high_when(on & mapped != 0);
        if registers.is_set(reg::INT_INVERT) {
            active.inverted()
        } else {
            active
        }
    }
}

impl RegisterChip for Adxl345 {
    const COMPATIBLE: &'static str = "adi,adxl345";
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[Contract::Gap(FIFO_GAP)];
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::new("x", "mg", -16_000..=16_000, |c, v| {
            c.acceleration[0] = v.i32();
        }),
        Stimulus::new("y", "mg", -16_000..=16_000, |c, v| {
            c.acceleration[1] = v.i32();
        }),
        Stimulus::new("z", "mg", -16_000..=16_000, |c, v| {
            c.acceleration[2] = v.i32();
        }),
    ];
    const PINS: &'static [&'static str] = &["INT2"];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, bus: &mut Bus) {
        let is_data = DATA.contains(&register);
        if !is_data {
            // The end of the data, within a longer read.
            self.data_were_read(bus.now());
        }
        let begins = is_data && !self.data_read;
        if self.fifo_is_used()
            && (begins || register == reg::FIFO_STATUS)
            && let Err(early) = self.gap.check(bus.now())
        {
            bus.complain(early);
        }
        self.data_read |= is_data;
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::INT_SOURCE {
            for flag in [
                reg::SINGLE_TAP,
                reg::DOUBLE_TAP,
                reg::ACTIVITY,
                reg::INACTIVITY,
                reg::FREE_FALL,
            ] {
                self.registers.store(flag, 0);
            }
        }
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        let now = bus.now();
        let measures = self.registers.is_set(reg::MEASURE);
        if register == reg::POWER_CTL {
            let measured = reg::MEASURE.of(old) != 0;
            match (measured, measures) {
                (false, true) => {
                    self.next_sample = Some(now + self.period() + TURN_ON);
                    self.detectors = Detectors::default();
                }
                (true, false) => self.next_sample = None,
                _ => {}
            }
        } else if register == reg::BW_RATE && measures {
            self.next_sample = Some(now + self.period());
        } else if register == reg::FIFO_CTL {
            if !self.fifo_is_used() {
                self.fifo.clear();
            }
            self.show_fifo();
        } else if register == reg::ACT_INACT_CTL || register == reg::INT_ENABLE {
            self.detectors = Detectors::default();
        }
    }

    fn interrupt(&self) -> Level {
        self.output(0)
    }

    fn drives(&self, _: usize) -> Option<Level> {
        Some(self.output(1))
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.next_sample
    }

    fn wake(&mut self, now: SimTime) {
        if self.next_sample.is_some_and(|at| at <= now) {
            self.next_sample = Some(now + self.period());
            self.sample(now);
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        if !on.is_high() {
            *self = Self {
                registers: self.registers.clone(),
                acceleration: self.acceleration,
                ..Self::default()
            };
        }
    }
}

impl I2cRegisters for Adxl345 {
    const INCREMENT: Increment = Increment::ByOne;

    fn stopped(&mut self, bus: &mut Bus) {
        self.data_were_read(bus.now());
    }
}

impl SpiRegisters for Adxl345 {
    /// Page 15.
    const SCK_HZ_MAX: u32 = 5_000_000;
    const MODES: &'static [SpiMode] = &[SpiMode::Mode3];
    /// Table 10.
    const DESELECTED_MIN: SimTime = SimTime::ns(150);
    const ADDRESS_MASK: u32 = 0x3f;
    /// MB (figure 37).
    const INCREMENT_BIT: Option<u32> = Some(0x40);

    fn deselected(&mut self, bus: &mut Bus) {
        self.data_were_read(bus.now());
    }
}

#[cfg(test)]
mod tests;
