// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the files of a tree look like from outside: names, sizes and times of
//! modification. Two looks at a tree tell what has changed in between. The
//! content of a file is never read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::cache;
use crate::error::Error;
use crate::fingerprint::Hash;

/// One file from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Bytes.
    pub(crate) size: u64,
    /// Seconds since 1970.
    pub(crate) seconds: i64,
    /// And nanoseconds, below 10⁹.
    pub(crate) nanoseconds: i64,
}

/// How a file differs between two looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It has another size or time; this is the new stamp.
    Modified(String, Stamp),
    /// It was not there before.
    Added(String),
    /// It is no longer there.
    Removed(String),
}

/// All files of a tree that matter, by their path below its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamps(BTreeMap<String, Stamp>);

impl Stamps {
    /// Looks at a tree.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn of(root: &Path) -> Result<Self, Error> {
        let mut stamps = BTreeMap::new();
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
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let stamp = Stamp {
                size: metadata.len(),
                seconds: metadata.mtime(),
                nanoseconds: metadata.mtime_nsec(),
            };
            stamps.insert(below.to_string_lossy().into_owned(), stamp);
        }
        Ok(Stamps(stamps))
    }

    /// A short name for this state. It does not depend on where the tree
    /// lies, so that a faithful copy (`cp -a`) has the same.
    pub(crate) fn name(&self) -> String {
        let mut hash = Hash::new();
        for (path, stamp) in &self.0 {
            hash = hash
                .add(path.as_bytes())
                .add(&stamp.size.to_le_bytes())
                .add(&stamp.seconds.to_le_bytes())
                .add(&stamp.nanoseconds.to_le_bytes());
        }
        hash.text()
    }

    /// What has changed since an earlier look.
    pub(crate) fn since(&self, before: &Self) -> Vec<Change> {
        let mut changes: Vec<Change> = self
            .0
            .iter()
            .filter_map(|(path, stamp)| match before.0.get(path) {
                None => Some(Change::Added(path.clone())),
                Some(old) if old != stamp => Some(Change::Modified(path.clone(), *stamp)),
                Some(_) => None,
            })
            .collect();
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        changes.extend(gone.cloned().map(Change::Removed));
        changes
    }

    /// One line for each file, for [`Stamps::parse`].
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for (path, stamp) in &self.0 {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{} {} {} {path}",
                stamp.size, stamp.seconds, stamp.nanoseconds
            );
        }
        text
    }

    /// Reads what [`Stamps::to_text`] wrote; `None` for anything else.
    pub(crate) fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        let one = |line: &str| {
            let mut words = line.splitn(4, ' ');
            let stamp = Stamp {
                size: words.next()?.parse().ok()?,
                seconds: words.next()?.parse().ok()?,
                nanoseconds: words.next()?.parse().ok()?,
            };
            Some((words.next()?.to_owned(), stamp))
        };
        lines.map(one).collect::<Option<_>>().map(Stamps)
    }
}

/// Whether an entry can affect a UML build. What is left out is most
/// of a tree: documentation, other architectures, and tools; a directory that
/// holds this very workspace is among the latter.
fn matters(root: &Path, entry: &DirEntry) -> bool {
    if !entry.file_type().is_dir() {
        // Why: a commit or a new maintainer must not rebuild a kernel, and
        // editors leave their own files beside ours.
        let name = entry.file_name().to_string_lossy();
        return entry.depth() != 1 || !matches!(name.as_ref(), "MAINTAINERS" | "CREDITS" | ".git");
    }
    let Ok(below) = entry.path().strip_prefix(root) else {
        return true;
    };
    let mut parts = below.iter().map(|part| part.to_string_lossy());
    let (Some(first), second, third) = (parts.next(), parts.next(), parts.next()) else {
        return true;
    };
    if is_output(entry.path()) {
        return false;
    }
    match (first.as_ref(), second.as_deref()) {
        ("Documentation" | "samples" | ".git", _) => false,
        ("arch", Some(arch)) => third.is_some() || matches!(arch, "um" | "x86"),
        ("tools", Some(tool)) => {
            third.is_some() || matches!(tool, "include" | "scripts" | "build" | "lib" | "objtool")
        }
        _ => true,
    }
}

/// Whether a directory holds what was made of sources: by cargo or by us,
/// which mark it (<https://bford.info/cachedir/>), or by kbuild, which links
/// its `O=` to the source.
fn is_output(directory: &Path) -> bool {
    directory.join(cache::TAG).is_file() || directory.join("source").is_symlink()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "drivers/a.c",
            "arch/um/b.c",
            "arch/arm/c.c",
            "tools/testing/d",
            "MAINTAINERS",
        ] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        directory
    }

    #[test]
    fn an_edit_is_a_change_and_reading_is_none() {
        let directory = tree();
        let before = Stamps::of(directory.path()).unwrap();
        assert_eq!(Stamps::of(directory.path()).unwrap(), before);
        fs::write(directory.path().join("drivers/a.c"), "other text").unwrap();
        fs::write(directory.path().join("drivers/new.c"), "").unwrap();
        fs::remove_file(directory.path().join("arch/um/b.c")).unwrap();
        let after = Stamps::of(directory.path()).unwrap();
        assert_ne!(after.name(), before.name());
        let changes = after.since(&before);
        assert!(matches!(&changes[0], Change::Modified(path, stamp)
            if path == "drivers/a.c" && stamp.size == 10));
        assert_eq!(
            changes[1..],
            [
                Change::Added("drivers/new.c".into()),
                Change::Removed("arch/um/b.c".into())
            ]
        );
    }

    #[test]
    fn what_uml_does_not_build_is_ignored() {
        let directory = tree();
        let before = Stamps::of(directory.path()).unwrap();
        fs::write(directory.path().join("arch/arm/c.c"), "other text").unwrap();
        fs::write(directory.path().join("tools/testing/new"), "").unwrap();
        fs::write(directory.path().join("MAINTAINERS"), "other text").unwrap();
        assert_eq!(Stamps::of(directory.path()).unwrap(), before);
    }

    #[test]
    fn what_is_built_inside_a_tree_is_ignored() {
        let directory = tree();
        let before = Stamps::of(directory.path()).unwrap();
        let at = |name: &str| directory.path().join("build").join(name);
        for name in ["cache", "kbuild"] {
            fs::create_dir_all(at(name)).unwrap();
            fs::write(at(name).join("x.o"), "").unwrap();
        }
        assert_ne!(Stamps::of(directory.path()).unwrap(), before);
        cache::tag(&at("cache")).unwrap();
        std::os::unix::fs::symlink("..", at("kbuild/source")).unwrap();
        assert_eq!(Stamps::of(directory.path()).unwrap(), before);
    }

    #[test]
    fn text_is_read_back_and_damaged_text_is_refused() {
        let directory = tree();
        let stamps = Stamps::of(directory.path()).unwrap();
        let text = stamps.to_text();
        assert_eq!(Stamps::parse(text.lines()), Some(stamps));
        assert_eq!(Stamps::parse("1 2".lines()), None);
        assert_eq!(Stamps::parse("1 2 x path".lines()), None);
    }
}
