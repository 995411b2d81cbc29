// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The tests that are compiled into this program.

use super::Test;

/// All of them, sorted by name.
pub(super) fn all() -> Vec<&'static Test> {
    let mut tests: Vec<&Test> = inventory::iter::<Test>.into_iter().collect();
    tests.sort_by_key(|test| (test.module, test.name));
    tests
}
