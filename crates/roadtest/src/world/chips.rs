// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The chips of a board in their places: the models, what their pins are
//! connected to, and what the devicetree says of them. Buses are not known
//! here.

use std::cell::RefCell;
use std::ops::{Index, IndexMut};
use std::panic::Location;
use std::rc::Rc;

use roadtest_dt::{Node, Value};
use roadtest_model::{Chip, Edge, Level, SimTime};

use super::lines::Net;

/// A chip of a board, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChipId(usize);

impl ChipId {
    /// The label of its devicetree node.
    pub(crate) fn label(self) -> String {
        format!("chip{}", self.0)
    }
}

/// A chip on the board.
pub(crate) struct Slot {
    /// Unique on the board: `opt3001`, or `opt3001@45` where there are two.
    pub(crate) name: String,
    /// Where it is on its bus: `reg` of its devicetree node.
    pub(crate) address: u16,
    /// The path of its device in sysfs.
    pub(crate) path: String,
    pub(crate) place: &'static Location<'static>,
    pub(crate) chip: Rc<RefCell<dyn Chip>>,
    /// Its devicetree node, but for what follows from the wiring.
    pub(crate) node: ChipNode,
    /// What the chip's interrupt output drives.
    pub(crate) interrupt: Option<(Net, Edge)>,
    /// The nets that switch the chip's supplies, each with the level that is
    /// on. The chip has power when all are on.
    pub(crate) supplies: Vec<(Net, Level)>,
    /// Whether the chip has power, as it was told.
    pub(crate) powered: bool,
    /// The devicetree nodes of its supplies, which must be bound before it.
    pub(crate) regulators: Vec<String>,
    /// While a pulse lasts, the interrupt output is inverted, until this time.
    pub(crate) pulse_until: Option<SimTime>,
    /// The trigger of its interrupt that was reported as not expected.
    pub(crate) odd_trigger: Option<Edge>,
    /// What is connected to the chip's reset input.
    pub(crate) reset: Option<Net>,
    /// What the other pins are connected to, by their index.
    pub(crate) wires: Vec<(usize, Net)>,
    /// Taken off the bus: its address is not acknowledged.
    pub(crate) disconnected: bool,
    /// How many events the test has put behind it.
    pub(crate) seen: usize,
}

/// What is in the devicetree node of a chip beside its wiring.
#[derive(Default)]
pub(crate) struct ChipNode {
    pub(crate) compatible: String,
    pub(crate) properties: Vec<(String, Value)>,
    pub(crate) children: Vec<Node>,
    /// Other devicetree nodes refer to its pins as lines.
    pub(crate) is_gpio_controller: bool,
    /// The same as interrupts.
    pub(crate) is_interrupt_controller: bool,
}

#[derive(Default)]
pub(crate) struct Chips {
    slots: Vec<Slot>,
}

impl Chips {
    pub(crate) fn push(&mut self, slot: Slot) -> ChipId {
        self.slots.push(slot);
        ChipId(self.slots.len() - 1)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ChipId> + use<> {
        (0..self.slots.len()).map(ChipId)
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// A name that no other chip has: the part's, or with its place.
    pub(crate) fn name(&self, part: &str, unit: &str, bus: &str) -> String {
        let taken = |name: &str| self.slots.iter().any(|slot| slot.name == name);
        let candidates = [
            part.to_owned(),
            format!("{part}@{unit}"),
            format!("{part}@{bus}-{unit}"),
        ];
        let [.., last] = &candidates;
        let free = candidates.iter().find(|name| !taken(name));
        free.unwrap_or(last).clone()
    }
}

impl Index<ChipId> for Chips {
    type Output = Slot;

    fn index(&self, id: ChipId) -> &Slot {
        &self.slots[id.0]
    }
}

impl IndexMut<ChipId> for Chips {
    fn index_mut(&mut self, id: ChipId) -> &mut Slot {
        &mut self.slots[id.0]
    }
}
