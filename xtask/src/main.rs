// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask`: the commands of this project. This file is the list of the
//! verbs and nothing else; each verb has a file of its own.
//!
//! Exit codes: 0 all passed, 1 something failed, 2 wrong usage, 3 the
//! environment or a build stood in the way, 130 interrupted.

mod browser;
mod ci;
mod describe;
mod docs;
mod programs;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use roadtest_command::{exit, process};
use roadtest_report::{dts, log, reports};
use roadtest_run::{bench, build, doctor, list, review, roadtest, shell};

/// Drivers of the Linux kernel, tested without hardware.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const AFTER_HELP: &str = "Exit codes: 0 all passed, 1 some failed, 2 usage, \
    3 environment or build, 130 interrupted.";

#[derive(Subcommand)]
enum Verb {
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
    /// Use the HTML report of the last run in a browser.
    #[command(hide = true)]
    HtmlCheck(browser::Args),
    /// Make every report of the last run, and check its KTAP.
    #[command(hide = true)]
    ReportCheck(ci::parser::Args),
    /// Follow the documentation: run its commands, and compare what they say.
    #[command(hide = true)]
    Replay(ci::replay::Args),
    /// Make the book's pictures of the HTML report, from the last run.
    #[command(hide = true)]
    Screenshots(browser::Args),
    /// Put the framework into a kernel tree.
    Export(roadtest_export::Args),
    /// Check what the documentation promises.
    Docs(docs::Args),
    /// Check what the compiler does not.
    Tidy(tidy::Args),
    /// Everything that must hold before a change is merged.
    Ci(ci::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = process::watch_for_interrupts().and_then(|()| match cli.verb {
        Verb::Roadtest(args) => roadtest::run(&args),
        Verb::Report(args) => reports::run(&args),
        Verb::Log(args) => log::run(&args),
        Verb::Dts(args) => dts::run(&args),
        Verb::Describe(args) => describe::run(&args),
        Verb::List(args) => list::run(&args),
        Verb::Build(args) => build::run(&args),
        Verb::Doctor(args) => doctor::run(&args),
        Verb::New(args) => roadtest_scaffold::run(&args),
        Verb::Shell(args) => shell::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Review(args) => review::run(&args),
        Verb::HtmlCheck(args) => browser::check(&args),
        Verb::ReportCheck(args) => ci::parser::run(&args),
        Verb::Replay(args) => ci::replay::run(&args),
        Verb::Screenshots(args) => browser::screenshots(&args),
        Verb::Export(args) => roadtest_export::run(&args),
        Verb::Docs(args) => docs::run(&args),
        Verb::Tidy(args) => tidy::run(&args),
        Verb::Ci(args) => ci::run(&args),
    });
    exit::code(done)
}
