// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The parts of a Rust installation that only CI needs: rustfmt and clippy.
//! rustup's minimal profile comes without them.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::bail;
use roadtest_command::{console, process, workspace};
use roadtest_run::kernel::Setup;

/// A subcommand of cargo, and the component that has it.
const COMPONENTS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// Fails in one line where a component is missing, or installs it where the
/// user asked for that.
///
/// # Errors
/// What is missing, with the command that installs it.
pub(super) fn check(root: &Path, setup: Setup) -> anyhow::Result<()> {
    let missing = missing(root)?;
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("rustup component add {}", missing.join(" "));
    if setup == Setup::Refuse || !workspace::has_program("rustup") {
        bail!("missing: {}; install with: {command}", missing.join(", "));
    }
    console::status("Running", &command);
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add"]).args(&missing);
    let status = process::run(rustup.current_dir(root))?;
    if !status.success() {
        bail!("{command} failed ({status})");
    }
    Ok(())
}

fn missing(root: &Path) -> anyhow::Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    for (subcommand, component) in COMPONENTS {
        let mut command = process::cargo(root);
        command
            .args([subcommand, "--version"])
            .stderr(Stdio::null());
        if !process::capture(&mut command)?.status.success() {
            missing.push(component);
        }
    }
    Ok(missing)
}
