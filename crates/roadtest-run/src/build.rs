// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask build`: the kernel, left where the tests look for it.

use roadtest_command::exit::Done;
use roadtest_command::{console, workspace};
use roadtest_report::report::Verbosity;

use crate::kernel::{self, KernelArgs};

/// Build the kernel, and leave it for the tests.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    kernel: KernelArgs,
    /// Say only what fails
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the verb.
///
/// # Errors
/// Where a tool is missing, or the kernel cannot be found or built.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    kernel::preflight(&root, &args.kernel)?;
    let _lock = workspace::lock(&root)?;
    let verbosity = if args.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Normal
    };
    let kernel = kernel::build(&root, &workspace::manifest(&root), &args.kernel, verbosity)?;
    for (driver, reason) in &kernel.unavailable {
        console::line(&format!("tests of {driver} will be skipped: {reason}"));
    }
    if !args.quiet {
        console::line(&format!("{} is ready", kernel.identity()));
    }
    Ok(Done::AllPassed)
}
