// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The board's digital lines: who drives them from outside, what the driver
//! under test does with them, and the handle that a test holds.

use std::collections::BTreeMap;
use std::panic::Location;

use roadtest_model::{Edge, Level, SimTime};
use roadtest_record::event::What;
use roadtest_virtio::gpio::{Direction, Effect, Lines as Device, Refused, Setup};

use crate::world::{Shared, World};

/// Who drives a line on behalf of the test.
const TEST: &str = "test";

/// A chain of the event queue, by number.
pub(crate) type Token = u64;

/// A line of the board's GPIO controller. Cheap to clone: all clones are the
/// same line.
#[derive(Clone)]
pub struct Pin {
    pub(crate) world: Shared,
    pub(crate) line: u16,
}

impl Pin {
    /// The line's number.
    pub fn line(&self) -> u16 {
        self.line
    }

    /// The level of the line: what the driver drives where the line is an
    /// output, else what drives it from outside.
    pub fn level(&self) -> Level {
        self.world.borrow().lines.level(self.line)
    }

    /// Whether the driver has made the line an output.
    pub fn is_output(&self) -> bool {
        let world = self.world.borrow();
        world.lines.output(self.line).is_some()
    }

    /// Drives the line from outside, as the test. The guest sees it when it
    /// runs next.
    pub fn drive(&self, level: Level) {
        self.world.borrow_mut().drive(self.line, TEST, level);
    }

    /// Inverts the line for `duration` of virtual time.
    ///
    /// # Panics
    /// Where nothing of zero length can be a pulse.
    pub fn pulse(&self, duration: SimTime) {
        assert!(duration > SimTime::ZERO, "a pulse has a duration");
        let mut world = self.world.borrow_mut();
        let before = world.lines.outside(self.line);
        let end = world.now + duration;
        world.drive(self.line, TEST, before.inverted());
        world.lines.pulses.push((end, self.line, before));
    }

    /// Lets several chips drive this line, each with an open-drain output:
    /// the line is low as soon as one of them is. To be said before the chips
    /// are connected.
    #[must_use]
    pub fn shared(self) -> Self {
        self.world
            .borrow_mut()
            .lines
            .lines
            .entry(self.line)
            .or_default()
            .shared = true;
        self
    }
}

#[derive(Default)]
pub(crate) struct LineState {
    pub(crate) name: String,
    /// Who drives the line from outside, and where that was said.
    drivers: BTreeMap<String, Level>,
    pub(crate) users: Vec<(String, &'static Location<'static>)>,
    shared: bool,
}

impl LineState {
    /// Wired-and, as open-drain outputs are; low where nobody drives.
    fn outside(&self) -> Level {
        Level::high_when(
            !self.drivers.is_empty() && self.drivers.values().all(|level| level.is_high()),
        )
    }
}

/// All lines, before and after the guest has started.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) lines: BTreeMap<u16, LineState>,
    pub(crate) device: Option<Device<Token>>,
    /// When a pulse ends, on which line, and the level that comes back.
    pulses: Vec<(SimTime, u16, Level)>,
    /// Chains of the event queue that are to be completed.
    pub(crate) due: Vec<Due>,
}

/// A chain of the event queue that is to be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Fire(Token),
    Return(Token),
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A chip or node begins to use a line. The one that uses it already is
    /// the error, unless the line is shared.
    pub(crate) fn connect(
        &mut self,
        line: u16,
        user: &str,
        place: &'static Location<'static>,
    ) -> Result<(), String> {
        let state = self.lines.entry(line).or_default();
        let clash = state.users.first().filter(|_| !state.shared).map(|first| {
            format!(
                "line {line} is connected to {} at {} and to {user} at {place}; \
                 say `pin.shared()` if it is an open-drain line with several drivers",
                first.0, first.1
            )
        });
        state.users.push((user.to_owned(), place));
        clash.map_or(Ok(()), Err)
    }

    /// The device that the guest sees: line 0 to the last that is used.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        let Some((&last, _)) = self.lines.last_key_value() else {
            return Ok(());
        };
        let setups = (0..=last).map(|line| {
            let state = self.lines.get(&line);
            Setup {
                name: state.map(|state| state.name.clone()).unwrap_or_default(),
                direction: Direction::Input,
                level: state.map_or(Level::Low, LineState::outside),
            }
        });
        let device = Device::new(setups).map_err(|error| error.to_string())?;
        self.device = Some(device);
        Ok(())
    }

    fn outside(&self, line: u16) -> Level {
        self.lines.get(&line).map_or(Level::Low, LineState::outside)
    }

    fn output(&self, line: u16) -> Option<Level> {
        self.device.as_ref()?.line(line).ok()?.driven()
    }

    pub(crate) fn level(&self, line: u16) -> Level {
        self.output(line).unwrap_or_else(|| self.outside(line))
    }

    fn next_pulse(&self) -> Option<SimTime> {
        self.pulses.iter().map(|&(end, ..)| end).min()
    }

    pub(crate) fn label(&self, line: u16) -> String {
        let name = self.lines.get(&line).map(|state| state.name.as_str());
        match name {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("gpio{line}"),
        }
    }
}

impl World {
    /// Drives a line from outside on behalf of `who`.
    pub(crate) fn drive(&mut self, line: u16, who: &str, level: Level) {
        let state = self.lines.lines.entry(line).or_default();
        let before = state.outside();
        let known = state.drivers.insert(who.to_owned(), level).is_some();
        let after = state.outside();
        if before == after && known {
            return;
        }
        if before != after && self.lines.output(line).is_none() {
            self.inputs_changed(line, after);
        }
        let Some(device) = &mut self.lines.device else {
            return;
        };
        let effect = device.set_level(line, after);
        if before != after {
            let pin = self.lines.label(line);
            self.log(What::Pin {
                pin,
                to: after.to_string(),
                by: who.to_owned(),
            });
        }
        match effect {
            Ok(effect) => self.effects(effect),
            Err(refused) => self.refused(refused),
        }
    }

    /// Drives a line from outside on behalf of whoever is at the prompt.
    pub(crate) fn drive_by_hand(&mut self, line: u16, level: Level) {
        self.drive(line, TEST, level);
    }

    /// When the first pulse ends that goes on now.
    pub(crate) fn next_pulse(&self) -> Option<SimTime> {
        let chips = self.slots.iter().filter_map(|slot| slot.pulse_until);
        chips.chain(self.lines.next_pulse()).min()
    }

    /// Inverts a chip's interrupt output until `end`.
    pub(crate) fn pulse(&mut self, index: usize, end: SimTime) {
        self.slots[index].pulse_until = Some(end);
        self.settle(index);
    }

    /// Ends every pulse whose time has come.
    pub(crate) fn end_pulses(&mut self) {
        let now = self.now;
        let (due, later) = self
            .lines
            .pulses
            .drain(..)
            .partition(|&(end, ..)| end <= now);
        self.lines.pulses = later;
        let due: Vec<(SimTime, u16, Level)> = due;
        for (_, line, level) in due {
            self.drive(line, TEST, level);
        }
        for index in 0..self.slots.len() {
            if self.slots[index].pulse_until.is_some_and(|end| end <= now) {
                self.slots[index].pulse_until = None;
                self.settle(index);
            }
        }
    }

    /// What follows from something that the driver or the outside did.
    pub(crate) fn effects(&mut self, effects: impl IntoIterator<Item = Effect<Token>>) {
        for effect in effects {
            let text = effect.to_string();
            match effect {
                Effect::DirectionChanged { line, direction } => {
                    let pin = self.lines.label(line);
                    self.log(What::Pin {
                        pin,
                        to: direction.to_string(),
                        by: "driver".into(),
                    });
                }
                Effect::OutputChanged { line, level } => {
                    let pin = self.lines.label(line);
                    self.log(What::Pin {
                        pin,
                        to: level.to_string(),
                        by: "driver".into(),
                    });
                    self.inputs_changed(line, level);
                }
                Effect::Armed { line, trigger } => {
                    self.log_interrupt(line, text);
                    self.armed(line, trigger);
                }
                Effect::Disarmed { line }
                | Effect::Unmasked { line }
                | Effect::Latched { line } => self.log_interrupt(line, text),
                Effect::Fired { line, token } => {
                    self.log_interrupt(line, text);
                    self.lines.due.push(Due::Fire(token));
                }
                Effect::Returned { line, token } => {
                    if let Some(line) = line {
                        self.log_interrupt(line, text);
                    }
                    self.lines.due.push(Due::Return(token));
                }
            }
        }
    }

    fn log_interrupt(&mut self, line: u16, text: String) {
        let pin = self.lines.label(line);
        self.log(What::Interrupt { pin, text });
    }

    fn refused(&mut self, refused: Refused) {
        self.log(What::Malformed {
            device: "gpio".into(),
            text: refused.to_string(),
        });
    }

    /// The driver enabled the interrupt of a line. What it reacts to must be
    /// what the board says of the chips on that line: a driver that asks for
    /// something else ignores its devicetree, and loses interrupts or storms.
    fn armed(&mut self, line: u16, trigger: Edge) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let Some((at, expected)) = slot.interrupt else {
                continue;
            };
            if at != line || expected == trigger || slot.odd_trigger == Some(trigger) {
                continue;
            }
            slot.odd_trigger = Some(trigger);
            let name = slot.name.clone();
            let text = format!(
                "the interrupt of {name} is armed for {trigger}, but its devicetree node says \
                 {expected}"
            );
            self.breach(&name, text);
        }
    }

    /// The supply and reset inputs of chips follow the lines that switch
    /// them.
    fn inputs_changed(&mut self, line: u16, level: Level) {
        let now = self.now;
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            let reset = slot.reset == Some(line);
            let supplied = slot.supplies.iter().any(|&(supply, _)| supply == line);
            let powered = slot.supplies.iter().all(|&(supply, on)| {
                let level = if supply == line {
                    level
                } else {
                    self.lines.level(supply)
                };
                level == on
            });
            if supplied && powered != slot.powered {
                self.slots[index].powered = powered;
                let power = Level::high_when(powered);
                self.guarded(index, |chip| chip.power(power, now));
            }
            if reset {
                self.guarded(index, |chip| chip.reset(level, now));
            }
            if supplied || reset {
                self.settle(index);
            }
        }
    }
}
