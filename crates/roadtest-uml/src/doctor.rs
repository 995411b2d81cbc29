// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which tools a build needs, which of them are missing, and how to install
//! them. Only [`setup`] changes the machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache;
use crate::error::Error;
use crate::progress::{Event, Progress};
use crate::run;

/// A tool that a build needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called: a program, or a file for a library.
    pub name: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// How to find it.
    probe: Probe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// A program in `PATH`.
    Program,
    /// One of these files.
    File(&'static [&'static str]),
}

const fn program(name: &'static str, package: &'static str, purpose: &'static str) -> Tool {
    Tool {
        name,
        package,
        purpose,
        probe: Probe::Program,
    }
}

/// Everything that a build of UML, its modules and the agent needs beyond
/// Debian's essential packages, Rust aside.
pub const TOOLS: [Tool; 10] = [
    program("bc", "bc", "computes the kernel's time constants"),
    program("bison", "bison", "builds Kconfig and dtc"),
    program("flex", "flex", "builds Kconfig and dtc"),
    program("gcc", "gcc", "compiles the kernel"),
    program("ld", "binutils", "links the kernel"),
    Tool {
        name: "libc.a",
        package: "libc6-dev",
        purpose: "is what UML and the agent are linked with",
        probe: Probe::File(&[
            "/usr/lib/x86_64-linux-gnu/libc.a",
            "/usr/lib64/libc.a",
            "/usr/lib/libc.a",
        ]),
    },
    program("make", "make", "runs the kernel's build"),
    program("perl", "perl-base", "runs scripts of the kernel's build"),
    program("tar", "tar", "unpacks the kernel's source"),
    program("xz", "xz-utils", "unpacks the kernel's source"),
];

/// A tool, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The tool.
    pub tool: Tool,
    /// Where it was found; `None` where it is missing.
    pub path: Option<PathBuf>,
}

/// Looks for every tool.
pub fn examine() -> Vec<Finding> {
    TOOLS
        .into_iter()
        .map(|tool| Finding {
            tool,
            path: match tool.probe {
                Probe::Program => find(tool.name),
                Probe::File(paths) => paths.iter().map(PathBuf::from).find(|p| p.is_file()),
            },
        })
        .collect()
}

/// Where a program is in `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok())
}

/// Fails in one line, with the command that helps, where a tool is missing.
///
/// # Errors
/// [`Error::MissingTools`]
pub fn check() -> Result<(), Error> {
    let missing: Vec<Tool> = missing().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingTools {
        missing: missing.iter().map(|tool| tool.name.to_owned()).collect(),
        command: command_for(&packages(&missing)),
    })
}

/// The command that installs what is missing, as a user would type it; `None`
/// where nothing is.
pub fn remedy() -> Option<String> {
    let packages = packages(&missing().collect::<Vec<_>>());
    (!packages.is_empty()).then(|| command_for(&packages))
}

fn missing() -> impl Iterator<Item = Tool> {
    examine()
        .into_iter()
        .filter(|finding| finding.path.is_none())
        .map(|finding| finding.tool)
}

fn packages(tools: &[Tool]) -> Vec<&'static str> {
    let mut packages: Vec<&str> = tools.iter().map(|tool| tool.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn command_for(packages: &[&str]) -> String {
    let sudo = if is_root() { "" } else { "sudo " };
    format!(
        "{sudo}apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    )
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Installs what is missing with apt-get, as root or through sudo, and says
/// which commands it runs. Does nothing where nothing is missing.
///
/// # Errors
/// [`Error::Command`] where apt-get fails, [`Error::MissingTools`] where there
/// is no apt-get, neither root nor sudo, or where a tool is still missing
/// afterwards.
pub fn setup(progress: &mut dyn Progress) -> Result<(), Error> {
    let packages = packages(&missing().collect::<Vec<_>>());
    if packages.is_empty() {
        return Ok(());
    }
    if !can_install() {
        return check();
    }
    install(&packages, progress)?;
    check()
}

/// Whether there is apt-get, and the right to use it.
fn can_install() -> bool {
    find("apt-get").is_some() && (is_root() || find("sudo").is_some())
}

/// Installs Debian packages with apt-get, as root or through sudo, and says
/// which commands it runs.
///
/// # Errors
/// [`Error::Command`] where apt-get fails, [`Error::MissingTools`] where there
/// is no apt-get, neither root nor sudo.
pub fn install(packages: &[&str], progress: &mut dyn Progress) -> Result<(), Error> {
    if !can_install() {
        return Err(Error::MissingTools {
            missing: packages.iter().map(|name| (*name).to_owned()).collect(),
            command: command_for(packages),
        });
    }
    if lists_are_empty() {
        apt(&["update"], progress)?;
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    let first = apt(&install, progress);
    if first.is_err() {
        // Why: old lists name files that the mirror has no longer.
        apt(&["update"], progress)?;
        apt(&install, progress)?;
    }
    Ok(())
}

/// Whether apt has no list of packages at all.
fn lists_are_empty() -> bool {
    !cache::list(Path::new("/var/lib/apt/lists"))
        .iter()
        .filter_map(|path| path.file_name())
        .any(|name| name.to_string_lossy().contains("_Packages"))
}

fn apt(arguments: &[&str], progress: &mut dyn Progress) -> Result<(), Error> {
    // Why `env`: sudo does not pass the variable on.
    let mut words: Vec<&OsStr> = Vec::new();
    if !is_root() {
        words.push("sudo".as_ref());
    }
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"].map(OsStr::new));
    words.extend(arguments.iter().map(OsStr::new));
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    let shown = run::shown(&command);
    progress.event(&Event::Running {
        command: shown.clone(),
    });
    let ended = run::lines(&mut command, |_| {})?;
    if ended.success {
        return Ok(());
    }
    Err(ended.error(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_is_installed_once() {
        let tools = [TOOLS[0], TOOLS[1], TOOLS[0]];
        assert_eq!(packages(&tools), ["bc", "bison"]);
    }

    #[test]
    fn a_program_is_found_where_the_path_has_it() {
        assert!(find("sh").is_some_and(|path| path.ends_with("sh")));
        assert_eq!(find("no-program-has-this-name"), None);
    }

    #[test]
    fn every_tool_says_what_it_is_for() {
        let mut names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(TOOLS.iter().all(|tool| !tool.purpose.is_empty()));
    }
}
