// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask docs`: whether the documentation still says what is true.
//! Code that it quotes is in the file it names, commands that it shows are
//! commands that exist, tests and files that it mentions are there, and the
//! reference of all commands is what the commands say themselves. It renders
//! nothing: that is `mdbook build docs`.

mod commands;
mod mentions;
mod rst;

use std::path::Path;

use roadtest_command::exit::Done;
use roadtest_command::{console, workspace};
use xtask::checks::Docs;

use crate::page::{self, BOOK, Page};
use crate::{quotes, script};

/// Runs the verb.
///
/// # Errors
/// Where a document cannot be read or written.
pub fn run(args: &Docs) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    if args.write {
        commands::write(&root)?;
        rst::write(&root)?;
    }
    let problems = check(&root)?;
    for problem in &problems {
        console::problem(problem);
    }
    if problems.is_empty() {
        console::status("Docs", "no problems");
    }
    Ok(Done::from_failed(problems.len()))
}

/// Everything that is wrong, in the order of the documents.
fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let pages = page::all(root)?;
    let functions = mentions::functions(root)?;
    let out = workspace::out(root);
    let mut problems = Vec::new();
    for page in &pages {
        problems.extend(quotes::check(page, root, &out));
        problems.extend(commands::check(page));
        problems.extend(mentions::check(page, root, &functions));
        problems.extend(script::problems(page));
        let lost = page.lost_remarks().into_iter();
        problems.extend(lost.map(|(line, remark)| {
            page.problem(line, &format!("no block follows at once on `{remark}`"))
        }));
    }
    problems.extend(commands::reference(&pages));
    problems.extend(unlisted(&pages));
    problems.extend(rst::check(root)?);
    Ok(problems)
}

/// Chapters that the summary does not have: mdBook leaves them out.
fn unlisted(pages: &[Page]) -> Vec<String> {
    let summary = pages.iter().find(|page| page.path.ends_with("/SUMMARY.md"));
    let text = summary.map_or("", |page| page.text.as_str());
    let chapters = pages.iter().filter_map(|page| {
        let name = page.path.strip_prefix(BOOK)?.strip_prefix('/')?;
        let listed = name == "SUMMARY.md" || text.contains(&format!("({name})"));
        (!listed).then(|| format!("{}: is not in the summary", page.path))
    });
    chapters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_outside_the_summary_is_found() {
        let page = |path: &str, text: &str| Page {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let summary = page("docs/src/SUMMARY.md", "- [Start](start.md)");
        let start = page("docs/src/start.md", "");
        let lost = page("docs/src/lost.md", "");
        assert_eq!(
            unlisted(&[summary, start, lost]),
            ["docs/src/lost.md: is not in the summary"]
        );
    }
}
