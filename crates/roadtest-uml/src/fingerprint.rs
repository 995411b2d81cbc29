// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Has anything changed since the last build? A fingerprint answers it
//! without kbuild, which takes many seconds to find that nothing has. It is no
//! cryptographic hash: nobody attacks their own cache.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use walkdir::{DirEntry, WalkDir};

use crate::error::Error;
use crate::source::{Origin, Source};

/// Changes when this crate builds kernels in another way.
const RECIPE: &str = "1";

/// The 128-bit FNV-1a hash (draft-eastlake-fnv).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash(u128);

impl Hash {
    pub(crate) fn new() -> Self {
        Hash(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    pub(crate) fn add(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
        // Why: `ab` and `c` must differ from `a` and `bc`.
        self.0 = (self.0 ^ 0x100).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        self
    }

    /// Half of the hash, which is plenty and reads better in paths.
    pub(crate) fn short(self) -> u64 {
        let bytes = self.0.to_le_bytes();
        let (low, high) = bytes.split_at(8);
        low.iter()
            .zip(high)
            .fold(0, |sum, (a, b)| (sum << 8) | u64::from(a ^ b))
    }

    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.short())
    }
}

/// The fingerprint of a kernel: source, merged fragments and tools.
///
/// # Errors
/// Where the tree cannot be read, or there is no compiler.
pub fn of(source: &Source, merged: &str) -> Result<String, Error> {
    let state = match &source.origin {
        Origin::Package { version } => version.clone(),
        Origin::Tree => format!("{:032x}", tree_state(&source.tree)?),
    };
    Ok(Hash::new()
        .add(RECIPE.as_bytes())
        .add(source.name.as_bytes())
        .add(state.as_bytes())
        .add(merged.as_bytes())
        .add(tool("gcc")?.as_bytes())
        .add(tool("ld")?.as_bytes())
        .text())
}

fn tool(name: &str) -> Result<String, Error> {
    let output = Command::new(name)
        .arg("--version")
        .env("LC_ALL", "C")
        .output()
        .map_err(|source| Error::Start {
            command: format!("{name} --version"),
            source,
        })?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned())
}

/// What the files of a tree look like from outside: names, sizes and times.
/// The order does not matter, so that nothing has to be sorted.
fn tree_state(root: &Path) -> Result<u128, Error> {
    let mut sum: u128 = 0;
    let walk = WalkDir::new(root)
        .into_iter()
        .filter_entry(|e| matters(root, e));
    for entry in walk {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            Error::io("read", &path)(error.into())
        })?;
        if entry.file_type().is_dir() {
            continue;
        }
        let metadata = entry
            .metadata()
            .map_err(|error| Error::io("read", entry.path())(error.into()))?;
        let path = entry.path().as_os_str().as_encoded_bytes();
        let hash = Hash::new()
            .add(path)
            .add(&metadata.len().to_le_bytes())
            .add(&metadata.mtime().to_le_bytes())
            .add(&metadata.mtime_nsec().to_le_bytes());
        sum = sum.wrapping_add(hash.0);
    }
    Ok(sum)
}

/// Whether an entry can have a say in a UML build. What is left out is most
/// of a tree: documentation, other architectures, and tools; a folder that
/// holds this very workspace is among the latter.
fn matters(root: &Path, entry: &DirEntry) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    let Ok(below) = entry.path().strip_prefix(root) else {
        return true;
    };
    let mut parts = below.iter().map(|part| part.to_string_lossy());
    let (Some(first), second, third) = (parts.next(), parts.next(), parts.next()) else {
        return true;
    };
    match (first.as_ref(), second.as_deref()) {
        ("Documentation" | "samples" | ".git", _) => false,
        ("arch", Some(arch)) => third.is_some() || matches!(arch, "um" | "x86"),
        ("tools", Some(tool)) => {
            third.is_some() || matches!(tool, "include" | "scripts" | "build" | "lib" | "objtool")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "drivers/a.c",
            "arch/um/b.c",
            "arch/arm/c.c",
            "tools/testing/d",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        folder
    }

    #[test]
    fn an_edit_changes_the_state_and_reading_does_not() {
        let folder = tree();
        let before = tree_state(folder.path()).unwrap();
        assert_eq!(tree_state(folder.path()).unwrap(), before);
        fs::write(folder.path().join("drivers/a.c"), "other text").unwrap();
        assert_ne!(tree_state(folder.path()).unwrap(), before);
    }

    #[test]
    fn what_uml_does_not_build_has_no_say() {
        let folder = tree();
        let before = tree_state(folder.path()).unwrap();
        fs::write(folder.path().join("arch/arm/c.c"), "other text").unwrap();
        fs::write(folder.path().join("tools/testing/new"), "").unwrap();
        assert_eq!(tree_state(folder.path()).unwrap(), before);
        fs::write(folder.path().join("arch/um/b.c"), "other text").unwrap();
        assert_ne!(tree_state(folder.path()).unwrap(), before);
    }

    #[test]
    fn the_parts_of_a_hash_are_kept_apart() {
        assert_ne!(
            Hash::new().add(b"ab").add(b"c"),
            Hash::new().add(b"a").add(b"bc")
        );
    }
}
