// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The export as a patch series with a cover letter, for `git am`. The tree is
//! only read: the commits are made in a repository of a few files, in a
//! temporary directory.

mod split;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::checkpatch::Exception;
use super::content::Content;
use super::{insert, place};
use roadtest_command::git::Repository;
use roadtest_command::{exit, process};
use split::Part;

/// The sender of a series that is only tried.
pub(super) const REHEARSER: &str = "roadtest <roadtest@localhost>";

/// Writes the series, and returns its files in their order, the cover letter
/// first.
///
/// # Errors
/// Where the directory has patches already, or something cannot be written.
pub(super) fn write(
    tree: &Path,
    directory: &Path,
    content: &Content,
    exceptions: &[Exception],
    sender: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    if has_patches(directory) {
        return Err(exit::usage(format!(
            "{} has patches in it already: name another directory",
            directory.display()
        )));
    }
    let scratch = Scratch::new()?;
    let git = Repository {
        directory: scratch.0.join("tree"),
        sender,
    };
    begin(&git, tree)?;
    let parts = split::parts(content);
    for part in &parts {
        commit(&git, content, part)?;
    }
    // Why the branch's description: git 2.39 has no --description-file.
    let letter = split::letter(exceptions);
    git.run(&["config", "branch.roadtest.description", &letter])?;
    let drafts = scratch.0.join("patches");
    git.run(&[
        "format-patch",
        "--quiet",
        "--cover-letter",
        "--cover-from-description=subject",
        "--no-signature",
        "--zero-commit",
        "--output-directory",
        &drafts.to_string_lossy(),
        "base",
    ])?;
    collect(&drafts, directory)
}

/// Applies a series to those files of the tree that it changes, as a
/// recipient does with `git am`, and returns how many files it brought.
///
/// # Errors
/// Where git does not apply it.
pub(super) fn apply(tree: &Path, files: &[PathBuf]) -> anyhow::Result<usize> {
    let scratch = Scratch::new()?;
    let git = Repository {
        directory: scratch.0.join("tree"),
        sender: REHEARSER,
    };
    begin(&git, tree)?;
    let mut am = vec!["am", "--quiet", "--empty=drop"];
    let names: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
    am.extend(names.iter().map(AsRef::as_ref));
    git.run(&am)?;
    let directory = git.directory.join(super::DIRECTORY);
    let entries = walkdir::WalkDir::new(directory).into_iter();
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(entries
        .iter()
        .filter(|entry| !entry.file_type().is_dir())
        .count())
}

/// Moves the finished patches where they belong.
fn collect(drafts: &Path, directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let names = fs::read_dir(drafts).context("git has written no patches")?;
    let mut names: Vec<_> = names
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    names.sort();
    let created = !directory.exists();
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let mut written = Vec::new();
    for name in names {
        let to = directory.join(&name);
        let copied = fs::copy(drafts.join(&name), &to);
        written.push(to);
        if let Err(error) = copied {
            for path in &written {
                let _ = fs::remove_file(path);
            }
            if created {
                let _ = fs::remove_dir(directory);
            }
            return Err(error).with_context(|| format!("cannot write to {}", directory.display()));
        }
    }
    Ok(written)
}

fn commit(git: &Repository<'_>, content: &Content, part: &Part) -> anyhow::Result<()> {
    let mut plan = place::Plan::default();
    for path in &part.paths {
        plan.add(path, &content.items[path]);
    }
    if part.lists {
        let entry = insert::entry(&content.maintainers, Some(git.sender));
        plan.replace(&git.directory, insert::MAINTAINERS, &|text| {
            insert::maintainers(text, &entry)
        })?;
    }
    if part.indexed {
        plan.replace(&git.directory, insert::INDEX, &|text| insert::index(text))?;
    }
    plan.carry_out(&git.directory)?;
    // Why --force: the rules of an ignored file are not the series' rules.
    git.run(&["add", "--all", "--force", "."])?;
    let message = format!("{}\n\n{}\n", part.subject, part.text);
    git.run(&["commit", "--quiet", "--signoff", "--message", &message])
}

/// Whether a directory holds patches.
fn has_patches(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries
        .filter_map(Result::ok)
        .any(|entry| entry.path().extension().is_some_and(|ext| ext == "patch"))
}

/// Who sends the patches, as git knows them.
///
/// # Errors
/// Where it does not.
pub(super) fn sender(root: &Path) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.args(["var", "GIT_AUTHOR_IDENT"]).current_dir(root);
    let output = process::capture(git.stderr(Stdio::null()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.rsplit_once("> ") {
        Some((who, _)) if output.status.success() => Ok(format!("{who}>")),
        _ => Err(exit::usage(
            "git does not know who sends the patches: set user.name and user.email",
        )),
    }
}

/// Starts with those files of the tree that the series changes.
fn begin(git: &Repository<'_>, tree: &Path) -> anyhow::Result<()> {
    for name in [insert::INDEX, insert::MAINTAINERS] {
        let to = git.directory.join(name);
        fs::create_dir_all(to.parent().unwrap_or(&to)).context("cannot write patches")?;
        fs::copy(tree.join(name), &to).with_context(|| format!("cannot copy {name}"))?;
    }
    git.begin(&["."])
}

/// A temporary directory that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let name = format!("roadtest-patches-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        Ok(Self(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
