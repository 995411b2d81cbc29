// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/rtc/rtc-pcf8563.c`: NXP PCF8563 real-time clock.

use insta::assert_snapshot;
use roadtest::view::rtc::{AF, Alarm, IRQF, RtcTime};
use roadtest::{Board, Edge, Errno, SimTime, Uml, Wired};
use roadtest_chips::rtc::pcf8563::Pcf8563;

/// 2021-12-25 11:10:37, century bit set, as a battery has kept it.
const CHRISTMAS: [u8; 7] = [0x37, 0x10, 0x11, 0x25, 0x00, 0x92, 0x21];

fn christmas() -> RtcTime {
    RtcTime::new(2021, 12, 25, 11, 10, 37).with_weekday(0)
}

fn new_year() -> RtcTime {
    RtcTime::new(2021, 1, 1, 1, 1, 10)
}

fn polled() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let clock = board.i2c(0x51, Pcf8563::new());
    (board, clock)
}

fn wired() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let int = board.gpio(0);
    let clock = board
        .i2c(0x51, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    (board, clock)
}

/// Until Linux 6.13 the driver sets the time in seven transfers, which the
/// datasheet warns of: a second that ends between them corrupts the time.
fn expect_time_set_in_pieces(uml: &Uml) {
    if uml.version() < (6, 13) {
        uml.expect_violation("the time is set in pieces");
    }
}

#[test]
fn the_chip_is_described_to_the_kernel() -> roadtest::Result {
    let (board, _clock) = wired();
    assert_snapshot!(board.to_dts()?);
    let uml = board.boot()?;
    assert_eq!(uml.device("/sys/bus/i2c/devices/0-0051").driver(), None);
    Ok(())
}

#[test]
fn probe_stops_timer_and_alarm() -> roadtest::Result {
    let (board, clock) = wired();
    let uml = board.boot()?;
    uml.bind(&clock)?;
    assert_snapshot!(clock.timeline());
    Ok(())
}

#[test]
fn a_time_that_is_not_valid_is_refused() -> roadtest::Result {
    let (board, clock) = polled();
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(1));
    assert_eq!(rtc.read(), Err(Errno::EINVAL));
    Ok(())
}
