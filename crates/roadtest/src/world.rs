// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What board, chips, pins and the running machine share, in four parts that
//! are borrowed apart: the [clock], the [trace] of what has happened, the
//! [lines] between the chips, and the [chips]. Everything is on the thread of
//! the test.
//!
//! What is here follows from a change: a chip's state reaches its pins, a
//! pin's level reaches the chips and controllers that are connected to it.

pub(crate) mod chips;
pub(crate) mod clock;
pub(crate) mod lines;
pub(crate) mod trace;

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use roadtest_model::{Access, Bus, Chip, Complaint, Edge, Level, Severity, SimTime};
use roadtest_record::event::What;

use crate::fault::Fault;
use crate::panics;
use chips::{ChipId, Chips, Slot};
use clock::Clock;
use lines::{Change, Lines, Net};
use trace::Trace;

/// How often a change may follow from a change before the wiring is said to
/// oscillate: more than a chain through every pin of a large board.
const CHANGES_MAX: u32 = 256;

/// A world that board, chips, pins and machine share.
pub(crate) type Shared = Rc<World>;

#[derive(Default)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) trace: RefCell<Trace>,
    pub(crate) lines: RefCell<Lines>,
    pub(crate) chips: RefCell<Chips>,
    /// How deep the changes that follow from changes are now.
    depth: Cell<u32>,
}

impl World {
    /// Virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.clock.now()
    }

    pub(crate) fn log(&self, what: What) {
        self.trace.borrow_mut().log(self.now(), what);
    }

    /// A contract of a datasheet was broken.
    pub(crate) fn breach(&self, chip: &str, text: String) {
        self.trace.borrow_mut().breach(self.now(), chip, text);
    }

    /// A chip complains about the driver.
    pub(crate) fn complain(&self, chip: &str, complaint: Complaint) {
        match complaint.severity {
            Severity::Forbidden => self.breach(chip, complaint.text),
            Severity::Unwise => self.log(What::Unwise {
                chip: chip.to_owned(),
                text: complaint.text,
            }),
        }
    }

    /// Calls into a model, whose panic is not ours.
    pub(crate) fn guarded<R>(
        &self,
        chip: ChipId,
        call: impl FnOnce(&mut dyn Chip) -> R,
    ) -> Option<R> {
        let model = self.chips.borrow()[chip].chip.clone();
        self.guard(chip, || call(&mut *model.borrow_mut()))
    }

    /// The same for a call of a bus, which knows the chip by another trait.
    pub(crate) fn guard<R>(&self, chip: ChipId, call: impl FnOnce() -> R) -> Option<R> {
        let caught = match panics::catch(AssertUnwindSafe(call)) {
            Ok(result) => return Some(result),
            Err(caught) => caught,
        };
        let name = self.chips.borrow()[chip].name.clone();
        self.model_panicked(name, caught.text());
        None
    }

    /// The same for a chip that is about to have its place.
    pub(crate) fn guard_named<R>(&self, chip: &str, call: impl FnOnce() -> R) -> Option<R> {
        let caught = panics::catch(AssertUnwindSafe(call));
        let result = caught.map_err(|caught| self.model_panicked(chip.to_owned(), caught.text()));
        result.ok()
    }

    fn model_panicked(&self, chip: String, message: String) {
        let fault = Fault::ModelPanicked { chip, message };
        self.trace.borrow_mut().fail(fault);
    }

    /// What a chip logged during a call of its bus; what it complains about is
    /// on the timeline at once.
    pub(crate) fn take_accesses(&self, chip: ChipId, bus: Bus) -> Vec<Access> {
        let (accesses, complaints) = bus.into_parts();
        let name = self.chips.borrow()[chip].name.clone();
        for complaint in complaints {
            self.complain(&name, complaint);
        }
        accesses
    }

    fn model_error(&self, chip: ChipId, what: String) {
        let chip = self.chips.borrow()[chip].name.clone();
        let fault = Fault::ModelError { chip, what };
        self.trace.borrow_mut().fail(fault);
    }

    /// The first moment at which a chip wants to be woken.
    pub(crate) fn next_wake(&self) -> Option<SimTime> {
        let ids = self.chips.borrow().ids();
        let times = ids.filter_map(|id| self.guarded(id, |chip| chip.wake_at())?);
        times.min()
    }

    /// Wakes every chip whose time has come.
    pub(crate) fn wake(&self) {
        let now = self.now();
        let ids = self.chips.borrow().ids();
        for id in ids {
            let due = self.guarded(id, |chip| chip.wake_at()).flatten();
            let Some(due) = due.filter(|&due| due <= now) else {
                continue;
            };
            if due < now {
                let what = format!("asked to be woken at {due}, which is in the past at {now}");
                return self.model_error(id, what);
            }
            self.guarded(id, |chip| chip.wake(now));
            let again = self.guarded(id, |chip| chip.wake_at()).flatten();
            if again.is_some_and(|again| again <= now) {
                let what = format!("was woken at {now} and asks to be woken at that time again");
                self.model_error(id, what);
            }
            self.settle(id);
        }
    }

    /// Lets a chip's state reach its pins.
    pub(crate) fn settle(&self, id: ChipId) {
        let (name, interrupt, pulsed, wires) = {
            let chips = self.chips.borrow();
            let slot = &chips[id];
            let interrupt = slot.interrupt.map(|(net, _)| net);
            let pulsed = slot.pulse_until.is_some();
            (slot.name.clone(), interrupt, pulsed, slot.wires.clone())
        };
        if let Some(net) = interrupt
            && let Some(level) = self.guarded(id, |chip| chip.interrupt())
        {
            let level = if pulsed { level.inverted() } else { level };
            self.drive(net, &name, Some(level));
        }
        for (pin, net) in wires {
            let Some(level) = self.guarded(id, |chip| chip.drives(pin)) else {
                return;
            };
            if net == Net::of_chip(id, pin) {
                self.output(net, level);
            } else {
                self.drive(net, &name, level);
            }
        }
    }

    /// Lets every chip's state reach its pins.
    pub(crate) fn settle_all(&self) {
        let ids = self.chips.borrow().ids();
        for id in ids {
            self.settle(id);
        }
    }

    /// A net is driven from outside of its owner, on behalf of `who`, or
    /// released.
    pub(crate) fn drive(&self, net: Net, who: &str, level: Option<Level>) {
        let change = self.lines.borrow_mut().drive(net, who, level);
        let Some(change) = change else { return };
        let is_output = self.lines.borrow().output(net).is_some();
        if change.differs() && !is_output {
            self.level_changed(net);
        }
        if !self.lines.borrow().is_started() {
            return;
        }
        // Why before the log: the controller's device decides first, and
        // what follows from that is logged after the change.
        self.outside_changed(net, who, change);
    }

    /// The owner of a net hears of what drives it from outside.
    fn outside_changed(&self, net: Net, who: &str, change: Change) {
        let Change { before, after, .. } = change;
        let log = || {
            if before != after {
                self.log(What::Pin {
                    pin: self.label(net),
                    to: after.to_string(),
                    by: who.to_owned(),
                });
            }
        };
        match net {
            Net::Line { bank, line } => {
                let bank = self.lines.borrow().bank(bank);
                match bank {
                    Some(bank) => bank.outside_changed(self, line, after, &log),
                    None => log(),
                }
            }
            Net::ChipPin { .. } => log(),
        }
    }

    /// The owner of a net drives it to another level, or releases it.
    pub(crate) fn output(&self, net: Net, level: Option<Level>) {
        let change = self.lines.borrow_mut().set_output(net, level);
        if change.differs()
            && let Net::ChipPin { chip, .. } = net
            && self.lines.borrow().is_started()
        {
            let by = self.chips.borrow()[chip].name.clone();
            self.log(What::Pin {
                pin: self.label(net),
                to: change.after.to_string(),
                by,
            });
        }
        if change.differs() || change.begins {
            self.level_changed(net);
        }
    }

    /// The level of a net is another one: the supply, reset and other inputs
    /// that are connected to it follow.
    pub(crate) fn level_changed(&self, net: Net) {
        if self.depth.get() >= CHANGES_MAX {
            let what = format!(
                "the pins of this board oscillate at {}: {} changes follow from one another at {}",
                self.label(net),
                self.depth.get(),
                self.now()
            );
            self.trace.borrow_mut().fail(Fault::Wiring { what });
            return;
        }
        self.depth.set(self.depth.get() + 1);
        let ids = self.chips.borrow().ids();
        for id in ids {
            self.input_changed(id, net);
        }
        self.depth.set(self.depth.get() - 1);
    }

    /// What a chip makes of a net that has changed.
    fn input_changed(&self, id: ChipId, net: Net) {
        let now = self.now();
        let level = self.lines.borrow().level(net);
        let (power, reset, pins) = {
            let lines = self.lines.borrow();
            let mut chips = self.chips.borrow_mut();
            let slot: &mut Slot = &mut chips[id];
            let supplied = slot.supplies.iter().any(|&(supply, _)| supply == net);
            let powered = slot
                .supplies
                .iter()
                .all(|&(supply, on)| lines.level(supply) == on);
            let switched = supplied && powered != slot.powered;
            if switched {
                slot.powered = powered;
            }
            let pins: Vec<usize> = slot
                .wires
                .iter()
                .filter(|&&(_, at)| at == net)
                .map(|&(pin, _)| pin)
                .collect();
            (
                supplied.then_some((switched, powered)),
                slot.reset == Some(net),
                pins,
            )
        };
        if let Some((true, powered)) = power {
            let on = Level::high_when(powered);
            self.guarded(id, |chip| chip.power(on, now));
        }
        if reset {
            self.guarded(id, |chip| chip.reset(level, now));
        }
        let mut told = false;
        for pin in pins {
            // What a chip drives itself is no news to it.
            if self
                .guarded(id, |chip| chip.drives(pin))
                .flatten()
                .is_none()
            {
                self.guarded(id, |chip| chip.pin_changed(pin, level, now));
                told = true;
            }
        }
        if power.is_some() || reset || told {
            self.settle(id);
        }
    }

    /// Tells every chip the levels at its pins, once, before the guest runs.
    pub(crate) fn tell_levels(&self) {
        let now = self.now();
        let ids = self.chips.borrow().ids();
        for id in ids {
            let wires = self.chips.borrow()[id].wires.clone();
            let mut told = false;
            for (pin, net) in wires {
                let level = self.lines.borrow().driven(net);
                if let Some(level) = level
                    && self
                        .guarded(id, |chip| chip.drives(pin))
                        .flatten()
                        .is_none()
                {
                    self.guarded(id, |chip| chip.pin_changed(pin, level, now));
                    told = true;
                }
            }
            if told {
                self.settle(id);
            }
        }
    }

    /// When the first pulse ends that goes on now.
    pub(crate) fn next_pulse(&self) -> Option<SimTime> {
        let chips = self.chips.borrow();
        let pulses = chips.slots().iter().filter_map(|slot| slot.pulse_until);
        pulses.chain(self.lines.borrow().next_pulse()).min()
    }

    /// Inverts a chip's interrupt output until `end`.
    pub(crate) fn pulse(&self, id: ChipId, end: SimTime) {
        self.chips.borrow_mut()[id].pulse_until = Some(end);
        self.settle(id);
    }

    /// Ends every pulse whose time has come.
    pub(crate) fn end_pulses(&self) {
        let now = self.now();
        let due = self.lines.borrow_mut().take_pulses(now);
        for (net, level) in due {
            self.drive(net, lines::TEST, Some(level));
        }
        let ids = self.chips.borrow().ids();
        for id in ids {
            let ended = {
                let mut chips = self.chips.borrow_mut();
                let until = &mut chips[id].pulse_until;
                until.take_if(|end| *end <= now).is_some()
            };
            if ended {
                self.settle(id);
            }
        }
    }

    /// The driver enabled the interrupt of a line. What it reacts to must be
    /// what the board says of the chips on that line: a driver that asks for
    /// something else ignores its devicetree, and loses interrupts or storms.
    pub(crate) fn armed(&self, net: Net, trigger: Edge) {
        let ids = self.chips.borrow().ids();
        for id in ids {
            let odd = {
                let mut chips = self.chips.borrow_mut();
                let slot = &mut chips[id];
                match slot.interrupt {
                    Some((at, expected))
                        if at == net
                            && expected != trigger
                            && slot.odd_trigger != Some(trigger) =>
                    {
                        slot.odd_trigger = Some(trigger);
                        Some((slot.name.clone(), expected))
                    }
                    _ => None,
                }
            };
            if let Some((name, expected)) = odd {
                let text = format!(
                    "the interrupt of {name} is armed for {trigger}, but its devicetree node \
                     says {expected}"
                );
                self.breach(&name, text);
            }
        }
    }

    /// What a net is called on the timeline.
    pub(crate) fn label(&self, net: Net) -> String {
        if let Some(name) = self.lines.borrow().name(net) {
            return name.to_owned();
        }
        match net {
            Net::Line { bank: 0, line } => format!("gpio{line}"),
            Net::Line { bank, line } => format!("gpio{bank}.{line}"),
            Net::ChipPin { chip, pin } => {
                let name = self.chips.borrow()[chip].name.clone();
                let pins = self.guarded(chip, |chip| chip.pins()).unwrap_or_default();
                match pins.get(pin) {
                    Some(pin) => format!("{name}.{pin}"),
                    None => format!("{name}.{pin}"),
                }
            }
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish()
    }
}

#[cfg(test)]
mod tests;
