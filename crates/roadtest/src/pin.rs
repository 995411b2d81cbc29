// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A digital pin that other pins are connected to, as a test holds it: a line
//! of the board's GPIO controller, or a pin of a chip.

use std::panic::Location;

use roadtest_dt::Cell;
use roadtest_model::{Level, SimTime};

use crate::world::Shared;
use crate::world::lines::{Net, TEST, bank_label};

/// A line of the board's GPIO controller
/// ([`Board::gpio`](crate::Board::gpio)) or a pin of a chip
/// ([`Wired::pin`](crate::Wired::pin)), and the net at it. Cheap to clone: all
/// clones are the same pin.
#[derive(Clone)]
pub struct Pin {
    pub(crate) world: Shared,
    pub(crate) net: Net,
}

impl Pin {
    /// The number of the line at its controller, or of the pin at its chip.
    pub fn line(&self) -> u16 {
        self.net.index()
    }

    /// The level of the net: what the owner of the pin drives (the kernel, for
    /// a line of the board's controller), else what drives it from outside.
    /// What nothing drives is low.
    pub fn level(&self) -> Level {
        self.world.lines.borrow().level(self.net)
    }

    /// Whether the owner of the pin drives it.
    pub fn is_output(&self) -> bool {
        self.world.lines.borrow().output(self.net).is_some()
    }

    /// Drives the net from outside, as the test. The guest sees it when it
    /// runs next.
    pub fn drive(&self, level: Level) {
        self.world.drive(self.net, TEST, Some(level));
    }

    /// Inverts the net for `duration` of virtual time.
    ///
    /// # Panics
    /// Where `duration` is zero.
    pub fn pulse(&self, duration: SimTime) {
        assert!(duration > SimTime::ZERO, "a pulse has a duration");
        let before = self.world.lines.borrow().outside(self.net);
        let end = self.world.now() + duration;
        self.drive(before.inverted());
        let mut lines = self.world.lines.borrow_mut();
        lines.add_pulse(end, self.net, before);
    }

    /// Lets several chips drive this net, each with an open-drain output:
    /// it is low as soon as one of them is. To be said before the chips
    /// are connected.
    #[must_use]
    pub fn shared(self) -> Self {
        let mut lines = self.world.lines.borrow_mut();
        lines.nets.entry(self.net).or_default().shared = true;
        drop(lines);
        self
    }

    /// The devicetree's specifier of this pin, with the flags of
    /// `dt-bindings/gpio/gpio.h` or the trigger of
    /// `dt-bindings/interrupt-controller/irq.h`: `<&gpio 3 0>`.
    pub fn cells(&self, flags: u32) -> [Cell; 3] {
        cells(self.net, flags)
    }

    /// A pin of a chip or node is connected to this one.
    pub(crate) fn connect(
        &self,
        user: &str,
        place: &'static Location<'static>,
    ) -> Result<(), String> {
        let label = match self.net {
            Net::Line { bank: 0, line } => format!("line {line}"),
            net => self.world.label(net),
        };
        let mut lines = self.world.lines.borrow_mut();
        lines.connect(self.net, &label, user, place)
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pin").field(&self.net).finish()
    }
}

/// The devicetree's specifier of a net.
pub(crate) fn cells(net: Net, flags: u32) -> [Cell; 3] {
    let owner = match net {
        Net::Line { bank, .. } => bank_label(bank),
        Net::ChipPin { chip, .. } => chip.label(),
    };
    [
        Cell::phandle(owner),
        u32::from(net.index()).into(),
        flags.into(),
    ]
}
