// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a command said, against what a document says it does. A line with
//! nothing but `…` stands for any number of lines; the others are wanted as
//! they are, but for what changes from one run to the next without anything
//! having changed. That list is short, and all of it is here:
//!
//! - how long something took on the host's clock: `0.09s`;
//! - the time stamps of a timeline: `    0.023145269  STOP`;
//! - the point release of the packaged kernel: `6.12.117`;
//! - where the user's home is: `~`;
//! - the order in which tests end, where several run at a time.

use roadtest_run::review;

use crate::script::GAP;

/// The packaged kernel that the documentation is about, and its dot.
const RELEASE: &str = "6.12.";
/// What each line of a test's verdict has behind the times.
const VERDICT: &str = "s virtual] ";
/// What stands for a number that is not compared.
const ANY: &str = "#";

/// The first place where output differs from the document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The document's line, counted from its first line of output: 0 and up.
    pub(super) index: usize,
    /// What the document says (`-`) and what was said (`+`).
    pub(super) diff: String,
}

/// Compares; `None` where they agree.
pub(super) fn compare(wanted: &[&str], said: &[&str], home: &str) -> Option<Mismatch> {
    let wanted = comparable(wanted, home);
    let said: Vec<String> = comparable(said, home)
        .into_iter()
        .map(|line| line.1)
        .collect();
    let pieces: Vec<&[Line]> = wanted.split(|line| line.1.trim() == GAP).collect();
    let last = pieces.len() - 1;
    let mut from = 0;
    for (number, piece) in pieces.iter().enumerate() {
        let latest = said.len().checked_sub(piece.len());
        // Where the piece may begin: a gap before it makes room.
        let places = match (number, latest) {
            (_, None) => from..from,
            (0, _) => 0..1,
            (_, Some(latest)) if number == last => latest.max(from)..latest + 1,
            (_, Some(latest)) => from..latest + 1,
        };
        let fits = |at: &usize| equal(piece, &said[*at..]) == piece.len();
        // Without a gap at all, nothing may follow either.
        let whole = last > 0 || said.len() == piece.len();
        match places.clone().find(fits).filter(|_| whole) {
            Some(at) => from = at + piece.len(),
            None if number == last => {
                return Some(mismatch(piece, &said, from, places, Extent::ToTheEnd));
            }
            None => return Some(mismatch(piece, &said, from, places, Extent::ThePiece)),
        }
    }
    None
}

/// A line that can be compared, with the number that it had.
type Line = (usize, String);

/// How many lines agree from the start.
fn equal(piece: &[Line], said: &[String]) -> usize {
    let pairs = piece.iter().zip(said);
    pairs
        .take_while(|(wanted, said)| wanted.1 == **said)
        .count()
}

/// How much of what was said is shown beside a piece.
#[derive(Clone, Copy, Debug)]
enum Extent {
    /// As many lines as the piece has.
    ThePiece,
    /// All that follows.
    ToTheEnd,
}

/// Shows a piece beside the lines that are most like it.
fn mismatch(
    piece: &[Line],
    said: &[String],
    from: usize,
    places: std::ops::Range<usize>,
    extent: Extent,
) -> Mismatch {
    let alike = |at: &usize| {
        let pairs = piece.iter().zip(&said[*at..]);
        let same = pairs.filter(|(wanted, said)| wanted.1 == **said).count();
        // The first of several, though `max_by_key` takes the last.
        (same, std::cmp::Reverse(*at))
    };
    let at = places.max_by_key(alike).unwrap_or(from).min(said.len());
    let end = match extent {
        Extent::ToTheEnd => said.len(),
        Extent::ThePiece => (at + piece.len()).min(said.len()),
    };
    let first = equal(piece, &said[at..]).min(piece.len().saturating_sub(1));
    let text = |lines: &mut dyn Iterator<Item = &String>| {
        lines.fold(String::new(), |text, line| text + line + "\n")
    };
    let old = text(&mut piece.iter().map(|line| &line.1));
    let new = text(&mut said[at..end].iter());
    Mismatch {
        index: piece.get(first).map_or(0, |line| line.0),
        diff: review::diff(&old, &new),
    }
}

/// Lines without what is not compared, and tests that ended one after the
/// other in the order of their names.
fn comparable(lines: &[&str], home: &str) -> Vec<Line> {
    let mut sorted: Vec<Line> = Vec::new();
    // Tests in a row, each with the reason that follows it.
    let mut row: Vec<Vec<Line>> = Vec::new();
    let end = |row: &mut Vec<Vec<Line>>, sorted: &mut Vec<Line>| {
        row.sort_by_key(|test| {
            test[0]
                .1
                .split_once(VERDICT)
                .map(|(_, name)| name.to_owned())
        });
        sorted.extend(row.drain(..).flatten());
    };
    for (number, line) in lines.iter().enumerate() {
        let line = (number, plain(&line.replace(home, "~")));
        match row.last_mut() {
            _ if line.1.contains(VERDICT) => row.push(vec![line]),
            Some(test) if test.len() == 1 && line.1.starts_with("           reason  ") => {
                test.push(line);
            }
            _ => {
                end(&mut row, &mut sorted);
                sorted.push(line);
            }
        }
    }
    end(&mut row, &mut sorted);
    sorted
}

/// A line without the numbers that are not compared.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line.trim_end();
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let (number, after) =
            number.split_at(number.find(|c| !is_number(c)).unwrap_or(number.len()));
        plain.push_str(before);
        let alone = !plain.ends_with(|c: char| c.is_alphanumeric() || c == '.');
        if alone && is_duration(number, after) {
            // It is padded.
            let padded = plain.trim_end_matches(' ').len();
            plain.truncate(if plain[..padded].ends_with('[') {
                padded
            } else {
                plain.len()
            });
            plain.push_str(ANY);
        } else if alone && is_release(number) {
            plain.push_str(RELEASE);
            plain.push_str(ANY);
        } else if plain.trim().is_empty() && is_time(number, after) {
            plain.push_str(ANY);
        } else {
            plain.push_str(number);
        }
        rest = after;
    }
    plain + rest
}

/// `0.09` of `0.09s`; virtual time has one place.
fn is_duration(number: &str, after: &str) -> bool {
    let word = after.split(|c: char| !c.is_alphanumeric()).next();
    places(number) == Some(2) && word == Some("s")
}

/// `6.12.117`
fn is_release(number: &str) -> bool {
    let point = number.strip_prefix(RELEASE).unwrap_or_default();
    point.parse::<u32>().is_ok()
}

/// `0.023145269` at the beginning of a line.
fn is_time(number: &str, after: &str) -> bool {
    places(number) == Some(9) && after.starts_with("  ")
}

/// How many places a number has behind its only point.
fn places(number: &str) -> Option<usize> {
    let (_, places) = number.split_once('.')?;
    (!places.contains('.')).then_some(places.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(wanted: &[&str], said: &[&str]) -> Option<usize> {
        compare(wanted, said, "/h/me").map(|mismatch| mismatch.index)
    }

    #[test]
    fn a_gap_stands_for_any_number_of_lines() {
        assert_eq!(at(&["a", "…", "b"], &["a", "b"]), None);
        assert_eq!(at(&["a", "    …", "b"], &["a", "1", "2", "b"]), None);
        assert_eq!(at(&["…", "b", "…"], &["a", "b", "b"]), None);
        assert_eq!(at(&["…", "b", "c"], &["b", "x", "b", "c"]), None);
        assert_eq!(at(&["…"], &[]), None);
        assert_eq!(at(&[], &[]), None);
    }

    #[test]
    fn anything_else_is_a_difference_at_its_line() {
        assert_eq!(at(&["a", "b"], &["a", "c"]), Some(1));
        assert_eq!(at(&["a"], &["a", "b"]), Some(0));
        assert_eq!(at(&["a", "b"], &["a"]), Some(1));
        assert_eq!(at(&[], &["a"]), Some(0));
        assert_eq!(at(&["…", "b"], &["b", "c"]), Some(1));
        assert_eq!(at(&["b", "…"], &["a", "b"]), Some(0));
        assert_eq!(at(&["a", "…", "a"], &["a"]), Some(2));
        assert_eq!(
            at(&["…", "x", "y", "…", "b"], &["x", "y", "x", "c"]),
            Some(4)
        );
        assert_eq!(at(&["…", "x", "y", "…"], &["x", "x", "z"]), Some(2));
    }

    #[test]
    fn a_difference_is_shown_beside_what_is_most_like_it() {
        let said = ["one", "two", "3 tests", "2 passed", "end"];
        let found = compare(&["…", "3 tests", "4 passed", "…"], &said, "/h/me");
        let found = found.expect("it differs");
        let diff = anstream::adapter::strip_str(&found.diff).to_string();
        assert_eq!(diff, "@@\n 3 tests\n-4 passed\n+2 passed");
    }

    #[test]
    fn what_no_change_has_changed_is_not_compared() {
        let page = [
            "3 tests on 6.12.117 (~/linux)",
            "    PASS [ 0.09s ·   3.8s virtual] hwmon/lm75  as6200_alarm",
            "    0.023145269  STOP",
        ];
        let said = [
            "3 tests on 6.12.9 (/h/me/linux)",
            "    PASS [12.34s ·   3.8s virtual] hwmon/lm75  as6200_alarm",
            "    1.000000000  STOP",
        ];
        assert_eq!(at(&page, &said), None);
    }

    #[test]
    fn other_numbers_are_compared() {
        let differ = |a: &str, b: &str| assert_eq!(at(&[a], &[b]), Some(0), "{a} {b}");
        let virtual_s = |time| format!("    PASS [ 0.09s · {time:5.1}s virtual] a  b");
        differ(&virtual_s(3.8), &virtual_s(3.9));
        differ("on 6.12.117", "on 6.13.117");
        differ("v6.12.117", "v6.12.118");
        differ("in_temp_scale = 7.812500", "in_temp_scale = 7.812501");
        differ("took 0.09sec", "took 0.10sec");
        differ("reads 0.023145269  ", "reads 0.023145268  ");
    }

    #[test]
    fn tests_may_end_in_any_order_with_their_reasons() {
        let a = "    PASS [ 0.01s ·   0.0s virtual] x  a";
        let b = "    SKIP [ 0.02s ·   0.0s virtual] x  b";
        let why = "           reason  needs Linux 7.3";
        let c = "    PASS [ 0.01s ·   0.0s virtual] x  c";
        assert_eq!(at(&[a, b, why, c], &[c, b, why, a]), None);
        assert_eq!(at(&[a, b, why, "…"], &[c, b, why, a]), None);
        assert_eq!(at(&[a, b, why, c], &[c, b, a, why]), Some(1));
        assert_eq!(at(&[a, "", c], &[c, "", a]), Some(0));
    }

    proptest! {
        #[test]
        fn output_agrees_with_itself_where_pieces_are_left_out(
            lines in proptest::collection::vec("[ab]{0,2}", 0..12),
            gaps in proptest::collection::vec(any::<bool>(), 12),
        ) {
            let said: Vec<&str> = lines.iter().map(String::as_str).collect();
            let page = said.iter().zip(&gaps);
            let page: Vec<&str> = page.map(|(line, gap)| if *gap { GAP } else { line }).collect();
            prop_assert_eq!(at(&page, &said), None);
        }

        #[test]
        fn a_line_that_was_not_said_is_found_wherever_the_gaps_are(
            lines in proptest::collection::vec("[ab]{0,2}", 1..12),
            gaps in proptest::collection::vec(any::<bool>(), 12),
            wrong in 0usize..12,
        ) {
            let said: Vec<&str> = lines.iter().map(String::as_str).collect();
            let wrong = wrong % said.len();
            let page = said.iter().zip(&gaps).enumerate();
            let page = page.map(|(number, (line, gap))| match number == wrong {
                true => "never said",
                false if *gap => GAP,
                false => line,
            });
            let page: Vec<&str> = page.collect();
            prop_assert!(at(&page, &said).is_some());
        }

        #[test]
        fn any_line_can_be_compared(line in any::<String>()) {
            let line = line.replace(['\n', '\r'], " ");
            prop_assert_eq!(at(&[&line], &[&line]), None);
        }
    }
}
