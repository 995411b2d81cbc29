// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay's sensors against raw bytes.

use insta::assert_snapshot;
use roadtest_model::{Chip, Level, SimTime};

use super::{Measurements, Vcnl4000, Vcnl4010, Vcnl4040, Vcnl4200};
use crate::testing::{pass, read, write};

const T0: SimTime = SimTime::ms(5);

fn at_ms(ms: u64) -> SimTime {
    SimTime::ms(ms)
}

#[test]
fn a_measurement_on_demand_takes_its_time_and_reading_it_takes_ready_away() {
    let mut chip = Vcnl4000::new();
    chip.set_light(0x1234);
    assert_snapshot!(write(&mut chip, T0, &[0x80, 0x10]), @"W COMMAND 10 config_lock=0 als_on_demand=1");
    assert_eq!(pass(&mut chip, at_ms(104)), 0);
    assert_eq!(pass(&mut chip, at_ms(105)), 1);
    assert_snapshot!(read(&mut chip, at_ms(105), &[0x80], 1), @"R COMMAND c0 als_ready=1");
    assert_snapshot!(read(&mut chip, at_ms(105), &[0x85], 2), @r"
    R ALS_RESULT_H 12
    R ALS_RESULT_L 34
    ");
    assert_snapshot!(read(&mut chip, at_ms(105), &[0x80], 1), @"R COMMAND 80");
}

#[test]
fn reading_a_result_while_measuring_is_marked() {
    let mut chip = Vcnl4000::new();
    chip.set_measurements(Measurements::SeemToEndAtOnce);
    write(&mut chip, T0, &[0x80, 0x08]);
    assert_snapshot!(read(&mut chip, T0, &[0x87], 2), @r"
    R PROX_RESULT_H 00
    R PROX_RESULT_L 00
    ? read of PROX_RESULT_H while measuring (register #0, prox_data_rdy)
    ? read of PROX_RESULT_L while measuring (register #0, prox_data_rdy)
    ");
}

#[test]
fn self_timed_proximity_interrupts_when_ready_until_acknowledged() {
    let mut chip = Vcnl4010::new();
    write(&mut chip, T0, &[0x89, 0x08]);
    write(&mut chip, T0, &[0x80, 0x03]);
    chip.set_proximity(0xf002);
    assert_eq!(pass(&mut chip, at_ms(516)), 0);
    assert_eq!(chip.interrupt(), Level::High);
    assert_eq!(pass(&mut chip, at_ms(517)), 1);
    assert_eq!(chip.interrupt(), Level::Low);
    assert_snapshot!(read(&mut chip, at_ms(517), &[0x87], 2), @r"
    R PROX_RESULT_H f0
    R PROX_RESULT_L 02
    ");
    assert_eq!(chip.interrupt(), Level::Low);
    write(&mut chip, at_ms(517), &[0x8e, 0x08]);
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn a_threshold_needs_as_many_measurements_as_counted() {
    let mut chip = Vcnl4010::new();
    write(&mut chip, T0, &[0x82, 0x07]);
    write(&mut chip, T0, &[0x8a, 0x00, 0x10, 0xff, 0xff]);
    write(&mut chip, T0, &[0x89, 0x22]);
    write(&mut chip, T0, &[0x80, 0x03]);
    pass(&mut chip, at_ms(9));
    assert_snapshot!(read(&mut chip, at_ms(9), &[0x8e], 1), @"R INT_STATUS 00");
    pass(&mut chip, at_ms(13));
    assert_snapshot!(read(&mut chip, at_ms(13), &[0x8e], 1), @"R INT_STATUS 02 below=1");
}

#[test]
fn a_rate_is_not_changed_while_self_timed() {
    let mut chip = Vcnl4010::new();
    write(&mut chip, T0, &[0x80, 0x03]);
    assert_snapshot!(write(&mut chip, T0, &[0x82, 0x01]), @r"
    W PROX_RATE 01 rate=1
    ! write of 0x01 to PROX_RATE while measuring by itself (register #0)
    ");
    write(&mut chip, T0, &[0x80, 0x00]);
    assert_snapshot!(write(&mut chip, T0, &[0x82, 0x01]), @"W PROX_RATE 01 rate=1");
}

#[test]
fn data_is_not_read_before_the_first_measurement_or_after_the_last() {
    let mut chip = Vcnl4040::new();
    assert_snapshot!(read(&mut chip, T0, &[0x09], 2), @r"
    R ALS_DATA 0000
    ? read of ALS_DATA while ALS_SD is set (table 2)
    ");
    write(&mut chip, T0, &[0x00, 0x00, 0x00]);
    chip.set_light(0x1234);
    pass(&mut chip, at_ms(84));
    assert_snapshot!(read(&mut chip, at_ms(84), &[0x09], 2), @r"
    R ALS_DATA 0000
    ? 79 ms from ALS_SD = 0 to the first read of ALS_DATA, at least 80 ms required (table 2)
    ");
    pass(&mut chip, at_ms(85));
    assert_snapshot!(read(&mut chip, at_ms(85), &[0x09], 2), @"R ALS_DATA 1234");
}

#[test]
fn integration_time_and_duty_make_the_period() {
    let mut chip = Vcnl4040::new();
    assert_eq!(chip.proximity_period(), at_ms(5));
    write(&mut chip, T0, &[0x03, 0x4e, 0x00]);
    assert_eq!(chip.proximity_period(), at_ms(80));
    let mut chip = Vcnl4200::new();
    assert_eq!(chip.proximity_period(), SimTime::us(4800));
    write(&mut chip, T0, &[0x03, 0x0a, 0x00]);
    assert_eq!(chip.proximity_period(), SimTime::us(43_200));
    write(&mut chip, T0, &[0x00, 0xc0, 0x00]);
    assert_eq!(chip.light_period(), at_ms(400));
    assert_eq!(Vcnl4200::with_period_percent(130).light_period(), at_ms(65));
}

#[test]
fn coming_close_is_flagged_once_until_it_goes_away() {
    let mut chip = Vcnl4200::new();
    write(&mut chip, T0, &[0x07, 0x00, 0x10]);
    write(&mut chip, T0, &[0x06, 0x00, 0x08]);
    write(&mut chip, T0, &[0x03, 0x00, 0x03]);
    chip.set_proximity(0x1001);
    pass(&mut chip, at_ms(10));
    assert_eq!(chip.interrupt(), Level::Low);
    assert_snapshot!(read(&mut chip, at_ms(10), &[0x0d], 2), @"R INT_FLAG 0200 close=1");
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, at_ms(100));
    assert_eq!(chip.interrupt(), Level::High);
    chip.set_proximity(0);
    pass(&mut chip, at_ms(110));
    assert_snapshot!(read(&mut chip, at_ms(110), &[0x0d], 2), @"R INT_FLAG 0100 away=1");
}
