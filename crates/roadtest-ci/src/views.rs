// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Everything that can be made from a run's records, made from a real one:
//! each report, of each test its log and its devicetree, and of one test of
//! each driver its waveforms.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use roadtest_command::console;
use roadtest_command::exit::Done;
use roadtest_record::test::Outcome;
use roadtest_report::reports::{Reports, Run};
use roadtest_report::{dts, log};
use xtask::describe;

/// The reports of a whole run, and the files they go to.
const REPORTS: [&str; 6] = [
    "ktap=report.ktap",
    "junit=report.xml",
    "json=report.json",
    "github=report.github",
    "gitlab=report.gitlab.json",
    "html=report.html",
];

/// Makes everything of the run in `out`, into the same directory.
///
/// # Errors
/// Where there is no run, or anything cannot be made.
pub fn check(root: &Path, out: &Path) -> anyhow::Result<Done> {
    let run = Run::load(root, out)?;
    let mut specs: Vec<String> = REPORTS
        .iter()
        .filter_map(|spec| spec.split_once('='))
        .map(|(format, file)| format!("{format}={}", out.join(file).display()))
        .collect();
    let booted = run
        .tests
        .iter()
        .filter(|test| test.record.outcome == Outcome::Passed && !test.events.is_empty());
    let mut tests = 0;
    let mut drivers = BTreeSet::new();
    for test in booted {
        let path = test.path();
        if drivers.insert(&test.record.driver) {
            let file = test.directory.join("timeline.vcd");
            specs.push(format!("vcd:{path}={}", file.display()));
        }
        dts::source(test).with_context(|| format!("`dts {path}`"))?;
        log::lines(test, None).with_context(|| format!("`log {path}`"))?;
        tests += 1;
    }
    let mut wanted = Vec::new();
    for spec in &specs {
        wanted.push(spec.parse().map_err(anyhow::Error::msg)?);
    }
    Reports::open(&wanted)?.write(root, out)?;
    let chips = describe::all().lines().count();
    console::status(
        "Made",
        &format!(
            "{} reports, {tests} logs and devicetrees, {chips} lines on chips",
            specs.len()
        ),
    );
    Ok(Done::from_failed(usize::from(tests == 0)))
}
