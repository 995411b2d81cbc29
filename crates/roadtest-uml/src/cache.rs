// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where sources and builds are kept, and who may write there.
//!
//! - `src/NAME/`: unpacked sources, complete or absent.
//! - `build/KEY/`: kbuild's output directory for one source tree.
//! - `out/FINGERPRINT/`: finished kernels, never changed afterwards.
//! - `apt/`: apt's directories.
//!
//! Anything whose name ends in `.part` is unfinished and removed by the next
//! run.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Error;
use crate::progress::{Event, Progress};

/// Marks a directory as one that can be made again: backups leave it out, and
/// so do we where it lies in a kernel tree (<https://bford.info/cachedir/>).
pub(crate) const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory is a cache of roadtest (https://bford.info/cachedir/).\n";

/// How many finished kernels are kept.
const KEPT: usize = 12;

/// Where sources and builds are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// As long as it lives, no other process writes to the cache.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Cache {
    /// `$ROADTEST_CACHE`, else `$XDG_CACHE_HOME/roadtest`, else
    /// `~/.cache/roadtest`.
    ///
    /// # Errors
    /// [`Error::NoCache`] where no variable is set to an absolute path.
    pub fn of_user() -> Result<Self, Error> {
        let absolute = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        if let Some(directory) = absolute("ROADTEST_CACHE") {
            return Ok(Cache::at(&directory));
        }
        absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .map(|directory| Cache::at(&directory.join("roadtest")))
            .ok_or(Error::NoCache)
    }

    /// A cache in a directory, which need not exist yet.
    pub fn at(root: &Path) -> Self {
        Cache {
            root: root.to_owned(),
        }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn sources(&self, name: &str) -> PathBuf {
        self.root.join("src").join(name)
    }

    pub(crate) fn build(&self, key: &str) -> PathBuf {
        self.root.join("build").join(key)
    }

    pub(crate) fn out(&self, fingerprint: &str) -> PathBuf {
        self.root.join("out").join(fingerprint)
    }

    pub(crate) fn apt(&self) -> PathBuf {
        self.root.join("apt")
    }

    /// Waits until no other process uses the cache, and says so where it has
    /// to wait; then removes what a cut-off run left.
    ///
    /// # Errors
    /// Where the cache cannot be created or locked.
    pub fn lock(&self, progress: &mut dyn Progress) -> Result<Lock, Error> {
        fs::create_dir_all(&self.root).map_err(Error::io("create", &self.root))?;
        tag(&self.root)?;
        let path = self.root.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.event(&Event::Waiting {
                    cache: self.root.clone(),
                });
                file.lock().map_err(Error::io("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
        self.recover(progress)?;
        Ok(Lock { _file: file })
    }

    fn recover(&self, progress: &mut dyn Progress) -> Result<(), Error> {
        for directory in ["src", "build", "out"] {
            for path in list(&self.root.join(directory)) {
                if path.extension().is_some_and(|ext| ext == "part") {
                    progress.event(&Event::Recovering { path: path.clone() });
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the oldest finished kernels.
    pub(crate) fn prune(&self) -> Result<(), Error> {
        prune(&self.root.join("out"), KEPT)
    }
}

/// Marks a directory as a cache.
pub(crate) fn tag(directory: &Path) -> Result<(), Error> {
    let path = directory.join(TAG);
    if path.exists() {
        Ok(())
    } else {
        fs::write(&path, TAG_TEXT).map_err(Error::io("write", &path))
    }
}

/// Marks a directory as used, so that [`prune`] takes others first.
pub(crate) fn touch(directory: &Path) {
    // A mark that cannot be set costs a rebuild some day, no more.
    let _ = File::open(directory).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Keeps the `kept` newest entries of a directory.
pub(crate) fn prune(directory: &Path, kept: usize) -> Result<(), Error> {
    let mut entries: Vec<_> = list(directory)
        .into_iter()
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    entries.sort();
    let surplus = entries.len().saturating_sub(kept);
    entries
        .drain(..surplus)
        .try_for_each(|(_, path)| remove(&path))
}

/// The entries of a directory; none where it does not exist.
pub(crate) fn list(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// Removes a file or directory, if there is one.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// An unfinished sibling of `path`, for [`finish`]; whatever was there is
/// removed.
pub(crate) fn draft(path: &Path) -> Result<PathBuf, Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let draft = path.with_file_name(name);
    remove(&draft)?;
    fs::create_dir_all(&draft).map_err(Error::io("create", &draft))?;
    Ok(draft)
}

/// Makes a draft the real thing.
pub(crate) fn finish(draft: &Path, path: &Path) -> Result<(), Error> {
    remove(path)?;
    fs::rename(draft, path).map_err(Error::io("rename", draft))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_a_cut_off_run_left_is_removed_and_named() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let half = draft(&cache.sources("debian-6.12")).unwrap();
        fs::write(half.join("file"), "").unwrap();
        let whole = cache.sources("debian-6.1");
        fs::create_dir_all(&whole).unwrap();
        let mut events = Vec::new();
        let _lock = cache.lock(&mut |event: &Event| events.push(event.clone()));
        assert_eq!(events, [Event::Recovering { path: half.clone() }]);
        assert!(!half.exists() && whole.exists());
    }

    #[test]
    fn the_second_user_of_a_cache_waits_and_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let first = cache.lock(&mut |_: &Event| {}).unwrap();
        let (said, heard) = mpsc::channel();
        let second = std::thread::spawn({
            let cache = cache.clone();
            move || cache.lock(&mut |event: &Event| said.send(event.clone()).unwrap())
        });
        let waiting = Event::Waiting {
            cache: directory.path().to_owned(),
        };
        assert_eq!(heard.recv().unwrap(), waiting);
        drop(first);
        second.join().unwrap().unwrap();
    }

    #[test]
    fn a_draft_replaces_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("thing");
        for content in ["old", "new"] {
            let draft = draft(&path).unwrap();
            fs::write(draft.join("file"), content).unwrap();
            finish(&draft, &path).unwrap();
        }
        assert_eq!(fs::read_to_string(path.join("file")).unwrap(), "new");
        assert_eq!(list(directory.path()), [path]);
    }

    #[test]
    fn only_the_newest_entries_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        for (age, name) in ["c", "a", "b"].iter().enumerate() {
            let path = directory.path().join(name);
            let seconds = 1000 - u64::try_from(age).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            File::create(&path).unwrap().set_modified(time).unwrap();
        }
        prune(directory.path(), 2).unwrap();
        assert!(!directory.path().join("b").exists());
        assert_eq!(list(directory.path()).len(), 2);
    }
}
