// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The trait of chips that are a register map, whatever bus they sit on. The
//! framing that carries the registers is a second trait:
//! [`I2cRegisters`](super::I2cRegisters), [`SpiRegisters`](super::SpiRegisters),
//! or both.

use super::contract::Contract;
use super::spec::{Map, Register};
use super::storage::Registers;
use super::words::{Burst, Walk};
use crate::{Bus, Chip, Direction, Level, OutOfRange, SimTime, Stimulus, StimulusKind, stimulus};

/// A chip that is a register map. Implementing it gives [`Chip`]; a chip that
/// does more than store values reacts in the hooks.
///
/// The order of a read is [`before_read`](RegisterChip::before_read), the
/// value goes out, [`after_read`](RegisterChip::after_read). The order of a
/// write is: rules are checked, the value goes in,
/// [`written`](RegisterChip::written).
pub trait RegisterChip: 'static {
    /// See [`Chip::compatible`].
    const COMPATIBLE: &'static str;
    /// The declaration, as [`registers!`](crate::registers) makes it.
    const MAP: &'static Map;
    /// What can be set by name, see [`Chip::stimuli`].
    const STIMULI: &'static [Stimulus<Self>] = &[];
    /// The rules beyond bits that the model checks, for documentation; the one
    /// on the first access after power-up is known to the registers.
    const CONTRACTS: &'static [Contract] = &[];
    /// See [`Chip::pins`].
    const PINS: &'static [&'static str] = &[];

    /// The values.
    fn regs(&self) -> &Registers;

    /// The values, to change.
    fn regs_mut(&mut self) -> &mut Registers;

    /// The driver is about to read `register`: the last moment to compute its
    /// value.
    fn before_read(&mut self, register: Register, bus: &mut Bus) {
        let _ = (register, bus);
    }

    /// The driver has read `register`: what a read acknowledges.
    fn after_read(&mut self, register: Register, bus: &mut Bus) {
        let _ = (register, bus);
    }

    /// The driver has written `register`, which held `old` before.
    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        let _ = (register, old, bus);
    }

    /// See [`Chip::interrupt`].
    fn interrupt(&self) -> Level {
        Level::High
    }

    /// See [`Chip::wake_at`].
    fn wake_at(&self) -> Option<SimTime> {
        None
    }

    /// See [`Chip::wake`].
    fn wake(&mut self, now: SimTime) {
        let _ = now;
    }

    /// See [`Chip::power`]. The default is what the registers do; a chip that
    /// loses more replaces it and calls
    /// [`set_power`](Registers::set_power).
    fn power(&mut self, on: Level, now: SimTime) {
        self.regs_mut().set_power(on, now);
    }

    /// See [`Chip::reset`].
    fn reset(&mut self, level: Level, now: SimTime) {
        let _ = (level, now);
    }

    /// See [`Chip::drives`].
    fn drives(&self, pin: usize) -> Option<Level> {
        let _ = pin;
        None
    }

    /// See [`Chip::pin_changed`].
    fn pin_changed(&mut self, pin: usize, level: Level, now: SimTime) {
        let _ = (pin, level, now);
    }

    /// Register data from the [pointer](Registers::pointer) on; for a framing.
    fn write_words(&mut self, bus: &mut Bus, data: &[u8], walk: Walk) {
        let mut burst = Burst::new(Direction::Write, walk);
        for byte in data {
            burst.write(self, *byte, bus);
        }
        burst.end(self, bus);
    }

    /// Register data from the [pointer](Registers::pointer) on, into `buf`;
    /// for a framing.
    fn read_words(&mut self, bus: &mut Bus, buf: &mut [u8], walk: Walk) {
        let mut burst = Burst::new(Direction::Read, walk);
        for byte in buf {
            *byte = burst.read(self, bus);
        }
        burst.end(self, bus);
    }
}

impl<C: RegisterChip> Chip for C {
    fn compatible(&self) -> &'static str {
        C::COMPATIBLE
    }

    fn interrupt(&self) -> Level {
        RegisterChip::interrupt(self)
    }

    fn wake_at(&self) -> Option<SimTime> {
        RegisterChip::wake_at(self)
    }

    fn wake(&mut self, now: SimTime) {
        RegisterChip::wake(self, now);
    }

    fn power(&mut self, on: Level, now: SimTime) {
        RegisterChip::power(self, on, now);
    }

    fn reset(&mut self, level: Level, now: SimTime) {
        RegisterChip::reset(self, level, now);
    }

    fn registers(&self) -> Option<&Registers> {
        Some(self.regs())
    }

    fn registers_mut(&mut self) -> Option<&mut Registers> {
        Some(self.regs_mut())
    }

    fn stimuli(&self) -> Vec<StimulusKind> {
        stimulus::kinds(C::STIMULI)
    }

    fn stimulate(&mut self, name: &str, value: i64) -> Option<Result<(), OutOfRange>> {
        stimulus::set(C::STIMULI, self, name, value)
    }

    fn pins(&self) -> &'static [&'static str] {
        C::PINS
    }

    fn drives(&self, pin: usize) -> Option<Level> {
        RegisterChip::drives(self, pin)
    }

    fn pin_changed(&mut self, pin: usize, level: Level, now: SimTime) {
        RegisterChip::pin_changed(self, pin, level, now);
    }
}
