// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Boards with several buses: each is an adapter of its own.

use roadtest::{Board, Celsius, SimTime};
use roadtest_chips::hwmon::lm75::Lm75;

use super::{DRIVER, adapters};

/// What a reading of two bytes has on the bus: the register's number, a
/// repeated START, two bytes. START, address and bytes with their acknowledge
/// bits, STOP: for each message.
const READING_BITS: u64 = (2 + 9 * 2) + (2 + 9 * 3);

#[roadtest::test]
fn chips_at_one_address_of_two_buses_are_two_chips() -> roadtest::Result {
    let mut board = Board::new();
    let inside = board.i2c(0x48, Lm75::default());
    let bus = board.i2c_bus("outdoor", 100_000);
    let outside = board.i2c_on(&bus, 0x48, Lm75::default());
    let uml = board.boot()?;
    assert_eq!(inside.path(), "/sys/bus/i2c/devices/0-0048");
    assert_eq!(outside.path(), "/sys/bus/i2c/devices/1-0048");
    let mut times = Vec::new();
    for (chip, millidegrees) in [(&inside, 21_500), (&outside, -7_000)] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(millidegrees)));
        let hwmon = uml.bind(chip)?.hwmon()?;
        uml.sleep(SimTime::ms(200));
        let start = uml.now();
        assert_eq!(
            hwmon.device().read("temp1_input"),
            Ok(millidegrees.to_string())
        );
        times.push(uml.now() - start);
    }
    // At 400 kHz a bit takes 2.5 us, at 100 kHz 10.
    assert_eq!(
        times,
        [2_500, 10_000].map(|bit| SimTime::ns(READING_BITS * bit))
    );
    assert_eq!(inside.timeline().reads("TEMP"), ["1580"]);
    assert_eq!(outside.timeline().reads("TEMP"), ["f900"]);
    Ok(())
}

/// The kernel counts adapters as they come up, unless the devicetree numbers
/// them.
#[roadtest::test]
fn adapters_that_come_up_in_another_order_keep_their_numbers() -> roadtest::Result {
    let mut board = Board::new();
    let outdoor = board.i2c_bus("outdoor", 100_000);
    let chips = [
        board.i2c_on(&outdoor, 0x48, Lm75::default()),
        board.i2c(0x49, Lm75::default()),
    ];
    let uml = board.boot()?;
    let [first, second] = <[String; 2]>::try_from(adapters(&uml)?).unwrap();
    for adapter in [&first, &second] {
        uml.write(&format!("{DRIVER}/unbind"), adapter)?;
    }
    for adapter in [&second, &first] {
        uml.write(&format!("{DRIVER}/bind"), adapter)?;
    }
    assert_eq!(chips[0].path(), "/sys/bus/i2c/devices/0-0048");
    assert_eq!(chips[1].path(), "/sys/bus/i2c/devices/1-0049");
    for chip in chips {
        uml.bind(&chip)?.hwmon()?;
    }
    Ok(())
}
