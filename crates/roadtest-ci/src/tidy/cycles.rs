// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Modules of one package that know each other in a cycle: none can be read,
//! tested or moved without the others. Only the modules at the top of a
//! package count; what is below one of them is its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Problem};

/// Packages that have cycles for now. One that has none any more is a problem
/// itself.
const EXCEPT: &[&str] = &["crates/roadtest/src"];

/// The modules of a package, each with those that it names.
type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Checks all packages.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    checked(files, EXCEPT)
}

fn checked(files: &[File], except: &[&str]) -> Vec<Problem> {
    let mut packages: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.has_extension("rs")) {
        if let Some((package, _)) = file.path.split_once("/src/") {
            let source = &file.path[..package.len() + "/src".len()];
            packages.entry(source).or_default().push(file);
        }
    }
    let mut problems = Vec::new();
    for (source, files) in packages {
        let cycle = cycle(&graph(source, &files));
        match (cycle, except.contains(&source)) {
            (Some(cycle), false) => {
                let text = format!("knows itself in a cycle: {}", cycle.join(" → "));
                problems.push(Problem::whole(source, text));
            }
            (None, true) => {
                let text = "has no cycle of modules any more: remove the exception";
                problems.push(Problem::whole(source, text));
            }
            _ => {}
        }
    }
    problems
}

fn graph<'a>(source: &str, files: &[&'a File]) -> Graph<'a> {
    let mut graph = Graph::new();
    for file in files {
        let below = file.path[source.len()..].trim_start_matches('/');
        let module = below.split('/').next().unwrap_or(below);
        let module = module.strip_suffix(".rs").unwrap_or(module);
        if matches!(module, "lib" | "main") || below.ends_with("tests.rs") {
            continue;
        }
        let known: &mut BTreeSet<&str> = graph.entry(module).or_default();
        known.extend(named(file).into_iter().filter(|name| *name != module));
    }
    // What is named may be an item of lib.rs, which is no module.
    let modules: BTreeSet<&str> = graph.keys().copied().collect();
    for known in graph.values_mut() {
        known.retain(|name| modules.contains(name));
    }
    graph
}

/// What stands behind `crate::` in the code of a file.
fn named(file: &File) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut open = 0;
    for (_, line) in file.code() {
        let mut rest = line;
        if open > 0 {
            rest = list(rest, &mut open, &mut names);
        }
        while let Some((_, after)) = rest.split_once("crate::") {
            rest = match after.strip_prefix('{') {
                Some(inside) => {
                    open = 1;
                    list(inside, &mut open, &mut names)
                }
                None => {
                    names.insert(word(after));
                    after
                }
            };
        }
    }
    names
}

/// Takes the names at the top of a braced list, as far as the line goes.
/// `open` counts the braces that are open. Returns what follows the list.
fn list<'a>(text: &'a str, open: &mut usize, names: &mut BTreeSet<&'a str>) -> &'a str {
    let mut start = true;
    for (at, c) in text.char_indices() {
        match c {
            '{' => *open += 1,
            '}' => {
                *open -= 1;
                if *open == 0 {
                    return &text[at + 1..];
                }
            }
            ',' => start = true,
            c if *open == 1 && start && c.is_alphabetic() => {
                names.insert(word(&text[at..]));
                start = false;
            }
            _ => {}
        }
    }
    ""
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// A shortest cycle, from a module back to itself; `None` where there is none.
fn cycle<'a>(graph: &Graph<'a>) -> Option<Vec<&'a str>> {
    let cycles = graph.keys().filter_map(|module| way_back(graph, module));
    cycles.min_by_key(Vec::len)
}

/// The shortest way from a module back to itself.
fn way_back<'a>(graph: &Graph<'a>, module: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![module]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last()?;
            for next in graph.get(last).into_iter().flatten() {
                let way = [way.as_slice(), &[*next]].concat();
                if *next == module {
                    return Some(way);
                }
                if seen.insert(*next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    fn package(apt: &str, source: &str) -> Vec<File> {
        vec![
            file("crates/a/src/lib.rs", "mod apt;\nmod source;\n"),
            file("crates/a/src/apt.rs", apt),
            file("crates/a/src/apt/mirror.rs", "use crate::apt;\n"),
            file("crates/a/src/source.rs", source),
        ]
    }

    #[test]
    fn modules_that_know_each_other_are_named() {
        let files = package(
            "use crate::source::Package;\n",
            "use crate::{\n    apt,\n};\n",
        );
        assert_eq!(
            told(&checked(&files, &[])),
            "crates/a/src: knows itself in a cycle: apt → source → apt"
        );
        assert_eq!(checked(&files, &["crates/a/src"]), []);
    }

    #[test]
    fn one_direction_is_no_cycle_and_neither_are_tests_or_comments() {
        let source = "use crate::{Error, apt::{self, Deb}};\n";
        let apt = "// crate::source\n#[cfg(test)]\nuse crate::source;\n";
        let files = package(apt, source);
        assert_eq!(checked(&files, &[]), []);
        assert_eq!(
            told(&checked(&files, &["crates/a/src"])),
            "crates/a/src: has no cycle of modules any more: remove the exception"
        );
    }

    #[test]
    fn only_the_top_of_a_list_counts() {
        let text = "use crate::{apt::{source, Deb}, cache};\nlet a = crate::error::Error;\n";
        let file = file("crates/a/src/x.rs", text);
        let names: Vec<&str> = named(&file).into_iter().collect();
        assert_eq!(names, ["apt", "cache", "error"]);
    }
}
