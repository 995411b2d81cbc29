// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Register data after an address, byte by byte: which register each byte is
//! of, what the model's hooks see of it, and the line of the timeline. No bus
//! is known here: the framings around it are [`i2c`](super::i2c) and
//! [`spi`](super::spi).

use super::chip::RegisterChip;
use super::spec::{Register, Word};
use super::storage::{complain, line};
use crate::{Access, Bus, Direction};

/// What the pointer does after each word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    /// It stays: the same register again.
    Stay,
    /// It moves to the next address.
    ByOne,
    /// It moves by the word's bytes: addresses count bytes.
    ByWord,
    /// It moves back and forth between the two addresses that differ in bit 0.
    InPair,
}

/// How a burst of register data goes on from the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// What the pointer does after each word.
    pub increment: Increment,
    /// The bits of the pointer that take part; it wraps within them.
    pub mask: u32,
}

impl Walk {
    /// The pointer after a word of `bytes` bytes at `pointer`.
    fn after(self, pointer: u32, bytes: usize) -> u32 {
        let next = match self.increment {
            Increment::Stay => pointer,
            Increment::ByOne => pointer.wrapping_add(1),
            // Why: a word has at most four bytes.
            Increment::ByWord => pointer.wrapping_add(u32::try_from(bytes).unwrap_or(4)),
            Increment::InPair => pointer ^ 1,
        };
        next & self.mask | pointer & !self.mask
    }
}

/// Register data in one direction, from the pointer on. The word under way is
/// kept here, so that the bytes may come in any number of pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Burst {
    direction: Direction,
    walk: Walk,
    word: Vec<u8>,
    /// How many bytes of `word` have crossed the bus; in a write all of them.
    done: usize,
    value: u32,
    register: Option<Register>,
    /// The address without a register that was reported last.
    reported: Option<u32>,
}

impl Burst {
    pub(super) const fn new(direction: Direction, walk: Walk) -> Self {
        Self {
            direction,
            walk,
            word: Vec::new(),
            done: 0,
            value: 0,
            register: None,
            reported: None,
        }
    }

    /// Whether a word has begun and not ended.
    pub(super) const fn is_within_word(&self) -> bool {
        self.done > 0
    }

    fn begin<C: RegisterChip + ?Sized>(&mut self, chip: &C) -> Word {
        self.register = C::MAP.at(chip.regs().pointer);
        self.register.map_or(C::MAP.word, |register| register.word)
    }

    /// A byte of data comes in.
    pub(super) fn write<C: RegisterChip + ?Sized>(
        &mut self,
        chip: &mut C,
        byte: u8,
        bus: &mut Bus,
    ) {
        let word = self.begin(chip);
        self.word.push(byte);
        self.done = self.word.len();
        if self.done == word.bytes() {
            self.end(chip, bus);
        }
    }

    /// A byte of data goes out.
    pub(super) fn read<C: RegisterChip + ?Sized>(&mut self, chip: &mut C, bus: &mut Bus) -> u8 {
        if self.done == 0 {
            let word = self.begin(chip);
            self.word = match self.register {
                Some(register) => {
                    chip.before_read(register, bus);
                    self.value = chip.regs().driver_read(register, bus);
                    word.encode(self.value)
                }
                // Why: nothing drives the data line, which is pulled up.
                None => vec![0xff; word.bytes()],
            };
        }
        let byte = self.word.get(self.done).copied().unwrap_or(0xff);
        self.done += 1;
        if self.done >= self.word.len() {
            self.end(chip, bus);
        }
        byte
    }

    /// No more bytes come: what has crossed of a word under way counts.
    pub(super) fn end<C: RegisterChip + ?Sized>(&mut self, chip: &mut C, bus: &mut Bus) {
        if self.done == 0 {
            return;
        }
        let pointer = chip.regs().pointer;
        let bytes = std::mem::take(&mut self.word);
        let bytes = &bytes[..self.done.min(bytes.len())];
        self.done = 0;
        match (self.register, self.direction) {
            (Some(register), Direction::Write) => write_word(chip, register, bytes, bus),
            (Some(register), Direction::Read) => {
                if bytes.len() == register.word.bytes() {
                    bus.log(line(Direction::Read, register, self.value));
                } else {
                    bus.log(raw(Direction::Read, register.name.to_owned(), bytes));
                }
                chip.regs_mut().after_read(register);
                chip.after_read(register, bus);
            }
            (None, direction) => {
                unknown_address(direction, pointer, bytes, &mut self.reported, bus);
            }
        }
        let word = self.register.map_or(C::MAP.word, |register| register.word);
        let registers = chip.regs_mut();
        registers.pointer = self.walk.after(registers.pointer, word.bytes());
    }
}

fn write_word<C: RegisterChip + ?Sized>(
    chip: &mut C,
    register: Register,
    bytes: &[u8],
    bus: &mut Bus,
) {
    if bytes.len() < register.word.bytes() {
        bus.log(raw(Direction::Write, register.name.to_owned(), bytes));
        let text = format!(
            "write of {} of {} bytes to {}{}",
            bytes.len(),
            register.word.bytes(),
            register.name,
            register.cite()
        );
        complain(register, text, bus);
        return;
    }
    let value = register.word.decode(bytes);
    bus.log(line(Direction::Write, register, value));
    if let Some(old) = chip.regs_mut().driver_write(register, value, bus) {
        chip.written(register, old, bus);
        chip.regs_mut().after_write(register);
    }
}

/// An access where no register is: shown always, reported once per burst and
/// address. Datasheets keep such addresses to themselves: what is written
/// there must not be changed, and what is read there has no meaning.
fn unknown_address(
    direction: Direction,
    pointer: u32,
    bytes: &[u8],
    reported: &mut Option<u32>,
    bus: &mut Bus,
) {
    bus.log(raw(direction, format!("{pointer:#04x}"), bytes));
    if *reported == Some(pointer) {
        return;
    }
    *reported = Some(pointer);
    let place = format!("{pointer:#04x}, where there is no register");
    match direction {
        Direction::Write => bus.violation(format!("write to {place}")),
        Direction::Read => bus.unwise(format!("read of {place}")),
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

/// A pointer of `bytes` bytes, most significant first.
pub(super) fn pointer(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// All bits of a pointer of `bytes` bytes.
pub(super) const fn pointer_mask(bytes: usize) -> u32 {
    match bytes {
        0 => 0,
        1 => 0xff,
        2 => 0xffff,
        3 => 0xff_ffff,
        _ => u32::MAX,
    }
}

/// The line of a pointer that was written and that no data followed.
pub(super) fn unused_pointer<C: RegisterChip + ?Sized>(pointer: u32, bytes: usize) -> Access {
    let name = C::MAP.at(pointer).map_or("", |register| register.name);
    Access {
        direction: Direction::Write,
        target: "POINTER".to_owned(),
        value: format!("{pointer:0width$x}", width = 2 * bytes),
        fields: name.to_owned(),
    }
}
