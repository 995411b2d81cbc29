// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What can be wrong with a tree or a fragment. Each error names the place,
//! or both places where two disagree.

use crate::origin::{Origin, Place};

/// What is wrong with a tree or a fragment of DTS.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of a fragment is not DTS, or not of the subset understood.
    #[error("{origin}: {text}")]
    Syntax {
        /// Where in which fragment.
        origin: Origin,
        /// What is expected or not supported.
        text: String,
    },
    /// A name of a node, property or label breaks the rules of the
    /// Devicetree Specification, section 2.2.
    #[error("{place}: bad {what} name {name:?}: {rule}")]
    BadName {
        /// The node that has the name.
        place: Place,
        /// `node`, `property` or `label`.
        what: &'static str,
        /// The name.
        name: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A string contains a NUL, which ends strings in a DTB.
    #[error("{place}: string with a NUL: {text:?}")]
    NulInText {
        /// The property.
        place: Place,
        /// The string.
        text: String,
    },
    /// Two children of a node have one name.
    #[error("two nodes of one name: {first} and {second}")]
    SameName {
        /// The first child.
        first: Place,
        /// The second child.
        second: Place,
    },
    /// Two children of a node have one unit address.
    #[error("two nodes at unit address {unit}: {first} and {second}")]
    SameUnitAddress {
        /// The address, as the second node writes it.
        unit: String,
        /// The first child.
        first: Place,
        /// The second child.
        second: Place,
    },
    /// A node has a unit address, and neither `reg` nor `ranges`.
    #[error("{place} has a unit address but no reg")]
    NoReg {
        /// The node.
        place: Place,
    },
    /// Two nodes have one label.
    #[error("label {label} on two nodes: {first} and {second}")]
    SameLabel {
        /// The label.
        label: String,
        /// The first node in the tree.
        first: Place,
        /// The second node in the tree.
        second: Place,
    },
    /// A reference to a label that no node has.
    #[error("{place} refers to &{label}, which no node has; labels are: {known}")]
    UnknownLabel {
        /// Who refers to it: a property, or a fragment's `&label { … }`.
        place: Place,
        /// The label.
        label: String,
        /// The labels that exist, separated by spaces; or `none`.
        known: String,
    },
    /// A `phandle` property that is not one cell from 1 to 0xfffffffe.
    #[error("{place} is not one cell from 1 to 0xfffffffe")]
    BadPhandle {
        /// The property.
        place: Place,
    },
    /// Two `phandle` properties with one value.
    #[error("phandle {phandle} on two nodes: {first} and {second}")]
    SamePhandle {
        /// The value.
        phandle: u32,
        /// The first node in the tree.
        first: Place,
        /// The second node in the tree.
        second: Place,
    },
    /// The DTB could not be written.
    #[error("cannot write the DTB")]
    Write(#[source] vm_fdt::Error),
    /// The written DTB could not be read back.
    #[error("cannot read the written DTB back: {0}")]
    ReadBack(fdt::FdtError),
    /// The written DTB says something else than the tree: a defect of this
    /// crate or of one that it uses.
    #[error("the written DTB differs from the tree at {path}: {text}")]
    Differs {
        /// The node.
        path: String,
        /// What differs.
        text: String,
    },
}
