// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Fragments of DTS, as test authors write them, merged into a tree: nodes,
//! `&label { … }`, properties and deletions. Not supported, with an error
//! that says so: the preprocessor, references by path, labels in values.

use std::collections::BTreeMap;

use crate::cells;
use crate::check::in_property_name;
use crate::cursor::{Cursor, syntax};
use crate::error::Error;
use crate::node::{Node, Property};
use crate::origin::{Origin, Place};
use crate::tree::{Tree, join, unknown_label};
use crate::value::Value;
use crate::values::value;

/// As deep as a DTB may be for its writer.
const DEPTH_MAX: usize = 60;

/// What stands in the braces of a node.
enum Item {
    Property(Property),
    Node(String, Body),
    DeleteProperty(String, Origin),
    DeleteNode(String, Origin),
}

struct Body {
    labels: Vec<String>,
    items: Vec<Item>,
    origin: Origin,
}

impl Tree {
    /// Merges a fragment of DTS into the tree, as `dtc` merges: `&label`
    /// and `/` extend nodes that exist, a child of a name that exists is
    /// extended, a property that exists is replaced. The tree is unchanged
    /// where there is an error.
    ///
    /// # Errors
    /// The text is not of the subset understood, refers with `&label { … }`
    /// or `/delete-node/` to a node that does not exist, or has two nodes of
    /// one name side by side. References in values may be resolved by later
    /// fragments and are checked by [`check`](Self::check).
    #[track_caller]
    pub fn overlay_dts(&mut self, text: &str) -> Result<(), Error> {
        let mut merged = self.clone();
        let mut cursor = Cursor::new(text, Origin::here());
        loop {
            cursor.skip()?;
            if cursor.peek().is_none() {
                *self = merged;
                return Ok(());
            }
            top(&mut cursor, &mut merged)?;
        }
    }
}

/// One statement outside of all braces.
fn top(cursor: &mut Cursor<'_>, tree: &mut Tree) -> Result<(), Error> {
    let origin = cursor.here();
    if cursor.eat("/dts-v1/") {
        return cursor.expect(";");
    }
    if cursor.eat("/delete-node/") {
        let path = target(cursor, tree)?;
        cursor.expect(";")?;
        delete(tree, &path);
        return Ok(());
    }
    if cursor.eat("/") {
        cursor.expect("{")?;
        let body = body(cursor, "/", Vec::new(), origin)?;
        return merge(&mut tree.root, "/", body);
    }
    let mut labels = Vec::new();
    while cursor.peek() != Some('&') {
        labels.push(label_before(cursor)?);
    }
    let path = target(cursor, tree)?;
    cursor.expect("{")?;
    let body = body(cursor, &path, labels, origin)?;
    match tree.node_mut(&path) {
        Some(node) => merge(node, &path, body),
        // The path was found by the label, in this very tree.
        None => Err(syntax(origin, format!("{path} has two nodes of one name"))),
    }
}

/// `name:` before the `&` of a statement.
fn label_before(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let at = cursor.here();
    let name = cursor.take_while(in_property_name);
    if name.starts_with('#') {
        return Err(syntax(at, NO_PREPROCESSOR));
    }
    if name.is_empty() || !cursor.eat(":") {
        return cursor.expected("`/ {`, `&label {` or the end");
    }
    cursor.skip()?;
    Ok(name.to_owned())
}

const NO_PREPROCESSOR: &str =
    "there is no preprocessor; the macros of irq.h and gpio.h are built in";

/// `&label`, as the path of the node.
fn target(cursor: &mut Cursor<'_>, tree: &Tree) -> Result<String, Error> {
    cursor.skip()?;
    let origin = cursor.here();
    if !cursor.eat("&") {
        return cursor.expected("`&label`");
    }
    let label = cells::label(cursor)?;
    match tree.path_of(&label) {
        Some(path) => Ok(path),
        None => {
            let place = Place {
                path: format!("&{label}"),
                origin,
            };
            Err(unknown_label(place, &label, &tree.label_places()?))
        }
    }
}

/// What follows `{`, to the `;` after the `}`.
fn body(
    cursor: &mut Cursor<'_>,
    path: &str,
    labels: Vec<String>,
    origin: Origin,
) -> Result<Body, Error> {
    if path.matches('/').count() > DEPTH_MAX {
        return Err(syntax(origin, "nodes are nested too deep"));
    }
    let mut items = Vec::new();
    let mut names: BTreeMap<String, Place> = BTreeMap::new();
    loop {
        cursor.skip()?;
        if cursor.eat("}") {
            cursor.expect(";")?;
            return Ok(Body {
                labels,
                items,
                origin,
            });
        }
        let place = if names.is_empty() {
            Among::Properties
        } else {
            Among::Nodes
        };
        let item = item(cursor, path, place)?;
        if let Item::Node(name, node) = &item {
            let second = Place {
                path: join(path, name),
                origin: node.origin,
            };
            if let Some(first) = names.insert(name.clone(), second.clone()) {
                return Err(Error::SameName { first, second });
            }
        }
        items.push(item);
    }
}

/// Where a statement stands within braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Among {
    Properties,
    /// A node came before it.
    Nodes,
}

/// One statement within braces.
fn item(cursor: &mut Cursor<'_>, path: &str, place: Among) -> Result<Item, Error> {
    let origin = cursor.here();
    if cursor.eat("/delete-property/") {
        let name = name(cursor)?;
        cursor.expect(";")?;
        return Ok(Item::DeleteProperty(name, origin));
    }
    if cursor.eat("/delete-node/") {
        let name = name(cursor)?;
        cursor.expect(";")?;
        return Ok(Item::DeleteNode(name, origin));
    }
    let mut labels = Vec::new();
    loop {
        let at = cursor.here();
        let name = name(cursor)?;
        if name == "#include" || name == "#define" {
            return Err(syntax(at, NO_PREPROCESSOR));
        }
        cursor.skip()?;
        if cursor.eat(":") {
            labels.push(name);
            continue;
        }
        if cursor.eat("{") {
            let body = body(cursor, &join(path, &name), labels, at)?;
            return Ok(Item::Node(name, body));
        }
        if !labels.is_empty() {
            return cursor.expected("`{`");
        }
        if place == Among::Nodes {
            return Err(syntax(at, format!("property {name} after a child node")));
        }
        let value = if cursor.eat("=") {
            value(cursor)?
        } else if cursor.eat(";") {
            Value::flag()
        } else {
            return cursor.expected("`=`, `;`, `:` or `{`");
        };
        return Ok(Item::Property(Property {
            name,
            value,
            origin,
        }));
    }
}

/// A name of a node or property.
fn name(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    cursor.skip()?;
    match cursor.take_while(|c| in_property_name(c) || c == '@') {
        "" => cursor.expected("a name or `}`"),
        name => Ok(name.to_owned()),
    }
}

fn merge(node: &mut Node, path: &str, body: Body) -> Result<(), Error> {
    for label in body.labels {
        node.add_label(label);
    }
    for item in body.items {
        match item {
            Item::Property(property) => node.put(property),
            Item::Node(name, body) => {
                let path = join(path, &name);
                if let Some(child) = node.get_child_mut(&name) {
                    merge(child, &path, body)?;
                } else {
                    let mut child = Node::written_at(name, body.origin);
                    merge(&mut child, &path, body)?;
                    node.children.push(child);
                }
            }
            Item::DeleteProperty(name, origin) => {
                if node.unset(&name).is_none() {
                    return Err(syntax(origin, format!("{path} has no property {name}")));
                }
            }
            Item::DeleteNode(name, origin) => {
                let before = node.children.len();
                node.children.retain(|child| child.name != name);
                if node.children.len() == before {
                    return Err(syntax(origin, format!("{path} has no child {name}")));
                }
            }
        }
    }
    Ok(())
}

fn delete(tree: &mut Tree, path: &str) {
    if let Some((parent, name)) = path.rsplit_once('/')
        && let Some(parent) = tree.node_mut(&format!("{parent}/"))
    {
        parent.children.retain(|child| child.name != name);
    }
}
