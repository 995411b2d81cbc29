// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Stages in a kernel tree, unpacked for the purpose: export, `make -C
//! tools/testing/roadtest`, and an edit of a driver that must fail its test.
//!
//! They cost no kernel build of their own: the kernel that is built here from
//! the copied tree has the fingerprint of the package's, so that the stages
//! that follow find it finished.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use roadtest_record::summary::Summary;
use roadtest_record::test::{OUT, Outcome, Record};

use super::scratch;
use super::stage::Stages;
use crate::exit::Done;
use crate::kernel::{self, KernelArgs};
use crate::{console, export, process};

/// The driver that is edited.
const DRIVER: &str = "iio/light/opt3001";
/// From command to verdict, with both cores to itself.
const VERDICT: Duration = Duration::from_secs(5);

/// Runs the stages on the first kernel that is wanted.
pub(super) fn run(root: &Path, wanted: &KernelArgs, stages: &mut Stages) {
    let tree = stages.get("unpack a tree", || unpacked(root, wanted));
    let Some(tree) = tree else { return };
    stages.run("patches for a tree", || {
        let folder = tempfile::tempdir().context("cannot create a folder")?;
        export::rehearse(root, &tree, folder.path())
    });
    let exported = stages.get("export into a tree", || export_twice(root, &tree));
    if exported.is_none() {
        return;
    }
    let make = Make {
        folder: tree.join(export::FOLDER),
        target: scratch::target(root),
    };
    stages.run("make in a tree", || make.run(""));
    stages.run("an edit fails its test", || edit(&tree, &make));
}

/// A copy of the package's tree, as it was unpacked.
fn unpacked(root: &Path, wanted: &KernelArgs) -> anyhow::Result<PathBuf> {
    let source = kernel::source(root, wanted)?;
    let tree = root.join("target/roadtest/ci/linux");
    // Why anew: what an earlier run has left could hide what this one lacks.
    if tree.exists() {
        fs::remove_dir_all(&tree).context("cannot remove the tree of an earlier run")?;
    }
    fs::create_dir_all(tree.parent().unwrap_or(root)).context("cannot create a folder")?;
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).arg(&source).arg(&tree);
    match process::run(&mut copy)?.success() {
        true => Ok(tree),
        false => bail!("cannot copy {}", source.display()),
    }
}

fn export_twice(root: &Path, tree: &Path) -> anyhow::Result<()> {
    console::line(&export::copy(root, tree)?);
    let again = export::copy(root, tree)?;
    if !again.contains("up to date") {
        bail!("a second export is not without effect: {again}");
    }
    Ok(())
}

/// `make -C tools/testing/roadtest`
struct Make {
    folder: PathBuf,
    target: PathBuf,
}

impl Make {
    /// How many tests failed in the last run: a driver that does not even
    /// compile proves nothing.
    fn failures(&self) -> anyhow::Result<usize> {
        let path = self.folder.join(OUT);
        let summary: Summary = roadtest_record::load(&path.join("summary.json"))?;
        let failed = |record: &&Record| record.outcome == Outcome::Failed;
        Ok(summary.tests.iter().filter(failed).count())
    }

    fn run(&self, options: &str) -> anyhow::Result<Done> {
        let mut make = process::guarded(Command::new("make"));
        make.arg("-C")
            .arg(&self.folder)
            .arg(format!("OPTS={options}"));
        // Why: a tree of a run's own must not fill up with compiled crates,
        // and the next run need not compile them again.
        scratch::as_a_user(&mut make, &self.target);
        let status = process::run(&mut make)?;
        Ok(Done::from_failed(usize::from(!status.success())))
    }
}

/// Breaks a driver, wants its tests to fail, mends it, and wants them to pass,
/// each time soon.
fn edit(tree: &Path, make: &Make) -> anyhow::Result<Done> {
    let path = tree.join("drivers").join(DRIVER).with_extension("c");
    let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let before = fs::metadata(&path).and_then(|metadata| metadata.modified())?;
    let define = text.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("#define") && words.next() == Some("OPT3001_RESULT")
    });
    let define = define.context("the driver has no OPT3001_RESULT any more")?;
    let broken = text.replacen(define, "#define OPT3001_RESULT 0x02", 1);

    fs::write(&path, broken)?;
    let (failed, took) = timed(|| make.run(DRIVER))?;
    let failures = make.failures();
    fs::write(&path, &text)?;
    let (mended, again) = timed(|| make.run(DRIVER))?;
    // The package's own time, so that the tree has its fingerprint again.
    fs::File::options()
        .write(true)
        .open(&path)?
        .set_modified(before)?;

    console::line(&format!(
        "verdict after an edit: {:.1} s, {:.1} s (at most {} s on a machine that does nothing else)",
        took.as_secs_f64(),
        again.as_secs_f64(),
        VERDICT.as_secs()
    ));
    let failures = failures.context("there is no summary of the broken driver's tests")?;
    if failed != Done::SomeFailed || failures == 0 {
        bail!("a driver that reads the wrong register passes its tests");
    }
    Ok(mended)
}

fn timed(work: impl FnOnce() -> anyhow::Result<Done>) -> anyhow::Result<(Done, Duration)> {
    let start = Instant::now();
    Ok((work()?, start.elapsed()))
}
