// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `--since BASE`: the tests of the drivers that have been touched, and which
//! touched drivers have none. Git knows what was touched; a driver's tests are
//! found by its path, and by the modules that it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use roadtest_command::{console, exit, process, workspace};
use roadtest_record::kernel::{Kernel, Module};
use roadtest_report::catalog::Test;
use roadtest_uml::source::DIRECTORY;

use crate::kernel::{self, KernelArgs};

/// Files that have been touched.
#[derive(Clone, Debug)]
pub struct Touched {
    base: String,
    /// Paths below the kernel tree.
    files: Vec<String>,
}

/// Asks git what has been touched since `base`, which is a commit, or a range
/// of commits. With a commit, what is not committed counts, too.
///
/// # Errors
/// Where there is no kernel tree in git, or no such commit.
pub fn touched(root: &Path, args: &KernelArgs, base: &str) -> anyhow::Result<Touched> {
    let Some(tree) = kernel::tree(root, args)? else {
        return Err(exit::usage(
            "--since needs a kernel tree in git: name one with --ksrc",
        ));
    };
    if git(&tree, &["rev-parse", "--is-inside-work-tree"])?.is_none() {
        return Err(exit::usage(format!(
            "--since needs git, but {} is no git work tree",
            tree.display()
        )));
    }
    let range = base.split_once("...").or_else(|| base.split_once(".."));
    let ends = range.map_or(vec![base], |(from, to)| vec![from, to]);
    for end in ends.iter().filter(|end| !end.is_empty()) {
        let commit = format!("{end}^{{commit}}");
        let verify = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        if git(&tree, &verify)?.is_none() {
            return Err(exit::usage(format!(
                "there is no commit {end} in {}",
                tree.display()
            )));
        }
    }
    let mut diff = vec!["diff", "--name-only", "--relative", "-z"];
    if range.is_none() {
        diff.push("--merge-base");
    }
    diff.extend([base, "--"]);
    let Some(mut files) = git(&tree, &diff)? else {
        return Err(exit::usage(format!("git knows no changes since {base}")));
    };
    if range.is_none() {
        let new = [
            "ls-files",
            "--others",
            "--exclude-standard",
            "-z",
            "drivers",
        ];
        files.push_str(&git(&tree, &new)?.unwrap_or_default());
    }
    let files: BTreeSet<&str> = files.split('\0').filter(|file| !file.is_empty()).collect();
    Ok(Touched {
        base: base.to_owned(),
        files: files.into_iter().map(str::to_owned).collect(),
    })
}

/// The output of git; `None` where it fails.
fn git(tree: &Path, arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(tree)
        .stderr(Stdio::null());
    let output = process::capture(&mut command).context("--since needs git")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(text))
}

impl Touched {
    /// Keeps the tests of touched drivers, and says which have none.
    pub fn keep(&self, root: &Path, tests: Vec<Test>) -> Vec<Test> {
        let manifest = workspace::manifest(root);
        // Without a kernel, only the paths speak.
        let kernel: Option<Kernel> = roadtest_record::load(&manifest).ok();
        let modules = kernel.map(|kernel| kernel.modules).unwrap_or_default();
        let drivers: BTreeSet<&str> = tests.iter().map(|test| &*test.driver).collect();
        let chosen = choose(&self.files, &drivers, &modules);
        for file in &chosen.untested {
            console::line(&format!("no test of {file}"));
        }
        let names: Vec<&str> = chosen.drivers.iter().copied().collect();
        if names.is_empty() {
            console::line(&format!(
                "no driver with a test was touched since {}",
                self.base
            ))
        } else {
            console::line(&format!(
                "touched since {}: {}",
                self.base,
                names.join(", ")
            ))
        }
        let kept: BTreeSet<String> = chosen.drivers.iter().map(|&name| name.to_owned()).collect();
        let tests = tests.into_iter();
        tests.filter(|test| kept.contains(&test.driver)).collect()
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Chosen<'a> {
    drivers: BTreeSet<&'a str>,
    untested: Vec<&'a str>,
}

fn choose<'a>(
    files: &'a [String],
    drivers: &BTreeSet<&'a str>,
    modules: &BTreeMap<String, Module>,
) -> Chosen<'a> {
    let mut chosen = Chosen::default();
    for file in files {
        let of: Vec<&str> = drivers
            .iter()
            .copied()
            .filter(|driver| concerns(file, driver, modules))
            .collect();
        if of.is_empty() && file.starts_with("drivers/") && file.ends_with(".c") {
            chosen.untested.push(file);
        }
        chosen.drivers.extend(of);
    }
    chosen
}

/// Whether a touched file affects the tests of a driver.
fn concerns(file: &str, driver: &str, modules: &BTreeMap<String, Module>) -> bool {
    if let Some(own) = file.strip_prefix(DIRECTORY) {
        return framework(own.trim_start_matches('/')).is_some_and(|path| is_below(path, driver));
    }
    let source = file
        .strip_prefix("drivers/")
        .and_then(|path| path.strip_suffix(".c").or_else(|| path.strip_suffix(".h")));
    let Some(source) = source.map(plain) else {
        return false;
    };
    let driver = plain(driver);
    // foo.c, but also foo_core.c and foo-i2c.c
    let part = source.strip_prefix(&driver);
    if part.is_some_and(|rest| rest.is_empty() || (rest.starts_with('_') && !rest.contains('/'))) {
        return true;
    }
    let leaf = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    needs(
        &leaf(&driver),
        &leaf(&source),
        modules,
        &mut BTreeSet::new(),
    )
}

/// The path of a driver, of which a file of the framework is the test, the
/// model, the fragment or a snapshot.
fn framework(own: &str) -> Option<&str> {
    [
        "crates/roadtest-drivers/tests/",
        "crates/roadtest-chips/src/",
        "kconfig-fragments/",
        "snapshots/",
    ]
    .iter()
    .find_map(|directory| own.strip_prefix(directory))
}

/// Whether a path is a driver's file (`iio/light/opt3001.rs`) or is in its
/// directory.
fn is_below(path: &str, driver: &str) -> bool {
    let (path, driver) = (plain(path), plain(driver));
    path.strip_prefix(&driver)
        .is_some_and(|rest| rest.starts_with(['.', '/']))
}

/// Whether a module needs another one, directly or not.
fn needs(
    module: &str,
    other: &str,
    modules: &BTreeMap<String, Module>,
    seen: &mut BTreeSet<String>,
) -> bool {
    let Some(found) = modules.get(module) else {
        return false;
    };
    seen.insert(module.to_owned())
        && found
            .depends
            .iter()
            .any(|next| next == other || needs(next, other, modules, seen))
}

/// One spelling: Rust's modules and kbuild's have `_` where files have `-`.
fn plain(path: &str) -> String {
    path.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(file: &str) -> Vec<String> {
        let drivers = BTreeSet::from([
            "hwmon/pmbus/ltc2978",
            "iio/light/opt3001",
            "iio/light/opt4001",
            "rtc/rtc-pcf8563",
        ]);
        let module = |depends: &[&str]| Module {
            depends: depends.iter().map(|&name| name.to_owned()).collect(),
            ..Module::default()
        };
        let modules = BTreeMap::from([
            ("ltc2978".to_owned(), module(&["pmbus_core"])),
            ("pmbus_core".to_owned(), module(&[])),
        ]);
        let files = [file.to_owned()];
        let found = choose(&files, &drivers, &modules);
        let untested = found
            .untested
            .iter()
            .map(|file| format!("no test of {file}"));
        found
            .drivers
            .iter()
            .map(|&name| name.to_owned())
            .chain(untested)
            .collect()
    }

    #[test]
    fn a_driver_is_found_by_its_source() {
        assert_eq!(chosen("drivers/iio/light/opt3001.c"), ["iio/light/opt3001"]);
        assert_eq!(chosen("drivers/rtc/rtc-pcf8563.c"), ["rtc/rtc-pcf8563"]);
        assert_eq!(
            chosen("drivers/iio/light/opt3001-core.c"),
            ["iio/light/opt3001"]
        );
        assert_eq!(
            chosen("drivers/iio/light/opt3001_regs.h"),
            ["iio/light/opt3001"]
        );
    }

    #[test]
    fn what_a_driver_needs_concerns_it() {
        assert_eq!(
            chosen("drivers/hwmon/pmbus/pmbus_core.c"),
            ["hwmon/pmbus/ltc2978"]
        );
    }

    #[test]
    fn a_driver_without_a_test_is_named() {
        assert_eq!(
            chosen("drivers/iio/light/opt30011.c"),
            ["no test of drivers/iio/light/opt30011.c"]
        );
        assert!(chosen("Documentation/iio/opt3001.rst").is_empty());
        assert!(chosen("drivers/iio/light/Kconfig").is_empty());
    }

    #[test]
    fn a_touched_test_or_model_or_snapshot_counts() {
        for file in [
            "crates/roadtest-chips/src/iio/light/opt3001.rs",
            "crates/roadtest-drivers/tests/iio/light/opt3001.rs",
            "crates/roadtest-drivers/tests/iio/light/opt3001/limits.rs",
            "kconfig-fragments/iio/light/opt3001.config",
            "snapshots/iio/light/opt3001/reads_lux.snap",
        ] {
            assert_eq!(
                chosen(&format!("{DIRECTORY}/{file}")),
                ["iio/light/opt3001"],
                "{file}"
            );
        }
        assert!(chosen("tools/testing/roadtest/crates/roadtest/src/lib.rs").is_empty());
    }
}
