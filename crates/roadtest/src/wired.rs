// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A chip in its place on the board: its wires, its devicetree node, and the
//! test's hand on it while the guest runs.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

use roadtest_dt::{Cell, Node, Value};
use roadtest_model::{Chip, Edge, Level, SimTime};

use crate::board::GPIO_LABEL;
use crate::pin::Pin;
use crate::supply::Supply;
use crate::timeline::Timeline;
use crate::world::{Shared, Slot};

/// What the board knows of its chips beyond what runs.
#[derive(Default)]
pub(crate) struct Wiring {
    pub(crate) nodes: Vec<ChipNode>,
    pub(crate) errors: Vec<String>,
    pub(crate) supplies: Vec<Supply>,
}

/// The devicetree node of a chip.
pub(crate) struct ChipNode {
    compatible: String,
    properties: Vec<(String, Value)>,
    children: Vec<Node>,
}

impl ChipNode {
    pub(crate) fn new(compatible: &str) -> Self {
        Self {
            compatible: compatible.to_owned(),
            properties: Vec::new(),
            children: Vec::new(),
        }
    }
}

/// The part without its vendor, unless that begins with a digit, which a
/// node's name must not.
fn node_name(compatible: &str) -> String {
    match compatible.split_once(',') {
        Some((_, part)) if part.starts_with(|c: char| c.is_ascii_alphabetic()) => part.to_owned(),
        _ => compatible.replace(',', "-"),
    }
}

pub(crate) fn chip_node(index: usize, slot: &Slot, chip: &ChipNode) -> Node {
    let mut node = Node::new(format!(
        "{}@{:x}",
        node_name(&chip.compatible),
        slot.address
    ))
    .label(format!("chip{index}"))
    .prop("compatible", chip.compatible.as_str())
    .prop("reg", u32::from(slot.address));
    if let Some((line, edge)) = slot.interrupt {
        node.set(
            "interrupts-extended",
            [
                Cell::phandle(GPIO_LABEL),
                u32::from(line).into(),
                edge.cell().into(),
            ],
        );
    }
    for (name, value) in &chip.properties {
        node.set(name.as_str(), value.clone());
    }
    for child in &chip.children {
        node.push(child.clone());
    }
    node
}

/// A chip in its place on the board.
pub struct Wired<C> {
    chip: Rc<RefCell<C>>,
    index: usize,
    world: Shared,
    wiring: Rc<RefCell<Wiring>>,
}

impl<C: Chip> Wired<C> {
    pub(crate) fn new(
        chip: Rc<RefCell<C>>,
        index: usize,
        world: &Shared,
        wiring: &Rc<RefCell<Wiring>>,
    ) -> Self {
        Self {
            chip,
            index,
            world: world.clone(),
            wiring: wiring.clone(),
        }
    }

    /// Connects the chip's interrupt output to a line.
    #[must_use]
    #[track_caller]
    pub fn interrupt(self, pin: &Pin, edge: Edge) -> Self {
        self.connect(pin, "interrupt output");
        self.slot(|slot| slot.interrupt = Some((pin.line, edge)));
        self
    }

    /// Lets a line switch the chip's supply, which is on while the line is at
    /// `on`. A line that nobody drives is low. A driver can switch it, and so
    /// can the test, with [`Pin::drive`].
    #[must_use]
    #[track_caller]
    pub fn supply(self, pin: &Pin, on: Level) -> Self {
        self.connect(pin, "supply switch");
        self.switched_by(pin, on);
        self
    }

    /// Connects one of the chip's supplies to a regulator of the board: the
    /// chip's devicetree node gets `<input>-supply`, and the chip has no power
    /// before the regulator is on. [`Uml::bind`](crate::Uml::bind) binds the
    /// regulator first. A chip with several supplies needs all of them.
    #[must_use]
    pub fn powered_by(self, input: &str, supply: &Supply) -> Self {
        self.slot(|slot| slot.regulators.push(supply.node_name()));
        self.switched_by(&supply.pin, Level::High);
        self.prop(
            &format!("{input}-supply"),
            Value::cells([Cell::phandle(supply.label())]),
        )
    }

    /// The chip has power while the line is at `on`; nobody drives it yet.
    fn switched_by(&self, pin: &Pin, on: Level) {
        let (powered, now) = {
            let mut world = self.world.borrow_mut();
            let slot = &mut world.slots[self.index];
            slot.supplies.push((pin.line, on));
            slot.powered &= on == Level::Low;
            (slot.powered, world.now)
        };
        let power = Level::high_when(powered);
        self.chip.borrow_mut().power(power, now);
    }

    /// Inverts the chip's interrupt output for `duration` of virtual time,
    /// whatever its model says.
    ///
    /// # Panics
    /// Where the output is connected to nothing, and where `duration` is zero.
    #[track_caller]
    pub fn pulse(&self, duration: SimTime) {
        assert!(duration > SimTime::ZERO, "a pulse has a duration");
        let name = self.name();
        assert!(
            self.slot(|slot| slot.interrupt.is_some()),
            "a pulse on the interrupt output of {name}, which is connected to nothing; \
             connect it with `.interrupt(&pin, …)`"
        );
        let mut world = self.world.borrow_mut();
        let end = world.now + duration;
        world.pulse(self.index, end);
    }

    /// The devicetree nodes of the chip's supplies.
    pub(crate) fn regulators(&self) -> Vec<String> {
        self.slot(|slot| slot.regulators.clone())
    }

    /// Connects a line to the chip's reset input.
    #[must_use]
    #[track_caller]
    pub fn reset(self, pin: &Pin) -> Self {
        self.connect(pin, "reset input");
        self.slot(|slot| slot.reset = Some(pin.line));
        self
    }

    /// Overrides `compatible` of the chip's devicetree node.
    #[must_use]
    pub fn compatible(self, compatible: &str) -> Self {
        self.node(|node| node.compatible = compatible.to_owned());
        self
    }

    /// Adds a property to the chip's devicetree node.
    #[must_use]
    pub fn prop(self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.node(|node| node.properties.push((name.to_owned(), value)));
        self
    }

    /// Adds a child to the chip's devicetree node.
    #[must_use]
    pub fn child(self, child: Node) -> Self {
        self.node(|node| node.children.push(child));
        self
    }

    /// Looks at the model or changes it: a stimulus. What changes on the
    /// chip's pins by it reaches the guest when that runs next.
    pub fn with<R>(&self, change: impl FnOnce(&mut C) -> R) -> R {
        let result = change(&mut self.chip.borrow_mut());
        self.world.borrow_mut().settle(self.index);
        result
    }

    /// Takes the chip off the bus, as if it were not there: its address is
    /// not acknowledged from now on. Power and interrupt output stay.
    pub fn disconnect(&self) {
        self.slot(|slot| slot.disconnected = true);
    }

    /// Puts the chip back on the bus.
    pub fn reconnect(&self) {
        self.slot(|slot| slot.disconnected = false);
    }

    /// What happened to this chip.
    pub fn timeline(&self) -> Timeline {
        let world = self.world.borrow();
        let slot = &world.slots[self.index];
        let pin = slot.interrupt.map(|(line, _)| world.lines.label(line));
        Timeline::of_chip(&world.events, &slot.name, slot.address, pin.as_deref())
    }

    /// Puts all that has happened so far behind: [`news`](Self::news) begins
    /// here.
    pub fn forget(&self) {
        let mut world = self.world.borrow_mut();
        let mark = world.events.len();
        world.slots[self.index].seen = mark;
    }

    /// What has happened to this chip since [`forget`](Self::forget).
    pub fn news(&self) -> Timeline {
        let world = self.world.borrow();
        let slot = &world.slots[self.index];
        let pin = slot.interrupt.map(|(line, _)| world.lines.label(line));
        Timeline::of_chip(
            &world.events[slot.seen..],
            &slot.name,
            slot.address,
            pin.as_deref(),
        )
    }

    /// The chip's 7-bit address.
    pub fn address(&self) -> u16 {
        self.slot(|slot| slot.address)
    }

    /// The chip's name on the board.
    pub fn name(&self) -> String {
        self.slot(|slot| slot.name.clone())
    }

    #[track_caller]
    fn connect(&self, pin: &Pin, what: &str) {
        let place = Location::caller();
        let user = format!("the {what} of {}", self.name());
        let connected = self
            .world
            .borrow_mut()
            .lines
            .connect(pin.line, &user, place);
        if let Err(error) = connected {
            self.wiring.borrow_mut().errors.push(error);
        }
    }

    fn slot<R>(&self, change: impl FnOnce(&mut Slot) -> R) -> R {
        change(&mut self.world.borrow_mut().slots[self.index])
    }

    fn node(&self, change: impl FnOnce(&mut ChipNode)) {
        change(&mut self.wiring.borrow_mut().nodes[self.index]);
    }
}
