// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a lint or a rule of the style forbids, written so that no lint sees it.
//! Tests may, except where the place of the checkout is concerned.

use super::{File, Problem};

/// One thing that is not written.
struct Evasion {
    /// How it looks, in two parts, so that this file does not contain it.
    text: &'static str,
    /// What to do instead.
    instead: &'static str,
    /// Where it is looked for.
    within: Within,
    /// Files and directories that have it for now. One that has it no more is a
    /// problem itself.
    except: &'static [&'static str],
}

/// Where something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// Code, but that of tests.
    Code,
    /// All lines.
    Everything,
}

const EVASIONS: [Evasion; 2] = [
    Evasion {
        text: concat!("map_err(", "|_"),
        instead: "an error keeps its cause: take it into the new one",
        within: Within::Code,
        except: &[],
    },
    Evasion {
        text: concat!("env!(\"CARGO_", "MANIFEST_DIR\")"),
        instead: "a checkout can be moved: see roadtest_record::workspace, \
                  or a path relative to the package in its tests",
        within: Within::Everything,
        except: &[],
    },
];

/// Checks all Rust files.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    EVASIONS
        .iter()
        .flat_map(|evasion| evasion.check(files))
        .collect()
}

impl Evasion {
    fn check(&self, files: &[File]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut needed = vec![false; self.except.len()];
        for file in files.iter().filter(|file| file.has_extension("rs")) {
            let exception = self
                .except
                .iter()
                .position(|place| file.path.starts_with(place));
            for number in self.lines(file) {
                match exception {
                    Some(index) => needed[index] = true,
                    None => problems.push(Problem::at(file, number, self.instead)),
                }
            }
        }
        let unneeded = self.except.iter().zip(needed);
        let unneeded = unneeded.filter(|(_, needed)| !needed).map(|(place, _)| {
            let text = format!("has no {} any more: remove the exception", self.text);
            Problem::whole(place, text)
        });
        problems.extend(unneeded);
        problems
    }

    fn lines(&self, file: &File) -> Vec<usize> {
        let has = |(number, line): (usize, &str)| line.contains(self.text).then_some(number);
        match self.within {
            Within::Code => file.code().filter_map(has).collect(),
            Within::Everything => file.lines().filter_map(has).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    const EVASION: Evasion = Evasion {
        text: "drop_it",
        instead: "keep it",
        within: Within::Code,
        except: &["old/"],
    };

    #[test]
    fn what_no_lint_sees_is_found_but_in_tests() {
        let text = "a(drop_it)\n// drop_it\n#[cfg(test)]\ndrop_it\n";
        let files = [file("new/a.rs", text), file("old/a.rs", text)];
        assert_eq!(told(&EVASION.check(&files)), "new/a.rs:1: keep it");
    }

    #[test]
    fn an_exception_that_nothing_needs_goes() {
        let problems = EVASION.check(&[file("old/a.rs", "kept\n")]);
        let text = "old/: has no drop_it any more: remove the exception";
        assert_eq!(told(&problems), text);
    }
}
