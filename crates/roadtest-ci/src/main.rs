// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The program that `cargo xtask` hands the developers' verbs over to. It
//! reads the same command line; the verbs of tests are not its own.

use std::process::ExitCode;

use clap::Parser as _;
use roadtest_ci::{browser, ci, docs, manual, parser, replay, tidy};
use roadtest_command::{exit, process};
use xtask::checks::Check;
use xtask::{Cli, Verb};

fn main() -> ExitCode {
    let Verb::Check(check) = Cli::parse().verb else {
        return exit::code(Err(exit::usage(
            "this verb belongs to `cargo xtask` itself",
        )));
    };
    let done = process::watch_for_interrupts().and_then(|()| match check {
        Check::HtmlCheck(args) => browser::check(&args),
        Check::ReportCheck(args) => parser::run(&args),
        Check::Replay(args) => replay::run(&args),
        Check::Screenshots(args) => browser::screenshots(&args),
        Check::Docs(args) => docs::run(&args),
        Check::Tidy(_) => tidy::run(),
        Check::Ci(args) => ci::run(&args),
        Check::Completions(args) => manual::completions(&args),
        Check::Man(args) => manual::page(&args),
    });
    exit::code(done)
}
