// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/hwmon/pmbus/ltc2978.c` and `pmbus_core.c`: LTC2977 power system
//! manager, with SMBus packet error codes.

use insta::assert_snapshot;
use roadtest::suite::hwmon::{self, Limit};
use roadtest::view::hwmon::{Celsius, Hwmon, Millivolts};
use roadtest::view::regulator::State;
use roadtest::{Board, Device, Errno, Level, Node, Placement, SimTime, Uml, Wired};
use roadtest_chips::hwmon::pmbus::ltc2978::{Line, Ltc2977};

const ADDRESS: u8 = 0x5c;

struct Manager {
    uml: Uml,
    chip: Wired<Ltc2977>,
    device: Device,
    hwmon: Hwmon,
}

/// Limits in microvolts that the board has for the first two channels.
const VOUT0: (u32, u32) = (4_370_000, 4_483_000);
const VOUT1: (u32, u32) = (5_369_000, 5_483_000);

fn vout(channel: u32, (min, max): (u32, u32)) -> Node {
    Node::new(format!("vout{channel}"))
        .label(format!("vout{channel}"))
        .prop("regulator-name", format!("vout{channel}"))
        .prop("regulator-min-microvolt", min)
        .prop("regulator-max-microvolt", max)
}

/// Both channels are always on.
fn always_on() -> Node {
    let on = |node: Node| node.prop("regulator-always-on", roadtest::Value::flag());
    Node::new("regulators")
        .child(on(vout(0, VOUT0)))
        .child(on(vout(1, VOUT1)))
}

/// A chip whose first two channels are at 5 V.
fn chip() -> Ltc2977 {
    let mut chip = Ltc2977::new(ADDRESS);
    chip.set_output_mv(0, 5_000);
    chip.set_output_mv(1, 5_000);
    chip
}

fn manager(chip: Ltc2977, regulators: Option<Node>) -> roadtest::Result<Manager> {
    let mut board = Board::new();
    let mut chip = Placement::of(chip);
    if let Some(regulators) = regulators {
        chip = chip.child(regulators);
        board.consumer("load", "vout0");
    }
    let chip = board.i2c(ADDRESS.into(), chip);
    manager_on(board, chip)
}

fn manager_on(board: Board, chip: Wired<Ltc2977>) -> roadtest::Result<Manager> {
    let uml = board.boot()?;
    let device = uml.bind(&chip)?;
    assert_eq!(device.driver().as_deref(), Some("ltc2978"));
    let hwmon = device.hwmon()?;
    Ok(Manager {
        uml,
        chip,
        device,
        hwmon,
    })
}

#[roadtest::test]
fn channels_outside_of_their_limits_are_clamped() -> roadtest::Result {
    let manager = manager(chip(), Some(always_on()))?;
    assert_eq!(manager.hwmon.voltage(2).input(), Ok(Millivolts(4_483)));
    assert_eq!(manager.hwmon.voltage(3).input(), Ok(Millivolts(5_369)));
    let written = |command: &str| {
        let writes = manager.chip.timeline();
        writes.only(|line| line.starts_with(&format!("W {command} ")))
    };
    // LINEAR16 with exponent -13.
    assert_eq!(
        written("VOUT_COMMAND").writes("VOUT_COMMAND"),
        ["8f75", "abcf"]
    );
    assert_eq!(written("OPERATION").writes("OPERATION"), ["80", "80"]);
    assert_snapshot!(
        manager
            .chip
            .timeline()
            .only(|line| line.starts_with("W VOUT_COMMAND") || line.starts_with("W OPERATION"))
    );
    Ok(())
}

#[roadtest::test]
fn regulators_tell_what_their_channels_are() -> roadtest::Result {
    let manager = manager(chip(), Some(always_on()))?;
    let vout0 = manager.device.regulator_named("vout0")?;
    assert_eq!(vout0.microvolts(), Ok(4_483_000));
    assert_eq!(vout0.state(), Ok(State::Enabled));
    assert_eq!(
        (vout0.min_microvolts(), vout0.max_microvolts()),
        (Ok(VOUT0.0), Ok(VOUT0.1))
    );
    // Always on counts as a user.
    assert_eq!(vout0.users(), Ok(1));
    assert_eq!(manager.device.regulators()?.len(), 8);
    Ok(())
}

#[roadtest::test]
fn a_consumer_sets_a_voltage_and_switches_its_channel() -> roadtest::Result {
    let regulators = Node::new("regulators").child(vout(0, VOUT0));
    let manager = manager(chip(), Some(regulators))?;
    let vout0 = manager.device.regulator_named("vout0")?;
    let load = manager.uml.consumer("load")?;
    assert_eq!(vout0.state(), Ok(State::Disabled));

    manager.chip.forget();
    // The driver rounds to steps of 0.12 mV when it writes, and down to
    // millivolts when it reads.
    for (mv, read) in [(4_370, 4_369_000), (4_400, 4_400_000), (4_483, 4_483_000)] {
        load.set(mv * 1_000, VOUT0.1)?;
        assert_eq!(vout0.microvolts(), Ok(read));
        assert_eq!(manager.chip.with(|chip| chip.output_mv(0)), mv);
    }
    assert_eq!(vout0.state(), Ok(State::Enabled));
    assert_eq!(
        manager.chip.news().writes("VOUT_COMMAND"),
        ["8bd7", "8ccd", "8f75"]
    );
    assert_eq!(manager.chip.news().writes("OPERATION"), ["80"]);

    manager.chip.forget();
    load.disable()?;
    assert_eq!(vout0.state(), Ok(State::Disabled));
    assert_eq!(manager.chip.news().writes("OPERATION"), ["00"]);
    Ok(())
}

#[roadtest::test]
fn the_chips_margins_bound_what_the_driver_writes() -> roadtest::Result {
    let mut narrow = chip();
    narrow.set_margins_mv(0, 4_300, 4_420);
    let regulators = Node::new("regulators").child(vout(0, (4_000_000, 4_400_000)));
    let manager = manager(narrow, Some(regulators))?;
    let vout0 = manager.device.regulator_named("vout0")?;
    // What the margins leave of the board's range.
    assert_eq!(vout0.min_microvolts(), Ok(4_300_000));
    assert_eq!(vout0.max_microvolts(), Ok(4_400_000));

    let load = manager.uml.consumer("load")?;
    load.set(4_350_000, 4_400_000)?;
    assert_eq!(manager.chip.with(|chip| chip.output_mv(0)), 4_350);
    Ok(())
}

#[roadtest::test]
fn every_sensor_has_its_label_and_its_value() -> roadtest::Result {
    let mut chip = chip();
    chip.set_input_mv(11_500);
    chip.set_temperature(Celsius::milli(-20_500));
    for channel in 2..8 {
        chip.set_output_mv(channel, 1_000 + u32::from(channel));
    }
    let manager = manager(chip, None)?;
    let vin = manager.hwmon.labelled::<Millivolts>("vin")?;
    assert_eq!(vin.name(), "in1");
    assert_eq!(vin.input(), Ok(Millivolts(11_500)));
    for (channel, mv) in [(1, 5_000), (2, 5_000), (3, 1_002), (8, 1_007)] {
        let sensor = manager
            .hwmon
            .labelled::<Millivolts>(&format!("vout{channel}"))?;
        assert_eq!(sensor.name(), format!("in{}", channel + 1));
        // LINEAR16 has steps of 0.12 mV, and the driver rounds down.
        let read = sensor.input()?.0;
        assert!((mv - 1..=mv).contains(&read), "{read} of vout{channel}");
    }
    assert_eq!(
        manager.hwmon.temperature(1).input(),
        Ok(Celsius::milli(-20_500))
    );
    Ok(())
}

#[roadtest::test]
fn every_limit_keeps_what_is_written_to_it() -> roadtest::Result {
    let manager = manager(chip(), None)?;
    hwmon::limits(
        &manager.hwmon,
        &[
            Limit::new("in1_*", 8_000, 15_500, 500).without_ends(),
            Limit::new("temp1_*", -40_000, 125_000, 1_000).without_ends(),
            Limit::new("in*_min", 0, 7_999, 1),
            Limit::new("in*_max", 0, 7_999, 1),
            Limit::new("in*_lcrit", 0, 7_999, 1),
            Limit::new("in*_crit", 0, 7_999, 1),
        ],
    )
}

#[roadtest::test]
fn alarms_and_error_flags_name_their_channel() -> roadtest::Result {
    let manager = manager(Ltc2977::new(ADDRESS), None)?;
    let vout3 = manager.device.regulator_named("vout3")?;
    assert_eq!(manager.hwmon.alarms(), Ok(vec![]));
    assert_eq!(vout3.errors(), Ok(vec![]));
    // 6.1 does not ask the chip for its status.
    let asks = manager.uml.version() > (6, 1);
    let status = if asks {
        Ok("on".into())
    } else {
        Err(Errno::ENOENT)
    };
    assert_eq!(vout3.status(), status);

    // Channel 3 is 20 % high, its limits are at 7.5 and 10 %.
    manager.chip.with(|chip| chip.set_output_mv(3, 1_200));
    assert_eq!(
        vout3.errors(),
        Ok(vec!["regulation_out", "over_voltage_warn"])
    );
    let alarms = ["in5_crit_alarm", "in5_max_alarm"].map(str::to_owned);
    assert_eq!(manager.hwmon.alarms(), Ok(alarms.to_vec()));
    manager.chip.with(|chip| {
        chip.set_output_mv(3, 1_000);
        chip.set_temperature(Celsius::milli(100_000));
    });
    // The chip latched both flags of the channel. It speaks PMBus 1.1, whose
    // flags the driver can only clear all at once: reading the first alarm
    // loses the other.
    let alarms = ["in5_crit_alarm", "temp1_max_alarm"].map(str::to_owned);
    assert_eq!(manager.hwmon.alarms(), Ok(alarms.to_vec()));
    Ok(())
}

#[roadtest::test]
fn the_packet_error_code_is_used_as_soon_as_the_chip_says_so() -> roadtest::Result {
    let manager = manager(chip(), None)?;
    assert_eq!(manager.device.read("pec"), Ok("1".into()));
    let timeline = manager.chip.timeline();
    let lines = timeline.to_string();
    let capability = lines
        .lines()
        .position(|line| line.starts_with("R CAPABILITY"));
    assert!(capability.is_some_and(|line| line <= 2), "{capability:?}");
    Ok(())
}

#[roadtest::test]
fn a_reading_with_a_wrong_packet_error_code_is_ebadmsg() -> roadtest::Result {
    let manager = manager(chip(), None)?;
    let vin = manager.hwmon.labelled::<Millivolts>("vin")?;
    manager.chip.with(|chip| chip.set_line(Line::Disturbed));
    assert_eq!(vin.input(), Err(Errno::EBADMSG));
    manager.chip.with(|chip| chip.set_line(Line::Clean));
    assert_eq!(vin.input(), Ok(Millivolts(12_000)));

    // Without the check the driver takes what comes.
    manager.device.write("pec", 0)?;
    manager.chip.with(|chip| chip.set_line(Line::Disturbed));
    assert_eq!(vin.input(), Ok(Millivolts(12_000)));
    Ok(())
}

#[roadtest::test]
fn a_wrong_packet_error_code_from_the_host_is_noticed() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(ADDRESS.into(), chip());
    let uml = board.boot()?;
    uml.expect_violation("packet error code 00 of PAGE");

    /// `I2C_SLAVE` of `linux/i2c-dev.h`.
    const I2C_SLAVE: u64 = 0x0703;
    let adapter = uml.open("/dev/i2c-0")?;
    adapter.ioctl(I2C_SLAVE, ADDRESS.into())?;
    adapter.write(&[0x00, 0x01, 0x00])?;
    assert_eq!(chip.timeline().writes("PAGE"), ["01"]);
    Ok(())
}

#[roadtest::test]
fn the_initialization_time_after_power_up_is_checked() -> roadtest::Result {
    let (uml, chip) = powered_by_the_kernel()?;
    uml.expect_violation("from power-up to first access, at least 30 ms required");
    uml.bind(&chip)?;
    Ok(())
}

#[roadtest::test]
fn after_the_initialization_time_the_chip_is_there() -> roadtest::Result {
    let (uml, chip) = powered_by_the_kernel()?;
    uml.sleep(SimTime::ms(30));
    uml.bind(&chip)?;
    Ok(())
}

/// A board on which a fixed regulator of the kernel has just switched the
/// chip's supply on.
fn powered_by_the_kernel() -> roadtest::Result<(Uml, Wired<Ltc2977>)> {
    let mut board = Board::new();
    let enable = board.gpio_named(0, "vin-enable");
    let chip = board.i2c(
        ADDRESS.into(),
        Placement::of(chip()).supply(&enable, Level::High),
    );
    board.dts(
        "/ {
            vin: vin {
                compatible = \"regulator-fixed\";
                regulator-name = \"vin\";
                regulator-always-on;
                gpio = <&gpio 0 GPIO_ACTIVE_HIGH>;
                enable-active-high;
            };
        };",
    );
    let uml = board.boot()?;
    uml.bind_path("/sys/bus/platform/devices/vin")?;
    assert_eq!(enable.level(), Level::High);
    Ok((uml, chip))
}
