// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the parser of fragments takes, refuses, and never does.

use std::path::Path;

use proptest::prelude::*;

use super::{Error, Fragment};
use crate::value::Value;

fn parse(text: &str) -> Result<Fragment, Error> {
    Fragment::parse("a/b", Path::new("a/b.config"), text)
}

fn shown(text: &str) -> String {
    match parse(text) {
        Err(error) => error.to_string(),
        Ok(fragment) => fragment
            .requests
            .iter()
            .map(|r| {
                let optional = r.optional.as_deref().unwrap_or("-");
                format!("{} {} {} {optional}\n", r.line, r.symbol, r.value)
            })
            .collect(),
    }
}

#[test]
fn every_form_of_a_request_is_read() {
    insta::assert_snapshot!(shown(
        "# a comment\n\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=n\n# CONFIG_D is not set\n\
         CONFIG_E=\"a # \\\"b\\\"\"\nCONFIG_F=0x1f\nCONFIG_G=-12\n\
         CONFIG_H=y # optional: absent before 6.4\n# CONFIG_I is not set # optional: gone in 7.0\n"
    ), @r#"
    3 A y -
    4 B m -
    5 C n -
    6 D n -
    7 E "a # \"b\"" -
    8 F 0x1f -
    9 G -12 -
    10 H y absent before 6.4
    11 I n gone in 7.0
    "#);
}

#[test]
fn what_is_no_request_is_refused_with_its_line() {
    insta::assert_snapshot!(shown("CONFIG_A=y\nCONFG_B=y"), @"a/b.config:2: a line is CONFIG_X=value, `# CONFIG_X is not set`, or a comment: `CONFG_B=y`");
    insta::assert_snapshot!(shown("CONFIG_A"), @"a/b.config:1: there is no = behind the symbol: `CONFIG_A`");
    insta::assert_snapshot!(shown("CONFIG_A="), @"a/b.config:1: there is no value behind the =: `CONFIG_A=`");
    insta::assert_snapshot!(shown("CONFIG_A=yes"), @"a/b.config:1: a value is y, m, n, a number, or a string in double quotes: `CONFIG_A=yes`");
    insta::assert_snapshot!(shown("CONFIG_A=\"open"), @r#"a/b.config:1: the string has no closing quote: `CONFIG_A="open`"#);
    insta::assert_snapshot!(shown("CONFIG_A B=y"), @"a/b.config:1: a symbol has letters, digits and underscores only: `CONFIG_A B=y`");
    insta::assert_snapshot!(shown("CONFIG_A=y # maybe"), @"a/b.config:1: the only comment behind a request is `# optional: REASON`: `CONFIG_A=y # maybe`");
    insta::assert_snapshot!(shown("CONFIG_A=y # optional:"), @"a/b.config:1: `# optional:` wants a reason: `CONFIG_A=y # optional:`");
    insta::assert_snapshot!(shown("CONFIG_A=y\n# CONFIG_A is not set"), @"a/b.config:2: CONFIG_A was requested in line 1 already");
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Yes),
        Just(Value::Module),
        Just(Value::No),
        any::<i64>().prop_map(|n| Value::Number(n.to_string())),
        any::<u32>().prop_map(|n| Value::Number(format!("{n:#x}"))),
        "[^\n\r]{0,20}".prop_map(Value::Text),
    ]
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in "(?s).{0,200}") {
        let _answer = parse(&text);
    }

    #[test]
    fn any_line_that_looks_like_a_request_gets_an_answer(text in "(# )?CONFIG_[A-Z\"#\\\\= ]{0,12}[=\"\\\\ymn#é ]{0,12}") {
        let _answer = parse(&text);
    }

    #[test]
    fn what_is_written_is_read_back(symbol in "[A-Z][A-Z0-9_]{0,10}", value in values()) {
        let fragment = parse(&format!("CONFIG_{symbol}={value}\n")).unwrap();
        prop_assert_eq!(&fragment.requests[0].symbol, &symbol);
        prop_assert_eq!(&fragment.requests[0].value, &value);
    }
}
