// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What each kind of register and field makes of a write and a read.

use insta::assert_snapshot;

use super::{Example, read, reg, write};

#[test]
fn a_read_gives_what_the_model_stored_and_runs_the_hooks() {
    let mut chip = Example::new();
    chip.registers.store(reg::EXPONENT, 3);
    chip.registers.store(reg::READY, 1);
    assert_snapshot!(read(&mut chip, 0x00, 2), @r"
    [34, 56]
    Read RESULT 3456 exponent=3 mantissa=1110
    ");
    assert_snapshot!(read(&mut chip, 0x01, 2), @r"
    [c8, 90]
    Read CONFIG c890 ready=1
    ");
    assert_snapshot!(read(&mut chip, 0x01, 2), @r"
    [c8, 10]
    Read CONFIG c810
    ");
}

#[test]
fn a_legal_write_is_stored_and_shown() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xca, 0x10]), @"Write CONFIG ca10 mode=Single");
    assert_eq!(chip.registers.get(reg::MODE), reg::MODE::Single);
}

#[test]
fn a_field_in_decimal_code_is_shown_by_its_digits() {
    crate::registers! {
        /// A clock.
        mod clock: u8 {
            SECONDS @ 0x02 rw = 0x00 { LOW_VOLTAGE[7], SECOND[6:0] "BCD, 0 to 59" }
        }
    }
    assert_eq!(clock::SECONDS.decode(0xb7), "low_voltage=1 second=37");
}

#[test]
fn a_read_only_register_keeps_its_value_and_reports_the_write() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x00, 0x12, 0x34]), @r"
    Write RESULT 1234 exponent=1 mantissa=564
    ! write of 0x1234 to read-only RESULT (8.1)
    ");
    assert_eq!(chip.registers.get(reg::RESULT), 0);
}

#[test]
fn a_read_only_field_of_a_writable_register_keeps_its_value_silently() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xc8, 0x90]), @"Write CONFIG c890 ready=1");
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc810);
    chip.registers.store(reg::READY, 1);
    write(&mut chip, &[0x01, 0xc8, 0x10]);
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc890);
}

#[test]
fn reserved_bits_keep_their_reset_value_and_report_the_change() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xc0, 0x15]), @r"
    Write CONFIG c015
    ! write of 0xc015 sets reserved bits 0x0005 of CONFIG (8.2)
    ! write of 0xc015 clears reserved bits 0x0800 of CONFIG (8.2)
    ");
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc810);
}

#[test]
fn values_that_the_datasheet_does_not_allow_are_reported() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xde, 0x10]), @r"
    Write CONFIG de10 range=13 mode=3
    ! write of 0xde10 sets RANGE of CONFIG to 13, which is not a legal value (8.2)
    ! write of 0xde10 sets MODE of CONFIG to 3, which is not a legal value (8.2)
    ");
}

#[test]
fn a_write_only_register_reads_as_zero_and_reports_the_read() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x03, 0xbe, 0xef]), @"Write COMMAND beef");
    assert_eq!(chip.registers.get(reg::COMMAND), 0xbeef);
    assert_snapshot!(read(&mut chip, 0x03, 2), @r"
    [00, 00]
    Read COMMAND 0000
    ! read of write-only COMMAND (8.4)
    ");
}

#[test]
fn special_fields_follow_their_rules() {
    let mut chip = Example::new();
    chip.registers.store(reg::FLAGS, 0b1000_0001);
    // FAULT is cleared by 1, ARM set, START seen once, EVENT not writable.
    write(&mut chip, &[0x02, 0b0110_0111]);
    assert_eq!(chip.registers.get(reg::FLAGS), 0b1110_0010);
    assert_eq!(chip.started, 1);
    // Zeroes leave ARM; KEY reads as zero; EVENT is read, and then cleared.
    write(&mut chip, &[0x02, 0b0110_0000]);
    assert_snapshot!(read(&mut chip, 0x02, 1), @r"
    [82]
    Read FLAGS 82 fault=0 arm=1
    ");
    assert_snapshot!(read(&mut chip, 0x02, 1), @r"
    [02]
    Read FLAGS 02 fault=0 arm=1 event=0
    ");
    assert_eq!(chip.registers.get(reg::KEY), 3);
    assert_eq!(chip.started, 1);
}
