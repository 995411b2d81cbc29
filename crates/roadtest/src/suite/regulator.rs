// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What holds for every regulator: each voltage of its range can be had and
//! is the one that was asked for, a voltage between two steps is rounded up,
//! modes and enable do what they say, and the registers get what the
//! datasheet wants and nothing else.
//!
//! ```no_run
//! # use roadtest::suite::regulator::{Bits, Descriptor, Field, Range};
//! # use roadtest::view::regulator::Mode;
//! const DESCRIPTOR: Descriptor = Descriptor {
//!     ranges: &[Range::linear(400_000, 1_675_000, 5_000)],
//!     voltage: &[Field {
//!         register: "VOUT1",
//!         mask: 0xff,
//!         encode: |uv| (uv - 400_000) / 5_000,
//!     }],
//!     enable: Some(Bits { register: "CONTROL", mask: 0x20, on: 0x20, off: 0 }),
//!     modes: &[(Mode::Fast, Field { register: "CONTROL", mask: 0x10, encode: |_| 0x10 })],
//! };
//! ```

use std::collections::BTreeMap;

use roadtest_model::Chip;
use roadtest_record::event::Direction;

use crate::error::Result;
use crate::view::regulator::{Consumer, Mode, Regulator, State};
use crate::wired::Wired;

/// Voltages that follow each other at equal steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first_uv: u32,
    last_uv: u32,
    step_uv: u32,
}

impl Range {
    /// From `first_uv` to `last_uv`, both included, in microvolts.
    ///
    /// # Panics
    /// Where the last is not a whole number of steps from the first.
    pub const fn linear(first_uv: u32, last_uv: u32, step_uv: u32) -> Self {
        assert!(first_uv <= last_uv && step_uv > 0);
        assert!((last_uv - first_uv).is_multiple_of(step_uv));
        Self {
            first_uv,
            last_uv,
            step_uv,
        }
    }

    fn voltages(self) -> impl Iterator<Item = u32> {
        let count = (self.last_uv - self.first_uv) / self.step_uv;
        (0..=count).map(move |n| self.first_uv + n * self.step_uv)
    }
}

/// Bits of a register, as a function of a voltage in microvolts.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The register's name in the chip's declaration.
    pub register: &'static str,
    /// The bits, in the register's position.
    pub mask: u32,
    /// What they hold, in the register's position.
    pub encode: fn(u32) -> u32,
}

/// Bits of a register that are in one of two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    /// The register's name in the chip's declaration.
    pub register: &'static str,
    /// The bits, in the register's position.
    pub mask: u32,
    /// What they hold when on.
    pub on: u32,
    /// What they hold when off.
    pub off: u32,
}

/// What a regulator should do.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// All voltages that the board allows, in ascending order.
    pub ranges: &'static [Range],
    /// What a voltage is in the registers.
    pub voltage: &'static [Field],
    /// How it is switched, where it can be.
    pub enable: Option<Bits>,
    /// What a mode is in the registers; the function's argument is the
    /// voltage, which hardly matters.
    pub modes: &'static [(Mode, Field)],
}

/// Runs everything against a regulator, its chip and a consumer of it, which
/// is disabled afterwards.
///
/// # Errors
/// Where the kernel cannot be asked.
///
/// # Panics
/// Where the regulator does something else than the descriptor says, and where
/// the model marked something as unwise, such as an access while the output
/// still moves.
pub fn check<C: Chip>(
    chip: &Wired<C>,
    regulator: &Regulator,
    consumer: &Consumer,
    descriptor: &Descriptor,
) -> Result {
    let mut bus = Registers::of(chip);
    let marks = chip.timeline().unwise();
    chip.forget();
    let first = descriptor.ranges.first().map_or(0, |range| range.first_uv);
    assert_eq!(regulator.state(), Ok(State::Disabled), "before the suite");
    consumer.set(first, last_uv(descriptor.ranges))?;
    enabled(chip, &mut bus, regulator, descriptor, State::Enabled);

    voltages(regulator, consumer, descriptor.ranges, |uv| {
        bus.follow(chip);
        for field in descriptor.voltage {
            bus.expect(field.register, field.mask, (field.encode)(uv), || {
                format!("at {uv} uV")
            });
        }
    })?;
    for (mode, field) in descriptor.modes {
        consumer.set_mode(*mode)?;
        assert_eq!(consumer.mode(), Ok(*mode), "the consumer's mode");
        assert_eq!(regulator.mode(), Ok(*mode), "the regulator's mode");
        bus.follow(chip);
        let value = (field.encode)(first);
        bus.expect(field.register, field.mask, value, || {
            format!("in mode {mode}")
        });
    }
    consumer.disable()?;
    enabled(chip, &mut bus, regulator, descriptor, State::Disabled);
    assert_eq!(chip.timeline().unwise(), marks, "unwise in the suite");
    Ok(())
}

/// Asks for every voltage of the ranges, and for one between each two, and
/// calls `set` when the regulator says that it is there. For a regulator
/// without registers this is the whole suite.
///
/// # Errors
/// Where the kernel cannot be asked.
///
/// # Panics
/// Where the regulator reports another voltage than the next possible one at
/// or above what was asked for.
pub fn voltages(
    regulator: &Regulator,
    consumer: &Consumer,
    ranges: &[Range],
    mut set: impl FnMut(u32),
) -> Result {
    let max = last_uv(ranges);
    let min = ranges.first().map_or(0, |range| range.first_uv);
    consumer.set(min, max)?;
    let mut before: Option<u32> = None;
    for uv in ranges.iter().flat_map(|range| range.voltages()) {
        // One microvolt above the step before is rounded up to this one.
        let asked = [before.map(|before| before + 1), Some(uv)];
        for asked in asked.into_iter().flatten() {
            consumer.set_min_microvolts(asked)?;
            assert_eq!(regulator.microvolts(), Ok(uv), "asked for {asked} uV");
            set(uv);
        }
        before = Some(uv);
    }
    // The whole way at once, down and up.
    for uv in [min, max] {
        consumer.set_min_microvolts(uv)?;
        assert_eq!(regulator.microvolts(), Ok(uv), "asked for {uv} uV");
        set(uv);
    }
    Ok(())
}

fn last_uv(ranges: &[Range]) -> u32 {
    ranges.last().map_or(0, |range| range.last_uv)
}

fn enabled<C: Chip>(
    chip: &Wired<C>,
    bus: &mut Registers,
    regulator: &Regulator,
    descriptor: &Descriptor,
    state: State,
) {
    assert_eq!(regulator.state(), Ok(state));
    bus.follow(chip);
    if let Some(bits) = descriptor.enable {
        let value = if state == State::Enabled {
            bits.on
        } else {
            bits.off
        };
        bus.expect(bits.register, bits.mask, value, || format!("{state:?}"));
    }
}

/// What the driver knows of the chip's registers: what it last read or wrote.
struct Registers {
    values: BTreeMap<String, u32>,
    /// How often each was written since the last [`follow`](Self::follow).
    writes: BTreeMap<String, usize>,
}

impl Registers {
    fn of<C: Chip>(chip: &Wired<C>) -> Self {
        let mut registers = Self {
            values: BTreeMap::new(),
            writes: BTreeMap::new(),
        };
        registers.take(&chip.timeline());
        registers
    }

    /// Takes in what has happened, and puts it behind.
    fn follow<C: Chip>(&mut self, chip: &Wired<C>) {
        self.writes.clear();
        self.take(&chip.news());
        chip.forget();
    }

    fn take(&mut self, timeline: &crate::Timeline) {
        for access in timeline.accesses() {
            let Ok(number) = u32::from_str_radix(&access.value, 16) else {
                continue;
            };
            self.values.insert(access.target.clone(), number);
            if access.direction == Direction::Write {
                *self.writes.entry(access.target.clone()).or_default() += 1;
            }
        }
    }

    fn expect(&self, register: &str, mask: u32, value: u32, when: impl Fn() -> String) {
        let writes = self.writes.get(register).copied().unwrap_or(0);
        assert!(
            writes <= 1,
            "{writes} writes of {register} for one request, {}",
            when()
        );
        let known = self.values.get(register).map(|known| known & mask);
        assert_eq!(
            known.map(|known| format!("{known:#04x}")),
            Some(format!("{value:#04x}")),
            "bits {mask:#04x} of {register} {}",
            when()
        );
    }
}

#[cfg(test)]
mod tests {
    use roadtest_record::event::{Access, End, Event, Outcome, Transfer, What};

    use super::*;

    /// What the driver knows after these writes of VSET.
    fn after(values: &[&str]) -> Registers {
        let accesses = values.iter().map(|value| Access {
            direction: Direction::Write,
            target: "VSET".into(),
            value: (*value).into(),
            fields: String::new(),
        });
        let events = [Event {
            time_ns: 0,
            what: What::Transfer(Transfer {
                bus: "i2c".into(),
                unit: "40".into(),
                chip: "chip".into(),
                start_ns: 0,
                direction: Direction::Write,
                bytes: String::new(),
                received: String::new(),
                accesses: accesses.collect(),
                held: false,
                outcome: Outcome::Completed,
                end: End::Stop,
            }),
        }];
        let mut registers = Registers {
            values: BTreeMap::new(),
            writes: BTreeMap::new(),
        };
        registers.take(&crate::Timeline::of_chip(&events, "chip", None));
        registers
    }

    fn expect(registers: &Registers, mask: u32, value: u32) {
        registers.expect("VSET", mask, value, || "at 1 uV".into());
    }

    #[test]
    fn a_register_that_holds_its_bits_is_as_it_should_be() {
        expect(&after(&["5a"]), 0xff, 0x5a);
        expect(&after(&["5a"]), 0x0f, 0x0a);
    }

    #[test]
    #[should_panic(expected = "bits 0xff of VSET at 1 uV")]
    fn another_value_is_noticed() {
        expect(&after(&["5a"]), 0xff, 0x5b);
    }

    #[test]
    #[should_panic(expected = "2 writes of VSET for one request, at 1 uV")]
    fn a_detour_is_noticed() {
        expect(&after(&["00", "5a"]), 0xff, 0x5a);
    }

    #[test]
    #[should_panic(expected = "bits 0xff of VSET at 1 uV")]
    fn a_register_that_was_never_seen_is_noticed() {
        expect(&after(&[]), 0xff, 0x5a);
    }

    #[test]
    fn a_range_has_both_its_ends() {
        let range = Range::linear(400, 420, 10);
        assert_eq!(range.voltages().collect::<Vec<_>>(), [400, 410, 420]);
    }
}
