// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The whole tree: nodes by path and by label, and the numbers that labels
//! get as phandles.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::node::Node;
use crate::origin::{Origin, Place};

/// A devicetree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub(crate) root: Node,
}

impl Default for Tree {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// A tree with nothing but its root.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            root: Node::written_at(String::new(), Origin::here()),
        }
    }

    /// The root.
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// The root.
    pub const fn root_mut(&mut self) -> &mut Node {
        &mut self.root
    }

    /// A node by its path, `/i2c/light@44`; `/` is the root.
    pub fn node_mut(&mut self, path: &str) -> Option<&mut Node> {
        path.strip_prefix('/')?
            .split('/')
            .filter(|name| !name.is_empty())
            .try_fold(&mut self.root, |node, name| node.get_child_mut(name))
    }

    /// A node by one of its labels (without `&`).
    pub fn labelled_mut(&mut self, label: &str) -> Option<&mut Node> {
        let path = self.path_of(label)?;
        self.node_mut(&path)
    }

    /// The path of the node with this label (without `&`).
    pub fn path_of(&self, label: &str) -> Option<String> {
        let mut found = None;
        self.walk(&mut |path, node| {
            if found.is_none() && node.labels.iter().any(|l| l == label) {
                found = Some(path.to_owned());
            }
        });
        found
    }

    /// Calls `visit` with path and node, parents before children, in order.
    pub(crate) fn walk<'t>(&'t self, visit: &mut impl FnMut(&str, &'t Node)) {
        fn below<'t>(path: &str, node: &'t Node, visit: &mut impl FnMut(&str, &'t Node)) {
            visit(path, node);
            for child in &node.children {
                below(&join(path, &child.name), child, visit);
            }
        }
        below("/", &self.root, visit);
    }

    /// The labels of the tree and the paths of their nodes.
    ///
    /// # Errors
    /// [`Error::SameLabel`] where two nodes have one label.
    pub(crate) fn label_places(&self) -> Result<BTreeMap<&str, Place>, Error> {
        let mut places: BTreeMap<&str, Place> = BTreeMap::new();
        let mut error = None;
        self.walk(&mut |path, node| {
            for label in &node.labels {
                let place = place(path, node);
                if let Some(first) = places.insert(label, place.clone()) {
                    error.get_or_insert(Error::SameLabel {
                        label: label.clone(),
                        first,
                        second: place,
                    });
                }
            }
        });
        error.map_or(Ok(places), Err)
    }

    /// The phandle of each node that is referred to or states one, by path:
    /// stated ones are kept, the others count from 1 in the order of the tree
    /// and leave out what is stated.
    ///
    /// # Errors
    /// A label without a node, or a bad or repeated `phandle` property.
    pub(crate) fn phandles(&self) -> Result<BTreeMap<String, u32>, Error> {
        let labels = self.label_places()?;
        let mut phandles = BTreeMap::new();
        let mut places: BTreeMap<u32, Place> = BTreeMap::new();
        let mut wanted = BTreeSet::new();
        let mut error = None;
        self.walk(&mut |path, node| {
            for property in &node.properties {
                let at = Place {
                    path: format!("{path}:{}", property.name),
                    origin: property.origin,
                };
                for label in property.value.labels() {
                    if !labels.contains_key(label) {
                        error.get_or_insert_with(|| unknown_label(at.clone(), label, &labels));
                    }
                }
                for place in property.value.phandles().filter_map(|l| labels.get(l)) {
                    wanted.insert(place.path.clone());
                }
                if property.name != "phandle" {
                    continue;
                }
                match property.value.single() {
                    Some(phandle @ 1..=0xffff_fffe) => {
                        if let Some(first) = places.insert(phandle, at.clone()) {
                            error.get_or_insert(Error::SamePhandle {
                                phandle,
                                first,
                                second: at,
                            });
                        }
                        phandles.insert(path.to_owned(), phandle);
                    }
                    _ => {
                        error.get_or_insert(Error::BadPhandle { place: at });
                    }
                }
            }
        });
        if let Some(error) = error {
            return Err(error);
        }
        let mut free = (1..).filter(|phandle| !places.contains_key(phandle));
        self.walk(&mut |path, _| {
            if wanted.contains(path) && !phandles.contains_key(path) {
                phandles.extend(free.next().map(|phandle| (path.to_owned(), phandle)));
            }
        });
        Ok(phandles)
    }
}

/// The error for a reference to a label that no node has.
pub(crate) fn unknown_label(place: Place, label: &str, known: &BTreeMap<&str, Place>) -> Error {
    let known: Vec<&str> = known.keys().copied().collect();
    Error::UnknownLabel {
        place,
        label: label.to_owned(),
        known: if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(" ")
        },
    }
}

/// The place of a node.
pub(crate) fn place(path: &str, node: &Node) -> Place {
    Place {
        path: path.to_owned(),
        origin: node.origin,
    }
}

/// The path of a child.
pub(crate) fn join(parent: &str, child: &str) -> String {
    format!("{}/{child}", parent.trim_end_matches('/'))
}
