// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask review`: what changed in snapshots, and whether it should
//! have. `cargo insta review` does it where it is installed and there is a
//! terminal; the rest is done here.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use roadtest_command::console::{self, BAD, GOOD, PALE};
use roadtest_command::exit::{self, Done};
use roadtest_command::{process, workspace};
use roadtest_report::filter::Filter;
use similar::{ChangeTag, TextDiff};

/// Review changed snapshots.
#[derive(clap::Args)]
pub struct Args {
    /// Take the changes of the snapshots whose path matches; '*' is all
    #[arg(long, value_name = "FILTER")]
    accept: Vec<String>,
    /// Drop the changes of the snapshots whose path matches; '*' is all
    #[arg(long, value_name = "FILTER")]
    reject: Vec<String>,
}

/// Runs the verb. Ends with "some failed" while anything waits.
///
/// # Errors
/// Where a snapshot cannot be read or written, or a filter matches nothing.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let decided = !args.accept.is_empty() || !args.reject.is_empty();
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if interactive && !decided && workspace::has_program("cargo-insta") {
        let mut command = Command::new(workspace::cargo());
        command.args(["insta", "review"]).current_dir(&root);
        let status = process::talk(&mut command)?;
        // Why: what was skipped there still waits, and is no failure of it.
        let waiting = pending(&root)?.len() + inline(&root)?.len();
        let failed = usize::from(!status.success());
        return Ok(Done::from_failed(failed.max(waiting)));
    }
    let pending = pending(&root)?;
    let nothing = pending.is_empty();
    for filter in args.accept.iter().chain(&args.reject) {
        if !nothing && !pending.iter().any(|one| one.matches(filter)) {
            return Err(exit::usage(format!(
                "no changed snapshot matches '{filter}'"
            )));
        }
    }
    let mut waiting = 0;
    for one in &pending {
        one.show()?;
        let decision = if args.accept.iter().any(|filter| one.matches(filter)) {
            Decision::Accept
        } else if args.reject.iter().any(|filter| one.matches(filter)) {
            Decision::Reject
        } else if interactive && !decided {
            ask()?
        } else {
            Decision::Later
        };
        waiting += usize::from(decision == Decision::Later);
        one.settle(decision)?;
    }
    conclude(pending.len(), waiting);
    let inline = inline(&root)?;
    for source in &inline {
        console::line(&format!(
            "an inline snapshot of {source} has changed: cargo insta review"
        ));
    }
    Ok(Done::from_failed(waiting + inline.len()))
}

fn conclude(pending: usize, waiting: usize) {
    match (pending, waiting) {
        (0, _) => console::line("no snapshot has changed"),
        (_, 0) => console::line("no snapshot waits for review"),
        (_, waiting) => {
            let wait = if waiting == 1 {
                "snapshot waits"
            } else {
                "snapshots wait"
            };
            console::line(&format!("{waiting} {wait} for review"));
            console::line("next  cargo xtask review --accept '*', or a part of a path for '*'");
        }
    }
}

/// What to do with a changed snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Later,
}

fn ask() -> anyhow::Result<Decision> {
    loop {
        drop(write!(anstream::stdout(), "[a]ccept, [r]eject, [s]kip? "));
        drop(std::io::stdout().flush());
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if read.context("cannot read an answer")? == 0 {
            return Ok(Decision::Later);
        }
        match answer.trim() {
            "a" | "accept" => return Ok(Decision::Accept),
            "r" | "reject" => return Ok(Decision::Reject),
            "s" | "skip" => return Ok(Decision::Later),
            _ => {}
        }
    }
}

/// A snapshot whose test now gives something else.
struct Pending {
    /// `…/reads_lux.snap.new`
    draft: PathBuf,
    /// `…/reads_lux.snap`; need not exist.
    accepted: PathBuf,
    /// The latter, for people.
    name: String,
}

/// All changed snapshots below a directory, sorted.
fn pending(root: &Path) -> anyhow::Result<Vec<Pending>> {
    let mut found = Vec::new();
    for path in workspace::files(root)? {
        let Some(accepted) = path.to_str().and_then(|path| path.strip_suffix(".new")) else {
            continue;
        };
        if accepted.ends_with(".snap") {
            let accepted = PathBuf::from(accepted);
            let name = accepted.strip_prefix(root).unwrap_or(&accepted);
            let name = name.display().to_string();
            found.push(Pending {
                draft: path.clone(),
                accepted,
                name,
            });
        }
    }
    Ok(found)
}

/// The sources that have inline snapshots which changed. Only `cargo insta`
/// can edit a source.
fn inline(root: &Path) -> anyhow::Result<Vec<String>> {
    let name = |path: &Path| {
        let draft = path.file_name()?.to_str()?;
        let source = draft.strip_prefix('.')?.strip_suffix(".pending-snap")?;
        let directory = path.parent()?.strip_prefix(root).ok()?;
        Some(directory.join(source).display().to_string())
    };
    let files = workspace::files(root)?;
    Ok(files.iter().filter_map(|path| name(path)).collect())
}

impl Pending {
    fn matches(&self, filter: &str) -> bool {
        Filter::new(filter).matches(&self.name)
    }

    fn show(&self) -> anyhow::Result<()> {
        let new = read(&self.draft)?;
        let old = if self.accepted.exists() {
            read(&self.accepted)?
        } else {
            String::new()
        };
        console::line(&format!("{PALE}{}{PALE:#}", self.name));
        console::line(&diff(contents(&old), contents(&new)));
        Ok(())
    }

    fn settle(&self, decision: Decision) -> anyhow::Result<()> {
        match decision {
            Decision::Later => return Ok(()),
            Decision::Reject => {}
            Decision::Accept => std::fs::write(&self.accepted, accepted(&read(&self.draft)?))
                .with_context(|| format!("cannot write {}", self.accepted.display()))?,
        }
        std::fs::remove_file(&self.draft)
            .with_context(|| format!("cannot remove {}", self.draft.display()))
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Splits `---`, header, `---`, contents.
fn split(snapshot: &str) -> (&str, &str) {
    let Some(rest) = snapshot.strip_prefix("---\n") else {
        return ("", snapshot);
    };
    rest.split_once("\n---\n").unwrap_or((rest, ""))
}

fn contents(snapshot: &str) -> &str {
    split(snapshot).1
}

/// A draft as it is kept: without the line number, which would change with
/// every edit of the test.
fn accepted(draft: &str) -> String {
    let (header, contents) = split(draft);
    let kept: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with("assertion_line:"))
        .collect();
    format!("---\n{}\n---\n{contents}", kept.join("\n"))
}

/// A unified diff with colours, three lines of context.
pub fn diff(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(3) {
        lines.push(format!("{PALE}@@{PALE:#}"));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n');
            lines.push(match change.tag() {
                ChangeTag::Delete => format!("{BAD}-{text}{BAD:#}"),
                ChangeTag::Insert => format!("{GOOD}+{text}{GOOD:#}"),
                ChangeTag::Equal => format!(" {text}"),
            });
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "---\nsource: a.rs\n---\nR CONFIG  c810\nW CONFIG  ca10\n";
    const NEW: &str =
        "---\nsource: a.rs\nassertion_line: 12\n---\nR CONFIG  c810\nW CONFIG  cc10\n";

    fn workspace_with_one_change() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        let directory = root.path().join("snapshots/iio/light/opt3001");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("lux.snap"), OLD).expect("a file");
        std::fs::write(directory.join("lux.snap.new"), NEW).expect("a file");
        root
    }

    #[test]
    fn a_diff_shows_what_changed_and_where() {
        let text = diff(contents(OLD), contents(NEW));
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "@@\n R CONFIG  c810\n-W CONFIG  ca10\n+W CONFIG  cc10"
        );
    }

    #[test]
    fn accepting_keeps_the_new_contents_without_the_line_number() {
        let root = workspace_with_one_change();
        let found = pending(root.path()).expect("it can be read");
        assert!(found[0].matches("opt3001") && !found[0].matches("lm75"));
        found[0]
            .settle(Decision::Accept)
            .expect("it can be written");
        let kept = read(&found[0].accepted).expect("it is there");
        assert_eq!(
            kept,
            "---\nsource: a.rs\n---\nR CONFIG  c810\nW CONFIG  cc10\n"
        );
        assert!(pending(root.path()).expect("it can be read").is_empty());
    }

    #[test]
    fn an_inline_snapshot_is_not_forgotten() {
        let root = workspace_with_one_change();
        std::fs::write(root.path().join(".lib.rs.pending-snap"), "").expect("a file");
        assert_eq!(inline(root.path()).expect("it can be read"), ["lib.rs"]);
    }

    #[test]
    fn rejecting_keeps_the_old_contents() {
        let root = workspace_with_one_change();
        let found = pending(root.path()).expect("it can be read");
        found[0]
            .settle(Decision::Reject)
            .expect("it can be removed");
        assert_eq!(read(&found[0].accepted).expect("it is there"), OLD);
        assert!(pending(root.path()).expect("it can be read").is_empty());
    }
}
