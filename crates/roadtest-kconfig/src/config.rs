// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The `.config` that Kconfig made. Read only.

use std::collections::BTreeMap;

use crate::value::Value;

/// The `.config` that Kconfig made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, Value>,
}

impl Config {
    /// Reads a `.config`. Lines that Kconfig does not write are passed over.
    pub fn parse(text: &str) -> Self {
        let values = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("CONFIG_")?.split_once('='))
            .filter_map(|(symbol, value)| Some((symbol.to_owned(), Value::parse(value).ok()?)))
            .collect();
        Config { values }
    }

    /// What a symbol is; `n` where Kconfig did not write it, as in C.
    pub fn get(&self, symbol: &str) -> &Value {
        self.values.get(symbol).unwrap_or(&Value::No)
    }

    /// How many symbols are set.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
