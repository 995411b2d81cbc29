// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The trait that every model implements.

use crate::register::Registers;
use crate::{Bus, Level, Nack, SimTime, Stimulus};

/// A hardware model. Everything has a default but the name and the two
/// directions of a transfer; chips whose protocol is a register map implement
/// [`RegisterChip`](crate::register::RegisterChip) and get this trait from it.
///
/// A transfer is one or more messages between START and STOP; each message is
/// one call of [`write`](Chip::write) or [`read`](Chip::read), and
/// [`stop`](Chip::stop) ends it.
pub trait Chip: 'static {
    /// `compatible` of the chip's devicetree node, unless the board overrides
    /// it.
    const COMPATIBLE: &'static str;
    /// What can be set by name at the prompt of a board that somebody
    /// explores.
    const STIMULI: &'static [Stimulus<Self>] = &[];

    /// Whether the chip acknowledges its address at `now`, the end of the
    /// address byte. Where it does not, the controller sends no more, and
    /// [`write`](Chip::write) or [`read`](Chip::read), which follows at once,
    /// says so again. The default acknowledges; a [`Nack`] is then one of a
    /// later byte.
    fn acknowledges(&self, now: SimTime) -> bool {
        let _ = now;
        true
    }

    /// The controller wrote `bytes` (zero or more) to the chip.
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge.
    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack>;

    /// The controller reads `buf.len()` bytes (zero or more) from the chip.
    /// The runtime zeroes `buf`.
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge its address.
    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) -> Result<(), Nack>;

    /// The transfer ended with a STOP condition.
    fn stop(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// The level of the chip's interrupt output, as a function of its state.
    /// The runtime samples it after each access, stimulus and wake-up.
    fn interrupt(&self) -> Level {
        Level::High
    }

    /// When the chip wants [`wake`](Chip::wake) called. Sampled at the same
    /// moments as [`interrupt`](Chip::interrupt).
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

    /// The highest SCL rate the datasheet allows, in Hz.
    fn scl_hz_max(&self) -> u32 {
        400_000
    }
}
