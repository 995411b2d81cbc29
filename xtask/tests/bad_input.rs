// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What can be asked of `cargo xtask` that cannot be: one clear line, the
//! documented exit code, and nothing half-written. Nothing here needs a kernel
//! or a run; what does is tried by `cargo xtask ci` in a kernel tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Wrong usage.
const USAGE: i32 = 2;
/// The environment is incomplete.
const ENVIRONMENT: i32 = 3;

/// Runs the program, wants it to refuse with `code`, and returns its one line.
fn refused(words: &[&str], code: i32) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(words)
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        // A workspace in which nothing has run yet.
        .env("ROADTEST_OUT", directory.path().join("none"))
        .env("ROADTEST_KERNEL", directory.path().join("kernel.json"))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
    assert_eq!(said.lines().count(), 1, "{words:?}: {said}");
    said.trim_end().to_owned()
}

#[test]
fn a_shell_without_a_terminal() {
    assert_eq!(
        refused(&["shell", "opt3001"], USAGE),
        "error: a shell needs a terminal, and standard input or output is none"
    );
}

#[test]
fn a_chip_that_does_not_exist() {
    let said = refused(&["describe", "opt3002"], USAGE);
    let start = "error: no chip is called 'opt3002'; nearest: opt3001, ";
    assert!(said.starts_with(start), "{said}");
}

#[test]
fn a_test_where_nothing_has_run() {
    for verb in ["log", "dts"] {
        let said = refused(&[verb, "opt3001"], ENVIRONMENT);
        assert!(said.contains("run `cargo xtask roadtest`"), "{said}");
    }
}

#[test]
fn a_report_that_cannot_be_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let good = directory.path().join("report.xml");
    let good = format!("junit={}", good.display());
    let bad = directory.path().join("missing/report.ktap");
    let bad = format!("ktap={}", bad.display());
    for words in [
        ["roadtest", "--report", &good, "--report", &bad].as_slice(),
        &["report", &good, &bad],
    ] {
        let said = refused(words, ENVIRONMENT);
        assert!(said.contains("missing/report.ktap: No such file"), "{said}");
        assert_eq!(files(directory.path()), BTreeMap::new(), "{words:?}");
    }
}

#[test]
fn commits_without_a_tree() {
    let said = refused(&["roadtest", "--since", "HEAD"], USAGE);
    assert!(
        said.contains("--since needs a kernel tree in git"),
        "{said}"
    );
}

#[test]
fn a_driver_that_has_a_test() {
    let words = [
        "new",
        "iio/light/opt3001",
        "--compatible",
        "ti,opt3001",
        "--i2c",
        "0x44",
    ];
    let said = refused(&words, USAGE);
    assert!(
        said.ends_with("exists, and nothing is overwritten"),
        "{said}"
    );
}

#[test]
fn a_kernel_tree_that_is_none_or_too_old() {
    let tree = tree("6.12");
    let no_linux = tree.path().join("arch");
    let missing = tree.path().join("missing");
    let old = self::tree("5.10");
    for (path, text) in [
        (no_linux.as_path(), "is not a Linux source tree"),
        (&missing, "cannot find the kernel tree"),
        (
            old.path(),
            "is Linux 5.10, but UML has devicetrees only from 5.19 on",
        ),
    ] {
        let before = path.exists().then(|| files(path));
        let path = path.to_str().expect("UTF-8");
        for words in [
            ["roadtest", "--ksrc", path].as_slice(),
            &["export", "--ksrc", path],
        ] {
            let said = refused(words, ENVIRONMENT);
            assert!(said.contains(text), "{words:?}: {said}");
        }
        let after = Path::new(path).exists().then(|| files(Path::new(path)));
        assert_eq!(before, after);
    }
}

#[test]
fn an_export_over_what_was_changed() {
    let tree = tree("6.12");
    let export = ["export", "--ksrc", tree.path().to_str().expect("UTF-8")];
    let exported = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(export)
        .output()
        .expect("it starts");
    assert!(exported.status.success(), "{exported:?}");

    let makefile = tree.path().join("tools/testing/roadtest/Makefile");
    fs::write(&makefile, "mine").expect("it is there");
    let before = files(tree.path());
    let said = refused(&export, ENVIRONMENT);
    assert_eq!(
        said,
        "error: tools/testing/roadtest/Makefile was changed since the last export: \
         nothing was written; move it away to export"
    );
    assert_eq!(files(tree.path()), before);
}

#[test]
fn an_export_over_something_else() {
    let tree = tree("6.12");
    let directory = tree.path().join("tools/testing/roadtest");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("Makefile"), "another one").expect("a file");
    let before = files(tree.path());
    let path = tree.path().to_str().expect("UTF-8");
    let said = refused(&["export", "--ksrc", path], ENVIRONMENT);
    assert!(said.contains("Makefile is not from an export"), "{said}");
    assert_eq!(files(tree.path()), before);
}

/// As much of a kernel tree as an export looks at.
fn tree(version: &str) -> tempfile::TempDir {
    let tree = tempfile::tempdir().expect("a directory");
    let (major, minor) = version.split_once('.').expect("two numbers");
    for (name, text) in [
        (
            "Makefile",
            format!("VERSION = {major}\nPATCHLEVEL = {minor}\n"),
        ),
        ("Kconfig", String::new()),
        ("arch/um/Kconfig", String::new()),
        (
            "Documentation/dev-tools/index.rst",
            ".. toctree::\n   :maxdepth: 2\n\n   kselftest\n   ktap\n".to_owned(),
        ),
        (
            "MAINTAINERS",
            "Maintainers List\n----------------\n\n3C59X\nF:\ta\n\nZSWAP\nF:\tb\n".to_owned(),
        ),
    ] {
        let path = tree.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    tree
}

/// All files of a directory, with what is in them.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(directory)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("it can be read");
            (entry.into_path(), bytes)
        })
        .collect()
}
