// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The verbs that no run of driver tests needs, and their options: those of
//! work on this project, and what a shell and `man` want to know. They are done
//! by a program of their own, `roadtest-ci`, which is compiled when one of them
//! is asked for: a run of driver tests does not wait for it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Context as _;
use clap::Subcommand;
use roadtest_command::exit::Done;
use roadtest_command::{process, workspace};
use roadtest_run::kernel::KernelArgs;

/// The package that does the work.
const PACKAGE: &str = "roadtest-ci";

/// What no run of driver tests needs.
#[derive(Subcommand)]
pub enum Check {
    /// Use the HTML report of the last run in a browser.
    #[command(hide = true)]
    HtmlCheck(Browser),
    /// Make every report of the last run, and check its KTAP.
    #[command(hide = true)]
    ReportCheck(ReportCheck),
    /// Follow the documentation: run its commands, and compare what they say.
    #[command(hide = true)]
    Replay(Replay),
    /// Make the book's pictures of the HTML report, from the last run.
    #[command(hide = true)]
    Screenshots(Browser),
    /// Check what the documentation promises.
    Docs(Docs),
    /// Check what the compiler does not.
    Tidy(Tidy),
    /// Everything that must hold before a change is merged.
    Ci(Ci),
    /// Print what a shell needs to complete `xtask`, as an alias of `cargo xtask`.
    Completions(Completions),
    /// Print a manual page for `man -l -`.
    Man(Man),
}

/// Print what a shell needs to complete `xtask`, as an alias of `cargo xtask`.
#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// fish
    Fish,
    /// zsh
    Zsh,
}

/// Print a manual page for `man -l -`.
#[derive(clap::Args)]
pub struct Man {
    /// A verb [default: the list of all]
    pub verb: Option<String>,
}

/// Use the HTML report of the last run in a browser.
#[derive(clap::Args)]
pub struct Browser {
    /// Install the browser if it is missing
    #[arg(long)]
    pub setup: bool,
}

/// Make every report of the last run, and check its KTAP.
#[derive(clap::Args)]
pub struct ReportCheck {
    /// The kernel that the run was on.
    #[command(flatten)]
    pub kernel: KernelArgs,
}

/// Run the commands of documents, and compare what they say.
#[derive(clap::Args)]
pub struct Replay {
    /// Parts of the documents' paths [default: all]
    pub documents: Vec<String>,
}

/// Check what the documentation promises.
#[derive(clap::Args)]
pub struct Docs {
    /// Bring what is made of other texts up to date
    #[arg(long)]
    pub write: bool,
}

/// Check what the compiler does not.
#[derive(clap::Args)]
pub struct Tidy {}

/// Everything that must hold before a change is merged.
#[derive(clap::Args)]
pub struct Ci {
    /// A kernel to try, instead of the usual ones; may be repeated
    #[arg(long, value_name = "SPEC")]
    pub kernel: Vec<String>,
    /// Install the tools that are missing
    #[arg(long)]
    pub setup: bool,
    /// Only this part; may be repeated
    #[arg(long, value_name = "PART", value_enum)]
    pub only: Vec<Part>,
}

/// What can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What needs no kernel
    Checks,
    /// What is done in a kernel tree
    Tree,
    /// The tests, on each kernel
    Kernels,
    /// The documentation
    Docs,
}

impl Ci {
    /// Whether a part was asked for.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Lets the other program take this one's place, with the same command line:
/// terminal, signals and exit code are then its own.
///
/// # Errors
/// Where there is no workspace, or cargo cannot be started.
pub fn hand_over() -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let mut cargo = Command::new(workspace::cargo());
    process::forget_this_package(&mut cargo);
    // Why not in the workspace: paths are relative to where the user is.
    cargo.args(["run", "--quiet", "--package", PACKAGE, "--manifest-path"]);
    cargo.arg(root.join("Cargo.toml")).arg("--");
    cargo.args(std::env::args_os().skip(1));
    Err(cargo.exec()).with_context(|| format!("cannot start {PACKAGE}"))
}
