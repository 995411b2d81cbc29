// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The documentation, followed word by word: in a copy of the workspace, with
//! a home of its own, each document's commands run, and must say what the
//! document says they do. A document leaves the workspace as it found it, so
//! that what its reader has typed in is what the repository has.

mod output;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use roadtest_command::exit::{self, Done};
use roadtest_command::{console, workspace};
use roadtest_run::kernel::{self, KernelArgs, Setup};
use roadtest_run::review;
use xtask::checks::Replay;

use crate::page::{self, Page};
use crate::scratch::{self, Scratch};
use crate::script::{self, Step};
use crate::{quotes, running, tree};

/// The kernel that the documentation is about.
pub const KERNEL: &str = "debian:6.12";
/// The end of what a command said, where it ended otherwise.
const LAST_LINES: usize = 20;
/// Programs that keep what they need in the user's home, and which variable
/// says where it is otherwise.
const HOMES: [(&str, &str); 2] = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];

/// Runs `replay`.
///
/// # Errors
/// Where there is no such document, no source, or nothing can be copied.
pub fn run(args: &Replay) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let _lock = workspace::lock(&root)?;
    let wanted = KernelArgs::packaged(KERNEL, Setup::Refuse);
    kernel::preflight(&root, &wanted)?;
    let tree = match tree::place(&root) {
        // Why: a document puts back what it edits, and a copy takes long.
        tree if tree.is_dir() => tree,
        _ => tree::unpacked(&root, &wanted)?,
    };
    check(&root, &tree, &args.documents)
}

/// Follows all documents whose path has one of the `parts`, all where there
/// is none. `tree` is a kernel tree that may be changed; each document puts it
/// back.
///
/// # Errors
/// Where there is no such document, or something cannot be copied or started.
pub fn check(root: &Path, tree: &Path, parts: &[String]) -> anyhow::Result<Done> {
    let pages = page::all(root)?;
    let chosen = |path: &str| parts.is_empty() || parts.iter().any(|part| path.contains(part));
    if !pages.iter().any(|page| chosen(&page.path)) {
        return Err(exit::usage(format!(
            "no document has '{}' in its path",
            parts.join("' or '")
        )));
    }
    let scratch = Scratch::new(root, "replay")?;
    let reader = Reader {
        root,
        tree,
        before: contents(&scratch.root)?,
        scratch,
    };
    let mut failed = 0;
    for page in pages.iter().filter(|page| chosen(&page.path)) {
        let problems = match script::steps(page) {
            Ok(steps) if steps.is_empty() => continue,
            Ok(steps) => reader.follow(page, &steps)?,
            Err(problems) => problems,
        };
        for problem in &problems {
            console::problem(problem);
        }
        failed += problems.len();
        if !problems.is_empty() {
            // Why: it has not been put back.
            console::line(&format!(
                "no document after it is replayed; a replay by itself has {} as it is now, \
                 and unpacks it where it is removed",
                tree.display()
            ));
            break;
        }
    }
    Ok(Done::from_failed(failed))
}

/// A reader who does what a document says.
struct Reader<'a> {
    /// The workspace.
    root: &'a Path,
    /// The reader's kernel tree.
    tree: &'a Path,
    /// The reader's workspace.
    scratch: Scratch,
    /// The files in it, as they were copied.
    before: Contents,
}

impl Reader<'_> {
    /// Does all of it. What differs is told as soon as something does: what
    /// follows rests on it.
    fn follow(&self, page: &Page, steps: &[Step<'_>]) -> anyhow::Result<Vec<String>> {
        console::status("Replaying", &page.path);
        let mut typed: Vec<&str> = Vec::new();
        for step in steps {
            let problem = match step {
                Step::Type { line, file, text } => {
                    let problem = self.write(file, text, &typed)?;
                    typed.push(*file);
                    problem.map(|problem| page.problem(*line, &problem))
                }
                Step::Quote(block) => quotes::problem(block, &self.scratch.root, &self.out())
                    .map(|problem| page.problem(block.line, &problem)),
                Step::Tree { line, place } => (self.home().join(place) != self.tree)
                    .then(|| page.problem(*line, &format!("there is no kernel tree at ~/{place}"))),
                Step::Run(command) => self.run(page, command)?,
            };
            if let Some(problem) = problem {
                return Ok(vec![problem]);
            }
        }
        self.changes(page)
    }

    /// The reader's home: what is in the tree's directory is there.
    fn home(&self) -> PathBuf {
        self.tree.parent().unwrap_or(self.root).to_owned()
    }

    /// Where the reader's tests leave their records.
    fn out(&self) -> PathBuf {
        self.scratch.root.join(roadtest_record::test::OUT)
    }

    /// Writes lines to the end of a file. The document begins a file itself.
    fn write(&self, file: &str, text: &[&str], begun: &[&str]) -> anyhow::Result<Option<String>> {
        let path = self.scratch.root.join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        if !begun.contains(&file) && !before.is_empty() {
            return Ok(Some(format!("{file} is there already: nothing deletes it")));
        }
        let gap = if before.is_empty() { "" } else { "\n" };
        let parent = path.parent().unwrap_or(&self.scratch.root);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, format!("{before}{gap}{}\n", text.join("\n"))))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(None)
    }

    /// Runs a command.
    fn run(&self, page: &Page, command: &script::Command<'_>) -> anyhow::Result<Option<String>> {
        console::status("Running", &command.text);
        let said = running::said(self.shell(&command.text)?)?;
        let lines: Vec<&str> = said.text.lines().collect();
        let home = self.home().display().to_string();
        if let Some(found) = output::compare(&command.says, &lines, &home) {
            let what = format!("`{}` says something else\n{}", command.text, found.diff);
            return Ok(Some(page.problem(command.output() + found.index, &what)));
        }
        if said.code == Some(command.exit) {
            return Ok(None);
        }
        let code = said
            .code
            .map_or("a signal".to_owned(), |code| code.to_string());
        let last = lines.len().saturating_sub(LAST_LINES);
        let what = format!(
            "`{}` ends with {code}, not {}\n{}",
            command.text,
            command.exit,
            lines[last..].join("\n")
        );
        Ok(Some(page.problem(command.line, &what)))
    }

    /// A shell of the reader's, to run a command in.
    fn shell(&self, text: &str) -> anyhow::Result<Command> {
        let mut shell = Command::new("sh");
        shell.args(["-c", text]).current_dir(&self.scratch.root);
        scratch::as_a_user(&mut shell, &scratch::target(self.root));
        if let Some(home) = std::env::var_os("HOME") {
            for (name, directory) in HOMES {
                if std::env::var_os(name).is_none() {
                    shell.env(name, Path::new(&home).join(directory));
                }
            }
        }
        shell.env("ROADTEST_CACHE", kernel::cache()?);
        shell.env("HOME", self.home());
        // Why: git takes a tree without a repository for a part of ours.
        shell.env("GIT_CEILING_DIRECTORIES", self.home());
        Ok(shell)
    }

    /// What is not as it was before.
    fn changes(&self, page: &Page) -> anyhow::Result<Vec<String>> {
        let after = contents(&self.scratch.root)?;
        let files: BTreeSet<&PathBuf> = self.before.keys().chain(after.keys()).collect();
        let text = |contents: &Contents, file: &Path| {
            let bytes = contents.get(file).map_or(&[][..], Vec::as_slice);
            String::from_utf8_lossy(bytes).into_owned()
        };
        let changed = files.into_iter();
        let changed = changed.filter(|file| self.before.get(*file) != after.get(*file));
        let problem = |file: &PathBuf| {
            let diff = review::diff(&text(&self.before, file), &text(&after, file));
            let path = &page.path;
            format!(
                "{path}: {} is not what it was before\n{diff}",
                file.display()
            )
        };
        Ok(changed.map(problem).collect())
    }
}

/// Files, by their paths relative to the workspace.
type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// Every file of a workspace.
fn contents(root: &Path) -> anyhow::Result<Contents> {
    let file = |path: PathBuf| {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((path.strip_prefix(root).unwrap_or(&path).to_owned(), bytes))
    };
    workspace::files(root)?.into_iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a document in a workspace that has one file, `there`.
    fn follow(text: &str) -> Vec<String> {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("replay");
        fs::create_dir(&root).expect("a directory");
        fs::write(root.join("there"), "old\n").expect("a file");
        let page = Page {
            path: "docs/src/x.md".to_owned(),
            text: text.to_owned(),
        };
        let reader = Reader {
            root: directory.path(),
            tree: &directory.path().join("linux"),
            before: contents(&root).expect("they can be read"),
            scratch: Scratch {
                root,
                target: directory.path().join("target"),
            },
        };
        let steps = script::steps(&page).expect("it can be read");
        let problems = reader.follow(&page, &steps).expect("sh starts");
        let plain = |text: &String| anstream::adapter::strip_str(text).to_string();
        problems.iter().map(plain).collect()
    }

    #[test]
    fn a_document_that_is_true_has_no_problem() {
        let text = "```console\n$ rm there\n```\n<!-- type there -->\n```text\nold\n```\n\
                    <!-- from there -->\n```text\nold\n```\n\
                    <!-- replay: kernel tree at ~/linux, exit 3 -->\n\
                    ```console\n$ echo $((1 + 1)); echo ~\n2\n~\n$ (exit 3)\n```\n";
        assert_eq!(follow(text), [""; 0]);
    }

    #[test]
    fn what_is_said_otherwise_is_shown_at_its_line() {
        let problems = follow("# Title\n```console\n$ echo one; echo two\none\nthree\n```\n");
        let problem = "docs/src/x.md:5: `echo one; echo two` says something else\n\
                       @@\n one\n-three\n+two";
        assert_eq!(problems, [problem]);
    }

    #[test]
    fn a_code_that_the_document_does_not_promise_is_a_problem() {
        let problems = follow("```console\n$ echo no; false\n…\n```\n");
        let problem = "docs/src/x.md:2: `echo no; false` ends with 1, not 0\nno";
        assert_eq!(problems, [problem]);
    }

    #[test]
    fn a_quote_is_compared_with_what_was_typed() {
        let text = "```console\n$ true\n```\n<!-- type new -->\n```text\na\n```\n\
                    <!-- type new -->\n```text\nb\n```\n<!-- from new -->\n```text\na\nb\n```\n";
        let problems = follow(text);
        assert_eq!(problems, ["docs/src/x.md:13: new has no such place: a"]);
        let problems = follow("```console\n$ true\n```\n<!-- type there -->\n```text\na\n```\n");
        let problem = "docs/src/x.md:5: there is there already: nothing deletes it";
        assert_eq!(problems, [problem]);
    }

    #[test]
    fn a_document_leaves_nothing_changed() {
        let problems = follow("```console\n$ echo new > there\n```\n");
        let problem = "docs/src/x.md: there is not what it was before\n@@\n-old\n+new";
        assert_eq!(problems, [problem]);
    }
}
