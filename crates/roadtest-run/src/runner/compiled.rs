// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Whether the driver tests are compiled already. Cargo knows, and takes a
//! fifth of a second to say so, which is most of what running one test takes.
//! Nothing that it would look at has changed where every file that goes into
//! the tests is as old and as long as when it compiled them last. Where that
//! is in doubt in any way, cargo is asked.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

/// Where the last compilation is noted, below the workspace.
const NOTE: &str = "target/roadtest/compiled.json";

/// What goes into the tests, besides libraries, whose versions are in the lock
/// file and whose sources never change.
const SOURCES: [&str; 5] = [
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    "rust-toolchain.toml",
];

/// Variables that cargo or a compiler listens to.
const VARIABLES: [&str; 6] = ["AR", "CC", "CFLAGS", "PATH", "RUSTUP_TOOLCHAIN", "CARGO"];
/// The same, by how they start.
const PREFIXES: [&str; 5] = [
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "RUST",
];
/// Of those, what has nothing to do with a compilation.
const RUN_TIME: [&str; 3] = [
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_RECURSION_COUNT",
];

/// A compilation.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// The workspace: one that was moved or copied is another one.
    root: PathBuf,
    /// The compiled tests.
    binary: PathBuf,
    /// What they were compiled with.
    environment: BTreeMap<String, String>,
    /// What they were compiled from, and the tests themselves.
    files: BTreeMap<PathBuf, Stamp>,
}

/// What a file looks like from outside.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    /// When its content changed last, in nanoseconds since 1970.
    changed: i128,
    /// When anything about it changed last: a copy that keeps the other time
    /// shows here.
    touched: i128,
    /// In bytes.
    len: u64,
    /// A file that takes another one's place has another number.
    inode: u64,
}

impl Note {
    fn take(root: &Path, binary: &Path) -> Option<Self> {
        let mut files = BTreeMap::new();
        for source in SOURCES {
            let path = root.join(source);
            if !path.exists() {
                continue;
            }
            for entry in WalkDir::new(path) {
                let entry = entry.ok()?;
                if entry.file_type().is_file() {
                    let stamp = Stamp::of(entry.path())?;
                    files.insert(entry.into_path(), stamp);
                }
            }
        }
        files.insert(binary.to_owned(), Stamp::of(binary)?);
        Some(Self {
            root: root.to_owned(),
            binary: binary.to_owned(),
            environment: environment(),
            files,
        })
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        let ns = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Some(Self {
            changed: ns(about.mtime(), about.mtime_nsec()),
            touched: ns(about.ctime(), about.ctime_nsec()),
            len: about.len(),
            inode: about.ino(),
        })
    }
}

fn environment() -> BTreeMap<String, String> {
    let counts = |name: &str| {
        let known = VARIABLES.contains(&name) || PREFIXES.iter().any(|one| name.starts_with(one));
        known && !RUN_TIME.contains(&name)
    };
    std::env::vars().filter(|(name, _)| counts(name)).collect()
}

/// The tests, where they are compiled and nothing has changed since.
pub(crate) fn known(root: &Path) -> Option<PathBuf> {
    let last: Note = roadtest_record::load(&root.join(NOTE)).ok()?;
    let now = Note::take(root, &last.binary)?;
    (now == last).then_some(now.binary)
}

/// Notes what cargo has just compiled, from the files that `before` saw. Where
/// one was saved meanwhile, or the note cannot be written, cargo is asked again
/// next time.
pub(crate) fn remember(root: &Path, binary: &Path, before: &Sources) {
    if let Some(note) = Note::take(root, binary)
        && before.are_in(&note)
    {
        drop(roadtest_record::store(&root.join(NOTE), &note));
    }
}

/// The sources at one moment.
pub(crate) struct Sources(Option<BTreeMap<PathBuf, Stamp>>);

impl Sources {
    /// Those of now.
    pub(crate) fn now(root: &Path) -> Self {
        // Any file does for the tests: it is not looked at.
        Self(Note::take(root, &root.join("Cargo.toml")).map(|note| note.files))
    }

    fn are_in(&self, note: &Note) -> bool {
        let lock = note.root.join("Cargo.lock");
        let same = |files: &BTreeMap<PathBuf, Stamp>| {
            let mut sources = note.files.iter().filter(|(path, _)| **path != note.binary);
            // Cargo writes the lock file itself.
            sources.all(|(path, stamp)| *path == lock || files.get(path) == Some(stamp))
        };
        self.0.as_ref().is_some_and(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(directory.path().join("crates")).expect("made");
        for name in ["Cargo.toml", "crates/a.rs", "drivers"] {
            std::fs::write(directory.path().join(name), "one").expect("written");
        }
        let binary = directory.path().join("drivers");
        (directory, binary)
    }

    #[test]
    fn what_is_compiled_is_known_until_a_file_changes() {
        let (directory, binary) = workspace();
        let root = directory.path();
        let compile = || remember(root, &binary, &Sources::now(root));
        assert_eq!(known(root), None);
        compile();
        assert_eq!(known(root).as_ref(), Some(&binary));
        std::fs::write(root.join("crates/a.rs"), "two").expect("written");
        assert_eq!(known(root), None);
        compile();
        assert!(known(root).is_some());
        std::fs::write(root.join("crates/b.rs"), "").expect("written");
        assert_eq!(known(root), None);
        compile();
        std::fs::remove_file(root.join("crates/b.rs")).expect("removed");
        assert_eq!(known(root), None);
        compile();
        std::fs::write(&binary, "other").expect("written");
        assert_eq!(known(root), None);
    }

    #[test]
    fn a_file_that_was_saved_during_the_compilation_is_not_taken_for_compiled() {
        let (directory, binary) = workspace();
        let root = directory.path();
        let before = Sources::now(root);
        std::fs::write(root.join("crates/a.rs"), "two").expect("written");
        remember(root, &binary, &before);
        assert_eq!(known(root), None);
    }

    #[test]
    fn a_workspace_that_was_moved_is_another_one() {
        let (directory, binary) = workspace();
        remember(directory.path(), &binary, &Sources::now(directory.path()));
        let other = tempfile::tempdir().expect("a directory");
        let moved = other.path().join("moved");
        std::fs::rename(directory.path(), &moved).expect("moved");
        assert_eq!(known(&moved), None);
        std::fs::rename(&moved, directory.path()).expect("moved back");
    }
}
