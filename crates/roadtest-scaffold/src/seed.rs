// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The registers that a driver's source names: a starting point for the
//! model, to be replaced by what the datasheet says. All are readable,
//! writable and zero, but for identities that the source compares with.

use std::collections::{BTreeMap, BTreeSet};

/// One register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Register {
    /// Without the driver's prefix.
    pub(super) name: String,
    /// What a read gives.
    pub(super) value: u32,
}

/// The registers, and how they cross the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seed {
    /// By address.
    pub(super) registers: BTreeMap<u32, Register>,
    /// The word format of `registers!`: `u16be`.
    pub(super) word: &'static str,
    /// Bytes of an address: 1 or 2.
    pub(super) pointer_bytes: usize,
}

/// Words of a name that tell no register from another.
const GENERIC: [&str; 9] = [
    "ID", "REG", "VAL", "VALUE", "MAGIC", "DEFAULT", "EXPECTED", "NUM", "NUMBER",
];
/// Ends of names that are no registers.
const NO_REGISTER: [&str; 14] = [
    "SHIFT", "MASK", "MAGIC", "BIT", "BITS", "MS", "US", "HZ", "MIN", "MAX", "SIZE", "LEN", "VAL",
    "DEFAULT",
];

impl Seed {
    /// Reads a driver's source. `stem` is the file's name without `.c`.
    pub(super) fn read(text: &str, stem: &str) -> Self {
        let defines = defines(text);
        let mut found: Vec<(String, String, u32)> = defines
            .iter()
            .filter_map(|(full, value)| Some((full.clone(), register_name(full)?, *value)))
            .collect();
        if found.is_empty() {
            found = prefixed(&defines, stem);
        }
        let pointer_bytes = if number_behind(text, ".reg_bits") == Some(16) {
            2
        } else {
            1
        };
        let limit = if pointer_bytes == 2 { 0xffff } else { 0xff };
        let word = word(text);
        let mut registers: BTreeMap<u32, Register> = BTreeMap::new();
        let mut names = BTreeSet::new();
        let mut full_names = Vec::new();
        for (full, name, address) in found {
            let taken = registers.contains_key(&address) || names.contains(&name);
            if address <= limit && !taken && !is_bit(&full, &full_names) {
                names.insert(name.clone());
                full_names.push(full);
                registers.insert(address, Register { name, value: 0 });
            }
        }
        let mut seed = Self {
            registers,
            word,
            pointer_bytes,
        };
        seed.identify(&identities(text, &defines, &full_names));
        if seed.registers.is_empty() {
            seed.add(0);
        }
        seed
    }

    /// A register that only the bus knows of.
    pub(super) fn add(&mut self, address: u32) {
        let name = format!("R{address:02X}");
        self.registers
            .entry(address)
            .or_insert(Register { name, value: 0 });
    }

    /// What a register can hold.
    pub(super) fn mask(&self) -> u32 {
        match self.word {
            "u8" => 0xff,
            "u24be" => 0xff_ffff,
            _ => 0xffff,
        }
    }

    /// Assigns each identity to the register whose name has most of its words.
    fn identify(&mut self, identities: &[(String, u32)]) {
        let mask = self.mask();
        for (name, value) in identities.iter().filter(|(_, value)| *value <= mask) {
            let words: BTreeSet<&str> = name.split('_').filter(|w| !GENERIC.contains(w)).collect();
            let score = |register: &Register| {
                register
                    .name
                    .split('_')
                    .filter(|word| words.contains(word))
                    .count()
            };
            let mut ids: Vec<&mut Register> = self
                .registers
                .values_mut()
                .filter(|register| is_identity(&register.name))
                .collect();
            let single = ids.len() == 1;
            ids.sort_by_key(|register| std::cmp::Reverse(score(register)));
            if let Some(best) = ids.into_iter().next()
                && best.value == 0
                && (single || score(best) > 0)
            {
                best.value = *value;
            }
        }
    }
}

/// `#define NAME number`, in order.
fn defines(text: &str) -> Vec<(String, u32)> {
    text.lines()
        .filter_map(|line| {
            let mut words = line
                .trim()
                .strip_prefix('#')?
                .trim_start()
                .strip_prefix("define")?
                .split_whitespace();
            let name = words.next()?;
            let value = words.next()?.trim_start_matches('(').trim_end_matches(')');
            let comment = words
                .next()
                .is_none_or(|word| word.starts_with("/*") || word.starts_with("//"));
            let plain = name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            (comment && plain).then_some((name.to_owned(), number(value)?))
        })
        .collect()
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `BAR` of `FOO_REG_BAR`, `REG_BAR` and `FOO_BAR_REG`.
fn register_name(full: &str) -> Option<String> {
    if NO_REGISTER.contains(&full.rsplit('_').next().unwrap_or("")) {
        return None;
    }
    let name = match (full.split_once("_REG_"), full.strip_prefix("REG_")) {
        (Some((_, name)), _) | (None, Some(name)) => name,
        (None, None) => full
            .strip_suffix("_REG")?
            .split_once('_')
            .map_or(full, |(_, name)| name),
    };
    let name = name.strip_prefix("ADD_").unwrap_or(name);
    is_name(name).then(|| name.to_owned())
}

/// A driver that has no `REG` in its names has its own name there.
fn prefixed(defines: &[(String, u32)], stem: &str) -> Vec<(String, String, u32)> {
    let stem = stem.trim_start_matches("rtc-").to_uppercase();
    let stem = stem.split(['-', '_']).next().unwrap_or("").to_owned();
    // `INA2XX` for the names that begin with `INA226_`, too.
    let letters: String = stem.chars().take_while(char::is_ascii_alphabetic).collect();
    let of_driver = |name: &str, start: &str| {
        name.strip_prefix(start)
            .and_then(|rest| rest.split_once('_'))
            .map(|(_, name)| name.to_owned())
    };
    defines
        .iter()
        .filter(|(full, _)| !NO_REGISTER.contains(&full.rsplit('_').next().unwrap_or("")))
        .filter_map(|(full, value)| {
            let start = if full.starts_with(&stem) {
                &stem
            } else {
                &letters
            };
            let name = of_driver(full, start).filter(|name| is_name(name))?;
            Some((full.clone(), name, *value))
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name != "MAP"
}

/// `TMP006_CONFIG_DRDY` is a bit of the register `TMP006_CONFIG`.
fn is_bit(full: &str, registers: &[String]) -> bool {
    let of = |register: &String| {
        full.strip_prefix(register.as_str())
            .is_some_and(|rest| rest.starts_with('_'))
    };
    registers.iter().any(of) && !is_identity(full)
}

fn is_identity(name: &str) -> bool {
    name.split('_')
        .any(|word| matches!(word, "ID" | "WHOAMI" | "PARTID" | "CHIPID" | "DEVID"))
        || name.contains("WHO_AM_I")
}

/// Numbers with the name of an identity that the source uses as a value.
fn identities(text: &str, defines: &[(String, u32)], registers: &[String]) -> Vec<(String, u32)> {
    defines
        .iter()
        .filter(|(name, _)| !registers.contains(name))
        .filter(|(name, _)| is_identity(name) || name.ends_with("_MAGIC"))
        .filter(|(name, _)| !["SHIFT", "MASK"].contains(&name.rsplit('_').next().unwrap_or("")))
        .filter(|(name, _)| {
            ["!= ", "== ", "case "]
                .iter()
                .any(|mark| text.contains(&format!("{mark}{name}")))
        })
        .cloned()
        .collect()
}

/// How words cross the bus, by what the driver calls.
fn word(text: &str) -> &'static str {
    match number_behind(text, ".val_bits") {
        Some(16) if text.contains("REGMAP_ENDIAN_LITTLE") => return "u16le",
        Some(16) => return "u16be",
        Some(24) => return "u24be",
        Some(_) => return "u8",
        None => {}
    }
    let count = |what: &str| text.matches(what).count();
    let bytes = count("smbus_read_byte_data(") + count("smbus_write_byte_data(");
    let swapped = count("word_swapped(");
    let words = count("smbus_read_word_data(") + count("smbus_write_word_data(");
    match (swapped, words) {
        (0, words) if words > bytes => "u16le",
        (swapped, _) if swapped > bytes => "u16be",
        _ => "u8",
    }
}

fn number_behind(text: &str, field: &str) -> Option<u32> {
    let rest = &text[text.find(field)? + field.len()..];
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    number(rest.split([',', ' ', '\n']).next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(seed: &Seed) -> Vec<String> {
        let lines = seed.registers.iter();
        lines
            .map(|(address, r)| format!("{address:02x} {} {:x}", r.name, r.value))
            .collect()
    }

    #[test]
    fn names_with_reg_are_registers_and_an_identity_has_its_value() {
        let text = "#define FOO_REG_ID\t0x0f /* who */\n#define FOO_REG_CONFIG 0x01\n\
            #define FOO_REG_CONFIG_MASK 0x02\n#define FOO_CHIP_ID 0x33\n\
            #define FOO_REG_TWICE 0x01\nif (id != FOO_CHIP_ID)\n.val_bits = 8,\n";
        let seed = Seed::read(text, "foo");
        assert_eq!(shown(&seed), ["01 CONFIG 0", "0f ID 33"]);
        assert_eq!((seed.word, seed.pointer_bytes), ("u8", 1));
    }

    #[test]
    fn without_reg_the_drivers_own_name_tells() {
        let text = "#define BAR006_CONFIG 0x02\n#define BAR006_CONFIG_CR 9\n\
            #define BAR006_DEVICE_ID 0xff\n#define BAR006_MANUFACTURER_ID 0xfe\n\
            #define BAR006_DEVICE_MAGIC 0x67\n#define BAR006_MANUFACTURER_MAGIC 0x5449\n\
            ret = i2c_smbus_read_word_swapped(c, BAR006_CONFIG);\n\
            x == BAR006_MANUFACTURER_MAGIC && y == BAR006_DEVICE_MAGIC\n";
        let seed = Seed::read(text, "bar006");
        assert_eq!(
            shown(&seed),
            ["02 CONFIG 0", "fe MANUFACTURER_ID 5449", "ff DEVICE_ID 67"]
        );
        assert_eq!(seed.word, "u16be");
    }

    #[test]
    fn a_driver_that_names_nothing_has_one_register() {
        assert_eq!(shown(&Seed::read("", "baz")), ["00 R00 0"]);
    }
}
