// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The program that the driver tests are compiled to: making it, and asking it
//! which tests it has. Running them belongs to `runner`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cargo_metadata::Message;
use roadtest_command::{process, workspace};
use roadtest_report::catalog::{Test, resolve};

use crate::runner::compiled;

/// Compiles the driver tests, and names the binary.
///
/// # Errors
/// Where they do not compile; the compiler has then said why.
pub fn compile(root: &Path) -> anyhow::Result<PathBuf> {
    if let Some(binary) = compiled::known(root) {
        return Ok(binary);
    }
    let sources = compiled::Sources::now(root);
    let mut command = process::cargo(root);
    command.args(["test", "--no-run", "--package", workspace::DRIVERS]);
    command.args(["--test", workspace::DRIVERS_TEST]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.stderr(std::process::Stdio::inherit());
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        bail!("the driver tests do not compile");
    }
    let binary = Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.is_test() => artifact.executable,
            _ => None,
        })
        .map(PathBuf::from)
        .context("cargo names no test binary")?;
    compiled::remember(root, &binary, &sources);
    Ok(binary)
}

/// Asks a test binary for its tests; sorted.
///
/// # Errors
/// Where it cannot be started or does not answer.
pub fn list(binary: &Path, drivers: &[String]) -> anyhow::Result<Vec<Test>> {
    let mut command = std::process::Command::new(binary);
    command.args(["--list", "--format", "terse"]);
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        bail!("{} does not list its tests", binary.display());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tests: Vec<Test> = text
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(|name| resolve(name, drivers))
        .collect();
    if tests.is_empty() {
        bail!("{} has no tests", binary.display());
    }
    tests.sort();
    Ok(tests)
}
