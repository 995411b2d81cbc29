// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask list`: the driver tests, one a line, each usable as a filter.

use std::collections::BTreeMap;

use roadtest_command::console::{self, NEUTRAL};
use roadtest_command::exit::Done;
use roadtest_command::workspace;

use crate::{kernel, roadtest};

/// List the driver tests.
#[derive(clap::Args)]
pub struct Args {
    /// Parts of `driver/test`, or globs
    filters: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// Where the tests do not compile, or a filter matches nothing.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let tests = roadtest::chosen(&root, &args.filters)?.tests;
    // Why: without a kernel every test may be able to run.
    let unavailable = match kernel::existing(&root) {
        Ok(kernel) => kernel.unavailable,
        Err(_) => BTreeMap::new(),
    };
    for test in tests {
        match unavailable.get(&test.driver) {
            None => console::line(&test.path()),
            Some(reason) => console::line(&format!(
                "{}  {NEUTRAL}skipped{NEUTRAL:#}: {reason}",
                test.path()
            )),
        }
    }
    Ok(Done::AllPassed)
}
