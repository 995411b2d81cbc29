// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which kernel tree, and is it one? A tree of the user's is only read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::apt;
use crate::cache::{self, Cache};
use crate::error::Error;
use crate::package::Package;
use crate::progress::Progress;
use crate::stamps::Stamps;

/// The kernel that is taken where none is named.
pub const DEFAULT: &str = "debian:6.12";

/// The first kernel whose UML reads a devicetree.
const OLDEST: (u32, u32) = (5, 19);

/// Which kernel is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A tree on this machine.
    Tree(PathBuf),
    /// A source package.
    Package(Package),
}

/// A kernel tree that can be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `debian:6.12`, or the path.
    pub name: String,
    /// The tree.
    pub tree: PathBuf,
    /// What the top-level Makefile says: `6.12.117`.
    pub version: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a tree came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user gave it; it may change at any time.
    Tree,
    /// Unpacked by us. Edits to it are not noticed: copy it instead.
    Package {
        /// The version of the package: `6.12.117-1~deb12u1`.
        version: String,
    },
}

/// What a source looks like now.
pub(crate) struct State {
    /// A short name for it: another one after each edit, the same one for a
    /// faithful copy.
    pub(crate) name: String,
    /// The files, where they may change.
    pub(crate) stamps: Option<Stamps>,
}

impl Source {
    /// Looks at the source. One that we unpacked is looked at once, and the
    /// name of its state kept beside it.
    ///
    /// # Errors
    /// Where the tree cannot be read.
    pub(crate) fn state(&self) -> Result<State, Error> {
        let Origin::Package { version } = &self.origin else {
            let stamps = Stamps::of(&self.tree)?;
            return Ok(State {
                name: stamps.name(),
                stamps: Some(stamps),
            });
        };
        let path = self.tree.with_file_name("STATE");
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if let Some(name) = kept.trim().strip_prefix(&format!("{version} ")) {
            return Ok(State {
                name: name.to_owned(),
                stamps: None,
            });
        }
        let name = Stamps::of(&self.tree)?.name();
        // Why the process id: two runs may come here at once.
        let draft = path.with_extension(std::process::id().to_string());
        fs::write(&draft, format!("{version} {name}\n")).map_err(Error::io("write", &draft))?;
        fs::rename(&draft, &path).map_err(Error::io("rename", &draft))?;
        Ok(State { name, stamps: None })
    }
}

impl Wanted {
    /// Decides: `ksrc` (a path) if given, else `kernel` (`debian:…`) if given,
    /// else the tree that `workspace` lies in, else [`DEFAULT`].
    ///
    /// # Errors
    /// [`Error::Name`] for a malformed `kernel`.
    pub fn choose(
        ksrc: Option<&Path>,
        kernel: Option<&str>,
        workspace: &Path,
    ) -> Result<Self, Error> {
        if let Some(path) = ksrc {
            return Ok(Wanted::Tree(path.to_owned()));
        }
        if let Some(name) = kernel {
            return name.parse().map(Wanted::Package);
        }
        match enclosing(workspace) {
            Some(tree) => Ok(Wanted::Tree(tree)),
            None => DEFAULT.parse().map(Wanted::Package),
        }
    }
}

/// Where this framework is in a kernel tree.
pub const DIRECTORY: &str = "tools/testing/roadtest";

/// The kernel tree whose [`DIRECTORY`] is `workspace` or encloses it.
pub fn enclosing(workspace: &Path) -> Option<PathBuf> {
    workspace.ancestors().find_map(|directory| {
        let tree = directory
            .ends_with(DIRECTORY)
            .then(|| directory.ancestors().nth(3))??;
        tree.join("Kconfig").is_file().then(|| tree.to_owned())
    })
}

/// The source, if it is on this machine already.
///
/// # Errors
/// Where a tree was named that cannot be used.
pub fn cached(wanted: &Wanted, cache: &Cache) -> Result<Option<Source>, Error> {
    match wanted {
        Wanted::Tree(path) => {
            let tree = fs::canonicalize(path).map_err(Error::io("find the kernel tree", path))?;
            let version = check(&tree)?;
            Ok(Some(Source {
                name: tree.display().to_string(),
                tree,
                version,
                origin: Origin::Tree,
            }))
        }
        Wanted::Package(package) => {
            let directory = directory(package, cache);
            let Ok(version) = fs::read_to_string(directory.join("VERSION")) else {
                return Ok(None);
            };
            let tree = directory.join("linux");
            Ok(Some(Source {
                name: package.to_string(),
                version: check(&tree)?,
                tree,
                origin: Origin::Package {
                    version: version.trim().to_owned(),
                },
            }))
        }
    }
}

/// The source; a package is downloaded and unpacked where it is not there
/// yet. The cache must be locked.
///
/// # Errors
/// Where a tree cannot be used, or a package cannot be had: no network, no
/// such package, no room.
pub fn obtain(
    wanted: &Wanted,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Source, Error> {
    if let Some(source) = cached(wanted, cache)? {
        return Ok(source);
    }
    if let Wanted::Package(package) = wanted {
        let directory = directory(package, cache);
        let draft = cache::draft(&directory)?;
        let fetched = fetch(package, cache, &draft, progress);
        if let Err(error) = fetched {
            // Why: room on a full disk must be freed; the first error matters.
            let _ = cache::remove(&draft);
            return Err(error);
        }
        cache::finish(&draft, &directory)?;
    }
    cached(wanted, cache)?.ok_or_else(|| Error::NotLinux {
        path: cache.root().to_owned(),
        found: "the package has unpacked to nothing".to_owned(),
    })
}

fn directory(package: &Package, cache: &Cache) -> PathBuf {
    let name = package.to_string().replace([':', '/'], "-");
    cache.sources(&name)
}

fn fetch(
    package: &Package,
    cache: &Cache,
    draft: &Path,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let deb = apt::download(package, &cache.apt(), draft, progress)?;
    let tree = draft.join("linux");
    fs::create_dir_all(&tree).map_err(Error::io("create", &tree))?;
    apt::unpack(&deb.file, draft, &tree, progress)?;
    check(&tree)?;
    let path = draft.join("VERSION");
    fs::write(&path, deb.version).map_err(Error::io("write", &path))
}

/// Checks that a directory is a Linux tree and not too old, and tells its
/// version.
///
/// # Errors
/// [`Error::NotLinux`] and [`Error::TooOld`].
pub fn check(tree: &Path) -> Result<String, Error> {
    let not_linux = |found: &str| Error::NotLinux {
        path: tree.to_owned(),
        found: found.to_owned(),
    };
    if !tree.is_dir() {
        return Err(not_linux("it is not a directory"));
    }
    let makefile = fs::read(tree.join("Makefile"))
        .map_err(|error| not_linux(&format!("its Makefile cannot be read ({error})")))?;
    let makefile = String::from_utf8_lossy(&makefile);
    let field = |name: &str| {
        makefile.lines().take(20).find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    let (Some(major), Some(minor)) = (field("VERSION"), field("PATCHLEVEL")) else {
        return Err(not_linux("its Makefile has no VERSION and PATCHLEVEL"));
    };
    let mut version = format!("{major}.{minor}");
    if let Some(sub) = field("SUBLEVEL").filter(|s| !s.is_empty()) {
        version = format!("{version}.{sub}");
    }
    version.push_str(&field("EXTRAVERSION").unwrap_or_default());
    let (Ok(major), Ok(minor)) = (major.parse(), minor.parse()) else {
        return Err(not_linux(&format!("its Makefile has version {version}")));
    };
    if !tree.join("Kconfig").is_file() || !tree.join("arch/um").is_dir() {
        return Err(not_linux(&format!(
            "it says it is {version}, but has no Kconfig or no arch/um"
        )));
    }
    if (major, minor) < OLDEST {
        return Err(Error::TooOld {
            path: tree.to_owned(),
            version,
        });
    }
    Ok(version)
}

#[cfg(test)]
mod tests;
