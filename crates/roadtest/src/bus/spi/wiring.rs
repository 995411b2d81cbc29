// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The board's methods for SPI buses, and what the devicetree says of a bus
//! and its chips.

use std::panic::Location;

use roadtest_dt::{Node, Value};
use roadtest_model::{SimTime, SpiPeripheral};
use roadtest_virtio::spi as codec;

use super::Spi;
use super::wire::Unit;
use crate::board::Board;
use crate::placement::Placement;
use crate::wired::Wired;
use crate::world::World;

/// The name of the first bus: of its device, node, label and socket.
const FIRST: &str = "spi";
/// The highest rate of SCK on a bus, unless the board says otherwise.
const SCK_HZ_MAX: u32 = 50_000_000;
/// The devicetree's number of chip selects has a byte, and so has the device's.
const CHIP_SELECTS: u16 = 255;

/// A further SPI bus of a board, made by [`Board::spi_bus`].
#[derive(Clone, Debug)]
pub struct SpiBus {
    name: String,
}

impl Board {
    /// Puts a chip behind a chip select of the board's first SPI bus: a model,
    /// or a [`Placement`] that says what its pins are connected to. The
    /// devicetree has the first mode and the highest rate that the datasheet
    /// allows; a [`prop`](Placement::prop) of the placement replaces it.
    ///
    /// ```
    /// # use roadtest::Board;
    /// # use roadtest_chips::iio::adc::mcp320x::Mcp3208;
    /// let mut board = Board::new();
    /// let converter = board.spi(0, Mcp3208::new(2_500_000));
    /// ```
    #[track_caller]
    pub fn spi<C: SpiPeripheral>(
        &mut self,
        chip_select: u16,
        chip: impl Into<Placement<C>>,
    ) -> Wired<C> {
        self.place_spi(FIRST, chip_select, chip.into())
    }

    /// The highest rate of SCK on the board's first SPI bus in Hz, 50 MHz
    /// unless changed.
    pub fn sck_hz_max(&mut self, hz: u32) -> &mut Self {
        self.spi_controller(FIRST).sck_hz_max = hz.max(1);
        self
    }

    /// Another SPI bus, whose devicetree node has this label, with SCK at
    /// `sck_hz_max` Hz at most. The first one needs no call.
    #[track_caller]
    pub fn spi_bus(&mut self, name: &str, sck_hz_max: u32) -> SpiBus {
        let place = Location::caller();
        if self.has_controller(name) {
            self.error(format!(
                "the board has a device named {name} already; name the bus at {place} otherwise"
            ));
        } else {
            self.spi_controller(name).sck_hz_max = sck_hz_max.max(1);
        }
        SpiBus {
            name: name.to_owned(),
        }
    }

    /// Puts a chip behind a chip select of one of the board's further SPI
    /// buses.
    #[track_caller]
    pub fn spi_on<C: SpiPeripheral>(
        &mut self,
        bus: &SpiBus,
        chip_select: u16,
        chip: impl Into<Placement<C>>,
    ) -> Wired<C> {
        self.place_spi(&bus.name, chip_select, chip.into())
    }

    #[track_caller]
    fn place_spi<C: SpiPeripheral>(
        &mut self,
        bus: &str,
        chip_select: u16,
        placement: Placement<C>,
    ) -> Wired<C> {
        let place = Location::caller();
        let controller = self.spi_controller(bus);
        let mut units = controller.wire.units.iter();
        let taken = units.find(|unit| u16::from(unit.chip_select) == chip_select);
        let taken = taken.map(|unit| unit.id);
        let path = format!(
            "/sys/bus/spi/devices/spi{}.{chip_select}",
            controller.number
        );
        let (id, chip) = self.place(bus, chip_select, path, placement, place);
        let (name, other) = {
            let chips = self.world.chips.borrow();
            let other = taken.map(|id| (chips[id].name.clone(), chips[id].place));
            (chips[id].name.clone(), other)
        };
        if let Some((other, at)) = other {
            self.error(format!(
                "{other} at {at} and {name} at {place} are both at chip select {chip_select}"
            ));
        }
        match u8::try_from(chip_select) {
            Ok(chip_select) if u16::from(chip_select) < CHIP_SELECTS => {
                let unit = Unit::new(chip_select, id, chip.clone());
                self.spi_controller(bus).wire.units.push(unit);
            }
            _ => self.error(format!(
                "{name} at {place} has chip select {chip_select}; a bus has 0 to {}",
                CHIP_SELECTS - 1
            )),
        }
        Wired::new(chip, id, &self.world)
    }

    /// The controller of the bus with this name, made where there is none.
    fn spi_controller(&mut self, name: &str) -> &mut Spi {
        if !self.has_controller(name) {
            let number = self.controllers::<Spi>().count();
            self.add(Spi::new(name, number, SCK_HZ_MAX));
        }
        match self.controller::<Spi>(name) {
            Some(controller) => controller,
            None => panic!("device {name} of this board is no SPI bus"),
        }
    }
}

impl Spi {
    /// The node of the bus with those of its chips.
    pub(super) fn devicetree(&self, world: &World) -> Node {
        let mut node = Node::new("spi")
            .label(&self.wire.name)
            .prop("compatible", format!("virtio,device{:x}", codec::DEVICE_ID))
            .prop("#address-cells", 1)
            .prop("#size-cells", 0);
        for unit in &self.wire.units {
            let mut chip = crate::board::chip_node(world, unit.id);
            for (name, value) in self.properties(unit) {
                if chip.get(name).is_none() {
                    chip.set(name, value);
                }
            }
            node.push(chip);
        }
        node
    }

    /// What the kernel has to know of a chip, from its datasheet.
    fn properties(&self, unit: &Unit) -> Vec<(&'static str, Value)> {
        let chip = unit.chip.borrow();
        let mode = chip.modes().first();
        let hz = chip.sck_hz_max().min(self.sck_hz_max);
        // Why 1: without a delay the controller cannot tell where a message
        // ends.
        let deselected = chip.deselected_min().max(SimTime::ns(1)).as_ns();
        let deselected = u32::try_from(deselected).unwrap_or(u32::MAX);
        let mut properties = vec![
            ("spi-max-frequency", hz.into()),
            ("spi-cs-inactive-delay-ns", deselected.into()),
        ];
        if mode.is_some_and(|mode| mode.cpol()) {
            properties.push(("spi-cpol", Value::flag()));
        }
        if mode.is_some_and(|mode| mode.cpha()) {
            properties.push(("spi-cpha", Value::flag()));
        }
        properties
    }
}

#[cfg(test)]
mod tests {
    use roadtest_chips::iio::adc::mcp320x::{Mcp3004, Mcp3208};

    use super::*;

    fn wiring_error(board: &Board) -> String {
        board.to_dts().unwrap_err().to_string()
    }

    #[test]
    fn two_chips_at_one_chip_select_are_both_named() {
        let mut board = Board::new();
        board.spi(1, Mcp3208::new(5_000_000));
        board.spi(1, Mcp3004::new(5_000_000));
        let text = wiring_error(&board);
        assert!(text.contains("mcp3208 at "), "{text}");
        assert!(text.contains("mcp3004 at "), "{text}");
        assert!(text.contains("are both at chip select 1"), "{text}");
    }

    #[test]
    fn a_chip_select_that_no_bus_has_is_named() {
        for chip_select in [255, 300] {
            let mut board = Board::new();
            board.spi(chip_select, Mcp3208::new(5_000_000));
            let text = wiring_error(&board);
            assert!(text.contains("a bus has 0 to 254"), "{text}");
        }
    }

    #[test]
    fn two_buses_of_one_name_are_a_mistake() {
        let mut board = Board::new();
        board.spi(0, Mcp3208::new(5_000_000));
        board.spi_bus("spi", 1_000_000);
        let text = wiring_error(&board);
        assert!(text.contains("a device named spi already"), "{text}");
    }
}
