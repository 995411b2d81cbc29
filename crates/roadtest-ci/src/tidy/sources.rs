// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What every source file has (a licence, a header) and what none has: a
//! path of one machine, or `unsafe` outside its home.

use super::{File, Problem};

/// The licence of every source file.
const LICENCE: &str = "SPDX-License-Identifier: GPL-2.0-only OR MIT";

/// Extensions of source files, and how their comments start.
const COMMENTS: [(&str, &str); 11] = [
    ("rs", "// "),
    ("toml", "# "),
    ("config", "# "),
    ("sh", "# "),
    ("py", "# "),
    ("yml", "# "),
    ("yaml", "# "),
    ("js", "// "),
    ("css", "/* "),
    ("html", "<!-- "),
    ("rst", ".. "),
];

/// Files without an extension that are sources.
const SCRIPTS: [&str; 2] = [".ci/run", "Makefile"];

/// Where `unsafe` is at home.
const UNSAFE_HOMES: [&str; 1] = ["crates/roadtest-agent/"];

/// Where `unsafe` is a guest, and why.
const UNSAFE_GUESTS: [(&str, &str); 1] = [(
    "crates/roadtest/src/machine/process.rs",
    "a parent-death signal can only be asked for between fork and exec",
)];

/// Parts of paths that only exist on one machine. Written in two
/// parts, so that this file does not contain them.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// Files longer than this deserve a second thought.
const LONG: usize = 500;

/// Checks all files.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files {
        problems.extend(licence(file));
        problems.extend(machine_paths(file));
        if file.has_extension("rs") {
            problems.extend(header(file));
            problems.extend(unsafe_code(file));
            problems.extend(lost_test(file));
        }
    }
    problems
}

/// Files to think about; not wrong by themselves.
pub(super) fn long(files: &[File]) -> Vec<Problem> {
    let sources = files.iter().filter(|file| file.has_extension("rs"));
    sources
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONG)
        .map(|(file, lines)| Problem::whole(&file.path, format!("{lines} lines: think again")))
        .collect()
}

/// Test targets that the harness of `roadtest` runs. The compiler drops an
/// ordinary test there, and says nothing.
const HARNESS: [&str; 2] = ["crates/roadtest-drivers/tests/", "crates/roadtest/tests/"];

fn lost_test(file: &File) -> Option<Problem> {
    if !HARNESS
        .iter()
        .any(|directory| file.path.starts_with(directory))
    {
        return None;
    }
    let (number, _) = file.lines().find(|(_, line)| line.trim() == "#[test]")?;
    let text = "this test never runs: write #[roadtest::test]";
    Some(Problem::at(file, number, text))
}

fn comment(file: &File) -> Option<&'static str> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if SCRIPTS
        .iter()
        .any(|script| file.path == *script || name == *script)
    {
        return Some("# ");
    }
    let found = COMMENTS
        .iter()
        .find(|(extension, _)| file.has_extension(extension));
    found.map(|(_, comment)| *comment)
}

fn licence(file: &File) -> Option<Problem> {
    let comment = comment(file)?;
    let mut lines = file.text.lines();
    let mut first = lines.next().unwrap_or_default();
    if first.starts_with("#!") && !first.starts_with("#![") {
        first = lines.next().unwrap_or_default();
    }
    let wanted = format!("{comment}{LICENCE}");
    (!first.starts_with(&wanted))
        .then(|| Problem::at(file, 1, format!("must start with '{wanted}'")))
}

fn header(file: &File) -> Option<Problem> {
    let first = file
        .lines()
        .find(|(_, line)| !line.is_empty() && !line.starts_with("// ") && !line.starts_with("#!"));
    match first {
        Some((_, line)) if line.starts_with("//!") => None,
        _ => Some(Problem::at(
            file,
            2,
            "must say in `//!` what it is and what it is not",
        )),
    }
}

fn machine_paths(file: &File) -> Vec<Problem> {
    let found = file.lines().filter_map(|(number, line)| {
        let path = MACHINE_PATHS.iter().find(|path| line.contains(*path))?;
        let before = line.split(*path).next()?.chars().last();
        // Why: `arch/um/ho…/x` and `https://host/ro…/` are not such paths.
        let starts_a_path = before.is_none_or(|c| !c.is_alphanumeric() && !"._-}>/".contains(c));
        starts_a_path
            .then(|| Problem::at(file, number, format!("{path} exists on one machine only")))
    });
    found.collect()
}

fn unsafe_code(file: &File) -> Vec<Problem> {
    let at_home = UNSAFE_HOMES.iter().any(|home| file.path.starts_with(home));
    let guest = UNSAFE_GUESTS.iter().any(|(path, _)| file.path == *path);
    if at_home || guest {
        return Vec::new();
    }
    unsafe_lines(file)
        .map(|number| Problem::at(file, number, format!("{UNSAFE}has no place here")))
        .collect()
}

/// The keyword, written so that this file has none.
const UNSAFE: &str = concat!("un", "safe ");

fn unsafe_lines(file: &File) -> impl Iterator<Item = usize> {
    let is_use = |line: &str| {
        let rest = line.split_once(UNSAFE).map_or("", |(_, rest)| rest);
        ["{", "fn ", "impl ", "extern ", "trait "]
            .iter()
            .any(|next| rest.starts_with(next))
    };
    file.lines()
        .filter(move |(_, line)| !line.trim_start().starts_with("//") && is_use(line))
        .map(|(number, _)| number)
}

/// Places where it is allowed and not used.
pub(super) fn unneeded(files: &[File]) -> Vec<Problem> {
    let guests = UNSAFE_GUESTS.iter().map(|(path, _)| *path);
    let places = UNSAFE_HOMES.into_iter().chain(guests);
    let is_used = |place: &str| {
        let mut within = files
            .iter()
            .filter(|file| file.has_extension("rs") && file.path.starts_with(place));
        within.any(|file| unsafe_lines(file).next().is_some())
    };
    places
        .filter(|place| !is_used(place))
        .map(|place| {
            let text = format!("has no {UNSAFE}code: forbid it there, and do not allow it here");
            Problem::whole(place, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    fn checked(path: &str, text: &str) -> String {
        told(&check(&[file(path, text)]))
    }

    #[test]
    fn a_good_file_has_no_problems() {
        let text = format!("// {LICENCE}\n//! A thing.\n\nfn main() {{}}\n");
        assert_eq!(checked("crates/x/src/lib.rs", &text), "");
        let script = format!("#!/bin/bash\n# {LICENCE}\n");
        assert_eq!(checked(".ci/run", &script), "");
    }

    #[test]
    fn licence_and_header_are_missed() {
        let found = checked("crates/x/src/lib.rs", "fn main() {}\n");
        assert!(found.contains("SPDX") && found.contains("//!"), "{found}");
        assert!(checked("kconfig-fragments/base.config", "CONFIG_A=y\n").contains("# SPDX"));
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        let path = format!("{}me/src", MACHINE_PATHS[0]);
        assert!(checked("README.md", &format!("cd {path}\n")).starts_with("README.md:1: "));
        assert_eq!(checked("README.md", &format!("see arch{path}\n")), "");
    }

    #[test]
    fn unsafe_code_stays_at_home() {
        let code = format!(
            "// {LICENCE}\n//! A thing.\n{}{{}}\n",
            concat!("un", "safe ")
        );
        assert!(checked("crates/roadtest/src/lib.rs", &code).contains(":3: "));
        assert_eq!(checked("crates/roadtest-agent/src/main.rs", &code), "");
    }

    #[test]
    fn a_place_that_needs_no_unsafe_code_is_not_allowed_any() {
        let code = format!("{}{{}}\n", UNSAFE);
        let guests = UNSAFE_GUESTS.map(|(path, _)| file(path, &code));
        let mut files = Vec::from(guests);
        let unneeded_now = told(&unneeded(&files));
        assert!(unneeded_now.starts_with("crates/roadtest-agent/: has no "));
        assert_eq!(unneeded_now.lines().count(), 1);
        files.push(file("crates/roadtest-agent/src/sys.rs", &code));
        assert_eq!(unneeded(&files), []);
    }

    #[test]
    fn a_test_that_the_compiler_would_drop_is_found() {
        let code = format!("// {LICENCE}\n//! A thing.\n\n#[test]\nfn reads() {{}}\n");
        let found = checked("crates/roadtest-drivers/tests/rtc/a.rs", &code);
        assert!(found.contains(":4: this test never runs"), "{found}");
        assert_eq!(checked("crates/roadtest-model/tests/a.rs", &code), "");
    }

    #[test]
    fn long_files_are_noticed() {
        let text = "\n".repeat(LONG + 1);
        assert_eq!(long(&[file("a.rs", &text)]).len(), 1);
        assert_eq!(long(&[file("a.snap", &text)]).len(), 0);
    }
}
