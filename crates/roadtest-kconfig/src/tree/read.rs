// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Reads Kconfig files (Documentation/kbuild/kconfig-language.rst). Lenient:
//! what it does not understand it passes over, since Kconfig itself has
//! accepted the files.

use std::path::{Path, PathBuf};

use super::{Condition, Definition, Error, Select, Tree};
use crate::expr::Expr;

/// The variables that `source` lines and conditions use, for `ARCH=um` on
/// x86 (the top-level Makefile and arch/um/Makefile of the kernel set them).
const VARIABLES: [(&str, &str); 6] = [
    ("$(SRCARCH)", "um"),
    ("$(ARCH)", "um"),
    ("$(HEADER_ARCH)", "x86"),
    ("$(SUBARCH)", "x86"),
    ("$(srctree)/", ""),
    ("$(srctree)", "."),
];

/// A guard against files that include each other.
const DEPTH_MAX: usize = 32;

pub(super) fn read(tree: &mut Tree) -> Result<(), Error> {
    let mut reader = Reader {
        tree,
        blocks: Vec::new(),
        item: Item::None,
    };
    reader.file(Path::new("Kconfig"), 0)
}

/// What attributes belong to.
enum Item {
    None,
    Symbol(String),
    /// The block on top of the stack.
    Block,
}

/// Kinds of [`Block`].
const MENU: &str = "menu";
const CHOICE: &str = "choice";

struct Block {
    kind: &'static str,
    /// The line that it begins on, where it is a choice.
    choice: Option<usize>,
    conditions: Vec<Condition>,
}

struct Reader<'a> {
    tree: &'a mut Tree,
    blocks: Vec<Block>,
    item: Item,
}

/// A line with its continuation lines joined.
struct Line {
    number: usize,
    indent: usize,
    text: String,
}

impl Reader<'_> {
    fn file(&mut self, file: &Path, depth: usize) -> Result<(), Error> {
        let path = self.tree.root.join(file);
        let text = std::fs::read(&path).map_err(|source| Error { file: path, source })?;
        let lines = lines(&String::from_utf8_lossy(&text));
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at += 1;
            let (word, rest) = split_word(&line.text);
            match word {
                "help" | "---help---" => at = after_help(&lines, at),
                "source" | "rsource" | "osource" | "orsource" => {
                    self.item = Item::None;
                    let name = expand(rest.trim().trim_matches(['"', '\'']));
                    let name = if word.contains("rs") {
                        file.with_file_name(name)
                    } else {
                        PathBuf::from(name)
                    };
                    if depth < DEPTH_MAX && self.tree.root.join(&name).is_file() {
                        self.file(&name, depth + 1)?;
                    }
                }
                _ => self.line(file, line.number, word, rest),
            }
        }
        Ok(())
    }

    fn line(&mut self, file: &Path, number: usize, word: &str, rest: &str) {
        let condition = |keyword, text: &str| {
            Expr::parse(&expand(text)).map(|expr| Condition {
                keyword,
                expr,
                file: file.to_owned(),
                line: number,
            })
        };
        match word {
            "config" | "menuconfig" => self.symbol(file, number, rest.trim()),
            "menu" => {
                self.open(MENU, None, Vec::new());
                self.item = Item::Block;
            }
            "choice" => {
                self.open(CHOICE, Some(number), Vec::new());
                self.item = Item::Block;
            }
            "if" => {
                self.open(MENU, None, condition("if", rest).into_iter().collect());
                self.item = Item::None;
            }
            "endmenu" | "endchoice" | "endif" => {
                self.blocks.pop();
                self.item = Item::None;
            }
            "comment" | "mainmenu" => self.item = Item::None,
            "depends" => {
                let rest = rest.trim().strip_prefix("on").unwrap_or(rest);
                self.require(condition("depends on", &unless(rest)));
            }
            "visible" => {
                let rest = rest.trim().strip_prefix("if").unwrap_or(rest);
                self.require(condition("visible if", rest));
            }
            "bool" | "tristate" | "string" | "int" | "hex" | "prompt" => {
                let rest = rest.trim();
                let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                    return;
                };
                if let Some(definition) = self.definition() {
                    definition.prompt = true;
                }
                let tail = rest[1..].split_once(quote).map_or("", |(_, tail)| tail);
                if let Some(text) = tail.trim().strip_prefix("if") {
                    self.require(condition("prompt if", text));
                }
            }
            "select" => self.select(rest),
            _ => {}
        }
    }

    fn open(&mut self, kind: &'static str, choice: Option<usize>, conditions: Vec<Condition>) {
        self.blocks.push(Block {
            kind,
            choice,
            conditions,
        });
    }

    fn symbol(&mut self, file: &Path, line: usize, name: &str) {
        let definition = Definition {
            file: file.to_owned(),
            line,
            prompt: false,
            choice: self.blocks.iter().rev().find_map(|b| b.choice),
            conditions: self
                .blocks
                .iter()
                .flat_map(|b| b.conditions.iter().cloned())
                .collect(),
        };
        self.tree
            .symbols
            .entry(name.to_owned())
            .or_default()
            .push(definition);
        self.item = Item::Symbol(name.to_owned());
    }

    fn definition(&mut self) -> Option<&mut Definition> {
        match &self.item {
            Item::Symbol(name) => self.tree.symbols.get_mut(name)?.last_mut(),
            Item::None | Item::Block => None,
        }
    }

    fn require(&mut self, condition: Option<Condition>) {
        let Some(condition) = condition else { return };
        if let Item::Block = self.item {
            if let Some(block) = self.blocks.last_mut() {
                // Why: a choice's prompt condition hides the choice, and with
                // it its members, as a menu's does.
                debug_assert!(matches!(block.kind, MENU | CHOICE));
                block.conditions.push(condition);
            }
        } else if let Some(definition) = self.definition() {
            definition.conditions.push(condition);
        }
    }

    fn select(&mut self, rest: &str) {
        let Item::Symbol(by) = &self.item else { return };
        let (name, tail) = split_word(rest.trim());
        let condition = tail
            .trim()
            .strip_prefix("if")
            .and_then(|text| Expr::parse(&expand(text)));
        let select = Select {
            by: by.clone(),
            condition,
        };
        self.tree
            .selects
            .entry(name.to_owned())
            .or_default()
            .push(select);
    }
}

/// `depends on A if B` (from 7.0 on) is `A`, unless `B` does not hold.
fn unless(text: &str) -> String {
    match text.rsplit_once(" if ") {
        Some((what, when)) => format!("({what}) || !({when})"),
        None => text.to_owned(),
    }
}

fn expand(text: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    VARIABLES
        .iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '('))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open = false;
    for (index, raw) in text.lines().enumerate() {
        let trimmed = raw.trim();
        let (part, more) = match trimmed.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (trimmed, false),
        };
        match lines.last_mut() {
            Some(last) if open => {
                last.text.push(' ');
                last.text.push_str(part);
            }
            _ => lines.push(Line {
                number: index + 1,
                indent: indent(raw),
                text: part.to_owned(),
            }),
        }
        open = more;
    }
    lines
}

/// The width of the white space in front, tabs to columns of eight.
fn indent(text: &str) -> usize {
    let mut width = 0;
    for b in text.bytes() {
        match b {
            b' ' => width += 1,
            b'\t' => width = (width & !7) + 8,
            _ => break,
        }
    }
    width
}

/// The first line behind a help text: it ends where a line is indented less
/// than its first one.
fn after_help(lines: &[Line], start: usize) -> usize {
    let mut first = None;
    for (at, line) in lines.iter().enumerate().skip(start) {
        if line.text.is_empty() {
            continue;
        }
        if line.indent < *first.get_or_insert(line.indent) || line.indent == 0 {
            return at;
        }
    }
    lines.len()
}
