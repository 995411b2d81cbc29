// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What happens while a kernel is made, for the caller to show.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A receiver of events that shows them. Any `FnMut(&Event)` is one.
pub trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

impl<F: FnMut(&Event)> Progress for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}

/// How many objects a build will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// As many as the last full build of the same tree had.
    Counted(u64),
    /// A guess: nothing was built yet. The real number may be larger.
    Guessed(u64),
    /// Only what changed is built; its amount is unknown.
    Unknown,
}

/// Something that happened. `Display` is one line for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Another process uses the cache; this one waits for it to finish.
    Waiting {
        /// The cache.
        cache: PathBuf,
    },
    /// Package lists are being fetched into directories of our own.
    Listing {
        /// Mirror and suite.
        from: String,
    },
    /// A source package is being downloaded.
    Downloading {
        /// The package.
        package: String,
        /// How much is there, 0 to 100.
        percent: u64,
    },
    /// A source package is being unpacked.
    Unpacking {
        /// The package.
        package: String,
        /// The files that are there.
        files: u64,
    },
    /// Kconfig runs.
    Configuring {
        /// The kernel.
        release: String,
    },
    /// Drivers whose tests cannot run with this kernel.
    Unavailable {
        /// The fragment's name.
        driver: String,
        /// Why.
        reason: String,
    },
    /// An object was built.
    Compiling {
        /// Objects so far.
        done: u64,
        /// Objects in all.
        total: Total,
        /// Since `make` was started.
        elapsed: Duration,
        /// The object.
        object: String,
    },
    /// The kernel is built.
    Compiled {
        /// Objects in all.
        objects: u64,
        /// How long it took.
        elapsed: Duration,
        /// The full output of `make`.
        log: PathBuf,
    },
    /// Neither tree nor fragments nor tools have changed: nothing to do.
    UpToDate {
        /// The kernel.
        release: String,
    },
    /// The guest's agent is being built.
    Agent,
    /// A command changes the machine (only `doctor::setup`).
    Running {
        /// The command.
        command: String,
    },
    /// Remains of a run that was cut off are removed.
    Recovering {
        /// What.
        path: PathBuf,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Waiting { cache } => {
                write!(f, "waiting for another run that uses {}", cache.display())
            }
            Event::Listing { from } => write!(f, "fetching the package list of {from}"),
            Event::Downloading { package, percent } => {
                write!(f, "downloading {package} ({percent} %)")
            }
            Event::Unpacking { package, files } => {
                write!(f, "unpacking {package} ({files} files)")
            }
            Event::Configuring { release } => write!(f, "configuring Linux {release}"),
            Event::Unavailable { driver, reason } => write!(f, "{driver} is skipped: {reason}"),
            Event::Compiling {
                done,
                total,
                elapsed,
                object,
            } => {
                let seconds = elapsed.as_secs();
                match total {
                    Total::Counted(total) => write!(f, "{done}/{total} {object} ({seconds} s)"),
                    Total::Guessed(total) => write!(f, "{done}/~{total} {object} ({seconds} s)"),
                    Total::Unknown => write!(f, "{done} {object} ({seconds} s)"),
                }
            }
            Event::Compiled {
                objects, elapsed, ..
            } => write!(f, "built {objects} objects in {} s", elapsed.as_secs()),
            Event::UpToDate { release } => write!(f, "Linux {release} is up to date"),
            Event::Agent => f.write_str("building the guest's agent"),
            Event::Running { command } => write!(f, "running {command}"),
            Event::Recovering { path } => {
                write!(f, "removing what a cut-off run left: {}", path.display())
            }
        }
    }
}
