// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where the harness is: the workspace, the directory of records, the kernel.
//! All of it is seen at run time. A checkout can be moved or copied together
//! with its `target/`, and what was compiled into a program then names the old
//! one.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_record::test::{OUT, OUT_ENV};

use super::Test;

/// Where `insta` looks for the workspace, before it asks cargo.
const INSTA_ENV: &str = "INSTA_WORKSPACE_ROOT";

/// Where the harness is.
pub(super) struct Place {
    workspace: PathBuf,
    /// The directory of records.
    pub(super) out: PathBuf,
    /// The kernel that `cargo xtask build` left for the tests, or why there is
    /// none.
    pub(super) kernel: Result<Kernel, String>,
}

impl Place {
    pub(super) fn find() -> Self {
        let workspace = roadtest_record::workspace::root()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default();
        Self {
            out: std::env::var_os(OUT_ENV)
                .map_or_else(|| workspace.join(OUT), |out| workspace.join(out)),
            kernel: kernel(&workspace),
            workspace,
        }
    }

    /// The directory of snapshots.
    pub(super) fn snapshots(&self) -> PathBuf {
        self.workspace.join("snapshots")
    }

    /// The driver that a test is about.
    pub(super) fn driver(&self, test: &Test) -> String {
        driver_of(&self.workspace, Path::new(test.file), &test.full_name())
    }

    /// Why the kernel cannot run a test, as far as that is known before.
    pub(super) fn lacking(&self, test: &Test) -> Option<String> {
        let kernel = self.kernel.as_ref().ok()?;
        test.lacking(kernel.version()).or_else(|| {
            // The driver's name costs a look at its fragment.
            let unavailable = Some(&kernel.unavailable).filter(|all| !all.is_empty())?;
            unavailable.get(&self.driver(test)).cloned()
        })
    }

    /// Tells a program that is started where snapshots are.
    pub(super) fn tell(&self, command: &mut Command) {
        command.env(INSTA_ENV, &self.workspace);
    }

    /// Starts this program again where it does not know where snapshots are:
    /// else each of them would ask a cargo, in the place of the compilation.
    pub(super) fn become_known(&self) {
        let known = std::env::var_os(INSTA_ENV);
        if known.is_some_and(|known| Path::new(&known) == self.workspace) {
            return;
        }
        let Ok(program) = std::env::current_exe() else {
            return;
        };
        let mut again = Command::new(program);
        again.args(std::env::args_os().skip(1));
        self.tell(&mut again);
        // Why no more than a line: it works without, if slower.
        let error = again.exec();
        eprintln!("roadtest: cannot start this program again: {error}");
    }
}

fn kernel(workspace: &Path) -> Result<Kernel, String> {
    let path =
        std::env::var_os(MANIFEST_ENV).map_or_else(|| workspace.join(MANIFEST), PathBuf::from);
    if !path.exists() {
        return Err(format!(
            "no kernel has been built ({} does not exist); run `cargo xtask build`",
            path.display()
        ));
    }
    Kernel::load(&path).map_err(|error| crate::error::chain(&error))
}

/// The driver that a test is about: the path of its source below `tests/`,
/// with the `-` that a module's name cannot have taken from the fragment.
fn driver_of(workspace: &Path, source: &Path, name: &str) -> String {
    let module = source
        .components()
        .skip_while(|part| part.as_os_str() != "tests")
        .skip(1)
        .collect::<PathBuf>()
        .with_extension("");
    let module = if module.as_os_str().is_empty() {
        let parts: Vec<&str> = name.split("::").collect();
        parts[..parts.len().saturating_sub(1)].join("/")
    } else {
        module.to_string_lossy().into_owned()
    };
    fragment_name(&workspace.join("kconfig-fragments"), &module).unwrap_or(module)
}

/// The fragment whose path is `module` or starts it, for tests in a file below
/// their driver's, with any `_` standing for a `-`.
fn fragment_name(directory: &Path, module: &str) -> Option<String> {
    let (first, rest) = match module.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (module, None),
    };
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in names {
        let stem = name.strip_suffix(".config").unwrap_or(&name);
        if stem.replace('-', "_") != first.replace('-', "_") {
            continue;
        }
        match rest {
            _ if name.ends_with(".config") => return Some(stem.to_owned()),
            Some(rest) => {
                if let Some(below) = fragment_name(&directory.join(&name), rest) {
                    return Some(format!("{name}/{below}"));
                }
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_is_named_after_its_fragment() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("rtc")).unwrap();
        std::fs::write(directory.path().join("rtc/rtc-pcf8563.config"), "").unwrap();
        assert_eq!(
            fragment_name(directory.path(), "rtc/rtc_pcf8563").as_deref(),
            Some("rtc/rtc-pcf8563")
        );
        assert_eq!(
            fragment_name(directory.path(), "rtc/rtc_pcf8563/alarms").as_deref(),
            Some("rtc/rtc-pcf8563")
        );
        assert_eq!(fragment_name(directory.path(), "rtc/other"), None);
    }
}
