// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Murata IRS-D200 passive infrared sensor. Driver:
//! `drivers/iio/proximity/irsd200.c`. The datasheet (IRS-D200ST00R1) is not
//! public: registers and rules are those that the driver states, so that
//! breaking one is unwise and no violation.
//!
//! Modelled: samples and threshold counts as the test gives them, interrupt
//! status, the settling time after a change of the data rate, and that a count
//! of two or more needs a time window. Not modelled: the filters' effect, the
//! timer, and when a signal crosses a threshold: the test says so.

use roadtest_model::register::{
    Contract, DRIVER, I2cRegisters, Increment, Map, MinGap, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Direction, Level, Nack, Severity, SimTime, Stimulus, registers};

registers! {
    /// Murata IRS-D200, registers as the driver names them.
    pub mod reg: u8 {
        OP @ 0x00 rw = 0x00, "driver" { MODE[0] { Active = 0, Sleep = 1 } }
        DATA_LO @ 0x02 ro = 0x00, "driver";
        DATA_HI @ 0x03 ro = 0x00, "driver";
        /// What happened; a one acknowledges it.
        STATUS @ 0x04 w1c = 0x00, "driver" {
            DATA_DONE[0], TIMER_DONE[1], COUNT_AND[2], COUNT_OR[3],
        }
        /// How often each threshold was exceeded; a read starts over.
        COUNT @ 0x05 rc = 0x00, "driver" { UPPER[7:4], LOWER[3:0] }
        DATA_RATE @ 0x06 rw = 0x00, "driver" { RATE[0] { Hz50 = 0, Hz100 = 1 } }
        FILTER @ 0x07 rw = 0x00, "driver" {
            LOW_PASS[1] { Hz10 = 0, Hz7 = 1 },
            HIGH_PASS[0] { Hz0_3 = 0, Hz0_5 = 1 },
        }
        /// Which bits of STATUS raise the interrupt.
        INTR @ 0x09 rw = 0x00, "driver" {
            INTR_DATA[0], INTR_TIMER[1], INTR_AND[2], INTR_OR[3],
        }
        /// Crossings that make an event.
        NR_COUNT @ 0x0a rw = 0x00, "driver" { CROSSINGS[2:0] }
        THR_HI @ 0x0b rw = 0x00, "driver";
        THR_LO @ 0x0c rw = 0x00, "driver";
        /// The window of NR_COUNT, in samples.
        TIMER_LO @ 0x0d rw = 0x00, "driver";
        TIMER_HI @ 0x0e rw = 0x00, "driver" { TIMER_TOP[1:0] }
    }
}

/// What a change of the data rate needs (the driver: "3 seconds of settling
/// time").
const SETTLING: SimTime = SimTime::s(3);

/// One IRS-D200.
#[derive(Clone, Debug)]
pub struct Irsd200 {
    registers: Registers,
    settled: MinGap,
}

impl Default for Irsd200 {
    fn default() -> Self {
        Self::new()
    }
}

impl Irsd200 {
    /// A chip after power-up that has seen nothing.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            settled: settling(SETTLING),
        }
    }

    /// A chip that needs `time` instead of 3 s after a change of its rate.
    #[must_use]
    pub fn settles_in(mut self, time: SimTime) -> Self {
        self.settled = settling(time);
        self
    }

    /// A chip that is in sleep mode.
    #[must_use]
    pub fn asleep(mut self) -> Self {
        self.registers.store(reg::MODE, reg::MODE::Sleep);
        self
    }

    /// What the data registers read, without an interrupt.
    pub fn set_data(&mut self, sample: i16) {
        let [low, high] = sample.to_le_bytes();
        self.registers.store(reg::DATA_LO, low.into());
        self.registers.store(reg::DATA_HI, high.into());
    }

    /// A new sample has been taken.
    pub fn sample(&mut self, sample: i16) {
        self.set_data(sample);
        self.registers.store(reg::DATA_DONE, 1);
    }

    /// The upper threshold was exceeded `upper` times and the lower one `lower`
    /// times, 0 to 15 each, which is enough for an event.
    ///
    /// # Panics
    /// Where a number is larger: a mistake in the test.
    pub fn cross(&mut self, upper: u32, lower: u32) {
        self.registers.store(reg::UPPER, upper);
        self.registers.store(reg::LOWER, lower);
        self.registers.store(reg::COUNT_OR, 1);
        if upper > 0 && lower > 0 {
            self.registers.store(reg::COUNT_AND, 1);
        }
    }

    /// What is in STATUS.
    pub fn status(&self) -> u32 {
        self.registers.get(reg::STATUS)
    }

    /// A count of two or more is taken within the timer's window, which must
    /// not be empty.
    fn check_window(&self, bus: &mut Bus) {
        let count = self.registers.get(reg::CROSSINGS);
        let timer = self.registers.get(reg::TIMER_LO) | self.registers.get(reg::TIMER_HI);
        if count >= 2 && timer == 0 {
            bus.unwise(format!(
                "NR_COUNT is {count} while TIMER is zero ({DRIVER})"
            ));
        }
    }
}

const fn settling(time: SimTime) -> MinGap {
    MinGap::new("a write of DATA_RATE to the next access", DRIVER, time)
}

impl RegisterChip for Irsd200 {
    const COMPATIBLE: &'static str = "murata,irsd200";
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::i16("sample", "steps, a new sample", |chip, value| {
            chip.sample(value.i16());
        }),
        Stimulus::new(
            "above",
            "crossings of the upper threshold",
            1..=15,
            |chip, value| {
                chip.cross(value.u32(), 0);
            },
        ),
        Stimulus::new(
            "below",
            "crossings of the lower threshold",
            1..=15,
            |chip, value| {
                chip.cross(0, value.u32());
            },
        ),
    ];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Gap(settling(SETTLING)),
        Contract::Other {
            rule: "a NR_COUNT of 2 or more needs a TIMER that is not zero",
            section: DRIVER,
            severity: Severity::Unwise,
        },
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        match register {
            reg::DATA_RATE => self.settled.begin(bus.now()),
            reg::NR_COUNT | reg::TIMER_HI => self.check_window(bus),
            _ => {}
        }
    }

    /// INT is high while something that INTR asks for is in STATUS.
    fn interrupt(&self) -> Level {
        let pending = self.registers.get(reg::STATUS) & self.registers.get(reg::INTR);
        Level::high_when(pending != 0)
    }
}

impl I2cRegisters for Irsd200 {
    const INCREMENT: Increment = Increment::ByOne;

    fn addressed(&mut self, _: Direction, bus: &mut Bus) -> Result<(), Nack> {
        if let Err(complaint) = self.settled.check(bus.now()) {
            bus.complain(complaint);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
