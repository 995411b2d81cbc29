// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/regulator/gpio-regulator.c`: a regulator whose voltage is chosen
//! by GPIO lines.

use roadtest::suite::regulator::{self, Range};
use roadtest::view::regulator::{Regulator, State};
use roadtest::{Board, Level, Pin, SimTime, Uml};

/// Enabled at boot at 1.8 or 2.8 V: one line enables, one chooses.
const NODE: &str = "
    / {
        sd: regulator-sd {
            compatible = \"regulator-gpio\";
            regulator-name = \"sd\";
            regulator-min-microvolt = <1800000>;
            regulator-max-microvolt = <2800000>;
            regulator-boot-on;
            startup-delay-us = <70000>;
            enable-gpios = <&gpio 1 GPIO_ACTIVE_HIGH>;
            enable-active-high;
            gpios = <&gpio 2 GPIO_ACTIVE_HIGH>;
            gpios-states = <0>;
            states = <2800000 1>, <1800000 0>;
        };
    };
";

struct Sd {
    uml: Uml,
    enable: Pin,
    select: Pin,
    regulator: Regulator,
}

fn sd() -> roadtest::Result<Sd> {
    let mut board = Board::new();
    let enable = board.gpio_named(1, "sd-enable");
    let select = board.gpio_named(2, "sd-select");
    board.dts(NODE).consumer("card", "sd");
    let uml = board.boot()?;
    let device = uml.bind_path("/sys/bus/platform/devices/regulator-sd")?;
    assert_eq!(device.driver().as_deref(), Some("gpio-regulator"));
    let regulator = device.regulator()?;
    Ok(Sd {
        uml,
        enable,
        select,
        regulator,
    })
}

/// What the driver did to the lines, as the timeline shows it.
fn pins(uml: &Uml) -> Vec<String> {
    let text = uml.timeline().to_string();
    let lines = text.lines().filter(|line| line.starts_with("PIN"));
    lines.map(str::to_owned).collect()
}

#[roadtest::test]
fn a_regulator_that_is_on_at_boot_drives_its_enable_line_last() -> roadtest::Result {
    let sd = sd()?;

    let pins = pins(&sd.uml);
    assert_eq!(
        pins.last().map(String::as_str),
        Some("PIN sd-enable high (driver)"),
        "of {pins:?}"
    );
    assert!(sd.enable.is_output());
    assert_eq!(sd.enable.level(), Level::High);
    assert_eq!(sd.regulator.name(), Ok("sd".into()));
    assert_eq!(sd.regulator.state(), Ok(State::Enabled));
    Ok(())
}

#[roadtest::test]
fn the_state_line_follows_the_voltage() -> roadtest::Result {
    let sd = sd()?;
    assert!(sd.select.is_output());
    assert_eq!(sd.select.level(), Level::Low);
    assert_eq!(sd.regulator.microvolts(), Ok(1_800_000));

    let card = sd.uml.consumer("card")?;
    let range = [Range::linear(1_800_000, 2_800_000, 1_000_000)];
    let mut seen = Vec::new();
    regulator::voltages(&sd.regulator, &card, &range, |uv| {
        seen.push((uv, sd.select.level()));
    })?;

    seen.dedup();
    let (low, high) = ((1_800_000, Level::Low), (2_800_000, Level::High));
    assert_eq!(seen, [low, high, low, high]);
    Ok(())
}

#[roadtest::test]
fn a_voltage_that_no_state_has_changes_nothing() -> roadtest::Result {
    let sd = sd()?;
    let card = sd.uml.consumer("card")?;
    card.set(2_800_000, 2_800_000)?;
    let before = pins(&sd.uml);

    // Both limits are legal, and no state is between them.
    card.set(1_900_000, 2_700_000)?;

    assert_eq!(sd.regulator.microvolts(), Ok(2_800_000));
    assert_eq!(pins(&sd.uml), before);
    Ok(())
}

#[roadtest::test]
fn the_enable_line_follows_the_consumer_and_the_start_up_delay_is_kept() -> roadtest::Result {
    let sd = sd()?;
    let card = sd.uml.consumer("card")?;
    card.set(1_800_000, 2_800_000)?;
    card.disable()?;
    assert_eq!(sd.enable.level(), Level::Low);
    assert_eq!(sd.regulator.state(), Ok(State::Disabled));

    let before = sd.uml.now();
    card.set(1_800_000, 2_800_000)?;

    let took = sd.uml.now() - before;
    assert_eq!(sd.enable.level(), Level::High);
    assert_eq!(sd.regulator.state(), Ok(State::Enabled));
    assert!(took >= SimTime::ms(70), "enabled after {took}");
    Ok(())
}
