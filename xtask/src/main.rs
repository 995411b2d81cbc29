// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask`: the commands of this project. This file is the list of the
//! verbs and nothing else; each is done by a library.
//!
//! Exit codes: 0 all passed, 1 something failed, 2 wrong usage, 3 the
//! environment is incomplete or a build failed, 130 interrupted.

use std::process::ExitCode;

use clap::Parser as _;
use roadtest_command::{exit, process};
use roadtest_report::{dts, log, reports};
use roadtest_run::{bench, build, doctor, list, review, roadtest, shell};
use xtask::{Cli, Verb, checks, describe};

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
        Verb::Export(args) => roadtest_export::run(&args),
        Verb::Check(_) => checks::hand_over(),
    });
    exit::code(done)
}
