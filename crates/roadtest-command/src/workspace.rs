// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where things are in this workspace.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The package that holds the driver tests.
pub const DRIVERS: &str = "roadtest-drivers";
/// Its test binary.
pub const DRIVERS_TEST: &str = "drivers";

/// The root of the workspace, as [`roadtest_record::workspace::root`] finds it.
///
/// # Errors
/// Where none exists.
pub fn root() -> anyhow::Result<PathBuf> {
    roadtest_record::workspace::root().context("this is not inside the roadtest workspace")
}

/// The `cargo` that runs us, so that a `+toolchain` is kept.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The directory that records of this run go to, absolute.
pub fn out(root: &Path) -> PathBuf {
    configured(
        root,
        roadtest_record::test::OUT_ENV,
        roadtest_record::test::OUT,
    )
}

/// The manifest of the kernel, absolute.
pub fn manifest(root: &Path) -> PathBuf {
    configured(
        root,
        roadtest_record::kernel::MANIFEST_ENV,
        roadtest_record::kernel::MANIFEST,
    )
}

fn configured(root: &Path, variable: &str, default: &str) -> PathBuf {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(value) => root.join(value),
        None => root.join(default),
    }
}

/// Whether an executable of that name is in `PATH`.
pub fn has_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
    })
}

/// Whether this is a CI run: `CI` is set to something that means yes.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Keeps other commands of the same workspace out until it is dropped: they
/// share the manifest of the kernel and the directory of the records.
///
/// # Errors
/// Where the lock cannot be created.
pub fn lock(root: &Path) -> anyhow::Result<std::fs::File> {
    let manifest = manifest(root);
    let directory = manifest.parent().unwrap_or(root);
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let path = directory.join("lock");
    let file = std::fs::File::create(&path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        crate::console::status("Waiting", "for another cargo xtask in this workspace");
    }
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Every file of the project, sorted: not what git or cargo keep for
/// themselves.
///
/// # Errors
/// Where a directory cannot be read.
pub fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name == ".git" || (name == "target" && entry.depth() == 1))
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).into_iter().filter_entry(ours) {
        let entry = entry.context("cannot look for files")?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// Copies every file of the project into a directory. The copies are new
/// files: none of them is as old as what was compiled from the original.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn copy(root: &Path, directory: &Path) -> anyhow::Result<()> {
    for file in files(root)? {
        let to = directory.join(file.strip_prefix(root).unwrap_or(&file));
        let parent = to.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::copy(&file, &to))
            .with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
    }
    Ok(())
}
