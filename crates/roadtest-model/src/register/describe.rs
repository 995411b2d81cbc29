// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A register map, and the rules beyond it, as documentation in Markdown.

use std::fmt::Write;

use super::contract::Contract;
use super::spec::{Field, Map};

impl Map {
    /// The map as Markdown: its title, a table of registers, and a table of
    /// fields for each register that has them.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for line in self.title.lines() {
            text.push_str(line.trim());
            text.push('\n');
        }
        text.push_str("\n| address | register | access | reset | source |\n");
        text.push_str("|---|---|---|---|---|\n");
        for r in self.registers {
            let reset = r.word.hex(r.reset);
            // Why: writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| 0x{:02x} | {} | {} | 0x{reset} | {} |",
                r.address,
                r.name,
                r.rule.letters(),
                r.section
            );
        }
        for r in self.registers.iter().filter(|r| !r.fields().is_empty()) {
            let _ = writeln!(text, "\n## {}\n", r.name);
            for line in r.doc.lines() {
                let _ = writeln!(text, "{}", line.trim());
            }
            if !r.doc.is_empty() {
                text.push('\n');
            }
            text.push_str("| bits | field | access | values | note |\n|---|---|---|---|---|\n");
            for field in r.fields() {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    bits(field),
                    field.name,
                    field.rule.letters(),
                    values(field),
                    field.note
                );
            }
        }
        text
    }
}

/// The rules beyond bits as a table with its heading; nothing where there are
/// none. The source is a section of the datasheet, or `driver` where the rule
/// is what the kernel's driver takes for granted.
pub fn contracts(contracts: &[Contract]) -> String {
    if contracts.is_empty() {
        return String::new();
    }
    let mut text =
        "\n## Rules beyond bits\n\n| rule | source | to break it is |\n|---|---|---|\n".to_owned();
    for contract in contracts {
        // Why: writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            contract.rule(),
            contract.source(),
            contract.severity()
        );
    }
    text
}

fn bits(field: &Field) -> String {
    if field.high == field.low {
        field.high.to_string()
    } else {
        format!("{}:{}", field.high, field.low)
    }
}

fn values(field: &Field) -> String {
    let named = field
        .values
        .iter()
        .map(|(name, number)| format!("{number} {name}"));
    let range = field.range.map(|(min, max)| format!("{min} to {max}"));
    named.chain(range).collect::<Vec<_>>().join(", ")
}
