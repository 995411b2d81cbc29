// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which package may know which: the dependency direction of the workspace,
//! and the libraries that a chip must not see.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Problem;

/// Every package, and what it depends on of this project, from the bottom to
/// the top. Dependencies of tests count, too. Nothing is allowed in reserve: an
/// entry that no manifest has is as wrong as one that is missing.
const KNOWS: &[(&str, &[&str])] = &[
    ("roadtest-model", &[]),
    ("roadtest-chips", &["roadtest-model"]),
    ("roadtest-virtio", &["roadtest-model"]),
    ("roadtest-time", &["roadtest-model"]),
    ("roadtest-vhost", &[]),
    ("roadtest-dt", &[]),
    ("roadtest-wire", &[]),
    ("roadtest-agent", &["roadtest-wire"]),
    ("roadtest-kconfig", &[]),
    ("roadtest-record", &[]),
    ("roadtest-macros", &[]),
    (
        "roadtest",
        &[
            "roadtest-chips",
            "roadtest-dt",
            "roadtest-macros",
            "roadtest-model",
            "roadtest-record",
            "roadtest-time",
            "roadtest-vhost",
            "roadtest-virtio",
            "roadtest-wire",
        ],
    ),
    ("roadtest-drivers", &["roadtest", "roadtest-chips"]),
    ("roadtest-uml", &["roadtest-kconfig", "roadtest-record"]),
    ("roadtest-command", &["roadtest-record"]),
    ("roadtest-report", &["roadtest-command", "roadtest-record"]),
    (
        "roadtest-run",
        &[
            "roadtest-command",
            "roadtest-record",
            "roadtest-report",
            "roadtest-uml",
        ],
    ),
    (
        "roadtest-scaffold",
        &[
            "roadtest-command",
            "roadtest-kconfig",
            "roadtest-record",
            "roadtest-report",
            "roadtest-run",
        ],
    ),
    ("roadtest-export", &["roadtest-command", "roadtest-uml"]),
    (
        "xtask",
        &[
            "roadtest-chips",
            "roadtest-command",
            "roadtest-export",
            "roadtest-model",
            "roadtest-report",
            "roadtest-run",
            "roadtest-scaffold",
        ],
    ),
    (
        "roadtest-ci",
        &[
            "roadtest-command",
            "roadtest-export",
            "roadtest-record",
            "roadtest-report",
            "roadtest-run",
            "roadtest-uml",
            "xtask",
        ],
    ),
];

/// A model is a pure state machine: it sees none of these.
const PURE: [&str; 2] = ["roadtest-model", "roadtest-chips"];
const NOT_FOR_MODELS: [&str; 7] = [
    "libc",
    "rustix",
    "vhost",
    "vhost-user-backend",
    "virtio-queue",
    "vm-fdt",
    "vm-memory",
];

/// What to do with an entry that is not true any more.
const REMOVE: &str = "remove it from crates/roadtest-ci/src/tidy/layers.rs";

/// One dependency of one package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: String,
    to: String,
    reach: Reach,
}

/// Who sees a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// The package.
    Whole,
    /// Its tests.
    Tests,
}

/// Checks all packages of the workspace.
///
/// # Errors
/// Where cargo cannot read the workspace.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Problem>> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .exec()
        .context("cargo cannot read the workspace")?;
    let mut packages = BTreeSet::new();
    let mut edges = BTreeSet::new();
    for package in metadata.workspace_packages() {
        packages.insert(package.name.to_string());
        for dependency in &package.dependencies {
            edges.insert(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                reach: match dependency.kind {
                    DependencyKind::Development => Reach::Tests,
                    _ => Reach::Whole,
                },
            });
        }
    }
    let texts = judge(KNOWS, &packages, &edges);
    let problem = |text| Problem::whole("Cargo.toml", text);
    Ok(texts.into_iter().map(problem).collect())
}

/// What differs between the list and the manifests, and what a model must not
/// see.
fn judge(
    knows: &[(&str, &[&str])],
    packages: &BTreeSet<String>,
    edges: &BTreeSet<Edge>,
) -> BTreeSet<String> {
    let listed: BTreeSet<(&str, &str)> = knows
        .iter()
        .flat_map(|(from, all)| all.iter().map(|to| (*from, *to)))
        .collect();
    let there: BTreeSet<(&str, &str)> = edges
        .iter()
        .filter(|edge| packages.contains(&edge.to))
        .map(|edge| (&*edge.from, &*edge.to))
        .collect();
    let must_not = there
        .difference(&listed)
        .map(|(from, to)| format!("{from} must not depend on {to}"));
    let in_reserve = listed
        .difference(&there)
        .map(|(from, to)| format!("{from} may depend on {to}, and does not: {REMOVE}"));
    let names: BTreeSet<&str> = knows.iter().map(|(name, _)| *name).collect();
    let unlisted = packages
        .iter()
        .filter(|package| !names.contains(&***package))
        .map(|package| format!("{package} has no place in the dependency direction yet"));
    let gone = names
        .iter()
        .filter(|name| !packages.contains(**name))
        .map(|name| format!("there is no package {name}: {REMOVE}"));
    let impure = edges
        .iter()
        .filter(|edge| edge.reach == Reach::Whole && PURE.contains(&&*edge.from))
        .filter(|edge| NOT_FOR_MODELS.contains(&&*edge.to))
        .map(|edge| {
            let Edge { from, to, .. } = edge;
            format!("{from} is for pure models and must not depend on {to}")
        });
    must_not
        .chain(in_reserve)
        .chain(unlisted)
        .chain(gone)
        .chain(impure)
        .chain(out_of_order(knows))
        .collect()
}

/// Entries that stand before what they know: the list goes from the bottom to
/// the top, so that it has no cycle.
fn out_of_order(knows: &[(&str, &[&str])]) -> Vec<String> {
    let place = |name: &str| knows.iter().position(|(known, _)| *known == name);
    let mut found = Vec::new();
    for (from, all) in knows {
        for to in *all {
            if place(to) > place(from) {
                found.push(format!("{to} is listed below {from}, which depends on it"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[(&str, &[&str])] = &[("a", &[]), ("b", &["a"])];

    fn judged(list: &[(&str, &[&str])], packages: &[&str], edges: &[(&str, &str)]) -> Vec<String> {
        let packages = packages.iter().map(|&name| name.to_owned()).collect();
        let edge = |(from, to): &(&str, &str)| Edge {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            reach: Reach::Whole,
        };
        let edges = edges.iter().map(edge).collect();
        judge(list, &packages, &edges).into_iter().collect()
    }

    #[test]
    fn a_list_that_is_what_the_manifests_say_is_right() {
        let edges = [("b", "a"), ("b", "anyhow")];
        assert_eq!(judged(LIST, &["a", "b"], &edges), [""; 0]);
    }

    #[test]
    fn an_edge_that_is_not_listed_is_forbidden() {
        let edges = [("b", "a"), ("a", "b")];
        assert_eq!(
            judged(LIST, &["a", "b"], &edges),
            ["a must not depend on b"]
        );
    }

    #[test]
    fn an_allowance_that_no_manifest_uses_goes() {
        let text = format!("b may depend on a, and does not: {REMOVE}");
        assert_eq!(judged(LIST, &["a", "b"], &[]), [text]);
    }

    #[test]
    fn every_package_has_its_place_and_every_place_its_package() {
        let gone = format!("there is no package b: {REMOVE}");
        let unused = format!("b may depend on a, and does not: {REMOVE}");
        let new = "c has no place in the dependency direction yet".to_owned();
        assert_eq!(judged(LIST, &["a", "c"], &[]), [unused, new, gone]);
    }

    #[test]
    fn the_list_goes_from_the_bottom_to_the_top() {
        let list: &[(&str, &[&str])] = &[("b", &["a"]), ("a", &[])];
        let text = "a is listed below b, which depends on it";
        assert_eq!(judged(list, &["a", "b"], &[("b", "a")]), [text]);
    }

    #[test]
    fn a_model_sees_no_guest_memory() {
        let list: &[(&str, &[&str])] = &[("roadtest-model", &[])];
        let edges = [("roadtest-model", "vm-memory")];
        let text = "roadtest-model is for pure models and must not depend on vm-memory";
        assert_eq!(judged(list, &["roadtest-model"], &edges), [text]);
    }
}
