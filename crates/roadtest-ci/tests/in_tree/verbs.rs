// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The verbs that show something, as their user gives them: of a kernel, of
//! the tests, of the last run. Whether what they show is right is tested where
//! it is made.

use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;

use super::review::TEST;

/// Wants each to show what it is about, for the run of one test.
///
/// # Errors
/// What does not.
pub(crate) fn check(copy: &Scratch) -> anyhow::Result<Done> {
    copy.run(&["build"])?.expect(0, &["is ready"])?;
    copy.run(&["doctor"])?.expect(0, &["found gcc"])?;
    copy.run(&["list", "opt3001"])?.expect(0, &[TEST])?;
    copy.run(&["list", "opt3002"])?.expect(
        2,
        &["no test matches 'opt3002'; nearest: iio/light/opt3001"],
    )?;

    copy.run(&["roadtest", TEST])?
        .expect(0, &["1 passed, 0 failed"])?;
    let log = |words: &[&str]| copy.run(&[&["log", TEST], words].concat());
    log(&["--time"])?.expect(0, &["R RESULT          28ac"])?;
    log(&["--chip", "opt3001", "--json"])?.expect(0, &["\"RESULT\""])?;
    log(&["--chip", "opt3002"])?.expect(2, &["opt3002", "opt3001"])?;
    copy.run(&["dts", TEST])?
        .expect(0, &["/dts-v1/;", "compatible = \"ti,opt3001\""])?;
    copy.run(&["dts", "no_such_test"])?
        .expect(2, &["no test matches 'no_such_test'"])?;
    copy.run(&["describe", "opt3001"])?
        .expect(0, &["| 0x00 | RESULT | ro |"])?;
    copy.run(&["report", "ktap=-"])?
        .expect(0, &["KTAP version 1", "# Subtest: iio/light/opt3001"])?;
    copy.run(&["bench", "--runs", "3"])?
        .expect(0, &["empty_test", "virtual_hour"])?;
    Ok(Done::AllPassed)
}
