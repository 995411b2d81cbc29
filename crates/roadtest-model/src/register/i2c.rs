// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Registers over I²C: a write's first bytes set the pointer and the rest is
//! register data; a read starts at the pointer.

use super::chip::RegisterChip;
use super::spec::verb;
use super::words::{Increment, Walk, pointer, pointer_mask, unused_pointer};
use crate::{Bus, Direction, I2cTarget, Nack};

/// A register map on an I²C bus. Implementing it gives [`I2cTarget`]; for the
/// usual protocol with a pointer of one byte the implementation is empty.
pub trait I2cRegisters: RegisterChip {
    /// What the pointer does after each word.
    const INCREMENT: Increment = Increment::Stay;
    /// How many bytes the pointer has on the bus, most significant first; 1
    /// to 4.
    const POINTER_BYTES: usize = 1;
    /// The bits of the pointer that select a register; others are ignored by
    /// the chip (or mean what [`pointed`](I2cRegisters::pointed) makes of
    /// them).
    const POINTER_MASK: u32 = u32::MAX;
    /// The most data bytes that one message may have, where the datasheet has
    /// a limit.
    const BURST_MAX: Option<usize> = None;
    /// See [`I2cTarget::scl_hz_max`].
    const SCL_HZ_MAX: u32 = 400_000;
    /// How data go on from the pointer, as the constants above say it.
    const WALK: Walk = Walk {
        increment: Self::INCREMENT,
        mask: Self::POINTER_MASK & pointer_mask(Self::POINTER_BYTES),
    };

    /// The chip, which has power, sees its address. This is the place to
    /// refuse the message, and to check a [`MinGap`](super::MinGap).
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge its address.
    fn addressed(&mut self, direction: Direction, bus: &mut Bus) -> Result<(), Nack> {
        let _ = (direction, bus);
        Ok(())
    }

    /// See [`I2cTarget::accepts`].
    fn acceptable(&self, bytes: &[u8]) -> usize {
        bytes.len()
    }

    /// The pointer was written, as it came over the bus, before
    /// [`POINTER_MASK`](I2cRegisters::POINTER_MASK).
    fn pointed(&mut self, pointer: u32, bus: &mut Bus) {
        let _ = (pointer, bus);
    }

    /// The transfer ended with a STOP condition.
    fn stopped(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// The controller wrote `bytes`. The default is the register protocol; a
    /// chip with another framing around its registers replaces it and calls
    /// [`write_words`](RegisterChip::write_words).
    fn write_message(&mut self, bus: &mut Bus, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let Some((address, data)) = bytes.split_at_checked(Self::POINTER_BYTES) else {
            bus.violation(format!(
                "write of {} of {} pointer bytes",
                bytes.len(),
                Self::POINTER_BYTES
            ));
            return;
        };
        let address = pointer(address);
        self.pointed(address, bus);
        let registers = self.regs_mut();
        registers.pointer = address & Self::POINTER_MASK;
        registers.pointer_unused = data.is_empty();
        if data.is_empty() {
            bus.hold();
        } else {
            check_burst::<Self>(Direction::Write, data.len(), bus);
            self.write_words(bus, data, Self::WALK);
        }
    }

    /// The controller reads `buf.len()` bytes. The default is the register
    /// protocol; a chip with another framing around its registers replaces it
    /// and calls [`read_words`](RegisterChip::read_words).
    fn read_message(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.regs_mut().pointer_unused = false;
        check_burst::<Self>(Direction::Read, buf.len(), bus);
        self.read_words(bus, buf, Self::WALK);
    }
}

impl<C: I2cRegisters> I2cTarget for C {
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        self.regs().accessed(bus)?;
        self.addressed(direction, bus)
    }

    fn accepts(&self, bytes: &[u8]) -> usize {
        self.acceptable(bytes)
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) {
        self.write_message(bus, bytes);
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.read_message(bus, buf);
    }

    fn stop(&mut self, bus: &mut Bus) {
        let registers = self.regs_mut();
        if std::mem::take(&mut registers.pointer_unused) {
            let pointer = registers.pointer;
            bus.log(unused_pointer::<C>(pointer, C::POINTER_BYTES));
        }
        self.stopped(bus);
    }

    fn scl_hz_max(&self) -> u32 {
        C::SCL_HZ_MAX
    }
}

fn check_burst<C: I2cRegisters + ?Sized>(direction: Direction, length: usize, bus: &mut Bus) {
    if let Some(max) = C::BURST_MAX.filter(|max| length > *max) {
        let verb = verb(direction);
        bus.violation(format!("{verb} of {length} data bytes, at most {max}"));
    }
}
