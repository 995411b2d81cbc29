// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The driver tests there are, and which driver each belongs to. The truth
//! about tests is the test binary's own list; the truth about a driver's name
//! is its fragment, because a module cannot be called `rtc-pcf8563`.

use std::path::Path;

use walkdir::WalkDir;

/// One driver test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// As `cargo test` names it: `rtc::rtc_pcf8563::reads_time`.
    pub name: String,
    /// The source path under the kernel's `drivers/`: `rtc/rtc-pcf8563`.
    pub driver: String,
    /// What remains of the name: `reads_time`.
    pub test: String,
}

impl Test {
    /// A test by its driver and its own name.
    pub fn new(driver: &str, test: &str) -> Self {
        Self {
            name: format!("{}::{test}", module(driver)),
            driver: driver.to_owned(),
            test: test.to_owned(),
        }
    }

    /// `rtc/rtc-pcf8563/reads_time`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.driver, self.test)
    }
}

/// The names of all drivers that have a fragment, sorted.
pub fn drivers(root: &Path) -> Vec<String> {
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
pub fn resolve(name: &str, drivers: &[String]) -> Test {
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
pub fn module(driver: &str) -> String {
    driver.replace('-', "_").replace('/', "::")
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
