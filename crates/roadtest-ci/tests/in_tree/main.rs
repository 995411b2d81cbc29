// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a user does in a kernel tree: export, and then each verb, `make` and
//! option there. This is the list, in the order in which it is done; each is in
//! a file of its own.
//!
//! They run one after the other, in a tree that is unpacked for the purpose
//! (or the one that `ROADTEST_TREE` names). They cost one kernel build that is
//! not theirs alone: the kernel that is built here from the copied tree has the
//! fingerprint of the package's, so that what follows finds it finished. What
//! one changes in the tree, it puts back; the one that adds a test comes last.

mod edit;
mod make;
mod new;
mod review;
mod since;
mod verbs;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::{Context as _, bail};
use libtest_mimic::{Arguments, Trial};
use roadtest_ci::scratch::Scratch;
use roadtest_ci::{replay, tree};
use roadtest_command::exit::{self, Done};
use roadtest_command::{console, process, workspace};
use roadtest_run::kernel::{KernelArgs, Setup};

/// The driver that is edited.
const DRIVER: &str = "iio/light/opt3001";

/// The tree, and the workspace that is exported into it.
struct Place {
    root: PathBuf,
    tree: PathBuf,
    exported: OnceLock<Scratch>,
}

impl Place {
    /// The workspace as it is in the tree.
    fn copy(&self) -> anyhow::Result<&Scratch> {
        if let Some(copy) = self.exported.get() {
            return Ok(copy);
        }
        console::line(&roadtest_export::copy(&self.root, &self.tree)?);
        let copy = Scratch::exported(&self.root, &self.tree);
        Ok(self.exported.get_or_init(|| copy))
    }
}

/// One thing that a user does.
type Check = fn(&Place) -> anyhow::Result<Done>;

/// All of it, in order.
const CHECKS: [(&str, Check); 10] = [
    ("a_patch_series_applies", patches),
    ("a_second_export_changes_nothing", export_twice),
    ("make_runs_all_tests", |place| make::all(place.copy()?)),
    ("an_edit_fails_its_test", |place| {
        edit::check(&place.tree, place.copy()?)
    }),
    ("each_target_of_make_does_what_it_says", |place| {
        make::targets(&place.root, &place.tree, place.copy()?)
    }),
    ("watch_runs_again_on_each_save", |place| {
        watch::check(&place.tree, place.copy()?)
    }),
    ("since_runs_what_was_touched", |place| {
        since::check(&place.tree, place.copy()?)
    }),
    ("verbs_show_the_last_run", |place| {
        verbs::check(place.copy()?)
    }),
    ("review_takes_and_drops_snapshots", |place| {
        review::check(place.copy()?)
    }),
    ("new_writes_a_test_that_passes", |place| {
        new::check(place.copy()?)
    }),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Why: they share the tree.
    arguments.test_threads = Some(1);
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    match place() {
        Ok(place) => libtest_mimic::run(&arguments, trials(Some(&Arc::new(place)))).exit_code(),
        Err(error) => exit::code(Err(error)),
    }
}

/// The checks as tests, in a place unless they are only listed.
fn trials(place: Option<&Arc<Place>>) -> Vec<Trial> {
    let trial = |(name, check): (&'static str, Check)| {
        let place = place.cloned();
        Trial::test(name, move || {
            let place = place.context("there is no tree")?;
            console::status("Stage", name);
            let start = Instant::now();
            let done = check(&place);
            if process::interrupted() {
                process::wait_for_the_end();
            }
            console::line(&format!("{name}: {:.1} s", start.elapsed().as_secs_f64()));
            match done {
                Ok(Done::AllPassed) => Ok(()),
                Ok(Done::SomeFailed) => Err("a command that should succeed has failed".into()),
                Err(error) => Err(format!("{error:#}").into()),
            }
        })
    };
    CHECKS.into_iter().map(trial).collect()
}

/// The tree that was just unpacked for this, or one that is now.
fn place() -> anyhow::Result<Place> {
    process::watch_for_interrupts()?;
    let root = workspace::root()?;
    let tree = match std::env::var_os(tree::TREE_ENV) {
        Some(tree) => tree.into(),
        None => tree::unpacked(&root, &KernelArgs::packaged(replay::KERNEL, Setup::Refuse))?,
    };
    Ok(Place {
        root,
        tree,
        exported: OnceLock::new(),
    })
}

fn patches(place: &Place) -> anyhow::Result<Done> {
    let directory = tempfile::tempdir().context("cannot create a directory")?;
    roadtest_export::rehearse(&place.root, &place.tree, directory.path())
}

fn export_twice(place: &Place) -> anyhow::Result<Done> {
    place.copy()?;
    let again = roadtest_export::copy(&place.root, &place.tree)?;
    if !again.contains("up to date") {
        bail!("a second export is not without effect: {again}");
    }
    Ok(Done::AllPassed)
}
