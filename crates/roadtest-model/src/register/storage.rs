// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The values of a chip's registers, from two sides: the model's own, which
//! may do anything, and the driver's, which is checked against the datasheet
//! and shown on the timeline. Their supply is here because registers are what
//! a chip loses with it.

use std::collections::BTreeMap;

use super::contract::{Guard, MinGap, Supply, severity};
use super::spec::{Map, Place, Register, Rule, verb};
use super::spi::Frame;
use crate::{Access, Bus, Complaint, Direction, Level, Nack, Severity, SimTime};

/// The registers of one chip, and where it is in a message of its bus protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    map: &'static Map,
    values: BTreeMap<u32, u32>,
    guards: Vec<Guard>,
    supply: Supply,
    pub(super) pointer: u32,
    pub(super) pointer_unused: bool,
    pub(super) frame: Frame,
}

impl Registers {
    /// All registers of `map` with their reset values, the pointer at 0, and
    /// the supply on.
    pub fn new(map: &'static Map) -> Self {
        let mut registers = Self {
            map,
            values: BTreeMap::new(),
            guards: Vec::new(),
            supply: Supply::new("", SimTime::ZERO),
            pointer: 0,
            pointer_unused: false,
            frame: Frame::default(),
        };
        registers.reset();
        registers
    }

    /// What power-up does: every register gets its reset value, the pointer
    /// is 0, and no [`Guard`] is entered.
    pub fn reset(&mut self) {
        let values = self.map.registers.iter();
        self.values = values.map(|r| (r.address, r.reset)).collect();
        self.guards.clear();
        self.pointer = 0;
        self.pointer_unused = false;
    }

    /// After power-up the chip must be left alone for `time`, says the
    /// datasheet in `section` (may be empty).
    pub const fn set_start_up(&mut self, section: &'static str, time: SimTime) {
        self.supply.set_start_up(section, time);
    }

    /// The supply came on (`High`) or went off, and the values with it.
    pub fn set_power(&mut self, on: Level, now: SimTime) {
        self.supply.set(on, now);
        if !on.is_high() {
            self.reset();
        }
    }

    /// Whether the supply is on.
    pub const fn has_power(&self) -> bool {
        self.supply.level().is_high()
    }

    /// The contract on the first access after power-up, where there is one.
    pub fn start_up(&self) -> Option<MinGap> {
        self.supply.start_up()
    }

    /// The driver accesses the chip: see [`Supply::accessed`].
    pub(super) fn accessed(&self, bus: &mut Bus) -> Result<(), Nack> {
        self.supply.accessed(bus)
    }

    /// The declaration.
    pub const fn map(&self) -> &'static Map {
        self.map
    }

    /// The address that the next access without one goes to.
    pub const fn pointer(&self) -> u32 {
        self.pointer
    }

    /// Moves the pointer, for a chip whose protocol does that in its own way.
    pub const fn point_to(&mut self, address: u32) {
        self.pointer = address;
        self.pointer_unused = false;
    }

    /// Moves the pointer by a message without data. Where no read follows in
    /// the transfer, its end shows the pointer.
    pub const fn point_only(&mut self, address: u32) {
        self.pointer = address;
        self.pointer_unused = true;
    }

    /// The value of a register or field, as the model sees it.
    ///
    /// # Panics
    /// Where `place` is of another map: a mistake in the model.
    pub fn get(&self, place: impl Place) -> u32 {
        (self.word(place) & place.mask()) >> place.low()
    }

    /// Whether any bit of a register or field is set.
    ///
    /// # Panics
    /// As [`get`](Registers::get).
    pub fn is_set(&self, place: impl Place) -> bool {
        self.get(place) != 0
    }

    /// Changes a register or field from the model's side: access rules do not
    /// apply, nothing is logged.
    ///
    /// # Panics
    /// Where `value` does not fit or `place` is of another map: a mistake in
    /// the model.
    pub fn store(&mut self, place: impl Place, value: u32) {
        assert!(
            value <= place.mask() >> place.low(),
            "{value:#x} does not fit {}",
            place.name()
        );
        let word = self.word(place) & !place.mask() | value << place.low();
        self.values.insert(place.address(), word);
    }

    fn word(&self, place: impl Place) -> u32 {
        match self.values.get(&place.address()) {
            Some(word) => *word,
            None => panic!(
                "{} (address {:#04x}) is no register of `{}`",
                place.name(),
                place.address(),
                self.map.title.trim()
            ),
        }
    }

    /// From now until [`leave`](Registers::leave), accesses that `guard`
    /// names are reported.
    pub fn enter(&mut self, guard: Guard) {
        if !self.guards.contains(&guard) {
            self.guards.push(guard);
        }
    }

    /// Ends what [`enter`](Registers::enter) began; nothing where it did not.
    pub fn leave(&mut self, guard: Guard) {
        self.guards.retain(|entered| *entered != guard);
    }

    /// The driver reads `register`: checks the rules, and returns the value
    /// that goes out. Nothing changes; see [`after_read`](Self::after_read).
    pub(super) fn driver_read(&self, register: Register, bus: &mut Bus) -> u32 {
        self.check_guards(register, Direction::Read, None, bus);
        if register.rule == Rule::WriteOnly {
            let text = format!("read of write-only {}{}", register.name, register.cite());
            complain(register, text, bus);
        }
        self.get(register) & !register.bits(Rule::WriteOnly)
    }

    /// Clears what a read clears.
    pub(super) fn after_read(&mut self, register: Register) {
        let value = self.get(register) & !register.bits(Rule::ReadClears);
        self.store(register, value);
    }

    /// The driver writes `value` to `register`: checks the rules, applies
    /// them, and returns the value that was there before, or `None` where the
    /// register cannot be written.
    pub(super) fn driver_write(
        &mut self,
        register: Register,
        value: u32,
        bus: &mut Bus,
    ) -> Option<u32> {
        self.check_guards(register, Direction::Write, Some(value), bus);
        check_write(register, value, bus);
        if !register.rule.writable() {
            return None;
        }
        let old = self.get(register);
        let kept =
            register.bits(Rule::ReadOnly) | register.bits(Rule::ReadClears) | register.reserved();
        let plain = !kept
            & !register.bits(Rule::WriteOneToClear)
            & !register.bits(Rule::WriteOneToSet)
            & register.word.mask();
        let cleared = value & register.bits(Rule::WriteOneToClear);
        let set = value & register.bits(Rule::WriteOneToSet);
        self.store(register, (old & !plain & !cleared) | set | value & plain);
        Some(old)
    }

    /// Clears what clears itself once the chip has reacted to a write.
    pub(super) fn after_write(&mut self, register: Register) {
        let value = self.get(register) & !register.bits(Rule::SelfClearing);
        self.store(register, value);
    }

    fn check_guards(
        &self,
        register: Register,
        direction: Direction,
        value: Option<u32>,
        bus: &mut Bus,
    ) {
        for guard in &self.guards {
            if guard.covers(register, direction) {
                let value = value.map_or(String::new(), |v| {
                    format!(" of 0x{} to", register.word.hex(v))
                });
                let of = if value.is_empty() { " of" } else { "" };
                let text = format!(
                    "{}{value}{of} {} while {}{}",
                    verb(direction),
                    register.name,
                    guard.state,
                    super::spec::cite(guard.section),
                );
                let severity = severity(guard.section, guard.severity);
                bus.complain(Complaint { severity, text });
            }
        }
    }
}

/// Reports that a rule of `register`'s declaration was broken, which is as
/// grave as where the declaration comes from.
pub(super) fn complain(register: Register, text: String, bus: &mut Bus) {
    let severity = severity(register.section, Severity::Forbidden);
    bus.complain(Complaint { severity, text });
}

/// Reports what `value` must not do to `register`.
fn check_write(register: Register, value: u32, bus: &mut Bus) {
    let written = format!("write of 0x{}", register.word.hex(value));
    let name = register.name;
    let section = register.cite();
    if !register.rule.writable() {
        let text = format!("{written} to read-only {name}{section}");
        complain(register, text, bus);
        return;
    }
    let reserved = register.reserved();
    for (does, bits) in [
        ("sets", value & !register.reset & reserved),
        ("clears", !value & register.reset & reserved),
    ] {
        if bits != 0 {
            let bits = register.word.hex(bits);
            let text = format!("{written} {does} reserved bits 0x{bits} of {name}{section}");
            complain(register, text, bus);
        }
    }
    for field in register.fields() {
        let number = field.of(value);
        if field.rule.writable() && !field.is_legal(number) {
            let text = format!(
                "{written} sets {} of {name} to {number}, which is not a legal value{section}",
                field.name
            );
            complain(register, text, bus);
        }
    }
}

/// The timeline line of an access to `register`.
pub(super) fn line(direction: Direction, register: Register, value: u32) -> Access {
    Access {
        direction,
        target: register.name.to_owned(),
        value: register.word.hex(value),
        fields: register.decode(value),
    }
}
