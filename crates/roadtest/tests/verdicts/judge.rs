// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test that judges itself: it runs once more in a process of its own, in
//! which it may fail, and looks at the record that is left there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_record::test::{OUT_ENV, Outcome, RUNNER_ENV, Record};

/// Tells the child what it is.
pub(crate) const CHILD: &str = "ROADTEST_VERDICT_CHILD";

/// What a child left.
pub(crate) struct Verdict {
    pub(crate) record: Record,
    pub(crate) succeeded: bool,
    pub(crate) output: String,
    /// Its directory, as long as the verdict lives.
    out: tempfile::TempDir,
}

impl Verdict {
    /// A file beside the record.
    pub(crate) fn file(&self, name: &str) -> String {
        let timeline = self.out.path().join(&self.record.timeline);
        std::fs::read_to_string(timeline.with_file_name(name)).unwrap()
    }

    /// Asserts that the test failed with this outcome, for this reason.
    #[track_caller]
    pub(crate) fn assert_failed(&self, outcome: Outcome, reason: &str) {
        let record = &self.record;
        assert!(!self.succeeded, "{}", self.output);
        assert_eq!(record.outcome, outcome, "{}", record.reason);
        assert!(record.reason.contains(reason), "{}", record.reason);
    }
}

/// Runs `body` in a child that executes only the calling test, and then
/// `check` on what it left.
pub(crate) fn judge<R>(
    body: impl FnOnce() -> roadtest::Result,
    check: impl FnOnce(&Verdict) -> R,
) -> roadtest::Result {
    judge_in(&[], body, check)
}

/// The same with more in the child's environment.
pub(crate) fn judge_in<R>(
    environment: &[(&str, &str)],
    body: impl FnOnce() -> roadtest::Result,
    check: impl FnOnce(&Verdict) -> R,
) -> roadtest::Result {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    check(&verdict(environment));
    Ok(())
}

fn verdict(environment: &[(&str, &str)]) -> Verdict {
    let kernel = manifest();
    assert!(
        kernel.exists(),
        "no kernel has been built ({}); run `cargo xtask build`",
        kernel.display()
    );
    let out = tempfile::tempdir().unwrap();
    // The harness gives the thread of a test its name.
    let thread = std::thread::current();
    let test = thread.name().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .env(OUT_ENV, out.path())
        .env_remove(RUNNER_ENV)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut output = String::from_utf8_lossy(&child.stdout).into_owned();
    output.push_str(&String::from_utf8_lossy(&child.stderr));
    Verdict {
        record: record(out.path(), &output),
        succeeded: child.status.success(),
        output,
        out,
    }
}

/// The one record below a directory.
fn record(directory: &Path, output: &str) -> Record {
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let file = directory.join("record.json");
        if file.exists() {
            return roadtest_record::load(&file).unwrap();
        }
        let entries = std::fs::read_dir(&directory).unwrap().map(Result::unwrap);
        let below = entries.map(|entry| entry.path());
        directories.extend(below.filter(|path| path.is_dir()));
    }
    panic!("there is no record; the child said: {output}");
}

/// The kernel that these tests boot.
pub(crate) fn kernel() -> Kernel {
    Kernel::load(&manifest()).unwrap()
}

pub(crate) fn manifest() -> PathBuf {
    let workspace = workspace();
    std::env::var_os(MANIFEST_ENV).map_or_else(|| workspace.join(MANIFEST), PathBuf::from)
}

/// The root of the workspace, where it is now.
pub(crate) fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&package).join("../..")
}
