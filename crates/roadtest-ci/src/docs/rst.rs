// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The document for a kernel tree, `Documentation/dev-tools/roadtest.rst`, is
//! made of a chapter of the book, so that the two cannot disagree. It knows
//! the Markdown that the chapter uses, and refuses the rest.

use std::path::Path;

use anyhow::{Context as _, bail};

/// The chapter.
const CHAPTER: &str = "docs/src/tree.md";
/// The document.
const DOCUMENT: &str = "tools-testing-roadtest/Documentation/dev-tools/roadtest.rst";
/// The kernel's documentation as pages; the rest of such an address is the
/// path of a file below `Documentation/`.
const PAGES: &str = "https://docs.kernel.org/";

/// Writes the document.
///
/// # Errors
/// Where the chapter cannot be read or converted, or the document not written.
pub(super) fn write(root: &Path) -> anyhow::Result<()> {
    let text = made(root)?;
    std::fs::write(root.join(DOCUMENT), text).with_context(|| format!("cannot write {DOCUMENT}"))
}

/// What is wrong with the document, if anything is.
///
/// # Errors
/// Where the chapter cannot be read or converted.
pub(super) fn check(root: &Path) -> anyhow::Result<Option<String>> {
    let made = made(root)?;
    let there = std::fs::read_to_string(root.join(DOCUMENT)).unwrap_or_default();
    let wrong = (there != made)
        .then(|| format!("{DOCUMENT}: is not what {CHAPTER} says; run `cargo xtask docs --write`"));
    Ok(wrong)
}

fn made(root: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root.join(CHAPTER))
        .with_context(|| format!("cannot read {CHAPTER}"))?;
    convert(&text).with_context(|| format!("cannot convert {CHAPTER}"))
}

/// Markdown to reStructuredText, in the habits of the kernel's documentation.
fn convert(markdown: &str) -> anyhow::Result<String> {
    let mut out = vec![
        ".. SPDX-License-Identifier: GPL-2.0-only OR MIT".to_owned(),
        String::new(),
    ];
    let mut code = false;
    for (number, line) in markdown.lines().enumerate() {
        if line.starts_with("```") {
            code = !code;
            if code {
                announce(&mut out);
            }
        } else if code {
            out.push(if line.is_empty() {
                String::new()
            } else {
                format!("\t{line}")
            });
        } else if let Some(title) = line.strip_prefix("# ") {
            let rule = "=".repeat(title.chars().count());
            out.extend([rule.clone(), title.to_owned(), rule]);
        } else if let Some(title) = line.strip_prefix("## ") {
            out.extend([title.to_owned(), "=".repeat(title.chars().count())]);
        } else if line.starts_with(['|', '#', '>', '<', '!']) {
            bail!("line {}: no form is known for {line:?}", number + 1);
        } else {
            let item = line.strip_prefix("- ").map(|rest| format!("* {rest}"));
            out.push(inline(&item.unwrap_or_else(|| line.to_owned())));
        }
    }
    Ok(out.join("\n") + "\n")
}

/// The paragraph before a block of code ends in `::`.
fn announce(out: &mut Vec<String>) {
    let last = out.iter_mut().rev().find(|line| !line.is_empty());
    match last {
        Some(line) if line.ends_with(':') => line.push(':'),
        _ => out.extend(["::".to_owned(), String::new()]),
    }
}

/// Code between doubled marks, and links to the kernel's pages as the paths
/// that its documentation links by itself.
fn inline(line: &str) -> String {
    let mut text = line.replace('`', "``");
    while let Some(parts) = link(&text) {
        let (before, label, address, after) = parts;
        let target = match address.strip_prefix(PAGES) {
            Some(page) => format!("Documentation/{}", page.replace(".html", ".rst")),
            None => address.to_owned(),
        };
        text = format!("{before}{label} ({target}){after}");
    }
    text
}

/// `before [label](address) after`
fn link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](http")?;
    let start = text[..middle].rfind('[')?;
    let end = middle + text[middle..].find(')')?;
    Some((
        &text[..start],
        &text[start + 1..middle],
        &text[middle + 2..end],
        &text[end + 1..],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_becomes_a_document_of_the_kernel() {
        let markdown = "# A title\n\nRun `make`:\n\n```text\nmake\n```\n\n\
                        - [KUnit](https://docs.kernel.org/dev-tools/kunit/index.html) is\n  else.\n";
        insta::assert_snapshot!(convert(markdown).expect("it converts"), @r"
        .. SPDX-License-Identifier: GPL-2.0-only OR MIT

        =======
        A title
        =======

        Run ``make``::

        	make

        * KUnit (Documentation/dev-tools/kunit/index.rst) is
          else.
        ");
    }

    #[test]
    fn what_has_no_form_is_refused() {
        let error = convert("| a | b |").expect_err("a table");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
