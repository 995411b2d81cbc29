// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A chip before it is on the board: the model, what its pins are to be
//! connected to, and what its devicetree node says. A value: it becomes a
//! [`Wired`](crate::Wired) where a bus of the board takes it, and cannot be
//! changed any more.

use std::panic::Location;

use roadtest_dt::{Cell, Node, Value};
use roadtest_model::{Chip, Edge, Level};

use crate::pin::Pin;
use crate::supply::Supply;

/// A chip and its wires, for a bus of the board. A chip whose pins are
/// connected to nothing needs none: buses take the bare model as well.
///
/// ```
/// # use roadtest::{Board, Edge, Placement};
/// # use roadtest_chips::iio::light::opt3001::Opt3001;
/// let mut board = Board::new();
/// let int = board.gpio(3);
/// let sensor = Placement::of(Opt3001::default()).interrupt(&int, Edge::Falling);
/// let light = board.i2c(0x44, sensor);
/// ```
#[must_use = "a chip is on the board when a bus has taken it: `board.i2c(0x44, chip)`"]
pub struct Placement<C> {
    pub(crate) chip: C,
    pub(crate) interrupt: Option<(Pin, Edge, &'static Location<'static>)>,
    pub(crate) supplies: Vec<Switch>,
    pub(crate) regulators: Vec<String>,
    pub(crate) reset: Option<(Pin, &'static Location<'static>)>,
    pub(crate) wires: Vec<(usize, Pin, &'static Location<'static>)>,
    pub(crate) compatible: Option<String>,
    pub(crate) properties: Vec<(String, Value)>,
    pub(crate) children: Vec<Node>,
}

/// What switches a supply of the chip.
pub(crate) struct Switch {
    pub(crate) pin: Pin,
    /// The level that is on.
    pub(crate) on: Level,
    /// Where that was said, if the chip is the only user of the pin.
    pub(crate) place: Option<&'static Location<'static>>,
}

impl<C: Chip> From<C> for Placement<C> {
    fn from(chip: C) -> Self {
        Self::of(chip)
    }
}

impl<C: Chip> Placement<C> {
    /// A chip whose pins are connected to nothing yet.
    pub fn of(chip: C) -> Self {
        Self {
            chip,
            interrupt: None,
            supplies: Vec::new(),
            regulators: Vec::new(),
            reset: None,
            wires: Vec::new(),
            compatible: None,
            properties: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Connects the chip's interrupt output to a pin: a line of the board's
    /// GPIO controller, or a pin of a chip that is an interrupt controller.
    #[track_caller]
    pub fn interrupt(mut self, pin: &Pin, edge: Edge) -> Self {
        self.interrupt = Some((pin.clone(), edge, Location::caller()));
        self
    }

    /// Lets a pin switch the chip's supply, which is on while the pin is at
    /// `on`. A pin that nothing drives is low. A driver can switch it, and so
    /// can the test, with [`Pin::drive`].
    #[track_caller]
    pub fn supply(mut self, pin: &Pin, on: Level) -> Self {
        self.supplies.push(Switch {
            pin: pin.clone(),
            on,
            place: Some(Location::caller()),
        });
        self
    }

    /// Connects one of the chip's supplies to a regulator of the board: the
    /// chip's devicetree node gets `<input>-supply`, and the chip has no power
    /// before the regulator is on. [`Uml::bind`](crate::Uml::bind) binds the
    /// regulator first. A chip with several supplies needs all of them.
    pub fn powered_by(mut self, input: &str, supply: &Supply) -> Self {
        self.regulators.push(supply.node_name());
        self.supplies.push(Switch {
            pin: supply.pin.clone(),
            on: Level::High,
            place: None,
        });
        let value = Value::cells([Cell::phandle(supply.label())]);
        self.prop(&format!("{input}-supply"), value)
    }

    /// Connects a pin to the chip's reset input.
    #[track_caller]
    pub fn reset(mut self, pin: &Pin) -> Self {
        self.reset = Some((pin.clone(), Location::caller()));
        self
    }

    /// Connects one of the chip's other pins, by its index among
    /// [`Chip::pins`], to a pin of the board or of another chip. The one that
    /// drives is the one whose output is on.
    #[track_caller]
    pub fn wire(mut self, index: usize, pin: &Pin) -> Self {
        self.wires.push((index, pin.clone(), Location::caller()));
        self
    }

    /// Overrides `compatible` of the chip's devicetree node.
    pub fn compatible(mut self, compatible: &str) -> Self {
        self.compatible = Some(compatible.to_owned());
        self
    }

    /// Adds a property to the chip's devicetree node.
    pub fn prop(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a child to the chip's devicetree node.
    pub fn child(mut self, child: Node) -> Self {
        self.children.push(child);
        self
    }
}
