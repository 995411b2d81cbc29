// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which file belongs to which patch, and what the patches say of themselves:
//! a crate each, then the tests of a subsystem each, then documentation.

use std::collections::BTreeMap;

use crate::DIRECTORY;
use crate::checkpatch::Exception;
use crate::content::Content;

/// One patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The subject.
    pub(super) subject: String,
    /// The description.
    pub(super) text: String,
    /// The files that it adds.
    pub(super) paths: Vec<String>,
    /// Whether it adds the page to the index.
    pub(super) indexed: bool,
    /// Whether it adds the section to MAINTAINERS.
    pub(super) lists: bool,
}

/// Where a patch comes in the series: lower libraries first, so that each
/// crate only uses what is there already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Crate(usize, String),
    Xtask,
    /// It uses the commands.
    Checks,
    Base,
    Subsystem(String),
    Workspace,
    Documentation,
}

/// The crates from the bottom to the top. One that is not listed comes last.
const CRATES: [(&str, &str); 18] = [
    (
        "roadtest-wire",
        "the messages between a test and the agent in the guest",
    ),
    (
        "roadtest-model",
        "what a model of a chip is: bytes, levels and virtual time",
    ),
    ("roadtest-record", "what is kept of a build and of a test"),
    ("roadtest-dt", "the devicetree of a board, as a value"),
    (
        "roadtest-kconfig",
        "fragments of Kconfig, merged and verified",
    ),
    ("roadtest-time", "the controller of UML's virtual time"),
    (
        "roadtest-virtio",
        "the virtio devices, as functions of a request",
    ),
    (
        "roadtest-vhost",
        "the service behind UML's vhost-user sockets",
    ),
    (
        "roadtest-agent",
        "the program in the guest that answers a test's requests",
    ),
    (
        "roadtest-uml",
        "the way from a kernel tree to a kernel that can be booted",
    ),
    (
        "roadtest-command",
        "what every command stands on: output, exit codes, processes",
    ),
    (
        "roadtest-report",
        "what people and programs read about tests",
    ),
    (
        "roadtest-run",
        "the way from a command to the verdicts of the tests",
    ),
    (
        "roadtest-scaffold",
        "the files of a first test for a driver",
    ),
    ("roadtest-export", "the way of all this into a kernel tree"),
    (
        "roadtest",
        "what the authors of tests use: boards, drivers, timelines",
    ),
    ("roadtest-chips", "the models of chips"),
    ("roadtest-drivers", "the driver tests"),
];

/// The series.
pub(super) fn parts(content: &Content) -> Vec<Part> {
    let mut places: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for path in content.items.keys() {
        places.entry(place(path)).or_default().push(path.clone());
    }
    places
        .into_iter()
        .map(|(place, paths)| part(&place, paths))
        .collect()
}

fn place(path: &str) -> Place {
    let Some(own) = path
        .strip_prefix(DIRECTORY)
        .map(|own| own.trim_start_matches('/'))
    else {
        return Place::Documentation;
    };
    let words: Vec<&str> = own.split('/').collect();
    match words.as_slice() {
        ["kconfig-fragments" | "snapshots", subsystem, _, ..] => {
            Place::Subsystem((*subsystem).to_owned())
        }
        ["kconfig-fragments", _] => Place::Base,
        ["crates", "roadtest-chips", "src", rest @ ..]
        | ["crates", "roadtest-drivers", "tests", rest @ ..]
            if !rest.is_empty() && rest != ["lib.rs"] && rest != ["drivers.rs"] =>
        {
            Place::Subsystem(rest[0].trim_end_matches(".rs").to_owned())
        }
        // Their lists of modules name every subsystem.
        ["crates", "roadtest-chips" | "roadtest-drivers", ..] => Place::Workspace,
        ["crates", "roadtest-ci", ..] => Place::Checks,
        ["crates", name, ..] => {
            let known = CRATES.iter().position(|(known, _)| known == name);
            Place::Crate(known.unwrap_or(CRATES.len()), (*name).to_owned())
        }
        ["xtask", ..] => Place::Xtask,
        _ => Place::Workspace,
    }
}

fn part(place: &Place, paths: Vec<String>) -> Part {
    let (subject, text) = match place {
        Place::Crate(number, name) => {
            let what = CRATES
                .get(*number)
                .map_or("a part of the framework", |(_, what)| what);
            (
                format!("roadtest: add the crate {name}"),
                format!("This is {what}."),
            )
        }
        Place::Xtask => (
            "roadtest: add the commands".to_owned(),
            "`cargo xtask` builds UML, runs the tests and shows what became of them.".to_owned(),
        ),
        Place::Checks => (
            "roadtest: add the checks of its developers".to_owned(),
            "`cargo xtask ci` does all of them; a run of tests needs none.".to_owned(),
        ),
        Place::Base => (
            "roadtest: add the configuration of the kernel".to_owned(),
            "These fragments are merged into the configuration of every kernel that\n\
             tests are run on."
                .to_owned(),
        ),
        Place::Subsystem(name) => (
            format!("roadtest: {name}: add models and tests"),
            format!(
                "Models of chips, tests of their drivers, the fragments that enable the\n\
                 drivers, and snapshots of what they say to the chips, all below\n\
                 drivers/{name}."
            ),
        ),
        Place::Workspace => (
            "roadtest: add the workspace and its Makefile".to_owned(),
            "With the lists of all crates and all tests in place,\n\
             `make -C tools/testing/roadtest` runs the tests."
                .to_owned(),
        ),
        Place::Documentation => (
            "Documentation: dev-tools: add roadtest".to_owned(),
            "Say what roadtest is for, how to run it and how to use it while editing a\n\
             driver. Add a section to MAINTAINERS."
                .to_owned(),
        ),
    };
    let last = *place == Place::Documentation;
    Part {
        subject,
        text,
        paths,
        indexed: last,
        lists: last,
    }
}

/// The cover letter: subject, blank line, text.
pub(super) fn letter(exceptions: &[Exception]) -> String {
    let mut text = "\
roadtest: test drivers against models of their devices

roadtest runs unmodified drivers in a User Mode Linux kernel and talks to
them over models of their devices, written in Rust, which sit behind virtio
devices. A test drives the driver through its userspace interface, and checks
what userspace sees and what the driver did to the device. Each test boots a
kernel of its own, in virtual time, and its log is the same in each run.

The series adds the framework to tools/testing/roadtest, a crate at a time
from the bottom to the top, then models and tests by subsystem, then the
workspace that makes all of it buildable, then its documentation. Nothing
else in the tree is changed, apart from the index of the documentation and
MAINTAINERS.

    make -C tools/testing/roadtest

builds UML from the tree and runs the tests. Rust is needed on the host; the
kernel itself needs no Rust.
"
    .to_owned();
    if !exceptions.is_empty() {
        text.push_str("\nscripts/checkpatch.pl is silent but for these, which are accepted:\n\n");
    }
    for known in exceptions {
        text.push_str(&format!("  {}:\n    {}\n", known.kind, known.reason));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Place {
        place(&format!("{DIRECTORY}/{path}"))
    }

    #[test]
    fn what_belongs_to_a_subsystem_is_in_one_patch() {
        let iio = Place::Subsystem("iio".to_owned());
        for path in [
            "crates/roadtest-chips/src/iio/light/opt3001.rs",
            "crates/roadtest-chips/src/iio.rs",
            "crates/roadtest-drivers/tests/iio/light/opt3001.rs",
            "kconfig-fragments/iio/light/opt3001.config",
            "snapshots/iio/light/opt3001/x.snap",
        ] {
            assert_eq!(of(path), iio, "{path}");
        }
    }

    #[test]
    fn lower_crates_come_before_higher_ones_and_documentation_last() {
        assert!(of("crates/roadtest-wire/Cargo.toml") < of("crates/roadtest/src/lib.rs"));
        assert!(of("crates/roadtest/src/lib.rs") < of("crates/new/src/lib.rs"));
        assert!(of("crates/new/src/lib.rs") < of("xtask/src/main.rs"));
        assert!(of("xtask/src/main.rs") < of("kconfig-fragments/iio/a.config"));
        assert!(of("kconfig-fragments/iio/a.config") < of("Cargo.toml"));
        assert!(of("Cargo.toml") < place("Documentation/dev-tools/roadtest.rst"));
        assert_eq!(of("crates/roadtest-chips/src/lib.rs"), Place::Workspace);
    }

    #[test]
    fn the_letter_names_the_exceptions() {
        let letter = letter(&[Exception {
            kind: "LONG_LINE".to_owned(),
            reason: "rustfmt decides".to_owned(),
        }]);
        assert!(letter.ends_with("  LONG_LINE:\n    rustfmt decides\n"));
        assert!(letter.lines().all(|line| line.len() <= 80));
    }
}
