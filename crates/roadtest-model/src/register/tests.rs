// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The rules of the register protocol, against a chip that has all of them.

#![expect(
    clippy::allow_attributes,
    unreachable_pub,
    reason = "the macro is meant for other crates, where neither lint looks inside it"
)]

use super::{I2cRegisters, Increment, Register, RegisterChip, Registers};
use crate::{Bus, Direction, I2cTarget, Nack, Severity, SimTime, registers};

mod messages;
mod names;
mod rules;
mod spi;
mod states;

registers! {
    /// Example 1, datasheet EX1 revision A.
    pub mod reg: u16be {
        RESULT @ 0x00 ro = 0x0000, "8.1" { EXPONENT[15:12], MANTISSA[11:0] }
        /// What to do.
        CONFIG @ 0x01 rw = 0xc810, "8.2" {
            RANGE[15:12] (0..=12),
            MODE[10:9] { Shutdown = 0, Single = 1, Continuous = 2 },
            READY[7] ro "CRF",
            LATCH[4],
        }
        FLAGS: u8 @ 0x02 rw = 0x81, "8.3" {
            FAULT[0] w1c, ARM[1] w1s, START[2] sc, EVENT[7] rc, KEY[6:5] wo,
        }
        COMMAND @ 0x03 wo = 0x0000, "8.4";
        FREE @ 0x04 rw = 0x1234;
    }
}

struct Example {
    registers: Registers,
    started: u32,
    off: bool,
}

impl Example {
    fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            started: 0,
            off: false,
        }
    }
}

impl RegisterChip for Example {
    const COMPATIBLE: &'static str = "example,one";
    const MAP: &'static super::Map = reg::MAP;

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::RESULT {
            self.registers.store(reg::MANTISSA, 0x456);
        }
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::CONFIG {
            self.registers.store(reg::READY, 0);
        }
    }

    fn written(&mut self, register: Register, old: u32, _: &mut Bus) {
        if register == reg::FLAGS && self.registers.is_set(reg::START) {
            assert_eq!(old & 0x04, 0, "a self-clearing bit stays set");
            self.started += 1;
        }
    }
}

impl I2cRegisters for Example {
    const INCREMENT: Increment = Increment::ByOne;
    const POINTER_MASK: u32 = 0x0f;
    const BURST_MAX: Option<usize> = Some(6);

    fn addressed(&mut self, _: Direction, _: &mut Bus) -> Result<(), Nack> {
        if self.off { Err(Nack) } else { Ok(()) }
    }
}

/// What a message did, as the timeline shows it, complaints after the lines.
fn show(bus: Bus, outcome: &str) -> String {
    let (accesses, complaints) = bus.into_parts();
    let mut text = String::from(outcome);
    for access in accesses {
        let line = format!(
            "{:?} {} {} {}",
            access.direction, access.target, access.value, access.fields
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for complaint in complaints {
        let mark = match complaint.severity {
            Severity::Forbidden => '!',
            Severity::Unwise => '?',
        };
        text.push_str(&format!("{mark} {}\n", complaint.text));
    }
    text
}

fn write(chip: &mut Example, bytes: &[u8]) -> String {
    let mut bus = Bus::at(SimTime::ZERO);
    if chip.start(&mut bus, Direction::Write) == Err(Nack) {
        return show(bus, "NACK\n");
    }
    chip.write(&mut bus, bytes);
    show(bus, "")
}

/// Reads `length` bytes at `pointer` and shows both messages.
fn read(chip: &mut Example, pointer: u8, length: usize) -> String {
    let before = write(chip, &[pointer]);
    before + &read_on(chip, length)
}

fn read_on(chip: &mut Example, length: usize) -> String {
    let mut bus = Bus::at(SimTime::ZERO);
    if chip.start(&mut bus, Direction::Read) == Err(Nack) {
        return show(bus, "NACK\n");
    }
    let mut buf = vec![0; length];
    chip.read(&mut bus, &mut buf);
    show(bus, &format!("{buf:02x?}\n"))
}
