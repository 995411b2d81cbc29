// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask shell`: the board of a test, booted for a person: a shell in
//! the guest and a prompt for the models. What that looks like belongs to the
//! `roadtest` crate; here it is chosen and started.

use std::io::IsTerminal as _;

use roadtest_command::exit::{self, Done};
use roadtest_command::{console, leftovers, process, workspace};
use roadtest_report::catalog::{self, Test};
use roadtest_report::filter;
use roadtest_report::report::Verbosity;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::binary;
use crate::kernel::{self, KernelArgs};

/// Makes a board's boot hand over to the user.
const SHELL_ENV: &str = "ROADTEST_SHELL";
/// Where the records of explored boards go, below the workspace.
const OUT: &str = "target/roadtest/shell";

/// Boot a test's board, with a shell in the guest and a prompt for the models.
#[derive(clap::Args)]
pub struct Args {
    /// A test, or a driver: then the board of its first test
    test: String,
    #[command(flatten)]
    kernel: KernelArgs,
    /// Use the kernel that is there
    #[arg(long, conflicts_with_all = ["ksrc", "kernel", "sanitize"])]
    no_build: bool,
}

/// Runs the verb.
///
/// # Errors
/// Where there is no terminal, no such test, or no kernel.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(exit::usage(
            "a shell needs a terminal, and standard input or output is none",
        ));
    }
    let root = workspace::root()?;
    if !args.no_build {
        kernel::preflight(&root, &args.kernel)?;
    }
    let lock = workspace::lock(&root)?;
    leftovers::remove_dead_aloud();
    let binary = binary::compile(&root)?;
    let tests = binary::list(&binary, &catalog::drivers(&root))?;
    let test = the_one(&tests, &args.test)?;
    let manifest = workspace::manifest(&root);
    let kernel = if args.no_build {
        kernel::existing(&root)?
    } else {
        kernel::build(&root, &manifest, &args.kernel, Verbosity::Normal)?
    };
    if let Some(reason) = kernel.unavailable.get(&test.driver) {
        anyhow::bail!("this kernel cannot have {}: {reason}", test.driver);
    }
    // Why: an exploration takes long, and must not block test runs.
    drop(lock);
    console::status(
        "Shell",
        &format!("{} on {}", test.path(), kernel.identity()),
    );
    let mut command = std::process::Command::new(&binary);
    command.args(["--exact", &test.name, "--nocapture", "--test-threads", "1"]);
    command.current_dir(&root);
    command.env(SHELL_ENV, "1");
    command.env(roadtest_record::test::OUT_ENV, root.join(OUT));
    command.env(roadtest_record::kernel::MANIFEST_ENV, &manifest);
    process::mark_as_ours(&mut command);
    let mut command = process::guarded(command);
    let before = tcgetattr(std::io::stdin());
    let ended = process::talk(&mut command);
    if let Ok(before) = before {
        // Why: whatever ended it may have left the terminal raw.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, &before);
    }
    Ok(if ended?.success() {
        Done::AllPassed
    } else {
        Done::SomeFailed
    })
}

/// The test that is meant: the only one that matches, or the first of a
/// driver.
///
/// # Errors
/// Where none matches, or several of more than one driver.
fn the_one(tests: &[Test], written: &str) -> anyhow::Result<Test> {
    let chosen = filter::choose(tests, &[written.to_owned()])?;
    let [first, rest @ ..] = chosen.as_slice() else {
        return Err(exit::usage(format!("no test matches '{written}'")));
    };
    let named = written.trim_matches('/').replace('-', "_");
    let driver = first.driver.replace('-', "_");
    if rest.is_empty()
        || rest.iter().all(|test| test.driver == first.driver) && driver.contains(&named)
    {
        return Ok(first.clone());
    }
    let some: Vec<String> = chosen.iter().take(5).map(Test::path).collect();
    Err(exit::usage(format!(
        "'{written}' matches {} tests, and a shell is for one: {}{}",
        chosen.len(),
        some.join(", "),
        if chosen.len() > some.len() {
            ", …"
        } else {
            ""
        }
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_stands_for_its_first_test_and_a_part_of_several_names_for_none() {
        let tests = [
            Test::new("iio/light/opt3001", "a_reads"),
            Test::new("iio/light/opt3001", "b_reads"),
            Test::new("rtc/rtc-pcf8563", "c_reads"),
        ];
        let one = |written: &str| the_one(&tests, written).map(|test| test.path());
        assert_eq!(
            one("opt3001").ok().as_deref(),
            Some("iio/light/opt3001/a_reads")
        );
        assert_eq!(
            one("b_reads").ok().as_deref(),
            Some("iio/light/opt3001/b_reads")
        );
        assert_eq!(
            one("rtc_pcf8563").ok().as_deref(),
            Some("rtc/rtc-pcf8563/c_reads")
        );
        let error = one("reads").expect_err("three tests match").to_string();
        assert!(error.starts_with("'reads' matches 3 tests"), "{error}");
    }
}
