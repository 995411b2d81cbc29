// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A kernel that has been built and can be booted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
    /// Whether the kernel's own checkers are built in
    /// (`kconfig-fragments/sanitize.config`): it needs more memory then, and
    /// more time on the host's clock.
    #[serde(default)]
    pub sanitized: bool,
    /// The UML executable.
    pub linux: PathBuf,
    /// The folder that the guest sees as its root, read-only: the agent as
    /// `init`, modules under `modules/`, and empty mount points.
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
    /// What a run says of its kernel.
    pub fn identity(&self) -> KernelIdentity {
        KernelIdentity {
            release: self.release.clone(),
            source: self.source.clone(),
            config_fingerprint: self.config_fingerprint.clone(),
            sanitized: self.sanitized,
        }
    }

    /// Major and minor version: `(6, 12)`.
    pub fn version(&self) -> (u32, u32) {
        let mut numbers = self
            .release
            .split(['.', '-'])
            .map(|part| part.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}
