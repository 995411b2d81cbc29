// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How a test ends, and what its record says then. Each test here runs itself
//! once more as a child process, in which it may fail, and judges the record
//! that the child leaves. They need a kernel: `cargo xtask build` makes it.

use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roadtest_record::kernel::{MANIFEST, MANIFEST_ENV};
use roadtest_record::test::{OUT_ENV, Outcome, Record};

mod answers;
mod guests;
mod hostile;
mod models;
mod outcomes;
mod reports;
mod wiring;

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

/// Runs `body` in a child that executes only `test`, the caller: a function of
/// the module whose file this is called in. In the child this does not return.
#[track_caller]
fn judge(test: &str, body: impl FnOnce() -> roadtest::Result) -> Verdict {
    judge_in(test, &[], body)
}

/// The same with more in the child's environment.
#[track_caller]
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
    let source = Path::new(Location::caller().file());
    let module = source.file_stem().unwrap().to_str().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{test}"), "--nocapture"])
        .env(CHILD, "1")
        .env(OUT_ENV, out.path())
        .env_remove(NEXTEST)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut output = String::from_utf8_lossy(&child.stdout).into_owned();
    output.push_str(&String::from_utf8_lossy(&child.stderr));
    let folder = out.path().join("tests/verdicts").join(module).join(test);
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
