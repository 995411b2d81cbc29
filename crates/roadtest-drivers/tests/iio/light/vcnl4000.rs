// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/vcnl4000.c`: Vishay's ambient light and proximity
//! sensors, a module for each chip that the driver knows apart.

use roadtest::{Board, Edge, I2cTarget, Placement, Wired};

mod vcnl4000_itself;
mod vcnl4010;
mod vcnl4040;
mod vcnl4200;

/// A board with a chip at an address, its INT connected.
fn board_with_interrupt<C: I2cTarget>(address: u16, chip: C) -> (Board, Wired<C>) {
    let mut board = Board::new();
    let int = board.gpio(3);
    let chip = board.i2c(address, Placement::of(chip).interrupt(&int, Edge::Falling));
    (board, chip)
}

/// A board with a chip at an address.
fn board<C: I2cTarget>(address: u16, chip: C) -> (Board, Wired<C>) {
    let mut board = Board::new();
    let chip = board.i2c(address, chip);
    (board, chip)
}
