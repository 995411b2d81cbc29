// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The trait that every model implements: what a chip is apart from the bus
//! that it sits on. The bus sides are traits on top of it,
//! [`I2cTarget`](crate::I2cTarget) and [`SpiPeripheral`](crate::SpiPeripheral).

use std::any::Any;

use crate::register::Registers;
use crate::{Level, OutOfRange, SimTime, StimulusKind};

/// A hardware model. Everything but the name has a default. Chips that are a
/// register map implement [`RegisterChip`](crate::register::RegisterChip) and
/// get this trait from it.
///
/// The runtime samples what a chip says of itself
/// ([`interrupt`](Chip::interrupt), [`wake_at`](Chip::wake_at),
/// [`drives`](Chip::drives)) after each access, stimulus, wake-up and change
/// of a pin: they are functions of the chip's state. A panic in any method is
/// reported as one of the model.
pub trait Chip: Any {
    /// `compatible` of the chip's devicetree node, unless the board overrides
    /// it.
    fn compatible(&self) -> &'static str;

    /// The level of the chip's interrupt output.
    fn interrupt(&self) -> Level {
        Level::High
    }

    /// When the chip wants [`wake`](Chip::wake) called.
    fn wake_at(&self) -> Option<SimTime> {
        None
    }

    /// Virtual time has reached [`wake_at`](Chip::wake_at). The chip must
    /// change its answer, or the test fails with a model error.
    fn wake(&mut self, now: SimTime) {
        let _ = now;
    }

    /// The supply came on (`on = High`) or went off. A chip that models its
    /// supply forgets its registers here; the default ignores it.
    fn power(&mut self, on: Level, now: SimTime) {
        let _ = (on, now);
    }

    /// The reset input changed. The default ignores it.
    fn reset(&mut self, level: Level, now: SimTime) {
        let _ = (level, now);
    }

    /// The chip's registers, where it is a register map; for a prompt.
    fn registers(&self) -> Option<&Registers> {
        None
    }

    /// The chip's registers, to change.
    fn registers_mut(&mut self) -> Option<&mut Registers> {
        None
    }

    /// What can be set by name at the prompt of a board that is explored.
    /// A chip with a list of [`Stimulus`](crate::Stimulus) answers with
    /// [`stimulus::kinds`](crate::stimulus::kinds).
    fn stimuli(&self) -> Vec<StimulusKind> {
        Vec::new()
    }

    /// Sets the stimulus `name`; `None` where the chip has none of that name.
    /// A chip with a list answers with [`stimulus::set`](crate::stimulus::set).
    fn stimulate(&mut self, name: &str, value: i64) -> Option<Result<(), OutOfRange>> {
        let _ = (name, value);
        None
    }

    /// The digital pins of the chip besides its interrupt output, supply and
    /// reset input (an expander's ports, a PWM output, a write-protect input),
    /// with the datasheet's names. Elsewhere a pin is its index in this list.
    fn pins(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the chip drives a pin to; `None` while the pin is an input or not
    /// driven.
    fn drives(&self, pin: usize) -> Option<Level> {
        let _ = pin;
        None
    }

    /// The level at one of the chip's pins changed from outside.
    fn pin_changed(&mut self, pin: usize, level: Level, now: SimTime) {
        let _ = (pin, level, now);
    }
}
