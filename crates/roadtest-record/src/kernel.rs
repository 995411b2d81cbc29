// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A kernel that has been built and can be booted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::flavour::Flavour;
use crate::summary::KernelIdentity;

/// Where the tests look for [`Kernel`], below the workspace root.
pub const MANIFEST: &str = "target/roadtest/kernel.json";

/// Names another manifest than [`MANIFEST`].
pub const MANIFEST_ENV: &str = "ROADTEST_KERNEL";

/// A kernel that has been built and can be booted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// `1`.
    pub schema: u32,
    /// `6.12.117`, as `uname -r` in the guest says it.
    pub release: String,
    /// Where the source came from: `debian:6.12`, or the path of a tree.
    pub source: String,
    /// A hash of tree, fragments and toolchain.
    pub config_fingerprint: String,
    /// How it was built, and how it is booted and asked.
    #[serde(default)]
    pub flavour: Flavour,
    /// The UML executable.
    pub linux: PathBuf,
    /// The directory that the guest sees as its root, read-only: the agent as
    /// `init`, modules under `modules/`, and empty mount points. In the
    /// manifest it is relative to the manifest's directory, so that a checkout
    /// can be moved or copied.
    pub guest_root: PathBuf,
    /// The library to preload into it, where this host needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preload: Option<PathBuf>,
    /// The modules by name, with `-` written as `_`.
    pub modules: BTreeMap<String, Module>,
    /// The drivers whose tests cannot run, with the reason: the key is the
    /// path of the fragment (`iio/light/opt3001`).
    pub unavailable: BTreeMap<String, String>,
}

/// A loadable module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// The file, relative to [`Kernel::guest_root`]: `modules/opt3001.ko`.
    pub file: PathBuf,
    /// The modules that must be loaded before, in any order, by name.
    pub depends: Vec<String>,
    /// The patterns that the module claims, with `*` and `?`:
    /// `of:N*T*Cti,opt3001`.
    pub aliases: Vec<String>,
}

impl Kernel {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds something else.
    pub fn load(manifest: &Path) -> Result<Self, Error> {
        let mut kernel: Self = crate::load(manifest)?;
        let directory = manifest.parent().unwrap_or(Path::new(""));
        kernel.guest_root = directory.join(kernel.guest_root);
        Ok(kernel)
    }

    /// Writes a manifest.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn store(&self, manifest: &Path) -> Result<(), Error> {
        let directory = manifest.parent().unwrap_or(Path::new(""));
        let root = self.guest_root.strip_prefix(directory);
        let stored = Self {
            guest_root: root.unwrap_or(&self.guest_root).to_owned(),
            ..self.clone()
        };
        crate::store(manifest, &stored)
    }

    /// What a run says of its kernel.
    pub fn identity(&self) -> KernelIdentity {
        KernelIdentity {
            release: self.release.clone(),
            source: self.source.clone(),
            config_fingerprint: self.config_fingerprint.clone(),
            flavour: self.flavour.name.clone(),
        }
    }

    /// Major and minor version: `(6, 12)`.
    pub fn version(&self) -> (u32, u32) {
        let (major, minor, _) = self.numbers();
        (major, minor)
    }

    /// Major and minor version and patch level: `(6, 12, 117)`. A kernel
    /// without a patch level has 0.
    pub fn numbers(&self) -> (u32, u32, u32) {
        let mut numbers = self
            .release
            .split(['.', '-'])
            .map(|part| part.parse().unwrap_or(0));
        let mut number = || numbers.next().unwrap_or(0);
        (number(), number(), number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kernels in the cache and manifests of before name no flavour.
    #[test]
    fn a_manifest_without_a_flavour_is_that_of_a_plain_kernel() {
        let text = r#"{"schema":1,"release":"6.12.1","source":"debian:6.12",
            "config_fingerprint":"0","sanitized":false,"linux":"linux","guest_root":"",
            "modules":{},"unavailable":{}}"#;
        let kernel: Kernel = serde_json::from_str(text).unwrap();
        assert_eq!(kernel.flavour, Flavour::default());
    }

    #[test]
    fn a_release_has_three_numbers_whatever_follows() {
        let numbers = |release: &str| {
            let text = format!(
                r#"{{"schema":1,"release":"{release}","source":"","config_fingerprint":"",
                "linux":"","guest_root":"","modules":{{}},"unavailable":{{}}}}"#
            );
            let kernel: Kernel = serde_json::from_str(&text).unwrap();
            assert_eq!(kernel.version(), (kernel.numbers().0, kernel.numbers().1));
            kernel.numbers()
        };
        assert_eq!(numbers("6.1.172"), (6, 1, 172));
        assert_eq!(numbers("6.12.117-1~deb12u1"), (6, 12, 117));
        assert_eq!(numbers("7.3-rc4"), (7, 3, 0));
        assert_eq!(numbers("7.3.4-rt1"), (7, 3, 4));
    }
}
