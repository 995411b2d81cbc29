// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Names, choices, and what is no kernel tree.

use super::*;

fn tree(makefile: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("arch/um")).unwrap();
    fs::create_dir_all(directory.path().join("tools/testing/roadtest/crates")).unwrap();
    fs::write(directory.path().join("Kconfig"), "").unwrap();
    fs::write(directory.path().join("Makefile"), makefile).unwrap();
    directory
}

fn makefile(major: u32, minor: u32) -> String {
    format!(
        "# SPDX\nVERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\nNAME = A\n"
    )
}

/// The message without the directory's name.
fn refused(directory: &Path) -> String {
    check(directory)
        .unwrap_err()
        .to_string()
        .replace(&directory.display().to_string(), "TREE")
}

#[test]
fn the_version_of_a_tree_is_read_from_its_makefile() {
    assert_eq!(check(tree(&makefile(6, 12)).path()).unwrap(), "6.12.3-rc1");
    assert_eq!(check(tree(&makefile(5, 19)).path()).unwrap(), "5.19.3-rc1");
}

#[test]
fn what_cannot_be_built_is_refused_with_what_was_found() {
    insta::assert_snapshot!(refused(tree(&makefile(5, 18)).path()), @"TREE is Linux 5.18.3-rc1, but UML has devicetrees only from 5.19 on");
    insta::assert_snapshot!(refused(tree("all:\n").path()), @"TREE is not a Linux source tree: its Makefile has no VERSION and PATCHLEVEL");
    let bare = tree(&makefile(6, 1));
    fs::remove_dir_all(bare.path().join("arch")).unwrap();
    insta::assert_snapshot!(refused(bare.path()), @"TREE is not a Linux source tree: it says it is 6.1.3-rc1, but has no Kconfig or no arch/um");
    fs::remove_file(bare.path().join("Makefile")).unwrap();
    insta::assert_snapshot!(refused(bare.path()), @"TREE is not a Linux source tree: its Makefile cannot be read (No such file or directory (os error 2))");
    insta::assert_snapshot!(refused(&bare.path().join("none")), @"TREE is not a Linux source tree: it is not a directory");
}

#[test]
fn what_is_named_goes_before_what_is_found() {
    let directory = tree(&makefile(6, 12));
    let inside = directory.path().join("tools/testing/roadtest/crates");
    let choose = |ksrc, kernel, workspace| Wanted::choose(ksrc, kernel, workspace).unwrap();
    let package = |name: &str| Wanted::Package(name.parse().unwrap());

    let path = Path::new("elsewhere");
    assert_eq!(
        choose(Some(path), Some("debian:6.1"), &inside),
        Wanted::Tree(path.to_owned())
    );
    assert_eq!(
        choose(None, Some("debian:6.1"), &inside),
        package("debian:6.1")
    );
    assert_eq!(
        choose(None, None, &inside),
        Wanted::Tree(directory.path().to_owned())
    );
    assert_eq!(choose(None, None, directory.path()), package(DEFAULT));
}
