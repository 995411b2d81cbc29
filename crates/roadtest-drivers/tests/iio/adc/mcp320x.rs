// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/adc/mcp320x.c`: Microchip MCP3004 (10 bits, 4 inputs) and
//! MCP3208 (12 bits, 8 inputs).

use insta::assert_snapshot;
use roadtest::view::iio::Iio;
use roadtest::{Board, Errno, Level, Pin, Placement, SimTime, Uml, Value, Wired};
use roadtest_chips::iio::adc::mcp320x::{Mcp320x, Mcp3004, Mcp3208, Part};

struct Bound<P: 'static> {
    _uml: Uml,
    chip: Wired<Mcp320x<P>>,
    iio: Iio,
    vref: Pin,
}

/// A converter with its reference, bound.
fn bind<P: Part>(
    reference_uv: u32,
    change: impl FnOnce(Placement<Mcp320x<P>>) -> Placement<Mcp320x<P>>,
) -> roadtest::Result<Bound<P>> {
    let mut board = Board::new();
    let vref = board.gpio(0);
    let supply = board.fixed_supply("vref", reference_uv, &vref);
    let placement = Placement::of(Mcp320x::new(reference_uv)).powered_by("vref", &supply);
    let chip = board.spi(0, change(placement));
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok(Bound {
        _uml: uml,
        chip,
        iio,
        vref,
    })
}

fn mcp3004() -> roadtest::Result<Bound<impl Part>> {
    bind::<roadtest_chips::iio::adc::mcp320x::FourOf10Bits>(2_500_000, |placement| placement)
}

fn mcp3208() -> roadtest::Result<Bound<impl Part>> {
    bind::<roadtest_chips::iio::adc::mcp320x::EightOf12Bits>(4_096_000, |placement| placement)
}

/// The inputs have different voltages, so that none can be taken for another.
fn set_inputs<P: Part>(chip: &Wired<Mcp320x<P>>) {
    chip.with(|chip| {
        for channel in 0..P::CHANNELS {
            let number = i32::try_from(channel).unwrap();
            chip.set_input(channel, 100_000 * (number + 1) + 7_000 * number * number);
        }
    });
}

#[roadtest::test]
fn each_input_of_a_part_with_four_is_read() -> roadtest::Result {
    let bound = mcp3004()?;
    assert_eq!(bound.iio.name().as_deref(), Ok("mcp3004"));
    set_inputs(&bound.chip);
    // 2.5 V and 10 bits: 2.441 mV for each step.
    let raw: Vec<_> = (0..4)
        .map(|channel| bound.iio.read(&format!("in_voltage{channel}_raw")))
        .collect();
    let expected = ["40", "84", "134", "189"].map(|raw| Ok(raw.to_owned()));
    assert_eq!(raw, expected);
    assert_eq!(bound.iio.read("in_voltage4_raw"), Err(Errno::ENOENT));
    assert_snapshot!(bound.chip.timeline());
    Ok(())
}

#[roadtest::test]
fn each_input_of_a_part_with_eight_is_read() -> roadtest::Result {
    let bound = mcp3208()?;
    assert_eq!(bound.iio.name().as_deref(), Ok("mcp3208"));
    set_inputs(&bound.chip);
    // 4.096 V and 12 bits: 1 mV for each step.
    let raw: Vec<_> = (0..8)
        .map(|channel| bound.iio.read(&format!("in_voltage{channel}_raw")))
        .collect();
    let expected = ["100", "207", "328", "463", "612", "775", "952", "1143"];
    assert_eq!(raw, expected.map(|raw| Ok(raw.to_owned())));
    assert_snapshot!(bound.chip.timeline());
    Ok(())
}

#[roadtest::test]
fn pairs_of_inputs_have_their_difference_in_both_directions() -> roadtest::Result {
    let bound = mcp3208()?;
    bound.chip.with(|chip| {
        for (channel, microvolts) in [
            (0, 70_000),
            (1, 20_000),
            (2, 30_000),
            (3, 33_000),
            (4, 1_000_000),
            (6, 50_000),
            (7, 50_000),
        ] {
            chip.set_input(channel, microvolts);
        }
    });
    let pairs = [
        ("0-voltage1", "50"),
        ("1-voltage0", "0"),
        ("2-voltage3", "0"),
        ("3-voltage2", "3"),
        ("4-voltage5", "1000"),
        ("5-voltage4", "0"),
        ("6-voltage7", "0"),
        ("7-voltage6", "0"),
    ];
    for (pair, raw) in pairs {
        let name = format!("in_voltage{pair}_raw");
        assert_eq!(bound.iio.read(&name), Ok(raw.into()), "{name}");
    }
    assert_snapshot!(bound.chip.timeline());
    Ok(())
}

#[roadtest::test]
fn pairs_of_a_part_with_four_inputs_are_two() -> roadtest::Result {
    let bound = mcp3004()?;
    bound.chip.with(|chip| {
        chip.set_input(0, 25_000);
        chip.set_input(3, 50_000);
    });
    for (pair, raw) in [
        ("0-voltage1", "10"),
        ("1-voltage0", "0"),
        ("2-voltage3", "0"),
        ("3-voltage2", "20"),
    ] {
        let name = format!("in_voltage{pair}_raw");
        assert_eq!(bound.iio.read(&name), Ok(raw.into()), "{name}");
    }
    let beyond = bound.iio.read("in_voltage4-voltage5_raw");
    assert_eq!(beyond, Err(Errno::ENOENT));
    Ok(())
}

/// A result ends one step below the reference and at ground.
#[roadtest::test]
fn voltages_beyond_the_reference_and_below_ground_are_read_as_the_ends() -> roadtest::Result {
    let bound = mcp3208()?;
    let read = |microvolts| {
        bound.chip.with(|chip| chip.set_input(5, microvolts));
        bound.iio.read("in_voltage5_raw")
    };
    for (microvolts, raw) in [
        (-300_000, "0"),
        (0, "0"),
        (999, "0"),
        (1_000, "1"),
        (4_094_999, "4094"),
        (4_095_000, "4095"),
        (4_096_000, "4095"),
        (5_000_000, "4095"),
    ] {
        assert_eq!(read(microvolts), Ok(raw.into()), "{microvolts} µV");
    }
    Ok(())
}

/// `regulator_get_voltage` in whole mV, over 2^bits.
#[roadtest::test]
fn the_scale_is_the_reference_over_the_resolution() -> roadtest::Result {
    let bound = mcp3004()?;
    assert_eq!(bound.iio.read("in_voltage_scale"), Ok("2.441406250".into()));
    assert_eq!(
        bound.iio.read("in_voltage-voltage_scale"),
        Ok("2.441406250".into())
    );
    drop(bound);
    let bound = mcp3208()?;
    assert_eq!(bound.iio.read("in_voltage_scale"), Ok("1.000000000".into()));
    bound.chip.with(|chip| chip.set_input(3, 1_234_500));
    assert_eq!(
        bound.iio.channel("in_voltage3").value()?.to_string(),
        "1234"
    );
    Ok(())
}

#[roadtest::test]
fn the_reference_is_on_while_the_driver_is_bound() -> roadtest::Result {
    let bound = mcp3208()?;
    assert_eq!(bound.vref.level(), Level::High);
    bound.iio.parent().clone().unbind()?;
    assert_eq!(bound.vref.level(), Level::Low);
    Ok(())
}

#[roadtest::test]
fn a_probe_without_a_reference_uses_the_dummy_and_has_no_scale() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.spi(0, Mcp3208::new(4_096_000));
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    chip.with(|chip| chip.set_input(2, 42_000));
    assert_eq!(iio.read("in_voltage2_raw"), Ok("42".into()));
    // The dummy regulator has no voltage.
    assert_eq!(iio.read("in_voltage_scale"), Err(Errno::EINVAL));
    Ok(())
}

/// Both clock modes of the datasheet (5.0) give the same result.
#[roadtest::test]
fn a_clock_that_idles_high_gives_the_same_result() -> roadtest::Result {
    let bound = bind::<roadtest_chips::iio::adc::mcp320x::EightOf12Bits>(4_096_000, |placement| {
        placement
            .prop("spi-cpol", Value::flag())
            .prop("spi-cpha", Value::flag())
    })?;
    bound.chip.with(|chip| chip.set_input(7, 2_748_000));
    assert_eq!(bound.iio.read("in_voltage7_raw"), Ok("2748".into()));
    Ok(())
}

/// 8 and 16 bits at 2 MHz, and 500 ns without chip select (1.0).
#[roadtest::test]
fn a_reading_takes_the_time_of_its_bits() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.spi(0, Mcp3208::new(4_096_000));
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    let start = uml.now();
    iio.read("in_voltage0_raw")?;
    assert_eq!(uml.now() - start, SimTime::ns(24 * 500 + 500));
    Ok(())
}

/// The charge on the sampling capacitor lasts for 1.2 ms (6.2).
#[roadtest::test]
fn a_clock_that_is_too_slow_is_a_violation() -> roadtest::Result {
    let mut board = Board::new();
    let placement = Placement::of(Mcp3004::new(2_500_000)).prop("spi-max-frequency", 10_000);
    let chip = board.spi(0, placement);
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    uml.expect_violation("from the sample of CH1 to the end of its result");
    iio.read("in_voltage1_raw")?;
    Ok(())
}

#[roadtest::test]
fn a_converter_that_is_not_there_reads_as_its_highest_value() -> roadtest::Result {
    let bound = mcp3004()?;
    bound.chip.disconnect();
    assert_eq!(bound.iio.read("in_voltage0_raw"), Ok("1023".into()));
    Ok(())
}
