// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Has anything changed since the last build? A fingerprint answers it
//! without kbuild, which takes many seconds to find that nothing has. It is no
//! cryptographic hash: a cache is not attacked by its owner.

use std::process::Command;

use crate::error::Error;

/// Changes when this crate builds kernels in another way.
const RECIPE: &str = "2";

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

/// The fingerprint of a kernel: the state of its source, merged fragments and
/// tools. Where the source lies and what it is called does not matter: a faithful
/// copy of a tree gives the same kernel.
pub fn of(state: &str, recipe: &str) -> String {
    Hash::new()
        .add(state.as_bytes())
        .add(recipe.as_bytes())
        .text()
}

/// All that makes a kernel beside its source: the merged fragments, the tools,
/// and the way in which this crate uses them.
///
/// # Errors
/// Where there is no compiler.
pub fn recipe(merged: &str) -> Result<String, Error> {
    Ok(Hash::new()
        .add(RECIPE.as_bytes())
        .add(merged.as_bytes())
        .add(tool("gcc")?.as_bytes())
        .add(tool("ld")?.as_bytes())
        .text())
}

/// The hash of a file's content: 32 hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    format!("{:032x}", Hash::new().add(bytes).0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_hash_are_kept_apart() {
        assert_ne!(
            Hash::new().add(b"ab").add(b"c"),
            Hash::new().add(b"a").add(b"bc")
        );
    }
}
