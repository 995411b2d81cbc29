// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Every snapshot of a driver test belongs to a test that exists, none waits
//! for review, and their lines fit into a mail. `snapshots/<driver>/<test>[-suffix][@versions].snap`
//! belongs to `fn <test>` in the module of that driver.

use std::collections::{BTreeMap, BTreeSet};

use roadtest_report::catalog;

use super::{File, Problem};

/// Where the modules of the drivers are.
const TESTS: &str = "crates/roadtest-drivers/tests/";
/// Where their snapshots are.
const SNAPSHOTS: &str = "snapshots/";
/// What a mail leaves of 80 columns when it is quoted.
const COLUMNS_MAX: usize = 75;

/// Checks all snapshots.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let functions = functions(files);
    let mut problems = Vec::new();
    for file in files {
        if file.path.ends_with(".snap.new") {
            problems.push(Problem::whole(
                &file.path,
                "waits for review: cargo xtask review",
            ));
        } else if file.path.starts_with(SNAPSHOTS) && file.has_extension("snap") {
            problems.extend(orphan(&file.path, &functions));
            problems.extend(wide(file));
        }
    }
    problems
}

/// The names of the functions of each module: `iio::light::opt3001`. A file
/// also counts for the modules that it lies in.
fn functions(files: &[File]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let Some(path) = file
            .path
            .strip_prefix(TESTS)
            .and_then(|path| path.strip_suffix(".rs"))
        else {
            continue;
        };
        let parts: Vec<&str> = path.split('/').filter(|part| *part != "mod").collect();
        let names: Vec<&str> = file.text.lines().filter_map(function).collect();
        for length in 1..=parts.len() {
            found
                .entry(parts[..length].join("::"))
                .or_default()
                .extend(&names);
        }
    }
    found
}

/// `lux` of `    fn lux() {`.
fn function(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end])
}

fn orphan(path: &str, functions: &BTreeMap<String, BTreeSet<&str>>) -> Option<Problem> {
    let inner = path.strip_prefix(SNAPSHOTS)?.strip_suffix(".snap")?;
    let (driver, name) = inner.rsplit_once('/')?;
    let Some(names) = functions.get(&catalog::module(driver)) else {
        return Some(Problem::whole(
            path,
            format!("no driver test is called {driver}"),
        ));
    };
    let test = name.split(['@', '-']).next()?;
    let text = format!("no test of {driver} is called {test}: remove it");
    (!names.contains(test)).then(|| Problem::whole(path, text))
}

/// Lines that a mail would break. An access with its fields decoded stays on
/// one line, whatever that takes: one access, one line of a diff.
fn wide(file: &File) -> Vec<Problem> {
    let access = |line: &str| line.starts_with("R ") || line.starts_with("W ");
    file.lines()
        .filter(|(_, line)| columns(line) > COLUMNS_MAX && !access(line))
        .map(|(number, line)| {
            let text = format!(
                "{} columns, at most {COLUMNS_MAX}: say it shorter where it comes from",
                columns(line)
            );
            Problem::at(file, number, text)
        })
        .collect()
}

fn columns(line: &str) -> usize {
    line.chars().map(|c| if c == '\t' { 8 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    fn checked(snapshot: &str) -> String {
        told(&check(&[
            file(
                "crates/roadtest-drivers/tests/rtc/rtc_pcf8563.rs",
                "#[roadtest::test]\nfn reads_time() -> Result {\n",
            ),
            file(snapshot, ""),
        ]))
    }

    #[test]
    fn suffixes_and_versions_belong_to_their_test() {
        for name in [
            "reads_time",
            "reads_time-2",
            "reads_time@6.12",
            "reads_time-dts@6.1,6.12",
        ] {
            assert_eq!(
                checked(&format!("snapshots/rtc/rtc-pcf8563/{name}.snap")),
                ""
            );
        }
    }

    #[test]
    fn a_snapshot_without_its_test_is_an_orphan() {
        let found = checked("snapshots/rtc/rtc-pcf8563/reads.snap");
        assert!(
            found.contains("no test of rtc/rtc-pcf8563 is called reads"),
            "{found}"
        );
        assert!(checked("snapshots/rtc/ds1307/reads_time.snap").contains("rtc/ds1307"));
    }

    #[test]
    fn a_draft_is_found_anywhere() {
        assert!(checked("crates/x/src/snapshots/a.snap.new").contains("waits for review"));
    }

    #[test]
    fn a_line_fits_into_a_mail_unless_it_is_one_access() {
        let path = "snapshots/rtc/rtc-pcf8563/reads_time.snap";
        let found = |line: String| told(&wide(&file(path, &format!("---\n{line}\n"))));
        assert_eq!(found("x".repeat(75)), "");
        assert!(found("x".repeat(76)).contains("76 columns, at most 75"));
        assert!(found(format!("\t{}", "x".repeat(68))).contains("76 columns"));
        assert_eq!(found(format!("W CONF {}", "a=1 ".repeat(30))), "");
    }
}
