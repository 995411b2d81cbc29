// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How much of a kernel has to be built again after an edit, so that the
//! verdict on a driver comes within seconds. kbuild would detect that by
//! itself, but takes longer to look than to compile. In doubt the answer is:
//! more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use walkdir::WalkDir;

use crate::cache;
use crate::error::Error;
use crate::stamps::{Change, Stamp, Stamps};

/// Beside kbuild's own files: what the last build in this directory was made
/// of.
const STATE: &str = "roadtest.state";

/// What to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Modules whose objects have been removed; kernel and configuration stay.
    Modules,
    /// Kernel and modules; the configuration stays.
    Objects,
    /// Everything that is out of date for kbuild, the configuration included.
    Everything,
}

/// What the last build in an output directory was made of.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    /// The fingerprint of what came of it.
    pub(crate) fingerprint: String,
    recipe: String,
    stamps: Stamps,
    /// `.c` files that were read while another one was compiled.
    included: BTreeSet<String>,
    ended: SystemTime,
}

impl Last {
    /// The last build in `output`; `None` where there was none, or it was cut
    /// off.
    pub(crate) fn load(output: &Path) -> Option<Self> {
        let path = output.join(STATE);
        let text = fs::read_to_string(&path).ok()?;
        let ended = fs::metadata(&path).ok()?.modified().ok()?;
        let mut lines = text.lines();
        let (fingerprint, recipe) = lines.next()?.split_once(' ')?;
        let included = lines.next()?.split(' ').filter(|name| !name.is_empty());
        let built = ["linux", "modules.order", ".config"];
        if !built.iter().all(|name| output.join(name).is_file()) {
            return None;
        }
        Some(Last {
            fingerprint: fingerprint.to_owned(),
            recipe: recipe.to_owned(),
            included: included.map(str::to_owned).collect(),
            stamps: Stamps::parse(lines)?,
            ended,
        })
    }

    /// Decides what to do for a tree that now looks like `now`, and removes
    /// from `output` what kbuild would wrongly take for current: it compares
    /// times only, and a file that is put back keeps its old one.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub(crate) fn step(&self, now: &Stamps, recipe: &str, output: &Path) -> Result<Step, Error> {
        let owners = owners(output);
        let mut step = Step::Modules;
        let mut changed = Vec::new();
        for change in now.since(&self.stamps) {
            let (path, stamp) = match change {
                Change::Modified(path, stamp) => (path, stamp),
                Change::Added(_) | Change::Removed(_) => {
                    step = Step::Everything;
                    continue;
                }
            };
            let object = path.strip_suffix(".c").map(|stem| format!("{stem}.o"));
            let object =
                object.filter(|object| output.join(object).is_file() || owners.contains(object));
            let included = self.included.contains(&path);
            if object.is_none() && !included && is_unused_driver(&path, output) {
                continue;
            }
            if (object.is_none() || included) && !is_newer(stamp, self.ended) {
                cache::remove(output)?;
                return Ok(Step::Everything);
            }
            match &object {
                Some(object) if owners.contains(object) && !included => {}
                _ if is_source(&path) => step = step.at_least(Step::Objects),
                _ => step = Step::Everything,
            }
            changed.extend(object);
        }
        for object in changed {
            cache::remove(&output.join(object))?;
        }
        if self.recipe == recipe {
            Ok(step)
        } else {
            Ok(Step::Everything)
        }
    }
}

impl Step {
    fn at_least(self, other: Step) -> Step {
        match self {
            Step::Modules => other,
            _ => self,
        }
    }
}

/// What has just been built.
pub(crate) struct Note<'a> {
    /// The fingerprint of what came of it.
    pub(crate) fingerprint: &'a str,
    /// What it was made with.
    pub(crate) recipe: &'a str,
    /// What the tree looked like before.
    pub(crate) stamps: &'a Stamps,
}

/// Notes what has just been built from `tree` in `output`; `unchanged` is the
/// build before, where what files include has not changed since.
///
/// # Errors
/// Where the note cannot be written.
pub(crate) fn note(
    output: &Path,
    tree: &Path,
    note: &Note<'_>,
    unchanged: Option<&Last>,
) -> Result<(), Error> {
    let included = match unchanged {
        Some(last) => last.included.clone(),
        None => sources_in_sources(output, tree),
    };
    let names: Vec<&str> = included.iter().map(String::as_str).collect();
    let names = names.join(" ");
    let text = format!(
        "{} {}\n{names}\n{}",
        note.fingerprint,
        note.recipe,
        note.stamps.to_text()
    );
    let path = output.join(STATE);
    let draft = output.join("roadtest.state.part");
    fs::write(&draft, text).map_err(Error::io("write", &draft))?;
    fs::rename(&draft, &path).map_err(Error::io("rename", &draft))
}

/// Forgets what was built in `output`, before something else is.
///
/// # Errors
/// Where the note cannot be removed.
pub(crate) fn forget(output: &Path) -> Result<(), Error> {
    cache::remove(&output.join(STATE))
}

/// The objects that modules are linked from, by their paths in `output`.
fn owners(output: &Path) -> BTreeSet<String> {
    modules(output)
        .iter()
        .filter_map(|module| fs::read_to_string(module.with_extension("mod")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The modules of `modules.order`, in `output`, without their extension's
/// history: `.ko` before 6.4, `.o` since.
pub(crate) fn modules(output: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(output.join("modules.order")).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| output.join(line).with_extension("ko"))
        .collect()
}

/// Whether a path is the source of a driver that the last build left out: no
/// object, and no program or listing, was made of it.
fn is_unused_driver(path: &str, output: &Path) -> bool {
    let Some(stem) = path.strip_suffix(".c") else {
        return false;
    };
    let (directory, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let command = |end: &str| output.join(directory).join(format!(".{name}{end}.cmd"));
    path.starts_with("drivers/") && ![".o", ".s", ""].iter().any(|end| command(end).exists())
}

/// Whether kbuild rebuilds what depends on a file of this kind, without any
/// change to the configuration.
fn is_source(path: &str) -> bool {
    let known = ["c", "h", "S"];
    let extension = Path::new(path).extension();
    extension.is_some_and(|ext| known.iter().any(|known| ext == *known))
        && !path.starts_with("scripts/")
        && !path.starts_with("tools/")
}

/// Whether make can tell from its time that a file has changed since.
fn is_newer(stamp: Stamp, built: SystemTime) -> bool {
    let (Ok(seconds), Ok(nanoseconds)) = (stamp.seconds.try_into(), stamp.nanoseconds.try_into())
    else {
        return false;
    };
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds) > built
}

/// The `.c` files that are `#include`d by others: an edit of one of them
/// concerns more than its own object.
fn sources_in_sources(output: &Path, tree: &Path) -> BTreeSet<String> {
    let prefix = format!("{}/", tree.display());
    let mut found = BTreeSet::new();
    let commands = WalkDir::new(output)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".o.cmd"));
    for entry in commands {
        // What cannot be read was not compiled by this build.
        let Ok(text) = fs::read_to_string(entry.path()) else {
            continue;
        };
        let dependencies = text
            .lines()
            .skip_while(|line| !line.starts_with("deps_"))
            .filter_map(|line| line.trim().strip_suffix(" \\"))
            .filter(|line| line.ends_with(".c"));
        for path in dependencies {
            let path = path.strip_prefix(&prefix).unwrap_or(path);
            found.insert(path.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests;
