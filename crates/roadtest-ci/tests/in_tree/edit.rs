// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Editing a driver of the tree: a broken one must fail its tests, a mended
//! one pass them, each soon.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};
use roadtest_ci::scratch::Scratch;
use roadtest_command::console;
use roadtest_command::exit::Done;
use roadtest_record::test::{Outcome, Record};

use super::{DRIVER, make};

/// From command to verdict, with both cores to itself.
const VERDICT: Duration = Duration::from_secs(5);

/// A source of the tree, to be edited. When it is dropped, the file is what it
/// was, and as old: the tree then has the package's fingerprint again.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    modified: SystemTime,
}

impl Source {
    /// The source of a driver, named without `.c`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn of(tree: &Path, driver: &str) -> anyhow::Result<Self> {
        let path = tree.join("drivers").join(driver).with_extension("c");
        let cannot = || format!("cannot read {}", path.display());
        Ok(Self {
            text: fs::read_to_string(&path).with_context(cannot)?,
            modified: fs::metadata(&path)
                .and_then(|metadata| metadata.modified())
                .with_context(cannot)?,
            path,
        })
    }

    /// Lets [`DRIVER`] read another register than the result's.
    ///
    /// # Errors
    /// Where it cannot be written, or is another driver than it was.
    pub(crate) fn break_it(&self) -> anyhow::Result<()> {
        let define = self.text.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some("#define") && words.next() == Some("OPT3001_RESULT")
        });
        let define = define.context("the driver has no OPT3001_RESULT any more")?;
        self.save(&self.text.replacen(define, "#define OPT3001_RESULT 0x02", 1))
    }

    /// Changes nothing of what is compiled.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn touch(&self) -> anyhow::Result<()> {
        self.save(&format!("{}\n", self.text))
    }

    /// The text as it was.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn mend(&self) -> anyhow::Result<()> {
        self.save(&self.text)
    }

    fn save(&self, text: &str) -> anyhow::Result<()> {
        fs::write(&self.path, text).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // An error of writing was reported before.
        let _ = self.mend().and_then(|()| {
            let file = fs::File::options().write(true).open(&self.path)?;
            Ok(file.set_modified(self.modified)?)
        });
    }
}

/// Breaks a driver, wants its tests to fail, mends it, and wants them to pass.
///
/// # Errors
/// Where they pass although it is broken.
pub(crate) fn check(tree: &Path, copy: &Scratch) -> anyhow::Result<Done> {
    let driver = Source::of(tree, DRIVER)?;
    driver.break_it()?;
    let (failed, took) = timed(|| make::run(copy, DRIVER))?;
    let failures = failures(copy);
    driver.mend()?;
    let (mended, again) = timed(|| make::run(copy, DRIVER))?;
    console::line(&format!(
        "verdict after an edit: {:.1} s, {:.1} s (at most {} s on a machine that does nothing else)",
        took.as_secs_f64(),
        again.as_secs_f64(),
        VERDICT.as_secs()
    ));
    if failed != Done::SomeFailed || failures? == 0 {
        bail!("a driver that reads the wrong register passes its tests");
    }
    Ok(mended)
}

/// How many tests failed in the last run: a driver that does not even compile
/// proves nothing.
fn failures(copy: &Scratch) -> anyhow::Result<usize> {
    let failed = |record: &&Record| record.outcome == Outcome::Failed;
    Ok(copy.summary()?.tests.iter().filter(failed).count())
}

fn timed(work: impl FnOnce() -> anyhow::Result<Done>) -> anyhow::Result<(Done, Duration)> {
    let start = Instant::now();
    Ok((work()?, start.elapsed()))
}
