// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The tree as DTS text, laid out as the kernel lays out its own: what people
//! review. Phandles stay labels, so that no number moves when a node is added.

use std::fmt::Write;

use crate::node::{Node, Property};
use crate::tree::Tree;
use crate::value::{Cell, Part};

impl Tree {
    /// The tree as DTS text: tabs, `reg` and `ranges` in hexadecimal and all
    /// other cells in decimal, labels and references by name. It is written
    /// whether the tree keeps the rules or not.
    pub fn to_dts(&self) -> String {
        let mut text = "/dts-v1/;\n\n/ {\n".to_owned();
        body(&mut text, &self.root, 1);
        text.push_str("};\n");
        text
    }
}

fn body(text: &mut String, node: &Node, depth: usize) {
    let indent = "\t".repeat(depth);
    for property in &node.properties {
        text.push_str(&indent);
        // A list that goes on in the next line is indented by one more.
        text.push_str(&shown(property).replace('\n', &format!("\n{indent}\t")));
        text.push_str(";\n");
    }
    for (index, child) in node.children.iter().enumerate() {
        if index > 0 || !node.properties.is_empty() {
            text.push('\n');
        }
        text.push_str(&indent);
        for label in &child.labels {
            text.push_str(label);
            text.push_str(": ");
        }
        text.push_str(&child.name);
        text.push_str(" {\n");
        body(text, child, depth + 1);
        text.push_str(&indent);
        text.push_str("};\n");
    }
}

fn shown(property: &Property) -> String {
    let parts: Vec<String> = property
        .value
        .parts()
        .iter()
        .map(|part| match part {
            Part::Text(text) => quoted(text),
            Part::Cells(cells) => format!("<{}>", cell_list(&property.name, cells)),
            Part::Bytes(bytes) => format!("[{}]", byte_list(bytes)),
            Part::Path(label) => format!("&{label}"),
        })
        .collect();
    if parts.is_empty() {
        property.name.clone()
    } else {
        format!("{} = {}", property.name, parts.join(", "))
    }
}

fn cell_list(property: &str, cells: &[Cell]) -> String {
    let address = matches!(property, "reg" | "ranges" | "dma-ranges");
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Number(number) if address => format!("{number:#x}"),
            Cell::Number(number) => number.to_string(),
            Cell::Phandle(label) => format!("&{label}"),
        })
        .collect();
    cells.join(" ")
}

/// Sixteen bytes a line: what is reviewed is to fit into a mail.
fn byte_list(bytes: &[u8]) -> String {
    let line = |bytes: &[u8]| {
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(" ")
    };
    let lines: Vec<String> = bytes.chunks(16).map(line).collect();
    lines.join("\n")
}

/// A C string. Bytes that are not printable ASCII are escaped one by one, as
/// `dtc` reads no more than that.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' => quoted.push_str("\\\""),
            b'\\' => quoted.push_str("\\\\"),
            b'\n' => quoted.push_str("\\n"),
            b'\t' => quoted.push_str("\\t"),
            b'\r' => quoted.push_str("\\r"),
            b' '..=b'~' => quoted.push(char::from(byte)),
            // Writing to a String cannot fail. Why three octal digits: a
            // hexadecimal escape would swallow a digit that follows it in C.
            _ => drop(write!(quoted, "\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}
