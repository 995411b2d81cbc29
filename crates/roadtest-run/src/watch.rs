// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `--watch`: the same command again whenever a source is saved, until
//! Ctrl-C. Each run is a process of its own, so that nothing carries over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context as _;
use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use roadtest_command::exit::Done;
use roadtest_command::{console, process};
use roadtest_report::catalog;

use crate::kernel::{self, KernelArgs};

/// How long there must be nothing new before a run starts: editors save in
/// several steps.
const SETTLED: Duration = Duration::from_millis(100);

/// The option that asks for this.
const OPTION: &str = "--watch";

/// Runs the tests, then again after each change.
///
/// # Errors
/// Where files cannot be watched.
pub fn run(root: &Path, args: &KernelArgs) -> anyhow::Result<Done> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(sender).context("cannot watch files")?;
    for (directory, mode) in directories(root, args)? {
        let watched = watcher.watch(&directory, mode);
        watched.with_context(|| format!("cannot watch {}", directory.display()))?;
    }
    loop {
        let mut again = Command::new(&program);
        again.args(std::env::args_os().skip(1).filter(|word| word != OPTION));
        process::run(&mut again)?;
        console::status("Waiting", "for a change (Ctrl-C ends this)");
        let changed = next(&events)?;
        let names: Vec<String> = changed.iter().map(|path| name(path)).collect();
        console::status("Changed", &names.join(", "));
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What to watch: the framework, and of the kernel tree the directories of
/// drivers that have tests, and its headers. Watching all of a tree would take
/// more than a system may allow.
fn directories(root: &Path, args: &KernelArgs) -> anyhow::Result<Vec<(PathBuf, RecursiveMode)>> {
    let mut directories = BTreeSet::new();
    directories.insert((root.join("crates"), true));
    directories.insert((root.join("kconfig-fragments"), true));
    if let Some(tree) = kernel::tree(root, args)? {
        directories.insert((tree.join("include"), true));
        for driver in catalog::drivers(root) {
            let directory = tree.join("drivers").join(driver);
            directories.extend(
                directory
                    .parent()
                    .map(|directory| (directory.to_owned(), false)),
            );
        }
    }
    let there = directories
        .into_iter()
        .filter(|(directory, _)| directory.is_dir());
    let with_mode = there.map(|(directory, deep)| {
        if deep {
            (directory, RecursiveMode::Recursive)
        } else {
            (directory, RecursiveMode::NonRecursive)
        }
    });
    Ok(with_mode.collect())
}

/// Waits for changes to sources, until they have settled.
fn next(events: &Receiver<notify::Result<Event>>) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut changed = BTreeSet::new();
    loop {
        let event = if changed.is_empty() {
            events.recv().context("nothing is watched any more")?
        } else {
            match events.recv_timeout(SETTLED) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => return Ok(changed),
                Err(error) => return Err(error).context("nothing is watched any more"),
            }
        };
        let event = event.context("cannot watch files")?;
        if !matches!(event.kind, EventKind::Access(_)) {
            changed.extend(event.paths.into_iter().filter(|path| is_source(path)));
        }
    }
}

/// Whether a file affects what the tests find.
fn is_source(path: &Path) -> bool {
    let name = name(path);
    if name.starts_with('.') || name.ends_with('~') {
        return false;
    }
    let extension = path.extension().unwrap_or_default();
    let known = ["c", "config", "h", "rs", "toml"];
    known.iter().any(|known| extension == *known) || matches!(name.as_str(), "Kconfig" | "Makefile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_is_no_source() {
        for name in [
            "a/opt3001.c",
            "b/x.rs",
            "Kconfig",
            "kconfig-fragments/a.config",
        ] {
            assert!(is_source(Path::new(name)), "{name}");
        }
        for name in [".opt3001.c.swp", ".#a.c", "a.c~", "4913", "x.snap", "a.o"] {
            assert!(!is_source(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn several_writes_are_one_change_and_reading_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(sender).expect("it can watch");
        watcher
            .watch(directory.path(), RecursiveMode::NonRecursive)
            .expect("it can watch");
        let path = directory.path().join("a.c");
        std::fs::write(&path, "1").expect("it can write");
        std::fs::write(&path, "2").expect("it can write");
        std::fs::write(directory.path().join("a.o"), "2").expect("it can write");
        let changed = next(&events).expect("there was a change");
        assert_eq!(changed, BTreeSet::from([path.clone()]));
        std::fs::read(&path).expect("it can read");
        assert!(matches!(
            events
                .recv_timeout(SETTLED)
                .map(|event| event.map(|event| event.kind)),
            Err(_) | Ok(Ok(EventKind::Access(_)))
        ));
    }
}
