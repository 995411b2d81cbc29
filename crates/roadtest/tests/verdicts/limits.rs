// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Tests that would never end.

use roadtest::{Board, SimTime};
use roadtest_chips::rtc::pcf8563::Pcf8563;
use roadtest_record::test::Outcome;

use super::judge::{judge, judge_in};

/// One second of processor time is enough for a test that ends.
const SHORT: [(&str, &str); 1] = [("ROADTEST_LIMIT_S", "1")];

#[roadtest::test]
fn a_test_that_polls_for_what_never_comes_ends_with_its_timeline() -> roadtest::Result {
    judge_in(
        &SHORT,
        || {
            let mut board = Board::new();
            let chip = board.i2c(0x51, Pcf8563::new());
            let uml = board.boot()?;
            uml.bind(&chip)?;
            while chip.with(|chip| chip.time()[0]) != 0x7f {
                uml.sleep(SimTime::us(100));
            }
            Ok(())
        },
        |verdict| {
            let reason = "the test took longer than its limit of 1 s of processor time";
            verdict.assert_failed(Outcome::TimedOut, reason);
            assert!(verdict.file("timeline.txt").contains("pcf8563"));
        },
    )
}

/// No request tells it that its time is up, so its process is ended.
#[roadtest::test]
fn a_test_that_loops_without_its_guest_is_ended() -> roadtest::Result {
    judge_in(
        &SHORT,
        || {
            let uml = Board::new().boot()?;
            while uml.version() != (0, 0) {
                std::hint::spin_loop();
            }
            Ok(())
        },
        |verdict| {
            let reason = "asked its guest for nothing that could have ended it";
            verdict.assert_failed(Outcome::TimedOut, reason);
            assert!(verdict.output.contains(reason), "{}", verdict.output);
        },
    )
}

/// Catching the panic of a request that came too late changes nothing.
#[roadtest::test]
fn a_test_that_catches_its_end_is_ended() -> roadtest::Result {
    judge_in(
        &SHORT,
        || {
            let uml = Board::new().boot()?;
            loop {
                let sleep = || uml.sleep(SimTime::us(100));
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(sleep));
            }
        },
        |verdict| verdict.assert_failed(Outcome::TimedOut, "1 s of processor time"),
    )
}

#[roadtest::test(virtual_limit = SimTime::s(5))]
fn a_guest_that_lives_longer_than_its_virtual_limit_times_out() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            loop {
                uml.sleep(SimTime::s(2));
            }
        },
        |verdict| {
            let reason = "the guest lived longer than 5 s of virtual time, the test's limit";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}
