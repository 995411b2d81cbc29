// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What Kconfig granted, what it dropped and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use crate::config::Config;
use crate::expr::Tristate;
use crate::fragment::{Fragment, Request};
use crate::merge::Merged;
use crate::tree::{Definition, Tree};
use crate::value::Value;

/// What came of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests that were not granted, though the kernel has the symbol (or
    /// every test needs it): errors.
    pub dropped: Vec<Dropped>,
    /// The driver fragments that this kernel cannot serve, with the reason:
    /// no Kconfig file declares a symbol that they need.
    pub unavailable: BTreeMap<String, String>,
}

/// A request that was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The fragment's name.
    pub fragment: String,
    /// The fragment's file.
    pub file: PathBuf,
    /// The line in it.
    pub line: usize,
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// What was asked for.
    pub wanted: Value,
    /// What it became.
    pub got: Value,
    /// The unmet dependencies as Kconfig states them, one a line.
    pub why: Vec<String>,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: CONFIG_{}={} was dropped (it is {})",
            self.file.display(),
            self.line,
            self.symbol,
            self.wanted,
            self.got
        )?;
        self.why.iter().try_for_each(|why| write!(f, "\n    {why}"))
    }
}

/// Compares what was asked for with what Kconfig made of it. `release` is the
/// kernel's version, for the texts.
pub fn verify(merged: &Merged, config: &Config, tree: &Tree, release: &str) -> Report {
    let judge = Judge {
        config,
        tree,
        release,
    };
    let mut report = Report::default();
    for fragment in merged.fragments.values() {
        judge.fragment(fragment, &mut report);
    }
    report
}

struct Judge<'a> {
    config: &'a Config,
    tree: &'a Tree,
    release: &'a str,
}

impl Judge<'_> {
    fn fragment(&self, fragment: &Fragment, report: &mut Report) {
        let mut dropped = Vec::new();
        for request in &fragment.requests {
            let got = self.config.get(&request.symbol);
            if *got == request.value || request.optional.is_some() {
                continue;
            }
            let known = !self.tree.definitions(&request.symbol).is_empty();
            let (why, absent) = if known {
                self.explain(request)
            } else {
                self.unknown(&request.symbol)
            };
            match absent {
                Some(reason) if fragment.is_driver() => {
                    report.unavailable.insert(fragment.name.clone(), reason);
                    // Why return: what else was dropped may hang on it.
                    return;
                }
                _ => dropped.push(Dropped {
                    fragment: fragment.name.clone(),
                    file: fragment.file.clone(),
                    line: request.line,
                    symbol: request.symbol.clone(),
                    wanted: request.value.clone(),
                    got: got.clone(),
                    why,
                }),
            }
        }
        report.dropped.extend(dropped);
    }

    /// Why a symbol that `ARCH=um` does not know is not there, and the reason
    /// to skip where no Kconfig file has it.
    fn unknown(&self, symbol: &str) -> (Vec<String>, Option<String>) {
        match self.tree.declared_elsewhere(symbol) {
            Some((file, line)) => (
                vec![format!(
                    "it is declared in {}:{line}, which is not read for ARCH=um",
                    file.display()
                )],
                None,
            ),
            None => {
                let reason = format!("Linux {} does not have CONFIG_{symbol}", self.release);
                (vec![reason.clone()], Some(reason))
            }
        }
    }

    /// Why a known symbol is not what was asked for; the second part is the
    /// reason to skip, where a symbol that it depends on exists nowhere.
    fn explain(&self, request: &Request) -> (Vec<String>, Option<String>) {
        let wanted = Tristate::from(&request.value);
        let got = Tristate::from(self.config.get(&request.symbol));
        if got > wanted {
            return (vec![self.forced(&request.symbol)], None);
        }
        let mut why = Vec::new();
        let mut seen = BTreeSet::new();
        self.unmet(&request.symbol, wanted, "", &mut seen, &mut why);
        let definitions = self.tree.definitions(&request.symbol);
        if why.is_empty() {
            why.push(without_dependency(definitions));
        }
        // Only where every declaration hangs on a symbol that does not exist
        // is the driver out of reach.
        let absent: Vec<Option<String>> = definitions
            .iter()
            .map(|d| self.absent_dependency(d, wanted))
            .collect();
        let reason = absent.into_iter().collect::<Option<Vec<_>>>();
        let reason = reason.and_then(|names| names.into_iter().next());
        let reason = reason.map(|name| {
            format!(
                "Linux {} does not have CONFIG_{name}, on which CONFIG_{} depends",
                self.release, request.symbol
            )
        });
        (why, reason)
    }

    /// A dependency on a single symbol that no Kconfig file declares.
    fn absent_dependency(&self, definition: &Definition, wanted: Tristate) -> Option<String> {
        let parts = definition
            .conditions
            .iter()
            .flat_map(|c| c.expr.unmet(wanted.max(Tristate::Module), self.config));
        for part in parts {
            if let crate::expr::Expr::Symbol(name) = part
                && part.symbols().contains(name.as_str())
                && self.tree.definitions(name).is_empty()
                && self.tree.declared_elsewhere(name).is_none()
            {
                return Some(name.clone());
            }
        }
        None
    }

    /// Says which conditions are unmet, and goes on with the symbols in them.
    fn unmet(
        &self,
        symbol: &str,
        wanted: Tristate,
        subject: &str,
        seen: &mut BTreeSet<String>,
        why: &mut Vec<String>,
    ) {
        if !seen.insert(symbol.to_owned()) || seen.len() > 12 {
            return;
        }
        for definition in self.tree.definitions(symbol) {
            for condition in &definition.conditions {
                let parts = condition
                    .expr
                    .unmet(wanted.max(Tristate::Module), self.config);
                for part in parts {
                    let values: Vec<String> = part
                        .symbols()
                        .into_iter()
                        .map(|s| {
                            if self.tree.definitions(s).is_empty() {
                                format!("{s} is unknown")
                            } else {
                                format!("{s} is {}", self.config.get(s))
                            }
                        })
                        .collect();
                    let stated = condition.expr.to_string();
                    let part_text = part.to_string();
                    let within = if stated == part_text {
                        String::new()
                    } else {
                        format!(", of which `{part_text}` is not met")
                    };
                    why.push(format!(
                        "{subject}{} {stated}{within}: {} ({}:{})",
                        condition.keyword,
                        values.join(", "),
                        condition.file.display(),
                        condition.line
                    ));
                    let off = |s: &&str| *self.config.get(s) == Value::No;
                    for inner in part.symbols().into_iter().filter(off) {
                        let subject = format!("{inner}: ");
                        self.unmet(inner, Tristate::Module, &subject, seen, why);
                    }
                }
            }
        }
    }

    /// Who set a symbol higher than it was asked for.
    fn forced(&self, symbol: &str) -> String {
        let by: Vec<String> = self
            .tree
            .selected_by(symbol)
            .iter()
            .filter(|s| Tristate::from(self.config.get(&s.by)) > Tristate::No)
            .filter(|s| {
                s.condition
                    .as_ref()
                    .is_none_or(|c| c.eval(self.config) > Tristate::No)
            })
            .map(|s| format!("{} ({})", s.by, self.config.get(&s.by)))
            .collect();
        if by.is_empty() {
            "nothing selects it: it has a default and no prompt here, or is not a tristate"
                .to_owned()
        } else {
            format!("it is selected by {}", by.join(", "))
        }
    }
}

/// What to say where all dependencies are met.
fn without_dependency(definitions: &[Definition]) -> String {
    let Some(first) = definitions.first() else {
        return "it is not declared".to_owned();
    };
    let place = format!("{}:{}", first.file.display(), first.line);
    if !definitions.iter().any(|d| d.prompt) {
        format!("it has no prompt: only a default or a select can set it ({place})")
    } else if first.choice.is_some() {
        format!("another member of its choice is set ({place})")
    } else {
        format!("its dependencies are met, but it has another type or range ({place})")
    }
}

#[cfg(test)]
mod tests;
