// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Reading what a failing test printed: the panic's message, the two sides
//! of an assertion, and the text without what only the runner needs. This is
//! where a failure is understood whose test left no record.

/// What a test's output says about its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The panic's message or the returned error, in one line.
    pub reason: Option<String>,
    /// The right side of `assert_eq!`.
    pub expected: Option<String>,
    /// The left side of `assert_eq!`.
    pub got: Option<String>,
}

/// Reads a test's output.
pub fn findings(output: &str) -> Findings {
    let mut lines = output.lines().skip_while(|line| !is_panic(line));
    let Some(place) = lines.next() else {
        let returned = output.lines().find_map(|line| line.strip_prefix("Error: "));
        return Findings {
            reason: returned.map(|text| text.trim_matches('"').to_owned()),
            ..Findings::default()
        };
    };
    let message: Vec<&str> = lines.take_while(|line| !is_after_message(line)).collect();
    let side = |name: &str| {
        let found = message
            .iter()
            .find_map(|line| line.trim_start().strip_prefix(name));
        found.map(str::to_owned)
    };
    let first = message
        .iter()
        .map(|line| line.trim())
        .find(|line| !line.is_empty());
    let reason = match (first, place_of(place)) {
        (Some(text), Some(place)) => format!("{text} ({place})"),
        (Some(text), None) => text.to_owned(),
        (None, _) => place.to_owned(),
    };
    Findings {
        reason: Some(reason),
        expected: side("right: "),
        got: side("left: "),
    }
}

fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains(" panicked at ")
}

/// What insta advises where a test is run without this program.
fn is_advice(line: &str) -> bool {
    line.starts_with("To update snapshots run ")
        || line.starts_with("Stopped on the first failure.")
}

fn is_after_message(line: &str) -> bool {
    line.starts_with("stack backtrace:") || line.starts_with("note: ")
}

/// `crates/…/opt3001.rs:5`, from `thread … panicked at FILE:LINE:COLUMN:`.
fn place_of(line: &str) -> Option<&str> {
    let place = line.split_once(" panicked at ")?.1.trim_end_matches(':');
    Some(place.rsplit_once(':')?.0)
}

/// The output without backtraces and the runner's own words.
pub fn essence(output: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut in_backtrace = false;
    for line in output.lines() {
        if line.starts_with("stack backtrace:") {
            in_backtrace = true;
        }
        let frame = line.starts_with("  ");
        if in_backtrace && (frame || line.starts_with("stack backtrace:")) {
            continue;
        }
        in_backtrace = false;
        let noise = is_after_message(line) || is_advice(line) || line.starts_with("running 1 test");
        let blank_twice = line.trim().is_empty() && kept.last().is_none_or(String::is_empty);
        if !noise && !blank_twice {
            kept.push(line.trim_end().to_owned());
        }
    }
    while kept.last().is_some_and(String::is_empty) {
        kept.pop();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSERTION: &str = "before\n\n\
        thread 'iio::light::opt3001::lux' (31) panicked at crates/d/tests/iio/light/opt3001.rs:5:46:\n\
        assertion `left == right` failed: lux\n  left: Err(ETIMEDOUT)\n right: Ok(\"88.800000\")\n\
        stack backtrace:\n   0: __rustc::rust_begin_unwind\n             at /rustc/x:689:5\n\
        note: Some details are omitted\n";

    #[test]
    fn both_sides_of_an_assertion_are_found() {
        let found = findings(ASSERTION);
        assert_eq!(found.got.as_deref(), Some("Err(ETIMEDOUT)"));
        assert_eq!(found.expected.as_deref(), Some("Ok(\"88.800000\")"));
        assert_eq!(
            found.reason.as_deref(),
            Some("assertion `left == right` failed: lux (crates/d/tests/iio/light/opt3001.rs:5)")
        );
    }

    #[test]
    fn a_returned_error_is_the_reason() {
        let found = findings("Error: \"kernel lacks CONFIG_X\"\n");
        assert_eq!(found.reason.as_deref(), Some("kernel lacks CONFIG_X"));
    }

    #[test]
    fn output_of_a_test_that_died_gives_no_reason() {
        assert_eq!(findings("last words\n"), Findings::default());
    }

    #[test]
    fn the_essence_has_no_advice_that_next_gives() {
        let lines = essence(
            "+R CONFIG\nTo update snapshots run `cargo insta review` or set …\n\
             Stopped on the first failure. Run `cargo insta test` to run all.\n",
        );
        assert_eq!(lines, ["+R CONFIG"]);
    }

    #[test]
    fn the_essence_has_no_backtrace() {
        let lines = essence(ASSERTION);
        assert_eq!(lines.len(), 6, "{lines:#?}");
        assert!(lines[5].contains("88.8"));
    }
}
