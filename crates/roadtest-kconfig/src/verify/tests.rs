// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Verdicts on a small tree, with the words that users see.

use std::path::Path;

use super::*;

const KCONFIG: &str = r#"
mainmenu "test"
source "arch/$(SRCARCH)/Kconfig"
source "not/there/Kconfig"

config MODULES
	bool "modules"

config EXPERT
	bool "expert"
	help
	  config INSIDE_HELP
	    bool "no symbol"

	  depends on NOTHING

menuconfig I2C
	tristate "bus"
	depends on HAS_IOMEM && \
		   !S390

if I2C
menu "Chips"
	depends on EXPERT
	visible if MODULES

config CHIP
	tristate "a chip" if EXPERT || COMPILE_TEST
	depends on OF
	select REGMAP if MODULES

config NEEDS_GONE
	tristate "hangs on what is gone"
	depends on GONE && MODULES
endmenu
endif

config REGMAP
	tristate

config LATER
	bool "since 7.0"
	depends on OF if I2C

choice
	prompt "one of two"
config ONE
	bool "one"
config TWO
	bool "two"
endchoice
"#;

fn tree() -> (tempfile::TempDir, Tree) {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Kconfig", KCONFIG);
    write(
        "arch/um/Kconfig",
        "config HAS_IOMEM\n\tbool\nconfig OF\n\tbool \"tree\"\n",
    );
    write("arch/arm/Kconfig", "config ARM_ONLY\n\tbool \"arm\"\n");
    let tree = Tree::read(directory.path()).unwrap();
    (directory, tree)
}

fn check(fragments: &[(&str, &str)], config: &str) -> String {
    let fragments = fragments
        .iter()
        .map(|(name, text)| {
            let file = format!("{name}.config");
            Fragment::parse(name, Path::new(&file), text).unwrap()
        })
        .collect();
    let merged = Merged::new(fragments).unwrap();
    let (_directory, tree) = tree();
    let report = verify(&merged, &Config::parse(config), &tree, "6.12.1");
    let mut text: Vec<String> = report.dropped.iter().map(ToString::to_string).collect();
    text.extend(
        report
            .unavailable
            .iter()
            .map(|(name, reason)| format!("{name} is unavailable: {reason}")),
    );
    text.join("\n")
}

#[test]
fn what_was_granted_is_not_mentioned() {
    let text = check(
        &[(
            "x/chip",
            "CONFIG_CHIP=m\n# CONFIG_ARM_ONLY is not set\nCONFIG_GONE=n\n",
        )],
        "CONFIG_CHIP=m\n",
    );
    assert_eq!(text, "");
}

#[test]
fn a_dropped_symbol_is_named_with_its_unmet_dependencies() {
    insta::assert_snapshot!(
        check(&[("x/chip", "\nCONFIG_CHIP=m\n")], "CONFIG_MODULES=y\nCONFIG_EXPERT=y\n"),
        @r"
    x/chip.config:2: CONFIG_CHIP=m was dropped (it is n)
        if I2C: I2C is n (Kconfig:22)
        I2C: depends on HAS_IOMEM && !S390, of which `HAS_IOMEM` is not met: HAS_IOMEM is n (Kconfig:19)
        depends on OF: OF is n (Kconfig:29)
    "
    );
}

#[test]
fn a_prompt_that_is_hidden_is_an_unmet_dependency() {
    insta::assert_snapshot!(
        check(&[("x/chip", "CONFIG_CHIP=m\n")], "CONFIG_MODULES=y\nCONFIG_I2C=y\nCONFIG_OF=y\n"),
        @r"
    x/chip.config:1: CONFIG_CHIP=m was dropped (it is n)
        depends on EXPERT: EXPERT is n (Kconfig:24)
        prompt if EXPERT || COMPILE_TEST: COMPILE_TEST is unknown, EXPERT is n (Kconfig:28)
    "
    );
}

#[test]
fn built_in_that_became_a_module_names_what_is_a_module() {
    insta::assert_snapshot!(
        check(
            &[("x/chip", "CONFIG_CHIP=y\n")],
            "CONFIG_MODULES=y\nCONFIG_I2C=m\nCONFIG_OF=y\nCONFIG_EXPERT=y\nCONFIG_CHIP=m\n"
        ),
        @r"
    x/chip.config:1: CONFIG_CHIP=y was dropped (it is m)
        if I2C: I2C is m (Kconfig:22)
    "
    );
}

#[test]
fn a_symbol_that_something_forces_names_who_does() {
    insta::assert_snapshot!(
        check(
            &[("base", "CONFIG_REGMAP=n\n")],
            "CONFIG_MODULES=y\nCONFIG_CHIP=m\nCONFIG_REGMAP=m\n"
        ),
        @r"
    base.config:1: CONFIG_REGMAP=n was dropped (it is m)
        it is selected by CHIP (m)
    "
    );
}

#[test]
fn a_symbol_of_another_architecture_is_an_error() {
    insta::assert_snapshot!(check(&[("x/arm", "CONFIG_ARM_ONLY=y\n")], ""), @r"
    x/arm.config:1: CONFIG_ARM_ONLY=y was dropped (it is n)
        it is declared in arch/arm/Kconfig:1, which is not read for ARCH=um
    ");
}

#[test]
fn a_symbol_that_the_kernel_lacks_makes_its_driver_unavailable() {
    insta::assert_snapshot!(
        check(&[("x/gone", "CONFIG_CHIP=m\nCONFIG_GONE=m\n"), ("base", "CONFIG_GONE=m\n")], ""),
        @r"
    base.config:1: CONFIG_GONE=m was dropped (it is n)
        Linux 6.12.1 does not have CONFIG_GONE
    x/gone is unavailable: Linux 6.12.1 does not have CONFIG_GONE
    "
    );
}

#[test]
fn a_dependency_that_the_kernel_lacks_makes_its_driver_unavailable() {
    insta::assert_snapshot!(
        check(&[("x/gone", "CONFIG_NEEDS_GONE=m\n")], "CONFIG_MODULES=y\n"),
        @"x/gone is unavailable: Linux 6.12.1 does not have CONFIG_GONE, on which CONFIG_NEEDS_GONE depends"
    );
}

#[test]
fn an_optional_symbol_may_be_unknown_or_out_of_reach() {
    let text = check(
        &[(
            "base",
            "CONFIG_GONE=y # optional: left in 6.0\nCONFIG_OF=y # optional: since 6.0\n",
        )],
        "",
    );
    assert_eq!(text, "");
}

#[test]
fn the_rest_is_said_in_a_sentence() {
    insta::assert_snapshot!(
        check(
            &[("base", "CONFIG_LATER=y\nCONFIG_ONE=y\nCONFIG_HAS_IOMEM=y\n")],
            "CONFIG_MODULES=y\nCONFIG_I2C=y\nCONFIG_TWO=y\n"
        ),
        @r"
    base.config:1: CONFIG_LATER=y was dropped (it is n)
        depends on OF || !I2C: I2C is y, OF is n (Kconfig:43)
    base.config:2: CONFIG_ONE=y was dropped (it is n)
        another member of its choice is set (Kconfig:47)
    base.config:3: CONFIG_HAS_IOMEM=y was dropped (it is n)
        it has no prompt: only a default or a select can set it (arch/um/Kconfig:1)
    "
    );
}
