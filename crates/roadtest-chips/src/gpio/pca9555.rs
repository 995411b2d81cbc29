// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments and NXP PCA9555, 16 pins with an interrupt output,
//! datasheet SCPS131J (March 2021), whose sections are cited here. Driver:
//! `drivers/gpio/gpio-pca953x.c`.
//!
//! Modelled: ports, polarity inversion, register pairs, the interrupt, and the
//! pins. A pin that nothing drives is high: each has a pull-up (8.3.2). The
//! inversion is one of the Input Port register, for pins of either direction,
//! as NXP's datasheet has it (revision 10, 6.2.4); TI's speaks of inputs only.
//! Not modelled: the interrupt erratum (8.4.1.1), by which a read of another
//! chip takes INT back, and drive strengths.

use roadtest_model::register::{
    Contract, I2cRegisters, Increment, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Direction, Level, Nack, Severity, SimTime, Stimulus, registers};

registers! {
    /// TI PCA9555, datasheet SCPS131J, section 8.5.2.
    pub mod reg: u8 {
        /// The levels of P07 to P00, whatever their direction. After power-up
        /// they are what drives the pins.
        INPUT_0 @ 0x00 rw = 0xff, "8.5.2.3" {
            I0_7[7] ro, I0_6[6] ro, I0_5[5] ro, I0_4[4] ro,
            I0_3[3] ro, I0_2[2] ro, I0_1[1] ro, I0_0[0] ro,
        }
        /// The levels of P17 to P10.
        INPUT_1 @ 0x01 rw = 0xff, "8.5.2.3" {
            I1_7[7] ro, I1_6[6] ro, I1_5[5] ro, I1_4[4] ro,
            I1_3[3] ro, I1_2[2] ro, I1_1[1] ro, I1_0[0] ro,
        }
        /// What is driven where a pin is an output.
        OUTPUT_0 @ 0x02 rw = 0xff, "8.5.2.3" {
            O0_7[7], O0_6[6], O0_5[5], O0_4[4], O0_3[3], O0_2[2], O0_1[1], O0_0[0],
        }
        OUTPUT_1 @ 0x03 rw = 0xff, "8.5.2.3" {
            O1_7[7], O1_6[6], O1_5[5], O1_4[4], O1_3[3], O1_2[2], O1_1[1], O1_0[0],
        }
        /// 1 inverts what INPUT_0 shows.
        POLARITY_0 @ 0x04 rw = 0x00, "8.5.2.3" {
            N0_7[7], N0_6[6], N0_5[5], N0_4[4], N0_3[3], N0_2[2], N0_1[1], N0_0[0],
        }
        POLARITY_1 @ 0x05 rw = 0x00, "8.5.2.3" {
            N1_7[7], N1_6[6], N1_5[5], N1_4[4], N1_3[3], N1_2[2], N1_1[1], N1_0[0],
        }
        /// 1 is an input, 0 an output.
        CONFIGURATION_0 @ 0x06 rw = 0xff, "8.5.2.3" {
            C0_7[7], C0_6[6], C0_5[5], C0_4[4], C0_3[3], C0_2[2], C0_1[1], C0_0[0],
        }
        CONFIGURATION_1 @ 0x07 rw = 0xff, "8.5.2.3" {
            C1_7[7], C1_6[6], C1_5[5], C1_4[4], C1_3[3], C1_2[2], C1_1[1], C1_0[0],
        }
    }
}

/// The bits of the command byte that select a register (8.5.2.2).
const COMMAND_MASK: u32 = 0x07;
/// All pins high.
const PULLED_UP: u16 = 0xffff;

/// One PCA9555.
#[derive(Clone, Debug)]
pub struct Pca9555 {
    registers: Registers,
    /// What the outside makes of each pin: a bit for each, P00 first.
    outside: u16,
    /// The pins when their port was read last.
    latched: u16,
    /// The register of the last command byte, where every read begins.
    command: u32,
}

impl Default for Pca9555 {
    fn default() -> Self {
        Self::new()
    }
}

impl Pca9555 {
    /// A chip after power-up: all pins are inputs, and nothing drives them.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            outside: PULLED_UP,
            latched: PULLED_UP,
            command: 0,
        }
    }

    fn word(&self, port_0: Register, port_1: Register) -> u16 {
        let value = self.registers.get(port_0) | self.registers.get(port_1) << 8;
        // Why: both registers have eight bits.
        u16::try_from(value).unwrap_or(u16::MAX)
    }

    /// The pins that are inputs, a bit for each, P00 first.
    pub fn inputs(&self) -> u16 {
        self.word(reg::CONFIGURATION_0, reg::CONFIGURATION_1)
    }

    /// The levels of all pins, a bit for each, P00 first: outputs as the chip
    /// drives them, inputs as the outside does.
    pub fn levels(&self) -> u16 {
        let inputs = self.inputs();
        let outputs = self.word(reg::OUTPUT_0, reg::OUTPUT_1);
        self.outside & inputs | outputs & !inputs
    }

    /// Drives pin 0 (P00) to 15 (P17) from outside.
    ///
    /// # Panics
    /// Where there is no such pin.
    pub fn drive(&mut self, pin: usize, level: Level) {
        let mask = mask(pin);
        if level.is_high() {
            self.outside |= mask;
        } else {
            self.outside &= !mask;
        }
    }
}

/// The bit of a pin.
fn mask(pin: usize) -> u16 {
    assert!(pin < 16, "pins are 0 to 15, not {pin}");
    1 << pin
}

impl RegisterChip for Pca9555 {
    const COMPATIBLE: &'static str = "nxp,pca9555";
    const MAP: &'static Map = reg::MAP;
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::u16(
        "pins",
        "a bit each, P00 first",
        |chip, value| {
            chip.outside = value.u16();
        },
    )];
    const CONTRACTS: &'static [Contract] = &[Contract::Other {
        rule: "INPUT_0 and INPUT_1 are not written, which has no effect",
        section: "8.5.2.3",
        severity: Severity::Unwise,
    }];
    const PINS: &'static [&'static str] = &[
        "P00", "P01", "P02", "P03", "P04", "P05", "P06", "P07", "P10", "P11", "P12", "P13", "P14",
        "P15", "P16", "P17",
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, _: &mut Bus) {
        let levels = u32::from(self.levels());
        let (port, polarity) = match register {
            reg::INPUT_0 => (levels & 0xff, reg::POLARITY_0),
            reg::INPUT_1 => (levels >> 8, reg::POLARITY_1),
            _ => return,
        };
        let shown = port ^ self.registers.get(polarity);
        self.registers.store(register, shown);
    }

    /// A read of a port takes back the interrupt that it caused, and not the
    /// other port's (8.4.1).
    fn after_read(&mut self, register: Register, _: &mut Bus) {
        let port = match register {
            reg::INPUT_0 => 0x00ff,
            reg::INPUT_1 => 0xff00,
            _ => return,
        };
        self.latched = self.latched & !port | self.levels() & port;
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::INPUT_0 || register == reg::INPUT_1 {
            bus.unwise(format!(
                "write to {}, which has no effect ({})",
                register.name, register.section
            ));
        }
    }

    /// INT is an open drain, low while an input differs from what was read
    /// last; an output causes none (8.4.1).
    fn interrupt(&self) -> Level {
        let differs = (self.levels() ^ self.latched) & self.inputs() != 0;
        Level::low_when(self.registers.has_power() && differs)
    }

    /// Power-up sets every register (8.3.1), and nothing has changed since.
    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.command = 0;
        self.latched = self.levels();
    }

    fn drives(&self, pin: usize) -> Option<Level> {
        let driven = self.registers.has_power() && self.inputs() & mask(pin) == 0;
        driven.then(|| Level::high_when(self.levels() & mask(pin) != 0))
    }

    fn pin_changed(&mut self, pin: usize, level: Level, _: SimTime) {
        self.drive(pin, level);
    }
}

impl I2cRegisters for Pca9555 {
    /// Data go back and forth in a pair of registers (8.5.2.4).
    const INCREMENT: Increment = Increment::InPair;
    const POINTER_MASK: u32 = COMMAND_MASK;

    /// A read begins at the register of the last command byte (8.5.2.2).
    fn addressed(&mut self, direction: Direction, _: &mut Bus) -> Result<(), Nack> {
        if direction == Direction::Read {
            self.registers.point_to(self.command);
        }
        Ok(())
    }

    fn pointed(&mut self, command: u32, _: &mut Bus) {
        self.command = command & COMMAND_MASK;
    }
}

#[cfg(test)]
mod tests;
