// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask describe`: the register maps of the models as documentation,
//! in Markdown. The text of one map is made by `roadtest-model`.

use roadtest_chips::registry::{self, Entry};
use roadtest_command::console;
use roadtest_command::exit::{self, Done};
use roadtest_model::StimulusKind;
use roadtest_model::register::describe::contracts;

/// Print a chip's register map as documentation.
#[derive(clap::Args)]
pub struct Args {
    /// opt3001, ti,opt3001 or iio/light/opt3001
    #[arg(required_unless_present = "all")]
    chip: Option<String>,
    /// Every chip, as one page
    #[arg(long, conflicts_with = "chip")]
    all: bool,
}

/// Runs the verb.
///
/// # Errors
/// Where there is no such chip.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let all = registry::all();
    let text = match &args.chip {
        Some(wanted) => {
            let pages: Vec<String> = find(&all, wanted)?.into_iter().map(describe).collect();
            pages.join("\n")
        }
        None => self::all(),
    };
    console::line(text.trim_end());
    Ok(Done::AllPassed)
}

/// The page of every chip of this project.
pub fn all() -> String {
    page(&registry::all())
}

/// Every chip.
fn page(all: &[Entry]) -> String {
    let mut text = "# Chips\n".to_owned();
    for entry in all {
        text.push('\n');
        // Why: below the page's heading, each goes one level down.
        for line in describe(entry).lines() {
            if line.starts_with('#') {
                text.push('#');
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn describe(entry: &Entry) -> String {
    let path = entry.module.replace("::", "/");
    let head = format!(
        "# {}\n\n`{}`, modelled in `crates/roadtest-chips/src/{path}.rs`.\n\n",
        entry.name(),
        entry.compatible
    );
    let body = match entry.map {
        Some(map) => map.describe(),
        None => "Its protocol is not a register map; the model's file describes it.\n".to_owned(),
    };
    head + &body + &contracts(&entry.contracts) + &stimuli(&entry.stimuli)
}

/// What a person can set of the world around it, as a table.
fn stimuli(kinds: &[StimulusKind]) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let rows = kinds.iter().map(|kind| {
        let (low, high) = (kind.range.start(), kind.range.end());
        format!("| `{}` | {low} to {high} | {} |\n", kind.name, kind.unit)
    });
    let head = "\nStimuli, at the prompt of `cargo xtask shell`:\n\n\
                | name | range | unit |\n|---|---|---|\n";
    rows.fold(head.to_owned(), |table, row| table + &row)
}

/// The chips that a name, a `compatible`, a module or a directory stands for:
/// a module may hold several.
fn find<'a>(all: &'a [Entry], wanted: &str) -> anyhow::Result<Vec<&'a Entry>> {
    let path = wanted.replace('/', "::");
    let named = |entry: &&Entry| entry.name() == wanted || entry.compatible == wanted;
    let exact: Vec<&Entry> = all.iter().filter(named).collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let directory = format!("{}::", path.trim_end_matches("::"));
    let within = |entry: &&Entry| {
        let last = entry.module.rsplit("::").next();
        entry.module == path || entry.module.starts_with(&directory) || last == Some(wanted)
    };
    let found: Vec<&Entry> = all.iter().filter(within).collect();
    if found.is_empty() {
        Err(exit::usage(format!(
            "no chip is called '{wanted}'; nearest: {}",
            nearest(all, wanted).join(", ")
        )))
    } else {
        Ok(found)
    }
}

fn nearest(all: &[Entry], wanted: &str) -> Vec<String> {
    let score = |entry: &Entry| {
        strsim::jaro_winkler(wanted, entry.name())
            .max(strsim::jaro_winkler(wanted, entry.compatible))
    };
    let mut scored: Vec<(f64, &str)> = all
        .iter()
        .map(|entry| (score(entry), entry.name()))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let names = scored.into_iter().take(3);
    names.map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &str) -> Vec<&'static str> {
        let all = registry::all();
        let found = find(&all, wanted).expect("there is one");
        found.iter().map(|entry| entry.name()).collect()
    }

    #[test]
    fn a_chip_has_several_names() {
        for name in ["tmp117", "ti,tmp117", "iio/temperature/tmp117"] {
            assert_eq!(names(name), ["tmp117"], "{name}");
        }
        assert_eq!(names("misc/eeprom/at24"), ["24c02", "24c256"]);
        assert_eq!(names("rtc::pcf8563"), ["pcf8563"]);
        assert_eq!(names("iio/temperature"), ["tmp117"]);
    }

    #[test]
    fn a_chip_that_does_not_exist_gives_the_nearest() {
        let all = registry::all();
        let error = find(&all, "opt301").expect_err("there is none");
        assert!(
            error
                .to_string()
                .starts_with("no chip is called 'opt301'; nearest: opt3001, "),
            "{error}"
        );
    }

    #[test]
    fn the_smallest_chip_as_documentation() {
        let all = registry::all();
        let found = find(&all, "tmp117").expect("there is one");
        insta::assert_snapshot!(describe(found[0]));
    }

    #[test]
    fn the_page_has_every_chip_once_and_one_title() {
        let all = registry::all();
        let page = page(&all);
        let level = |level: &str| page.lines().filter(|line| line.starts_with(level)).count();
        assert_eq!(level("# "), 1);
        assert_eq!(level("## "), all.len());
    }
}
