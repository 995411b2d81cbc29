// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The models of a board at its prompt: what is in them, and what can be set.
//! What the guest does meanwhile is not known here.

use roadtest_model::register::{NameError, Registers};

use crate::world::World;
use crate::world::chips::{ChipId, Slot};

/// The models of a board.
pub(super) struct Models<'a> {
    world: &'a World,
}

impl<'a> Models<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        Self { world }
    }

    /// The chips, a line each.
    pub(super) fn chips(&self) -> String {
        let ids = self.world.chips.borrow().ids();
        let lines = ids.map(|id| {
            let what = self.look(id, |slot| {
                let chip = slot.chip.borrow();
                let registers = chip
                    .registers()
                    .map(|registers| registers.map().registers.len());
                Ok(match registers {
                    Some(count) => format!("{count} registers"),
                    None => "a protocol without registers".to_owned(),
                })
            });
            let what = what.unwrap_or_else(|problem| problem);
            let chips = self.world.chips.borrow();
            format!("{:14} {:#04x}  {what}\n", chips[id].name, chips[id].address)
        });
        let text: String = lines.collect();
        if text.is_empty() {
            return "there is no chip on this board".into();
        }
        text
    }

    pub(super) fn id(&self, name: &str) -> Result<ChipId, String> {
        let chips = self.world.chips.borrow();
        let known = chips.ids().find(|&id| chips[id].name == name);
        known.ok_or_else(|| {
            let names = chips.slots().iter().map(|slot| slot.name.as_str());
            unknown("chip", name, names)
        })
    }

    /// Looks at a chip or changes it; what follows reaches its pins.
    fn with<R>(
        &self,
        chip: &str,
        action: impl FnOnce(&Slot) -> Result<R, String>,
    ) -> Result<R, String> {
        let id = self.id(chip)?;
        let result = self.look(id, action)?;
        self.world.settle(id);
        Ok(result)
    }

    /// Calls into a chip's model. Its panic is said, and ends nothing here.
    fn look<R>(
        &self,
        id: ChipId,
        action: impl FnOnce(&Slot) -> Result<R, String>,
    ) -> Result<R, String> {
        let looked = self
            .world
            .guard(id, || action(&self.world.chips.borrow()[id]));
        looked.unwrap_or_else(|| {
            let fault = self.world.trace.borrow_mut().take_fault();
            Err(fault.map_or_else(String::new, |fault| crate::error::chain(&fault)))
        })
    }

    pub(super) fn registers(&self, chip: &str) -> Result<String, String> {
        self.with(chip, |slot| {
            let chip = slot.chip.borrow();
            let registers = chip.registers().ok_or_else(|| without_registers(slot))?;
            let names = registers.map().registers.iter().map(|one| one.name);
            names
                .map(|name| {
                    let line = registers.show_by_name(name);
                    line.map(|line| line + "\n").map_err(|e| e.to_string())
                })
                .collect()
        })
    }

    pub(super) fn read(&self, chip: &str, register: &str) -> Result<String, String> {
        self.with(chip, |slot| {
            let chip = slot.chip.borrow();
            let registers = chip.registers().ok_or_else(|| without_registers(slot))?;
            registers
                .show_by_name(register)
                .map_err(|error| named(&error, registers))
        })
    }

    pub(super) fn write(&self, chip: &str, register: &str, value: &str) -> Result<String, String> {
        let value = u32::try_from(number(value)?)
            .map_err(|error| format!("{value} is no value of a register: {error}"))?;
        self.with(chip, |slot| {
            let mut chip = slot.chip.borrow_mut();
            let registers = chip
                .registers_mut()
                .ok_or_else(|| format!("{} has no registers with names", slot.name))?;
            if let Err(error) = registers.store_by_name(register, value) {
                return Err(named(&error, registers));
            }
            registers.show_by_name(register).map_err(|e| e.to_string())
        })
    }

    pub(super) fn stimuli(&self, chip: &str) -> Result<String, String> {
        self.with(chip, |slot| {
            let stimuli = slot.chip.borrow().stimuli();
            if stimuli.is_empty() {
                return Ok(without_stimuli(slot));
            }
            let lines = stimuli.into_iter().map(|kind| {
                let (low, high) = kind.range.into_inner();
                format!("{:14} {low} to {high} {}\n", kind.name, kind.unit)
            });
            Ok(lines.collect())
        })
    }

    pub(super) fn set(&self, chip: &str, stimulus: &str, value: &str) -> Result<String, String> {
        let value = number(value)?;
        self.with(chip, |slot| {
            let mut chip = slot.chip.borrow_mut();
            match chip.stimulate(stimulus, value) {
                Some(result) => result.map(|()| String::new()).map_err(|e| e.to_string()),
                None if chip.stimuli().is_empty() => Err(without_stimuli(slot)),
                None => {
                    let names = chip.stimuli();
                    let names = names.iter().map(|kind| kind.name);
                    Err(unknown("stimulus", stimulus, names))
                }
            }
        })
    }
}

fn without_registers(slot: &Slot) -> String {
    format!("{} has no registers with names", slot.name)
}

fn without_stimuli(slot: &Slot) -> String {
    format!("{} senses nothing; its registers can be written", slot.name)
}

/// What is wrong with the name of a register or its value, with the nearest
/// names.
fn named(error: &NameError, registers: &Registers) -> String {
    let NameError::Unknown { name, .. } = error else {
        return error.to_string();
    };
    let all = registers.map().registers;
    let fields = all.iter().flat_map(|register| register.fields());
    let names = all.iter().map(|register| register.name);
    unknown(
        "register or field",
        name,
        names.chain(fields.map(|field| field.name)),
    )
}

/// That there is no such thing, and what it may have meant.
pub(super) fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let score = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let mut known: Vec<&str> = known.collect();
    known.sort_by(|a, b| score(b).total_cmp(&score(a)));
    known.truncate(5);
    if known.is_empty() {
        format!("there is no {what} `{name}`, nor any other")
    } else {
        format!("there is no {what} `{name}`; nearest: {}", known.join(", "))
    }
}

/// `-5`, `0x1f`.
fn number(text: &str) -> Result<i64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("`{text}` is no number ({error}); one is 20, -5 or 0x1f"))
}

#[cfg(test)]
mod tests {
    use roadtest_model::{Chip, OutOfRange, StimulusKind};

    use super::*;
    use crate::Board;

    #[test]
    fn a_name_that_does_not_exist_gives_the_nearest() {
        assert_eq!(
            unknown("chip", "op3001", ["tmp117", "opt3001"].into_iter()),
            "there is no chip `op3001`; nearest: opt3001, tmp117"
        );
    }

    #[test]
    fn a_number_is_decimal_or_hexadecimal() {
        assert_eq!(number("0x1f"), Ok(31));
        assert_eq!(number("-5"), Ok(-5));
        assert!(number("five").is_err());
    }

    /// A model that panics wherever it is asked.
    struct Broken;

    impl Chip for Broken {
        fn compatible(&self) -> &'static str {
            "roadtest,broken"
        }

        fn registers(&self) -> Option<&Registers> {
            panic!("in registers")
        }

        fn registers_mut(&mut self) -> Option<&mut Registers> {
            panic!("in registers_mut")
        }

        fn stimuli(&self) -> Vec<StimulusKind> {
            panic!("in stimuli")
        }

        fn stimulate(&mut self, _: &str, _: i64) -> Option<Result<(), OutOfRange>> {
            panic!("in stimulate")
        }
    }

    #[test]
    fn a_model_that_panics_is_named_and_the_prompt_goes_on() {
        let mut board = Board::new();
        crate::board::tests::put(&mut board, Broken);
        let models = Models::of(&board.world);
        let panicked = |place| format!("the model of broken panicked: in {place}");
        let line = format!("broken         0x00  {}\n", panicked("registers"));
        assert_eq!(models.chips(), line);
        assert_eq!(models.registers("broken"), Err(panicked("registers")));
        assert_eq!(models.read("broken", "A"), Err(panicked("registers")));
        assert_eq!(
            models.write("broken", "A", "1"),
            Err(panicked("registers_mut"))
        );
        assert_eq!(models.stimuli("broken"), Err(panicked("stimuli")));
        assert_eq!(models.set("broken", "lux", "1"), Err(panicked("stimulate")));
        assert!(board.world.trace.borrow_mut().take_fault().is_none());
    }
}
