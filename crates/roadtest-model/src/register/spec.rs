// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What [`registers!`](crate::registers) produces: registers, fields and the
//! map of them, as constants. No values live here; see
//! [`Registers`](super::Registers).

use crate::Direction;

/// How a register's value travels on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// One byte.
    U8,
    /// Two bytes, most significant first.
    U16be,
    /// Two bytes, least significant first (SMBus words).
    U16le,
    /// Three bytes, most significant first.
    U24be,
    /// Three bytes, least significant first.
    U24le,
    /// Four bytes, most significant first.
    U32be,
    /// Four bytes, least significant first.
    U32le,
}

impl Word {
    /// Length on the bus in bytes, 1 to 4.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16be | Self::U16le => 2,
            Self::U24be | Self::U24le => 3,
            Self::U32be | Self::U32le => 4,
        }
    }

    /// All bits of the word set.
    pub const fn mask(self) -> u32 {
        match self {
            Self::U8 => 0xff,
            Self::U16be | Self::U16le => 0xffff,
            Self::U24be | Self::U24le => 0xff_ffff,
            Self::U32be | Self::U32le => 0xffff_ffff,
        }
    }

    const fn little_endian(self) -> bool {
        matches!(self, Self::U16le | Self::U24le | Self::U32le)
    }

    /// The value of `bytes` in bus order. Fewer bytes than the word has give
    /// the value of those bytes alone; more are ignored.
    pub fn decode(self, bytes: &[u8]) -> u32 {
        let bytes = &bytes[..bytes.len().min(self.bytes())];
        let join = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        if self.little_endian() {
            bytes.iter().rev().fold(0, join)
        } else {
            bytes.iter().fold(0, join)
        }
    }

    /// `value` in bus order, [`bytes`](Word::bytes) long; higher bits are cut
    /// off.
    pub fn encode(self, value: u32) -> Vec<u8> {
        let mut bytes = value.to_le_bytes()[..self.bytes()].to_vec();
        if !self.little_endian() {
            bytes.reverse();
        }
        bytes
    }

    /// `value` in hexadecimal digits, as wide as the word.
    pub fn hex(self, value: u32) -> String {
        format!("{value:0width$x}", width = 2 * self.bytes())
    }
}

/// What an access does to a register or field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `rw`: reads give the value, writes replace it.
    ReadWrite,
    /// `ro`: a write of a whole register is a violation; a read-only field of
    /// a writable register silently keeps its value.
    ReadOnly,
    /// `wo`: a read of a whole register is a violation; a write-only field
    /// reads as zero.
    WriteOnly,
    /// `w1c`: writing 1 clears the bit, 0 leaves it.
    WriteOneToClear,
    /// `w1s`: writing 1 sets the bit, 0 leaves it.
    WriteOneToSet,
    /// `sc`: what is written is there for the chip's reaction
    /// ([`written`](super::RegisterChip::written)) and is zero afterwards.
    SelfClearing,
    /// `rc`: cleared by a read, which still gives the value; not writable.
    ReadClears,
}

impl Rule {
    /// The two or three letters of the declaration.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::ReadWrite => "rw",
            Self::ReadOnly => "ro",
            Self::WriteOnly => "wo",
            Self::WriteOneToClear => "w1c",
            Self::WriteOneToSet => "w1s",
            Self::SelfClearing => "sc",
            Self::ReadClears => "rc",
        }
    }

    /// Whether a driver may write a register of this rule.
    pub(crate) const fn writable(self) -> bool {
        !matches!(self, Self::ReadOnly | Self::ReadClears)
    }
}

/// A range of bits of one register, as the datasheet names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The datasheet's name, upper case.
    pub name: &'static str,
    /// The name of the register that holds it.
    pub register: &'static str,
    /// The address of that register.
    pub address: u32,
    /// The most significant bit.
    pub high: u8,
    /// The least significant bit.
    pub low: u8,
    /// What an access does.
    pub rule: Rule,
    /// The datasheet's short name where it differs, or another remark; may be
    /// empty. One that begins with `BCD` says that the field's digits are
    /// decimal, which is how the timeline shows it.
    pub note: &'static str,
    /// The values that have names, and their names. Where there are any, no
    /// other value is legal.
    pub values: &'static [(&'static str, u32)],
    /// The smallest and the largest legal value.
    pub range: Option<(u32, u32)>,
}

impl Field {
    /// The field's bits, in the register's position.
    pub const fn mask(&self) -> u32 {
        (u32::MAX >> (31 - (self.high - self.low))) << self.low
    }

    /// The field's value in a register's `word`.
    pub const fn of(&self, word: u32) -> u32 {
        (word & self.mask()) >> self.low
    }

    /// Whether the field's digits are decimal, as its note says.
    fn is_bcd(&self) -> bool {
        self.note.starts_with("BCD")
    }

    /// The name of `value`, where it has one.
    pub fn value_name(&self, value: u32) -> Option<&'static str> {
        self.values
            .iter()
            .find(|(_, number)| *number == value)
            .map(|(name, _)| *name)
    }

    /// Whether the datasheet allows `value`.
    pub fn is_legal(&self, value: u32) -> bool {
        let named = self.values.is_empty() || self.value_name(value).is_some();
        named
            && self
                .range
                .is_none_or(|(min, max)| (min..=max).contains(&value))
    }
}

/// One register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// The datasheet's name, upper case.
    pub name: &'static str,
    /// The first line of documentation in the declaration; may be empty.
    pub doc: &'static str,
    /// The address (or command code) on the bus.
    pub address: u32,
    /// The format on the bus.
    pub word: Word,
    /// What an access does to bits whose field says nothing else.
    pub rule: Rule,
    /// The value after power-up.
    pub reset: u32,
    /// The datasheet's section, or [`DRIVER`](super::DRIVER) where the driver is
    /// all that is known; may be empty.
    pub section: &'static str,
    /// The fields, or `None` where the declaration lists none and every bit
    /// is valid. With a list, bits of no field are reserved.
    pub fields: Option<&'static [Field]>,
}

impl Register {
    /// The fields; none where none are declared.
    pub const fn fields(&self) -> &'static [Field] {
        match self.fields {
            Some(fields) => fields,
            None => &[],
        }
    }

    /// The bits that belong to no field, where fields are listed.
    pub const fn reserved(&self) -> u32 {
        let Some(fields) = self.fields else { return 0 };
        let mut reserved = self.word.mask();
        let mut index = 0;
        while index < fields.len() {
            reserved &= !fields[index].mask();
            index += 1;
        }
        reserved
    }

    /// The bits whose field (or, for bits of no field, whose register) has
    /// `rule`. Reserved bits have none.
    pub fn bits(&self, rule: Rule) -> u32 {
        match self.fields {
            None if self.rule == rule => self.word.mask(),
            None => 0,
            Some(fields) => fields
                .iter()
                .filter(|field| field.rule == rule)
                .fold(0, |bits, field| bits | field.mask()),
        }
    }

    /// ` (7.6.1.1.2)`, or nothing where no section is declared.
    pub(crate) fn cite(&self) -> String {
        cite(self.section)
    }

    /// The fields of `word` as the timeline shows them: `mode=Single ready=1`,
    /// only those that differ from their reset value, so that a line says
    /// what is special about it; the digits beside it say the rest.
    pub fn decode(&self, word: u32) -> String {
        let differs = |field: &&Field| field.of(word) != field.of(self.reset);
        let show = |field: &Field| {
            let value = field.of(word);
            let name = field.name.to_lowercase();
            match field.value_name(value) {
                Some(text) => format!("{name}={text}"),
                None if field.is_bcd() => format!("{name}={value:x}"),
                None => format!("{name}={value}"),
            }
        };
        let shown = self.fields().iter().filter(differs).map(show);
        shown.collect::<Vec<_>>().join(" ")
    }
}

/// ` (section)`, or nothing where `section` is empty.
pub(crate) fn cite(section: &str) -> String {
    if section.is_empty() {
        String::new()
    } else {
        format!(" ({section})")
    }
}

/// All registers of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    /// The documentation above the declaration: chip, datasheet, revision.
    pub title: &'static str,
    /// The word format that registers have unless they say otherwise.
    pub word: Word,
    /// The registers in the order of the declaration.
    pub registers: &'static [Register],
}

impl Map {
    /// The register at `address`.
    pub fn at(&self, address: u32) -> Option<Register> {
        self.registers
            .iter()
            .find(|register| register.address == address)
            .copied()
    }

    /// Checks what the macro's grammar cannot: it runs when the map is
    /// compiled.
    ///
    /// # Panics
    /// Where two registers share an address, a field lies outside its
    /// register or overlaps another, or a reset value is wider than its
    /// register.
    #[doc(hidden)]
    pub const fn check(&self) {
        let mut index = 0;
        while index < self.registers.len() {
            let register = &self.registers[index];
            assert!(
                register.reset & !register.word.mask() == 0,
                "a reset value is wider than its register"
            );
            let mut other = 0;
            while other < index {
                assert!(
                    self.registers[other].address != register.address,
                    "two registers share an address"
                );
                other += 1;
            }
            check_fields(register);
            index += 1;
        }
    }
}

const fn check_fields(register: &Register) {
    let fields = register.fields();
    let mut seen = 0;
    let mut index = 0;
    while index < fields.len() {
        let field = &fields[index];
        assert!(
            field.low <= field.high && field.high < 32,
            "a field's bits are [high:low], 31 to 0"
        );
        assert!(
            field.mask() & !register.word.mask() == 0,
            "a field lies outside its register"
        );
        assert!(field.mask() & seen == 0, "two fields overlap");
        seen |= field.mask();
        index += 1;
    }
}

/// A [`Register`] or a [`Field`]: where a value is.
pub trait Place: Copy {
    /// The name in the declaration.
    fn name(&self) -> &'static str;
    /// The register's address.
    fn address(&self) -> u32;
    /// The bits, in the register's position.
    fn mask(&self) -> u32;
    /// The least significant bit.
    fn low(&self) -> u8;
}

impl Place for Register {
    fn name(&self) -> &'static str {
        self.name
    }

    fn address(&self) -> u32 {
        self.address
    }

    fn mask(&self) -> u32 {
        self.word.mask()
    }

    fn low(&self) -> u8 {
        0
    }
}

impl Place for Field {
    fn name(&self) -> &'static str {
        self.name
    }

    fn address(&self) -> u32 {
        self.address
    }

    fn mask(&self) -> u32 {
        Self::mask(self)
    }

    fn low(&self) -> u8 {
        self.low
    }
}

/// `write` or `read`, as violations begin.
pub(crate) const fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Write => "write",
        Direction::Read => "read",
    }
}
