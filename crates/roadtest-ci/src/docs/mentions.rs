// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the documentation mentions by name: files that it links to, and tests,
//! in code spans and in quoted output.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use roadtest_command::workspace;

use crate::page::Page;

/// A name with as many underscores is a test's.
const UNDERSCORES: usize = 5;

/// The names of all functions of all crates: tests are among them.
///
/// # Errors
/// Where a source cannot be read.
pub(super) fn functions(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in workspace::files(root)? {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let found = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once("fn ")?;
            Some(rest.split(['(', '<']).next()?.to_owned())
        });
        names.extend(found);
    }
    Ok(names)
}

/// Checks all mentions of a document.
pub(super) fn check(page: &Page, root: &Path, functions: &BTreeSet<String>) -> Vec<String> {
    let mut problems = dead_links(page, root);
    let spans = page.spans().into_iter();
    let spans = spans.filter(|(_, span)| is_test(span));
    let outputs = page.blocks().into_iter().flat_map(|block| {
        let lines = block.body.into_iter().enumerate();
        lines.filter_map(move |(index, line)| Some((block.line + index + 1, verdict(line)?)))
    });
    for (line, name) in spans.chain(outputs) {
        if !functions.contains(&name) {
            problems.push(page.problem(line, &format!("there is no test {name}")));
        }
    }
    problems
}

/// Links to files of the workspace that are not there.
fn dead_links(page: &Page, root: &Path) -> Vec<String> {
    let directory = root.join(&page.path);
    let directory = directory.parent().unwrap_or(root);
    let mut problems = Vec::new();
    for (line, target) in page.targets() {
        let target = target.split('#').next().unwrap_or_default();
        let outside = target.is_empty() || target.contains("://");
        if !outside && !directory.join(target).exists() {
            problems.push(page.problem(line, &format!("{target} is not there")));
        }
    }
    problems
}

fn is_test(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    span.chars().all(plain) && span.matches('_').count() >= UNDERSCORES && !span.starts_with("in_")
}

/// The test of `    PASS [ 0.09s ·  20.8s virtual] iio/light/opt3001  reads_lux`.
fn verdict(line: &str) -> Option<String> {
    let line = line.trim_start();
    let words = [
        "PASS ", "FAIL ", "KERNEL ", "MODEL ", "DIED ", "TIMEOUT ", "ERROR ",
    ];
    words.iter().find(|word| line.starts_with(*word))?;
    let (_, rest) = line.split_once("virtual] ")?;
    let name = rest.split_whitespace().nth(1)?;
    name.rsplit("::").next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_files_that_do_not_exist_are_named() {
        let text = "`reads_what_is_not_there_any_more` [x](nowhere.md)\n```text\n    \
                    PASS [ 0.09s ·  20.8s virtual] iio/light/opt3001  reads_lux\n```\n";
        let page = Page {
            path: "README.md".to_owned(),
            text: text.to_owned(),
        };
        let root = tempfile::tempdir().unwrap();
        let problems = check(&page, root.path(), &BTreeSet::new());
        assert_eq!(problems.len(), 3, "{problems:?}");
        std::fs::write(root.path().join("nowhere.md"), "").unwrap();
        let known = ["reads_lux", "reads_what_is_not_there_any_more"];
        let known = known.map(str::to_owned).into();
        assert_eq!(check(&page, root.path(), &known), [""; 0]);
    }
}
