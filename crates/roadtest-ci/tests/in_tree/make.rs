// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `make -C tools/testing/roadtest`: its targets and variables, and what it
//! says where cargo is missing or too old.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context as _, bail};
use roadtest_ci::running::{Said, said};
use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;
use roadtest_command::process;
use roadtest_uml::Cache;

/// What make itself ends with, whatever went wrong.
const FAILED: i32 = 2;
/// A test that takes little time.
const TEST: &str = "iio/light/opt3001/devicetree_has_address_and_interrupt";

/// All tests.
///
/// # Errors
/// Where make cannot be started.
pub(crate) fn all(copy: &Scratch) -> anyhow::Result<Done> {
    run(copy, "")
}

/// Some tests; what is said goes where we write.
///
/// # Errors
/// Where make cannot be started.
pub(crate) fn run(copy: &Scratch, options: &str) -> anyhow::Result<Done> {
    let make = copy.make(&[&format!("OPTS={options}")]);
    let status = process::run(&mut process::guarded(make))?;
    Ok(Done::from_failed(usize::from(!status.success())))
}

/// Everything but the tests.
///
/// # Errors
/// What does not work as documented.
pub(crate) fn targets(root: &Path, tree: &Path, copy: &Scratch) -> anyhow::Result<Done> {
    let make = |words: &[&str]| said(copy.make(words));
    let targets = [
        "roadtest -",
        "build ",
        "check ",
        "review ",
        "fetch ",
        "clean ",
    ];
    let variables = ["O=DIR", "-j N", "V=1", "KBUILD=0", "OPTS=", "CARGO="];
    make(&["help"])?.expect(0, &[targets.as_slice(), &variables].concat())?;
    make(&["fetch"])?.expect(0, &[])?;
    make(&["check"])?.expect(0, &[])?;
    make(&["review"])?.expect(0, &["no snapshot has changed"])?;
    let shown = make(&["V=1", "KBUILD=0", &format!("OPTS={TEST}")])?;
    shown.expect(
        0,
        &[
            "--package xtask -- roadtest --no-build",
            "1 passed, 0 failed",
        ],
    )?;
    let near = make(&["KBUILD=0", "OPTS=opt3002"])?;
    near.expect(
        FAILED,
        &[
            "no test matches 'opt3002'; nearest: iio/light/opt3001",
            "Error 2",
        ],
    )?;
    without_cargo(copy)?;
    elsewhere(root, tree, copy)?;
    Ok(Done::AllPassed)
}

/// Without a cargo that is new enough there is one line, and nothing else.
fn without_cargo(copy: &Scratch) -> anyhow::Result<()> {
    let missing = said(copy.make(&["CARGO=/nowhere/cargo"]))?;
    refused(
        &missing,
        "roadtest: /nowhere/cargo is not there: install Rust ",
    )?;

    let directory = tempfile::tempdir().context("cannot create a directory")?;
    let old = directory.path().join("cargo");
    fs::write(
        &old,
        "#!/bin/sh\necho 'cargo 1.70.0 (ec8a8a0ca 2023-04-25)'\n",
    )
    .and_then(|()| fs::set_permissions(&old, fs::Permissions::from_mode(0o755)))
    .context("cannot write an old cargo")?;
    let old = said(copy.make(&[&format!("CARGO={}", old.display())]))?;
    refused(&old, "is 1.70.0, but Rust ")
}

/// Wants one line of ours, and the exit code in make's own last line.
fn refused(said: &Said, text: &str) -> anyhow::Result<()> {
    said.expect(FAILED, &[text, "Error 3"])?;
    let ours = said.text.lines().filter(|line| !line.starts_with("make"));
    match ours.count() {
        1 => Ok(()),
        lines => bail!("make says {lines} lines where one will do:\n{}", said.text),
    }
}

/// `O=DIR`, relative to where make was called: everything goes there, and
/// `clean` removes it. What an earlier run would have left there, kernels and
/// crates, is linked to what there is, so that nothing is built twice.
fn elsewhere(root: &Path, tree: &Path, copy: &Scratch) -> anyhow::Result<()> {
    let above = tree.parent().unwrap_or(root);
    let directory = above.join("elsewhere");
    if directory.exists() {
        fs::remove_dir_all(&directory).context("cannot remove what an earlier run left")?;
    }
    fs::create_dir(&directory).context("cannot create a directory")?;
    let (cache, target) = (directory.join("cache"), directory.join("target"));
    let kernels = Cache::of_user()?;
    symlink(kernels.root(), &cache).and_then(|()| symlink(&copy.target, &target))?;
    let records = target.join("roadtest/last/summary.json");
    if records.exists() {
        fs::remove_file(&records).context("cannot remove what an earlier run left")?;
    }
    let make = |words: &[&str]| {
        let mut make = copy.make(&[words, &["O=elsewhere"]].concat());
        make.current_dir(above).env("PWD", above);
        said(make)
    };
    make(&["-j2", &format!("OPTS={TEST}")])?.expect(0, &["is up to date", "1 passed, 0 failed"])?;
    for file in ["roadtest/last/summary.json", "roadtest/kernel.json"] {
        if !target.join(file).is_file() {
            bail!("make O= leaves no target/{file} there");
        }
    }
    // Why not through the links: what is behind them is needed.
    for link in [&cache, &target] {
        fs::remove_file(link)?;
        fs::create_dir(link)?;
        fs::write(link.join("file"), "")?;
    }
    make(&["clean"])?.expect(0, &[])?;
    match [&cache, &target]
        .iter()
        .find(|directory| directory.exists())
    {
        None => Ok(()),
        Some(directory) => bail!("make clean O= leaves {}", directory.display()),
    }
}
