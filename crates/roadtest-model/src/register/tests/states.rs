// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! When a chip may be accessed: guards, gaps, power and reset.

use insta::assert_snapshot;

use super::{Example, read, reg, show, write};
use crate::register::{Contract, DRIVER, Guard, MinGap, Registers, describe};
use crate::{Bus, Chip, Level, Severity, SimTime};

const BUSY: Guard = Guard {
    state: "converting",
    section: "7.1",
    severity: Severity::Forbidden,
    writes: &[reg::FREE],
    reads: &[reg::RESULT],
};

#[test]
fn a_guard_reports_accesses_until_it_is_left() {
    let mut chip = Example::new();
    chip.registers.enter(BUSY);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x01]), @r"
    Write FREE 0001
    ! write of 0x0001 to FREE while converting (7.1)
    ");
    assert_snapshot!(read(&mut chip, 0x00, 2), @r"
    [04, 56]
    Read RESULT 0456 mantissa=1110
    ! read of RESULT while converting (7.1)
    ");
    chip.registers.leave(BUSY);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @"Write FREE 0002");
}

#[test]
fn a_guard_may_mark_what_is_legal_and_hardly_meant() {
    let mut chip = Example::new();
    let hint = Guard {
        severity: Severity::Unwise,
        ..BUSY
    };
    chip.registers.enter(hint);
    assert_snapshot!(read(&mut chip, 0x00, 2), @r"
    [04, 56]
    Read RESULT 0456 mantissa=1110
    ? read of RESULT while converting (7.1)
    ");
    chip.registers.leave(hint);
    chip.registers.enter(Guard {
        section: DRIVER,
        ..BUSY
    });
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x01]), @r"
    Write FREE 0001
    ? write of 0x0001 to FREE while converting (driver)
    ");
}

#[test]
fn rules_beyond_bits_say_where_they_come_from() {
    let gap = MinGap::new("power-up to first access", "6.6", SimTime::us(1500));
    let other = Contract::Other {
        rule: "COMMAND needs FREE",
        section: DRIVER,
        severity: Severity::Forbidden,
    };
    let contracts = [Contract::Gap(gap), Contract::Guard(BUSY), other];
    assert_snapshot!(describe::contracts(&contracts), @r"
    ## Rules beyond bits

    | rule | source | to break it is |
    |---|---|---|
    | at least 1.5 ms from power-up to first access | 6.6 | forbidden |
    | no writes of FREE, no reads of RESULT while converting | 7.1 | forbidden |
    | COMMAND needs FREE | driver | unwise |
    ");
    assert_eq!(describe::contracts(&[]), "");
}

#[test]
fn the_rules_of_a_register_that_only_the_driver_knows_are_no_violations() {
    crate::registers! {
        /// A chip without a public datasheet.
        mod secret: u8 {
            CONTROL @ 0x00 rw = 0x00, "driver" { ON[0] }
        }
    }
    let mut registers = Registers::new(secret::MAP);
    let mut bus = Bus::at(SimTime::ZERO);
    registers.driver_write(secret::CONTROL, 0x81, &mut bus);
    assert_snapshot!(show(bus, ""), @"? write of 0x81 sets reserved bits 0x80 of CONTROL (driver)");
}

#[test]
fn a_gap_that_never_began_is_no_contract() {
    let gap = MinGap::new("start to read", "", SimTime::ms(1));
    assert_eq!(gap.check(SimTime::ZERO), Ok(()));
    assert_eq!(gap.allowed_at(), None);
}

#[test]
fn a_reset_brings_back_every_value_and_leaves_every_guard() {
    let mut registers = Registers::new(reg::MAP);
    registers.store(reg::FREE, 1);
    registers.enter(BUSY);
    registers.reset();
    assert_eq!(registers, Registers::new(reg::MAP));
}

#[test]
fn a_chip_without_power_answers_nothing_and_forgets() {
    let mut chip = Example::new();
    write(&mut chip, &[0x04, 0x00, 0x01]);
    Chip::power(&mut chip, Level::Low, SimTime::ZERO);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @r"
    NACK
    ! access without power
    ");
    Chip::power(&mut chip, Level::High, SimTime::ZERO);
    assert_snapshot!(read(&mut chip, 0x04, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
}

#[test]
fn a_chip_that_starts_up_must_be_left_alone() {
    let mut chip = Example::new();
    chip.registers.set_start_up("6.6", SimTime::ms(2));
    // It was on before.
    assert_snapshot!(read(&mut chip, 0x04, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
    Chip::power(&mut chip, Level::Low, SimTime::ZERO);
    Chip::power(&mut chip, Level::High, SimTime::ZERO);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @r"
    Write FREE 0002
    ! 0 ns from power-up to first access, at least 2 ms required (6.6)
    ");
}
