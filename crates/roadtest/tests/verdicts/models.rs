// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a model finds: contracts that the driver breaks, and what is wrong with
//! the model itself.

use roadtest::view::i2c_dev::Message;
use roadtest::{Board, Bus, Chip, I2cTarget, SimTime};
use roadtest_chips::hwmon::lm75::Lm75;
use roadtest_chips::iio::light::opt3001::Opt3001;
use roadtest_record::test::Outcome;

use super::judge::judge;

/// A model with one thing wrong.
enum Broken {
    Panics,
    WakesInThePast,
    WakesWithoutEnd,
}

impl Chip for Broken {
    fn compatible(&self) -> &'static str {
        "roadtest,broken"
    }

    fn wake_at(&self) -> Option<SimTime> {
        match self {
            Self::Panics => None,
            Self::WakesInThePast => Some(SimTime::ms(1)),
            Self::WakesWithoutEnd => Some(SimTime::ms(30)),
        }
    }
}

impl I2cTarget for Broken {
    fn write(&mut self, _: &mut Bus, _: &[u8]) {
        match self {
            Self::Panics => panic!("this cannot happen"),
            Self::WakesInThePast | Self::WakesWithoutEnd => {}
        }
    }

    fn read(&mut self, _: &mut Bus, _: &mut [u8]) {}
}

#[roadtest::test]
fn a_model_that_panics_is_named_with_its_message_and_place() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.i2c(0x44, Broken::Panics);
            let uml = board.boot()?;
            uml.i2c_dev()?.transfer(&[Message::write(0x44, [1])])?;
            Ok(())
        },
        |verdict| {
            let reason = "the model of broken panicked: this cannot happen";
            verdict.assert_failed(Outcome::ModelViolation, reason);
            assert!(verdict.record.reason.contains(file!()));
        },
    )
}

#[roadtest::test]
fn a_model_that_wants_to_wake_in_the_past_is_an_error() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let broken = board.i2c(0x44, Broken::WakesWithoutEnd);
            let uml = board.boot()?;
            broken.with(|chip| *chip = Broken::WakesInThePast);
            uml.sleep(SimTime::ms(1));
            Ok(())
        },
        |verdict| {
            let reason =
                "the model of broken asked to be woken at 1 ms, which is in the past at 20 ms";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

#[roadtest::test]
fn a_model_that_wakes_without_end_is_an_error() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.i2c(0x44, Broken::WakesWithoutEnd);
            let uml = board.boot()?;
            uml.sleep(SimTime::ms(20));
            Ok(())
        },
        |verdict| {
            let reason =
                "the model of broken was woken at 30 ms and asks to be woken at that time again";
            verdict.assert_failed(Outcome::ModelViolation, reason);
        },
    )
}

#[roadtest::test]
fn a_write_to_a_read_only_register_is_a_violation() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.i2c(0x44, Opt3001::new());
            let uml = board.boot()?;
            uml.i2c_dev()?.at(0x44)?.write_word_data(0x7e, 0x1234)?;
            Ok(())
        },
        |verdict| {
            let reason = "the driver broke a contract of opt3001: ";
            verdict.assert_failed(Outcome::ModelViolation, reason);
            for part in ["read-only", "MANUFACTURER_ID", "7.6.1.1.5"] {
                verdict.assert_failed(Outcome::ModelViolation, part);
            }
        },
    )
}

#[roadtest::test]
fn a_reserved_bit_is_a_violation() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.i2c(0x48, Lm75::default());
            let uml = board.boot()?;
            uml.i2c_dev()?.at(0x48)?.write_byte_data(0x01, 0x20)?;
            Ok(())
        },
        |verdict| {
            for part in ["lm75", "reserved bits 0x20", "CONF", "1.13"] {
                verdict.assert_failed(Outcome::ModelViolation, part);
            }
        },
    )
}

#[roadtest::test]
fn what_is_legal_and_hardly_meant_is_marked_and_fails_nothing() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let light = board.i2c(0x44, Opt3001::new());
            let uml = board.boot()?;
            uml.i2c_dev()?.at(0x44)?.read_word_data(0x10)?;
            let mark = "read of 0x10, where there is no register";
            assert_eq!(light.timeline().unwise(), [mark]);
            assert!(light.timeline().to_string().ends_with(&format!("? {mark}")));
            assert!(
                uml.timeline()
                    .to_string()
                    .contains(&format!("opt3001      ? {mark}"))
            );
            Ok(())
        },
        |verdict| {
            assert_eq!(verdict.record.outcome, Outcome::Passed);
        },
    )
}
