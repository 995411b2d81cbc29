// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! All fragments of a kernel, without contradictions. Does not know what the
//! kernel makes of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::fragment::Fragment;
use crate::value::Value;

/// What all fragments ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The fragments, by name.
    pub fragments: BTreeMap<String, Fragment>,
}

/// A place in a fragment, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is asked for there.
    pub value: Value,
}

/// Two fragments want different things.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two fragments want different values of CONFIG_{symbol}: {} in {}:{}, {} in {}:{}",
    first.value, first.file.display(), first.line,
    second.value, second.file.display(), second.line
)]
pub struct Conflict {
    /// Which symbol.
    pub symbol: String,
    /// The request of the fragment that sorts first.
    pub first: Box<Place>,
    /// The request that differs from it.
    pub second: Box<Place>,
}

impl Merged {
    /// Puts fragments together.
    ///
    /// # Errors
    /// Where two of them want different values of one symbol.
    pub fn new(fragments: Vec<Fragment>) -> Result<Self, Conflict> {
        let fragments: BTreeMap<String, Fragment> =
            fragments.into_iter().map(|f| (f.name.clone(), f)).collect();
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        for fragment in fragments.values() {
            for request in &fragment.requests {
                let place = Place {
                    file: fragment.file.clone(),
                    line: request.line,
                    value: request.value.clone(),
                };
                match seen.get(request.symbol.as_str()) {
                    Some(first) if first.value != place.value => {
                        return Err(Conflict {
                            symbol: request.symbol.clone(),
                            first: Box::new(first.clone()),
                            second: Box::new(place),
                        });
                    }
                    Some(_) => {}
                    None => {
                        seen.insert(&request.symbol, place);
                    }
                }
            }
        }
        Ok(Merged { fragments })
    }

    /// The text for Kconfig (`KCONFIG_ALLCONFIG`): each symbol once, sorted.
    pub fn to_text(&self) -> String {
        let symbols: BTreeMap<&str, &Value> = self
            .fragments
            .values()
            .flat_map(|f| &f.requests)
            .map(|r| (r.symbol.as_str(), &r.value))
            .collect();
        let mut text = String::new();
        for (symbol, value) in symbols {
            // Writing to a String cannot fail.
            let _ = match value {
                Value::No => writeln!(text, "# CONFIG_{symbol} is not set"),
                value => writeln!(text, "CONFIG_{symbol}={value}"),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn fragment(name: &str, text: &str) -> Fragment {
        let file = format!("{name}.config");
        Fragment::parse(name, Path::new(&file), text).unwrap()
    }

    #[test]
    fn the_same_request_in_two_fragments_is_merged() {
        let merged = Merged::new(vec![
            fragment("x/b", "CONFIG_B=m\nCONFIG_A=y\n"),
            fragment("base", "CONFIG_A=y\nCONFIG_C=\"t\"\nCONFIG_D=n\n"),
        ])
        .unwrap();
        insta::assert_snapshot!(merged.to_text(), @r#"
        CONFIG_A=y
        CONFIG_B=m
        CONFIG_C="t"
        # CONFIG_D is not set
        "#);
    }

    #[test]
    fn a_conflict_names_both_lines() {
        let conflict = Merged::new(vec![
            fragment("x/b", "\nCONFIG_A=m\n"),
            fragment("base", "CONFIG_A=y\n"),
        ])
        .unwrap_err();
        insta::assert_snapshot!(conflict, @"two fragments want different values of CONFIG_A: y in base.config:1, m in x/b.config:2");
    }
}
