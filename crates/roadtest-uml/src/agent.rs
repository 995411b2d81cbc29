// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Building the guest's agent: one static program, since the guest has no
//! libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::progress::{Event, Progress};
use crate::run;

/// The target. UML runs on x86 only, and a named target keeps the flags from
/// build scripts and procedural macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the package `roadtest-agent` of a workspace and returns the program.
/// It has a target directory of its own (`agent` in cargo's usual one), so
/// that its flags do not rebuild everything else.
///
/// # Errors
/// Where cargo fails, with the end of its output.
pub fn build(workspace: &Path, progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    progress.event(&Event::Agent);
    let usual = std::env::var_os("CARGO_TARGET_DIR").filter(|path| !path.is_empty());
    let usual = workspace.join(usual.unwrap_or("target".into()));
    let target = usual.join("agent");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command
        .args(["build", "--release", "--package", "roadtest-agent"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(workspace)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_TERM_COLOR", "never");
    let ended = run::lines(&mut command, |_| {})?;
    if !ended.success {
        if ended.disk_full {
            return Err(Error::DiskFull {
                what: "building the guest's agent".to_owned(),
                path: target,
            });
        }
        return Err(ended.error(run::shown(&command)));
    }
    Ok(target.join(TARGET).join("release/roadtest-agent"))
}
