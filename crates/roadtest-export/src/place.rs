// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Putting files into a tree without losing what others did there: first
//! everything is compared, then everything is written, and a failure half-way
//! takes all of it back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::DIRECTORY;
use super::content::{Content, Item, LIST, parse_list};
use roadtest_command::process;

/// What has to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    remove: BTreeSet<String>,
    write: BTreeMap<String, Item>,
    unchanged: usize,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.write.len(), self.remove.len()) {
            (0, 0) => write!(f, "the export is up to date ({} files)", self.unchanged),
            (written, removed) => write!(
                f,
                "exported: {written} files written, {removed} removed, {} as they were",
                self.unchanged
            ),
        }
    }
}

/// Compares, and decides. Writes nothing.
///
/// # Errors
/// Where something would be lost.
pub(super) fn plan(tree: &Path, content: &Content) -> anyhow::Result<Plan> {
    let list = fs::read_to_string(tree.join(LIST)).unwrap_or_default();
    let before = parse_list(&list);
    let mut lost = Vec::new();
    let mut plan = Plan::default();
    for (path, digest) in &before {
        let there = Item::read(&tree.join(path))?;
        match there {
            Some(item) if item.digest() == *digest => {
                if !content.items.contains_key(path) {
                    plan.remove.insert(path.clone());
                }
            }
            _ => lost.push(path.as_str()),
        }
    }
    // A link that goes takes with it all that is seen through it.
    let gone: Vec<PathBuf> = plan.remove.iter().map(PathBuf::from).collect();
    let mut links: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for (path, item) in &content.items {
        let hidden = gone.iter().any(|link| Path::new(path).starts_with(link));
        let elsewhere = !hidden
            && Path::new(path).ancestors().skip(1).any(|directory| {
                let known = links.entry(directory.to_owned());
                *known.or_insert_with(|| tree.join(directory).is_symlink())
            });
        if elsewhere {
            lost.push(path.as_str());
            continue;
        }
        let there = if hidden || is_directory_of(tree, path, &plan.remove) {
            None
        } else {
            Item::read(&tree.join(path))?
        };
        match there {
            Some(there) if there == *item => plan.unchanged += 1,
            Some(_) if !before.contains_key(path) && path != LIST => lost.push(path.as_str()),
            _ => {
                plan.write.insert(path.clone(), item.clone());
            }
        }
    }
    if let Some(first) = lost.first() {
        let what = if before.is_empty() {
            "is not from an export"
        } else {
            "was changed since the last export"
        };
        let more = match lost.len() {
            1 => String::new(),
            number => format!(" (and {} more)", number - 1),
        };
        bail!("{first} {what}{more}: nothing was written; move it away to export");
    }
    Ok(plan)
}

/// Whether a path is a directory of which nothing will remain.
fn is_directory_of(tree: &Path, path: &str, remove: &BTreeSet<String>) -> bool {
    let full = tree.join(path);
    !full.is_symlink()
        && full.is_dir()
        && walkdir::WalkDir::new(&full)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| !entry.file_type().is_dir())
            .all(|entry| {
                let below = entry.path().strip_prefix(tree).unwrap_or(entry.path());
                remove.contains(&*below.to_string_lossy())
            })
}

impl Plan {
    /// Writes an item, whatever is there.
    pub(super) fn add(&mut self, path: &str, item: &Item) {
        self.write.insert(path.to_owned(), item.clone());
    }

    /// Replaces a file of the tree by a changed version of itself.
    ///
    /// # Errors
    /// Where it is not there, is not what is expected, or holds changes that
    /// are not committed.
    pub(super) fn replace(
        &mut self,
        tree: &Path,
        name: &str,
        change: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<()> {
        let path = tree.join(name);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{name} cannot be read: nothing was written"))?;
        let Some(with) = change(&text) else {
            bail!("{name} is not laid out as in Linux: nothing was written");
        };
        if let Some(committed) = committed(tree, name)?
            && committed != text
            && change(&committed).as_ref() != Some(&text)
        {
            bail!("{name} has changes that are not committed: nothing was written");
        }
        if with == text {
            self.unchanged += 1;
        } else {
            let item = Item::File {
                bytes: with.into_bytes(),
                executable: false,
            };
            self.write.insert(name.to_owned(), item);
        }
        Ok(())
    }

    /// Does it; all or nothing.
    ///
    /// # Errors
    /// Where a file cannot be written; the tree is then as it was.
    pub(super) fn carry_out(self, tree: &Path) -> anyhow::Result<()> {
        let mut journal = Journal {
            tree,
            before: Vec::new(),
            directories: Vec::new(),
        };
        let done = self
            .remove
            .iter()
            .try_for_each(|path| journal.remove(path))
            .and_then(|()| {
                remove_empty(tree, &self.remove);
                let mut items = self.write.iter();
                items.try_for_each(|(path, item)| journal.write(path, item))
            });
        if done.is_err() {
            journal.take_back();
        }
        done
    }
}

/// What was there before, so that it can be there again.
struct Journal<'a> {
    tree: &'a Path,
    before: Vec<(PathBuf, Option<Item>)>,
    directories: Vec<PathBuf>,
}

impl Journal<'_> {
    fn remove(&mut self, path: &str) -> anyhow::Result<()> {
        let path = self.tree.join(path);
        let there = Item::read(&path)?;
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        self.before.push((path, there));
        Ok(())
    }

    fn write(&mut self, path: &str, item: &Item) -> anyhow::Result<()> {
        let path = self.tree.join(path);
        let directory = path.parent().unwrap_or(self.tree);
        let missing: Vec<PathBuf> = directory
            .ancestors()
            .take_while(|directory| !directory.exists())
            .map(Path::to_owned)
            .collect();
        self.directories.extend(missing.into_iter().rev());
        let there = Item::read(&path)?;
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        put(&path, item).with_context(|| format!("cannot write {}", path.display()))?;
        self.before.push((path, there));
        Ok(())
    }

    /// As well as it can be done: whatever fails here has failed before.
    fn take_back(&self) {
        for (path, item) in self.before.iter().rev() {
            let _ = match item {
                Some(item) => fs::create_dir_all(path.parent().unwrap_or(self.tree))
                    .and_then(|()| put(path, item)),
                None => fs::remove_file(path),
            };
        }
        for directory in self.directories.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Puts one item in place at once: a reader sees the old or the new one.
fn put(path: &Path, item: &Item) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".roadtest-part");
    let draft = path.with_file_name(name);
    let made = match item {
        Item::Link(target) => std::os::unix::fs::symlink(target, &draft),
        Item::File { bytes, executable } => fs::write(&draft, bytes).and_then(|()| {
            let mode = if *executable { 0o755 } else { 0o644 };
            fs::set_permissions(&draft, fs::Permissions::from_mode(mode))
        }),
    };
    let made = made.and_then(|()| fs::rename(&draft, path));
    if made.is_err() {
        let _ = fs::remove_file(&draft);
    }
    made
}

/// Removes the directories that are empty now.
fn remove_empty(tree: &Path, removed: &BTreeSet<String>) {
    for path in removed {
        let directories = Path::new(path).ancestors().skip(1);
        for directory in directories.take_while(|directory| directory.starts_with(DIRECTORY)) {
            if fs::remove_dir(tree.join(directory)).is_err() {
                break;
            }
        }
    }
}

/// The committed version of a file; `None` where the tree is not in git.
fn committed(tree: &Path, name: &str) -> anyhow::Result<Option<String>> {
    if !tree.join(".git").exists() {
        return Ok(None);
    }
    let mut git = Command::new("git");
    git.args(["show", &format!("HEAD:{name}")]);
    let output = process::capture(git.current_dir(tree).stderr(Stdio::null()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(text))
}

#[cfg(test)]
mod tests;
