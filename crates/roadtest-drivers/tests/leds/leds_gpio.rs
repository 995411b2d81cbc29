// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/leds/leds-gpio.c`: LEDs on lines.

use roadtest::{Board, Level};

/// Two LEDs, the second active low.
const LEDS: &str = r#"
    / {
        leds {
            compatible = "gpio-leds";
            power {
                gpios = <&gpio 0 0>;
                default-state = "on";
            };
            fault {
                gpios = <&gpio 1 1>;
                default-state = "off";
            };
        };
    };
"#;

#[test]
fn brightness_drives_the_line_that_the_devicetree_names() -> roadtest::Result {
    let mut board = Board::new();
    let (power, fault) = (board.gpio(0), board.gpio(1));
    board.dts(LEDS);
    let uml = board.boot()?;
    let leds = uml.bind_path("/sys/bus/platform/devices/leds")?;

    assert_eq!(power.level(), Level::High);
    assert_eq!(fault.level(), Level::High);
    let led = leds.led("fault")?;
    assert_eq!(led.max_brightness(), Ok(1));
    assert_eq!(led.brightness(), Ok(0));
    led.set_brightness(1)?;
    assert_eq!(fault.level(), Level::Low);
    Ok(())
}
