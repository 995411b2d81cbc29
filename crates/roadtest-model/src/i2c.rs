// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The I²C side of a chip: messages between START and STOP. What the bytes
//! mean is the chip's; [`I2cRegisters`](crate::register::I2cRegisters) has the
//! usual meaning for a register map.

use crate::{Bus, Chip, Direction, Nack};

/// A chip on an I²C bus.
///
/// A transfer is one or more messages between START and STOP. Each message is
/// [`start`](I2cTarget::start) and then, where that acknowledged,
/// [`write`](I2cTarget::write) or [`read`](I2cTarget::read);
/// [`stop`](I2cTarget::stop) ends the transfer. A byte that is not acknowledged
/// ends a message: after it comes a STOP or a repeated START.
pub trait I2cTarget: Chip {
    /// START or repeated START with this chip's address; `bus.now()` is the
    /// end of the address byte.
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge its address. No data
    /// follows.
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        let _ = (bus, direction);
        Ok(())
    }

    /// How many of the data bytes of the write that just started the chip
    /// acknowledges. The controller ends the message after the first that is
    /// refused.
    fn accepts(&self, bytes: &[u8]) -> usize {
        bytes.len()
    }

    /// The data bytes of a write that were acknowledged (zero or more), at the
    /// end of the last one. Not called where the first byte was
    /// [refused](I2cTarget::refused).
    fn write(&mut self, bus: &mut Bus, bytes: &[u8]);

    /// The first data byte of a write that was not acknowledged, at its end
    /// and after [`write`](I2cTarget::write) had those before it: for chips
    /// that remember a communication error.
    fn refused(&mut self, bus: &mut Bus, byte: u8) {
        let _ = (bus, byte);
    }

    /// The controller reads `buf.len()` bytes (zero or more) from the chip.
    /// The runtime zeroes `buf`.
    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]);

    /// The transfer ended with a STOP condition.
    fn stop(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// The highest SCL rate that the datasheet allows, in Hz.
    fn scl_hz_max(&self) -> u32 {
        400_000
    }
}
