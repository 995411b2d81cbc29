// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A copy of this workspace that a stage may change as it likes, on its own or
//! exported into a kernel tree, and commands in it as a user would give them:
//! nothing of what ci itself was told (variables, records, manifest) reaches
//! them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use roadtest_command::workspace;
use roadtest_export as export;
use roadtest_record::kernel::MANIFEST_ENV;
use roadtest_record::summary::Summary;
use roadtest_record::test::{OUT, OUT_ENV};

use crate::running::{self, Said};

/// What is compiled in copies of this workspace, below it. All copies share
/// it, so that crates of others are compiled once.
///
/// Cargo tells a copy's own crates from those of another copy by nothing but
/// the time of their files. A copy that is used is therefore made anew, and is
/// not used any more once another one has been.
const TARGET: &str = "target/roadtest/ci/copies";

/// Variables of a run that say how snapshots are written.
const SNAPSHOT_ENV: [&str; 3] = ["CI", "INSTA_UPDATE", "INSTA_FORCE_PASS"];

/// A copy of this workspace.
pub struct Scratch {
    /// Where it is.
    pub root: PathBuf,
    /// Where it is compiled.
    pub target: PathBuf,
}

impl Scratch {
    /// Copies the workspace to `target/roadtest/ci/<name>`, changes that are
    /// not committed included.
    ///
    /// # Errors
    /// Where a file cannot be copied.
    pub fn new(root: &Path, name: &str) -> anyhow::Result<Self> {
        let copy = root.join("target/roadtest/ci").join(name);
        if copy.exists() {
            fs::remove_dir_all(&copy)
                .with_context(|| format!("cannot remove {}", copy.display()))?;
        }
        workspace::copy(root, &copy)?;
        Ok(Self {
            root: copy,
            target: target(root),
        })
    }

    /// The copy that has just been exported into a kernel tree.
    pub fn exported(root: &Path, tree: &Path) -> Self {
        Self {
            root: tree.join(export::DIRECTORY),
            target: target(root),
        }
    }

    /// `cargo xtask …` in the copy, for `running`.
    pub fn xtask(&self, words: &[&str]) -> Command {
        let mut command = Command::new(workspace::cargo());
        command.arg("xtask").args(words);
        self.here(command)
    }

    /// `make -C tools/testing/roadtest …`, for `running`.
    pub fn make(&self, words: &[&str]) -> Command {
        let mut command = Command::new("make");
        command.arg("-C").arg(&self.root).args(words);
        self.here(command)
    }

    /// Runs `cargo xtask …` in the copy to its end.
    ///
    /// # Errors
    /// Where it cannot be started, or does not end.
    pub fn run(&self, words: &[&str]) -> anyhow::Result<Said> {
        running::said(self.xtask(words))
    }

    /// The summary of the last run in the copy.
    ///
    /// # Errors
    /// Where there is none.
    pub fn summary(&self) -> anyhow::Result<Summary> {
        let path = self.root.join(OUT).join("summary.json");
        roadtest_record::load(&path).context("there is no summary")
    }

    /// The command, given in the copy.
    fn here(&self, mut command: Command) -> Command {
        as_a_user(&mut command, &self.target);
        command.current_dir(&self.root);
        command
    }
}

/// Where copies of the workspace are compiled.
pub fn target(root: &Path) -> PathBuf {
    root.join(TARGET)
}

/// Takes from a command what only this run should know, and lets it compile
/// into `target`: a copy must not fill up with compiled crates, and the next
/// run need not compile them again.
pub fn as_a_user(command: &mut Command, target: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") {
            command.env_remove(&name);
        }
    }
    for name in SNAPSHOT_ENV.iter().chain(&[OUT_ENV, MANIFEST_ENV]) {
        command.env_remove(name);
    }
    command.env("CARGO_TARGET_DIR", target);
    // Why: git would take a copy, or a tree, for a part of our repository.
    let above = target.parent().unwrap_or(target);
    command.env("GIT_CEILING_DIRECTORIES", above);
}
