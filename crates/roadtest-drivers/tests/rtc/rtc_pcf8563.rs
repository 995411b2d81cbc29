// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/rtc/rtc-pcf8563.c`: NXP PCF8563 real-time clock.

use insta::assert_snapshot;
use roadtest::suite::rtc::{AlarmSteps, Descriptor, check};
use roadtest::view::rtc::VL_DATA_INVALID;
use roadtest::view::rtc::time::Armed;
use roadtest::view::rtc::{
    AF, Alarm, FEATURE_ALARM, FEATURE_ALARM_RES_MINUTE, IRQF, PF, RtcTime, UF,
};
use roadtest::{Board, Edge, Errno, Level, SimTime, Uml, Wired};
use roadtest_chips::rtc::pcf8563::Pcf8563;

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

/// A clock whose interrupt is not connected.
fn without_interrupt() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let clock = board.i2c(0x51, Pcf8563::new());
    (board, clock)
}

fn with_interrupt() -> (Board, Wired<Pcf8563>) {
    let mut board = Board::new();
    let int = board.gpio(0);
    let clock = board
        .i2c(0x51, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    (board, clock)
}

/// The driver takes 1970 to 2069, see its comment on the century bit.
fn clock_of(alarm: AlarmSteps) -> Descriptor {
    Descriptor {
        first: RtcTime::new(1970, 1, 1, 0, 0, 0),
        last: RtcTime::new(2069, 12, 31, 23, 59, 59),
        alarm,
    }
}

/// A test that sets the time says so first: the driver of 6.12 and before does
/// it in seven transfers, though a second that ends between them corrupts the
/// time (datasheet 8.5). That of 7.3 uses one.
fn sets_time(uml: &Uml) {
    if uml.version() <= (6, 12) {
        uml.expect_violation("are written in pieces");
    }
}

#[test]
fn the_interrupt_is_in_the_devicetree() -> roadtest::Result {
    let (board, _clock) = with_interrupt();
    let dts = board.to_dts()?;
    let _uml = board.boot()?;
    assert_snapshot!(dts);
    Ok(())
}

#[test]
fn probe_slows_the_timer_and_disables_interrupts() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    clock.with(|chip| {
        chip.set_time(CHRISTMAS);
        chip.set_timer_control(0x82);
    });
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    assert_eq!(device.driver().as_deref(), Some("rtc-pcf8563"));
    // 7.3 sets the bits of the slowest clock and lets the timer run.
    let timer = if uml.version() < (7, 3) { "03" } else { "83" };
    assert_eq!(clock.timeline().writes("TIMER_CONTROL"), [timer]);
    assert_eq!(clock.timeline().writes("CONTROL_2"), ["00"]);
    assert_snapshot!(clock.timeline());
    Ok(())
}

#[test]
fn a_time_that_is_not_valid_is_refused() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    assert_eq!(rtc.read(), Err(Errno::EINVAL));
    assert_eq!(rtc.since_epoch(), Err(Errno::EINVAL));
    Ok(())
}

#[test]
fn a_supply_that_was_low_since_makes_the_time_invalid() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    clock.with(|chip| chip.set_time(CHRISTMAS));
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(0));
    clock.with(Pcf8563::set_voltage_low);
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    assert_eq!(rtc.read(), Err(Errno::EINVAL));
    // The driver has no way to forget it but a new time.
    assert_eq!(rtc.clear_voltage_low(), Err(Errno::ENOTTY));
    Ok(())
}

#[test]
fn the_time_is_read_from_the_chip() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    clock.with(|chip| chip.set_time(CHRISTMAS));
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    clock.forget();
    assert_eq!(rtc.read(), Ok(christmas()));
    assert_snapshot!(clock.news());
    Ok(())
}

#[test]
fn a_time_set_after_an_invalid_one_has_the_century_bit_clear() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    clock.forget();
    rtc.set(christmas())?;
    assert_eq!(rtc.read(), Ok(christmas()));
    assert_eq!(clock.news().writes("CENTURY_MONTHS"), ["12"]);
    assert_eq!(rtc.voltage_low(), Ok(0));
    assert_snapshot!(clock.news());
    Ok(())
}

#[test]
fn a_time_set_after_a_valid_one_keeps_the_meaning_of_the_century_bit() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    clock.with(|chip| chip.set_time(CHRISTMAS));
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    // Without an alarm, 6.12 and later read no time at probe: the polarity is
    // learnt by a read.
    rtc.read()?;
    clock.forget();
    rtc.set(christmas())?;
    assert_eq!(rtc.read(), Ok(christmas()));
    let registers = ["VL_SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKDAYS"];
    let written = registers.map(|register| clock.news().writes(register));
    assert_eq!(written, [["37"], ["10"], ["11"], ["25"], ["00"]]);
    assert_eq!(clock.news().writes("CENTURY_MONTHS"), ["92"]);
    assert_eq!(clock.news().writes("YEARS"), ["21"]);
    Ok(())
}

#[test]
fn the_clock_keeps_every_time_of_its_century_and_rings_its_alarms() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    check(&uml, &rtc, &clock_of(AlarmSteps::Minutes))
}

#[test]
fn a_clock_without_interrupt_keeps_time_and_refuses_alarms() -> roadtest::Result {
    let (mut board, clock) = without_interrupt();
    board.since(
        (6, 12),
        "without an interrupt there was an alarm that never rings",
    );
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    check(&uml, &rtc, &clock_of(AlarmSteps::None))
}

#[test]
fn a_clock_that_claims_too_much_fails_the_suite() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    let mut too_late = clock_of(AlarmSteps::Minutes);
    too_late.last = RtcTime::new(2099, 12, 31, 23, 59, 59);
    let error = check(&uml, &rtc, &too_late).unwrap_err();
    let text = "setting 2099-12-31 23:59:59 Thu failed with ERANGE";
    assert_eq!(error.to_string(), text);
    // An alarm that the chip rounds down to its minute is no alarm in seconds.
    let too_fine = clock_of(AlarmSteps::Seconds);
    let error = check(&uml, &rtc, &too_fine).unwrap_err().to_string();
    let text = "the alarm 1990-01-01 01:02:37 Mon reads as";
    assert!(error.starts_with(text), "{error}");
    Ok(())
}

#[test]
fn a_second_that_ends_while_the_time_is_set_costs_a_minute() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    // The chip's seconds end with those of virtual time. Up to 100 us before:
    // the seconds have been written by then, the minutes have not.
    let second = SimTime::s(1);
    uml.sleep(second - uml.now() - SimTime::us(100));
    rtc.set(RtcTime::new(2021, 1, 1, 11, 58, 59))?;
    let read = rtc.read()?;
    // 7.3 sets the time in one transfer, as the datasheet wants (8.5).
    let expected = if uml.version() <= (6, 12) {
        RtcTime::new(2021, 1, 1, 11, 58, 0)
    } else {
        RtcTime::new(2021, 1, 1, 11, 58, 59)
    };
    assert_eq!(read, expected);
    Ok(())
}

#[test]
fn periodic_interrupts_are_the_kernels() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.enable_periodic(0), Err(Errno::EINVAL));
    rtc.enable_periodic(8)?;
    uml.sleep(SimTime::s(1) + SimTime::ms(50));
    rtc.disable_periodic()?;
    assert_eq!(rtc.wait(SimTime::ZERO), Ok(Some(8 << 8 | IRQF | PF)));
    assert_eq!(rtc.wait(SimTime::s(1)), Ok(None));
    Ok(())
}

#[test]
fn the_last_century_is_kept_as_the_end_of_this_one() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    // The driver takes 1970 to 2069, the chip has 2000 to 2099.
    rtc.set(RtcTime::new(1999, 12, 31, 23, 59, 59))?;
    let before = [0x59, 0x59, 0x23, 0x31, 0x04, 0x12, 0x99];
    assert_eq!(clock.with(|chip| chip.time()), before);
    uml.sleep(SimTime::s(1));
    let time = rtc.read()?;
    // The day of the week was that of 2099, and goes on from there.
    assert_eq!(time, RtcTime::new(2000, 1, 1, 0, 0, 0).with_weekday(5));
    // The chip has changed the century bit, which the driver reads past.
    let after = [0x00, 0x00, 0x00, 0x01, 0x05, 0x81, 0x00];
    assert_eq!(clock.with(|chip| chip.time()), after);
    Ok(())
}

#[test]
fn there_is_no_alarm_without_an_interrupt() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set(new_year().with_weekday(0))?;
    let alarm = Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0));
    // 6.1 leaves the feature on without an interrupt, and takes the alarm.
    let expected = if uml.version() < (6, 12) {
        (Ok(()), FEATURE_ALARM | FEATURE_ALARM_RES_MINUTE)
    } else {
        (Err(Errno::EINVAL), FEATURE_ALARM_RES_MINUTE)
    };
    assert_eq!((rtc.set_alarm(alarm), rtc.features()?), expected);
    Ok(())
}

#[test]
fn an_alarm_rings_once_and_is_disabled_by_the_kernel() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set(new_year())?;
    // The kernel looks whether an alarm is due with the new time.
    uml.sleep(SimTime::ms(1));
    clock.forget();
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0)))?;
    let alarm = [
        ("MINUTE_ALARM", "02"),
        ("HOUR_ALARM", "01"),
        ("DAY_ALARM", "01"),
        ("WEEKDAY_ALARM", "05"),
        ("CONTROL_2", "02"),
    ];
    for (register, value) in alarm {
        assert_eq!(clock.news().writes(register), [value], "{register}");
    }

    let data = rtc.wait_forever()?;
    assert_eq!(data & 0xff, IRQF | AF);
    assert_eq!(rtc.read()?, RtcTime::new(2021, 1, 1, 1, 2, 0));
    assert_snapshot!(clock.news());

    rtc.set_alarm(Alarm::off(RtcTime::new(2021, 1, 1, 1, 3, 0)))?;
    assert_eq!(
        clock.news().writes("CONTROL_2").last().map(String::as_str),
        Some("00")
    );
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(None));
    Ok(())
}

#[test]
fn an_alarm_is_rounded_down_to_its_minute() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set(new_year())?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 5, 59)))?;
    let alarm = rtc.alarm()?;
    assert_eq!((alarm.time, alarm.armed), {
        let mut time = RtcTime::new(2021, 1, 1, 1, 5, 0);
        time.day_of_year = alarm.time.day_of_year;
        (time, Armed::On)
    });
    Ok(())
}

#[test]
fn an_alarm_in_the_past_rings_at_once() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set(new_year())?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 1, 0)))?;
    assert_eq!(rtc.wait(SimTime::ms(100)), Ok(Some(0x100 | IRQF | AF)));
    Ok(())
}

#[test]
fn an_alarm_can_be_set_first_and_enabled_later() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    // An earlier time of day is tomorrow's.
    rtc.set(RtcTime::new(2021, 1, 1, 23, 59, 0))?;
    rtc.set_alarm_time(RtcTime::new(1970, 1, 1, 0, 1, 0))?;
    assert_eq!(rtc.wait(SimTime::s(10)), Ok(None));
    assert_eq!(
        rtc.alarm_time()?.unix(),
        RtcTime::new(2021, 1, 2, 0, 1, 0).unix()
    );
    rtc.enable_alarm()?;
    rtc.disable_alarm()?;
    assert_eq!(
        clock
            .timeline()
            .writes("CONTROL_2")
            .last()
            .map(String::as_str),
        Some("00")
    );
    rtc.enable_alarm()?;
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(Some(0x100 | IRQF | AF)));
    assert_eq!(rtc.read()?, RtcTime::new(2021, 1, 2, 0, 1, 0));
    Ok(())
}

#[test]
fn a_wake_up_is_set_through_sysfs_once() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set(new_year())?;
    assert_eq!(rtc.wakealarm(), Ok(None));
    rtc.set_wakealarm("+100")?;
    // 01:02:50 is rounded down.
    assert_eq!(rtc.wakealarm(), Ok(Some(new_year().unix() + 50)));
    assert_eq!(rtc.set_wakealarm("+200"), Err(Errno::EBUSY));
    rtc.set_wakealarm(0)?;
    assert_eq!(rtc.wakealarm(), Ok(None));
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(None));
    Ok(())
}

#[test]
fn sysfs_shows_time_and_range() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    clock.with(|chip| chip.set_time(CHRISTMAS));
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.since_epoch(), Ok(christmas().unix()));
    assert_eq!(rtc.device().read("date"), Ok("2021-12-25".into()));
    assert_eq!(rtc.device().read("time"), Ok("11:10:37".into()));
    assert_eq!(
        rtc.device().read("range"),
        Ok("[946684800,4102444799]".into())
    );
    assert_eq!(rtc.device().read("hctosys"), Ok("0".into()));
    Ok(())
}

/// The chip has none: the kernel polls the clock in the last tenth of each
/// second.
#[test]
fn update_interrupts_are_emulated() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    clock.with(|chip| chip.set_time(CHRISTMAS));
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.features(), Ok(FEATURE_ALARM | FEATURE_ALARM_RES_MINUTE));
    rtc.enable_updates()?;
    let mut last = None;
    for second in [0x38, 0x39, 0x40] {
        assert_eq!(rtc.wait_forever(), Ok(0x100 | IRQF | UF));
        assert_eq!(clock.with(|chip| chip.time()[0]), second);
        let now = uml.now();
        if let Some(last) = last.replace(now) {
            let (took, poll) = (now - last, SimTime::ms(1));
            assert!(took + poll > SimTime::s(1), "{took}");
            assert!(took < SimTime::s(1) + poll, "{took}");
        }
    }
    rtc.disable_updates()?;
    clock.forget();
    assert_eq!(rtc.wait(SimTime::s(3)), Ok(None));
    assert_eq!(clock.news().to_string(), "");
    Ok(())
}

#[test]
fn a_clock_without_a_valid_time_has_no_update_interrupts() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    assert_eq!(rtc.enable_updates(), Err(Errno::EINVAL));
    assert_eq!(rtc.wait(SimTime::s(3)), Ok(None));
    Ok(())
}

#[test]
fn a_clock_is_open_once_at_a_time() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    let rtc = device.rtc()?;
    assert_eq!(
        device.rtc().err().and_then(|error| error.errno()),
        Some(Errno::EBUSY)
    );
    drop(rtc);
    device.rtc()?;
    Ok(())
}

#[test]
fn an_access_that_blocks_the_counters_too_long_is_a_violation() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    // The part allows less than the 9 bytes of a read take at 400 kHz.
    clock.with(|chip| chip.set_access_max(SimTime::us(150)));
    let uml = board.boot()?;
    uml.expect_violation("blocked the time counters");
    uml.bind(&clock)?.rtc()?.read().unwrap_err();
    Ok(())
}

#[test]
fn a_bus_of_50_hz_is_too_slow_to_read_the_time() -> roadtest::Result {
    let mut board = Board::new();
    board.scl_hz(50);
    let clock = board.i2c(0x51, Pcf8563::new());
    let uml = board.boot()?;
    uml.expect_violation("at most 1 s allowed (8.5)");
    uml.bind(&clock)?.rtc()?.read().unwrap_err();
    Ok(())
}

#[test]
fn probe_of_a_chip_without_power_fails() -> roadtest::Result {
    let mut board = Board::new();
    let supply = board.gpio(0);
    let clock = board.i2c(0x51, Pcf8563::new()).supply(&supply, Level::High);
    let uml = board.boot()?;
    uml.expect_violation("access without power");
    let error = uml.bind(&clock).err().expect("the chip does not answer");
    assert_eq!(error.errno(), Some(Errno::EIO));
    Ok(())
}

#[test]
fn the_module_stays_while_the_system_may_be_woken_by_the_clock() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    device.unbind()?;
    // 6.1 lets the clock wake the system only where user space says so, and the
    // kernel's alarm timers take no clock that may not.
    let unloaded = if uml.version() < (6, 12) {
        Ok(())
    } else {
        Err(Errno::EAGAIN)
    };
    assert_eq!(uml.unload("rtc-pcf8563"), unloaded);
    Ok(())
}

#[test]
fn a_clock_that_is_open_outlives_its_driver() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let device = uml.bind(&clock)?;
    let rtc = device.rtc()?;
    rtc.set(new_year())?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0)))?;
    device.unbind()?;
    clock.forget();
    assert_eq!(rtc.read(), Err(Errno::ENODEV));
    assert_eq!(rtc.set(new_year()), Err(Errno::ENODEV));
    assert_eq!(rtc.alarm(), Err(Errno::ENODEV));
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(None));
    drop(rtc);
    assert_snapshot!(clock.news());
    Ok(())
}

/// Here the work that the alarm leaves has always run before the clock is
/// freed: the driver's interrupt is freed first, and that waits. Where it has
/// not run is in the test below.
#[test]
fn an_alarm_that_rings_while_the_driver_goes_leaves_nothing_behind() -> roadtest::Result {
    let (board, clock) = with_interrupt();
    let uml = board.boot()?;
    sets_time(&uml);
    let device = uml.bind(&clock)?;
    let rtc = device.rtc()?;
    rtc.set(new_year())?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0)))?;
    // Up to the alarm, 50 s from now, and the driver is taken off before its
    // work has run.
    uml.sleep(SimTime::s(48));
    while clock.with(|chip| chip.time()[0]) != 0 {
        uml.sleep(SimTime::us(100));
    }
    drop(rtc);
    device.unbind()?;
    uml.sleep(SimTime::s(120));
    Ok(())
}

/// Each `RTC_SET_TIME` leaves work behind, even one that fails. The kernel once
/// freed a clock whose work was still to be done, and the work then used it.
/// 6.1, 6.12 and 7.3 cancel the work in `rtc_device_release()`.
///
/// Only a kernel with its checkers (`--sanitize`) tells for sure, and there the
/// test passes on 6.12 and 7.3. On 6.12 without the lines that empty the queue
/// of timers and cancel the work, it fails with `ODEBUG: free active …
/// work_struct hint: rtc_timer_do_work`. Without checkers, and so on 6.1, the
/// test shows no more than that the kernel survives.
#[test]
fn a_clock_that_goes_takes_the_work_that_it_has_left_along() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    let rtc = device.rtc()?;
    device.unbind()?;
    // The agent does not sleep between the two, so that the work has not begun
    // when the last reference to the clock goes.
    assert_eq!(rtc.set_and_close(new_year()), Err(Errno::ENODEV));
    uml.sleep(SimTime::s(1));
    Ok(())
}

#[test]
fn asking_a_clock_without_its_driver_for_its_voltage_kills_the_kernel() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let uml = board.boot()?;
    let device = uml.bind(&clock)?;
    let rtc = device.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    device.unbind()?;
    // A defect of drivers/rtc/dev.c in 6.1, 6.12 and 7.3: requests that it does
    // not know go to the driver's operations, which are gone.
    uml.expect_death("Kernel mode fault at addr 0x0");
    assert_eq!(rtc.voltage_low(), Err(Errno::EPIPE));
    Ok(())
}
