// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where snapshots are and how they are called: `snapshots/<driver>/<test>`,
//! so that a driver's snapshots lie under its path as in the kernel's
//! `drivers/`.

use std::path::Path;

/// Makes `insta` look in the driver's directory, for as long as the guard
/// lives. Before a kernel is chosen there is no version.
pub(super) fn bind(
    snapshots: &Path,
    driver: &str,
    test: &str,
    version: Option<(u32, u32)>,
) -> insta::internals::SettingsBindDropGuard {
    let directory = snapshots.join(driver);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    if let Some(suffix) = version.and_then(|v| version_suffix(&directory, test, v)) {
        settings.set_snapshot_suffix(suffix);
    }
    settings.set_snapshot_path(directory);
    settings.bind_to_scope()
}

/// A snapshot whose content depends on the kernel has one file per content:
/// `<name>.snap` and, say, `<name>@6.1+6.6.snap`, whose suffix lists the
/// versions that it holds for. The one that lists this version is taken.
fn version_suffix(directory: &Path, test: &str, version: (u32, u32)) -> Option<String> {
    let version = format!("{}.{}", version.0, version.1);
    let prefix = format!("{test}@");
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| name.strip_prefix(&prefix)?.strip_suffix(".snap"))
        .find(|versions| versions.split('+').any(|v| v == version))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_lists_the_version_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("reads@6.1+6.6.snap"), "").unwrap();
        std::fs::write(directory.path().join("reads.snap"), "").unwrap();
        let suffix = |version| version_suffix(directory.path(), "reads", version);
        assert_eq!(suffix((6, 6)).as_deref(), Some("6.1+6.6"));
        assert_eq!(suffix((6, 12)), None);
    }
}
