// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Answers that are neither a value nor what a system call failed with: an
//! agent of another build, requests that make no sense, text that its ABI
//! does not allow.

use std::path::Path;

use roadtest::{Board, Errno};
use roadtest_chips::hwmon::lm75::Pct2075;
use roadtest_record::kernel::MANIFEST_ENV;
use roadtest_record::test::Outcome;
use roadtest_wire::{PROTOCOL, Protocol};

use super::judge::{CHILD, judge, judge_in, kernel};

/// A copy of the guest's root whose agent speaks another protocol, and the
/// manifest of a kernel with it.
fn another_build(directory: &Path) -> String {
    let mut kernel = kernel();
    let root = directory.join("root");
    for name in ["proc", "sys", "dev"] {
        std::fs::create_dir_all(root.join(name)).unwrap();
    }
    let mut agent = std::fs::read(kernel.guest_root.join("init")).unwrap();
    let number = PROTOCOL.0.to_le_bytes();
    let places: Vec<usize> = (0..agent.len() - 8)
        .filter(|&at| agent[at..at + 8] == number)
        .collect();
    assert!(!places.is_empty(), "the agent does not hold {PROTOCOL}");
    for at in places {
        agent[at] ^= 1;
    }
    std::fs::copy(kernel.guest_root.join("init"), root.join("init")).unwrap();
    std::fs::write(root.join("init"), agent).unwrap();
    kernel.guest_root = root;
    let manifest = directory.join("kernel.json");
    roadtest_record::store(&manifest, &kernel).unwrap();
    manifest.to_str().unwrap().to_owned()
}

#[roadtest::test]
fn an_agent_of_another_build_is_one_clear_error_at_boot() -> roadtest::Result {
    let directory = tempfile::tempdir().unwrap();
    // The child gets it from its parent.
    let manifest = if std::env::var_os(CHILD).is_some() {
        String::new()
    } else {
        another_build(directory.path())
    };
    let environment = [(MANIFEST_ENV, &*manifest)];
    judge_in(
        &environment,
        || Board::new().boot().map(drop),
        |verdict| {
            let theirs = Protocol(PROTOCOL.0 ^ 1);
            verdict.assert_failed(
        Outcome::Error,
        &format!(
            "the guest's agent speaks protocol {theirs}, this test {PROTOCOL}: they are of two \
             builds; run `cargo xtask build`"
        ),
    );
            // It costs no time limit.
            assert!(verdict.record.virtual_ns < 1_000_000_000);
        },
    )
}

/// It used to be EMSGSIZE, which no system call had said.
#[roadtest::test]
fn a_read_that_no_frame_can_carry_is_no_errno() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            let zero = uml
                .open("/proc/cmdline")
                .or(uml.open_with("/proc/cmdline", 0))?;
            zero.read(16 << 20)?;
            Ok(())
        },
        |verdict| {
            verdict.assert_failed(
        Outcome::Error,
        "the guest's agent cannot do `read proc/cmdline 16777216 bytes`: 16777216 bytes are more",
    );
        },
    )
}

#[roadtest::test]
fn an_ioctl_whose_buffer_is_too_small_is_no_errno() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.scl_hz(400_000);
            let uml = board.boot()?;
            let bus = uml.open("/dev/i2c-0")?;
            // `I2C_FUNCS` fills an unsigned long.
            bus.ioctl_buffer(0x0705, &mut vec![0; 2])?;
            Ok(())
        },
        |verdict| {
            let reason = "the ioctl wrote behind the 2 bytes of buffer 0: it is too small";
            verdict.assert_failed(Outcome::Error, reason);
        },
    )
}

/// It used to be EPROTO or EILSEQ, depending on the view.
#[roadtest::test]
fn an_attribute_that_is_no_number_fails_the_test_and_is_shown() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let chip = board.i2c(0x48, Pct2075::default());
            let uml = board.boot()?;
            let hwmon = uml.bind(&chip)?.hwmon()?;
            hwmon.number("name")?;
            Ok(())
        },
        |verdict| {
            verdict.assert_failed(
                Outcome::Failed,
                "hwmon0/name is `pct2075`: invalid digit found in string",
            );
        },
    )
}

#[roadtest::test]
fn text_that_is_no_utf_8_is_shown_byte_by_byte() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            let comm = uml.open("/proc/1/comm")?;
            assert_eq!(comm.write(b"lm\xff\\"), Ok(4));
            assert_eq!(uml.read("/proc/1/comm"), Ok("lm\\xff\\\\".into()));
            assert_eq!(uml.read_bytes("/proc/1/comm"), Ok(b"lm\xff\\\n".to_vec()));
            Ok(())
        },
        |verdict| {
            assert!(verdict.succeeded, "{}", verdict.output);
        },
    )
}

/// The kernel says so, not a list of the host's.
#[roadtest::test]
fn a_module_that_is_not_there_is_the_guests_enoent() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            assert_eq!(uml.load("no-such-module"), Err(Errno::ENOENT));
            let timeline = uml.timeline().to_string();
            assert!(timeline.contains("> load no_such_module = ENOENT"));
            Ok(())
        },
        |verdict| {
            assert!(verdict.succeeded, "{}", verdict.output);
        },
    )
}

#[roadtest::test]
fn a_program_without_a_limit_of_its_own_has_that_of_a_request() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.program("sleep").arg("3600").run()?;
            Ok(())
        },
        |verdict| {
            let reason =
                "the guest did not answer within 150 s of virtual time: it is in `run sleep 3600`";
            verdict.assert_failed(Outcome::TimedOut, reason);
        },
    )
}

#[roadtest::test]
fn a_program_that_says_too_much_is_told_to_use_a_file() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            let zeros = uml.program("head").args(["-c", "600000", "/dev/zero"]);
            zeros.run()?;
            Ok(())
        },
        |verdict| {
            let reason = "its standard output has 88000 bytes more than the 512000 that are kept";
            verdict.assert_failed(Outcome::Error, reason);
        },
    )
}
