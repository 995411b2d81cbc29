// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where sources and builds are kept, and who may write there.
//!
//! - `src/NAME/`: unpacked sources, complete or absent.
//! - `build/KEY/`: kbuild's output folder for one source tree.
//! - `out/FINGERPRINT/`: finished kernels, never changed afterwards.
//! - `apt/`: apt's folders.
//!
//! Anything whose name ends in `.part` is unfinished and removed by the next
//! run.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::progress::{Event, Progress};

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
    /// `$XDG_CACHE_HOME/roadtest`, else `~/.cache/roadtest`.
    ///
    /// # Errors
    /// [`Error::NoCache`] where neither variable is set to an absolute path.
    pub fn of_user() -> Result<Self, Error> {
        let absolute = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .map(|folder| Cache::at(&folder.join("roadtest")))
            .ok_or(Error::NoCache)
    }

    /// A cache in a folder, which need not exist yet.
    pub fn at(root: &Path) -> Self {
        Cache {
            root: root.to_owned(),
        }
    }

    /// The folder.
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
        for folder in ["src", "build", "out"] {
            for path in list(&self.root.join(folder)) {
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

/// Keeps the `kept` newest entries of a folder.
pub(crate) fn prune(folder: &Path, kept: usize) -> Result<(), Error> {
    let mut entries: Vec<_> = list(folder)
        .into_iter()
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    entries.sort();
    let surplus = entries.len().saturating_sub(kept);
    entries
        .drain(..surplus)
        .try_for_each(|(_, path)| remove(&path))
}

/// The entries of a folder; none where it does not exist.
pub(crate) fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// Removes a file or folder, if there is one.
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
