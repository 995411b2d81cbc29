// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The driver tests there are, and which driver each belongs to. The truth
//! about tests is the test binary's own list; the truth about a driver's name
//! is its fragment, because a module cannot be called `rtc-pcf8563`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cargo_metadata::Message;
use walkdir::WalkDir;

use roadtest_command::{process, workspace};

/// One driver test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Test {
    /// As `cargo test` names it: `rtc::rtc_pcf8563::reads_time`.
    pub(crate) name: String,
    /// The source path under the kernel's `drivers/`: `rtc/rtc-pcf8563`.
    pub(crate) driver: String,
    /// What remains of the name: `reads_time`.
    pub(crate) test: String,
}

impl Test {
    /// A test by its driver and its own name.
    #[cfg(test)]
    pub(crate) fn new(driver: &str, test: &str) -> Self {
        Self {
            name: format!("{}::{test}", module(driver)),
            driver: driver.to_owned(),
            test: test.to_owned(),
        }
    }

    /// `rtc/rtc-pcf8563/reads_time`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.driver, self.test)
    }
}

/// The names of all drivers that have a fragment, sorted.
pub(crate) fn drivers(root: &Path) -> Vec<String> {
    let fragments = root.join("kconfig-fragments");
    let mut names: Vec<String> = WalkDir::new(&fragments)
        .min_depth(2)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|ext| ext == "config"))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(&fragments).ok()?;
            Some(path.with_extension("").to_str()?.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// The test called `name`, with the driver it belongs to.
pub(crate) fn resolve(name: &str, drivers: &[String]) -> Test {
    let longest = drivers
        .iter()
        .filter_map(|driver| {
            Some((
                driver,
                name.strip_prefix(&module(driver))?.strip_prefix("::")?,
            ))
        })
        .max_by_key(|(driver, _)| driver.len());
    let (driver, test) = match longest {
        Some((driver, test)) => (driver.clone(), test),
        None => match name.rsplit_once("::") {
            Some((path, test)) => (path.replace("::", "/"), test),
            None => (String::new(), name),
        },
    };
    Test {
        name: name.to_owned(),
        driver,
        test: test.to_owned(),
    }
}

/// The module path that holds a driver's tests.
pub(crate) fn module(driver: &str) -> String {
    driver.replace('-', "_").replace('/', "::")
}

/// Compiles the driver tests, and names the binary.
///
/// # Errors
/// Where they do not compile; the compiler has then said why.
pub(crate) fn compile(root: &Path) -> anyhow::Result<PathBuf> {
    let mut command = process::cargo(root);
    command.args(["test", "--no-run", "--package", workspace::DRIVERS]);
    command.args(["--test", workspace::DRIVERS_TEST]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.stderr(std::process::Stdio::inherit());
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        bail!("the driver tests do not compile");
    }
    Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.is_test() => artifact.executable,
            _ => None,
        })
        .map(PathBuf::from)
        .context("cargo names no test binary")
}

/// Asks a test binary for its tests; sorted.
///
/// # Errors
/// Where it cannot be started or does not answer.
pub(crate) fn list(binary: &Path, drivers: &[String]) -> anyhow::Result<Vec<Test>> {
    let mut command = std::process::Command::new(binary);
    command.args(["--list", "--format", "terse"]);
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        bail!("{} does not list its tests", binary.display());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tests: Vec<Test> = text
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(|name| resolve(name, drivers))
        .collect();
    if tests.is_empty() {
        bail!("{} has no tests", binary.display());
    }
    tests.sort();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_knows_the_true_name() {
        let drivers = ["rtc/rtc-pcf8563".to_owned(), "iio/light/opt3001".to_owned()];
        let test = resolve("rtc::rtc_pcf8563::reads_time", &drivers);
        assert_eq!(
            (&*test.driver, &*test.test),
            ("rtc/rtc-pcf8563", "reads_time")
        );
    }

    #[test]
    fn a_module_inside_a_driver_belongs_to_the_test() {
        let drivers = ["hwmon/pmbus/ltc2978".to_owned()];
        let test = resolve("hwmon::pmbus::ltc2978::faults::pec", &drivers);
        assert_eq!(
            (&*test.driver, &*test.test),
            ("hwmon/pmbus/ltc2978", "faults::pec")
        );
    }

    #[test]
    fn one_driver_is_not_taken_for_another_that_starts_alike() {
        let drivers = ["iio/light/opt30".to_owned()];
        let test = resolve("iio::light::opt3001::lux", &drivers);
        assert_eq!((&*test.driver, &*test.test), ("iio/light/opt3001", "lux"));
    }
}
