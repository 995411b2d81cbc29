// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The text of a log that may have no end: its beginning and its end are kept,
//! and a line in between says how much is not. Reports of the kernel that were
//! there are kept.

use std::fmt;

use crate::report;

/// How much of the beginning is kept, and at least how much of the end, in
/// bytes. A kernel with all its checkers logs some hundred kilobytes.
const HEAD_LEN_MAX: usize = 4 << 20;
const TAIL_LEN_MIN: usize = 4 << 20;

/// How many reports of what is not kept are.
const REPORTS_MAX: usize = 16;

/// The text so far.
#[derive(Default)]
pub(super) struct Text {
    head: String,
    tail: String,
    /// How many bytes between head and tail are gone.
    dropped: u64,
    /// The kernel's reports among them.
    reports: Vec<String>,
    /// The beginning of a character whose end has not come yet.
    partial: Vec<u8>,
}

impl Text {
    /// Adds what the guest wrote. Returns it as it is kept: characters that
    /// would do something to a terminal are written out.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.partial.extend(bytes);
        let rest = self.partial.split_off(whole_len(&self.partial));
        let bytes = std::mem::replace(&mut self.partial, rest);
        let new = shown(&String::from_utf8_lossy(&bytes));
        let (kept, later) = new.split_at(self.room_in_head(&new));
        self.head.push_str(kept);
        self.tail.push_str(later);
        // Not each time: what is behind has to move up.
        if self.tail.len() > 2 * TAIL_LEN_MIN {
            let from = self.tail.len() - TAIL_LEN_MIN;
            let from = self.tail.ceil_char_boundary(from);
            let from = self.tail[from..]
                .find('\n')
                .map_or(from, |end| from + end + 1);
            let reports = report::find(&self.tail[..from]);
            let room = REPORTS_MAX.saturating_sub(self.reports.len());
            self.reports.extend(reports.into_iter().take(room));
            self.dropped += from as u64;
            self.tail.drain(..from);
        }
        new
    }

    fn room_in_head(&self, new: &str) -> usize {
        if !self.tail.is_empty() {
            return 0;
        }
        let room = HEAD_LEN_MAX.saturating_sub(self.head.len());
        if new.len() <= room {
            return new.len();
        }
        let room = new.floor_char_boundary(room);
        new[..room].rfind('\n').map_or(room, |end| end + 1)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        if self.dropped > 0 {
            if !self.head.ends_with('\n') {
                f.write_str("\n")?;
            }
            let dropped = self.dropped;
            writeln!(
                f,
                "(roadtest: {dropped} bytes of the log are left out here)"
            )?;
            for report in &self.reports {
                writeln!(f, "{report}")?;
            }
        }
        f.write_str(&self.tail)
    }
}

/// Up to where bytes end with a whole character.
fn whole_len(bytes: &[u8]) -> usize {
    // The longest character has four bytes.
    let from = bytes.len().saturating_sub(3);
    let start = bytes[from..]
        .iter()
        .rposition(|byte| *byte >= 0xc0)
        .map(|at| from + at);
    match start {
        Some(start) => match std::str::from_utf8(&bytes[start..]) {
            Err(error) if error.error_len().is_none() => start + error.valid_up_to(),
            _ => bytes.len(),
        },
        None => bytes.len(),
    }
}

/// Without carriage returns, and with no other control character as it is.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => {}
            '\n' | '\t' => shown.push(c),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_without_end_keeps_its_beginning_and_its_end_and_says_what_is_missing() {
        let mut text = Text::default();
        let mut written = 0;
        let mut last = String::new();
        for number in 0..400 {
            last = format!("{number:065535}\n");
            written += last.len();
            text.push(last.as_bytes());
        }
        let kept = text.to_string();
        assert!(kept.len() < HEAD_LEN_MAX + 2 * TAIL_LEN_MIN + 200);
        assert!(kept.starts_with(&format!("{:065535}\n", 0)));
        assert!(kept.ends_with(&last));
        let mark = kept
            .lines()
            .find_map(|line| line.strip_prefix("(roadtest: "))
            .unwrap();
        let (missing, rest) = mark.split_once(' ').unwrap();
        assert_eq!(rest, "bytes of the log are left out here)");
        let missing: usize = missing.parse().unwrap();
        let mark_len = "(roadtest: ".len() + mark.len() + 1;
        assert_eq!(kept.len() - mark_len + missing, written);
        assert!(text.reports.is_empty());
    }

    #[test]
    fn a_report_among_what_is_left_out_is_kept() {
        let mut text = Text::default();
        let line = format!("{:065535}\n", 0);
        let warning = "WARNING: CPU: 0 PID: 1 at drivers/a.c:3 f+0x1/0x2";
        for number in 0..400 {
            text.push(line.as_bytes());
            if number == 200 {
                text.push(format!("[    1.000000] {warning}\n").as_bytes());
            }
        }
        assert_eq!(report::find(&text.to_string()), [warning]);
    }

    #[test]
    fn a_character_that_comes_in_two_parts_is_one() {
        let mut text = Text::default();
        for byte in "25 °C…\n".bytes() {
            text.push(&[byte]);
        }
        text.push(&[0xff, b'\n', 0xc3]);
        assert_eq!(text.to_string(), "25 °C…\n\u{fffd}\n");
    }

    #[test]
    fn what_would_do_something_to_a_terminal_is_written_out() {
        let mut text = Text::default();
        text.push(b"\x1b]0;title\x07\tx\r\n\0");
        assert_eq!(text.to_string(), "\\u{1b}]0;title\\u{7}\tx\n\\u{0}");
    }
}
