// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask dts`: the devicetree of a test's board, as it was when the
//! test ran last.

use anyhow::bail;
use roadtest_command::exit::Done;
use roadtest_command::{console, workspace};

use crate::reports::{Run, Test};

/// Print the devicetree of a test's board.
#[derive(clap::Args)]
pub struct Args {
    /// Part of `driver/test` that only one test has
    test: String,
}

/// Runs the verb.
///
/// # Errors
/// Where nothing has run yet, or the name means no test or several.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let run = Run::load(&root, &workspace::out(&root))?;
    console::line(source(run.find(&args.test)?)?.trim_end());
    Ok(Done::AllPassed)
}

/// The devicetree that a test left.
///
/// # Errors
/// Where it booted no board.
pub fn source(test: &Test) -> anyhow::Result<String> {
    let path = test.directory.join("devicetree.dts");
    match std::fs::read_to_string(&path) {
        Ok(text) if !test.directory.as_os_str().is_empty() => Ok(text),
        _ => bail!("{} booted no board in the last run", test.path()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::example;

    #[test]
    fn the_devicetree_is_that_of_the_last_run() {
        let directory = tempfile::tempdir().expect("a directory");
        let run = example();
        let mut test = run.find("probes").expect("there is one").clone();
        let error = source(&test).expect_err("it left none");
        assert_eq!(
            error.to_string(),
            "iio/light/opt3001/probes booted no board in the last run"
        );
        test.directory = directory.path().to_owned();
        std::fs::write(directory.path().join("devicetree.dts"), "/dts-v1/;\n").expect("written");
        assert_eq!(source(&test).expect("it is there"), "/dts-v1/;\n");
    }
}
