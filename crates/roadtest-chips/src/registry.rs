// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Every model of this crate by name, for commands that describe chips. A
//! test does not need it: it names the chip's type.

use roadtest_model::register::{Contract, Map, RegisterChip};
use roadtest_model::{Chip, StimulusKind, stimulus};

use crate::hwmon::pmbus::ltc2978::Ltc2977;
use crate::iio::adc::mcp320x::{Mcp3004, Mcp3208};
use crate::misc::eeprom::at24::{At24c02, At24c256};
use crate::{gpio, hwmon, iio, regulator, rtc};

/// A model of this crate.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `ti,opt3001`
    pub compatible: &'static str,
    /// The module that holds the model: `iio::light::opt3001`.
    pub module: &'static str,
    /// The registers; none where the chip's protocol is no register map.
    pub map: Option<&'static Map>,
    /// The rules beyond bits that the model checks.
    pub contracts: Vec<Contract>,
    /// What can be set of the world around it.
    pub stimuli: Vec<StimulusKind>,
}

impl Entry {
    /// The part's name: `compatible` without its vendor.
    pub fn name(&self) -> &'static str {
        match self.compatible.split_once(',') {
            Some((_, part)) => part,
            None => self.compatible,
        }
    }
}

/// Every model, sorted by module and then by `compatible`.
pub fn all() -> Vec<Entry> {
    let mut all = vec![
        mapped::<gpio::pca9555::Pca9555>(),
        mapped::<hwmon::lm75::As6200>(),
        mapped::<hwmon::lm75::Lm75>(),
        mapped::<hwmon::lm75::Pct2075>(),
        mapped::<hwmon::lm75::Tmp75>(),
        raw(Ltc2977::new(0x5c), Ltc2977::CONTRACTS),
        mapped::<hwmon::tmp401::Tmp431>(),
        mapped::<iio::accel::adxl345::Adxl345>(),
        raw(Mcp3004::new(5_000_000), Mcp3004::CONTRACTS),
        raw(Mcp3208::new(5_000_000), Mcp3208::CONTRACTS),
        mapped::<iio::light::opt3001::Opt3001>(),
        mapped::<iio::light::opt4001::Opt4001>(),
        mapped::<iio::light::tsl2772::Tsl2772>(),
        mapped::<iio::light::vcnl4000::Vcnl4000>(),
        mapped::<iio::light::vcnl4000::Vcnl4010>(),
        mapped::<iio::light::vcnl4000::Vcnl4040>(),
        mapped::<iio::light::vcnl4000::Vcnl4200>(),
        mapped::<iio::proximity::irsd200::Irsd200>(),
        mapped::<iio::temperature::tmp117::Tmp117>(),
        raw(At24c02::new(), At24c02::CONTRACTS),
        raw(At24c256::new(), At24c256::CONTRACTS),
        mapped::<regulator::tps6286x::Tps6286x>(),
        mapped::<regulator::tps6287x::Tps6287x>(),
        mapped::<rtc::pcf8563::Pcf8563>(),
    ];
    all.sort_by_key(|entry| (entry.module, entry.compatible));
    all
}

fn mapped<C: RegisterChip + Default>() -> Entry {
    let start_up = C::default().regs().start_up().map(Contract::Gap);
    Entry {
        compatible: C::COMPATIBLE,
        module: module::<C>(),
        map: Some(C::MAP),
        contracts: start_up.into_iter().chain(C::CONTRACTS.to_vec()).collect(),
        stimuli: stimulus::kinds(C::STIMULI),
    }
}

/// A chip that is no register map describes itself.
fn raw<C: Chip>(chip: C, contracts: &[Contract]) -> Entry {
    Entry {
        compatible: chip.compatible(),
        module: module::<C>(),
        map: None,
        contracts: contracts.to_vec(),
        stimuli: chip.stimuli(),
    }
}

/// `iio::light::opt3001`, from `roadtest_chips::iio::light::opt3001::Opt3001`
/// and whatever its parameters are.
fn module<C>() -> &'static str {
    let path = std::any::type_name::<C>();
    let path = path.split('<').next().unwrap_or(path);
    let path = path.split_once("::").map_or(path, |(_, path)| path);
    path.rsplit_once("::").map_or(path, |(module, _)| module)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Tests run in the directory of their package.
    const SOURCES: &str = "src";

    use super::*;

    /// What the sources declare as `COMPATIBLE` or return as `compatible`.
    fn declared(directory: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                declared(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let constants = text.lines().filter_map(|line| {
                line.trim()
                    .strip_prefix("const COMPATIBLE: &'static str = \"")?
                    .strip_suffix("\";")
            });
            let methods = text
                .split("fn compatible(&self) -> &'static str {\n        \"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            let values = constants.chain(methods);
            found.extend(values.map(str::to_owned));
        }
    }

    #[test]
    fn every_chip_of_this_crate_is_listed_once() {
        let mut sources = Vec::new();
        declared(Path::new(SOURCES), &mut sources);
        sources.sort();
        let mut listed: Vec<_> = all().iter().map(|entry| entry.compatible).collect();
        listed.sort_unstable();
        assert_eq!(listed, sources);
    }

    /// Chips whose only input is the bus: they set a voltage.
    const SENSE_NOTHING: [&str; 2] = ["ti,tps62864", "ti,tps62870"];

    #[test]
    fn every_chip_that_senses_something_says_what_and_in_which_range() {
        for entry in all() {
            let mut names: Vec<_> = entry.stimuli.iter().map(|kind| kind.name).collect();
            let senses = !SENSE_NOTHING.contains(&entry.compatible);
            assert_eq!(
                !names.is_empty(),
                senses,
                "{}: a chip that senses something has STIMULI",
                entry.compatible
            );
            for kind in &entry.stimuli {
                assert!(!kind.range.is_empty(), "{}: {kind:?}", entry.compatible);
                assert!(!kind.unit.is_empty(), "{}: {kind:?}", entry.compatible);
            }
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}: a name twice", entry.compatible);
        }
    }

    #[test]
    fn every_module_is_a_file() {
        let sources = Path::new(SOURCES);
        for entry in all() {
            let file = sources.join(format!("{}.rs", entry.module.replace("::", "/")));
            assert!(file.is_file(), "{}", file.display());
        }
    }

    #[test]
    fn a_chip_knows_its_name_and_its_module() {
        let all = all();
        let at24 = all.iter().find(|entry| entry.name() == "24c256").unwrap();
        assert_eq!(at24.module, "misc::eeprom::at24");
        assert!(at24.map.is_none());
        let opt3001 = all.iter().find(|entry| entry.name() == "opt3001").unwrap();
        assert_eq!(opt3001.module, "iio::light::opt3001");
        assert_eq!(opt3001.map.unwrap().at(1).map(|r| r.name), Some("CONFIG"));
    }
}
