// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The time that the chip needs after power-up.

use roadtest::{Board, Chip, Placement, SimTime, Uml, Wired};
use roadtest_chips::iio::temperature::tmp117::Tmp117;

/// A board on which the driver switches the chip's supply, and the chip.
fn switched() -> roadtest::Result<(Uml, Wired<Tmp117>)> {
    let mut board = Board::new();
    let switch = board.gpio(0);
    let supply = board.fixed_supply("vcc", 3_300_000, &switch);
    let chip = board.i2c(
        0x48,
        Placement::of(Tmp117::default()).powered_by("vcc", &supply),
    );
    Ok((board.boot()?, chip))
}

#[roadtest::test(since = "6.12", why = "the driver of 6.1 knows no supply")]
fn the_driver_waits_for_the_chip_to_start_up() -> roadtest::Result {
    let (uml, chip) = switched()?;
    uml.bind(&chip)?;
    assert_eq!(chip.timeline().reads("DEVICE_ID"), ["0117"]);
    Ok(())
}

/// Proof that the contract can fail. The driver lets its wait of 1.5 ms become
/// 3 ms where that saves a wake-up.
#[roadtest::test(since = "6.12", why = "the driver of 6.1 knows no supply")]
fn a_tmp117_that_starts_more_slowly_is_accessed_too_early() -> roadtest::Result {
    let (uml, chip) = switched()?;
    chip.with(|chip| {
        let registers = chip.registers_mut().expect("a register map");
        registers.set_start_up("7.3.1", SimTime::ms(5));
    });
    uml.expect_violation("from power-up to first access, at least 5 ms required (7.3.1)");
    uml.bind(&chip)?;
    Ok(())
}
