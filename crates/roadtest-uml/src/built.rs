// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A finished kernel in the cache. Building one is in `prepare`.

use std::path::PathBuf;

use roadtest_record::flavour::Flavour;
use roadtest_record::kernel::Kernel;

use crate::cache::{self, Cache};
use crate::source::Source;

/// A kernel in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The kernel. Its guest root is not laid out yet.
    pub kernel: Kernel,
    /// Where its files are: `linux`, `config`, and `modules/`.
    pub directory: PathBuf,
}

impl Built {
    /// A kernel with this fingerprint, if it has been built, be it from another
    /// copy of the source.
    pub(crate) fn find(
        cache: &Cache,
        fingerprint: &str,
        source: &Source,
        flavour: &Flavour,
    ) -> Option<Self> {
        let directory = cache.out(fingerprint);
        let mut kernel: Kernel = roadtest_record::load(&directory.join("kernel.json")).ok()?;
        kernel.source.clone_from(&source.name);
        // Why not the one of before: how a kernel is booted is not part of it.
        kernel.flavour.clone_from(flavour);
        if !kernel.linux.is_file() {
            return None;
        }
        cache::touch(&directory);
        Some(Self { kernel, directory })
    }
}
