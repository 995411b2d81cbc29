// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The commands of the models' prompt: a line in, a text out. Where lines come
//! from and where texts go is decided elsewhere.

use roadtest_model::{Level, SimTime};

use super::models::{Models, unknown};
use crate::timeline;
use crate::uml::Uml;
use crate::world::Shared;
use crate::world::chips::ChipId;
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

    pub(super) fn models(&self) -> Models<'_> {
        Models::of(&self.world)
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
            ["chips"] => Ok(self.models().chips()),
            ["registers", chip] => self.models().registers(chip),
            ["read", chip, register] => self.models().read(chip, register),
            ["write", chip, register, value] => self.models().write(chip, register, value),
            ["stimuli", chip] => self.models().stimuli(chip),
            ["set", chip, stimulus, value] => self.models().set(chip, stimulus, value),
            ["pins"] => Ok(self.pins()),
            ["drive", line, level] => self.drive(line, level),
            ["advance", time] => self.advance(time),
            ["bind"] => Ok(self.bind_all()),
            ["bind", chip] => self.models().id(chip).map(|id| self.bind(id)),
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
    fn a_time_has_a_unit() {
        assert_eq!(duration("20ms"), Ok(SimTime::ms(20)));
        assert_eq!(duration("3s"), Ok(SimTime::s(3)));
        assert!(duration("3").is_err());
        assert!(duration("ms").is_err());
        assert!(duration("99999999999999s").is_err());
    }
}
