// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What can go wrong on the way to a kernel, in words that say what to do.

use std::path::{Path, PathBuf};

use roadtest_kconfig::{Dropped, fragment, merge, tree};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system said no.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full. What was half done has been removed.
    #[error("the disk is full: {what} needs more room in {}; make room and run again", path.display())]
    DiskFull {
        /// What was being done.
        what: String,
        /// Where.
        path: PathBuf,
    },
    /// Not `debian:VERSION` or `debian:VERSION@SUITE`.
    #[error(
        "unknown kernel `{0}`: write debian:VERSION, such as debian:6.12, or debian:VERSION@SUITE"
    )]
    Name(String),
    /// There is neither `$XDG_CACHE_HOME` nor `$HOME`.
    #[error("there is no place for a cache: set XDG_CACHE_HOME or HOME")]
    NoCache,
    /// Not a Linux tree.
    #[error("{} is not a Linux source tree: {found}", path.display())]
    NotLinux {
        /// The directory.
        path: PathBuf,
        /// What was found in it.
        found: String,
    },
    /// UML has no devicetree before 5.19.
    #[error("{} is Linux {version}, but UML has devicetrees only from 5.19 on", path.display())]
    TooOld {
        /// The tree.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// No package with this source.
    #[error("cannot get {package}; tried:{}", indented(tried))]
    NoPackage {
        /// The package.
        package: String,
        /// What was tried, and what came of it.
        tried: Vec<String>,
    },
    /// A tool is missing.
    #[error("missing: {}; install with: {command}", missing.join(", "))]
    MissingTools {
        /// The tools.
        missing: Vec<String>,
        /// The command that installs them.
        command: String,
    },
    /// A command could not be started.
    #[error("cannot run {command}")]
    Start {
        /// The command.
        command: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A command failed.
    #[error("{command} failed ({status}):{}", indented(output))]
    Command {
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
        /// The lines of its output that matter.
        output: Vec<String>,
    },
    /// `make` failed.
    #[error("the kernel does not build:{}\n  the full log is {}", indented(lines), log.display())]
    Build {
        /// The compiler's or kbuild's own error lines.
        lines: Vec<String>,
        /// The full log.
        log: PathBuf,
    },
    /// Kconfig did not grant what a fragment asks for.
    #[error(
        "Kconfig of Linux {release} does not grant what the fragments ask for:{}",
        indented(dropped)
    )]
    Dropped {
        /// The kernel.
        release: String,
        /// The requests.
        dropped: Vec<Dropped>,
    },
    /// A fragment is not well-formed.
    #[error(transparent)]
    Fragment(#[from] fragment::Error),
    /// Two fragments disagree.
    #[error(transparent)]
    Conflict(#[from] merge::Conflict),
    /// A Kconfig file cannot be read.
    #[error(transparent)]
    Kconfig(#[from] tree::Error),
    /// A module is not what it should be.
    #[error("{} is not a kernel module: {problem}", file.display())]
    Module {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A module needs one that was not built.
    #[error("module {module} needs module {needs}, which was not built")]
    ModuleAbsent {
        /// The module.
        module: String,
        /// What it needs.
        needs: String,
    },
    /// A record cannot be read or written.
    #[error(transparent)]
    Record(#[from] roadtest_record::Error),
}

fn indented(lines: &[impl ToString]) -> String {
    lines
        .iter()
        .flat_map(|line| {
            let text = line.to_string();
            text.lines().map(|l| format!("\n  {l}")).collect::<Vec<_>>()
        })
        .collect()
}

impl Error {
    /// Whether the command line is to blame, and not the machine or the tree.
    pub fn is_usage(&self) -> bool {
        matches!(self, Error::Name(_))
    }

    /// For `map_err`: an error of the file system at `path`. A full disk
    /// becomes [`Error::DiskFull`].
    pub(crate) fn io(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Error::DiskFull {
                    what: format!("to {verb} a file"),
                    path,
                }
            }
            _ => Error::Io { verb, path, source },
        }
    }
}
