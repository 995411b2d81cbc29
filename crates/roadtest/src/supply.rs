// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A supply of the board that the kernel switches with a GPIO: the regulator
//! that a `vdd-supply` refers to. It is wiring: what a chip does without power
//! belongs to its model.

use std::panic::Location;

use roadtest_dt::{Node, Value};

use crate::pin::Pin;

/// A supply of the board, made by
/// [`Board::fixed_supply`](crate::Board::fixed_supply). Cheap to clone: all
/// clones are the same supply.
#[derive(Clone)]
pub struct Supply {
    pub(crate) name: String,
    pub(crate) microvolts: u32,
    pub(crate) pin: Pin,
    pub(crate) place: &'static Location<'static>,
}

impl Supply {
    /// The line that switches it, high while it is on.
    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    /// Whether the kernel has switched it on.
    pub fn is_on(&self) -> bool {
        self.pin.level().is_high()
    }

    /// The label of its devicetree node, for fragments: `supply_vdd` where the
    /// name is `vdd`; what a label cannot have is an underscore.
    pub fn label(&self) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        format!("supply_{}", self.name.chars().map(word).collect::<String>())
    }

    /// The name of its devicetree node, which is its device's in sysfs.
    pub(crate) fn node_name(&self) -> String {
        self.label().replace('_', "-")
    }

    pub(crate) fn node(&self) -> Node {
        Node::new(self.node_name())
            .label(self.label())
            .prop("compatible", "regulator-fixed")
            // Why: not the bare name. The kernel gives a regulator named `vdd`
            // to every consumer of a `vdd` whose node names no supply.
            .prop("regulator-name", self.node_name())
            .prop("regulator-min-microvolt", self.microvolts)
            .prop("regulator-max-microvolt", self.microvolts)
            .prop("gpio", self.pin.cells(0))
            .prop("enable-active-high", Value::flag())
    }
}
