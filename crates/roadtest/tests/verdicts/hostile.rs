// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Guests that are no kernel: programs that connect as UML does and then break
//! every rule. Each ends its test within its limits, with an outcome of its
//! own; nothing hangs, panics or grows.
//!
//! The program is this test itself, once more, started by a script in the
//! place of the kernel.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use roadtest::Board;
use roadtest_record::kernel::MANIFEST_ENV;
use roadtest_record::test::Outcome;

use super::judge::{CHILD, Verdict, judge_in, kernel};

/// Tells the program that it is the guest.
const GUEST: &str = "ROADTEST_VERDICT_GUEST";

/// Boots `guest` in a kernel's place, and then has `check` look at the verdict.
fn judge(guest: fn(), check: impl FnOnce(&Verdict)) -> roadtest::Result {
    if std::env::var_os(GUEST).is_some() {
        guest();
        std::process::exit(0);
    }
    let boots = || Board::new().boot().map(drop);
    if std::env::var_os(CHILD).is_some() {
        return boots();
    }
    let directory = tempfile::tempdir()?;
    let linux = directory.path().join("linux");
    let program = std::env::current_exe()?;
    // The harness gives the thread of a test its name.
    let thread = std::thread::current();
    let test = thread.name().unwrap();
    let script = format!(
        "#!/bin/sh\n{GUEST}=1 exec '{}' --exact {test} --nocapture\n",
        program.display()
    );
    std::fs::write(&linux, script)?;
    std::fs::set_permissions(&linux, Permissions::from_mode(0o755))?;
    let mut kernel = kernel();
    kernel.linux = linux;
    let file = directory.path().join("kernel.json");
    std::fs::write(&file, serde_json::to_string(&kernel)?)?;
    let environment = [
        (MANIFEST_ENV, file.to_str().unwrap()),
        ("ROADTEST_WATCHDOG_S", "1"),
    ];
    judge_in(&environment, boots, check)
}

/// The guest's end of its time socket, after START.
struct Time(UnixStream);

impl Time {
    fn start() -> Self {
        let mut time = Self(UnixStream::connect("time.sock").unwrap());
        time.say(1, 0);
        time
    }

    /// Sends an operation and reads what answers it.
    fn say(&mut self, op: u32, time: u64) {
        let mut message = op.to_ne_bytes().to_vec();
        message.extend(1u32.to_ne_bytes());
        message.extend(time.to_ne_bytes());
        self.0.write_all(&message).unwrap();
        self.0.read_exact(&mut [0; 16]).unwrap();
    }
}

/// Does nothing until it is killed.
fn wait() -> ! {
    loop {
        std::thread::park();
    }
}

#[roadtest::test]
fn a_clock_beyond_the_limit_of_a_test_is_a_time_out() -> roadtest::Result {
    judge(
        || {
            let mut time = Time::start();
            time.say(2, 1_000_000_000_000_000_000);
            time.say(5, 100_000_000_000_000_000);
            time.say(3, u64::MAX);
            wait()
        },
        |verdict| {
            verdict.assert_failed(
                Outcome::TimedOut,
                "the guest lived longer than 86400 s of virtual time",
            );
        },
    )
}

#[roadtest::test]
fn a_clock_beyond_all_limits_is_out_of_order() -> roadtest::Result {
    judge(
        || {
            let mut time = Time::start();
            time.say(5, u64::MAX);
            wait()
        },
        |verdict| {
            verdict.assert_failed(Outcome::GuestDied, "which no guest reaches");
        },
    )
}

#[roadtest::test]
fn half_a_time_message_ends_the_guest() -> roadtest::Result {
    judge(
        || {
            let mut time = Time::start();
            time.0.write_all(&[2, 0, 0]).unwrap();
            wait()
        },
        |verdict| {
            verdict.assert_failed(Outcome::GuestDied, "3 bytes of a time message");
        },
    )
}

#[roadtest::test]
fn half_a_device_message_ends_the_guest() -> roadtest::Result {
    judge(
        || {
            let _time = Time::start();
            let mut console = UnixStream::connect("console.sock").unwrap();
            console.write_all(&[1]).unwrap();
            wait()
        },
        |verdict| {
            verdict.assert_failed(Outcome::GuestDied, "1 of 12 bytes of a message");
        },
    )
}

#[roadtest::test]
fn a_guest_that_reads_no_replies_ends() -> roadtest::Result {
    judge(
        || {
            let _time = Time::start();
            let mut console = UnixStream::connect("console.sock").unwrap();
            let message: Vec<u8> = [1u32, 1, 0].iter().flat_map(|w| w.to_ne_bytes()).collect();
            while console.write_all(&message).is_ok() {}
            wait()
        },
        |verdict| {
            verdict.assert_failed(Outcome::GuestDied, "device console");
        },
    )
}

#[roadtest::test]
fn a_guest_that_asks_for_the_time_without_end_makes_no_progress() -> roadtest::Result {
    judge(
        || {
            let mut time = Time::start();
            loop {
                time.say(4, 0);
            }
        },
        |verdict| {
            let reason = "the guest made no progress for 1 s during `boot`";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}

#[roadtest::test]
fn a_guest_that_logs_without_end_makes_no_progress_and_leaves_a_bounded_log() -> roadtest::Result {
    judge(
        || {
            let _time = Time::start();
            let line = b"[    0.000000] opt3001 0-0044: interrupt without a cause\n";
            let lines = line.repeat(1000);
            loop {
                std::io::stdout().write_all(&lines).unwrap();
            }
        },
        |verdict| {
            let reason = "the guest made no progress for 1 s during `boot`";
            verdict.assert_failed(Outcome::TimedOut, reason);
            let log = verdict.file("dmesg.txt");
            assert!(log.len() < 20 << 20, "{}", log.len());
        },
    )
}

#[roadtest::test]
fn a_line_with_an_impossible_stamp_is_a_line_of_the_log() -> roadtest::Result {
    judge(
        || {
            let _time = Time::start();
            let line = b"[18446744074.000000] x\n";
            std::io::stdout().write_all(line).unwrap();
        },
        |verdict| {
            verdict.assert_failed(Outcome::GuestDied, "the guest died during `boot`");
            assert!(verdict.file("dmesg.txt").contains("[18446744074.000000] x"));
        },
    )
}

#[roadtest::test]
fn a_guest_that_is_silent_is_given_up() -> roadtest::Result {
    judge(
        || wait(),
        |verdict| {
            let reason = "the guest did nothing for 4 s during `boot`";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}
