// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask tidy`: the rules of this project that no compiler checks.
//! Each file below this one holds one kind of rule; this one collects what
//! they found.

mod cycles;
mod evasions;
mod fragments;
mod layers;
mod purity;
mod snapshots;
mod sources;
mod words;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use roadtest_command::exit::Done;
use roadtest_command::{console, workspace};

/// Something that a rule forbids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the workspace.
    path: String,
    /// The line, where there is one; 1 is the first.
    line: Option<usize>,
    /// What is wrong, and what to do.
    text: String,
}

impl Problem {
    fn at(file: &File, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: file.path.clone(),
            line: Some(line),
            text: text.into(),
        }
    }

    fn whole(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            text: text.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.text),
            None => write!(f, "{}: {}", self.path, self.text),
        }
    }
}

/// A file of the project.
pub struct File {
    /// Relative to the workspace.
    path: String,
    /// Empty where it is no text.
    text: String,
}

impl File {
    /// Line numbers from 1, and lines.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// The lines of a Rust file that are neither comments nor in the module
    /// of its tests, which stands last.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Runs the verb.
///
/// # Errors
/// Where the workspace cannot be read.
pub fn run() -> anyhow::Result<Done> {
    let problems = check(&workspace::root()?)?;
    for problem in &problems {
        console::problem(&problem.to_string());
    }
    if problems.is_empty() {
        console::status("Tidy", "no problems");
    }
    Ok(Done::from_failed(problems.len()))
}

/// Everything that is wrong, sorted.
///
/// # Errors
/// Where the workspace cannot be read.
fn check(root: &Path) -> anyhow::Result<Vec<Problem>> {
    let paths = workspace::files(root)?;
    let files: Vec<File> = paths
        .iter()
        .map(|path| load(root, path))
        .collect::<anyhow::Result<_>>()?;
    let mut problems = layers::check(root)?;
    problems.extend(sources::check(&files));
    problems.extend(sources::unneeded(&files));
    problems.extend(purity::check(&files));
    problems.extend(cycles::check(&files));
    problems.extend(evasions::check(&files));
    problems.extend(fragments::check(&files));
    problems.extend(snapshots::check(&files));
    problems.extend(words::check(&files));
    problems.sort();
    for note in sources::long(&files) {
        console::status("Note", &note.to_string());
    }
    Ok(problems)
}

fn load(root: &Path, path: &PathBuf) -> anyhow::Result<File> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let relative = path.strip_prefix(root).unwrap_or(path);
    Ok(File {
        path: relative.to_string_lossy().into_owned(),
        text: String::from_utf8(bytes).unwrap_or_default(),
    })
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
fn told(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
