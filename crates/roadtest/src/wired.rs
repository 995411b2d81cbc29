// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A chip in its place on the board: the test's hand on it, before the guest
//! runs and while it does.

use std::cell::RefCell;
use std::rc::Rc;

use roadtest_model::{Chip, SimTime};

use crate::pin::Pin;
use crate::timeline::Timeline;
use crate::world::Shared;
use crate::world::chips::{ChipId, Slot};
use crate::world::lines::Net;

/// A chip in its place on the board. What it is connected to was said by its
/// [`Placement`](crate::Placement) and does not change any more:
///
/// ```compile_fail,E0599
/// # use roadtest::{Board, Edge};
/// # use roadtest_chips::hwmon::lm75::Pct2075;
/// let mut board = Board::new();
/// let int = board.gpio(3);
/// let chip = board.i2c(0x48, Pct2075::default());
/// chip.interrupt(&int, Edge::Falling);
/// ```
pub struct Wired<C> {
    chip: Rc<RefCell<C>>,
    id: ChipId,
    world: Shared,
}

impl<C> Clone for Wired<C> {
    fn clone(&self) -> Self {
        Self {
            chip: self.chip.clone(),
            id: self.id,
            world: self.world.clone(),
        }
    }
}

impl<C: Chip> Wired<C> {
    pub(crate) fn new(chip: Rc<RefCell<C>>, id: ChipId, world: &Shared) -> Self {
        Self {
            chip,
            id,
            world: world.clone(),
        }
    }

    /// One of the chip's own pins, by its index among [`Chip::pins`], for
    /// other chips to be connected to: an expander's port that is the
    /// interrupt of a sensor, say.
    ///
    /// # Panics
    /// Where the chip has no such pin.
    #[track_caller]
    pub fn pin(&self, index: usize) -> Pin {
        // A model that panics fails the boot.
        if let Some(pins) = self.world.guarded(self.id, |chip| chip.pins()) {
            assert!(
                index < pins.len(),
                "{} has no pin {index}; it has {}: {}",
                self.name(),
                pins.len(),
                pins.join(", ")
            );
        }
        let net = Net::of_chip(self.id, index);
        self.slot(|slot| {
            slot.node.is_gpio_controller = true;
            if !slot.wires.contains(&(index, net)) {
                slot.wires.push((index, net));
            }
        });
        let mut lines = self.world.lines.borrow_mut();
        lines.nets.entry(net).or_default();
        drop(lines);
        self.world.settle(self.id);
        Pin {
            world: self.world.clone(),
            net,
        }
    }

    /// Inverts the chip's interrupt output for `duration` of virtual time,
    /// whatever its model says.
    ///
    /// # Panics
    /// Where the output is connected to nothing, and where `duration` is zero.
    #[track_caller]
    pub fn pulse(&self, duration: SimTime) {
        assert!(duration > SimTime::ZERO, "a pulse has a duration");
        assert!(
            self.slot(|slot| slot.interrupt.is_some()),
            "a pulse on the interrupt output of {}, which is connected to nothing; \
             connect it with `Placement::interrupt(&pin, …)`",
            self.name()
        );
        let end = self.world.now() + duration;
        self.world.pulse(self.id, end);
    }

    /// The devicetree nodes of the chip's supplies.
    pub(crate) fn regulators(&self) -> Vec<String> {
        self.slot(|slot| slot.regulators.clone())
    }

    /// Looks at the model or changes it: a stimulus. What changes on the
    /// chip's pins by it reaches the guest when that runs next.
    pub fn with<R>(&self, change: impl FnOnce(&mut C) -> R) -> R {
        let result = change(&mut self.chip.borrow_mut());
        self.world.settle(self.id);
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
        self.timeline_from(0)
    }

    /// Puts all that has happened so far behind: [`news`](Self::news) begins
    /// here.
    pub fn forget(&self) {
        let mark = self.world.trace.borrow().events.len();
        self.slot(|slot| slot.seen = mark);
    }

    /// What has happened to this chip since [`forget`](Self::forget).
    pub fn news(&self) -> Timeline {
        self.timeline_from(self.slot(|slot| slot.seen))
    }

    fn timeline_from(&self, first: usize) -> Timeline {
        let (name, net) = self.slot(|slot| {
            let net = slot.interrupt.map(|(net, _)| net);
            (slot.name.clone(), net)
        });
        let pin = net.map(|net| self.world.label(net));
        let trace = self.world.trace.borrow();
        Timeline::of_chip(&trace.events[first..], &name, pin.as_deref())
    }

    /// The path of the chip's device in sysfs.
    pub fn path(&self) -> String {
        self.slot(|slot| slot.path.clone())
    }

    /// Where the chip is on its bus: its 7-bit address on I2C, its chip select
    /// on SPI.
    pub fn address(&self) -> u16 {
        self.slot(|slot| slot.address)
    }

    /// The chip's name on the board.
    pub fn name(&self) -> String {
        self.slot(|slot| slot.name.clone())
    }

    fn slot<R>(&self, change: impl FnOnce(&mut Slot) -> R) -> R {
        change(&mut self.world.chips.borrow_mut()[self.id])
    }
}
