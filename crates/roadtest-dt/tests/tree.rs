// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Trees built in code: what they look like as text, what the DTB holds, and
//! what is refused.

use insta::assert_snapshot;
use roadtest_dt::{Cell, Node, Part, Tree, Value};

fn board() -> Tree {
    let mut tree = Tree::new();
    tree.root_mut()
        .set("#address-cells", 1)
        .set(
            "compatible",
            Value::strings(["roadtest,board", "linux,uml"]),
        )
        .push(
            Node::new("i2c").label("i2c").prop("#size-cells", 0).child(
                Node::new("light@44")
                    .label("light")
                    .prop("compatible", "ti,opt3001")
                    .prop("reg", 0x44)
                    .prop(
                        "interrupts-extended",
                        [Cell::phandle("gpio"), 3.into(), 2.into()],
                    )
                    .prop("wakeup-source", Value::flag()),
            ),
        )
        .push(
            Node::new("gpio")
                .label("gpio")
                .prop("gpio-controller", Value::flag())
                .prop("calibration", Value::bytes([0, 0x11, 0xfe])),
        )
        .push(Node::new("aliases").prop("i2c0", Value::from(Part::Path("i2c".into()))));
    tree
}

#[test]
fn text_is_laid_out_as_in_the_kernel() {
    assert_snapshot!(board().to_dts(), @r#"
    /dts-v1/;

    / {
    	#address-cells = <1>;
    	compatible = "roadtest,board", "linux,uml";

    	i2c: i2c {
    		#size-cells = <0>;

    		light: light@44 {
    			compatible = "ti,opt3001";
    			reg = <0x44>;
    			interrupts-extended = <&gpio 3 2>;
    			wakeup-source;
    		};
    	};

    	gpio: gpio {
    		gpio-controller;
    		calibration = [00 11 fe];
    	};

    	aliases {
    		i2c0 = &i2c;
    	};
    };
    "#);
}

#[test]
fn referenced_nodes_get_phandles_in_order_and_leave_out_stated_ones() {
    let mut tree = board();
    tree.labelled_mut("light")
        .expect("light")
        .set("next", ["light", "i2c", "gpio"].map(Cell::phandle));
    tree.labelled_mut("light").expect("light").set("phandle", 1);
    let dtb = tree.to_dtb().expect("dtb");
    let read = fdt::Fdt::new(&dtb).expect("fdt");
    let bytes = |path: &str, name: &str| {
        let node = read.find_node(path).expect("node");
        node.property(name).expect("property").value.to_vec()
    };
    assert_eq!(bytes("/i2c", "phandle"), [0, 0, 0, 2]);
    assert_eq!(bytes("/gpio", "phandle"), [0, 0, 0, 3]);
    assert_eq!(bytes("/i2c/light@44", "phandle"), [0, 0, 0, 1]);
    let light = read.find_node("/i2c/light@44").expect("light");
    let phandles = light.properties().filter(|p| p.name == "phandle");
    assert_eq!(phandles.count(), 1);
    assert_eq!(
        bytes("/i2c/light@44", "next"),
        [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    );
    assert_eq!(
        bytes("/i2c/light@44", "interrupts-extended"),
        [0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 2]
    );
    assert_eq!(bytes("/", "compatible"), b"roadtest,board\0linux,uml\0");
    assert_eq!(bytes("/i2c/light@44", "wakeup-source"), []);
    assert_eq!(bytes("/aliases", "i2c0"), b"/i2c\0");
    assert!(
        read.find_node("/aliases")
            .expect("aliases")
            .property("phandle")
            .is_none()
    );
}

/// The error, with `L` for the lines of this file, which move.
fn refused(change: impl FnOnce(&mut Tree)) -> String {
    let mut tree = board();
    change(&mut tree);
    let text = tree.to_dtb().expect_err("refused").to_string();
    let mut pieces = text.split(concat!(file!(), ":"));
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| {
        let rest = piece.trim_start_matches(char::is_numeric);
        assert_ne!(rest, piece, "a line number follows the file in {text}");
        shown + "L" + rest
    })
}

fn i2c(tree: &mut Tree) -> &mut Node {
    tree.labelled_mut("i2c").expect("i2c")
}

#[test]
fn two_nodes_at_one_address_are_both_named() {
    let text = refused(|tree| {
        i2c(tree).push(Node::new("dark@044").prop("reg", 0x44));
    });
    assert_snapshot!(text, @"two nodes at unit address 044: /i2c/light@44 (L) and /i2c/dark@044 (L)");
}

#[test]
fn two_nodes_of_one_name_are_both_named() {
    let text = refused(|tree| {
        tree.root_mut().push(Node::new("gpio"));
    });
    assert_snapshot!(text, @"two nodes of one name: /gpio (L) and /gpio (L)");
}

#[test]
fn an_address_without_reg_is_refused() {
    let text = refused(|tree| {
        i2c(tree).push(Node::new("dark@45"));
    });
    assert_snapshot!(text, @"/i2c/dark@45 (L) has a unit address but no reg");
}

#[test]
fn ranges_locate_a_node_as_reg_does() {
    let mut tree = board();
    i2c(&mut tree).push(Node::new("mux@50").prop("ranges", Value::flag()));
    tree.check().expect("a good tree");
}

#[test]
fn the_root_has_no_name_and_no_label() {
    let text = refused(|tree| *tree.root_mut() = Node::new("root"));
    assert!(text.ends_with("the root has no name"), "{text}");
    let text = refused(|tree| *tree.root_mut() = Node::new("").label("root"));
    assert!(text.ends_with("the root has no label"), "{text}");
}

#[test]
fn one_label_on_two_nodes_is_refused() {
    let text = refused(|tree| {
        i2c(tree).push(Node::new("dark").label("gpio"));
    });
    assert_snapshot!(text, @"label gpio on two nodes: /i2c/dark (L) and /gpio (L)");
}

#[test]
fn a_reference_to_no_node_is_refused() {
    let text = refused(|tree| {
        i2c(tree).set("supply", [Cell::phandle("vdd")]);
    });
    assert_snapshot!(text, @"/i2c:supply (L) refers to &vdd, which no node has; labels are: gpio i2c light");
}

#[test]
fn bad_names_are_refused() {
    for name in ["", "1wire", "a b", "a@", "a@0x44", "a@1@2", &"n".repeat(32)] {
        let text = refused(|tree| {
            i2c(tree).push(Node::new(name).prop("reg", 1));
        });
        assert!(text.contains("bad node name"), "{name}: {text}");
    }
    for name in ["", "a b", "a@1", &"n".repeat(32)] {
        let text = refused(|tree| {
            i2c(tree).set(name, 1);
        });
        assert!(text.contains("bad property name"), "{name}: {text}");
    }
    for name in ["", "1", "a-b"] {
        let text = refused(|tree| {
            i2c(tree).push(Node::new("dark").label(name));
        });
        assert!(text.contains("bad label name"), "{name}: {text}");
    }
}

#[test]
fn strings_with_a_nul_are_refused() {
    let text = refused(|tree| {
        i2c(tree).set("status", "ok\0ay");
    });
    assert_snapshot!(text, @r#"/i2c:status (L): string with a NUL: "ok\0ay""#);
}

#[test]
fn bad_and_repeated_phandles_are_refused() {
    for phandle in [
        Value::from(0),
        0xffff_ffff.into(),
        "1".into(),
        [1, 2].into(),
    ] {
        let text = refused(|tree| {
            i2c(tree).set("phandle", phandle);
        });
        assert!(text.contains("is not one cell"), "{text}");
    }
    let text = refused(|tree| {
        i2c(tree).set("phandle", 7);
        tree.labelled_mut("gpio").expect("gpio").set("phandle", 7);
    });
    assert!(
        text.contains("phandle 7 on two nodes: /i2c:phandle"),
        "{text}"
    );
}

#[test]
fn a_tree_deeper_than_a_dtb_can_be_is_an_error() {
    let deep = (0..80).fold(Node::new("leaf"), |node, _| Node::new("n").child(node));
    let text = refused(|tree| {
        tree.root_mut().push(deep);
    });
    assert_eq!(text, "cannot write the DTB");
}
