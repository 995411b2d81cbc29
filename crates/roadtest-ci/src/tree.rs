// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A kernel tree that may be changed: a copy of a packaged one, in the target
//! directory. What is done in it is in `tests/in_tree/` and in `replay`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use roadtest_command::process;
use roadtest_run::kernel::{self, KernelArgs};

/// Names a copy that was just made, for the checks that are done in one.
pub const TREE_ENV: &str = "ROADTEST_TREE";

/// Where the copy of a package's tree is.
pub fn place(root: &Path) -> PathBuf {
    root.join("target/roadtest/ci/linux")
}

/// A copy of the package's tree, as it was unpacked.
///
/// # Errors
/// Where there is no source, or it cannot be copied.
pub fn unpacked(root: &Path, wanted: &KernelArgs) -> anyhow::Result<PathBuf> {
    let source = kernel::source(root, wanted)?;
    let tree = place(root);
    // Why anew: what an earlier run has left could hide what this one lacks.
    if tree.exists() {
        fs::remove_dir_all(&tree).context("cannot remove the tree of an earlier run")?;
    }
    fs::create_dir_all(tree.parent().unwrap_or(root)).context("cannot create a directory")?;
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).arg(&source).arg(&tree);
    if process::run(&mut copy)?.success() {
        Ok(tree)
    } else {
        bail!("cannot copy {}", source.display())
    }
}
