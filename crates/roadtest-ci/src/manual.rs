// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask completions` and `cargo xtask man`: what the command line says
//! of itself, for a shell and for `man`.

use anyhow::Context as _;
use clap::CommandFactory as _;
use roadtest_command::console;
use roadtest_command::exit::{self, Done};
use xtask::Cli;
use xtask::checks::{Completions, Man, Shell};

/// What users call it where they complete it: a shell completes single words.
const ALIAS: &str = "xtask";
/// The name of the manual page.
const PAGE: &str = "cargo-xtask";

/// Runs `completions`.
///
/// # Errors
/// Where the script is no text.
pub fn completions(args: &Completions) -> anyhow::Result<Done> {
    console::line(script(args.shell)?.trim_end());
    Ok(Done::AllPassed)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut command = Cli::command().name(ALIAS);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, ALIAS, &mut script);
    String::from_utf8(script).context("the script is no text")
}

/// Runs `man`.
///
/// # Errors
/// Where there is no such verb.
pub fn page(args: &Man) -> anyhow::Result<Done> {
    console::line(manual(args.verb.as_deref())?.trim_end());
    Ok(Done::AllPassed)
}

fn manual(verb: Option<&str>) -> anyhow::Result<String> {
    let mut command = Cli::command();
    command.build();
    let (command, name) = match verb {
        None => (command, PAGE.to_owned()),
        Some(verb) => {
            let found = command.find_subcommand(verb).cloned();
            let found = found.ok_or_else(|| exit::usage(format!("there is no verb '{verb}'")))?;
            (found, format!("{PAGE}-{verb}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .title(name)
        .render(&mut page)
        .context("cannot write a manual page")?;
    String::from_utf8(page).context("the page is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_verbs_and_options() {
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            let script = script(shell).expect("text");
            for word in ["roadtest", "sanitize", "describe"] {
                assert!(script.contains(word), "{shell:?}: {word}");
            }
        }
    }

    #[test]
    fn the_manual_has_a_page_for_all_and_one_for_each_verb() {
        let all = manual(None).expect("a page");
        assert!(all.contains(".TH cargo-xtask 1"), "{all}");
        assert!(all.contains("Build the kernel where needed"), "{all}");
        let one = manual(Some("roadtest")).expect("a page");
        assert!(one.contains("\\-\\-since"), "{one}");
        let error = manual(Some("fly")).expect_err("there is none");
        assert_eq!(error.to_string(), "there is no verb 'fly'");
    }
}
