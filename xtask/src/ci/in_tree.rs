// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Stages in a kernel tree, unpacked for the purpose: export, and then what
//! its user does there. They are the list of those stages; each is in a file
//! of its own.
//!
//! They cost one kernel build that is not theirs alone: the kernel that is
//! built here from the copied tree has the fingerprint of the package's, so
//! that the stages that follow find it finished. What a stage changes in the
//! tree, it puts back; the one that adds a test comes last.

mod edit;
mod make;
mod new;
mod review;
mod since;
mod verbs;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use roadtest_command::{console, process};
use roadtest_run::kernel::{self, KernelArgs};

use super::scratch::Scratch;
use super::stage::Stages;
use roadtest_export as export;

/// The driver that is edited.
const DRIVER: &str = "iio/light/opt3001";

/// Runs the stages in a tree of the first kernel that is wanted.
pub(super) fn run(root: &Path, tree: &Path, stages: &mut Stages) {
    stages.run("patches for a tree", || {
        let folder = tempfile::tempdir().context("cannot create a folder")?;
        export::rehearse(root, tree, folder.path())
    });
    let exported = stages.get("export into a tree", || export_twice(root, tree));
    if exported.is_none() {
        return;
    }
    let copy = Scratch::exported(root, tree);
    stages.run("make in a tree", || make::all(&copy));
    stages.run("an edit fails its test", || edit::check(tree, &copy));
    stages.run("each target of make", || make::targets(root, tree, &copy));
    stages.run("--watch", || watch::check(tree, &copy));
    stages.run("--since", || since::check(tree, &copy));
    stages.run("verbs that show", || verbs::check(&copy));
    stages.run("review", || review::check(&copy));
    stages.run("new", || new::check(&copy));
}

/// Where the copy of a package's tree is.
pub(super) fn place(root: &Path) -> PathBuf {
    root.join("target/roadtest/ci/linux")
}

/// A copy of the package's tree, as it was unpacked.
///
/// # Errors
/// Where there is no source, or it cannot be copied.
pub(super) fn unpacked(root: &Path, wanted: &KernelArgs) -> anyhow::Result<PathBuf> {
    let source = kernel::source(root, wanted)?;
    let tree = place(root);
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
