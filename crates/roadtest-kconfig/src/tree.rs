// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The Kconfig files of a kernel, as `ARCH=um` reads them: which symbols there
//! are and what they depend on. Defaults, ranges and help are passed over: who
//! wants to know what a symbol *is* asks Kconfig.

mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::expr::Expr;

/// The Kconfig files of a kernel.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    root: PathBuf,
    symbols: BTreeMap<String, Vec<Definition>>,
    selects: BTreeMap<String, Vec<Select>>,
}

/// One place where a symbol is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The file, below the root of the tree.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// Whether a user (and so a fragment) can set it here; otherwise only a
    /// default or another symbol's `select` can.
    pub prompt: bool,
    /// The choice it is a member of, by the choice's line.
    pub choice: Option<usize>,
    /// What must hold: its own and those of what encloses it.
    pub conditions: Vec<Condition>,
}

/// A condition, and where it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How it is stated: `depends on`, `if`, `prompt if`, `visible if`.
    pub keyword: &'static str,
    /// What must hold.
    pub expr: Expr,
    /// The file, below the root of the tree.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

/// A symbol that sets another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// The symbol that does it.
    pub by: String,
    /// Only if this holds.
    pub condition: Option<Expr>,
}

/// A Kconfig file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", file.display())]
pub struct Error {
    /// Which file.
    pub file: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

impl Tree {
    /// Reads the Kconfig files of the kernel tree at `root`, from its
    /// top-level `Kconfig` on.
    ///
    /// # Errors
    /// Where the top-level file cannot be read. A file that a `source` line
    /// names but that does not exist is passed over.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let mut tree = Tree {
            root: root.to_owned(),
            ..Tree::default()
        };
        read::read(&mut tree)?;
        Ok(tree)
    }

    /// Where the symbol is declared; empty where `ARCH=um` does not know it.
    pub fn definitions(&self, symbol: &str) -> &[Definition] {
        self.symbols.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// The symbols that `select` this one.
    pub fn selected_by(&self, symbol: &str) -> &[Select] {
        self.selects.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Looks for a declaration in all Kconfig files of the tree, including
    /// those that `ARCH=um` does not read. Slow: it walks the tree.
    pub fn declared_elsewhere(&self, symbol: &str) -> Option<(PathBuf, usize)> {
        walkdir::WalkDir::new(&self.root)
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
            .filter(|e| e.file_name().to_string_lossy().starts_with("Kconfig"))
            .filter(|e| e.file_type().is_file())
            .find_map(|entry| {
                let text = std::fs::read(entry.path()).ok()?;
                let line = String::from_utf8_lossy(&text).lines().position(|line| {
                    let mut words = line.split_whitespace();
                    matches!(words.next(), Some("config" | "menuconfig"))
                        && words.next() == Some(symbol)
                })?;
                let below = entry.path().strip_prefix(&self.root).ok()?;
                Some((below.to_owned(), line + 1))
            })
    }
}
