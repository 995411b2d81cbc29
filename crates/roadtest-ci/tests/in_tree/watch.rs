// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `--watch`: a verdict at once, one for each save, and an end with Ctrl-C
//! that leaves nothing behind, also in the middle of a run.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use roadtest_ci::running::Running;
use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;
use roadtest_command::leftovers;

use super::DRIVER;
use super::edit::Source;

/// For a verdict: a module is built, and a driver's tests run.
const VERDICT: Duration = Duration::from_secs(180);
/// For what needs no work.
const SOON: Duration = Duration::from_secs(20);

/// Breaks a driver while it is watched, mends it, breaks it again, and
/// interrupts.
///
/// # Errors
/// What does not come, or not in time.
pub(crate) fn check(tree: &Path, copy: &Scratch) -> anyhow::Result<Done> {
    leftovers::remove_dead();
    let driver = Source::of(tree, DRIVER)?;
    let mut watch = Running::start(copy.xtask(&["roadtest", "--watch", DRIVER]))?;
    let good = " passed, 0 failed";
    watch.wait_for(good, VERDICT)?;
    watch.wait_for("for a change (Ctrl-C ends this)", SOON)?;

    driver.break_it()?;
    watch.wait_for("Changed opt3001.c", SOON)?;
    watch.wait_for("FAIL", VERDICT)?;
    watch.wait_for("for a change", VERDICT)?;

    driver.mend()?;
    watch.wait_for("Changed opt3001.c", SOON)?;
    watch.wait_for(good, VERDICT)?;
    watch.wait_for("for a change", SOON)?;

    driver.break_it()?;
    watch.wait_for("FAIL", VERDICT)?;
    watch.interrupt()?;
    watch.end(SOON)?.expect(130, &["interrupted"])?;
    let (processes, directories) = leftovers::remove_dead();
    if processes + directories > 0 {
        bail!("an interrupted --watch leaves {processes} processes and {directories} directories");
    }
    Ok(Done::AllPassed)
}
