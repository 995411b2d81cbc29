// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Guests that die, hang, do not answer or never come up.

use roadtest::{Board, SimTime};
use roadtest_record::test::Outcome;
use rustix::process::{Pid, Signal, kill_process};

use super::judge::{judge, judge_in};

/// The process of the child's kernel, which is its only child.
fn guest() -> Pid {
    let me = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{me}/task")).unwrap();
    let pids = tasks.flat_map(|task| {
        let file = task.unwrap().path().join("children");
        let text = std::fs::read_to_string(file).unwrap();
        let pids = text.split_whitespace().map(|pid| pid.parse().unwrap());
        pids.collect::<Vec<i32>>()
    });
    Pid::from_raw(pids.max().unwrap()).unwrap()
}

#[roadtest::test]
fn a_guest_that_dies_is_an_outcome_of_its_own() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            kill_process(guest(), Signal::KILL)?;
            let _ = uml.read("/proc/version");
            Ok(())
        },
        |verdict| {
            let reason = "the guest died during `read proc/version`";
            verdict.assert_failed(Outcome::GuestDied, reason);
        },
    )
}

#[roadtest::test]
fn a_kernel_that_panics_while_it_boots_leaves_its_log() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.parameter("init=/nowhere");
            board.boot().map(drop)
        },
        |verdict| {
            let panic = "Kernel panic - not syncing: Requested init /nowhere failed";
            verdict.assert_failed(Outcome::KernelReport, panic);
            assert!(verdict.file("dmesg.txt").contains(panic));
        },
    )
}

/// It is no loop that keeps it from going on, so it has more time.
#[roadtest::test]
fn a_guest_that_is_stopped_is_given_up_and_named() -> roadtest::Result {
    let environment = [("ROADTEST_WATCHDOG_S", "1")];
    judge_in(
        &environment,
        || {
            let uml = Board::new().boot()?;
            kill_process(guest(), Signal::STOP)?;
            let _ = uml.read("/proc/version");
            Ok(())
        },
        |verdict| {
            let reason = "the guest did nothing for 4 s during `read proc/version`";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}

#[roadtest::test]
fn a_request_beyond_its_virtual_limit_is_given_up_and_named() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.scl_hz(400_000);
            let uml = board.boot()?;
            let file = uml.open("/dev/i2c-0")?;
            uml.limit_requests_to(SimTime::ms(500));
            let _ = file.wait_readable(SimTime::s(10));
            let quiet = uml.open_with("/proc/1/mounts", 0)?;
            let _ = quiet.poll(0, SimTime::s(10));
            Ok(())
        },
        |verdict| {
            let reason = "the guest did not answer within 500 ms of virtual time: \
                  it is in `poll 1/mounts for 10 s`";
            verdict.assert_failed(Outcome::TimedOut, reason);
            // It is virtual time that it waited.
            let waited = verdict.record.virtual_ns;
            assert!((500_000_000..600_000_000).contains(&waited), "{waited}");
        },
    )
}
