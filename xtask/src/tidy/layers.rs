// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which package may know which: the dependency direction of the workspace,
//! and the libraries that a chip must not see.

use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Problem;

/// Every package, and what it may depend on. Dependencies of tests count, too.
const MAY_KNOW: [(&str, &[&str]); 19] = [
    (
        "xtask",
        &[
            "roadtest-chips",
            "roadtest-command",
            "roadtest-export",
            "roadtest-model",
            "roadtest-record",
            "roadtest-report",
            "roadtest-run",
            "roadtest-scaffold",
            "roadtest-uml",
        ],
    ),
    ("roadtest-export", &["roadtest-command", "roadtest-uml"]),
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
    (
        "roadtest-run",
        &[
            "roadtest-command",
            "roadtest-record",
            "roadtest-report",
            "roadtest-uml",
        ],
    ),
    ("roadtest-report", &["roadtest-command", "roadtest-record"]),
    (
        "roadtest-drivers",
        &["roadtest", "roadtest-chips", "roadtest-model"],
    ),
    (
        "roadtest",
        &[
            "roadtest-chips",
            "roadtest-dt",
            "roadtest-model",
            "roadtest-record",
            "roadtest-time",
            "roadtest-uml",
            "roadtest-vhost",
            "roadtest-virtio",
            "roadtest-wire",
        ],
    ),
    ("roadtest-command", &["roadtest-record"]),
    ("roadtest-vhost", &["roadtest-model", "roadtest-virtio"]),
    ("roadtest-virtio", &["roadtest-model"]),
    ("roadtest-chips", &["roadtest-model"]),
    ("roadtest-model", &[]),
    ("roadtest-dt", &[]),
    ("roadtest-time", &["roadtest-model"]),
    ("roadtest-uml", &["roadtest-kconfig", "roadtest-record"]),
    ("roadtest-kconfig", &[]),
    ("roadtest-record", &[]),
    ("roadtest-agent", &["roadtest-wire"]),
    ("roadtest-wire", &[]),
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

/// One dependency of one package.
struct Edge {
    from: String,
    to: String,
    is_normal: bool,
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
    let mut edges = Vec::new();
    for package in metadata.workspace_packages() {
        for dependency in &package.dependencies {
            edges.push(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                is_normal: dependency.kind != DependencyKind::Development,
            });
        }
    }
    Ok(edges.iter().filter_map(judge).collect())
}

fn judge(edge: &Edge) -> Option<Problem> {
    let (from, to) = (&*edge.from, &*edge.to);
    let text = if to == "roadtest" || to == "xtask" || to.starts_with("roadtest-") {
        match MAY_KNOW.iter().find(|(package, _)| *package == from) {
            None => format!("{from} has no place in the dependency direction yet"),
            Some((_, known)) if known.contains(&to) => return None,
            Some(_) => format!("{from} must not depend on {to}"),
        }
    } else if edge.is_normal && PURE.contains(&from) && NOT_FOR_MODELS.contains(&to) {
        format!("{from} is for pure models and must not depend on {to}")
    } else {
        return None;
    };
    Some(Problem::whole("Cargo.toml", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(from: &str, to: &str) -> Option<String> {
        let edge = Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            is_normal: true,
        };
        judge(&edge).map(|problem| problem.text)
    }

    #[test]
    fn what_points_down_is_allowed() {
        assert_eq!(judged("roadtest-drivers", "roadtest"), None);
        assert_eq!(judged("roadtest-agent", "roadtest-wire"), None);
        assert_eq!(judged("roadtest-model", "thiserror"), None);
    }

    #[test]
    fn what_points_up_or_across_is_not() {
        for (from, to) in [
            ("roadtest-chips", "roadtest-virtio"),
            ("roadtest-chips", "vm-memory"),
            ("roadtest-model", "roadtest"),
            ("roadtest-agent", "roadtest"),
            ("roadtest-uml", "xtask"),
            ("roadtest-unheard-of", "roadtest"),
        ] {
            assert!(judged(from, to).is_some(), "{from} -> {to}");
        }
    }
}
