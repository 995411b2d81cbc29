// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The fragments of this project: whether they fit together. What kernels make
//! of them, a build shows.

use std::path::PathBuf;

use roadtest_kconfig::{Fragment, Merged, Value};

/// The test runs in its package's directory.
fn directory() -> PathBuf {
    PathBuf::from("../../kconfig-fragments")
}

#[test]
fn all_fragments_agree() {
    let fragments = Fragment::load_all(&directory(), &["sanitize"]).unwrap();
    let merged = Merged::new(fragments).unwrap();
    assert!(merged.to_text().contains("CONFIG_VIRTIO_UML=y\n"));
}

#[test]
fn the_kernels_checkers_are_merged_only_on_request() {
    let names = |extra: &[&str]| -> Vec<String> {
        let fragments = Fragment::load_all(&directory(), extra).unwrap();
        fragments.into_iter().map(|f| f.name).collect()
    };
    assert!(!names(&[]).contains(&"sanitize".to_owned()));
    assert!(names(&["sanitize"]).contains(&"sanitize".to_owned()));
    let error = Fragment::load_all(&directory(), &["no-such"]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("there is no fragment no-such.config in ")
    );
}

#[test]
fn requests_are_sorted_so_that_patches_stay_small() {
    for fragment in Fragment::load_all(&directory(), &["sanitize"]).unwrap() {
        assert!(
            fragment.requests.is_sorted_by_key(|r| r.symbol.clone()),
            "{} is not sorted",
            fragment.file.display()
        );
    }
}

#[test]
fn every_driver_is_a_module_but_for_the_buses_own() {
    for fragment in Fragment::load_all(&directory(), &[]).unwrap() {
        let module = fragment.requests.iter().any(|r| r.value == Value::Module);
        let bus = matches!(
            fragment.name.as_str(),
            "gpio/gpio-virtio" | "i2c/busses/i2c-virtio"
        );
        assert_eq!(module, fragment.is_driver() && !bus, "{}", fragment.name);
    }
}
