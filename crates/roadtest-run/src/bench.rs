// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask bench`: measures on the kernel that is there. The measuring
//! is done by an example of the `roadtest` package, compiled for speed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use roadtest_command::exit::Done;
use roadtest_command::{leftovers, process, workspace};

use crate::kernel;

/// Measure boot, requests and transfers.
#[derive(clap::Args)]
pub struct Args {
    /// How often each figure is taken
    #[arg(long, value_name = "N", default_value = "40")]
    runs: NonZeroUsize,
    /// Write the same, in nanoseconds
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// Where there is no kernel, or the program cannot run.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    kernel::existing(&root)?;
    leftovers::remove_dead_aloud();
    let mut command = process::cargo(&root);
    command.args(["run", "--quiet", "--release", "--package", "roadtest"]);
    command.args(["--example", "bench", "--"]);
    command.arg("--runs").arg(args.runs.to_string());
    command.env(
        roadtest_record::kernel::MANIFEST_ENV,
        workspace::manifest(&root),
    );
    process::mark_as_ours(&mut command);
    if let Some(path) = &args.json {
        let here = std::env::current_dir().context("the current directory is gone")?;
        command.arg("--json").arg(here.join(path));
    }
    let status = process::run(&mut command)?;
    Ok(Done::from_failed(usize::from(!status.success())))
}
