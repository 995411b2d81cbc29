// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The controller's driver is unbound and bound again: lines and
//! interrupts of its first life are gone, and those of the second work. What
//! the kernel makes of requests that are still open is tested as well.

use std::mem::forget;

use insta::assert_snapshot;
use roadtest::view::gpio::{Change, LineFlags, Lines};
use roadtest::{Board, Errno, Level, Uml};

use Change::{Falling, Rising};
use Level::{High, Low};

use super::lines_of;

/// The driver's directory in sysfs.
const DRIVER: &str = "/sys/bus/virtio/drivers/gpio_virtio";

/// Unbinds the controller's driver, has the test look at what is left, and
/// binds it again.
fn rebind(uml: &Uml, between: impl FnOnce()) -> Result<(), Errno> {
    let names = uml.list(DRIVER)?;
    let mut devices = names.iter().filter(|name| name.starts_with("virtio"));
    let device = devices.next().unwrap();
    uml.write(&format!("{DRIVER}/unbind"), device)?;
    between();
    uml.write(&format!("{DRIVER}/bind"), device)
}

/// A defect of `gpiolib` in 6.12, which only kmemleak sees: what belongs to a
/// line that is requested when its controller goes is never freed.
fn expect_leak(uml: &Uml, function: &str) {
    if uml.is_sanitized() && uml.version() == (6, 12) {
        uml.expect_report(function);
    }
}

/// Where the label of a line is allocated.
const LABEL: &str = "desc_set_label";
/// Where that of its interrupt is.
const INTERRUPT_LABEL: &str = "edge_detector_setup";

#[roadtest::test]
fn an_output_is_released_when_the_driver_is_unbound() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(1);
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::outputs(&[1], &[High]))?;
    assert!(pin.is_output());
    expect_leak(&uml, LABEL);
    rebind(&uml, || {
        assert!(!pin.is_output());
        assert_eq!(pin.level(), Low);
        drop(line);
    })?;
    let chip = uml.gpio()?;
    assert_eq!(chip.line_info(1)?.flags, LineFlags::INPUT);
    pin.drive(High);
    let line = chip.request(&Lines::inputs(&[1]))?;
    assert_eq!(line.level(), Ok(High));
    line.configure(&Lines::outputs(&[1], &[Low]))?;
    assert_eq!(pin.level(), Low);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

/// The driver has parked a buffer for the next edge. 6.1 leaves it to the reset
/// of the device; later kernels free the interrupt before.
#[roadtest::test]
fn an_interrupt_that_was_armed_is_gone_and_the_next_one_works() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(1);
    let uml = board.boot()?;
    let both = LineFlags::EDGE_RISING | LineFlags::EDGE_FALLING;
    let edges = Lines::inputs(&[1]).with(both);
    let before = uml.gpio()?.request(&edges)?;
    pin.drive(High);
    assert_eq!(before.edges()?, [Rising]);
    expect_leak(&uml, INTERRUPT_LABEL);
    rebind(&uml, || {
        pin.drive(Low);
        pin.drive(High);
        match uml.version() {
            // Its interrupt is still in use.
            (6, 1) => drop(before),
            // It must not be closed: see the last test.
            _ => forget(before),
        }
    })?;
    let line = uml.gpio()?.request(&edges)?;
    assert_eq!(line.edges()?, []);
    pin.drive(Low);
    assert_eq!(line.edges()?, [Falling]);
    pin.drive(High);
    assert_eq!(line.edges()?, [Rising]);
    Ok(())
}

/// A defect of `gpiolib` in 6.1: a controller that goes while a request is open
/// stays on the list of controllers, where the next one looks for the names of
/// its lines.
#[roadtest::test]
fn a_controller_that_went_during_a_request_kills_the_kernel_when_it_comes_back() -> roadtest::Result
{
    let mut board = Board::new();
    board.gpio_named(1, "enable");
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::inputs(&[1]))?;
    expect_leak(&uml, LABEL);
    if uml.version() == (6, 1) {
        uml.expect_death("Kernel mode fault at addr");
        assert_eq!(rebind(&uml, || ()), Err(Errno::GUEST_DIED));
    } else {
        assert_eq!(rebind(&uml, || ()), Ok(()));
    }
    drop(line);
    Ok(())
}

/// A defect of `gpiolib-cdev` in 6.12: the interrupt went with the controller.
#[roadtest::test]
fn a_request_that_is_closed_after_its_controller_frees_its_interrupt_twice() -> roadtest::Result {
    let mut board = Board::new();
    board.gpio(1);
    let uml = board.boot()?;
    let edges = Lines::inputs(&[1]).with(LineFlags::EDGE_RISING);
    let line = uml.gpio()?.request(&edges)?;
    if uml.version() == (6, 12) {
        uml.expect_report("Trying to free already-free IRQ");
    }
    expect_leak(&uml, LABEL);
    expect_leak(&uml, INTERRUPT_LABEL);
    Ok(rebind(&uml, || drop(line))?)
}
