// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `review`: a snapshot that does not hold any more fails its test, waits, and
//! is dropped or taken.

use std::fs;

use anyhow::{Context as _, bail};
use roadtest_ci::running::said;
use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;

/// A test with a snapshot, and a line of that.
pub(crate) const TEST: &str =
    "iio/light/opt3001/reading_converts_once_and_fetches_the_result_when_it_is_ready";
const LINE: &str = "W CONFIG          ca10  mode=Single\n";

/// Takes a line out of an accepted snapshot, so that the driver does more than
/// was agreed.
///
/// # Errors
/// What is not as documented.
pub(crate) fn check(copy: &Scratch) -> anyhow::Result<Done> {
    let snapshot = copy
        .root
        .join("snapshots")
        .join(TEST)
        .with_extension("snap");
    let draft = snapshot.with_extension("snap.new");
    let agreed = fs::read_to_string(&snapshot).context("the snapshot is not there any more")?;
    let less = agreed.replacen(LINE, "", 1);
    if less == agreed {
        bail!("the snapshot has no line {LINE}");
    }
    fs::write(&snapshot, &less).context("cannot write a snapshot")?;
    let run = || copy.run(&["roadtest", TEST]);
    let review = |words: &[&str]| copy.run(&[&["review"], words].concat());

    run()?.expect(1, &["FAIL"])?;
    let waits = "1 snapshot waits for review";
    let added = format!("+{LINE}");
    said(copy.make(&["review"]))?.expect(2, &[&added, waits, "Error 1"])?;
    review(&["--accept", "no_such_test"])?.expect(2, &["no changed snapshot matches"])?;
    review(&["--reject", "opt3001"])?.expect(0, &["no snapshot waits for review"])?;
    if draft.exists() || fs::read_to_string(&snapshot)? != less {
        bail!("a rejected change is still there");
    }

    run()?.expect(1, &["FAIL"])?;
    review(&["--accept", "*"])?.expect(0, &["no snapshot waits for review"])?;
    if draft.exists() || fs::read_to_string(&snapshot)? != agreed {
        bail!("an accepted change is not what the driver does");
    }
    run()?.expect(0, &["1 passed, 0 failed"])?;
    review(&[])?.expect(0, &["no snapshot has changed"])?;
    Ok(Done::AllPassed)
}
