// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/leds/leds-gpio.c`: LEDs on lines.

use insta::assert_snapshot;
use roadtest::{Board, Errno, Level, Pin, SimTime};

use Level::{High, Low};

/// Three LEDs: on, off and active low, and one with a label.
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
            heart {
                label = "board:green:heart";
                gpios = <&gpio 2 0>;
            };
        };
    };
"#;

const DEVICE: &str = "/sys/bus/platform/devices/leds";

fn board() -> (Board, [Pin; 3]) {
    let mut board = Board::new();
    let pins = [
        board.gpio_named(0, "power"),
        board.gpio_named(1, "fault"),
        board.gpio_named(2, "heart"),
    ];
    board.dts(LEDS);
    (board, pins)
}

#[roadtest::test]
fn leds_are_called_and_lit_as_the_devicetree_says() -> roadtest::Result {
    let (board, pins) = board();
    let uml = board.boot()?;
    let device = uml.bind_path(DEVICE)?;
    assert_eq!(device.driver().as_deref(), Some("leds-gpio"));
    let leds = device.leds()?;
    let names: Vec<&str> = leds.iter().map(|led| led.name()).collect();
    assert_eq!(names, ["board:green:heart", "fault", "power"]);
    let lit: Result<Vec<u32>, Errno> = leds.iter().map(|led| led.brightness()).collect();
    assert_eq!(lit, Ok(vec![0, 0, 1]));
    // The fault LED is dark with its line high.
    assert_eq!(pins.map(|pin| pin.level()), [High, High, Low]);
    let ours = |line: &str| line.starts_with("PIN");
    assert_snapshot!(uml.timeline().only(ours));
    Ok(())
}

#[roadtest::test]
fn brightness_drives_the_line_through_its_polarity() -> roadtest::Result {
    let (board, [power, fault, _heart]) = board();
    let uml = board.boot()?;
    let leds = uml.bind_path(DEVICE)?;
    for (name, pin, lit) in [("power", &power, High), ("fault", &fault, Low)] {
        let led = leds.led(name)?;
        assert_eq!(led.max_brightness(), Ok(1));
        for brightness in [1, 0] {
            led.set_brightness(brightness)?;
            uml.settle();
            assert_eq!(led.brightness(), Ok(brightness), "{name}");
            let level = if brightness == 1 { lit } else { lit.inverted() };
            assert_eq!(pin.level(), level, "{name}");
        }
    }
    Ok(())
}

#[roadtest::test]
fn more_than_the_largest_brightness_is_the_largest() -> roadtest::Result {
    let (board, [power, ..]) = board();
    let uml = board.boot()?;
    let led = uml.bind_path(DEVICE)?.led("power")?;
    led.set_brightness(0)?;
    led.set_brightness(255)?;
    uml.settle();
    assert_eq!(led.brightness(), Ok(1));
    assert_eq!(power.level(), High);
    assert_eq!(
        led.device().write("brightness", "bright"),
        Err(Errno::EINVAL)
    );
    Ok(())
}

#[roadtest::test]
fn unbinding_turns_the_leds_off() -> roadtest::Result {
    let (board, [power, fault, _heart]) = board();
    let uml = board.boot()?;
    let leds = uml.bind_path(DEVICE)?;
    leds.led("fault")?.set_brightness(1)?;
    leds.unbind()?;
    uml.settle();
    assert!(!power.is_output() && !fault.is_output());
    // The last that was driven, before the lines were released.
    let driven = |name: &str| {
        let ours = format!("PIN {name} ");
        let lines = uml.timeline().only(|line| line.starts_with(&ours));
        lines
            .to_string()
            .lines()
            .rev()
            .take(2)
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(
        driven("power"),
        "PIN power none (driver), PIN power low (driver)"
    );
    assert_eq!(
        driven("fault"),
        "PIN fault none (driver), PIN fault high (driver)"
    );
    Ok(())
}

#[roadtest::test]
fn a_led_that_is_not_there_is_an_error_that_lists_the_others() -> roadtest::Result {
    let (board, _pins) = board();
    let uml = board.boot()?;
    let leds = uml.bind_path(DEVICE)?;
    let error = leds.led("disk").err().expect("there is none");
    // No system call of the guest failed.
    assert_eq!(error.errno(), None);
    assert!(
        error
            .to_string()
            .ends_with("no LED disk, but [board:green:heart, fault, power]")
    );
    Ok(())
}

#[roadtest::test]
fn a_line_of_a_led_is_taken() -> roadtest::Result {
    let (board, _pins) = board();
    let uml = board.boot()?;
    uml.bind_path(DEVICE)?;
    let chip = uml.gpio()?;
    let line = chip.line_info(1)?;
    assert_eq!(
        (line.name.as_str(), line.consumer.as_str()),
        ("fault", "fault")
    );
    let lines = roadtest::view::gpio::Lines::as_is(&[1]);
    assert_eq!(chip.request(&lines).err(), Some(Errno::EBUSY));
    Ok(())
}

#[roadtest::test]
fn a_timer_lets_a_led_blink() -> roadtest::Result {
    let (board, [power, ..]) = board();
    let uml = board.boot()?;
    let led = uml.bind_path(DEVICE)?.led("power")?;
    assert_eq!(led.trigger(), Ok("none".into()));
    assert_eq!(led.set_trigger("heartbeat"), Err(Errno::EINVAL));
    led.set_trigger("timer")?;
    assert_eq!(led.trigger(), Ok("timer".into()));
    // 1 Hz, until it is told.
    assert_eq!(led.device().read("delay_on"), Ok("500".into()));
    assert_eq!(led.device().read("delay_off"), Ok("500".into()));
    led.device().write("delay_on", 100)?;
    led.device().write("delay_off", 300)?;
    let start = uml.now();
    uml.sleep(SimTime::s(2));
    let changes = |level: &str| {
        let line = format!("PIN power {level} (driver)");
        let mut times = uml.timeline().when(|text| text == line);
        times.retain(|time| *time > start);
        times
    };
    let (on, off) = (changes("high"), changes("low"));
    assert_eq!((on.len(), off.len()), (4, 5));
    // A timer fires in the tick of 10 ms after its own. What remains is the
    // way to the line.
    let lasts = |times: &[SimTime], ms| {
        let took = times[1] - times[0];
        assert!(took + SimTime::us(100) > SimTime::ms(ms), "{took}");
        assert!(took < SimTime::ms(ms) + SimTime::us(100), "{took}");
    };
    for times in on.windows(2).chain(off.windows(2)) {
        lasts(times, 420);
    }
    let first_off = off.iter().find(|time| **time > on[0]).expect("it goes off");
    lasts(&[on[0], *first_off], 110);

    led.set_trigger("none")?;
    let stopped = uml.timeline().len();
    uml.sleep(SimTime::s(2));
    assert_eq!(uml.timeline().len(), stopped);
    assert_eq!(power.level(), Low);
    Ok(())
}

#[roadtest::test]
fn a_brightness_of_zero_ends_the_blinking() -> roadtest::Result {
    let (board, [_power, fault, _heart]) = board();
    let uml = board.boot()?;
    let led = uml.bind_path(DEVICE)?.led("fault")?;
    led.set_trigger("timer")?;
    uml.sleep(SimTime::ms(250));
    // Its line is active low.
    assert_eq!(fault.level(), Low);
    led.set_brightness(0)?;
    assert_eq!(led.trigger(), Ok("none".into()));
    uml.sleep(SimTime::s(2));
    assert_eq!(fault.level(), High);
    Ok(())
}

#[roadtest::test]
fn a_led_blinks_from_the_start_where_the_devicetree_says_so() -> roadtest::Result {
    let mut board = Board::new();
    let alive = board.gpio_named(0, "alive");
    board.dts(
        r#"
        / {
            leds {
                compatible = "gpio-leds";
                alive {
                    gpios = <&gpio 0 0>;
                    linux,default-trigger = "timer";
                };
            };
        };
        "#,
    );
    let uml = board.boot()?;
    let led = uml.bind_path(DEVICE)?.led("alive")?;
    assert_eq!(led.trigger(), Ok("timer".into()));
    uml.sleep(SimTime::ms(250));
    assert_eq!(alive.level(), High);
    uml.sleep(SimTime::ms(500));
    assert_eq!(alive.level(), Low);
    Ok(())
}
