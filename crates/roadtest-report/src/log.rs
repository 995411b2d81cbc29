// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask log`: a test's last timeline. It reads what the test left
//! behind and runs nothing.

use roadtest_command::exit::{self, Done};
use roadtest_command::{console, workspace};
use roadtest_record::event::Event;

use crate::reports::{Run, Test};

/// Print a test's last timeline.
#[derive(clap::Args)]
pub struct Args {
    /// Part of `driver/test` that only one test has
    test: String,
    /// With the virtual time of each entry, in seconds
    #[arg(long)]
    time: bool,
    /// Only what a chip, pin or device of that name has to do with
    #[arg(long, value_name = "NAME")]
    chip: Option<String>,
    /// As JSON, an object a line
    #[arg(long, conflicts_with = "time")]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// Where nothing has run yet, or a name means nothing.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let run = Run::load(&root, &workspace::out(&root))?;
    let test = run.find(&args.test)?;
    let lines = match args.json {
        true => chosen(test, args.chip.as_deref())?
            .into_iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()?,
        false if args.time => chosen(test, args.chip.as_deref())?
            .into_iter()
            .flat_map(Event::timed_lines)
            .collect(),
        false => lines(test, args.chip.as_deref())?,
    };
    if lines.is_empty() {
        console::status("Note", &format!("{} has no timeline", test.path()));
    }
    for line in &lines {
        console::line(line);
    }
    Ok(Done::AllPassed)
}

/// A line per entry, without times, as in snapshots.
///
/// # Errors
/// Where nothing is called `name`.
pub fn lines(test: &Test, name: Option<&str>) -> anyhow::Result<Vec<String>> {
    let events = chosen(test, name)?;
    let lines = events.into_iter().flat_map(|event| event.what.lines());
    Ok(lines.map(|line| line.to_string()).collect())
}

/// The events that have to do with `name`; all where there is none.
fn chosen<'a>(test: &'a Test, name: Option<&str>) -> anyhow::Result<Vec<&'a Event>> {
    let Some(name) = name else {
        return Ok(test.events.iter().collect());
    };
    let ours = |event: &&Event| event.what.subjects().contains(&name);
    let chosen: Vec<&Event> = test.events.iter().filter(ours).collect();
    if chosen.is_empty() {
        let all = test.events.iter().flat_map(|event| event.what.subjects());
        return Err(exit::usage(unknown(name, all.collect())));
    }
    Ok(chosen)
}

fn unknown(name: &str, mut all: Vec<&str>) -> String {
    all.retain(|one| !one.is_empty());
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        format!("nothing on this timeline is called '{name}'")
    } else {
        format!(
            "nothing on this timeline is called '{name}'; there are {}",
            all.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::example;

    fn shown(chip: Option<&str>) -> String {
        let run = example();
        let test = run.find("reads_lux").expect("there is one");
        let events = chosen(test, chip).expect("there is such a name");
        let lines: Vec<String> = events.into_iter().flat_map(Event::timed_lines).collect();
        lines.join("\n")
    }

    #[test]
    fn a_timeline_with_times() {
        insta::assert_snapshot!(shown(None));
    }

    #[test]
    fn a_chip_is_shown_with_what_it_did_to_its_pins() {
        insta::assert_snapshot!(shown(Some("opt3001")));
    }

    #[test]
    fn a_name_that_is_not_there_gives_those_that_are() {
        let run = example();
        let test = run.find("reads_lux").expect("there is one");
        let error = chosen(test, Some("opt301")).expect_err("there is no such chip");
        assert_eq!(
            error.to_string(),
            "nothing on this timeline is called 'opt301'; there are driver, gpio3, i2c, mcp3208, opt3001, spi"
        );
    }
}
