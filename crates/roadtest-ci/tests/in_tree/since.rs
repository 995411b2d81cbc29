// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `--since`: the tests of the drivers that commits touch, and no others; the
//! drivers without a test by their names.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;
use roadtest_command::git::Repository;

use super::DRIVER;
use super::edit::Source;

/// A driver that has no test.
const UNTESTED: &str = "hwmon/tmp102";

/// Puts a part of the tree into git, commits a change to a driver, and leaves
/// another one uncommitted.
///
/// # Errors
/// What is not as documented.
pub(crate) fn check(tree: &Path, copy: &Scratch) -> anyhow::Result<Done> {
    let git = tree.join(".git");
    let checked = in_git(tree, copy);
    if git.exists() {
        fs::remove_dir_all(&git).context("cannot remove the repository")?;
    }
    checked
}

fn in_git(tree: &Path, copy: &Scratch) -> anyhow::Result<Done> {
    let since = |base: &str| copy.run(&["roadtest", "--since", base]);
    since("base")?.expect(2, &["is no git work tree"])?;
    let repository = Repository {
        directory: tree.to_owned(),
        sender: "ci <ci@localhost>",
    };
    repository.begin(&["drivers/hwmon", "drivers/iio/light"])?;
    let (tested, untested) = (Source::of(tree, DRIVER)?, Source::of(tree, UNTESTED)?);
    tested.touch()?;
    repository.run(&["commit", "--quiet", "--all", "--message", "touch"])?;
    untested.touch()?;

    let named = format!("no test of drivers/{UNTESTED}.c");
    let touched = since("base")?;
    touched.expect(0, &[&named, &format!("touched since base: {DRIVER}\n")])?;
    let summary = copy.summary()?;
    if summary.tests.is_empty() || summary.tests.iter().any(|test| test.driver != DRIVER) {
        bail!("other tests than those of {DRIVER} ran:\n{}", touched.text);
    }
    let nothing = "no driver with a test was touched since HEAD";
    since("HEAD")?.expect(0, &[&named, nothing])?;
    let unknown = since("base..nowhere")?;
    unknown.expect(2, &["there is no commit nowhere in "])?;
    let errors = unknown
        .text
        .lines()
        .filter(|line| line.starts_with("error"));
    match errors.count() {
        1 => Ok(Done::AllPassed),
        _ => bail!(
            "a range that does not exist is one error:\n{}",
            unknown.text
        ),
    }
}
