// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The commands of the models' prompt: a line in, a text out. Where lines come
//! from and where texts go is decided elsewhere.

use roadtest_model::register::{NameError, Registers};
use roadtest_model::{Level, SimTime};

use crate::timeline;
use crate::uml::Uml;
use crate::world::Shared;
use crate::world::chips::{ChipId, Slot};
use crate::world::lines::{Net, TEST};

const HELP: &str = "\
chips                        the chips of this board
registers CHIP               what is in its registers
read CHIP REGISTER           one register or field
write CHIP REGISTER VALUE    change it, from the model's side
stimuli CHIP                 what can be set of the world around it
set CHIP STIMULUS VALUE      set it
pins                         the board's lines
drive LINE high|low          drive a line from outside
advance TIME                 let virtual time pass: 5us, 20ms, 3s
bind [CHIP]                  bind the driver of a chip, or of all
timeline [all]               what has happened since this was asked last
follow on|off                show what happens while you are in the guest
dmesg                        the kernel's log
shell                        back to the guest, as Ctrl-] and Ctrl-D
quit                         end guest and prompt";

/// What a command comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This is the answer.
    Said(String),
    /// The user wants to be in the guest.
    Guest,
    /// The user quits.
    Quit,
}

pub(super) struct Prompt<'a> {
    uml: &'a Uml,
    world: Shared,
    seen: usize,
    follow: bool,
}

impl<'a> Prompt<'a> {
    pub(super) fn new(uml: &'a Uml) -> Self {
        let world = uml.inner().machine().world.clone();
        let seen = world.trace.borrow().events.len();
        Self {
            uml,
            world,
            seen,
            follow: false,
        }
    }

    /// Whether the timeline is shown as it grows.
    pub(super) fn follows(&self) -> bool {
        self.follow
    }

    /// What has happened since this was asked last, a line each.
    pub(super) fn news(&mut self) -> String {
        let trace = self.world.trace.borrow();
        let news = timeline::with_times(&trace.events[self.seen.min(trace.events.len())..]);
        self.seen = trace.events.len();
        news
    }

    pub(super) fn carry_out(&mut self, line: &str) -> Outcome {
        let words: Vec<&str> = line.split_whitespace().collect();
        let said = match words.as_slice() {
            [] => Ok(String::new()),
            ["help" | "?"] => Ok(HELP.to_owned()),
            ["shell"] => return Outcome::Guest,
            ["quit" | "exit"] => return Outcome::Quit,
            ["chips"] => Ok(self.chips()),
            ["registers", chip] => self.registers(chip),
            ["read", chip, register] => self.read(chip, register),
            ["write", chip, register, value] => self.write(chip, register, value),
            ["stimuli", chip] => self.stimuli(chip),
            ["set", chip, stimulus, value] => self.set(chip, stimulus, value),
            ["pins"] => Ok(self.pins()),
            ["drive", line, level] => self.drive(line, level),
            ["advance", time] => self.advance(time),
            ["bind"] => Ok(self.bind_all()),
            ["bind", chip] => self.slot(chip).map(|id| self.bind(id)),
            ["timeline"] => Ok(self.news()),
            ["timeline", "all"] => {
                self.seen = 0;
                Ok(self.news())
            }
            ["follow", "on"] => {
                self.follow = true;
                Ok(String::new())
            }
            ["follow", "off"] => {
                self.follow = false;
                Ok(String::new())
            }
            ["dmesg"] => Ok(self.uml.dmesg()),
            [word, ..] => match HELP
                .lines()
                .find(|line| line.split(' ').next() == Some(word))
            {
                Some(usage) => Err(format!("usage: {usage}")),
                None => {
                    let commands = HELP.lines().filter_map(|line| line.split(' ').next());
                    Err(unknown("command", word, commands) + "; `help` says what they do")
                }
            },
        };
        Outcome::Said(said.unwrap_or_else(|problem| problem))
    }

    /// The chips, a line each.
    pub(super) fn chips(&self) -> String {
        let chips = self.world.chips.borrow();
        let lines = chips.slots().iter().map(|slot| {
            let chip = slot.chip.borrow();
            let what = match chip.registers() {
                Some(registers) => format!("{} registers", registers.map().registers.len()),
                None => "a protocol without registers".to_owned(),
            };
            format!("{:14} {:#04x}  {what}\n", slot.name, slot.address)
        });
        let text: String = lines.collect();
        if text.is_empty() {
            return "there is no chip on this board".into();
        }
        text
    }

    fn slot(&self, name: &str) -> Result<ChipId, String> {
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
        let id = self.slot(chip)?;
        let result = action(&self.world.chips.borrow()[id]);
        self.world.settle(id);
        result
    }

    fn registers(&self, chip: &str) -> Result<String, String> {
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

    fn read(&self, chip: &str, register: &str) -> Result<String, String> {
        self.with(chip, |slot| {
            let chip = slot.chip.borrow();
            let registers = chip.registers().ok_or_else(|| without_registers(slot))?;
            registers
                .show_by_name(register)
                .map_err(|error| named(&error, registers))
        })
    }

    fn write(&self, chip: &str, register: &str, value: &str) -> Result<String, String> {
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

    fn stimuli(&self, chip: &str) -> Result<String, String> {
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

    fn set(&self, chip: &str, stimulus: &str, value: &str) -> Result<String, String> {
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

    fn pins(&self) -> String {
        let lines = self.world.lines.borrow();
        let shown = lines.nets.iter().map(|(&net, state)| {
            let users: Vec<&str> = state.users.iter().map(|(user, _)| user.as_str()).collect();
            format!(
                "{:3} {:10} {:4}  {}\n",
                net.index(),
                self.world.label(net),
                lines.level(net).to_string(),
                users.join(", ")
            )
        });
        let text: String = shown.collect();
        if text.is_empty() {
            return "this board uses no line".into();
        }
        text
    }

    fn drive(&self, line: &str, level: &str) -> Result<String, String> {
        let level = match level {
            "high" | "1" => Level::High,
            "low" | "0" => Level::Low,
            _ => return Err(format!("a level is high or low, not `{level}`")),
        };
        let nets: Vec<Net> = self.world.lines.borrow().nets.keys().copied().collect();
        let labels: Vec<(Net, String)> = nets
            .into_iter()
            .map(|net| (net, self.world.label(net)))
            .collect();
        let is_line = |net: Net| matches!(net, Net::Line { .. });
        let net = labels
            .iter()
            .find(|(net, name)| is_line(*net) && net.index().to_string() == line || name == line)
            .map(|(net, _)| *net)
            .ok_or_else(|| unknown("line", line, labels.iter().map(|(_, name)| name.as_str())))?;
        self.world.drive(net, TEST, Some(level));
        Ok(String::new())
    }

    fn advance(&self, time: &str) -> Result<String, String> {
        let time = duration(time)?;
        let until = self.uml.now() + time;
        let passed = self.uml.inner().machine().run_until(until);
        match passed {
            Ok(()) => Ok(format!("it is {}", self.uml.now())),
            Err(fault) => Err(crate::error::chain(&fault)),
        }
    }

    fn bind_all(&self) -> String {
        let ids = self.world.chips.borrow().ids();
        ids.map(|id| self.bind(id) + "\n").collect()
    }

    fn bind(&self, id: ChipId) -> String {
        let (name, path, regulators) = {
            let chips = self.world.chips.borrow();
            let slot = &chips[id];
            (
                slot.name.clone(),
                slot.path.clone(),
                slot.regulators.clone(),
            )
        };
        match self.uml.bind_at(&path, &regulators) {
            Ok(device) => format!(
                "{name}: driver {} is bound at {}",
                device.driver().unwrap_or_default(),
                device.path()
            ),
            Err(error) => format!("{name}: {error}"),
        }
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
fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
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

/// `20ms`.
fn duration(text: &str) -> Result<SimTime, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return Err(format!("`{text}` is no time; one is 5us, 20ms or 3s")),
    };
    let count: u64 = digits
        .parse()
        .map_err(|error| format!("`{text}` is no time: {error}"))?;
    count
        .checked_mul(unit)
        .filter(|&ns| ns < SimTime::MAX.as_ns() / 2)
        .map(SimTime::ns)
        .ok_or_else(|| format!("{text} is longer than a guest lives"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_exist_gives_the_nearest() {
        assert_eq!(
            unknown("chip", "op3001", ["tmp117", "opt3001"].into_iter()),
            "there is no chip `op3001`; nearest: opt3001, tmp117"
        );
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("20ms"), Ok(SimTime::ms(20)));
        assert_eq!(duration("3s"), Ok(SimTime::s(3)));
        assert!(duration("3").is_err());
        assert!(duration("ms").is_err());
        assert!(duration("99999999999999s").is_err());
    }

    #[test]
    fn a_number_is_decimal_or_hexadecimal() {
        assert_eq!(number("0x1f"), Ok(31));
        assert_eq!(number("-5"), Ok(-5));
        assert!(number("five").is_err());
    }
}
