// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/regulator/tps6287x-regulator.c`: TI TPS62870 to TPS62873
//! step-down converters.

use insta::assert_snapshot;
use roadtest::suite::regulator::{self, Bits, Descriptor, Field, Range};
use roadtest::view::regulator::{Consumer, Mode, Regulator};
use roadtest::{Board, Placement, SimTime, Uml, Value, Wired};
use roadtest_chips::regulator::tps6287x::Tps6287x;

const ENABLE: Bits = Bits {
    register: "CONTROL1",
    mask: 0x20,
    on: 0x20,
    off: 0,
};

/// What a board says of its converter.
#[derive(Clone, Copy)]
struct Node {
    compatible: &'static str,
    min_uv: u32,
    max_uv: u32,
    ramp_uv_per_us: Option<u32>,
    modes: &'static [(&'static str, &'static [u32])],
    /// The voltage of set point 0, and of a step.
    base_uv: u32,
    step_uv: u32,
}

const VRANGE0: Node = Node {
    compatible: "ti,tps62870",
    min_uv: 400_000,
    max_uv: 718_750,
    ramp_uv_per_us: Some(10_000),
    modes: &[("regulator-allowed-modes", &[2, 1])],
    base_uv: 400_000,
    step_uv: 1_250,
};

const VRANGE1: Node = Node {
    compatible: "ti,tps62871",
    min_uv: 800_000,
    max_uv: 1_037_500,
    ramp_uv_per_us: Some(5_000),
    modes: &[],
    base_uv: 400_000,
    step_uv: 2_500,
};

const VRANGE2: Node = Node {
    compatible: "ti,tps62872",
    min_uv: 1_100_000,
    max_uv: 1_675_000,
    ramp_uv_per_us: Some(1_250),
    modes: &[],
    base_uv: 400_000,
    step_uv: 5_000,
};

const VRANGE3: Node = Node {
    compatible: "ti,tps62873",
    min_uv: 1_700_000,
    max_uv: 3_350_000,
    ramp_uv_per_us: Some(500),
    modes: &[],
    base_uv: 800_000,
    step_uv: 10_000,
};

const FPWM: Node = Node {
    compatible: "ti,tps62870",
    min_uv: 400_000,
    max_uv: 1_675_000,
    ramp_uv_per_us: None,
    modes: &[("regulator-initial-mode", &[1])],
    base_uv: 400_000,
    step_uv: 5_000,
};

const NOTHING: [&str; 0] = [];

struct Rail {
    uml: Uml,
    chip: Wired<Tps6287x>,
    regulator: Regulator,
    consumer: Consumer,
}

/// Boots a board with a converter that waits to be enabled.
fn rail(node: Node) -> roadtest::Result<Rail> {
    boot(node, Some(770))
}

/// `soft_start_us`: how long the devicetree tells the kernel to wait.
fn boot(node: Node, soft_start_us: Option<u32>) -> roadtest::Result<Rail> {
    let mut board = Board::new();
    let mut chip = Placement::of(Tps6287x::off())
        .compatible(node.compatible)
        .prop("regulator-name", "core")
        .prop("regulator-min-microvolt", node.min_uv)
        .prop("regulator-max-microvolt", node.max_uv);
    if let Some(ramp) = node.ramp_uv_per_us {
        chip = chip.prop("regulator-ramp-delay", ramp);
    }
    if let Some(us) = soft_start_us {
        chip = chip.prop("regulator-enable-ramp-delay", us);
    }
    for (property, modes) in node.modes {
        chip = chip.prop(property, Value::cells(modes.iter().copied()));
    }
    let chip = board.i2c(0x40, chip);
    board.consumer("load", "chip0");
    let uml = board.boot()?;
    let device = uml.bind(&chip)?;
    assert_eq!(device.driver().as_deref(), Some("tps6287x"));
    let regulator = device.regulator()?;
    let consumer = uml.consumer("load")?;
    Ok(Rail {
        uml,
        chip,
        regulator,
        consumer,
    })
}

const fn mode(bits: fn(u32) -> u32) -> Field {
    Field {
        register: "CONTROL1",
        mask: 0x10,
        encode: bits,
    }
}

const fn set_point(encode: fn(u32) -> u32) -> Field {
    Field {
        register: "VSET",
        mask: 0xff,
        encode,
    }
}

const fn in_range(encode: fn(u32) -> u32) -> Field {
    Field {
        register: "CONTROL2",
        mask: 0x0c,
        encode,
    }
}

fn suite(node: Node, descriptor: &Descriptor) -> roadtest::Result {
    let rail = rail(node)?;
    regulator::check(&rail.chip, &rail.regulator, &rail.consumer, descriptor)
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn every_voltage_of_range_0_reaches_its_register_and_modes_are_one_bit() -> roadtest::Result {
    const DESCRIPTOR: Descriptor = Descriptor {
        ranges: &[Range::linear(400_000, 718_750, 1_250)],
        voltage: &[set_point(|uv| (uv - 400_000) / 1_250), in_range(|_| 0x00)],
        enable: Some(ENABLE),
        modes: &[(Mode::Fast, mode(|_| 0x10)), (Mode::Normal, mode(|_| 0x00))],
    };
    suite(VRANGE0, &DESCRIPTOR)
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn every_voltage_of_range_1_reaches_its_register() -> roadtest::Result {
    const DESCRIPTOR: Descriptor = Descriptor {
        ranges: &[Range::linear(800_000, 1_037_500, 2_500)],
        voltage: &[set_point(|uv| (uv - 400_000) / 2_500), in_range(|_| 0x04)],
        enable: Some(ENABLE),
        modes: &[],
    };
    suite(VRANGE1, &DESCRIPTOR)
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn every_voltage_of_range_2_reaches_its_register() -> roadtest::Result {
    const DESCRIPTOR: Descriptor = Descriptor {
        ranges: &[Range::linear(1_100_000, 1_675_000, 5_000)],
        voltage: &[set_point(|uv| (uv - 400_000) / 5_000), in_range(|_| 0x08)],
        enable: Some(ENABLE),
        modes: &[],
    };
    suite(VRANGE2, &DESCRIPTOR)
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn every_voltage_of_range_3_reaches_its_register() -> roadtest::Result {
    const DESCRIPTOR: Descriptor = Descriptor {
        ranges: &[Range::linear(1_700_000, 3_350_000, 10_000)],
        voltage: &[set_point(|uv| (uv - 800_000) / 10_000), in_range(|_| 0x0c)],
        enable: Some(ENABLE),
        modes: &[],
    };
    suite(VRANGE3, &DESCRIPTOR)
}

/// What is in the registers of a node after bind: 750 mV is brought into the
/// board's range, and the ramp is set where it is not what the chip has.
fn bound(node: Node, uv: u32, control1: &[&str], control2: &[&str]) -> roadtest::Result {
    let rail = rail(node)?;
    assert_eq!(rail.regulator.microvolts(), Ok(uv));
    let timeline = rail.chip.timeline();
    assert_eq!(timeline.writes("CONTROL1"), control1);
    assert_eq!(timeline.writes("CONTROL2"), control2);
    let code = (uv - node.base_uv) / node.step_uv;
    assert_eq!(timeline.writes("VSET"), [format!("{code:02x}")]);
    assert_eq!(timeline.writes("CONTROL3"), NOTHING);
    Ok(())
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn range_0_starts_at_its_maximum_with_the_ramp_and_range_of_the_board() -> roadtest::Result {
    bound(VRANGE0, 718_750, &["08"], &["01"])
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn range_1_starts_at_its_minimum_with_the_ramp_and_range_of_the_board() -> roadtest::Result {
    bound(VRANGE1, 800_000, &["09"], &["05"])
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn range_2_and_ramp_2_are_what_the_chip_has_and_nothing_is_written() -> roadtest::Result {
    bound(VRANGE2, 1_100_000, &[], &[])
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn range_3_starts_at_its_minimum_with_the_ramp_and_range_of_the_board() -> roadtest::Result {
    bound(VRANGE3, 1_700_000, &["0b"], &["0d"])
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn the_registers_after_bind() -> roadtest::Result {
    let rail = rail(VRANGE3)?;
    assert_snapshot!(rail.chip.timeline().only(|line| line.starts_with('W')));
    Ok(())
}

/// A voltage that ranges 1, 2 and 3 have, on a board that allows no other.
const FIXED: Node = Node {
    compatible: "ti,tps62871",
    min_uv: 1_000_000,
    max_uv: 1_000_000,
    ramp_uv_per_us: None,
    modes: &[],
    base_uv: 400_000,
    step_uv: 2_500,
};

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn a_fixed_voltage_is_set_in_the_first_range_that_has_it() -> roadtest::Result {
    bound(FIXED, 1_000_000, &[], &["05"])
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn the_devicetree_can_force_pwm() -> roadtest::Result {
    let rail = rail(FPWM)?;
    assert_eq!(rail.consumer.mode(), Ok(Mode::Fast));
    assert_eq!(rail.regulator.mode(), Ok(Mode::Fast));
    assert_eq!(rail.chip.timeline().writes("CONTROL1"), ["1a"]);
    assert_eq!(rail.chip.timeline().writes("VSET"), NOTHING);
    Ok(())
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn modes_are_one_bit_of_control1() -> roadtest::Result {
    let rail = rail(VRANGE0)?;
    rail.chip.forget();
    rail.consumer.set_mode(Mode::Fast)?;
    rail.consumer.set_mode(Mode::Normal)?;
    assert_eq!(rail.chip.news().writes("CONTROL1"), ["18", "08"]);

    // A mode that the board does not allow gives the next that delivers more.
    rail.chip.forget();
    rail.consumer.set_mode(Mode::Idle)?;
    assert_eq!(rail.regulator.mode(), Ok(Mode::Normal));
    assert_eq!(rail.chip.news().writes("CONTROL1"), NOTHING);
    Ok(())
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn a_voltage_is_there_when_the_consumer_is_told_so() -> roadtest::Result {
    for node in [VRANGE0, VRANGE2, VRANGE3] {
        let rail = rail(node)?;
        for uv in [node.min_uv, node.max_uv, node.min_uv] {
            rail.consumer.set(uv, node.max_uv)?;
            let output = rail.chip.with(|chip| chip.output_uv(rail.uml.now()));
            assert_eq!(output, uv, "of {}", node.compatible);
        }
    }
    Ok(())
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn without_a_ramp_delay_in_the_devicetree_the_driver_does_not_wait() -> roadtest::Result {
    let rail = rail(FPWM)?;
    rail.consumer.set(400_000, 1_675_000)?;
    rail.uml.sleep(SimTime::ms(10));
    assert_eq!(rail.chip.timeline().unwise(), [""; 0]);

    rail.consumer.set(1_675_000, 1_675_000)?;
    let output = rail.chip.with(|chip| chip.output_uv(rail.uml.now()));
    assert!(output < 1_675_000, "{output} uV");
    rail.consumer.disable()?;
    let marks = rail.chip.timeline().unwise();
    let early = "from VSET to next access, at least 1.02 ms required (8-4)";
    assert!(marks.len() == 1 && marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

#[roadtest::test(since = "6.5", why = "the driver is new there")]
fn the_driver_knows_no_soft_start_unless_the_devicetree_tells_it() -> roadtest::Result {
    let rail = boot(VRANGE0, None)?;
    rail.consumer.set(400_000, 718_750)?;
    let output = rail.chip.with(|chip| chip.output_uv(rail.uml.now()));
    assert!(output < 400_000, "{output} uV");
    rail.consumer.set_mode(Mode::Fast)?;
    let marks = rail.chip.timeline().unwise();
    let early = "from SWEN to next access, at least 770 us required (8-5)";
    assert!(marks.len() == 1 && marks[0].ends_with(early), "{marks:?}");
    Ok(())
}
