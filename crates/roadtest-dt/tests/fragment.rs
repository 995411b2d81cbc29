// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Fragments of DTS: what they mean, and where their errors point.

use insta::assert_snapshot;
use roadtest_dt::{Node, Tree, Value};

fn board() -> Tree {
    let mut tree = Tree::new();
    tree.root_mut()
        .push(
            Node::new("i2c").label("i2c").child(
                Node::new("light@44")
                    .label("light")
                    .prop("compatible", "ti,opt3001")
                    .prop("reg", 0x44),
            ),
        )
        .push(Node::new("gpio").label("gpio"));
    tree
}

fn merged(fragment: &str) -> String {
    let mut tree = board();
    tree.overlay_dts(fragment).expect("good fragment");
    tree.to_dtb().expect("good tree");
    tree.to_dts()
}

/// The error without the place of the call, which moves with this file.
fn refused(fragment: &str) -> String {
    let mut tree = board();
    let error = tree.overlay_dts(fragment).expect_err("bad fragment");
    assert_eq!(tree, board(), "the tree is unchanged");
    error
        .to_string()
        .split(" of the fragment at ")
        .map(|text| match text.split_once(':') {
            Some((place, rest)) if place.ends_with(".rs") => {
                rest.trim_start_matches(char::is_numeric)
            }
            _ => text,
        })
        .collect()
}

#[test]
fn nodes_are_added_and_extended() {
    let text = merged(
        r#"
        /dts-v1/;
        // A second sensor, and more about the first.
        &i2c {
            clock-frequency = <400000>;
            dark: near: sensor@48 {
                compatible = "ti,tmp102", "national,lm75";
                reg = <0x48>;
                interrupts-extended = <&gpio 3 IRQ_TYPE_EDGE_FALLING>, <&gpio 4 8>;
            };
            light@44 { /* by name */ wakeup-source; };
        };
        / {
            vdd: regulator { regulator-name = "vdd \"3.3\" \x41\102"; };
        };
        sensor: &light {
            vdd-supply = <&vdd>;
        };
        "#,
    );
    assert_snapshot!(text, @r#"
    /dts-v1/;

    / {
    	i2c: i2c {
    		clock-frequency = <400000>;

    		light: sensor: light@44 {
    			compatible = "ti,opt3001";
    			reg = <0x44>;
    			wakeup-source;
    			vdd-supply = <&vdd>;
    		};

    		dark: near: sensor@48 {
    			compatible = "ti,tmp102", "national,lm75";
    			reg = <0x48>;
    			interrupts-extended = <&gpio 3 2>, <&gpio 4 8>;
    		};
    	};

    	gpio: gpio {
    	};

    	vdd: regulator {
    		regulator-name = "vdd \"3.3\" AB";
    	};
    };
    "#);
}

#[test]
fn values_of_all_kinds_are_read() {
    let text = merged(
        r"&light {
            numbers = <1 0x2 010 42UL (-1) (1 + 2 * 3) (1 << 4 | 3) (~0 & 0xff) ((7 - 2) % 3) (9 - 4 - 3) (6 ^ 3 & 1 | 8)>;
            flags = <(GPIO_ACTIVE_LOW | GPIO_PULL_UP) GPIO_OPEN_DRAIN>;
            bytes = [00 11ff], [];
            eight = /bits/ 8 <1 0xff (-1)>;
            sixteen = /bits/ 16 <0x1234 5>;
            sixty-four = /bits/ 64 <0x123456789abcdef0>;
            mixed = <1>, [02], &gpio, <>;
        };",
    );
    assert_snapshot!(text, @r#"
    /dts-v1/;

    / {
    	i2c: i2c {
    		light: light@44 {
    			compatible = "ti,opt3001";
    			reg = <0x44>;
    			numbers = <1 2 8 42 4294967295 7 19 255 2 2 15>;
    			flags = <17 6>;
    			bytes = [00 11 ff], [];
    			eight = [01 ff ff];
    			sixteen = [12 34 00 05];
    			sixty-four = <305419896 2596069104>;
    			mixed = <1>, [02], &gpio, <>;
    		};
    	};

    	gpio: gpio {
    	};
    };
    "#);
}

#[test]
fn nodes_and_properties_are_deleted() {
    let text = merged(
        "&light { /delete-property/ compatible; };
         / { /delete-node/ gpio; };",
    );
    assert_snapshot!(text, @r"
    /dts-v1/;

    / {
    	i2c: i2c {
    		light: light@44 {
    			reg = <0x44>;
    		};
    	};
    };
    ");
    let mut tree = board();
    tree.overlay_dts("/delete-node/ &light;").expect("fragment");
    assert_eq!(tree.node_mut("/i2c").expect("i2c").children(), []);
}

#[test]
fn errors_point_at_line_and_column() {
    let errors: Vec<String> = [
        "&light { reg = <0x45> }",
        "&light {\n\treg = <0x4g>;\n};",
        "&light { reg = <0x100000000>; };",
        "&light { reg = <IRQ_TYPE_EDGE>; };",
        "&light { b = [0]; };",
        "&light { b = /bits/ 8 <256>; };",
        "&light { b = /bits/ 8 <&gpio>; };",
        "&light { b = /bits/ 9 <1>; };",
        "&light { b = <&{/gpio}>; };",
        "&light { b = <(1 / 0)>; };",
        "&light { s = \"open; };",
        "&light { s = \"\\q\"; };",
        "&light { s = \"\\xff\"; };",
        "/* open",
        "&dark { };",
        "#include <dt-bindings/gpio/gpio.h>",
        "/ {\n  a { };\n  a { };\n};",
        "/ { a { }; b; };",
        "/ { l: b; };",
        "&light { /delete-property/ status; };",
        "&light { /delete-node/ port; };",
        "light { };",
        "/ {",
    ]
    .into_iter()
    .map(refused)
    .collect();
    assert_snapshot!(errors.join("\n"), @r"
    line 1, column 23: expected `,` or `;`, found '}'
    line 2, column 9: 0x4g is not a 64-bit number
    line 1, column 17: 0x100000000 does not fit 32 bits
    line 1, column 17: IRQ_TYPE_EDGE is not a macro known here
    line 1, column 16: expected two hexadecimal digits or `]`, found ']'
    line 1, column 24: 0x100 does not fit 8 bits
    line 1, column 24: a reference needs 32 bits
    line 1, column 21: bits are 8, 16, 32 or 64
    line 1, column 16: references by path are not supported: use a label
    line 1, column 18: cannot compute 1 / 0
    line 1, column 15: this string does not end
    line 1, column 16: unknown escape
    line 1, column 15: not UTF-8: invalid utf-8 sequence of 1 bytes from index 0
    line 1, column 1: this comment does not end
    &dark (line 1, column 1) refers to &dark, which no node has; labels are: gpio i2c light
    line 1, column 1: there is no preprocessor; the macros of irq.h and gpio.h are built in
    two nodes of one name: /a (line 2, column 3) and /a (line 3, column 3)
    line 1, column 12: property b after a child node
    line 1, column 9: expected `{`, found ';'
    line 1, column 10: /i2c/light@44 has no property status
    line 1, column 10: /i2c/light@44 has no child port
    line 1, column 6: expected `/ {`, `&label {` or the end, found ' '
    line 1, column 4: expected a name or `}`, found the end
    ");
}

#[test]
fn a_clash_with_a_node_built_in_code_names_both() {
    let mut tree = board();
    tree.overlay_dts("&i2c {\n\tdark@44 { reg = <0x44>; };\n};")
        .expect("the clash is found when the tree is checked");
    let text = tree.check().expect_err("clash").to_string();
    assert!(
        text.starts_with("two nodes at unit address 44: /i2c/light@44 (")
            && text.contains("/i2c/dark@44 (line 2, column 2 of the fragment at "),
        "{text}"
    );
}

#[test]
fn deep_nesting_is_refused() {
    let nodes = format!("/ {}", "{ a ".repeat(100_000));
    assert!(refused(&nodes).contains("too deep"));
    let parentheses = format!("/ {{ a = <{}", "(".repeat(100_000));
    assert!(refused(&parentheses).contains("too many"));
    let signs = format!("/ {{ a = <({}", "-".repeat(100_000));
    assert!(refused(&signs).contains("too many"));
}

#[test]
fn later_fragments_resolve_references() {
    let mut tree = board();
    tree.overlay_dts("&light { vdd-supply = <&vdd>; };")
        .expect("first");
    assert!(tree.check().is_err());
    tree.overlay_dts("/ { vdd: regulator { }; };")
        .expect("second");
    tree.check().expect("resolved");
    assert_eq!(
        tree.node_mut("/regulator").expect("regulator").get("x"),
        None::<&Value>
    );
}
