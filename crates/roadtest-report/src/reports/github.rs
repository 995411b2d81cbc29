// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Workflow commands of GitHub Actions, which shows them beside the lines of
//! a pull request: an error per failed test, and one notice with the counts.

use std::fmt::Write as _;

use super::run::{Run, Test, outcome_name};

/// The run as workflow commands, to be printed by a step.
pub(super) fn render(run: &Run) -> String {
    let mut text = String::new();
    for test in run.tests.iter().filter(|test| test.failed()) {
        error(&mut text, test);
    }
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        text,
        "::notice title=roadtest::{} on {}",
        run.counts(),
        data(&run.kernel.to_string())
    );
    text
}

fn error(text: &mut String, test: &Test) {
    text.push_str("::error ");
    if let Some((file, line)) = test.place() {
        let _ = write!(text, "file={},line={line},", property(file));
    }
    let title = format!(
        "{}: {}",
        test.path(),
        outcome_name(test.record.outcome).replace('_', " ")
    );
    let _ = writeln!(
        text,
        "title={}::{}",
        property(&title),
        data(test.record.reason.trim_end())
    );
}

/// A message: line ends and the escape itself are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property: what ends it, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    #[test]
    fn every_failure_as_an_annotation() {
        insta::assert_snapshot!(render(&example()));
    }
}
