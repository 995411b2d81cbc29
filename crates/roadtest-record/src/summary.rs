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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_with_checkers_is_named_as_one() {
        let mut kernel = KernelIdentity {
            release: "6.12.117".into(),
            source: "debian:6.12".into(),
            config_fingerprint: "0123".into(),
            sanitized: false,
        };
        assert_eq!(kernel.to_string(), "6.12.117 (debian:6.12)");
        kernel.sanitized = true;
        assert_eq!(kernel.to_string(), "6.12.117 (debian:6.12, sanitized)");
    }

    /// Cached kernels and runs of before have no such field.
    #[test]
    fn a_kernel_that_does_not_say_has_no_checkers() {
        let text = r#"{"release":"6.12","source":"debian:6.12","config_fingerprint":"0"}"#;
        let kernel: KernelIdentity = serde_json::from_str(text).unwrap();
        assert!(!kernel.sanitized);
    }
}
