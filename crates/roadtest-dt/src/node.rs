// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A node: name, labels, properties and children, in order. What makes a
//! node good or bad is not checked here but for a whole tree.

use crate::origin::Origin;
use crate::value::Value;

/// A property.
#[derive(Clone, Debug)]
pub struct Property {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Property {
    /// The name: `interrupts-extended`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// Where it was last set.
    pub const fn origin(&self) -> Origin {
        self.origin
    }
}

/// Equal name and value; where it was written does not matter.
impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for Property {}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    pub(crate) properties: Vec<Property>,
    pub(crate) children: Vec<Node>,
    pub(crate) origin: Origin,
}

impl Node {
    /// An empty node; `name` with the unit address, if it has one:
    /// `light@44`.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self::written_at(name.into(), Origin::here())
    }

    pub(crate) const fn written_at(name: String, origin: Origin) -> Self {
        Self {
            name,
            labels: Vec::new(),
            properties: Vec::new(),
            children: Vec::new(),
            origin,
        }
    }

    /// Adds a label; a node may have several.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.add_label(label.into());
        self
    }

    /// Sets a property, in place if it exists, else as the last one.
    #[track_caller]
    #[must_use]
    pub fn prop(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a child as the last one.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Sets a property, in place if it exists, else as the last one.
    #[track_caller]
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        self.put(Property {
            name: name.into(),
            value: value.into(),
            origin: Origin::here(),
        });
        self
    }

    /// Removes a property, and returns it.
    pub fn unset(&mut self, name: &str) -> Option<Property> {
        let at = self.properties.iter().position(|p| p.name == name)?;
        Some(self.properties.remove(at))
    }

    /// Adds a child as the last one.
    pub fn push(&mut self, child: Self) -> &mut Self {
        self.children.push(child);
        self
    }

    /// The name with the unit address; empty for the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What follows the `@` of the name.
    pub fn unit_address(&self) -> Option<&str> {
        self.name.split_once('@').map(|(_, unit)| unit)
    }

    /// The labels, in the order in which they were added.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The properties, in order.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties
            .iter()
            .find(|p| p.name == name)
            .map(|p| &p.value)
    }

    /// The children, in order.
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// A child by its name with the unit address.
    pub fn get_child_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.children.iter_mut().find(|c| c.name == name)
    }

    /// Where it was first written.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn add_label(&mut self, label: String) {
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
    }

    pub(crate) fn put(&mut self, property: Property) {
        match self.properties.iter_mut().find(|p| p.name == property.name) {
            Some(old) => *old = property,
            None => self.properties.push(property),
        }
    }
}

/// Equal content, in equal order; where it was written does not matter.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.labels == other.labels
            && self.properties == other.properties
            && self.children == other.children
    }
}

impl Eq for Node {}
