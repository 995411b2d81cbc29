// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/rtc/rtc-pcf8563.c`: NXP PCF8563 real-time clock.

use insta::assert_snapshot;
use roadtest::view::rtc::{Rtc, RtcTime};
use roadtest::{Board, Device, Edge, Errno, Level, Placement, SimTime, Uml, Wired};
use roadtest_chips::rtc::pcf8563::Pcf8563;

mod alarms;
mod time;
mod unbind;

/// 2021-12-25 11:10:37 with the century bit set, as a battery has kept it.
const CHRISTMAS: [u8; 7] = [0x37, 0x10, 0x11, 0x25, 0x00, 0x92, 0x21];

/// The same for the kernel; the chip was told that it is a Sunday.
fn christmas() -> RtcTime {
    RtcTime::new(2021, 12, 25, 11, 10, 37).with_weekday(0)
}

/// A Friday.
fn new_year() -> RtcTime {
    RtcTime::new(2021, 1, 1, 1, 1, 10)
}

/// A clock without a valid time, whose interrupt is not connected.
fn without_interrupt() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let clock = board.i2c(0x51, Pcf8563::new());
    (board, clock)
}

/// The same with its interrupt at a line.
fn with_interrupt() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let int = board.gpio(0);
    let clock = board.i2c(
        0x51,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
    (board, clock)
}

/// The same clock, which a battery has kept running.
fn at_christmas((board, clock): (Board, Wired<Pcf8563>)) -> (Board, Wired<Pcf8563>) {
    clock.with(|chip| chip.set_time(CHRISTMAS));
    (board, clock)
}

/// Boots the board and binds the driver.
fn bind(
    (board, clock): (Board, Wired<Pcf8563>),
) -> roadtest::Result<(Uml, Wired<Pcf8563>, Device)> {
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    Ok((uml, clock, device))
}

/// The same, and opens the clock.
fn open(wired: (Board, Wired<Pcf8563>)) -> roadtest::Result<(Uml, Wired<Pcf8563>, Rtc)> {
    let (uml, clock, device) = bind(wired)?;
    Ok((uml, clock, device.rtc()?))
}

/// A test that sets the time says so first: the driver of 6.12 and before does
/// it in seven transfers, though a second that ends between them corrupts the
/// time (datasheet 8.5). That of 7.3 uses one.
fn sets_time(uml: &Uml) {
    if uml.version() <= (6, 12) {
        uml.expect_violation("are written in pieces");
    }
}

#[roadtest::test]
fn the_interrupt_is_in_the_devicetree() -> roadtest::Result {
    let (board, _clock) = with_interrupt();
    let dts = board.to_dts()?;
    let _uml = board.boot()?;
    assert_snapshot!(dts);
    Ok(())
}

#[roadtest::test]
fn probe_slows_the_timer_and_disables_interrupts() -> roadtest::Result {
    let (board, clock) = at_christmas(with_interrupt());
    clock.with(|chip| chip.set_timer_control(0x82));
    let (uml, clock, device) = bind((board, clock))?;
    assert_eq!(device.driver().as_deref(), Some("rtc-pcf8563"));
    // 7.3 sets the bits of the slowest clock and lets the timer run.
    let timer = if uml.version() < (7, 3) { "03" } else { "83" };
    assert_eq!(clock.timeline().writes("TIMER_CONTROL"), [timer]);
    assert_eq!(clock.timeline().writes("CONTROL_2"), ["00"]);
    assert_snapshot!(clock.timeline());
    Ok(())
}

#[roadtest::test]
fn a_clock_is_open_once_at_a_time() -> roadtest::Result {
    let (_uml, _clock, device) = bind(without_interrupt())?;
    let rtc = device.rtc()?;
    assert_eq!(
        device.rtc().err().and_then(|error| error.errno()),
        Some(Errno::EBUSY)
    );
    drop(rtc);
    device.rtc()?;
    Ok(())
}

#[roadtest::test]
fn an_access_that_blocks_the_counters_too_long_is_a_violation() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    // The part allows less than the 9 bytes of a read take at 400 kHz.
    clock.with(|chip| chip.set_access_max(SimTime::us(150)));
    let uml = board.boot()?;
    uml.expect_violation("blocked the time counters");
    uml.bind(&clock)?.rtc()?.read().unwrap_err();
    Ok(())
}

#[roadtest::test]
fn a_bus_of_50_hz_is_too_slow_to_read_the_time() -> roadtest::Result {
    let mut board = Board::new();
    board.scl_hz(50);
    let clock = board.i2c(0x51, Pcf8563::new());
    let uml = board.boot()?;
    uml.expect_violation("at most 1 s allowed (8.5)");
    uml.bind(&clock)?.rtc()?.read().unwrap_err();
    Ok(())
}

#[roadtest::test]
fn probe_of_a_chip_without_power_fails() -> roadtest::Result {
    let mut board = Board::new();
    let supply = board.gpio(0);
    let clock = board.i2c(
        0x51,
        Placement::of(Pcf8563::new()).supply(&supply, Level::High),
    );
    let uml = board.boot()?;
    uml.expect_violation("access without power");
    let error = uml.bind(&clock).err().expect("the chip does not answer");
    assert_eq!(error.errno(), Some(Errno::EIO));
    Ok(())
}
