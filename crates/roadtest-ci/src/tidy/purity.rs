// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Nothing below `roadtest` prints, sleeps or reads a clock, except the
//! layers that own time, sockets and processes. Tests may.

use super::{File, Problem};

/// The packages that compute and nothing else.
const PURE: [&str; 7] = [
    "crates/roadtest-model/src/",
    "crates/roadtest-chips/src/",
    "crates/roadtest-virtio/src/",
    "crates/roadtest-dt/src/",
    "crates/roadtest-wire/src/",
    "crates/roadtest-kconfig/src/",
    "crates/roadtest-record/src/",
];

/// Where the checkout is can only be seen at run time.
const MAY_LOOK: &str = "crates/roadtest-record/src/workspace.rs";

/// What they must not say, and what that is called.
const FORBIDDEN: [(&str, &str); 9] = [
    ("println!", "prints"),
    ("print!", "prints"),
    ("eprintln!", "prints"),
    ("thread::sleep", "sleeps"),
    ("thread::spawn", "starts a thread"),
    ("Instant::now", "reads a clock"),
    ("SystemTime", "reads a clock"),
    ("env::var", "reads the environment"),
    ("HashMap", "has no order: use BTreeMap"),
];

/// Checks the pure packages.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let pure = files.iter().filter(|file| {
        file.has_extension("rs")
            && file.path != MAY_LOOK
            && PURE
                .iter()
                .any(|directory| file.path.starts_with(directory))
    });
    let mut problems = Vec::new();
    for file in pure {
        for (number, line) in file.code() {
            let found = FORBIDDEN.iter().find(|(word, _)| line.contains(word));
            if let Some((word, what)) = found {
                problems.push(Problem::at(file, number, format!("{word} {what}")));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    #[test]
    fn a_model_does_not_read_the_clock_but_its_tests_may() {
        let text = "let a = Instant::now();\n// Instant::now\n#[cfg(test)]\nInstant::now()\n";
        let chip = file("crates/roadtest-chips/src/iio.rs", text);
        let found = told(&check(&[chip]));
        assert_eq!(
            found,
            "crates/roadtest-chips/src/iio.rs:1: Instant::now reads a clock"
        );
        assert_eq!(check(&[file("crates/roadtest-time/src/lib.rs", text)]), []);
    }
}
