// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Any tree is the same after a way through DTB or DTS, and any text gets an
//! answer.

use std::collections::BTreeSet;

use fdt::node::FdtNode;
use proptest::collection::vec;
use proptest::prelude::*;
use roadtest_dt::{Cell, Node, Part, Tree, Value};

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        "[^\\x00]{0,8}".prop_map(Part::Text),
        vec(any::<u32>().prop_map(Cell::Number), 0..4).prop_map(Part::Cells),
        vec(any::<u8>(), 0..6).prop_map(Part::Bytes),
    ]
}

fn properties() -> impl Strategy<Value = Vec<(String, Vec<Part>)>> {
    vec(("[a-zA-Z0-9,._+?#-]{1,31}", vec(part(), 0..3)), 0..5)
}

/// A node with names that are good and differ within their parent.
fn node() -> impl Strategy<Value = Node> {
    let leaf = ("[a-z][a-z0-9,._+-]{0,30}", properties())
        .prop_map(|(name, properties)| fill(Node::new(name), properties));
    leaf.prop_recursive(4, 24, 4, |inner| {
        (
            "[a-z][a-z0-9,._+-]{0,30}",
            properties(),
            vec((inner, any::<Option<u16>>()), 0..4),
        )
            .prop_map(|(name, properties, children)| {
                children_of(fill(Node::new(name), properties), children)
            })
    })
}

fn fill(mut node: Node, properties: Vec<(String, Vec<Part>)>) -> Node {
    for (name, parts) in properties {
        // `phandle` has rules of its own.
        if name != "phandle" {
            node.set(name, parts.into_iter().collect::<Value>());
        }
    }
    node
}

fn children_of(mut node: Node, children: Vec<(Node, Option<u16>)>) -> Node {
    let mut names = BTreeSet::new();
    let mut units = BTreeSet::new();
    for (child, unit) in children {
        let child = match unit {
            Some(unit) if units.insert(unit) => {
                let mut at = Node::new(format!("{}@{unit:x}", child.name()));
                for property in child.properties() {
                    at.set(property.name(), property.value().clone());
                }
                at.set("reg", u32::from(unit));
                child.children().iter().cloned().fold(at, Node::child)
            }
            _ => child,
        };
        if names.insert(child.name().to_owned()) {
            node.push(child);
        }
    }
    node
}

fn tree() -> impl Strategy<Value = Tree> {
    (properties(), vec((node(), any::<Option<u16>>()), 0..4)).prop_map(|(properties, children)| {
        let mut tree = Tree::new();
        *tree.root_mut() = children_of(fill(Node::new(""), properties), children);
        tree
    })
}

/// What the DTB must hold, computed here once more.
fn bytes(value: &Value) -> Vec<u8> {
    let bytes = value.parts().iter().map(|part| match part {
        Part::Text(text) => [text.as_bytes(), &[0]].concat(),
        Part::Bytes(bytes) => bytes.clone(),
        Part::Cells(cells) => cells
            .iter()
            .flat_map(|cell| match cell {
                Cell::Number(number) => number.to_be_bytes(),
                Cell::Phandle(label) => panic!("no reference to {label} was generated"),
            })
            .collect(),
        Part::Path(label) => panic!("no reference to {label} was generated"),
    });
    bytes.collect::<Vec<_>>().concat()
}

fn assert_same(node: &Node, read: FdtNode<'_, '_>) {
    let wanted: Vec<_> = node
        .properties()
        .iter()
        .map(|p| (p.name().to_owned(), bytes(p.value())))
        .collect();
    let got: Vec<_> = read
        .properties()
        .map(|p| (p.name.to_owned(), p.value.to_vec()))
        .collect();
    assert_eq!(wanted, got);
    let children: Vec<_> = read.children().collect();
    assert_eq!(node.children().len(), children.len());
    for (child, read) in node.children().iter().zip(children) {
        assert_eq!(child.name(), read.name);
        assert_same(child, read);
    }
}

proptest! {
    #[test]
    fn any_tree_is_in_its_dtb(tree in tree()) {
        let dtb = tree.to_dtb().expect("a good tree");
        let read = fdt::Fdt::new(&dtb).expect("fdt");
        assert_same(tree.root(), read.find_node("/").expect("root"));
    }

    #[test]
    fn any_tree_is_the_same_after_dts(tree in tree()) {
        let mut read = Tree::new();
        let text = tree.to_dts();
        read.overlay_dts(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(read, tree);
    }

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        let _ = Tree::new().overlay_dts(&text);
    }

    #[test]
    fn any_text_near_dts_gets_an_answer(
        words in vec(prop_oneof![
            Just("/"), Just("{"), Just("}"), Just(";"), Just("&a"), Just("a:"), Just("a@1"),
            Just("="), Just("<"), Just(">"), Just("("), Just(")"), Just("|"), Just("-"),
            Just("<<"), Just("0x1"), Just("9"), Just("["), Just("]"), Just("00"), Just("\""),
            Just("\\x"), Just("/bits/"), Just("/*"), Just("*/"), Just("//"), Just("\n"),
            Just("/delete-node/"), Just("/delete-property/"), Just("/dts-v1/;"), Just(","), Just("ä"),
            Just("/ {"), Just("a {"), Just("};"), Just("a = <"), Just(">;"),
        ], 0..40),
    ) {
        let mut tree = Tree::new();
        tree.root_mut().push(Node::new("a").label("a"));
        if tree.overlay_dts(&words.join(" ")).is_ok() {
            let _ = tree.to_dtb();
            let _ = tree.to_dts();
        }
    }
}
