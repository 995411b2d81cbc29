// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Progress, errors and recovery, with a Makefile that only looks like the
//! kernel's.

use super::*;

#[test]
fn objects_are_told_from_other_lines() {
    assert_eq!(object("  CC      init/main.o"), Some("init/main.o"));
    assert_eq!(object("  CC [M]  a/b.o"), Some("a/b.o"));
    assert_eq!(object("  LINK linux"), None);
    assert_eq!(object("  AR      a/built-in.a"), None);
    assert_eq!(object("make[1]: Entering directory"), None);
    assert_eq!(object("      |  CC  x"), None);
}

#[test]
fn only_lines_that_say_why_are_errors() {
    let log = "\
  CC      a.o
a.c: In function 'f':
a.c:3:5: error: 'x' undeclared (first use in this function)
a.c:9:9: warning: unused variable
make[3]: *** [scripts/Makefile.build:229: a.o] Error 1
ld: b.o: undefined reference to `g'
ERROR: modpost: \"h\" [c.ko] undefined!
***
*** The source tree is not clean, please run 'make ARCH=um mrproper'
*** in /tree
/bin/sh: 1: flex: not found
make[1]: *** No rule to make target 'd.o', needed by 'e'.  Stop.";
    let errors: Vec<&str> = log.lines().filter(|line| is_error(line)).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
        a.c:3:5: error: 'x' undeclared (first use in this function)
        ld: b.o: undefined reference to `g'
        ERROR: modpost: "h" [c.ko] undefined!
        *** The source tree is not clean, please run 'make ARCH=um mrproper'
        *** in /tree
        /bin/sh: 1: flex: not found
        make[1]: *** No rule to make target 'd.o', needed by 'e'.  Stop.
        "#);
}

/// A tree whose Makefile has one recipe.
fn tree(recipe: &str) -> (tempfile::TempDir, Kbuild) {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("Makefile"), format!("all:\n\t@{recipe}\n")).unwrap();
    let output = directory.path().join("out");
    fs::create_dir(&output).unwrap();
    let kbuild = Kbuild::new(&tree, &output, &[]);
    (directory, kbuild)
}

fn totals(kbuild: &Kbuild) -> Vec<(u64, Total)> {
    let mut seen = Vec::new();
    let mut progress = |event: &Event| {
        if let Event::Compiling { done, total, .. } = event {
            seen.push((*done, *total));
        }
    };
    kbuild.build(1, &mut progress).unwrap();
    seen
}

#[test]
fn progress_is_a_guess_first_then_unknown_and_counted_for_a_new_start() {
    let (_directory, kbuild) = tree("echo '  CC      a.o'; echo '  CC [M]  b.o'; touch $(O)/linux");
    let of = |total| vec![(1, total), (2, total)];
    assert_eq!(totals(&kbuild), of(Total::Guessed(GUESS)));
    assert_eq!(totals(&kbuild), of(Total::Unknown));
    fs::remove_file(kbuild.output().join("linux")).unwrap();
    assert_eq!(totals(&kbuild), of(Total::Counted(2)));
}

#[test]
fn a_failure_shows_the_compilers_lines_and_the_log_has_all() {
    let (_directory, kbuild) =
        tree("echo '  CC      a.o'; echo 'a.c:1:2: error: no x' >&2; exit 1");
    let error = kbuild.build(1, &mut |_: &Event| {}).unwrap_err();
    let Error::Build { lines, log } = error else {
        panic!("{error}")
    };
    assert_eq!(lines, ["a.c:1:2: error: no x"]);
    let log = fs::read_to_string(log).unwrap();
    assert!(
        log.contains("  CC      a.o\na.c:1:2: error: no x\n"),
        "{log}"
    );
}

#[test]
fn the_environment_of_a_build_is_fixed() {
    let (_directory, kbuild) =
        tree("echo \"$$KBUILD_BUILD_USER@$$KBUILD_BUILD_HOST $$KBUILD_BUILD_TIMESTAMP\"");
    let mut seen = Vec::new();
    kbuild
        .make(&[], Log::New, |line| seen.push(line.to_owned()))
        .unwrap();
    let fixed = "roadtest@roadtest Thu Jan  1 00:00:00 UTC 1970".to_owned();
    assert!(seen.contains(&fixed), "{seen:?}");
}

#[test]
fn what_a_cut_off_make_was_writing_is_removed() {
    let (_directory, kbuild) = tree("echo '  CC      a.o'");
    let at = |name: &str, seconds: u64| {
        let path = kbuild.output().join(name);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::create(&path).unwrap().set_modified(time).unwrap();
        path
    };
    let old = at("old.o", 1000);
    let half = at("half.o", 5000);
    let config = at(".config", 5000);
    totals(&kbuild);
    assert!(half.exists(), "nothing was cut off");
    at("roadtest.building", 900);
    totals(&kbuild);
    assert!(old.exists() && config.exists() && !half.exists());
    assert!(!kbuild.output().join("roadtest.building").exists());
}

#[test]
fn modules_are_goals_and_their_list_survives() {
    let directory = tempfile::tempdir().unwrap();
    let (tree, output) = (directory.path().join("tree"), directory.path().join("out"));
    fs::create_dir_all(&tree).unwrap();
    fs::create_dir_all(&output).unwrap();
    let rule = "%.ko:\n\t@echo '  CC [M]  '$*.o; echo $@ >> $(O)/built; rm -f $(O)/modules.order\n";
    fs::write(tree.join("Makefile"), rule).unwrap();
    let order = "a/one.o\nb/two.ko\n";
    fs::write(output.join("modules.order"), order).unwrap();
    let kbuild = Kbuild::new(&tree, &output, &[]);
    assert_eq!(kbuild.build_modules(1, &mut |_: &Event| {}).unwrap(), 2);
    let read = |name: &str| fs::read_to_string(output.join(name)).unwrap();
    assert_eq!(read("built"), "a/one.ko\nb/two.ko\n");
    assert_eq!(read("modules.order"), order);
    assert!(!kbuild.was_cut_off());
}
