// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Quoted code and quoted timelines. A block behind `<!-- from FILE -->` (or
//! `<!-- type FILE -->`, which has the reader write it) is in that file, line by line; a line with nothing but `…` (in a comment or not)
//! leaves something out. A block behind `<!-- timeline of DRIVER/TEST -->` is
//! in what that test left in the last run, where it ran; its times are not
//! compared, because a kernel's next version may have others.

use std::path::Path;

use crate::page::{Block, Page};

/// The width of the time in front of a line of `timeline.txt`.
const TIME_WIDTH: usize = 17;

/// Checks all quotes of a document.
pub fn check(page: &Page, root: &Path, out: &Path) -> Vec<String> {
    let blocks = page.blocks();
    let problems = blocks.iter().filter_map(|block| {
        problem(block, root, out).map(|problem| page.problem(block.line, &problem))
    });
    problems.collect()
}

/// What is wrong with one block, if it is a quote. What is typed in is one,
/// too: it is there already.
pub fn problem(block: &Block<'_>, root: &Path, out: &Path) -> Option<String> {
    let remark = block.remark?;
    let file = ["from ", "type "]
        .iter()
        .find_map(|word| remark.strip_prefix(word));
    if let Some(path) = file {
        match std::fs::read_to_string(root.join(path)) {
            Err(error) => Some(format!("cannot read {path}: {error}")),
            Ok(text) => missing(&block.body, &text.lines().collect::<Vec<_>>())
                .map(|line| format!("{path} has no such place: {line}")),
        }
    } else {
        let test = remark.strip_prefix("timeline of ")?;
        timeline(block, &out.join("tests").join(test).join("timeline.txt"))
    }
}

/// A test that has not run has nothing to say.
fn timeline(block: &Block<'_>, path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text: Vec<&str> = text.lines().map(without_time).collect();
    let body: Vec<&str> = block.body.iter().map(|line| without_time(line)).collect();
    missing(&body, &text).map(|line| format!("the test's last timeline has no such place: {line}"))
}

fn without_time(line: &str) -> &str {
    let starts_with_time = line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    match line.get(TIME_WIDTH..) {
        Some(rest) if starts_with_time => rest,
        _ => line,
    }
}

/// The first line of the first piece of a quote that `text` does not have
/// behind the pieces before it.
fn missing(quote: &[&str], text: &[&str]) -> Option<String> {
    let mut from = 0;
    for piece in quote.split(|line| is_gap(line)) {
        let piece = trimmed(piece);
        if piece.is_empty() {
            continue;
        }
        let wanted = dedented(piece);
        let found = text[from..]
            .windows(piece.len())
            .position(|window| dedented(window) == wanted);
        match found {
            Some(at) => from += at + piece.len(),
            None => return Some(piece[0].trim().to_owned()),
        }
    }
    None
}

fn is_gap(line: &str) -> bool {
    line.trim().trim_start_matches(['/', '#']).trim() == "…"
}

/// Without empty lines at either end.
fn trimmed<'a, 'b>(piece: &'a [&'b str]) -> &'a [&'b str] {
    let filled = |line: &&str| !line.trim().is_empty();
    let start = piece.iter().position(filled).unwrap_or(piece.len());
    let end = piece
        .iter()
        .rposition(filled)
        .map_or(start, |last| last + 1);
    &piece[start..end]
}

/// Without the indentation that all lines share.
fn dedented<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let cut = |line: &&'a str| line.get(common..).unwrap_or("").trim_end();
    lines.iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: [&str; 5] = ["fn a() {", "    one();", "", "    two();", "}"];

    #[test]
    fn a_quote_may_be_indented_otherwise_and_leave_lines_out() {
        assert_eq!(missing(&["one();", "", "two();"], &TEXT), None);
        assert_eq!(missing(&["fn a() {", "    // …", "}"], &TEXT), None);
    }

    #[test]
    fn a_quote_that_is_changed_or_out_of_order_is_found() {
        assert_eq!(missing(&["three();"], &TEXT).as_deref(), Some("three();"));
        let swapped = ["two();", "// …", "one();"];
        assert_eq!(missing(&swapped, &TEXT).as_deref(), Some("one();"));
    }

    #[test]
    fn times_are_not_compared() {
        let line = "    0.031234567  tmp117       R DEVICE_ID       0117";
        assert_eq!(without_time(line), "tmp117       R DEVICE_ID       0117");
        assert_eq!(without_time("…"), "…");
    }
}
