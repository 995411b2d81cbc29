// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A document as far as the checks read it: its fenced blocks, each with the
//! comment in front of it that says where it comes from, its code spans and its
//! links. The Markdown is read by `pulldown-cmark`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use anyhow::Context as _;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

/// The documents beside the book.
const TOP: [&str; 4] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
];
/// The book's chapters.
pub const BOOK: &str = "docs/src";

/// What a comment for a block begins with.
const REMARKS: [&str; 5] = [
    "from ",
    "type ",
    "timeline of ",
    "replay: ",
    "not replayed: ",
];

/// One document.
pub struct Page {
    /// Relative to the workspace.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The line of the opening fence; 1 is the first.
    pub line: usize,
    /// What follows the fence: `console`, `rust`.
    pub kind: String,
    /// The text of the comment on the line before: `from src/lib.rs`.
    pub remark: Option<&'a str>,
    /// The lines between the fences.
    pub body: Vec<&'a str>,
}

impl Page {
    /// Reads a document.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn read(root: &Path, path: String) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(root.join(&path))
            .with_context(|| format!("cannot read {path}"))?;
        Ok(Self { path, text })
    }

    /// A problem of this document.
    pub fn problem(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// All fenced blocks.
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        // The last comment, and where it ends.
        let mut comment: (&str, usize) = ("", 0);
        for (event, range) in self.events() {
            match event {
                Event::Html(_) => {
                    comment = (self.text[range.clone()].trim_end(), range.end);
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let (text, end) = comment;
                    let kind = info.split(',').next().unwrap_or_default().to_owned();
                    let fenced = self.text[range.clone()].lines();
                    let mut body: Vec<&str> = fenced.skip(1).collect();
                    body.pop_if(|last| {
                        ["```", "~~~"]
                            .iter()
                            .any(|fence| last.trim_start().starts_with(fence))
                    });
                    blocks.push(Block {
                        line: self.line_of(range.start),
                        kind,
                        remark: remark(text).filter(|_| end == range.start),
                        body,
                    });
                }
                _ => {}
            }
        }
        blocks
    }

    /// Comments that are meant for a block and are not right above one: what
    /// they ask for would not be done.
    pub fn lost_remarks(&self) -> Vec<(usize, &str)> {
        let used: BTreeSet<usize> = self.blocks().iter().map(|block| block.line - 1).collect();
        let comments = self.events().filter_map(|(event, range)| match event {
            Event::Html(_) => {
                let remark = remark(self.text[range.clone()].trim_end())?;
                Some((self.line_of(range.start), remark))
            }
            _ => None,
        });
        comments
            .filter(|(_, remark)| REMARKS.iter().any(|start| remark.starts_with(start)))
            .filter(|(line, _)| !used.contains(line))
            .collect()
    }

    /// All code spans, each with the line that it ends on. One that is broken
    /// over lines is joined with a blank.
    pub fn spans(&self) -> Vec<(usize, String)> {
        let span = |(event, range): (Event<'_>, Range<usize>)| match event {
            Event::Code(text) => Some((self.line_of(range.end), text.to_string())),
            _ => None,
        };
        self.events().filter_map(span).collect()
    }

    /// The targets of all links and pictures, each with its line.
    pub fn targets(&self) -> Vec<(usize, String)> {
        let target = |(event, range): (Event<'_>, Range<usize>)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((self.line_of(range.start), dest_url.to_string()))
            }
            _ => None,
        };
        self.events().filter_map(target).collect()
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    /// The line that a byte is on; 1 is the first.
    fn line_of(&self, byte: usize) -> usize {
        self.text[..byte].matches('\n').count() + 1
    }
}

/// All documents, in the order of their paths.
///
/// # Errors
/// Where one cannot be read.
pub fn all(root: &Path) -> anyhow::Result<Vec<Page>> {
    let mut paths: BTreeSet<String> = TOP.map(str::to_owned).into();
    let chapters = root.join(BOOK);
    let entries = std::fs::read_dir(&chapters)
        .with_context(|| format!("cannot read {}", chapters.display()))?;
    for entry in entries {
        let name = entry.context("cannot look for chapters")?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".md") {
            paths.insert(format!("{BOOK}/{name}"));
        }
    }
    paths
        .into_iter()
        .map(|path| Page::read(root, path))
        .collect()
}

/// `from x` of `<!-- from x -->`.
fn remark(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!-- ")?.strip_suffix("-->")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_where_they_come_from_and_spans_may_be_broken() {
        let page = Page {
            path: "README.md".to_owned(),
            text: "See `a\nb` and `c`.\n<!-- from x.rs -->\n```rust,ignore\nfn `x`\n```\n"
                .to_owned(),
        };
        let block = Block {
            line: 4,
            kind: "rust".to_owned(),
            remark: Some("from x.rs"),
            body: vec!["fn `x`"],
        };
        assert_eq!(page.blocks(), [block]);
        let spans = [(2, "a b".to_owned()), (2, "c".to_owned())];
        assert_eq!(page.spans(), spans);
    }

    #[test]
    fn a_comment_that_is_not_right_above_a_block_is_not_its_own() {
        let page = Page {
            path: "README.md".to_owned(),
            text: "<!-- from x.rs -->\n\n```rust\n```\n\n- item\n\n  `` a ` b ``\n\n  \
                   ~~~text\n  `no`\n  ~~~\n"
                .to_owned(),
        };
        assert_eq!(page.lost_remarks(), [(1, "from x.rs")]);
        let remarks: Vec<_> = page.blocks().iter().map(|block| block.remark).collect();
        assert_eq!(remarks, [None, None]);
        assert_eq!(page.spans(), [(8, "a ` b".to_owned())]);
    }

    #[test]
    fn links_are_found_with_their_lines() {
        let page = Page {
            path: "README.md".to_owned(),
            text: "See\n[a](a.md#x), ![b](b.png)\nand `[c](c.md)`.\n".to_owned(),
        };
        let targets = [(2, "a.md#x".to_owned()), (2, "b.png".to_owned())];
        assert_eq!(page.targets(), targets);
    }
}
