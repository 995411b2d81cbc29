// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The rules that a tree keeps before it is written: names as the Devicetree
//! Specification (sections 2.2.1, 2.2.4 and 6.2) has them, one node per name
//! and unit address. Bindings belong to the kernel and are not checked.

use crate::error::Error;
use crate::node::{Node, Property};
use crate::origin::Place;
use crate::tree::{Tree, join, place};
use crate::value::Part;

impl Tree {
    /// Checks everything that [`to_dtb`](Self::to_dtb) needs: names, unit
    /// addresses, labels and references.
    ///
    /// # Errors
    /// The first broken rule in the order of the tree; where two nodes
    /// disagree, both are named.
    pub fn check(&self) -> Result<(), Error> {
        if !self.root.name.is_empty() {
            return Err(bad_name("/", &self.root, "node", "the root has no name"));
        }
        if !self.root.labels.is_empty() {
            return Err(bad_name("/", &self.root, "label", "the root has no label"));
        }
        node_is_good("/", &self.root)?;
        self.phandles().map(|_| ())
    }
}

fn node_is_good(path: &str, node: &Node) -> Result<(), Error> {
    for label in &node.labels {
        label_rule(label).map_or(Ok(()), |rule| {
            Err(Error::BadName {
                place: place(path, node),
                what: "label",
                name: label.clone(),
                rule,
            })
        })?;
    }
    for property in &node.properties {
        property_is_good(path, property)?;
    }
    for (index, child) in node.children.iter().enumerate() {
        let path_of_child = join(path, &child.name);
        if let Some(rule) = node_rule(&child.name) {
            return Err(bad_name(&path_of_child, child, "node", rule));
        }
        for first in &node.children[..index] {
            let places = || {
                (
                    place(&join(path, &first.name), first),
                    place(&path_of_child, child),
                )
            };
            if first.name == child.name {
                let (first, second) = places();
                return Err(Error::SameName { first, second });
            }
            if let (Some(a), Some(b)) = (first.unit_address(), child.unit_address())
                && same_unit(a, b)
            {
                let (first, second) = places();
                return Err(Error::SameUnitAddress {
                    unit: b.to_owned(),
                    first,
                    second,
                });
            }
        }
        let located = child.get("reg").is_some() || child.get("ranges").is_some();
        if child.unit_address().is_some() && !located {
            return Err(Error::NoReg {
                place: place(&path_of_child, child),
            });
        }
        node_is_good(&path_of_child, child)?;
    }
    Ok(())
}

fn property_is_good(path: &str, property: &Property) -> Result<(), Error> {
    let place = || Place {
        path: format!("{path}:{}", property.name),
        origin: property.origin,
    };
    if let Some(rule) = property_rule(&property.name) {
        return Err(Error::BadName {
            place: place(),
            what: "property",
            name: property.name.clone(),
            rule,
        });
    }
    for part in property.value.parts() {
        if let Part::Text(text) = part
            && text.contains('\0')
        {
            return Err(Error::NulInText {
                place: place(),
                text: text.clone(),
            });
        }
    }
    Ok(())
}

fn bad_name(path: &str, node: &Node, what: &'static str, rule: &'static str) -> Error {
    Error::BadName {
        place: place(path, node),
        what,
        name: node.name.clone(),
        rule,
    }
}

/// Addresses are compared as numbers where they are numbers.
fn same_unit(a: &str, b: &str) -> bool {
    match (u64::from_str_radix(a, 16), u64::from_str_radix(b, 16)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Characters of node names and unit addresses.
pub(crate) const fn in_node_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ',' | '.' | '_' | '+' | '-')
}

/// Characters of property names.
pub(crate) const fn in_property_name(c: char) -> bool {
    in_node_name(c) || matches!(c, '?' | '#')
}

/// Characters of labels.
pub(crate) const fn in_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The rule that the name of a node breaks.
pub(crate) fn node_rule(name: &str) -> Option<&'static str> {
    let (base, unit) = match name.split_once('@') {
        Some((base, unit)) => (base, Some(unit)),
        None => (name, None),
    };
    if !base.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("it starts with a letter");
    }
    if base.len() > 31 {
        return Some("it has at most 31 characters before the @");
    }
    if !base.chars().all(in_node_name) {
        return Some("it consists of letters, digits and , . _ + -");
    }
    let unit = unit?;
    if unit.is_empty() || !unit.chars().all(in_node_name) {
        return Some("its unit address consists of letters, digits and , . _ + -");
    }
    unit.starts_with("0x")
        .then_some("its unit address has no leading 0x")
}

fn property_rule(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > 31 {
        return Some("it has 1 to 31 characters");
    }
    (!name.chars().all(in_property_name))
        .then_some("it consists of letters, digits and , . _ + ? # -")
}

fn label_rule(name: &str) -> Option<&'static str> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("it starts with a letter or _");
    }
    (name.is_empty() || !name.chars().all(in_label))
        .then_some("it consists of letters, digits and _")
}
