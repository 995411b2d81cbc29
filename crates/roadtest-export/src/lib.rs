// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask export`: puts this framework into a kernel tree, at
//! `tools/testing/roadtest`, or writes a patch series that does. It never
//! overwrites what was changed there, and leaves the tree as it was
//! where anything goes wrong.

mod checkpatch;
mod content;
mod insert;
mod patches;
mod place;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use content::Content;
use roadtest_command::exit::Done;
use roadtest_command::{console, exit, workspace};

/// Where the framework lands.
pub use roadtest_uml::source::DIRECTORY;

/// Put the framework into a kernel tree.
#[derive(clap::Args)]
pub struct Args {
    /// The kernel tree
    #[arg(long, value_name = "PATH")]
    ksrc: PathBuf,
    /// Link to this workspace instead of copying it
    #[arg(long, conflicts_with = "patches")]
    link: bool,
    /// Write a patch series there, and leave the tree alone
    #[arg(long, value_name = "DIR")]
    patches: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// Where the tree is none, is too old, or holds changes that would be lost.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let tree = tree(&args.ksrc)?;
    if root.starts_with(&tree) {
        return Err(exit::usage(format!(
            "this workspace lies in {} already: export from the project itself",
            tree.display()
        )));
    }
    match &args.patches {
        Some(directory) => series(&root, &tree, directory, &patches::sender(&root)?),
        None => {
            let content = if args.link {
                content::links(&root)?
            } else {
                content::copies(&root)?
            };
            let done = install(&tree, &content)?;
            console::line(&done);
            Ok(Done::AllPassed)
        }
    }
}

/// The tree, if it is one that the framework can be used in.
fn tree(path: &Path) -> anyhow::Result<PathBuf> {
    let tree = std::fs::canonicalize(path)
        .with_context(|| format!("cannot find the kernel tree {}", path.display()))?;
    roadtest_uml::source::check(&tree)?;
    Ok(tree)
}

/// Exports this workspace into a tree, and says what was done.
///
/// # Errors
/// Where changes would be lost, or a file cannot be written; the tree is then
/// as it was.
pub fn copy(root: &Path, tree: &Path) -> anyhow::Result<String> {
    install(tree, &content::copies(root)?)
}

/// Puts the content into the tree, and says what was done.
///
/// # Errors
/// Where changes would be lost, or a file cannot be written; the tree is then
/// as it was.
fn install(tree: &Path, content: &Content) -> anyhow::Result<String> {
    let mut plan = place::plan(tree, content)?;
    let entry = insert::entry(&content.maintainers, None);
    plan.replace(tree, insert::INDEX, &|text| insert::index(text))?;
    plan.replace(tree, insert::MAINTAINERS, &|text| {
        insert::maintainers(text, &entry)
    })?;
    let done = plan.to_string();
    plan.carry_out(tree)?;
    Ok(done)
}

/// Writes the series into a directory, and applies it.
///
/// # Errors
/// Where it cannot be written, or does not apply whole.
pub fn rehearse(root: &Path, tree: &Path, directory: &Path) -> anyhow::Result<Done> {
    let done = series(root, tree, directory, patches::REHEARSER)?;
    let mut files = std::fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    let brought = patches::apply(tree, &files)?;
    let content = content::copies(root)?;
    let inside = content
        .items
        .keys()
        .filter(|name| name.starts_with(DIRECTORY));
    let wanted = inside.count();
    if brought < wanted {
        bail!("the series brings {brought} files, the export has {wanted}");
    }
    console::line(&format!("git am applies it: {brought} files"));
    Ok(done)
}

fn series(root: &Path, tree: &Path, directory: &Path, sender: &str) -> anyhow::Result<Done> {
    let content = content::copies(root)?;
    let exceptions = checkpatch::exceptions(root)?;
    let files = patches::write(tree, directory, &content, &exceptions, sender)?;
    console::line(&format!(
        "wrote {} patches and a cover letter; apply them with: git am --empty=drop {}/*.patch",
        files.len().saturating_sub(1),
        directory.display()
    ));
    let complaints = checkpatch::run(tree, &files, &exceptions)?;
    for complaint in &complaints {
        console::line(complaint);
    }
    if complaints.is_empty() {
        console::line(&format!(
            "scripts/checkpatch.pl has nothing to say beyond {} accepted exceptions",
            exceptions.len()
        ));
    }
    Ok(Done::from_failed(complaints.len()))
}
