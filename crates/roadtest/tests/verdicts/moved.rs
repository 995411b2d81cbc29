// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A checkout that was copied together with its `target/`: it works where it
//! is, and what it was copied from is neither read nor written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use roadtest::Board;
use roadtest_record::kernel::{MANIFEST, MANIFEST_ENV};
use roadtest_record::test::{OUT, OUT_ENV, Outcome, RUNNER_ENV, Record};

use super::judge::{CHILD, kernel, manifest};

const NAME: &str = "moved::a_copied_checkout_reads_and_writes_itself";
/// Below the directories of snapshots and of records.
const DIRECTORY: &str = "verdicts/moved";
const TEST: &str = "a_copied_checkout_reads_and_writes_itself";

/// A workspace with as little as one test needs, this program among it.
fn copy(root: &Path) {
    let manifest_there = root.join(MANIFEST);
    let kernel = kernel();
    let guest = kernel.guest_root.file_name().unwrap();
    let guest = manifest_there.with_file_name("guest").join(guest);
    for directory in ["kconfig-fragments", "target/debug"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::create_dir_all(root.join("snapshots").join(DIRECTORY)).unwrap();
    copy_directory(&kernel.guest_root, &guest);
    fs::copy(manifest(), manifest_there).unwrap();
    fs::write(root.join("Cargo.toml"), "[workspace]\n").unwrap();
    let program = std::env::current_exe().unwrap();
    fs::copy(program, root.join("target/debug/verdicts")).unwrap();
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Runs the copy as from a shell in its workspace.
fn run(root: &Path, snapshot: &str) -> (Output, Record) {
    let file = format!("snapshots/{DIRECTORY}/{TEST}.snap");
    fs::write(
        root.join(file),
        format!("---\nsource: x\n---\n{snapshot}\n"),
    )
    .unwrap();
    let mut command = Command::new(root.join("target/debug/verdicts"));
    command
        .args(["--exact", NAME, "--nocapture"])
        .current_dir(root)
        .env(CHILD, "1")
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .stdin(Stdio::null());
    for name in [
        "CARGO_MANIFEST_DIR",
        "INSTA_WORKSPACE_ROOT",
        MANIFEST_ENV,
        OUT_ENV,
        RUNNER_ENV,
    ] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let directory = root.join(OUT).join("tests").join(DIRECTORY).join(TEST);
    let record = roadtest_record::load(&directory.join("record.json"))
        .unwrap_or_else(|error| panic!("{error}; it said: {output:?}"));
    let log = fs::read_to_string(directory.join("dmesg.txt")).unwrap();
    let guest_root = format!("rootflags={}", root.join("target/roadtest/guest").display());
    assert!(log.contains(&guest_root), "{log}");
    (output, record)
}

#[roadtest::test]
fn a_copied_checkout_reads_and_writes_itself() -> roadtest::Result {
    if std::env::var_os(CHILD).is_some() {
        let uml = Board::new().boot()?;
        let version = uml.read("/proc/version")?;
        insta::assert_snapshot!(version.split(' ').next().unwrap_or_default());
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let root = directory.path().canonicalize()?;
    copy(&root);

    let (output, record) = run(&root, "Linux");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);

    let (output, record) = run(&root, "Hurd");
    assert!(!output.status.success());
    assert_eq!(record.outcome, Outcome::Failed);
    assert!(
        record.reason.contains("snapshot assertion"),
        "{}",
        record.reason
    );
    Ok(())
}
