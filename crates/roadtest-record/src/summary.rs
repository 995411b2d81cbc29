// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a run leaves behind: `summary.json`.

use serde::{Deserialize, Serialize};

use crate::test::Record;

/// What a run leaves behind: `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// `1`.
    pub schema: u32,
    /// The kernel that the tests ran on.
    pub kernel: KernelIdentity,
    /// Every test, sorted by name.
    pub tests: Vec<Record>,
}

/// The kernel that the tests ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelIdentity {
    /// `6.12.117`.
    pub release: String,
    /// `debian:6.12`, or the path of a tree.
    pub source: String,
    /// A hash of tree, fragments and toolchain.
    pub config_fingerprint: String,
    /// Whether the kernel's own checkers are built in.
    #[serde(default)]
    pub sanitized: bool,
}

/// `6.12.117 (debian:6.12)`, or `6.12.117 (debian:6.12, sanitized)`.
impl std::fmt::Display for KernelIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checkers = if self.sanitized { ", sanitized" } else { "" };
        write!(f, "{} ({}{checkers})", self.release, self.source)
    }
}
