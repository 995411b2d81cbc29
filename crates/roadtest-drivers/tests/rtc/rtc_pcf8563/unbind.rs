// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What is left of a clock whose driver goes.

use insta::assert_snapshot;
use roadtest::view::rtc::{Alarm, RtcTime, VL_DATA_INVALID};
use roadtest::{Errno, SimTime};

use super::{bind, new_year, sets_time, with_interrupt, without_interrupt};

#[roadtest::test]
fn the_module_stays_while_the_system_may_be_woken_by_the_clock() -> roadtest::Result {
    let (uml, _clock, device) = bind(with_interrupt())?;
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

#[roadtest::test]
fn a_clock_that_is_open_outlives_its_driver() -> roadtest::Result {
    let (uml, clock, device) = bind(with_interrupt())?;
    sets_time(&uml);
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
#[roadtest::test]
fn an_alarm_that_rings_during_unbind_runs_before_the_clock_is_freed() -> roadtest::Result {
    let (uml, clock, device) = bind(with_interrupt())?;
    sets_time(&uml);
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
#[roadtest::test]
fn releasing_a_clock_cancels_its_queued_work() -> roadtest::Result {
    let (uml, _clock, device) = bind(without_interrupt())?;
    let rtc = device.rtc()?;
    device.unbind()?;
    // The agent does not sleep between the two, so that the work has not begun
    // when the last reference to the clock goes.
    assert_eq!(rtc.set_and_close(new_year()), Err(Errno::ENODEV));
    uml.sleep(SimTime::s(1));
    Ok(())
}

#[roadtest::test]
fn asking_a_clock_without_its_driver_for_its_voltage_kills_the_kernel() -> roadtest::Result {
    let (uml, _clock, device) = bind(without_interrupt())?;
    let rtc = device.rtc()?;
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    device.unbind()?;
    // A defect of drivers/rtc/dev.c in 6.1, 6.12 and 7.3: requests that it does
    // not know go to the driver's operations, which are gone.
    uml.expect_death("Kernel mode fault at addr 0x0");
    assert_eq!(rtc.voltage_low(), Err(Errno::GUEST_DIED));
    Ok(())
}
