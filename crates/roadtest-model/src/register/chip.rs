// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The trait of chips whose protocol is a register map, and that protocol:
//! a write's first bytes set the pointer and the rest is register data; a
//! read starts at the pointer.

use super::spec::{Map, Register};
use super::storage::{Registers, line};
use crate::{Access, Bus, Chip, Direction, Level, Nack, SimTime, Stimulus};

/// What the pointer does after each word of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    /// It stays: the same register again.
    Stay,
    /// It moves to the next address.
    ByOne,
    /// It moves by the word's bytes: addresses count bytes.
    ByWord,
}

/// A chip whose protocol is a register map. Implementing it gives
/// [`Chip`]; a chip that does more than store values reacts in the hooks.
///
/// The order of a read is [`before_read`](RegisterChip::before_read), the
/// value goes out, [`after_read`](RegisterChip::after_read). The order of a
/// write is: rules are checked, the value goes in,
/// [`written`](RegisterChip::written).
pub trait RegisterChip: 'static {
    /// `compatible` of the chip's devicetree node.
    const COMPATIBLE: &'static str;
    /// See [`Chip::STIMULI`].
    const STIMULI: &'static [Stimulus<Self>] = &[];
    /// The declaration, as [`registers!`](crate::registers) makes it.
    const MAP: &'static Map;
    /// What the pointer does after each word.
    const INCREMENT: Increment = Increment::Stay;
    /// How many bytes the pointer has on the bus, most significant first; 1
    /// to 4.
    const POINTER_BYTES: usize = 1;
    /// The bits of the pointer that select a register; others are ignored by
    /// the chip (or mean what [`pointed`](RegisterChip::pointed) makes of
    /// them).
    const POINTER_MASK: u32 = u32::MAX;
    /// The most data bytes that one message may have, where the datasheet has
    /// a limit.
    const BURST_MAX: Option<usize> = None;

    /// The values.
    fn regs(&self) -> &Registers;

    /// The values, to change.
    fn regs_mut(&mut self) -> &mut Registers;

    /// See [`Chip::acknowledges`]. The default does so with power; a chip that
    /// is busy at times replaces it and refuses the message in
    /// [`addressed`](RegisterChip::addressed) as well.
    fn acknowledges(&self, now: SimTime) -> bool {
        let _ = now;
        self.regs().has_power()
    }

    /// A message for this chip, which has power, is carried out. This is the
    /// place to refuse it, and to check a [`MinGap`](super::MinGap).
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge.
    fn addressed(&mut self, bus: &mut Bus) -> Result<(), Nack> {
        let _ = bus;
        Ok(())
    }

    /// The pointer was written, as it came over the bus, before
    /// [`POINTER_MASK`](RegisterChip::POINTER_MASK).
    fn pointed(&mut self, pointer: u32, bus: &mut Bus) {
        let _ = (pointer, bus);
    }

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

    /// The transfer ended with a STOP condition.
    fn stopped(&mut self, bus: &mut Bus) {
        let _ = bus;
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

    /// See [`Chip::scl_hz_max`].
    fn scl_hz_max(&self) -> u32 {
        400_000
    }

    /// The controller wrote `bytes`. The default is the register protocol; a
    /// chip with another framing around its registers replaces it and calls
    /// [`write_words`](RegisterChip::write_words).
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge.
    fn write_message(&mut self, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack> {
        self.addressed(bus)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let Some((pointer, data)) = bytes.split_at_checked(Self::POINTER_BYTES) else {
            bus.violation(format!(
                "write of {} of {} pointer bytes",
                bytes.len(),
                Self::POINTER_BYTES
            ));
            return Ok(());
        };
        let pointer = pointer
            .iter()
            .fold(0, |value: u32, byte| value << 8 | u32::from(*byte));
        self.pointed(pointer, bus);
        let registers = self.regs_mut();
        registers.pointer = pointer & Self::POINTER_MASK;
        registers.pointer_unused = data.is_empty();
        if data.is_empty() {
            bus.hold();
        } else {
            self.write_words(bus, data);
        }
        Ok(())
    }

    /// The controller reads `buf.len()` bytes. The default is the register
    /// protocol; a chip with another framing around its registers replaces it
    /// and calls [`read_words`](RegisterChip::read_words).
    ///
    /// # Errors
    /// [`Nack`] where the chip does not acknowledge.
    fn read_message(&mut self, bus: &mut Bus, buf: &mut [u8]) -> Result<(), Nack> {
        self.addressed(bus)?;
        self.regs_mut().pointer_unused = false;
        self.read_words(bus, buf);
        Ok(())
    }

    /// Register data from the pointer on.
    fn write_words(&mut self, bus: &mut Bus, data: &[u8]) {
        check_burst::<Self>(Direction::Write, data.len(), bus);
        let mut rest = data;
        let mut unknown = None;
        while !rest.is_empty() {
            let pointer = self.regs().pointer;
            let register = Self::MAP.at(pointer);
            let word = register.map_or(Self::MAP.word, |register| register.word);
            let (bytes, after) = rest.split_at(rest.len().min(word.bytes()));
            rest = after;
            match register {
                Some(register) if bytes.len() < word.bytes() => {
                    partial_write(register, bytes, bus);
                }
                Some(register) => {
                    let value = word.decode(bytes);
                    bus.log(line(Direction::Write, register, value));
                    if let Some(old) = self.regs_mut().driver_write(register, value, bus) {
                        self.written(register, old, bus);
                        self.regs_mut().after_write(register);
                    }
                }
                None => unknown_address(Direction::Write, pointer, bytes, &mut unknown, bus),
            }
            advance::<Self>(self.regs_mut(), word.bytes());
        }
    }

    /// Register data from the pointer on, into `buf`.
    fn read_words(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        check_burst::<Self>(Direction::Read, buf.len(), bus);
        let mut rest = buf;
        let mut unknown = None;
        while !rest.is_empty() {
            let pointer = self.regs().pointer;
            let register = Self::MAP.at(pointer);
            let word = register.map_or(Self::MAP.word, |register| register.word);
            let length = rest.len().min(word.bytes());
            let (bytes, after) = rest.split_at_mut(length);
            rest = after;
            if let Some(register) = register {
                self.before_read(register, bus);
                let value = self.regs().driver_read(register, bus);
                bytes.copy_from_slice(&word.encode(value)[..length]);
                if length == word.bytes() {
                    bus.log(line(Direction::Read, register, value));
                } else {
                    bus.log(raw(Direction::Read, register.name.to_owned(), bytes));
                }
                self.regs_mut().after_read(register);
                self.after_read(register, bus);
            } else {
                // Why: nothing drives the data line, which is pulled up.
                bytes.fill(0xff);
                unknown_address(Direction::Read, pointer, bytes, &mut unknown, bus);
            }
            advance::<Self>(self.regs_mut(), word.bytes());
        }
    }
}

impl<C: RegisterChip> Chip for C {
    const COMPATIBLE: &'static str = <C as RegisterChip>::COMPATIBLE;
    const STIMULI: &'static [Stimulus<Self>] = <C as RegisterChip>::STIMULI;

    fn acknowledges(&self, now: SimTime) -> bool {
        RegisterChip::acknowledges(self, now)
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack> {
        self.regs().accessed(bus)?;
        self.write_message(bus, bytes)
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) -> Result<(), Nack> {
        self.regs().accessed(bus)?;
        self.read_message(bus, buf)
    }

    fn stop(&mut self, bus: &mut Bus) {
        let registers = self.regs_mut();
        if std::mem::take(&mut registers.pointer_unused) {
            let pointer = registers.pointer;
            let name = Self::MAP.at(pointer).map_or("", |register| register.name);
            bus.log(Access {
                direction: Direction::Write,
                target: "POINTER".to_owned(),
                value: format!("{pointer:0width$x}", width = 2 * Self::POINTER_BYTES),
                fields: name.to_owned(),
            });
        }
        self.stopped(bus);
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

    fn scl_hz_max(&self) -> u32 {
        RegisterChip::scl_hz_max(self)
    }
}

fn advance<C: RegisterChip + ?Sized>(registers: &mut Registers, bytes: usize) {
    let step = match C::INCREMENT {
        Increment::Stay => 0,
        Increment::ByOne => 1,
        // Why: a word has at most four bytes.
        Increment::ByWord => u32::try_from(bytes).unwrap_or(4),
    };
    let wide = pointer_mask(C::POINTER_BYTES) & C::POINTER_MASK;
    registers.pointer = registers.pointer.wrapping_add(step) & wide;
}

const fn pointer_mask(bytes: usize) -> u32 {
    match bytes {
        0 => 0,
        1 => 0xff,
        2 => 0xffff,
        3 => 0xff_ffff,
        _ => u32::MAX,
    }
}

fn check_burst<C: RegisterChip + ?Sized>(direction: Direction, length: usize, bus: &mut Bus) {
    if let Some(max) = C::BURST_MAX.filter(|max| length > *max) {
        let verb = super::spec::verb(direction);
        bus.violation(format!("{verb} of {length} data bytes, at most {max}"));
    }
}

fn partial_write(register: Register, bytes: &[u8], bus: &mut Bus) {
    bus.log(raw(Direction::Write, register.name.to_owned(), bytes));
    bus.violation(format!(
        "write of {} of {} bytes to {}{}",
        bytes.len(),
        register.word.bytes(),
        register.name,
        register.cite()
    ));
}

/// An access where no register is: shown always, reported once per message
/// and address.
fn unknown_address(
    direction: Direction,
    pointer: u32,
    bytes: &[u8],
    reported: &mut Option<u32>,
    bus: &mut Bus,
) {
    bus.log(raw(direction, format!("{pointer:#04x}"), bytes));
    if *reported != Some(pointer) {
        *reported = Some(pointer);
        let verb = super::spec::verb(direction);
        let way = match direction {
            Direction::Write => "to",
            Direction::Read => "of",
        };
        bus.violation(format!(
            "{verb} {way} {pointer:#04x}, where there is no register"
        ));
    }
}

fn raw(direction: Direction, target: String, bytes: &[u8]) -> Access {
    Access {
        direction,
        target,
        value: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        fields: String::new(),
    }
}
