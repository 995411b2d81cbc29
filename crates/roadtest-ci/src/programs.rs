// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Programs that only the checks of this project need, no build and no test:
//! a browser for the HTML report, Python for the kernel tree's own parser.

use std::process::{Command, Stdio};

use anyhow::bail;
use roadtest_command::console;
use roadtest_report::report::Verbosity;
use roadtest_run::kernel;
use roadtest_run::kernel::Setup;

/// A program and the Debian package that has it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name in `PATH`.
    pub name: &'static str,
    package: &'static str,
    /// Arguments with which it succeeds where it is there as a whole: Debian
    /// has a python3 without its library.
    probe: &'static [&'static str],
}

/// The browser.
pub const CHROMIUM: Program = Program {
    name: "chromium",
    package: "chromium",
    probe: &["--version"],
};
/// For `tools/testing/kunit/kunit.py`.
pub const PYTHON: Program = Program {
    name: "python3",
    package: "python3",
    probe: &["-c", "import shlex"],
};

/// Fails in one line where a program is missing, or installs it where the
/// user asked for that.
///
/// # Errors
/// What is missing, with the command that installs it.
pub fn check(wanted: &[Program], setup: Setup) -> anyhow::Result<()> {
    let missing = missing(wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    if setup == Setup::Install {
        kernel::install(&packages, Verbosity::Normal)?;
    }
    let missing = missing_names(wanted);
    if !missing.is_empty() {
        bail!(
            "missing: {}; install with: apt-get install --no-install-recommends {}",
            missing.join(", "),
            packages.join(" ")
        );
    }
    console::status("Installed", &packages.join(" "));
    Ok(())
}

impl Program {
    fn works(&self) -> bool {
        let mut probe = Command::new(self.name);
        probe.args(self.probe).stdin(Stdio::null());
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

fn missing(wanted: &[Program]) -> Vec<Program> {
    let is_missing = |program: &&Program| !program.works();
    wanted.iter().filter(is_missing).copied().collect()
}

fn missing_names(wanted: &[Program]) -> Vec<&'static str> {
    missing(wanted).iter().map(|program| program.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        let odd = Program {
            name: "no-such-browser",
            package: "no-such-package",
            probe: &[],
        };
        let error = check(&[odd], Setup::Refuse).expect_err("it is missing");
        assert_eq!(
            error.to_string(),
            "missing: no-such-browser; install with: \
             apt-get install --no-install-recommends no-such-package"
        );
    }
}
