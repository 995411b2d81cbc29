// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a run leaves behind: `summary.json`.

use serde::{Deserialize, Serialize};

use crate::flavour::PLAIN;
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
    /// The name of its flavour: `plain`, `sanitized`.
    #[serde(default = "plain")]
    pub flavour: String,
}

fn plain() -> String {
    PLAIN.to_owned()
}

/// `6.12.117 (debian:6.12)`, or `6.12.117 (debian:6.12, sanitized)`.
impl std::fmt::Display for KernelIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}", self.release, self.source)?;
        match &*self.flavour {
            PLAIN => write!(f, ")"),
            flavour => write!(f, ", {flavour})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flavour::SANITIZED;

    #[test]
    fn a_kernel_is_named_with_its_flavour() {
        let mut kernel = KernelIdentity {
            release: "6.12.117".into(),
            source: "debian:6.12".into(),
            config_fingerprint: "0123".into(),
            flavour: plain(),
        };
        assert_eq!(kernel.to_string(), "6.12.117 (debian:6.12)");
        kernel.flavour = SANITIZED.into();
        assert_eq!(kernel.to_string(), "6.12.117 (debian:6.12, sanitized)");
    }

    /// Cached kernels and runs of before have no such field.
    #[test]
    fn a_kernel_that_does_not_say_is_a_plain_one() {
        let text = r#"{"release":"6.12","source":"debian:6.12","config_fingerprint":"0"}"#;
        let kernel: KernelIdentity = serde_json::from_str(text).unwrap();
        assert_eq!(kernel.flavour, PLAIN);
    }
}
