// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Registers over SPI: chip select, an address whose bits also say the
//! direction, register data, release of chip select.

use super::chip::RegisterChip;
use super::words::{Burst, Increment, Walk, pointer, pointer_mask, unused_pointer};
use crate::{Bus, Direction, Level, SimTime, SpiMode, SpiPeripheral};

/// What follows a word of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpiWrites {
    /// The next word, where [`INCREMENT`](SpiRegisters::INCREMENT) says.
    Burst,
    /// Another address with its word.
    Pairs,
}

/// A register map on an SPI bus, most significant bit first. Implementing it
/// gives [`SpiPeripheral`].
///
/// While the address comes in, and in a write, the chip sends zeroes: what a
/// controller must not look at.
pub trait SpiRegisters: RegisterChip {
    /// See [`SpiPeripheral::sck_hz_max`].
    const SCK_HZ_MAX: u32;
    /// See [`SpiPeripheral::modes`].
    const MODES: &'static [SpiMode];
    /// See [`SpiPeripheral::deselected_min`].
    const DESELECTED_MIN: SimTime = SimTime::ZERO;
    /// How many bytes the address has, most significant first; 1 to 4.
    const ADDRESS_BYTES: usize = 1;
    /// The bits of the address that select a register.
    const ADDRESS_MASK: u32 = 0x7f;
    /// The bits of a register's address that are 1 and not sent.
    const ADDRESS_IMPLIED: u32 = 0;
    /// The bit of the address that says the direction.
    const READ_BIT: u32 = 0x80;
    /// The level of [`READ_BIT`](SpiRegisters::READ_BIT) in a read.
    const READ_LEVEL: Level = Level::High;
    /// What the pointer does after each word.
    const INCREMENT: Increment = Increment::ByOne;
    /// The bit of the address that has to be set for
    /// [`INCREMENT`](SpiRegisters::INCREMENT), where there is one; without it
    /// the pointer stays.
    const INCREMENT_BIT: Option<u32> = None;
    /// What follows a word of a write.
    const WRITES: SpiWrites = SpiWrites::Burst;

    /// The chip, which has power, was selected. This is the place to check a
    /// [`MinGap`](super::MinGap).
    fn selected(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// Chip select was released, and the data before it have been carried out.
    fn deselected(&mut self, bus: &mut Bus) {
        let _ = bus;
    }
}

/// Where the chip is in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Frame {
    /// Not selected, or without power when it was: nothing is understood.
    #[default]
    Deaf,
    /// The bytes of the address so far.
    Address(Vec<u8>),
    /// The address is complete, and no data have come.
    Addressed(Direction, Burst),
    /// Data.
    Data(Direction, Burst),
}

impl<C: SpiRegisters> SpiPeripheral for C {
    fn select(&mut self, bus: &mut Bus) {
        let answers = self.regs().accessed(bus).is_ok();
        self.regs_mut().frame = if answers {
            self.selected(bus);
            Frame::Address(Vec::new())
        } else {
            Frame::Deaf
        };
    }

    fn exchange(&mut self, bus: &mut Bus, sent: &[u8], received: &mut [u8]) {
        let mut frame = std::mem::take(&mut self.regs_mut().frame);
        if !self.regs().has_power() {
            frame = Frame::Deaf;
        }
        for (sent, received) in sent.iter().zip(received) {
            (frame, *received) = step(self, frame, *sent, bus);
        }
        let under_way = match &frame {
            Frame::Deaf => false,
            Frame::Address(_) | Frame::Addressed(..) => true,
            Frame::Data(_, burst) => burst.is_within_word(),
        };
        if under_way {
            bus.hold();
        }
        self.regs_mut().frame = frame;
    }

    fn deselect(&mut self, bus: &mut Bus) {
        match std::mem::take(&mut self.regs_mut().frame) {
            Frame::Deaf => return,
            Frame::Address(bytes) if bytes.is_empty() => {}
            Frame::Address(bytes) => bus.violation(format!(
                "transfer of {} of {} address bytes",
                bytes.len(),
                C::ADDRESS_BYTES
            )),
            Frame::Addressed(..) => {
                let pointer = self.regs().pointer;
                bus.log(unused_pointer::<C>(pointer, C::ADDRESS_BYTES));
            }
            Frame::Data(_, mut burst) => burst.end(self, bus),
        }
        self.deselected(bus);
    }

    fn sck_hz_max(&self) -> u32 {
        C::SCK_HZ_MAX
    }

    fn modes(&self) -> &'static [SpiMode] {
        C::MODES
    }

    fn deselected_min(&self) -> SimTime {
        C::DESELECTED_MIN
    }
}

/// One byte in each direction.
fn step<C: SpiRegisters>(chip: &mut C, frame: Frame, sent: u8, bus: &mut Bus) -> (Frame, u8) {
    match frame {
        Frame::Deaf => (Frame::Deaf, 0),
        Frame::Address(mut bytes) => {
            bytes.push(sent);
            if bytes.len() < C::ADDRESS_BYTES {
                return (Frame::Address(bytes), 0);
            }
            let address = pointer(&bytes);
            chip.regs_mut().pointer = address & C::ADDRESS_MASK | C::ADDRESS_IMPLIED;
            let direction = direction::<C>(address);
            let burst = Burst::new(direction, walk::<C>(address));
            (Frame::Addressed(direction, burst), 0)
        }
        Frame::Addressed(Direction::Write, mut burst)
        | Frame::Data(Direction::Write, mut burst) => {
            burst.write(chip, sent, bus);
            if C::WRITES == SpiWrites::Pairs && !burst.is_within_word() {
                return (Frame::Address(Vec::new()), 0);
            }
            (Frame::Data(Direction::Write, burst), 0)
        }
        Frame::Addressed(Direction::Read, mut burst) | Frame::Data(Direction::Read, mut burst) => {
            let received = burst.read(chip, bus);
            (Frame::Data(Direction::Read, burst), received)
        }
    }
}

fn direction<C: SpiRegisters>(address: u32) -> Direction {
    let level = Level::high_when(address & C::READ_BIT != 0);
    if level == C::READ_LEVEL {
        Direction::Read
    } else {
        Direction::Write
    }
}

fn walk<C: SpiRegisters>(address: u32) -> Walk {
    let moves = C::INCREMENT_BIT.is_none_or(|bit| address & bit != 0);
    Walk {
        increment: if moves { C::INCREMENT } else { Increment::Stay },
        mask: C::ADDRESS_MASK & pointer_mask(C::ADDRESS_BYTES),
    }
}
