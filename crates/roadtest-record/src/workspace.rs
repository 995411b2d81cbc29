// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where this workspace is while a program runs, which need not be where the
//! program was compiled: a checkout can be moved or copied with its `target/`.
//! Nothing here is fixed at compile time.

use std::path::{Path, PathBuf};

/// The root of the workspace. Of these places, the first that is in a
/// workspace decides:
///
/// 1. the package that cargo or nextest runs the program for
///    (`CARGO_MANIFEST_DIR` in the environment),
/// 2. the current directory,
/// 3. the program's own file, in a `target/` of the workspace.
///
/// `None` where none of them is.
pub fn root() -> Option<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    let places = [package, here, program];
    places.iter().flatten().find_map(|place| root_above(place))
}

/// The workspace that a file or directory is in.
pub fn root_above(place: &Path) -> Option<PathBuf> {
    place
        .ancestors()
        .find(|directory| is_root(directory))
        .map(Path::to_owned)
}

fn is_root(directory: &Path) -> bool {
    directory.join("xtask/Cargo.toml").is_file() && directory.join("Cargo.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_workspace_is_found_from_within() {
        let copy = std::env::temp_dir().join(format!("record-workspace-{}", std::process::id()));
        let package = copy.join("crates/a");
        for directory in [&package, &copy.join("xtask")] {
            std::fs::create_dir_all(directory).unwrap();
            std::fs::write(directory.join("Cargo.toml"), "").unwrap();
        }
        assert_eq!(root_above(&package), None);
        std::fs::write(copy.join("Cargo.toml"), "").unwrap();
        let program = copy.join("target/debug/deps/a-0123");
        for place in [&copy, &package, &program] {
            assert_eq!(root_above(place).as_ref(), Some(&copy), "{place:?}");
        }
        std::fs::remove_dir_all(&copy).unwrap();
    }

    #[test]
    fn the_workspace_of_this_test_is_the_one_it_is_run_in() {
        let root = root().unwrap();
        assert!(root.join("crates/roadtest-record/Cargo.toml").is_file());
    }
}
