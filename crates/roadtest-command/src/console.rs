// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Lines for people, in the style of cargo: a right-aligned word and a text.
//! Colours go where a terminal takes them, and `NO_COLOR` is obeyed. What
//! tests report is not decided here but in `report`.

use std::io::Write;

use anstyle::{AnsiColor, Style};

/// Width of the status words.
const STATUS_WIDTH: usize = 12;

/// Green and bold: it went well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Red and bold: it failed.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Yellow and bold: it did not happen.
pub const NEUTRAL: Style = AnsiColor::Yellow.on_default().bold();
/// Pale: context.
pub const PALE: Style = Style::new().dimmed();

/// A line on standard output. A reader that has gone away is no error: the
/// exit code says what happened.
pub fn line(text: &str) {
    drop(writeln!(anstream::stdout(), "{text}"));
}

/// `      status  text` on standard error, where progress belongs.
pub fn status(word: &str, text: &str) {
    to_stderr(&format!("{GOOD}{word:>STATUS_WIDTH$}{GOOD:#} {text}"));
}

/// An error, on standard error.
pub fn problem(text: &str) {
    to_stderr(&format!("{BAD}error{BAD:#}: {text}"));
}

fn to_stderr(text: &str) {
    drop(writeln!(anstream::stderr(), "{text}"));
}
