// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The bus driver is unbound from the adapter and bound again: nothing of its
//! first life reaches the second.

use roadtest::{Board, Bus, Chip, Direction, I2cTarget, Nack, SimTime};
use roadtest_chips::iio::temperature::tmp117::Tmp117;

use super::{DRIVER, adapters};

/// A TMP117 that counts the STOP conditions that it sees.
#[derive(Default)]
struct Counting {
    chip: Tmp117,
    stops: u32,
}

impl Chip for Counting {
    fn compatible(&self) -> &'static str {
        self.chip.compatible()
    }
}

impl I2cTarget for Counting {
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        self.chip.start(bus, direction)
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) {
        self.chip.write(bus, bytes);
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.chip.read(bus, buf);
    }

    fn stop(&mut self, bus: &mut Bus) {
        self.stops += 1;
        self.chip.stop(bus);
    }
}

#[roadtest::test]
fn a_bus_whose_driver_is_unbound_and_bound_again_works() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Tmp117::default());
    let uml = board.boot()?;
    let adapter = adapters(&uml)?.remove(0);
    for raw in [-3200, 3200] {
        chip.with(|chip| chip.set_raw(raw));
        let sensor = uml.bind(&chip)?.children("iio:device")?.remove(0);
        assert_eq!(sensor.read("in_temp_raw"), Ok(raw.to_string()));
        uml.write(&format!("{DRIVER}/unbind"), &adapter)?;
        assert!(!uml.exists(&chip.path()));
        uml.write(&format!("{DRIVER}/bind"), &adapter)?;
    }
    Ok(())
}

/// Under way is only what a signal has cut off from its reader: the core waits
/// for all others. So the message on the bus is one that the driver has freed.
#[roadtest::test]
fn a_transfer_that_is_under_way_ends_with_a_stop_when_the_driver_is_unbound() -> roadtest::Result {
    let mut board = Board::new();
    // A reading takes 20 ms for the register's number and 29 for its content.
    board.scl_hz(1000);
    let chip = board.i2c(0x48, Counting::default());
    let uml = board.boot()?;
    let adapter = adapters(&uml)?.remove(0);
    let sensor = uml.bind(&chip)?.children("iio:device")?.remove(0);
    let reading = format!("{}/in_temp_raw", sensor.path());
    let script = format!(
        "cat {reading} & sleep 0.025; kill $!; wait $! 2>/dev/null; \
         echo {adapter} > {DRIVER}/unbind"
    );
    if uml.is_sanitized() {
        // A defect of the driver: it takes nothing out of its queue before it
        // frees that, so the descriptors of these messages are never freed.
        uml.expect_report("virtqueue_add_split");
    }
    chip.forget();
    let stops = chip.with(|chip| chip.stops);
    let start = uml.now();
    let shell = uml.program("/bin/sh").args(["-c", &script]).run()?;
    assert_eq!(
        (shell.stdout(), shell.stderr()),
        (String::new(), String::new())
    );
    assert!(uml.now() - start < SimTime::ms(49), "{}", uml.now() - start);
    chip.with(|chip| assert_eq!(chip.stops, stops + 1));

    let reset = "reset the adapter with 2 messages under way";
    assert_eq!(uml.timeline().when(|line| line.contains(reset)).len(), 1);
    // The second message never comes.
    uml.sleep(SimTime::ms(100));
    chip.with(|chip| assert_eq!(chip.stops, stops + 1));
    assert_eq!(chip.news().reads("TEMPERATURE").len(), 0);

    uml.write(&format!("{DRIVER}/bind"), &adapter)?;
    chip.with(|chip| chip.chip.set_raw(-3200));
    let sensor = uml.bind(&chip)?.children("iio:device")?.remove(0);
    assert_eq!(sensor.read("in_temp_raw"), Ok("-3200".into()));
    Ok(())
}
