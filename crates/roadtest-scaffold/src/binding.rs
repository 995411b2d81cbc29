// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The example of a compatible's devicetree binding: the properties that the
//! chip's node has there and that mean the same on any board. References to
//! other nodes, pins and interrupts belong to the board.

use std::path::Path;

use walkdir::WalkDir;

/// What a binding's example gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Example {
    /// The binding, below the kernel's root.
    pub(super) file: String,
    /// Names, and values as Rust expressions.
    pub(super) properties: Vec<(String, String)>,
    /// The names of properties that were left out.
    pub(super) left_out: Vec<String>,
}

/// The example for `compatible`, where the tree has one.
pub(super) fn find(tree: &Path, compatible: &str) -> Option<Example> {
    let bindings = tree.join("Documentation/devicetree/bindings");
    WalkDir::new(&bindings)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "yaml"))
        .find_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).ok()?;
            let (_, examples) = text.split_once("\nexamples:")?;
            let node = node(examples, compatible)?;
            let mut example = read(node);
            let below = entry.path().strip_prefix(tree).ok()?;
            example.file = below.to_string_lossy().into_owned();
            Some(example)
        })
}

/// The inside of the node with this compatible.
fn node<'a>(text: &'a str, compatible: &str) -> Option<&'a str> {
    let at = text
        .match_indices(&format!("\"{compatible}\""))
        .map(|(at, _)| at)
        .find(|&at| {
            let statement = text[..at].rsplit([';', '{', '}']).next().unwrap_or("");
            statement.trim_start().starts_with("compatible")
        })?;
    let start = text[..at].rfind('{')? + 1;
    let mut depth = 1_u32;
    let end = text[start..].find(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some(&text[start..start + end])
}

fn read(node: &str) -> Example {
    let mut example = Example::default();
    let mut rest = node;
    while let Some(end) = rest.find([';', '{']) {
        let statement = &rest[..end];
        if rest[end..].starts_with('{') {
            let name = statement.trim().to_owned();
            example.left_out.push(format!("{name} {{ }}"));
            let mut depth = 0_u32;
            let close = rest[end..].find(|c| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let after = end + close.unwrap_or(rest.len() - end - 1) + 1;
            rest = rest[after..].trim_start_matches([';', ' ', '\n']);
            continue;
        }
        rest = &rest[end + 1..];
        let statement = without_comments(statement);
        let (name, value) = match statement.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (statement.trim(), None),
        };
        let name = name.split_whitespace().last().unwrap_or("");
        if matches!(name, "" | "compatible" | "reg") || name.starts_with('#') {
            continue;
        }
        match expression(name, value) {
            Some(value) => example.properties.push((name.to_owned(), value)),
            None => example.left_out.push(name.to_owned()),
        }
    }
    example
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join(" ")
}

/// A value as a Rust expression, where it is one of its own.
fn expression(name: &str, value: Option<&str>) -> Option<String> {
    let foreign = ["interrupt", "clock", "pinctrl", "assigned-", "status"];
    if foreign.iter().any(|start| name.starts_with(start)) || name.ends_with("gpios") {
        return None;
    }
    let Some(value) = value else {
        return Some("Value::flag()".to_owned());
    };
    if let Some(text) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        return if text.contains('"') {
            Some(format!("Value::strings([{value}])"))
        } else {
            Some(value.to_owned())
        };
    }
    let inner = value.replace(">, <", " ").replace(">,<", " ");
    let cells = inner.strip_prefix('<')?.strip_suffix('>')?;
    let cells: Option<Vec<&str>> = cells
        .split_whitespace()
        .map(|cell| {
            let digits = cell.strip_prefix("0x").unwrap_or(cell);
            let radix = if digits == cell { 10 } else { 16 };
            u32::from_str_radix(digits, radix).ok().map(|_number| cell)
        })
        .collect();
    match cells?.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "  - |\n    i2c {\n      other@1 { compatible = \"a,c\"; };\n\
        sensor@44 {\n compatible = \"a,b\", \"a,old\";\n reg = <0x44>;\n\
        interrupts = <1 2>; /* of the board */\n vdd-supply = <&vdd>;\n\
        a,flag;\n a,gain = <0x10>;\n a,table = <1 2>, <3 4>;\n label = \"x\";\n\
        led@0 { reg = <0>; };\n a,mode = <MODE_X>;\n };\n};\n";

    #[test]
    fn what_means_the_same_everywhere_is_taken() {
        let example = read(node(TEXT, "a,b").expect("there is a node"));
        let properties: Vec<String> = example
            .properties
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        assert_eq!(
            properties,
            [
                "a,flag Value::flag()",
                "a,gain 0x10",
                "a,table [1, 2, 3, 4]",
                "label \"x\""
            ]
        );
        assert_eq!(
            example.left_out,
            ["interrupts", "vdd-supply", "led@0 { }", "a,mode"]
        );
    }

    #[test]
    fn another_compatible_has_no_example_there() {
        assert_eq!(node(TEXT, "a,d"), None);
    }
}
