// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What an export consists of: the files that git tracks in this workspace,
//! with `tools-testing-roadtest/` as it is laid out in a kernel tree. Build
//! output and editors' files are never part of it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::DIRECTORY;
use roadtest_command::process;

/// The directory of this workspace whose content is meant for kernel trees
/// only.
const OWN: &str = "tools-testing-roadtest/";
/// Hosting of the project itself, what a kernel tree has already, and pictures,
/// which do not belong into mail.
const LEFT_OUT: [&str; 6] = [
    ".ci/",
    ".github/",
    ".gitlab/",
    ".gitlab-ci.yml",
    "LICENSES/",
    "docs/src/images/",
];
/// The list of what was exported.
pub(super) const LIST: &str = "tools/testing/roadtest/EXPORTED";

/// One thing to put into a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A file.
    File {
        /// What is in it.
        bytes: Vec<u8>,
        /// Whether it is a program.
        executable: bool,
    },
    /// A symbolic link.
    Link(PathBuf),
}

/// What to put into a tree, by paths below its root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    /// Files and links.
    pub(crate) items: BTreeMap<String, Item>,
    /// The section for MAINTAINERS.
    pub(crate) maintainers: String,
}

impl Item {
    /// What is there: `None` where nothing is.
    ///
    /// # Errors
    /// Where something is that cannot be read, such as a directory.
    pub(super) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let metadata = match std::fs::symlink_metadata(path) {
            Err(error) if is_absent(&error) => return Ok(None),
            other => other.with_context(|| format!("cannot read {}", path.display()))?,
        };
        if metadata.is_symlink() {
            let target = std::fs::read_link(path);
            let target = target.with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(Some(Item::Link(target)));
        }
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(Item::File {
            bytes,
            executable: metadata.permissions().mode() & 0o111 != 0,
        }))
    }

    /// A hash of it.
    pub(super) fn digest(&self) -> String {
        match self {
            Item::File { bytes, .. } => roadtest_uml::fingerprint::of_bytes(bytes),
            Item::Link(target) => {
                let path = target.as_os_str().as_encoded_bytes();
                format!("link-{}", roadtest_uml::fingerprint::of_bytes(path))
            }
        }
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

impl Content {
    /// Adds the list of all items.
    fn listed(mut self) -> Self {
        let lines: String = self
            .items
            .iter()
            .map(|(path, item)| format!("{} {path}\n", item.digest()))
            .collect();
        let head = "# SPDX-License-Identifier: GPL-2.0-only OR MIT\n\
            # Written by `cargo xtask export`, so that it can tell what was changed since.\n";
        let bytes = format!("{head}{lines}").into_bytes();
        let item = Item::File {
            bytes,
            executable: false,
        };
        self.items.insert(LIST.to_owned(), item);
        self
    }
}

/// Reads a list: hashes by paths.
pub(super) fn parse_list(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
        .collect()
}

/// Every tracked file, copied.
///
/// # Errors
/// Where git does not know them, or one cannot be read.
pub(super) fn copies(root: &Path) -> anyhow::Result<Content> {
    of_tracked(root, |name, to| {
        // Why skip: a tracked file may be deleted in the working tree.
        let item = Item::read(&root.join(name))?;
        Ok(item.map(|item| (to, item)))
    })
}

/// A link for every entry at the top of the workspace. Build output stays in
/// the tree's own directory, so that two trees do not disturb each other.
///
/// # Errors
/// Where git does not know the files.
pub(super) fn links(root: &Path) -> anyhow::Result<Content> {
    of_tracked(root, |name, to| {
        let (to, from) = match (
            to.strip_prefix(&format!("{DIRECTORY}/")),
            name.split_once('/'),
        ) {
            (Some(_), Some((top, _))) if !name.starts_with(OWN) => {
                (format!("{DIRECTORY}/{top}"), root.join(top))
            }
            _ => (to, root.join(name)),
        };
        Ok(Some((to, Item::Link(from))))
    })
}

/// What `item` makes of each tracked file that is exported, of its name here
/// and its name in the tree.
fn of_tracked(
    root: &Path,
    mut item: impl FnMut(&str, String) -> anyhow::Result<Option<(String, Item)>>,
) -> anyhow::Result<Content> {
    let mut content = Content {
        maintainers: maintainers(root)?,
        ..Content::default()
    };
    for name in tracked(root)? {
        if let Some(to) = destination(&name) {
            content.items.extend(item(&name, to)?);
        }
    }
    Ok(content.listed())
}

/// Where a tracked file goes; `None` where it is not exported.
fn destination(name: &str) -> Option<String> {
    if LEFT_OUT.iter().any(|known| name.starts_with(known)) {
        return None;
    }
    match name.strip_prefix(OWN) {
        // They have their place in a file of the tree, or in a cover letter.
        Some("MAINTAINERS" | "checkpatch-exceptions") => None,
        Some(own) if own.starts_with("Documentation/") => Some(own.to_owned()),
        Some(own) => Some(format!("{DIRECTORY}/{own}")),
        None => Some(format!("{DIRECTORY}/{name}")),
    }
}

fn maintainers(root: &Path) -> anyhow::Result<String> {
    let path = root.join(OWN).join("MAINTAINERS");
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn tracked(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z"])
        .current_dir(root)
        .stderr(Stdio::null());
    let output = process::capture(&mut git)?;
    let text = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    let mut names: Vec<String> = text
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if !output.status.success() || names.is_empty() {
        bail!(
            "export copies what git tracks, but {} is no git work tree",
            root.display()
        );
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_place_in_a_tree() {
        let goes = |name| destination(name).unwrap_or_default();
        assert_eq!(
            goes("xtask/src/main.rs"),
            "tools/testing/roadtest/xtask/src/main.rs"
        );
        assert_eq!(
            goes("tools-testing-roadtest/Makefile"),
            "tools/testing/roadtest/Makefile"
        );
        assert_eq!(
            goes("tools-testing-roadtest/Documentation/dev-tools/roadtest.rst"),
            "Documentation/dev-tools/roadtest.rst"
        );
        assert_eq!(goes("tools-testing-roadtest/MAINTAINERS"), "");
        assert_eq!(goes(".ci/run"), "");
        assert_eq!(
            goes(".cargo/config.toml"),
            "tools/testing/roadtest/.cargo/config.toml"
        );
    }

    #[test]
    fn the_list_is_read_back() {
        let item = Item::File {
            bytes: b"text".to_vec(),
            executable: false,
        };
        let mut content = Content::default();
        content.items.insert("a/b c".to_owned(), item.clone());
        let content = content.listed();
        let Some(Item::File { bytes, .. }) = content.items.get(LIST) else {
            panic!("there is no list")
        };
        let list = parse_list(&String::from_utf8_lossy(bytes));
        assert_eq!(list, BTreeMap::from([("a/b c".to_owned(), item.digest())]));
    }
}
