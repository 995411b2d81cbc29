// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A document as something to do: its blocks in order, those of commands with
//! what they should say. It runs nothing.
//!
//! What is not said in the text is in the comment on the line before a block:
//!
//! - `<!-- type FILE -->`: the reader writes these lines to the end of the
//!   file, behind an empty line where there is something in it.
//! - `<!-- replay: exit 1 -->`: the last command ends with this code; all
//!   others end with 0.
//! - `<!-- replay: kernel tree at ~/linux -->`: the reader has one there.
//! - `<!-- not replayed: REASON -->`

use crate::page::{Block, Page};

/// What stands for lines that are left out, alone on its line.
pub const GAP: &str = "…";
/// What a command begins with.
const PROMPT: &str = "$ ";
/// What a comment of ours begins with.
const REPLAY: &str = "replay: ";
const NOT_REPLAYED: &str = "not replayed: ";
const TYPE: &str = "type ";

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Write lines to the end of a file.
    Type {
        /// The line of the block.
        line: usize,
        /// The file, relative to the workspace.
        file: &'a str,
        /// The lines.
        text: Vec<&'a str>,
    },
    /// Compare with a file, or with what a test has left.
    Quote(Block<'a>),
    /// See that there is a kernel tree.
    Tree {
        /// The line of the block that needs it.
        line: usize,
        /// Where it is, relative to the user's home.
        place: &'a str,
    },
    /// Run a command.
    Run(Command<'a>),
}

/// A command, and what it should say.
#[derive(Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Its line.
    pub line: usize,
    /// What is typed; more than one line where a `\` ends the line before.
    pub text: String,
    /// The lines below it.
    pub says: Vec<&'a str>,
    /// The code that it ends with.
    pub exit: i32,
}

impl Command<'_> {
    /// The line of the document that its first line of output is on.
    pub fn output(&self) -> usize {
        self.line + self.text.lines().count()
    }
}

/// Reads a document; nothing where it has no command to run.
///
/// # Errors
/// Every block of commands that cannot be understood, with its place.
pub fn problems(page: &Page) -> Vec<String> {
    steps(page).err().unwrap_or_default()
}

/// Reads a document; no step where it has no command to run.
///
/// # Errors
/// Every block of commands that cannot be understood, with its place.
pub fn steps(page: &Page) -> Result<Vec<Step<'_>>, Vec<String>> {
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    for block in page.blocks() {
        let line = block.line;
        if block.kind == "console" {
            match console(block) {
                Ok(more) => steps.extend(more),
                Err(problem) => problems.push(page.problem(line, &problem)),
            }
        } else if let Some(file) = block.remark.and_then(|remark| remark.strip_prefix(TYPE)) {
            let text = block.body;
            steps.push(Step::Type { line, file, text });
        } else if block.remark.is_some() {
            steps.push(Step::Quote(block));
        }
    }
    let runs = steps.iter().any(|step| matches!(step, Step::Run(_)));
    match problems.is_empty() {
        true if runs => Ok(steps),
        true => Ok(Vec::new()),
        false => Err(problems),
    }
}

/// The steps of one block of commands.
fn console(block: Block<'_>) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    let mut exit = 0;
    if let Some(remark) = block.remark {
        if remark.starts_with(NOT_REPLAYED) {
            return Ok(steps);
        }
        let unknown = || format!("the replay cannot follow `{remark}`");
        let wishes = remark.strip_prefix(REPLAY).ok_or_else(unknown)?;
        for wish in wishes.split(", ") {
            if let Some(code) = wish.strip_prefix("exit ") {
                exit = code.parse().map_err(|error| format!("{error}: {wish}"))?;
            } else if let Some(place) = wish.strip_prefix("kernel tree at ~/") {
                let line = block.line;
                steps.push(Step::Tree { line, place });
            } else {
                return Err(unknown());
            }
        }
    }
    let mut lines = block.body.into_iter().zip(block.line + 1..).peekable();
    while let Some((typed, line)) = lines.next() {
        let typed = typed.strip_prefix(PROMPT);
        let mut text = typed
            .ok_or("the block does not begin with a command")?
            .to_owned();
        while text.ends_with('\\')
            && let Some((more, _)) = lines.next()
        {
            text = format!("{text}\n{more}");
        }
        let mut says = Vec::new();
        while let Some((more, _)) = lines.next_if(|(more, _)| !more.starts_with(PROMPT)) {
            says.push(more);
        }
        steps.push(Step::Run(Command {
            line,
            text,
            says,
            exit: if lines.peek().is_none() { exit } else { 0 },
        }));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            path: "docs/src/x.md".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn blocks_become_steps_in_order() {
        let page = page(
            "<!-- type a/b.rs -->\n```rust\nfn b() {}\n```\n\
             <!-- replay: kernel tree at ~/linux, exit 1 -->\n\
             ```console\n$ rm a \\\n     b\n$ cargo test\none\n…\n```\n\
             <!-- from a/b.rs -->\n```rust\nfn b() {}\n```\n",
        );
        let run = |line, text: &str, says: &[&'static str], exit| {
            Step::Run(Command {
                line,
                text: text.to_owned(),
                says: says.to_vec(),
                exit,
            })
        };
        let steps = steps(&page).expect("it can be read");
        let expected = [
            Step::Type {
                line: 2,
                file: "a/b.rs",
                text: vec!["fn b() {}"],
            },
            Step::Tree {
                line: 6,
                place: "linux",
            },
            run(7, "rm a \\\n     b", &[], 0),
            run(9, "cargo test", &["one", "…"], 1),
        ];
        assert_eq!(steps[..4], expected);
        assert!(matches!(&steps[4], Step::Quote(block) if block.line == 14));
        assert_eq!(steps.len(), 5);
    }

    #[test]
    fn what_is_not_replayed_says_why() {
        let why = page("<!-- not replayed: it never ends -->\n```console\n$ top\n```\n");
        assert_eq!(steps(&why), Ok(vec![]));
        let typo = page("<!-- replay: exits 1 -->\n```console\n$ false\n```\n");
        let problem = "docs/src/x.md:2: the replay cannot follow `replay: exits 1`";
        assert_eq!(problems(&typo), [problem]);
        let output = page("```console\nhello\n```\n");
        let problem = "docs/src/x.md:1: the block does not begin with a command";
        assert_eq!(problems(&output), [problem]);
    }
}
