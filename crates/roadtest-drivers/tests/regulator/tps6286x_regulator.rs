// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/regulator/tps6286x-regulator.c`: TI TPS62864 step-down converter.

use insta::assert_snapshot;
use roadtest::suite::regulator::{self, Bits, Descriptor, Field, Range};
use roadtest::view::regulator::{Consumer, Mode, Regulator, State};
use roadtest::{Board, Chip, Errno, Level, Node, Placement, SimTime, Uml, Wired};
use roadtest_chips::regulator::tps6286x::Tps6286x;

const SUITE: Descriptor = Descriptor {
    ranges: &[Range::linear(400_000, 1_675_000, 5_000)],
    voltage: &[Field {
        register: "VOUT1",
        mask: 0xff,
        encode: |uv| (uv - 400_000) / 5_000,
    }],
    enable: Some(Bits {
        register: "CONTROL",
        mask: 0x20,
        on: 0x20,
        off: 0,
    }),
    modes: &[
        (
            Mode::Fast,
            Field {
                register: "CONTROL",
                mask: 0x10,
                encode: |_| 0x10,
            },
        ),
        (
            Mode::Normal,
            Field {
                register: "CONTROL",
                mask: 0x10,
                encode: |_| 0,
            },
        ),
    ],
};

struct Rail {
    uml: Uml,
    chip: Wired<Tps6286x>,
    regulator: Regulator,
    consumer: Consumer,
}

/// The regulator's node.
fn sw(label: &str) -> Node {
    Node::new("SW")
        .label(label)
        .prop("regulator-name", "+0.85V")
        .prop("regulator-min-microvolt", 400_000)
        .prop("regulator-max-microvolt", 1_675_000)
}

fn normal() -> Node {
    allows_modes(sw("sw"))
}

/// NORMAL and FPWM of `dt-bindings/regulator/ti,tps62864.h`.
fn allows_modes(sw: Node) -> Node {
    sw.prop("regulator-allowed-modes", [0, 1])
}

fn forces_pwm(sw: Node) -> Node {
    sw.prop("regulator-initial-mode", 1)
}

fn rail(chip: Tps6286x, sw: Node) -> roadtest::Result<Rail> {
    let mut board = Board::new();
    let chip = board.i2c(
        0x48,
        Placement::of(chip).child(Node::new("regulators").child(sw)),
    );
    board.consumer("load", "sw");
    let uml = board.boot()?;
    let device = uml.bind(&chip)?;
    assert_eq!(device.driver().as_deref(), Some("tps6286x"));
    let regulator = device.regulator()?;
    let consumer = uml.consumer("load")?;
    Ok(Rail {
        uml,
        chip,
        regulator,
        consumer,
    })
}

#[roadtest::test]
fn every_voltage_mode_and_switch_reaches_its_register() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), normal())?;
    assert_eq!(rail.regulator.name(), Ok("+0.85V".into()));
    assert_eq!(rail.regulator.min_microvolts(), Ok(400_000));
    assert_eq!(rail.regulator.max_microvolts(), Ok(1_675_000));
    assert_eq!(rail.regulator.users(), Ok(0));

    regulator::check(&rail.chip, &rail.regulator, &rail.consumer, &SUITE)
}

#[roadtest::test]
fn a_voltage_is_one_write_and_enabling_another() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), normal())?;
    let written = |register: &str| {
        let writes = rail.chip.news().writes(register);
        rail.chip.forget();
        writes
    };
    let nothing: [&str; 0] = [];
    assert_eq!(rail.chip.timeline().writes("VOUT1"), nothing);
    assert_eq!(rail.chip.timeline().writes("CONTROL"), nothing);

    rail.chip.forget();
    rail.consumer.set(800_000, 1_675_000)?;
    assert_eq!(rail.regulator.state(), Ok(State::Enabled));
    assert_eq!(rail.regulator.users(), Ok(1));
    assert_eq!(rail.chip.news().writes("CONTROL"), ["6f"]);
    assert_eq!(written("VOUT1"), ["50"]);

    for (uv, code) in [(400_000, "00"), (900_000, "64"), (1_675_000, "ff")] {
        rail.consumer.set(uv, 1_675_000)?;
        assert_eq!(rail.regulator.microvolts(), Ok(uv));
        assert_eq!(written("VOUT1"), [code], "at {uv} uV");
    }

    rail.consumer.disable()?;
    assert_eq!(rail.regulator.state(), Ok(State::Disabled));
    assert_eq!(written("CONTROL"), ["4f"]);
    Ok(())
}

#[roadtest::test]
fn modes_are_one_bit() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), normal())?;
    assert_eq!(rail.consumer.mode(), Ok(Mode::Normal));

    rail.chip.forget();
    rail.consumer.set_mode(Mode::Fast)?;
    rail.consumer.set_mode(Mode::Normal)?;
    assert_eq!(rail.chip.news().writes("CONTROL"), ["5f", "4f"]);

    // A mode that the board does not allow gives the next that delivers more.
    rail.chip.forget();
    rail.consumer.set_mode(Mode::Standby)?;
    assert_eq!(rail.regulator.mode(), Ok(Mode::Normal));
    assert_eq!(rail.chip.news().writes("CONTROL"), [""; 0]);
    Ok(())
}

#[roadtest::test]
fn the_devicetree_can_force_pwm() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), forces_pwm(sw("sw")))?;
    assert_eq!(rail.consumer.mode(), Ok(Mode::Fast));
    assert_eq!(rail.regulator.mode(), Ok(Mode::Fast));
    assert_eq!(rail.chip.timeline().writes("CONTROL"), ["5f"]);

    rail.chip.forget();
    rail.consumer.set(800_000, 1_675_000)?;
    assert_eq!(rail.chip.news().writes("CONTROL"), ["7f"]);
    Ok(())
}

#[roadtest::test]
fn a_voltage_is_there_when_the_consumer_is_told_so() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), normal())?;
    let output = || rail.chip.with(|chip| chip.output_uv(rail.uml.now()));
    assert_eq!(output(), 0);

    rail.chip.forget();
    for uv in [400_000, 1_675_000, 405_000] {
        let before = rail.uml.now();
        rail.consumer.set(uv, 1_675_000)?;
        assert_eq!(output(), uv, "after {}", rail.uml.now() - before);
    }
    assert_snapshot!(rail.chip.news().only(|line| line.starts_with('W')));
    Ok(())
}

#[roadtest::test]
fn a_start_up_that_takes_longer_than_the_driver_waits_is_noticed() -> roadtest::Result {
    let slow = Tps6286x::off().with_start_up(SimTime::ms(4));
    let rail = rail(slow, normal())?;
    rail.consumer.set(800_000, 1_675_000)?;
    let output = rail.chip.with(|chip| chip.output_uv(rail.uml.now()));
    assert!(output < 800_000, "{output} uV");
    rail.consumer.set_mode(Mode::Fast)?;
    let marks = rail.chip.timeline().unwise();
    let early = "from SWEN to next access, at least 4 ms required (driver)";
    assert!(marks.len() == 1 && marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

#[roadtest::test]
fn a_chip_that_does_not_answer_is_an_error_or_unknown() -> roadtest::Result {
    let rail = rail(Tps6286x::off(), normal())?;
    rail.consumer.set(800_000, 1_675_000)?;
    rail.uml.expect_violation("access without power");
    let now = rail.uml.now();
    rail.chip.with(|chip| Chip::power(chip, Level::Low, now));

    // The driver has cached the registers since some kernel after 6.12.
    if rail.uml.version() <= (6, 12) {
        assert_eq!(rail.regulator.microvolts(), Err(Errno::EIO));
        assert_eq!(rail.regulator.state(), Ok(State::Unknown));
        assert_eq!(rail.regulator.mode(), Ok(Mode::Unknown));
    } else {
        assert_eq!(rail.regulator.microvolts(), Ok(800_000));
        assert_eq!(rail.regulator.state(), Ok(State::Enabled));
        assert_eq!(rail.regulator.mode(), Ok(Mode::Normal));
    }
    // A write that fails is not remembered as done.
    rail.consumer.set_mode(Mode::Fast)?;
    assert_eq!(rail.consumer.mode(), Ok(Mode::Normal));

    rail.chip.with(|chip| Chip::power(chip, Level::High, now));
    rail.consumer.set_mode(Mode::Fast)?;
    assert_eq!(rail.consumer.mode(), Ok(Mode::Fast));
    Ok(())
}

#[roadtest::test]
fn two_converters_on_one_bus_are_apart() -> roadtest::Result {
    let mut board = Board::new();
    let node = |sw: Node| Node::new("regulators").child(sw);
    let normal = board.i2c(
        0x48,
        Placement::of(Tps6286x::off()).child(node(allows_modes(sw("core")))),
    );
    let forced = board.i2c(
        0x49,
        Placement::of(Tps6286x::off()).child(node(forces_pwm(sw("io")))),
    );
    board
        .consumer("core-load", "core")
        .consumer("io-load", "io");
    let uml = board.boot()?;
    for chip in [&normal, &forced] {
        uml.bind(chip)?;
    }
    assert_eq!(uml.consumer("core-load")?.mode(), Ok(Mode::Normal));

    normal.forget();
    let load = uml.consumer("io-load")?;
    assert_eq!(load.mode(), Ok(Mode::Fast));
    load.set(600_000, 700_000)?;
    assert_eq!(forced.timeline().writes("VOUT1"), ["28"]);
    assert_eq!(forced.timeline().writes("CONTROL"), ["5f", "7f"]);
    assert_eq!(normal.news().to_string(), "");
    Ok(())
}
