// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Two runs of the same tests must leave the same timelines, byte for byte,
//! virtual time stamps included. This is where that promise is checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use roadtest_run::review;
use walkdir::WalkDir;

/// The files that must be the same.
const TIMELINES: [&str; 2] = ["timeline.txt", "timeline.json"];
/// Lines of a diff that are shown.
const DIFF_LINES_MAX: usize = 40;

/// Two timelines of one test that are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    file: PathBuf,
    diff: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} differs between two runs\n{}",
            self.file.display(),
            self.diff
        )
    }
}

/// Compares the timelines of two runs.
///
/// # Errors
/// Where a timeline cannot be read, or there is none at all: then nothing
/// was compared.
pub(super) fn timelines(first: &Path, second: &Path) -> anyhow::Result<Vec<Difference>> {
    let mut names = timelines_of(first);
    names.extend(timelines_of(second));
    if names.is_empty() {
        anyhow::bail!("no test left a timeline in {}", first.display());
    }
    let mut differences = Vec::new();
    for name in names {
        let (a, b) = (read(&first.join(&name))?, read(&second.join(&name))?);
        let diff = match (a, b) {
            (Some(a), Some(b)) if a == b => continue,
            (Some(a), Some(b)) => shortened(&review::diff(&a, &b)),
            (None, _) => "only the second run has it".to_owned(),
            (_, None) => "only the first run has it".to_owned(),
        };
        differences.push(Difference { file: name, diff });
    }
    Ok(differences)
}

/// The paths of all timelines, relative to the directory of the run.
fn timelines_of(run: &Path) -> BTreeSet<PathBuf> {
    let entries = WalkDir::new(run.join("tests"))
        .into_iter()
        .filter_map(Result::ok);
    entries
        .filter(|entry| TIMELINES.iter().any(|name| entry.file_name() == *name))
        .filter_map(|entry| Some(entry.path().strip_prefix(run).ok()?.to_owned()))
        .collect()
}

fn read(file: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

fn shortened(diff: &str) -> String {
    let lines: Vec<&str> = diff.lines().collect();
    match lines.len().checked_sub(DIFF_LINES_MAX) {
        None | Some(0) => diff.to_owned(),
        Some(more) => format!(
            "{}\n… {more} more lines",
            lines[..DIFF_LINES_MAX].join("\n")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs of one test with these timelines.
    fn compare(first: &str, second: &str) -> anyhow::Result<Vec<Difference>> {
        let directory = tempfile::tempdir().expect("a directory");
        for (run, text) in [("last", first), ("again", second)] {
            let test = directory
                .path()
                .join(run)
                .join("tests/iio/light/opt3001/lux");
            std::fs::create_dir_all(&test).expect("a directory");
            if !text.is_empty() {
                std::fs::write(test.join("timeline.txt"), text).expect("a file");
            }
        }
        timelines(
            &directory.path().join("last"),
            &directory.path().join("again"),
        )
    }

    #[test]
    fn equal_timelines_are_no_difference() {
        assert_eq!(compare("1 ns a\n", "1 ns a\n").expect("they are there"), []);
    }

    #[test]
    fn one_nanosecond_is_a_difference() {
        let found = compare("1 ns a\n", "2 ns a\n").expect("they are there");
        let text = anstream::adapter::strip_str(&found[0].diff).to_string();
        assert_eq!(text, "@@\n-1 ns a\n+2 ns a");
    }

    #[test]
    fn a_missing_timeline_is_a_difference_and_none_at_all_an_error() {
        let found = compare("1 ns a\n", "").expect("one is there");
        assert_eq!(found[0].diff, "only the first run has it");
        assert!(compare("", "").is_err());
    }
}
