// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask doctor`: which tools are here, which are missing, and the
//! command that installs them. Installs nothing unless told to.

use roadtest_command::console::{self, BAD, GOOD, NEUTRAL, PALE};
use roadtest_command::exit::Done;
use roadtest_command::workspace;
use roadtest_uml::doctor::{self, Finding};

use crate::kernel;

/// Programs that make things better but are not needed: what they are for.
const WELCOME: [(&str, &str, &str); 1] = [(
    "cargo-insta",
    "cargo install --locked cargo-insta",
    "reviews changed snapshots",
)];

/// Say what this machine lacks, and how to install it.
#[derive(clap::Args)]
pub struct Args {
    /// Install the tools that are missing
    #[arg(long)]
    setup: bool,
}

/// Runs the verb. Ends with "some failed" while anything is missing.
///
/// # Errors
/// Where what is missing cannot be installed.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    kernel::setup(args.setup.into())?;
    let findings = doctor::examine();
    for finding in &findings {
        console::line(&line(finding));
    }
    for (name, install, purpose) in WELCOME {
        let (word, style, rest) = if workspace::has_program(name) {
            ("found", GOOD, String::new())
        } else {
            ("optional", NEUTRAL, format!(": {install}"))
        };
        console::line(&format!(
            "{style}{word:>8}{style:#} {name:<14} {PALE}{purpose}{rest}{PALE:#}"
        ));
    }
    if let Some(remedy) = doctor::remedy() {
        console::line(&format!("install with: {remedy}"));
        console::line("or let it be done: cargo xtask doctor --setup");
    }
    let missing = findings
        .iter()
        .filter(|finding| finding.path.is_none())
        .count();
    Ok(Done::from_failed(missing))
}

fn line(finding: &Finding) -> String {
    let (word, style) = match finding.path {
        Some(_) => ("found", GOOD),
        None => ("missing", BAD),
    };
    let name = finding.tool.name;
    let purpose = finding.tool.purpose;
    format!("{style}{word:>8}{style:#} {name:<14} {PALE}{purpose}{PALE:#}")
}
