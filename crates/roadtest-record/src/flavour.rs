// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How a kernel is built, booted and asked at the end of a test, beyond what
//! the drivers under test need: its flavour. Only the data is here; which
//! flavours there are is in `roadtest-uml`.

use serde::{Deserialize, Serialize};

/// What a kernel is asked for when a test is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// Memory that nothing points to any more (`mm/kmemleak.c`).
    Kmemleak,
}

/// How a kernel is built, booted and asked at the end of a test. The default
/// is the plain one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flavour {
    /// One word for people and reports: `plain`, `sanitized`.
    pub name: String,
    /// The fragments at the top of `kconfig-fragments/` that are merged beside
    /// those of every kernel, without `.config`.
    pub fragments: Vec<String>,
    /// Variables for every call of `make`: `KCFLAGS=-g`.
    pub make: Vec<String>,
    /// The guest's memory in MiB, unless the board says otherwise.
    pub memory_mib: u32,
    /// Parameters on the kernel's command line, before those of the board.
    pub parameters: Vec<String>,
    /// How many times longer than a plain kernel it may do nothing on the
    /// host's clock before the watchdog ends the test.
    pub watchdog_factor: u32,
    /// What the kernel is asked for when a test is over, in this order.
    pub collectors: Vec<Collector>,
}

/// The name of the plain flavour.
pub const PLAIN: &str = "plain";
/// The name of the flavour with the kernel's own checkers built in.
pub const SANITIZED: &str = "sanitized";

impl Default for Flavour {
    fn default() -> Self {
        Self {
            name: PLAIN.to_owned(),
            fragments: Vec::new(),
            make: Vec::new(),
            memory_mib: 64,
            parameters: Vec::new(),
            watchdog_factor: 1,
            collectors: Vec::new(),
        }
    }
}

impl Flavour {
    /// Whether the kernel's own checkers are built in: KASAN, UBSAN, lockdep
    /// and others.
    pub fn is_sanitized(&self) -> bool {
        self.name == SANITIZED
    }

    /// Whether the kernel is asked for this when a test is over.
    pub fn collects(&self, collector: Collector) -> bool {
        self.collectors.contains(&collector)
    }
}
