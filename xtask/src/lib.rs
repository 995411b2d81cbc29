// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The command line of `cargo xtask`: its verbs with their options, as far as
//! no library has them. What the verbs do is in the libraries; `main.rs` says
//! which in which.

pub mod checks;
pub mod describe;

use clap::{Parser, Subcommand};
use roadtest_report::{dts, log, reports};
use roadtest_run::{bench, build, doctor, list, review, roadtest, shell};

/// Drivers of the Linux kernel, tested without hardware.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const AFTER_HELP: &str = "Exit codes: 0 all passed, 1 some failed, 2 usage, \
    3 environment or build, 130 interrupted.";

/// What to do.
#[derive(Subcommand)]
pub enum Verb {
    /// Build the kernel where needed, and run the driver tests.
    Roadtest(roadtest::Args),
    /// Write reports of the last run.
    Report(reports::Args),
    /// Print a test's last timeline.
    Log(log::Args),
    /// Print the devicetree of a test's board.
    Dts(dts::Args),
    /// Print a chip's register map as documentation.
    Describe(describe::Args),
    /// List the driver tests.
    List(list::Args),
    /// Build the kernel, and leave it for the tests.
    Build(build::Args),
    /// Say what this machine lacks, and how to install it.
    Doctor(doctor::Args),
    /// Write model, test, fragment and snapshot for a driver.
    New(roadtest_scaffold::Args),
    /// Boot a test's board, with a shell in the guest and a prompt for the models.
    Shell(shell::Args),
    /// Measure boot, requests and transfers.
    Bench(bench::Args),
    /// Review changed snapshots.
    Review(review::Args),
    /// Put the framework into a kernel tree.
    Export(roadtest_export::Args),
    /// What no run of driver tests needs.
    #[command(flatten)]
    Check(checks::Check),
}
