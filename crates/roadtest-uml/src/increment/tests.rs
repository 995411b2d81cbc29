// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which edits need how much, on a tree and an output directory of a few
//! files.

use super::*;

/// A tree with a module of two objects, a built-in object and a header, all
/// built.
struct Built {
    directory: tempfile::TempDir,
    stamps: Stamps,
}

const RECIPE: &str = "recipe";

impl Built {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        for name in [
            "a/one.c",
            "a/two.c",
            "a/part.c",
            "a/in.c",
            "a/x.h",
            "a/Kconfig",
            "drivers/off.c",
            "drivers/tool.c",
        ] {
            fs::write(at(&format!("tree/{name}")), "text").unwrap();
        }
        for name in ["a/one.o", "a/two.o", "a/in.o", "linux", ".config"] {
            fs::write(at(&format!("out/{name}")), "").unwrap();
        }
        fs::write(at("out/modules.order"), "a/mod.o\n").unwrap();
        fs::write(at("out/a/mod.mod"), "a/one.o\na/two.o\n").unwrap();
        let tree = directory.path().join("tree");
        let deps = format!(
            "deps_a/two.o := \\\n  {}/a/part.c \\\n\na/two.o: x\n",
            tree.display()
        );
        fs::write(at("out/a/.two.o.cmd"), deps).unwrap();
        fs::write(at("out/drivers/.tool.cmd"), "").unwrap();
        let stamps = Stamps::of(&tree).unwrap();
        let built = Built { directory, stamps };
        let made = Note {
            fingerprint: "f00",
            recipe: RECIPE,
            stamps: &built.stamps,
        };
        note(&built.out(), &built.tree(), &made, None).unwrap();
        built
    }

    fn tree(&self) -> PathBuf {
        self.directory.path().join("tree")
    }

    fn out(&self) -> PathBuf {
        self.directory.path().join("out")
    }

    /// Writes new content into a file, and sets its time so far from now in
    /// seconds.
    fn edit(&self, name: &str, seconds: i64) {
        let path = self.tree().join(name);
        fs::write(&path, "other text").unwrap();
        let delta = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        let time = if seconds < 0 {
            now - delta
        } else {
            now + delta
        };
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    }

    fn step(&self) -> Step {
        let now = Stamps::of(&self.tree()).unwrap();
        let last = Last::load(&self.out()).unwrap();
        last.step(&now, RECIPE, &self.out()).unwrap()
    }
}

#[test]
fn an_edited_module_needs_itself_and_loses_its_object() {
    let built = Built::new();
    built.edit("a/one.c", 5);
    assert_eq!(built.step(), Step::Modules);
    assert!(!built.out().join("a/one.o").exists());
    assert!(built.out().join("a/two.o").exists());
}

#[test]
fn a_module_that_does_not_compile_is_still_only_a_module() {
    let built = Built::new();
    built.edit("a/one.c", 5);
    assert_eq!(built.step(), Step::Modules);
    built.edit("a/one.c", 6);
    assert_eq!(built.step(), Step::Modules);
}

#[test]
fn an_old_version_that_is_put_back_is_compiled_too() {
    let built = Built::new();
    built.edit("a/one.c", -1000);
    assert_eq!(built.step(), Step::Modules);
    assert!(!built.out().join("a/one.o").exists());
}

#[test]
fn a_driver_that_is_not_built_is_ignored() {
    for seconds in [5, -1000] {
        let built = Built::new();
        built.edit("drivers/off.c", seconds);
        assert_eq!(built.step(), Step::Modules);
        assert!(built.out().join("a/one.o").exists());
    }
    let built = Built::new();
    built.edit("drivers/tool.c", 5);
    assert_eq!(built.step(), Step::Objects);
}

#[test]
fn headers_and_what_is_built_in_need_the_kernel() {
    for name in ["a/x.h", "a/in.c", "a/part.c"] {
        let built = Built::new();
        built.edit(name, 5);
        assert_eq!(built.step(), Step::Objects, "{name}");
        assert!(built.out().join("a/one.o").exists());
    }
}

#[test]
fn a_header_that_is_put_back_needs_everything_anew() {
    let built = Built::new();
    built.edit("a/x.h", -1000);
    assert_eq!(built.step(), Step::Everything);
    assert!(!built.out().exists());
}

#[test]
fn in_doubt_it_is_everything() {
    let built = Built::new();
    built.edit("a/Kconfig", 5);
    assert_eq!(built.step(), Step::Everything);

    let built = Built::new();
    built.edit("a/new.c", 5);
    assert_eq!(built.step(), Step::Everything);

    let built = Built::new();
    fs::remove_file(built.tree().join("a/x.h")).unwrap();
    assert_eq!(built.step(), Step::Everything);

    let built = Built::new();
    built.edit("a/one.c", 5);
    let now = Stamps::of(&built.tree()).unwrap();
    let last = Last::load(&built.out()).unwrap();
    let step = last.step(&now, "other recipe", &built.out()).unwrap();
    assert_eq!(step, Step::Everything);
}

#[test]
fn without_a_kernel_there_is_no_last_build() {
    let built = Built::new();
    assert_eq!(Last::load(&built.out()).unwrap().fingerprint, "f00");
    fs::remove_file(built.out().join("linux")).unwrap();
    assert!(Last::load(&built.out()).is_none());
}
