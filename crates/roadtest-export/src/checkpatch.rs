// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The tree's own `scripts/checkpatch.pl`, and what it says that is accepted
//! (`tools-testing-roadtest/checkpatch-exceptions`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use roadtest_command::process;

/// A type of message that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    /// `LONG_LINE`
    pub(super) kind: String,
    /// Why.
    pub(super) reason: String,
}

/// The accepted exceptions.
///
/// # Errors
/// Where the list cannot be read, or one has no reason.
pub(super) fn exceptions(root: &Path) -> anyhow::Result<Vec<Exception>> {
    let path = root.join("tools-testing-roadtest/checkpatch-exceptions");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text)
}

fn parse(text: &str) -> anyhow::Result<Vec<Exception>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match line.split_once(' ') {
            Some((kind, reason)) => Ok(Exception {
                kind: kind.to_owned(),
                reason: reason.trim().to_owned(),
            }),
            None => bail!("the checkpatch exception {line} has no reason"),
        })
        .collect()
}

/// What checkpatch has to say beyond the exceptions, a line each.
///
/// # Errors
/// Where it cannot run.
pub(super) fn run(
    tree: &Path,
    patches: &[PathBuf],
    exceptions: &[Exception],
) -> anyhow::Result<Vec<String>> {
    let kinds: Vec<&str> = exceptions.iter().map(|known| known.kind.as_str()).collect();
    let mut perl = process::guarded(Command::new("perl"));
    perl.arg("scripts/checkpatch.pl")
        .args([
            "--terse",
            "--no-summary",
            "--show-types",
            "--color=never",
            "--quiet",
        ])
        .current_dir(tree);
    if !kinds.is_empty() {
        perl.args(["--ignore", &kinds.join(",")]);
    }
    // The cover letter is no patch.
    let patches = patches.iter().filter(|path| !is_cover(path));
    for path in patches {
        perl.arg(
            std::fs::canonicalize(path).with_context(|| format!("{} is gone", path.display()))?,
        );
    }
    let output = process::capture(&mut perl)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect();
    if !output.status.success() && lines.is_empty() {
        lines.push(format!(
            "scripts/checkpatch.pl ended with {}",
            output.status
        ));
    }
    Ok(lines)
}

/// Whether a file is the cover letter of a series.
pub(super) fn is_cover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("0000-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_needs_a_reason() {
        let known = parse("# head\n\nLONG_LINE  rustfmt decides\n").expect("it is well-formed");
        assert_eq!(
            (&*known[0].kind, &*known[0].reason),
            ("LONG_LINE", "rustfmt decides")
        );
        assert!(parse("LONG_LINE\n").is_err());
    }
}
