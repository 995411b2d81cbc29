// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The board's methods for its I2C buses. What happens on a bus is not known
//! here.

use std::panic::Location;

use roadtest_model::I2cTarget;

use super::{I2c, Unit};
use crate::board::Board;
use crate::placement::Placement;
use crate::wired::Wired;

/// The name of the first bus: of its device, node, label and socket.
const FIRST: &str = "i2c";
/// 7-bit addresses that the I2C specification does not reserve.
const ADDRESSES: std::ops::RangeInclusive<u16> = 0x08..=0x77;

/// A further I2C bus of a board, made by [`Board::i2c_bus`].
#[derive(Clone, Debug)]
pub struct I2cBus {
    name: String,
}

impl Board {
    /// Puts a chip at a 7-bit address of the board's first I2C bus, which is
    /// there from the first call of this or [`scl_hz`](Self::scl_hz) on: a model,
    /// or a [`Placement`] that says what its pins are connected to.
    #[track_caller]
    pub fn i2c<C: I2cTarget>(&mut self, address: u16, chip: impl Into<Placement<C>>) -> Wired<C> {
        self.place_i2c(FIRST, address, chip.into())
    }

    /// The rate of SCL on the board's first I2C bus in Hz, 400 kHz unless
    /// changed; to be called before chips are put on the bus. It gives each
    /// message its duration.
    pub fn scl_hz(&mut self, hz: u32) -> &mut Self {
        self.i2c_controller(FIRST).scl_hz = hz.max(1);
        self
    }

    /// Another I2C bus, whose devicetree node has this label, with SCL at
    /// `scl_hz` Hz. The first one needs no call.
    ///
    /// ```
    /// # use roadtest::Board;
    /// # use roadtest_chips::hwmon::lm75::Lm75;
    /// let mut board = Board::new();
    /// let inside = board.i2c(0x48, Lm75::default());
    /// let bus = board.i2c_bus("outdoor", 100_000);
    /// let outside = board.i2c_on(&bus, 0x48, Lm75::default());
    /// ```
    #[track_caller]
    pub fn i2c_bus(&mut self, name: &str, scl_hz: u32) -> I2cBus {
        let place = Location::caller();
        if self.has_controller(name) {
            self.error(format!(
                "the board has a device named {name} already; name the bus at {place} otherwise"
            ));
        } else {
            self.i2c_controller(name).scl_hz = scl_hz.max(1);
        }
        I2cBus {
            name: name.to_owned(),
        }
    }

    /// Puts a chip at a 7-bit address of one of the board's further I2C buses.
    #[track_caller]
    pub fn i2c_on<C: I2cTarget>(
        &mut self,
        bus: &I2cBus,
        address: u16,
        chip: impl Into<Placement<C>>,
    ) -> Wired<C> {
        self.place_i2c(&bus.name, address, chip.into())
    }

    #[track_caller]
    fn place_i2c<C: I2cTarget>(
        &mut self,
        bus: &str,
        address: u16,
        placement: Placement<C>,
    ) -> Wired<C> {
        let place = Location::caller();
        let scl_hz_max = placement.chip.scl_hz_max();
        let controller = self.i2c_controller(bus);
        let scl_hz = controller.scl_hz;
        let taken = controller.unit_at(address);
        let path = format!("/sys/bus/i2c/devices/{}-{address:04x}", controller.number);
        let (id, chip) = self.place(bus, address, path, placement, place);
        let (name, other) = {
            let chips = self.world.chips.borrow();
            let other = taken.map(|id| (chips[id].name.clone(), chips[id].place));
            (chips[id].name.clone(), other)
        };
        if !ADDRESSES.contains(&address) {
            self.error(format!(
                "{name} at {place} has address {address:#04x}; a chip's is 0x08 to 0x77"
            ));
        }
        if let Some((other, at)) = other {
            self.error(format!(
                "{other} at {at} and {name} at {place} are both at address {address:#04x}"
            ));
        }
        if scl_hz_max < scl_hz {
            self.error(format!(
                "{name} at {place} allows {scl_hz_max} Hz on SCL, the bus has {scl_hz} Hz; \
                 call `board.scl_hz()` before"
            ));
        }
        self.i2c_controller(bus).units.push(Unit {
            address,
            id,
            target: chip.clone(),
        });
        Wired::new(chip, id, &self.world)
    }

    /// The controller of the bus with this name, made where there is none.
    fn i2c_controller(&mut self, name: &str) -> &mut I2c {
        if !self.has_controller(name) {
            let number = self.controllers::<I2c>().count();
            self.add(I2c::new(name, number));
        }
        match self.controller::<I2c>(name) {
            Some(controller) => controller,
            None => panic!("device {name} of this board is no I2C bus"),
        }
    }
}
