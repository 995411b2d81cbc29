// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A document as far as the checks read it: its fenced blocks, each with the
//! comment in front of it that says where it comes from, and its code spans.
//! Not a Markdown parser.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;

/// The documents beside the book.
const TOP: [&str; 4] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
];
/// The book's chapters.
pub const BOOK: &str = "docs/src";

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
    pub kind: &'a str,
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
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut open = false;
        let mut before = "";
        for (number, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), open) {
                (Some(kind), false) => blocks.push(Block {
                    line: number + 1,
                    kind: kind.split(',').next().unwrap_or_default(),
                    remark: remark(before),
                    body: Vec::new(),
                }),
                (None, true) => {
                    if let Some(block) = blocks.last_mut() {
                        block.body.push(line);
                    }
                }
                _ => {}
            }
            open ^= line.starts_with("```");
            before = line;
        }
        blocks
    }

    /// All code spans outside of blocks, each with its line. One that is
    /// broken over lines is joined with a blank.
    pub fn spans(&self) -> Vec<(usize, String)> {
        let mut spans = Vec::new();
        let mut open: Option<String> = None;
        let mut fenced = false;
        for (number, line) in self.text.lines().enumerate() {
            if line.starts_with("```") {
                fenced = !fenced;
                continue;
            }
            if fenced {
                continue;
            }
            if line.is_empty() {
                open = None;
            }
            for (index, part) in line.split('`').enumerate() {
                if index > 0 {
                    match open.take() {
                        Some(span) => spans.push((number + 1, span)),
                        None => open = Some(String::new()),
                    }
                }
                if let Some(span) = &mut open {
                    span.push_str(part);
                }
            }
            if let Some(span) = &mut open {
                span.push(' ');
            }
        }
        spans
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
            kind: "rust",
            remark: Some("from x.rs"),
            body: vec!["fn `x`"],
        };
        assert_eq!(page.blocks(), [block]);
        let spans = [(2, "a b".to_owned()), (2, "c".to_owned())];
        assert_eq!(page.spans(), spans);
    }
}
