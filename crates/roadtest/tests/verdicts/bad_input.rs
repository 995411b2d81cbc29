// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What models, boards and tests do wrong, each against a running kernel: a
//! clear error or the kernel's own errno, and never a hang. Without a kernel
//! they fail and say what to run.

use roadtest::{
    Board, Bus, Chip, Direction, Edge, Errno, I2cTarget, Level, Nack, Placement, SimTime, Supply,
    Uml, Wired,
};
use roadtest_chips::iio::light::tsl2772::Tsl2772;
use roadtest_chips::iio::proximity::irsd200::Irsd200;
use roadtest_record::test::Outcome;

use super::judge::judge;

/// A chip that answers nothing and has strange wishes.
struct Odd {
    wake_at: Option<SimTime>,
    level: Level,
}

impl Odd {
    const fn waking_at(time: SimTime) -> Self {
        Self {
            wake_at: Some(time),
            level: Level::High,
        }
    }
}

impl Chip for Odd {
    fn compatible(&self) -> &'static str {
        "roadtest,odd"
    }

    fn interrupt(&self) -> Level {
        self.level
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.wake_at
    }
}

impl I2cTarget for Odd {
    fn start(&mut self, _: &mut Bus, _: Direction) -> Result<(), Nack> {
        Err(Nack)
    }

    fn write(&mut self, _: &mut Bus, _: &[u8]) {}

    fn read(&mut self, _: &mut Bus, _: &mut [u8]) {}
}

/// A kernel with an odd chip, at 10 ms.
fn with_odd() -> (Uml, Wired<Odd>) {
    let mut board = Board::new();
    let chip = Odd {
        wake_at: None,
        level: Level::High,
    };
    let odd = board.i2c(0x10, chip);
    let uml = board.boot().unwrap();
    uml.sleep(SimTime::ms(10));
    (uml, odd)
}

#[roadtest::test]
fn a_model_that_asks_to_be_woken_in_the_past_is_an_error() -> roadtest::Result {
    judge(
        || {
            let (uml, odd) = with_odd();
            odd.with(|chip| chip.wake_at = Some(SimTime::ms(3)));
            uml.sleep(SimTime::ms(1));
            Ok(())
        },
        |verdict| {
            let reason = "the model of odd asked to be woken at 3 ms, which is in the past at";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

#[roadtest::test]
fn a_model_that_does_not_react_when_it_is_woken_is_an_error() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let _odd = board.i2c(0x10, Odd::waking_at(SimTime::s(1)));
            let uml = board.boot().unwrap();
            uml.sleep(SimTime::s(2));
            Ok(())
        },
        |verdict| {
            let reason = "and asks to be woken at that time again";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

#[roadtest::test]
fn a_chip_that_pulses_an_unconnected_pin_is_an_error() -> roadtest::Result {
    judge(
        || {
            let (_uml, odd) = with_odd();
            odd.pulse(SimTime::us(1));
            Ok(())
        },
        |verdict| {
            let reason =
                "a pulse on the interrupt output of odd, which is connected to nothing; connect it";
            verdict.assert_failed(Outcome::Failed, reason);
        },
    )
}

#[roadtest::test]
fn an_unconnected_interrupt_output_is_no_error() {
    let (uml, odd) = with_odd();
    odd.with(|chip| chip.level = Level::Low);
    uml.sleep(SimTime::ms(1));
    assert_eq!(odd.timeline().to_string(), "");
}

#[roadtest::test]
fn a_driver_that_asks_for_another_interrupt_type_than_the_board_has_breaks_a_contract() {
    let mut board = Board::new();
    let int = board.gpio(0);
    // The driver asks for falling edges, whatever its node says.
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).interrupt(&int, Edge::LevelLow),
    );
    let uml = board.boot().unwrap();
    uml.expect_violation(
        "the interrupt of tsl2772 is armed for falling edges, but its devicetree node says \
         level low",
    );
    uml.bind(&sensor).unwrap();
}

#[roadtest::test]
fn another_interrupt_type_fails_a_test_that_does_not_expect_it() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let int = board.gpio(0);
            let sensor = board.i2c(
                0x39,
                Placement::of(Tsl2772::default()).interrupt(&int, Edge::Rising),
            );
            let uml = board.boot().unwrap();
            uml.bind(&sensor).unwrap();
            Ok(())
        },
        |verdict| {
            let reason = "the interrupt of tsl2772 is armed for falling edges";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

/// A TSL2772 with events, and the queue of them.
fn events() -> (Uml, roadtest::view::iio::Events) {
    let mut board = Board::new();
    let int = board.gpio(0);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).interrupt(&int, Edge::Falling),
    );
    let uml = board.boot().unwrap();
    let iio = uml.bind(&sensor).unwrap().iio().unwrap();
    let events = iio.events().unwrap();
    (uml, events)
}

#[roadtest::test]
fn waiting_for_an_event_that_does_not_come_ends_after_its_time() {
    let (uml, events) = events();
    let start = uml.now();
    assert_eq!(events.next(SimTime::s(2)).unwrap(), None);
    let waited = uml.now() - start;
    assert!(
        waited >= SimTime::s(2) && waited < SimTime::ms(2100),
        "{waited}"
    );
}

#[roadtest::test]
fn reading_an_event_that_does_not_come_is_given_up_and_named() -> roadtest::Result {
    judge(
        || {
            let (uml, events) = events();
            uml.limit_requests_to(SimTime::s(5));
            let _never = events.file().read(16);
            Ok(())
        },
        |verdict| {
            let reason = "the guest did not answer within 5 s of virtual time: it is in `read iio:device0/events 16 bytes`";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}

#[roadtest::test]
fn a_read_too_short_for_an_event_is_refused_by_the_kernel() {
    let (_uml, events) = events();
    assert_eq!(events.file().read(8), Err(Errno::EINVAL));
}

fn supplied(board: &mut Board) -> (Supply, Wired<Tsl2772>) {
    let pin = board.gpio(2);
    let vdd = board.fixed_supply("vdd", 3_000_000, &pin);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).powered_by("vdd", &vdd),
    );
    (vdd, sensor)
}

#[roadtest::test]
fn a_supply_and_a_chip_that_does_not_say_so_cannot_be_on_one_line() {
    let mut board = Board::new();
    let (vdd, _sensor) = supplied(&mut board);
    let _second = board.i2c(
        0x48,
        Placement::of(Irsd200::new()).supply(vdd.pin(), Level::High),
    );
    let error = board.boot().err().unwrap().to_string();
    assert!(error.contains("line 2 is connected to the enable input of supply vdd"));
    assert!(error.contains("and to the supply switch of irsd200"));
}

/// The second chip hangs on the first one's supply, and its node does not say
/// so: it works for as long as the first one's driver needs the supply.
#[roadtest::test]
fn a_driver_that_does_not_know_its_supply_accesses_a_chip_without_power() {
    let mut board = Board::new();
    let _shared = board.gpio(2).shared();
    let (vdd, first) = supplied(&mut board);
    let second = board.i2c(
        0x3a,
        Placement::of(Tsl2772::default()).supply(vdd.pin(), Level::High),
    );
    let uml = board.boot().unwrap();
    let one = uml.bind(&first).unwrap();
    let two = uml.bind(&second).unwrap();
    let iio = two.iio().unwrap();
    assert_eq!(one.unbind(), Ok(()));
    assert!(!vdd.is_on());

    uml.expect_violation("tsl2772@3a: access without power");
    second.forget();
    // This driver takes an error for "nothing new", and returns what it has.
    assert_eq!(iio.read("in_proximity0_raw"), Ok("0".into()));
    assert!(second.news().to_string().contains("access without power"));
}

#[roadtest::test]
fn an_access_without_power_fails_the_test() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let pin = board.gpio(2);
            let sensor = board.i2c(
                0x39,
                Placement::of(Tsl2772::default()).supply(&pin, Level::High),
            );
            let uml = board.boot().unwrap();
            let error = uml.bind(&sensor).err().unwrap();
            assert_eq!(error.errno(), Some(Errno::EIO));
            Ok(())
        },
        |verdict| {
            let reason = "the driver broke a contract of tsl2772: access without power";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

#[roadtest::test]
fn a_test_switches_a_supply_that_no_driver_does() {
    let mut board = Board::new();
    let pin = board.gpio(2);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).supply(&pin, Level::High),
    );
    pin.drive(Level::High);
    let uml = board.boot().unwrap();
    let device = uml.bind(&sensor).unwrap();
    pin.drive(Level::Low);
    uml.expect_violation("access without power");
    sensor.forget();
    assert_eq!(device.unbind(), Ok(()));
    assert!(sensor.news().to_string().contains("NACK"));
}

#[roadtest::test]
fn two_chips_share_a_supply_and_the_last_one_switches_it_off() {
    let mut board = Board::new();
    let (vdd, first) = supplied(&mut board);
    let second = board.i2c(
        0x3a,
        Placement::of(Tsl2772::default())
            .powered_by("vdd", &vdd)
            .powered_by("vddio", &vdd),
    );
    let uml = board.boot().unwrap();
    let one = uml.bind(&first).unwrap();
    let two = uml.bind(&second).unwrap();
    assert_eq!(one.unbind(), Ok(()));
    assert!(vdd.is_on());
    assert_eq!(two.unbind(), Ok(()));
    assert!(!vdd.is_on());
}

#[roadtest::test]
fn two_supplies_cannot_have_one_name() {
    let mut board = Board::new();
    let (one, two) = (board.gpio(0), board.gpio(1));
    board.fixed_supply("vdd", 3_000_000, &one);
    board.fixed_supply("vdd", 1_800_000, &two);
    let error = board.to_dts().unwrap_err().to_string();
    assert!(error.contains("are both named vdd"), "{error}");
}

#[roadtest::test]
fn a_supply_is_a_fixed_regulator_in_the_devicetree() {
    let mut board = Board::new();
    let (_vdd, _sensor) = supplied(&mut board);
    let dts = board.to_dts().unwrap();
    for line in [
        "supply_vdd: supply-vdd {",
        "compatible = \"regulator-fixed\";",
        "gpio = <&gpio 2 0>;",
        "enable-active-high;",
        "vdd-supply = <&supply_vdd>;",
    ] {
        assert!(dts.contains(line), "{line} is not in\n{dts}");
    }
}

#[roadtest::test]
fn a_chip_s_pulse_ends_by_itself() {
    let mut board = Board::new();
    let int = board.gpio(0);
    let sensor = board.i2c(
        0x48,
        Placement::of(Irsd200::new()).interrupt(&int, Edge::Rising),
    );
    let uml = board.boot().unwrap();
    assert_eq!(int.level(), Level::Low);
    sensor.pulse(SimTime::ms(1));
    uml.sleep(SimTime::us(999));
    assert_eq!(int.level(), Level::High);
    uml.sleep(SimTime::us(1));
    assert_eq!(int.level(), Level::Low);
}
