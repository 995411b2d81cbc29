// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The files that a test leaves: `record.json`, and for each of its guests
//! the timeline, the kernel's log and the board's devicetree. Those of the
//! second guest have `-2` in their names, and so on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use roadtest_record::test::{Machine, Outcome, Record};

use super::Test;
use super::place::Place;
use super::verdict::sides;
use crate::timeline;
use crate::uml::Finished;

/// The directory of a test's files, relative to that of all records:
/// `tests/<driver>/<test>`.
fn directory(driver: &str, test: &Test) -> PathBuf {
    Path::new("tests").join(driver).join(test.name)
}

/// `timeline.txt`, and `timeline-2.txt` for the second guest.
fn file(stem: &str, index: usize, extension: &str) -> String {
    match index {
        0 => format!("{stem}.{extension}"),
        _ => format!("{stem}-{}.{extension}", index + 1),
    }
}

/// Writes everything, and returns the record. A file that cannot be written is
/// said on standard error, which the test runner shows with the test.
pub(super) fn write(
    test: &Test,
    place: &Place,
    (outcome, reason): (Outcome, String),
    machines: &[Finished],
    started: Instant,
) -> Record {
    let driver = place.driver(test);
    let directory = directory(&driver, test);
    let (expected, got) = match sides(&reason) {
        Some((expected, got)) => (Some(expected), Some(got)),
        None => (None, None),
    };
    let each: Vec<Machine> = machines
        .iter()
        .enumerate()
        .map(|(index, machine)| Machine {
            boot_ms: machine.boot_ms,
            virtual_ns: machine.virtual_ns,
            transfers: machine.transfers,
            kernel_reports: machine.kernel_reports.clone(),
            timeline: directory.join(file("timeline", index, "txt")),
        })
        .collect();
    let record = Record {
        name: test.full_name(),
        driver,
        outcome,
        reason,
        wall_ms: milliseconds(started.elapsed()),
        boot_ms: each.iter().map(|machine| machine.boot_ms).sum(),
        virtual_ns: each.iter().map(|machine| machine.virtual_ns).sum(),
        transfers: each.iter().map(|machine| machine.transfers).sum(),
        kernel_reports: each
            .iter()
            .flat_map(|machine| machine.kernel_reports.clone())
            .collect(),
        timeline: directory.join(file("timeline", 0, "txt")),
        expected,
        got,
        // Why: the record itself says it all of a single one.
        machines: match each.len() {
            1 => Vec::new(),
            _ => each,
        },
    };
    if let Err(error) = store(&place.out.join(directory), &record, machines) {
        eprintln!("roadtest: the record of {} is lost: {error}", record.name);
    }
    record
}

fn store(directory: &Path, record: &Record, machines: &[Finished]) -> Result<(), String> {
    std::fs::create_dir_all(directory).map_err(|error| error.to_string())?;
    for (index, machine) in machines.iter().enumerate() {
        let write = |stem: &str, extension: &str, text: &str| {
            let path = directory.join(file(stem, index, extension));
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        write("devicetree", "dts", &machine.devicetree)?;
        write("timeline", "txt", &timeline::with_times(&machine.events))?;
        write("dmesg", "txt", &machine.log)?;
        let path = directory.join(file("timeline", index, "json"));
        roadtest_record::store(&path, &machine.events)
            .map_err(|error| crate::error::chain(&error))?;
    }
    roadtest_record::store(&directory.join("record.json"), record)
        .map_err(|error| crate::error::chain(&error))
}

/// The record of a test that was not run.
pub(super) fn skipped(test: &Test, place: &Place, reason: &str) -> Record {
    let verdict = (Outcome::Skipped, reason.to_owned());
    write(test, place, verdict, &[], Instant::now())
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_first_guest_have_no_number() {
        assert_eq!(file("timeline", 0, "txt"), "timeline.txt");
        assert_eq!(file("timeline", 1, "txt"), "timeline-2.txt");
    }
}
