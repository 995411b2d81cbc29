// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How a test ends, and what its record says then. Each test here runs itself
//! once more as a child process, in which it may fail, and judges the record
//! that the child leaves. They need a kernel: `cargo xtask
//! build` makes it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roadtest::view::i2c_dev::Message;
use roadtest::{Board, Bus, Chip, Edge, Level, Nack, SimTime};
use roadtest_chips::hwmon::lm75::Lm75;
use roadtest_chips::iio::light::opt3001::Opt3001;
use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_record::test::{OUT_ENV, Outcome, Record};
use rustix::process::{Pid, Signal, kill_process};

/// Tells the child what it is.
const CHILD: &str = "ROADTEST_VERDICT_CHILD";
/// How nextest says that each test has a process of its own.
const NEXTEST: &str = "NEXTEST_EXECUTION_MODE";

/// What a child left.
struct Verdict {
    record: Record,
    succeeded: bool,
    output: String,
    /// Its folder, as long as the verdict lives.
    out: tempfile::TempDir,
}

impl Verdict {
    fn file(&self, name: &str) -> String {
        let timeline = self.out.path().join(&self.record.timeline);
        std::fs::read_to_string(timeline.with_file_name(name)).unwrap()
    }

    /// Asserts that the test failed with this outcome, for this reason.
    #[track_caller]
    fn assert_failed(&self, outcome: Outcome, reason: &str) {
        let record = &self.record;
        assert!(!self.succeeded, "{}", self.output);
        assert_eq!(record.outcome, outcome, "{}", record.reason);
        assert!(record.reason.contains(reason), "{}", record.reason);
    }
}

/// Runs `body` in a child that executes only `test`, the caller. In the child
/// this does not return.
fn judge(test: &str, body: impl FnOnce() -> roadtest::Result) -> Verdict {
    judge_in(test, &[], body)
}

/// The same with more in the child's environment.
fn judge_in(
    test: &str,
    environment: &[(&str, &str)],
    body: impl FnOnce() -> roadtest::Result,
) -> Verdict {
    if std::env::var_os(CHILD).is_some() {
        match body() {
            Ok(()) => std::process::exit(0),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(101);
            }
        }
    }
    let kernel = manifest();
    assert!(
        kernel.exists(),
        "no kernel has been built ({}); run `cargo xtask build`",
        kernel.display()
    );
    let out = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .env(OUT_ENV, out.path())
        .env_remove(NEXTEST)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut output = String::from_utf8_lossy(&child.stdout).into_owned();
    output.push_str(&String::from_utf8_lossy(&child.stderr));
    let folder = out.path().join("tests/verdicts").join(test);
    let record = roadtest_record::load(&folder.join("record.json"))
        .unwrap_or_else(|error| panic!("{error}; the child said: {output}"));
    Verdict {
        record,
        succeeded: child.status.success(),
        output,
        out,
    }
}

fn manifest() -> PathBuf {
    std::env::var_os(MANIFEST_ENV).map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../..")
                .join(MANIFEST)
        },
        PathBuf::from,
    )
}

/// Whether the kernel has its checkers built in.
fn is_sanitized() -> bool {
    let kernel: Kernel = roadtest_record::load(&manifest()).unwrap();
    kernel.sanitized
}

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

#[test]
fn a_test_without_trouble_passes() {
    let verdict = judge("a_test_without_trouble_passes", || {
        let uml = Board::new().boot()?;
        assert!(uml.read("/proc/version")?.starts_with("Linux version"));
        Ok(())
    });
    assert!(verdict.succeeded, "{}", verdict.output);
    let record = &verdict.record;
    assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);
    assert_eq!(record.reason, "");
    assert_eq!(record.expected, None);
    assert_eq!(record.name, "a_test_without_trouble_passes");
    assert_eq!(record.driver, "verdicts");
    assert!(verdict.file("dmesg.txt").contains("Linux version"));
    assert!(
        verdict
            .file("timeline.txt")
            .contains("> read proc/version = ")
    );
}

#[test]
fn a_failed_assertion_names_both_sides() {
    let verdict = judge("a_failed_assertion_names_both_sides", || {
        let uml = Board::new().boot()?;
        assert_eq!(uml.read("/proc/nothing"), Ok("something".into()));
        Ok(())
    });
    verdict.assert_failed(Outcome::Failed, "assertion `left == right` failed");
    let record = &verdict.record;
    assert_eq!(record.expected.as_deref(), Some("Ok(\"something\")"));
    assert_eq!(record.got.as_deref(), Some("Err(ENOENT)"));
}

#[test]
fn a_returned_error_is_the_reason() {
    let verdict = judge("a_returned_error_is_the_reason", || {
        let uml = Board::new().boot()?;
        uml.read("/proc/nothing")?;
        Ok(())
    });
    let reason = "a request to the guest failed with ENOENT";
    verdict.assert_failed(Outcome::Failed, reason);
}

/// A line that looks like a report is one: a report has no other mark.
#[test]
fn a_warning_of_the_kernel_fails_a_test_that_asserts_nothing() {
    let test = "a_warning_of_the_kernel_fails_a_test_that_asserts_nothing";
    let verdict = judge(test, || {
        let uml = Board::new().boot()?;
        uml.write("/dev/kmsg", "<3>WARNING: made up by a test\n")?;
        Ok(())
    });
    let report = "WARNING: made up by a test";
    verdict.assert_failed(
        Outcome::KernelReport,
        &format!("the kernel reported: {report}"),
    );
    assert_eq!(verdict.record.kernel_reports, [report]);
    assert!(verdict.file("timeline.txt").contains("# WARNING: made up"));
}

#[test]
fn a_report_outweighs_a_failed_assertion() {
    let verdict = judge("a_report_outweighs_a_failed_assertion", || {
        let uml = Board::new().boot()?;
        uml.write("/dev/kmsg", "<3>BUG: made up by a test\n")?;
        panic!("and this");
    });
    verdict.assert_failed(Outcome::KernelReport, "BUG: made up by a test");
    assert!(verdict.output.contains("and this"));
}

#[test]
fn an_expected_report_is_no_failure() {
    let verdict = judge("an_expected_report_is_no_failure", || {
        let uml = Board::new().boot()?;
        uml.expect_report("made up");
        uml.write("/dev/kmsg", "<3>WARNING: made up by a test\n")?;
        Ok(())
    });
    assert!(verdict.succeeded, "{}", verdict.output);
    assert_eq!(verdict.record.outcome, Outcome::Passed);
}

#[test]
fn an_expected_report_that_does_not_come_is_a_failure() {
    let test = "an_expected_report_that_does_not_come_is_a_failure";
    let verdict = judge(test, || {
        let uml = Board::new().boot()?;
        uml.expect_report("made up");
        Ok(())
    });
    let reason = "the expected report of the kernel did not come: made up";
    verdict.assert_failed(Outcome::KernelReport, reason);
}

/// What the kernel's own test module does wrong (`drivers/misc/lkdtm`) goes by
/// unnoticed, unless the kernel has its checkers, and then it has the module.
#[test]
fn a_report_of_a_checker_fails_a_test_with_its_first_lines() {
    let test = "a_report_of_a_checker_fails_a_test_with_its_first_lines";
    let verdict = judge(test, || {
        let uml = Board::new().boot()?;
        uml.load_with("lkdtm", "cpoint_name=DIRECT cpoint_type=READ_AFTER_FREE")?;
        Ok(())
    });
    if is_sanitized() {
        let report = "use-after-free in lkdtm_READ_AFTER_FREE";
        verdict.assert_failed(Outcome::KernelReport, report);
        verdict.assert_failed(Outcome::KernelReport, "\nRead of size 4 at addr ");
        assert_eq!(verdict.record.kernel_reports.len(), 1);
    } else {
        verdict.assert_failed(Outcome::Failed, "ENOENT");
    }
}

/// A model with one thing wrong.
enum Broken {
    Panics,
    WakesInThePast,
    WakesForEver,
}

impl Chip for Broken {
    const COMPATIBLE: &'static str = "roadtest,broken";

    fn write(&mut self, _: &mut Bus, _: &[u8]) -> Result<(), Nack> {
        match self {
            Self::Panics => panic!("this cannot happen"),
            Self::WakesInThePast | Self::WakesForEver => Ok(()),
        }
    }

    fn read(&mut self, _: &mut Bus, _: &mut [u8]) -> Result<(), Nack> {
        Ok(())
    }

    fn wake_at(&self) -> Option<SimTime> {
        match self {
            Self::Panics => None,
            Self::WakesInThePast => Some(SimTime::ms(1)),
            Self::WakesForEver => Some(SimTime::ms(30)),
        }
    }
}

#[test]
fn a_model_that_panics_is_named_with_its_message_and_place() {
    let test = "a_model_that_panics_is_named_with_its_message_and_place";
    let verdict = judge(test, || {
        let mut board = Board::new();
        board.i2c(0x44, Broken::Panics);
        let uml = board.boot()?;
        uml.i2c_dev()?.transfer(&[Message::write(0x44, [1])])?;
        Ok(())
    });
    let reason = "the model of broken panicked: this cannot happen";
    verdict.assert_failed(Outcome::ModelViolation, reason);
    assert!(verdict.record.reason.contains(file!()));
}

#[test]
fn a_model_that_wants_to_wake_in_the_past_is_an_error() {
    let test = "a_model_that_wants_to_wake_in_the_past_is_an_error";
    let verdict = judge(test, || {
        let mut board = Board::new();
        let broken = board.i2c(0x44, Broken::WakesForEver);
        let uml = board.boot()?;
        broken.with(|chip| *chip = Broken::WakesInThePast);
        uml.sleep(SimTime::ms(1));
        Ok(())
    });
    let reason = "the model of broken asked to be woken at 1 ms, which is in the past at 20 ms";
    verdict.assert_failed(Outcome::ModelViolation, reason);
}

#[test]
fn a_model_that_wakes_without_end_is_an_error() {
    let verdict = judge("a_model_that_wakes_without_end_is_an_error", || {
        let mut board = Board::new();
        board.i2c(0x44, Broken::WakesForEver);
        let uml = board.boot()?;
        uml.sleep(SimTime::ms(20));
        Ok(())
    });
    let reason = "the model of broken was woken at 30 ms and asks to be woken at that time again";
    verdict.assert_failed(Outcome::ModelViolation, reason);
}

#[test]
fn a_write_to_a_read_only_register_is_a_violation() {
    let test = "a_write_to_a_read_only_register_is_a_violation";
    let verdict = judge(test, || {
        let mut board = Board::new();
        board.i2c(0x44, Opt3001::new());
        let uml = board.boot()?;
        uml.i2c_dev()?.at(0x44)?.write_word_data(0x7e, 0x1234)?;
        Ok(())
    });
    let reason = "the driver broke a contract of opt3001: ";
    verdict.assert_failed(Outcome::ModelViolation, reason);
    for part in ["read-only", "MANUFACTURER_ID", "7.6.1.1.5"] {
        verdict.assert_failed(Outcome::ModelViolation, part);
    }
}

#[test]
fn a_reserved_bit_is_a_violation() {
    let verdict = judge("a_reserved_bit_is_a_violation", || {
        let mut board = Board::new();
        board.i2c(0x48, Lm75::default());
        let uml = board.boot()?;
        uml.i2c_dev()?.at(0x48)?.write_byte_data(0x01, 0x20)?;
        Ok(())
    });
    for part in ["lm75", "reserved bits 0x20", "CONF", "1.13"] {
        verdict.assert_failed(Outcome::ModelViolation, part);
    }
}

#[test]
fn a_guest_that_dies_is_an_outcome_of_its_own() {
    let verdict = judge("a_guest_that_dies_is_an_outcome_of_its_own", || {
        let uml = Board::new().boot()?;
        kill_process(guest(), Signal::KILL)?;
        let _ = uml.read("/proc/version");
        Ok(())
    });
    let reason = "the guest died during `read proc/version`";
    verdict.assert_failed(Outcome::GuestDied, reason);
}

#[test]
fn a_kernel_that_panics_while_it_boots_leaves_its_log() {
    let test = "a_kernel_that_panics_while_it_boots_leaves_its_log";
    let verdict = judge(test, || {
        let mut board = Board::new();
        board.parameter("init=/nowhere");
        board.boot().map(drop)
    });
    let panic = "Kernel panic - not syncing: Requested init /nowhere failed";
    verdict.assert_failed(Outcome::KernelReport, panic);
    assert!(verdict.file("dmesg.txt").contains(panic));
}

/// A stopped process looks from outside like one in an endless loop.
#[test]
fn a_guest_that_hangs_is_given_up_and_named() {
    let environment = [("ROADTEST_WATCHDOG_S", "1")];
    let test = "a_guest_that_hangs_is_given_up_and_named";
    let verdict = judge_in(test, &environment, || {
        let uml = Board::new().boot()?;
        kill_process(guest(), Signal::STOP)?;
        let _ = uml.read("/proc/version");
        Ok(())
    });
    let reason = "the guest made no progress for 1 s during `read proc/version`";
    verdict.assert_failed(Outcome::TimedOut, reason);
}

#[test]
fn a_request_beyond_its_virtual_limit_is_given_up_and_named() {
    let test = "a_request_beyond_its_virtual_limit_is_given_up_and_named";
    let verdict = judge(test, || {
        let uml = Board::new().boot()?;
        let file = uml.open("/dev/i2c-0")?;
        uml.limit_requests_to(SimTime::ms(500));
        let _ = file.wait_readable(SimTime::s(10));
        let quiet = uml.open_with("/proc/1/mounts", 0)?;
        let _ = quiet.poll(0, SimTime::s(10));
        Ok(())
    });
    let reason = "the guest did not answer within 500 ms of virtual time: \
                  it is in `poll 1/mounts for 10 s`";
    verdict.assert_failed(Outcome::TimedOut, reason);
    // It is virtual time that it waited.
    let waited = verdict.record.virtual_ns;
    assert!((500_000_000..600_000_000).contains(&waited), "{waited}");
}

#[test]
fn a_kernel_that_lacks_something_is_a_skip() {
    let test = "a_kernel_that_lacks_something_is_a_skip";
    let body = || {
        let mut board = Board::new();
        board.since((99, 0), "the future is not there yet");
        board.boot().map(drop)
    };
    let reason = "needs Linux 99.0: the future is not there yet";
    // `cargo test` knows only success and failure.
    let verdict = judge(test, body);
    verdict.assert_failed(Outcome::Skipped, reason);

    let environment = [(NEXTEST, "process-per-test")];
    let verdict = judge_in(test, &environment, body);
    assert_eq!(verdict.record.outcome, Outcome::Skipped);
    assert_eq!(verdict.record.reason, reason);
    assert!(verdict.succeeded);
}

#[test]
fn a_pulse_lasts_as_long_as_it_was_told_to() {
    let verdict = judge("a_pulse_lasts_as_long_as_it_was_told_to", || {
        let mut board = Board::new();
        let pin = board.gpio(2);
        let uml = board.boot()?;
        pin.drive(Level::High);
        pin.pulse(SimTime::ms(3));
        assert_eq!(pin.level(), Level::Low);
        uml.sleep(SimTime::us(2_999));
        assert_eq!(pin.level(), Level::Low);
        uml.sleep(SimTime::us(1));
        assert_eq!(pin.level(), Level::High);
        Ok(())
    });
    let record = &verdict.record;
    assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);
}

#[test]
#[should_panic(expected = "a pulse has a duration")]
fn a_pulse_without_a_duration_is_refused() {
    let mut board = Board::new();
    board.gpio(2).pulse(SimTime::ZERO);
}

/// The error of a board that is not wired right, and the lines of this file
/// that it names.
fn wiring_error(board: &Board) -> (String, Vec<u32>) {
    let text = board.to_dts().unwrap_err().to_string();
    let places = text.split(file!()).skip(1).map(|rest| {
        let mut numbers = rest[1..].split(|c: char| !c.is_ascii_digit());
        numbers.next().unwrap().parse().unwrap()
    });
    let lines = places.collect();
    (text, lines)
}

#[test]
fn two_chips_at_one_address_are_both_named() {
    let mut board = Board::new();
    let first = line!() + 1;
    board.i2c(0x48, Lm75::default());
    board.i2c(0x48, Lm75::default());
    let (text, lines) = wiring_error(&board);
    assert!(text.contains("are both at address 0x48"), "{text}");
    assert_eq!(lines, [first, first + 1]);
}

#[test]
fn an_address_that_no_chip_can_have_is_named() {
    for address in [0x07, 0x78] {
        let mut board = Board::new();
        let place = line!() + 1;
        board.i2c(address, Lm75::default());
        let (text, lines) = wiring_error(&board);
        assert!(text.contains("a chip's is 0x08 to 0x77"), "{text}");
        assert_eq!(lines, [place]);
    }
}

#[test]
fn two_outputs_on_one_line_are_both_named_unless_it_is_shared() {
    let mut board = Board::new();
    let pin = board.gpio(1);
    let one = board.i2c(0x48, Lm75::default());
    let two = board.i2c(0x49, Lm75::default());
    let first = line!() + 1;
    let _one = one.interrupt(&pin, Edge::Falling);
    let _two = two.interrupt(&pin, Edge::Falling);
    let (text, lines) = wiring_error(&board);
    let reason = "line 1 is connected to the interrupt output of lm75 at";
    assert!(text.contains(reason), "{text}");
    assert_eq!(lines, [first, first + 1]);

    let mut board = Board::new();
    let pin = board.gpio(1).shared();
    let one = board.i2c(0x48, Lm75::default());
    let two = board.i2c(0x49, Lm75::default());
    let _one = one.interrupt(&pin, Edge::Falling);
    let _two = two.interrupt(&pin, Edge::Falling);
    assert!(board.to_dts().is_ok());
}

#[test]
fn a_bus_that_is_too_fast_for_a_chip_is_an_error() {
    let mut board = Board::new();
    board.scl_hz(1_000_000);
    let place = line!() + 1;
    board.i2c(0x48, Lm75::default());
    let (text, lines) = wiring_error(&board);
    let reason = "allows 400000 Hz on SCL, the bus has 1000000 Hz";
    assert!(text.contains(reason), "{text}");
    assert_eq!(lines, [place]);
}

/// Removes a folder, whatever becomes of the test.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        // Nothing is there where the child did not come that far.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where `cargo insta review` looks for it: beside the snapshot that it would
/// replace, in the folder of the package at the workspace's root.
#[test]
fn a_log_without_its_snapshot_waits_for_review_in_the_drivers_folder() {
    let test = "a_log_without_its_snapshot_waits_for_review_in_the_drivers_folder";
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/verdicts");
    let environment = [("INSTA_UPDATE", "new"), ("INSTA_FORCE_PASS", "0")];
    let verdict = judge_in(test, &environment, || {
        let mut board = Board::new();
        let light = board.i2c(0x44, Opt3001::new());
        let uml = board.boot()?;
        uml.i2c_dev()?.at(0x44)?.read_word_data(0x7e)?;
        insta::assert_snapshot!(light.timeline());
        Ok(())
    });
    let _gone = Gone(snapshots.clone());
    verdict.assert_failed(Outcome::Failed, "snapshot assertion");
    let pending = snapshots.join(format!("{test}.snap.new"));
    let pending = std::fs::read_to_string(pending).unwrap();
    assert!(pending.contains("R MANUFACTURER_ID 5449"), "{pending}");
}
