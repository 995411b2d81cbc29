// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A signal ends the wait for a transfer, and `i2c-virtio` frees the messages
//! that the adapter has still. That is a defect of the bus driver: what is
//! tested here is that the adapter leaves the memory alone, and that neither
//! the chip's driver nor what comes later suffers.

use insta::assert_snapshot;
use roadtest::program::Status;
use roadtest::{Board, Device, SimTime, Timeline, Uml, Wired};
use roadtest_chips::iio::temperature::tmp117::Tmp117;

/// A TMP117 on a bus of 1 kHz, where a reading takes 49 ms: 20 for the
/// register's number, 29 for its content.
fn slow() -> roadtest::Result<(Uml, Wired<Tmp117>, Device)> {
    let mut board = Board::new();
    board.scl_hz(1000);
    let chip = board.i2c(0x48, Tmp117::default());
    let uml = board.boot()?;
    let sensor = uml.bind(&chip)?.children("iio:device")?.remove(0);
    chip.with(|chip| chip.set_raw(-3200));
    Ok((uml, chip, sensor))
}

/// What the shell prints that starts a reading and ends its program after
/// 10 ms, and then does `more`.
fn interrupted(uml: &Uml, sensor: &Device, more: &str) -> roadtest::Result<String> {
    let reading = format!("{}/in_temp_raw", sensor.path());
    let script = format!("cat {reading} & sleep 0.01; kill $!; wait $!; echo $?; {more}");
    let shell = uml.program("/bin/sh").args(["-c", &script]).run()?;
    assert_eq!(shell.status(), Status::Exited(0), "{}", shell.stderr());
    Ok(shell.stdout())
}

/// What is said of the bus.
fn defects(uml: &Uml) -> Timeline {
    uml.timeline().only(|line| line.contains("! i2c"))
}

#[roadtest::test]
fn a_transfer_that_a_signal_interrupts_ends_on_the_bus_and_is_not_completed() -> roadtest::Result {
    let (uml, chip, sensor) = slow()?;
    assert_eq!(interrupted(&uml, &sensor, "")?, "143\n");
    // The reading goes on without its reader.
    chip.forget();
    uml.sleep(SimTime::ms(50));
    assert_eq!(chip.news().reads("TEMPERATURE"), ["f380"]);
    assert_snapshot!(defects(&uml));
    // The driver under test works on.
    assert_eq!(sensor.read("in_temp_raw"), Ok("-3200".into()));
    assert_eq!(defects(&uml).len(), 1);
    Ok(())
}

/// The request of the next transfer may be where the freed one was.
#[roadtest::test]
fn a_transfer_behind_one_that_was_given_up_has_its_own_result() -> roadtest::Result {
    let (uml, chip, sensor) = slow()?;
    chip.forget();
    let reading = format!("cat {}/in_temp_raw", sensor.path());
    assert_eq!(interrupted(&uml, &sensor, &reading)?, "143\n-3200\n");
    // One after the other: the adapter knows of no end but that on the bus.
    assert_eq!(chip.news().reads("TEMPERATURE"), ["f380", "f380"]);
    assert_eq!(defects(&uml).len(), 1);
    Ok(())
}

#[roadtest::test]
fn a_program_that_is_killed_at_its_limit_gives_its_transfer_up() -> roadtest::Result {
    let (uml, _chip, sensor) = slow()?;
    let reading = format!("{}/in_temp_raw", sensor.path());
    let cat = uml.program("cat").arg(&reading).limit(SimTime::ms(10));
    assert_eq!(cat.run()?.status(), Status::TimedOut);
    uml.sleep(SimTime::ms(50));
    assert_eq!(defects(&uml).len(), 1);
    assert_eq!(sensor.read("in_temp_raw"), Ok("-3200".into()));
    Ok(())
}
