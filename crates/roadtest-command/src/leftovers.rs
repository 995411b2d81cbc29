// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What runs that were killed left behind: processes that carry the mark of
//! a run that is dead, kernels that work in the directory of a test that is,
//! and such directories themselves. Only what can be told with certainty is
//! touched.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal};

/// Whatever boots kernels carries this variable with the process id of its run
/// as value, so that a later run can tell what belonged to a dead one.
/// Compilers do not: they may start servers (sccache) that are meant to stay.
pub const MARK_ENV: &str = "ROADTEST_RUN";

/// Directories of tests are `roadtest-<pid of the test>-<anything>`.
const DIRECTORY_PREFIX: &str = "roadtest-";

/// Run, test, kernel, and one to spare.
const GENERATIONS_MAX: usize = 4;

/// A process, as `/proc` shows it.
pub struct Process {
    id: u32,
    ancestors: Vec<u32>,
    mark: Option<String>,
    /// The test whose directory it works in.
    test: Option<u32>,
}

impl Process {
    /// Its id as the system call wants it.
    pub fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.id).ok()?)
    }

    /// Whether `id` is its parent, or its parent's parent, and so on.
    pub fn descends_from(&self, id: u32) -> bool {
        self.ancestors.contains(&id)
    }

    /// Whether it was started by the run with this mark.
    pub fn mark_is(&self, mark: &str) -> bool {
        self.mark.as_deref() == Some(mark)
    }

    /// Whether the run or the test that it belongs to is dead.
    fn is_orphan(&self) -> bool {
        let run = self.mark.as_ref().and_then(|mark| mark.parse().ok());
        run.is_some_and(|run: u32| !is_alive(run)) || self.test.is_some_and(|test| !is_alive(test))
    }
}

/// All processes that can be looked into, without zombies and ourselves.
pub fn processes() -> Vec<Process> {
    processes_of(&std::env::temp_dir())
}

/// The same, where the directories of tests are in `parent`.
fn processes_of(parent: &Path) -> Vec<Process> {
    let ids = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| *id != std::process::id())
        .filter_map(|id| {
            let (state, _) = state_and_parent(id)?;
            (state != 'Z').then(|| Process {
                id,
                ancestors: ancestors(id),
                mark: mark_of(id),
                test: test_of(id, parent),
            })
        })
        .collect()
}

/// State letter and parent, from `/proc/<id>/stat`; the name before them may
/// hold anything, also parentheses.
fn state_and_parent(id: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

fn ancestors(id: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = id;
    while let Some((_, parent)) = state_and_parent(next) {
        if parent == 0 || found.contains(&parent) {
            break;
        }
        found.push(parent);
        next = parent;
    }
    found
}

fn mark_of(id: u32) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{id}/environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .filter_map(|variable| std::str::from_utf8(variable).ok())
        .find_map(|variable| variable.strip_prefix(MARK_ENV)?.strip_prefix('='))
        .map(str::to_owned)
}

/// A kernel under test works in the directory of its test, and so does
/// whatever it starts; its environment is empty.
fn test_of(id: u32, parent: &Path) -> Option<u32> {
    let directory = std::fs::read_link(format!("/proc/{id}/cwd")).ok()?;
    let below = directory.strip_prefix(parent).ok()?;
    owner_of(below.components().next()?.as_os_str().to_str()?)
}

fn is_alive(id: u32) -> bool {
    state_and_parent(id).is_some_and(|(state, _)| state != 'Z')
}

/// Ends the processes of dead runs and removes the directories of dead tests.
/// Returns how many of both there were.
pub fn remove_dead() -> (usize, usize) {
    let mut ended = 0;
    // Why: a test that ends here makes orphans of what it started.
    for _ in 0..GENERATIONS_MAX {
        let orphans: Vec<Pid> = processes()
            .into_iter()
            .filter(Process::is_orphan)
            .filter_map(|process| process.pid())
            .collect();
        if orphans.is_empty() {
            break;
        }
        for pid in &orphans {
            // Why: it may have ended by itself in the meantime.
            let _ = rustix::process::kill_process(*pid, Signal::KILL);
        }
        wait_for_end_of(&orphans);
        ended += orphans.len();
    }
    (ended, remove_directories(&std::env::temp_dir()))
}

/// A killed process holds its files until the system has taken it apart.
fn wait_for_end_of(pids: &[Pid]) {
    let running = |pid: &Pid| is_alive(pid.as_raw_nonzero().get().unsigned_abs());
    for _ in 0..100 {
        if !pids.iter().any(running) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

fn remove_directories(parent: &Path) -> usize {
    let dead = dead_directories(parent);
    dead.iter()
        .filter(|directory| std::fs::remove_dir_all(directory).is_ok())
        .count()
}

fn dead_directories(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten();
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let owner = name.to_str().and_then(owner_of);
            owner.is_some_and(|id| id != std::process::id() && !is_alive(id))
        })
        .map(|entry| entry.path())
        .collect()
}

fn owner_of(directory: &str) -> Option<u32> {
    directory
        .strip_prefix(DIRECTORY_PREFIX)?
        .split('-')
        .next()?
        .parse()
        .ok()
}

/// Says what was removed, if anything was.
pub fn remove_dead_aloud() {
    let (processes, directories) = remove_dead();
    if processes + directories > 0 {
        crate::console::status(
            "Removed",
            &format!(
                "{processes} processes and {directories} directories of runs that were killed"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::process::Stdio;

    use super::*;

    /// Larger than any process id that Linux gives out.
    const UNUSED: u32 = 4_194_305;

    #[test]
    fn only_directories_of_dead_tests_are_removed() {
        let parent = tempfile::tempdir().expect("a directory");
        let me = std::os::unix::process::parent_id();
        for name in [
            format!("roadtest-{UNUSED}-x"),
            format!("roadtest-{me}-x"),
            "roadtest-notes".into(),
        ] {
            std::fs::create_dir(parent.path().join(name)).expect("a directory");
        }
        assert_eq!(remove_directories(parent.path()), 1);
        assert!(!parent.path().join(format!("roadtest-{UNUSED}-x")).exists());
        assert!(parent.path().join("roadtest-notes").exists());
        assert!(parent.path().join(format!("roadtest-{me}-x")).exists());
    }

    #[test]
    fn a_process_is_known_by_its_mark_and_its_parent() {
        let mut child = std::process::Command::new("cat")
            .env(MARK_ENV, "12345")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cat starts");
        // Why: its environment can be read once it runs, not sooner.
        let mut echo = [0];
        let mut to = child.stdin.take().expect("it has one");
        to.write_all(b"x").expect("cat reads");
        let from = child.stdout.as_mut().expect("it has one");
        from.read_exact(&mut echo).expect("cat writes");
        let id = child.id();
        let found = processes().into_iter().find(|process| process.id == id);
        drop(to);
        child.wait().expect("cat ends");
        let found = found.expect("the process is found");
        assert!(found.mark_is("12345"));
        assert!(found.descends_from(std::process::id()));
    }

    #[test]
    fn a_kernel_is_known_by_the_directory_it_works_in() {
        // Why not where tests have theirs: a run that starts at this moment
        // would end it.
        let parent = tempfile::tempdir().expect("a directory");
        let directory = parent.path().join(format!("roadtest-{UNUSED}-kernel"));
        std::fs::create_dir_all(&directory).expect("a directory");
        let mut child = std::process::Command::new("cat")
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .spawn()
            .expect("cat starts");
        let id = child.id();
        let all = processes_of(parent.path());
        let found = all.into_iter().find(|process| process.id == id);
        let is_orphan = found.map(|process| process.is_orphan());
        drop(child.stdin.take());
        child.wait().expect("cat ends");
        assert_eq!(is_orphan, Some(true));
    }
}
