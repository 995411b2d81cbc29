// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The report for browsers: one file that fetches nothing. The page, its
//! style and its script are in `assets/`; this puts the run into it. Each
//! test's events stand in a block of their own, which the script reads when
//! the test is opened, so that hundreds of tests cost no time at first.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use roadtest_record::event::{Direction, Event, Transfer, What};
use roadtest_record::summary::KernelIdentity;
use serde::Serialize;

use super::bus::{Bus, alone};
use super::insta_diff::{self, Diff};
use super::run::{Run, Test, outcome_name};
use crate::output;

const PAGE: &str = include_str!("assets/report.html");
const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");

/// What the list and the summaries need.
#[derive(Serialize)]
struct Index<'a> {
    kernel: &'a KernelIdentity,
    tests: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    driver: &'a str,
    test: &'a str,
    outcome: &'static str,
    reason: &'a str,
    expected: Option<&'a str>,
    got: Option<&'a str>,
    wall_ms: f64,
    boot_ms: f64,
    virtual_ns: u64,
    transfers: u64,
    kernel_reports: &'a [String],
    diffs: Vec<Diff>,
}

/// What one opened test needs. Events are rows of numbers: the time since
/// the event before, the kind, and what the kind has; texts are numbers of
/// `strings`, of which a long test has few.
#[derive(Serialize)]
struct Detail<'a> {
    strings: Vec<Cow<'a, str>>,
    events: Vec<Vec<u64>>,
    dmesg: &'a str,
    output: String,
}

/// The run as one HTML file.
///
/// # Errors
/// Those of the JSON writer.
pub(super) fn render(run: &Run) -> anyhow::Result<String> {
    let index = Index {
        kernel: &run.kernel,
        tests: run.tests.iter().map(entry).collect(),
    };
    let mut data = block("run", &index)?;
    for (number, test) in run.tests.iter().enumerate() {
        data.push_str(&block(&format!("t{number}"), &detail(test))?);
    }
    // The data goes in last: nothing in it is taken for a place.
    Ok(PAGE
        .replace("@STYLE@", STYLE)
        .replace("@SCRIPT@", SCRIPT)
        .replacen("@DATA@", &data, 1))
}

fn block(id: &str, value: &impl Serialize) -> anyhow::Result<String> {
    // Why: an element's text ends at the first `</script`, and `<!--` has a
    // meaning in it; in JSON a `<` only ever stands in strings.
    let json = serde_json::to_string(value)?.replace('<', "\\u003c");
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "<script type=\"application/json\" id=\"{id}\">{json}</script>"
    );
    Ok(text)
}

fn entry(test: &Test) -> Entry<'_> {
    let record = &test.record;
    Entry {
        driver: &record.driver,
        test: &test.test,
        outcome: outcome_name(record.outcome),
        reason: &record.reason,
        expected: record.expected.as_deref(),
        got: record.got.as_deref(),
        wall_ms: record.wall_ms,
        boot_ms: record.boot_ms,
        virtual_ns: record.virtual_ns,
        transfers: record.transfers,
        kernel_reports: &record.kernel_reports,
        diffs: if test.failed() {
            insta_diff::find(&test.output)
        } else {
            Vec::new()
        },
    }
}

fn detail(test: &Test) -> Detail<'_> {
    let mut strings = Strings::default();
    let mut before = 0;
    let mut events = Vec::new();
    for event in &test.events {
        for row in strings.rows(event) {
            let mut timed = vec![event.time_ns.saturating_sub(before)];
            before = before.max(event.time_ns);
            timed.extend(row);
            events.push(timed);
        }
    }
    Detail {
        strings: strings.list,
        events,
        dmesg: &test.dmesg,
        output: if test.failed() {
            output::essence(&test.output).join("\n")
        } else {
            String::new()
        },
    }
}

/// Texts, each once.
#[derive(Default)]
struct Strings<'a> {
    list: Vec<Cow<'a, str>>,
    known: BTreeMap<Cow<'a, str>, u64>,
}

impl<'a> Strings<'a> {
    fn number(&mut self, text: impl Into<Cow<'a, str>>) -> u64 {
        let text = text.into();
        if let Some(number) = self.known.get(&text) {
            return *number;
        }
        let number = self.list.len() as u64;
        self.list.push(text.clone());
        self.known.insert(text, number);
        number
    }

    /// The rows of an event, without their times.
    fn rows(&mut self, event: &'a Event) -> Vec<Vec<u64>> {
        let (kind, texts): (u64, Vec<&str>) = match &event.what {
            What::Transfer(transfer) => return self.transfer(event, transfer),
            What::Pin { pin, to, by } => (2, vec![pin, to, by]),
            What::Interrupt { pin, text } => (3, vec![pin, text]),
            What::Request { text, answer } => (4, vec![text, answer]),
            What::Kernel { text } => (5, vec![text]),
            What::Violation { chip, text } => (6, vec![chip, text]),
            What::Malformed { device, text } => (7, vec![device, text]),
            What::Unwise { chip, text } => (8, vec![chip, text]),
        };
        let mut row = vec![kind];
        for text in texts {
            row.push(self.number(text));
        }
        vec![row]
    }

    /// A row for each line: its lane, flags, how long the transfer took, the
    /// line, and what was on the wires. One whose meaning a later transfer
    /// shows is drawn but not listed.
    fn transfer(&mut self, event: &'a Event, transfer: &'a Transfer) -> Vec<Vec<u64>> {
        let lane = if transfer.chip.is_empty() {
            self.number(format!("{} {}", transfer.bus, transfer.unit))
        } else {
            self.number(transfer.chip.as_str())
        };
        let wire = self.number(wire(transfer));
        let duration = event.time_ns.saturating_sub(transfer.start_ns);
        let drawn_only = event.what.lines().is_empty();
        let mut rows = Vec::new();
        for (index, line) in alone(transfer).lines().into_iter().enumerate() {
            let write = match line.access {
                Some(access) => access.direction == Direction::Write,
                None => transfer.direction != Direction::Read,
            };
            let flags = u64::from(write)
                | u64::from(!transfer.completed()) << 1
                | u64::from(index > 0) << 2
                | u64::from(drawn_only) << 3;
            rows.push(vec![0, lane, flags, duration, self.number(line.text), wire]);
        }
        rows
    }
}

/// What was on the wires: `i2c 44  01 ca 10  STOP`.
fn wire(transfer: &Transfer) -> String {
    let Transfer { bus, unit, .. } = transfer;
    let received = if transfer.received.is_empty() {
        String::new()
    } else {
        format!(" > {}", transfer.received)
    };
    let end = Bus::of(transfer).end(transfer.end);
    format!("{bus} {unit}  {}{received}  {end}", transfer.bytes)
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    /// What is between the tags of a block.
    fn json(page: &str, id: &str) -> serde_json::Value {
        let start = format!("id=\"{id}\">");
        let (_, rest) = page.split_once(&start).expect("the block is there");
        let (text, _) = rest.split_once("</script>").expect("it ends");
        serde_json::from_str(text).expect("it is JSON")
    }

    #[test]
    fn the_events_of_a_test_are_rows_of_numbers() {
        let run = example();
        let detail = detail(run.find("reads_lux").expect("there is one"));
        insta::assert_snapshot!(serde_json::to_string(&detail.events).expect("JSON"), @"[[12000000,5,0],[8000000,2,1,2,3],[1000,3,1,4],[1096500,0,5,1,95000,7,6],[800000000,2,1,8,5],[0,3,1,9],[72500,0,5,0,72500,11,10],[0,6,5,12],[26000,0,13,1,24000,15,14],[12000,0,13,1,8000,17,16],[8000,0,13,0,8000,19,18],[14000,4,20,21]]");
        assert_eq!(detail.strings[0], "opt3001 0-0044: Found TI OPT3001");
    }

    #[test]
    fn a_tooltip_has_what_was_on_the_wires_in_the_words_of_the_bus() {
        let run = example();
        let test = run.find("reads_lux").expect("there is one");
        let wires = test.events.iter().filter_map(|event| match &event.what {
            What::Transfer(transfer) => Some(wire(transfer)),
            _ => None,
        });
        insta::assert_snapshot!(wires.collect::<Vec<_>>().join("\n"), @"
        i2c 44  01 ca 10  STOP
        i2c 44  34 56  STOP
        spi cs0  01 80 00 > 00 02 bc  chip select released
        spi cs0  8f  chip select held
        spi cs0  a5  chip select released
        ");
    }

    #[test]
    fn a_write_that_a_read_explains_is_drawn_and_not_listed() {
        let run = example();
        let mut test = run.find("reads_lux").expect("there is one").clone();
        for event in &mut test.events {
            if let What::Transfer(transfer) = &mut event.what {
                transfer.accesses.clear();
                transfer.held = transfer.direction == Direction::Write;
            }
        }
        let detail = detail(&test);
        let transfers = detail.events.iter().filter(|row| row[1] == 0);
        let flags: Vec<u64> = transfers.map(|row| row[3]).collect();
        assert_eq!(flags, [0b1001, 0, 1, 0b1001, 0]);
        assert!(detail.strings.contains(&"W 44  01 ca 10".into()));
    }

    #[test]
    fn every_test_is_in_the_page_and_nothing_ends_its_block_early() {
        let mut run = example();
        let nasty = "</script><!-- @DATA@ @SCRIPT@ \u{2028} \"";
        run.tests[0].dmesg = nasty.to_owned();
        let page = render(&run).expect("it is rendered");
        assert_eq!(json(&page, "t0")["dmesg"], nasty);
        let tests = json(&page, "run")["tests"].as_array().map(Vec::len);
        assert_eq!(tests, Some(run.tests.len()));
        let diffs = &json(&page, "run")["tests"][2]["diffs"];
        assert_eq!(diffs[0]["lines"][1], "-R RESULT  3456", "{diffs}");
    }

    #[test]
    fn the_page_fetches_nothing() {
        let page = render(&example()).expect("it is rendered");
        for address in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(address), "{address}");
        }
    }
}
