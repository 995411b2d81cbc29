// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The board's digital lines: a net for each line of a GPIO controller and for
//! each pin of a chip that something is connected to, with what drives it.
//! What follows from a change is in [`World`].

use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;

use roadtest_model::{Level, SimTime};

use super::World;
use super::chips::ChipId;

/// What the test drives a line as.
pub(crate) const TEST: &str = "test";

/// A net, by the pin that owns it. Everything else that is connected to it is
/// outside: it can drive the net while the owner does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Net {
    /// A line of a GPIO controller, by the controller's place among them.
    Line { bank: usize, line: u16 },
    /// A pin of a chip, by its index.
    ChipPin { chip: ChipId, pin: usize },
}

impl Net {
    pub(crate) const fn of_chip(chip: ChipId, pin: usize) -> Self {
        Self::ChipPin { chip, pin }
    }

    /// The number of the line at its controller, or of the pin at its chip.
    pub(crate) fn index(self) -> u16 {
        match self {
            Self::Line { line, .. } => line,
            // Why: no chip has so many pins.
            Self::ChipPin { pin, .. } => u16::try_from(pin).unwrap_or(u16::MAX),
        }
    }
}

/// The label of a GPIO controller's devicetree node.
pub(crate) fn bank_label(bank: usize) -> String {
    match bank {
        0 => "gpio".to_owned(),
        more => format!("gpio{more}"),
    }
}

/// A GPIO controller, as its lines see it.
pub(crate) trait Bank {
    /// What drives a line from outside has changed, or said again what it
    /// drives. `log` puts that on the timeline, at the right place among what
    /// follows from it.
    fn outside_changed(&self, world: &World, line: u16, level: Level, log: &dyn Fn());
}

/// The level before and after something changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) before: Level,
    pub(crate) after: Level,
    /// The owner begins to drive the net.
    pub(crate) begins: bool,
}

impl Change {
    pub(crate) fn differs(self) -> bool {
        self.before != self.after
    }
}

#[derive(Default)]
pub(crate) struct NetState {
    pub(crate) name: String,
    /// What the owner drives it to.
    output: Option<Level>,
    /// What drives the net from outside, by name.
    drivers: BTreeMap<String, Level>,
    pub(crate) users: Vec<(String, &'static Location<'static>)>,
    pub(crate) shared: bool,
}

impl NetState {
    /// Wired-and, as open-drain outputs are; low where nothing drives.
    fn outside(&self) -> Level {
        Level::high_when(
            !self.drivers.is_empty() && self.drivers.values().all(|level| level.is_high()),
        )
    }

    fn level(&self) -> Level {
        self.output.unwrap_or_else(|| self.outside())
    }
}

/// All nets, before and after the guest has started.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) nets: BTreeMap<Net, NetState>,
    banks: Vec<Rc<dyn Bank>>,
    started: bool,
    /// When a pulse ends, on which net, and the level that comes back.
    pulses: Vec<(SimTime, Net, Level)>,
}

impl Lines {
    /// A GPIO controller joins; its place among them.
    pub(crate) fn add_bank(&mut self, bank: Rc<dyn Bank>) -> usize {
        self.banks.push(bank);
        self.banks.len() - 1
    }

    pub(crate) fn bank(&self, bank: usize) -> Option<Rc<dyn Bank>> {
        self.banks.get(bank).cloned()
    }

    /// From here on the guest sees the lines, and changes are logged.
    pub(crate) fn start(&mut self) {
        self.started = true;
    }

    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    /// A pin begins to use a net. The one that uses it already is the error,
    /// unless the net is shared.
    pub(crate) fn connect(
        &mut self,
        net: Net,
        label: &str,
        user: &str,
        place: &'static Location<'static>,
    ) -> Result<(), String> {
        let state = self.nets.entry(net).or_default();
        let clash = state.users.first().filter(|_| !state.shared).map(|first| {
            format!(
                "{label} is connected to {} at {} and to {user} at {place}; \
                 say `pin.shared()` if it is an open-drain line with several drivers",
                first.0, first.1
            )
        });
        state.users.push((user.to_owned(), place));
        clash.map_or(Ok(()), Err)
    }

    /// The lines of a GPIO controller that are used.
    pub(crate) fn of_bank(&self, bank: usize) -> impl Iterator<Item = (u16, &NetState)> {
        self.nets.iter().filter_map(move |(&net, state)| match net {
            Net::Line { bank: at, line } if at == bank => Some((line, state)),
            _ => None,
        })
    }

    /// Drives a net from outside, or lets it go; what that changes there. A
    /// driver that says again what it drives changes nothing, unless it is
    /// heard of for the first time.
    pub(crate) fn drive(&mut self, net: Net, who: &str, level: Option<Level>) -> Option<Change> {
        let state = self.nets.entry(net).or_default();
        let before = state.outside();
        let known = match level {
            Some(level) => state.drivers.insert(who.to_owned(), level).is_some(),
            None => state.drivers.remove(who).is_none(),
        };
        let after = state.outside();
        (before != after || !known).then_some(Change {
            before,
            after,
            begins: false,
        })
    }

    /// The owner drives a net, or lets it go.
    pub(crate) fn set_output(&mut self, net: Net, level: Option<Level>) -> Change {
        let state = self.nets.entry(net).or_default();
        let before = state.level();
        let begins = state.output.is_none() && level.is_some();
        state.output = level;
        let after = state.level();
        Change {
            before,
            after,
            begins,
        }
    }

    pub(crate) fn outside(&self, net: Net) -> Level {
        self.nets.get(&net).map_or(Level::Low, NetState::outside)
    }

    /// What the owner drives the net to.
    pub(crate) fn output(&self, net: Net) -> Option<Level> {
        self.nets.get(&net)?.output
    }

    /// The level of a net that something drives.
    pub(crate) fn driven(&self, net: Net) -> Option<Level> {
        let state = self.nets.get(&net)?;
        (state.output.is_some() || !state.drivers.is_empty()).then(|| state.level())
    }

    pub(crate) fn level(&self, net: Net) -> Level {
        self.nets.get(&net).map_or(Level::Low, NetState::level)
    }

    /// The name that the board gives a net, if it gives one.
    pub(crate) fn name(&self, net: Net) -> Option<&str> {
        let name = self.nets.get(&net)?.name.as_str();
        (!name.is_empty()).then_some(name)
    }

    /// A pulse on a net ends at this time, and `level` comes back.
    pub(crate) fn add_pulse(&mut self, end: SimTime, net: Net, level: Level) {
        self.pulses.push((end, net, level));
    }

    pub(crate) fn next_pulse(&self) -> Option<SimTime> {
        self.pulses.iter().map(|&(end, ..)| end).min()
    }

    /// The pulses that have ended: the net, and the level that comes back.
    pub(crate) fn take_pulses(&mut self, now: SimTime) -> Vec<(Net, Level)> {
        let (due, later): (Vec<_>, Vec<_>) =
            self.pulses.drain(..).partition(|&(end, ..)| end <= now);
        self.pulses = later;
        let due = due.into_iter();
        due.map(|(_, net, level)| (net, level)).collect()
    }
}
