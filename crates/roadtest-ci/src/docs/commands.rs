// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Commands that the documentation shows, and the reference of all commands,
//! which is generated from the commands themselves.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::page::Page;
use xtask::Cli;

/// What our commands begin with.
const COMMAND: &str = "cargo xtask ";
/// Where the reference is, and between which lines.
const REFERENCE: &str = "docs/src/commands.md";
const BEGIN: &str = "<!-- commands: begin -->\n";
const END: &str = "<!-- commands: end -->";

/// Checks that all commands of a document exist, with all their options. A
/// command that is only mentioned may lack what it needs.
pub(super) fn check(page: &Page) -> Vec<String> {
    let typed = page.blocks().into_iter().flat_map(|block| {
        let lines = block.body.into_iter().enumerate();
        lines.filter_map(move |(index, line)| {
            let line = line.strip_prefix("$ ")?;
            Some((block.line + index + 1, line.to_owned()))
        })
    });
    let mentioned = page.spans().into_iter();
    let mut problems = Vec::new();
    for (line, command) in typed.chain(mentioned) {
        // Why: what is left out cannot be checked.
        if !command.starts_with(COMMAND) || command.contains(['…', '[', '|']) {
            continue;
        }
        let words = command.split(" #").next().unwrap_or_default();
        let words = words
            .split_whitespace()
            .skip(1)
            .map(|word| word.trim_matches('\''));
        if let Err(error) = Cli::try_parse_from(words)
            && error.use_stderr()
            && error.kind() != ErrorKind::MissingRequiredArgument
        {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            problems.push(page.problem(line, &format!("`{}`: {first}", command.trim())));
        }
    }
    problems
}

/// Whether the reference is what the commands say.
pub(super) fn reference(pages: &[Page]) -> Option<String> {
    let page = pages.iter().find(|page| page.path == REFERENCE)?;
    let wanted = replaced(&page.text);
    if wanted.as_deref() == Some(&page.text) {
        None
    } else {
        Some(format!(
            "{REFERENCE}: is not what the commands say; cargo xtask docs --write"
        ))
    }
}

/// Brings the reference up to date.
///
/// # Errors
/// Where it cannot be read or written, or has no place for it.
pub(super) fn write(root: &Path) -> anyhow::Result<()> {
    let path = root.join(REFERENCE);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {REFERENCE}"))?;
    let text = replaced(&text).with_context(|| format!("{REFERENCE} has no '{}'", BEGIN.trim()))?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {REFERENCE}"))
}

fn replaced(text: &str) -> Option<String> {
    let (head, rest) = text.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}{}{END}{tail}", generated()))
}

/// A section for each verb, with its own help.
fn generated() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut text = String::new();
    for verb in cli.get_subcommands_mut() {
        if verb.get_name() == "help" || verb.is_hide_set() {
            continue;
        }
        let help = verb.render_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n## cargo xtask {}\n\n```text\n{}\n```\n",
            verb.get_name(),
            help.join("\n").trim_end()
        );
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Vec<String> {
        check(&Page {
            path: "README.md".to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn commands_that_exist_are_fine_and_others_are_named() {
        let good =
            "`cargo xtask roadtest --ksrc PATH`\n```console\n$ cargo xtask tidy   # quick\n```\n";
        assert_eq!(checked(good), [""; 0]);
        let bad = checked("```console\n$ cargo xtask roadtest --fast\n```\n");
        assert_eq!(bad.len(), 1);
        assert!(
            bad[0].starts_with("README.md:2: `cargo xtask roadtest --fast`"),
            "{bad:?}"
        );
        assert_eq!(checked("`cargo xtask\nfly`").len(), 1);
    }

    #[test]
    fn the_reference_names_every_verb() {
        let text = generated();
        for verb in ["roadtest", "list", "docs", "ci"] {
            assert!(
                text.contains(&format!("\n## cargo xtask {verb}\n")),
                "{verb}"
            );
        }
        let page = format!("# Commands\n{BEGIN}old\n{END}\nmore\n");
        assert_eq!(
            replaced(&page),
            Some(format!("# Commands\n{BEGIN}{text}{END}\nmore\n"))
        );
    }
}
