// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A driver's register map as `drivers/base/regmap/regmap-debugfs.c` shows
//! it. Registers that the driver does not cache are read from the chip, with
//! all that a read does to it.

use std::collections::BTreeMap;

use crate::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};

/// Where debugfs is, and the register maps inside it.
const DEBUGFS: &str = "/sys/kernel/debug";
const REGMAPS: &str = "/sys/kernel/debug/regmap";

/// A driver's register map.
///
/// ```no_run
/// # use roadtest::Board;
/// # use roadtest_chips::hwmon::lm75::Pct2075;
/// # fn main() -> roadtest::Result {
/// # let mut board = Board::new();
/// let chip = board.i2c(0x48, Pct2075::default());
/// let uml = board.boot()?;
/// let map = uml.bind(&chip)?.regmap()?;
/// assert_eq!(map.registers()?[&0x03], 0x5000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Regmap {
    map: Device,
}

impl Device {
    /// The register map of this device's driver, the first by name where it
    /// has several. Mounts debugfs where that has not been done.
    ///
    /// # Errors
    /// Where the driver has none, or debugfs cannot be mounted.
    pub fn regmap(&self) -> Result<Regmap> {
        let uml = self.uml();
        if uml.real_path(REGMAPS).is_err() {
            match uml.mount("debugfs", DEBUGFS) {
                Ok(()) | Err(Errno::EBUSY) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        // `0-0048`, or `0-0048-name` where the map has a name.
        let named = format!("{}-", self.name());
        let names = uml.list(REGMAPS)?;
        let mine = |name: &&String| **name == self.name() || name.starts_with(&named);
        match names.iter().find(mine) {
            Some(name) => Ok(Regmap {
                map: Device::new(uml, &format!("{REGMAPS}/{name}")),
            }),
            None => {
                let text = format!("{} has no register map", self.path());
                Err(Error::new(text))
            }
        }
    }
}

impl Regmap {
    /// The map's directory in debugfs, for its other files: `name`, `access`,
    /// `range`, `cache_only`, `cache_bypass`.
    pub fn directory(&self) -> &Device {
        &self.map
    }

    /// All registers that can be read, by address. One whose read failed is
    /// not among them.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not as expected.
    pub fn registers(&self) -> Result<BTreeMap<u32, u32>> {
        let text = self.map.read("registers")?;
        let mut registers = BTreeMap::new();
        for line in text.lines() {
            match parse(line) {
                Some((address, Some(value))) => registers.insert(address, value),
                Some((_, None)) => continue,
                None => {
                    let text = format!("no register of a register map: {line}");
                    return Err(Error::new(text));
                }
            };
        }
        Ok(registers)
    }
}

/// `3: 5000` or `003: 5000`, with `XXXX` where the read failed.
fn parse(line: &str) -> Option<(u32, Option<u32>)> {
    let (address, value) = line.split_once(": ")?;
    let address = u32::from_str_radix(address.trim(), 16).ok()?;
    if !value.is_empty() && value.bytes().all(|byte| byte == b'X') {
        return Some((address, None));
    }
    Some((address, Some(u32::from_str_radix(value, 16).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_address_and_a_value_that_may_be_missing() {
        assert_eq!(parse("3: 5000"), Some((3, Some(0x5000))));
        assert_eq!(parse("1f: XX"), Some((0x1f, None)));
        assert_eq!(parse("1f: "), None);
        assert_eq!(parse("nothing"), None);
    }
}
