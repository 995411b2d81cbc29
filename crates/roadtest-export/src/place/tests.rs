// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Exports of a few files into a directory, again and again.

use super::*;

fn content(items: &[(&str, Item)]) -> Content {
    let mut content = Content::default();
    let mut list = String::new();
    for (path, item) in items {
        list.push_str(&format!("{} {path}\n", item.digest()));
        content.items.insert((*path).to_owned(), item.clone());
    }
    content.items.insert(LIST.to_owned(), file(&list));
    content
}

fn file(text: &str) -> Item {
    Item::File {
        bytes: text.as_bytes().to_vec(),
        executable: false,
    }
}

fn export(tree: &Path, content: &Content) -> anyhow::Result<String> {
    let plan = plan(tree, content)?;
    let text = plan.to_string();
    plan.carry_out(tree)?;
    Ok(text)
}

fn text(tree: &Path, path: &str) -> String {
    fs::read_to_string(tree.join(path)).unwrap_or_else(|error| error.to_string())
}

const A: &str = "tools/testing/roadtest/a/a.rs";
const B: &str = "tools/testing/roadtest/b.rs";

#[test]
fn a_second_export_changes_nothing_and_a_newer_one_what_differs() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path();
    let first = content(&[(A, file("1")), (B, file("1"))]);
    assert_eq!(
        export(tree, &first).expect("it works"),
        "exported: 3 files written, 0 removed, 0 as they were"
    );
    assert_eq!(
        export(tree, &first).expect("it works"),
        "the export is up to date (3 files)"
    );
    let second = content(&[(B, file("2"))]);
    assert_eq!(
        export(tree, &second).expect("it works"),
        "exported: 2 files written, 1 removed, 0 as they were"
    );
    assert_eq!(text(tree, B), "2");
    assert!(!tree.join(A).parent().expect("a directory").exists());
}

#[test]
fn what_was_changed_or_removed_or_was_never_ours_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path();
    let first = content(&[(A, file("1")), (B, file("1"))]);
    export(tree, &first).expect("it works");
    fs::write(tree.join(B), "mine").expect("it is there");
    let second = content(&[(A, file("2")), (B, file("2"))]);
    let error = export(tree, &second).expect_err("b.rs would be lost");
    assert_eq!(
        error.to_string(),
        "tools/testing/roadtest/b.rs was changed since the last export: nothing was written; \
         move it away to export"
    );
    assert_eq!((text(tree, A), text(tree, B)), ("1".into(), "mine".into()));

    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path();
    fs::create_dir_all(tree.join(DIRECTORY)).expect("a directory");
    fs::write(tree.join(B), "other").expect("a file");
    let error = export(tree, &first).expect_err("b.rs is not ours");
    assert!(
        error.to_string().contains("is not from an export"),
        "{error}"
    );
    assert!(!tree.join(A).exists());
}

#[test]
fn copies_and_links_replace_each_other_and_the_target_stays_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let (tree, target) = (
        directory.path().join("tree"),
        directory.path().join("target"),
    );
    fs::create_dir_all(&target).expect("a directory");
    fs::write(target.join("a.rs"), "1").expect("a file");
    let copies = content(&[(A, file("1"))]);
    let links = content(&[("tools/testing/roadtest/a", Item::Link(target.clone()))]);
    for _ in 0..2 {
        export(&tree, &copies).expect("it works");
        assert!(!tree.join(A).parent().expect("a directory").is_symlink());
        assert_eq!(text(&tree, A), "1");
        export(&tree, &links).expect("it works");
        assert!(tree.join("tools/testing/roadtest/a").is_symlink());
        assert_eq!(text(&target, "a.rs"), "1");
    }
}

#[test]
fn nothing_is_written_through_a_link_that_is_not_ours() {
    let directory = tempfile::tempdir().expect("a directory");
    let (tree, other) = (
        directory.path().join("tree"),
        directory.path().join("other"),
    );
    fs::create_dir_all(tree.join("tools/testing")).expect("a directory");
    fs::create_dir_all(&other).expect("a directory");
    std::os::unix::fs::symlink(&other, tree.join(DIRECTORY)).expect("a link");
    assert!(export(&tree, &content(&[(A, file("1"))])).is_err());
    assert_eq!(fs::read_dir(&other).expect("a directory").count(), 0);
}

#[test]
fn a_failure_half_way_takes_everything_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path();
    export(tree, &content(&[(A, file("1"))])).expect("it works");
    let mut plan = plan(tree, &content(&[(A, file("2"))])).expect("nothing is lost");
    // A file where a directory is needed, which comes last.
    plan.write.insert(format!("{A}/z"), file("z"));
    assert!(plan.carry_out(tree).is_err());
    assert_eq!(text(tree, A), "1");
    assert_eq!(text(tree, LIST), format!("{} {A}\n", file("1").digest()));
}

fn git(tree: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]);
    let output = git.args(arguments).current_dir(tree).output();
    assert!(
        output.expect("git is there").status.success(),
        "{arguments:?}"
    );
}

#[test]
fn a_list_with_changes_that_are_not_committed_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path();
    fs::write(tree.join("LIST"), "a\n").expect("it can write");
    git(tree, &["init", "--quiet"]);
    git(tree, &["add", "."]);
    git(tree, &["commit", "--quiet", "--message", "a list"]);
    let add = |text: &str| {
        if text.contains("ours") {
            Some(text.to_owned())
        } else {
            Some(format!("{text}ours\n"))
        }
    };
    let replace = || {
        let mut plan = Plan::default();
        plan.replace(tree, "LIST", &add)?;
        plan.carry_out(tree)
    };
    replace().expect("nothing is lost");
    replace().expect("our own change is none");
    assert_eq!(text(tree, "LIST"), "a\nours\n");
    fs::write(tree.join("LIST"), "a\nmine\n").expect("it can write");
    let error = replace().expect_err("LIST has other changes");
    assert_eq!(
        error.to_string(),
        "LIST has changes that are not committed: nothing was written"
    );
    assert_eq!(text(tree, "LIST"), "a\nmine\n");
}
