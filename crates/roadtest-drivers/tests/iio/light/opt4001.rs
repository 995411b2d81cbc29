// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/opt4001.c`: TI OPT4001 ambient light sensor, in both
//! packages.

use insta::assert_snapshot;
use roadtest::suite::iio::{Measured, Sensor};
use roadtest::view::iio::Iio;
use roadtest::{Board, Cell, Errno, Level, Placement, SimTime, Uml, Wired};
use roadtest_chips::iio::light::opt4001::Opt4001;

const PICOSTAR: &str = "ti,opt4001-picostar";
const SOT_5X3: &str = "ti,opt4001-sot-5x3";

/// The supply of the sensor, always on.
const VDD: &str = r#"
/ {
    vdd: regulator-vdd {
        compatible = "regulator-fixed";
        regulator-name = "vdd";
        regulator-min-microvolt = <3300000>;
        regulator-max-microvolt = <3300000>;
    };
};
"#;

fn board(compatible: &str) -> (Board, Wired<Opt4001>) {
    let mut board = Board::new();
    let light = board.i2c(
        0x45,
        Placement::of(Opt4001::new())
            .compatible(compatible)
            .prop("vdd-supply", [Cell::phandle("vdd")]),
    );
    board.dts(VDD);
    (board, light)
}

fn bind(uml: &Uml, light: &Wired<Opt4001>) -> roadtest::Result<Iio> {
    uml.bind_path("/sys/bus/platform/devices/regulator-vdd")?;
    uml.bind(light)?.iio()
}

/// What `in_illuminance_input` is once the result registers are `high` and
/// `low`.
#[track_caller]
fn check(uml: &Uml, light: &Wired<Opt4001>, iio: &Iio, result: (u16, u16), lux: &str) {
    light.with(|chip| chip.set_result(result.0, result.1));
    uml.sleep(light.with(|chip| chip.conversion_time()));
    assert_eq!(iio.read("in_illuminance_input"), Ok(lux.into()));
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn probe_identifies_the_chip_and_starts_converting() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let dts = board.to_dts()?;
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    assert_snapshot!("probe_identifies_the_chip_and_starts_converting-dts", dts);
    assert_eq!(iio.name().as_deref(), Ok("opt4001-picostar"));
    assert_snapshot!(light.timeline());
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn picostar_lux_are_steps_of_312_5_microlux() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    check(&uml, &light, &iio, (0x0000, 0x0000), "0.000000000");
    check(&uml, &light, &iio, (0x0000, 0x0101), "0.000312500");
    check(&uml, &light, &iio, (0x25e0, 0x0090), "481.280000000");
    check(&uml, &light, &iio, (0x74b0, 0x00f3), "12288.000000000");
    check(&uml, &light, &iio, (0xffff, 0xfffc), "10737408.000000000");
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn sot_5x3_lux_are_steps_of_437_5_microlux() -> roadtest::Result {
    let (board, light) = board(SOT_5X3);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    assert_eq!(iio.name().as_deref(), Ok("opt4001-sot-5x3"));
    check(&uml, &light, &iio, (0x0000, 0x0000), "0.000000000");
    check(&uml, &light, &iio, (0x0000, 0x0101), "0.000437500");
    check(&uml, &light, &iio, (0x74b0, 0x00f3), "17203.200000000");
    check(&uml, &light, &iio, (0xffff, 0xfffc), "15032371.200000000");
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn a_result_with_a_wrong_crc_is_an_io_error() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    // The CRC would be 0.
    light.with(|chip| chip.set_result(0x25e0, 0x00da));
    uml.sleep(SimTime::ms(800));
    light.forget();
    assert_eq!(iio.read("in_illuminance_input"), Err(Errno::EIO));
    assert_snapshot!(light.news());
    check(&uml, &light, &iio, (0x25e0, 0x0090), "481.280000000");
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn the_integration_time_is_the_conversion_time() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    assert_eq!(iio.read("integration_time"), Ok("0.800000".into()));
    // CONVERSION_TIME is bits 9 to 6.
    for (seconds, config, shown) in [
        ("0.0006", "3030", "0.000600"),
        ("0.0065", "3130", "0.006500"),
        ("0.8", "32f0", "0.800000"),
    ] {
        light.forget();
        assert_eq!(iio.write("integration_time", seconds), Ok(()));
        assert_eq!(light.news().writes("CONFIG"), [config]);
        assert_eq!(iio.read("integration_time"), Ok(shown.into()));
    }
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn an_integration_time_that_is_not_available_is_refused() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    light.forget();
    for seconds in ["0", "0.0007", "0.8001", "1", "1.8", "-0.0006"] {
        let written = iio.write("integration_time", seconds);
        assert_eq!(written, Err(Errno::EINVAL), "{seconds}");
    }
    assert_eq!(light.news().writes("CONFIG"), [""; 0]);
    assert_eq!(iio.read("integration_time"), Ok("0.800000".into()));
    Ok(())
}

/// The driver does not wait for a conversion: what it reads is the last one
/// that ended.
#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn a_new_light_level_is_seen_after_a_conversion() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    iio.write("integration_time", "0.1")?;
    light.with(|chip| chip.set_light(3200));
    uml.sleep(SimTime::ms(99));
    assert_eq!(iio.read("in_illuminance_input"), Ok("0.000000000".into()));
    uml.sleep(SimTime::ms(1));
    assert_eq!(iio.read("in_illuminance_input"), Ok("1.000000000".into()));
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn unbinding_powers_the_chip_down() -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    uml.bind_path("/sys/bus/platform/devices/regulator-vdd")?;
    let sensor = uml.bind(&light)?;
    light.forget();
    sensor.unbind()?;
    assert_snapshot!(light.news());
    Ok(())
}

/// The supply is switched by a line; the chip starts up in `startup`, and the
/// regulator says that it takes `delay_us`.
fn switched(startup: SimTime, delay_us: u32) -> (Board, Wired<Opt4001>) {
    let mut board = Board::new();
    let switch = board.gpio(0);
    let light = board.i2c(
        0x45,
        Placement::of(Opt4001::with_start_up(startup))
            .supply(&switch, Level::High)
            .prop("vdd-supply", [Cell::phandle("vdd")]),
    );
    board.dts(VDD);
    board.dts(&format!(
        "&vdd {{ gpios = <&gpio 0 0>; enable-active-high; startup-delay-us = <{delay_us}>; }};"
    ));
    (board, light)
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn the_supply_is_on_from_bind_to_unbind_only() -> roadtest::Result {
    let (board, light) = switched(SimTime::us(500), 500);
    let uml = board.boot()?;
    uml.bind_path("/sys/bus/platform/devices/regulator-vdd")?;
    let sensor = uml.bind(&light)?;
    light.with(|chip| chip.set_light(3200));
    uml.sleep(SimTime::ms(800));
    assert_eq!(
        sensor.iio()?.read("in_illuminance_input"),
        Ok("1.000000000".into())
    );
    sensor.unbind()?;
    let pin = uml.timeline().only(|line| line.contains("PIN"));
    assert_snapshot!(pin);
    Ok(())
}

/// Proof that the start-up contract can fail: this part needs longer than
/// the board's regulator waits.
#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn an_opt4001_that_starts_more_slowly_is_accessed_too_early() -> roadtest::Result {
    let (board, light) = switched(SimTime::ms(1), 500);
    let uml = board.boot()?;
    // Before its first tick, at 10 ms, the kernel rounds sleeps up to it.
    uml.sleep(SimTime::ms(20));
    uml.expect_violation("from power-up to first access, at least 1 ms required (7.5)");
    uml.bind_path("/sys/bus/platform/devices/regulator-vdd")?;
    uml.bind(&light)?;
    Ok(())
}

const SENSOR: Sensor = Sensor {
    name: "opt4001-picostar",
    measured: &[Measured {
        channel: "in_illuminance",
        points: &[
            (0, "0"),
            (1, "0.0003125"),
            (0xf_ffff, "327.6796875"),
            // One step more needs an exponent, at the price of the last bit.
            (0x10_0001, "327.68"),
            (0xf_ffff << 8, "83886"),
        ],
        settle: SimTime::ms(800),
    }],
    refused: &[],
    untouched: &[],
};

fn run_suite(sensor: &Sensor) -> roadtest::Result {
    let (board, light) = board(PICOSTAR);
    let uml = board.boot()?;
    let iio = bind(&uml, &light)?;
    sensor.check(&uml, &iio, |_, steps| {
        light.with(|chip| chip.set_light(steps.cast_unsigned()));
    })
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn it_passes_the_suite_for_iio_sensors() -> roadtest::Result {
    run_suite(&SENSOR)
}

#[roadtest::test(since = "6.12", why = "the driver is newer")]
fn the_suite_tells_what_is_wrong_with_a_sensor() {
    const WRONG: Sensor = Sensor {
        name: "opt4002",
        measured: &[Measured {
            channel: "in_illuminance",
            points: &[(1, "0.0004375")],
            settle: SimTime::ms(800),
        }],
        refused: &[("integration_time", Errno::EBUSY)],
        untouched: &[],
    };
    let text = run_suite(&WRONG).map_err(|error| error.to_string());
    assert_eq!(
        text,
        Err("0-0045 is not what an IIO sensor should be:\n\
             name is opt4001-picostar, not opt4002\n\
             integration_time is 0.800000, not EBUSY\n\
             in_illuminance at stimulus 1 is 0.0003125, not 0.0004375"
            .to_owned())
    );
}
