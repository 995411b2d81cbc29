// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Source packages from the mirror that the machine is configured with, by
//! apt itself (which checks signatures), without root and without a trace in
//! the machine's own apt: where its lists do not do, apt runs in directories
//! of our own.

mod mirror;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mirror::Stanza;

use crate::cache;
use crate::doctor;
use crate::error::Error;
use crate::package::Package;
use crate::progress::{Event, Progress};
use crate::run::{self, Ended};

/// A package file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deb {
    /// The file.
    pub file: PathBuf,
    /// The package's version: `6.12.117-1~deb12u1`.
    pub version: String,
}

/// Downloads a package into the directory `into`. `own` is a directory for
/// apt's lists, where the machine's do not have the package.
///
/// # Errors
/// [`Error::NoPackage`] with everything that was tried.
pub fn download(
    package: &Package,
    own: &Path,
    into: &Path,
    progress: &mut dyn Progress,
) -> Result<Deb, Error> {
    let name = package.package();
    let mut tried = Vec::new();
    if doctor::find("apt-get").is_none() {
        tried.push("this machine has no apt-get; name a tree instead".to_owned());
        return Err(Error::NoPackage {
            package: name,
            tried,
        });
    }
    if package.suite.is_none() {
        let ended = get(&name, &[], into, progress)?;
        if let Some(deb) = outcome(&name, &ended, into)? {
            return Ok(deb);
        }
        tried.push(format!("the machine's package lists: {}", reason(&ended)));
    }
    let configured = configured(own, progress)?;
    if configured.is_empty() {
        tried.push("the machine's apt sources: no suite of Debian can be reached".to_owned());
    }
    for stanza in mirror::candidates(&configured, package.suite.as_deref()) {
        let options = match prepare(own, &stanza, progress)? {
            Ok(options) => options,
            Err(why) => {
                tried.push(format!("{stanza}: {why}"));
                continue;
            }
        };
        let ended = get(&name, &options, into, progress)?;
        if let Some(deb) = outcome(&name, &ended, into)? {
            return Ok(deb);
        }
        tried.push(format!("{stanza}: {}", reason(&ended)));
    }
    Err(Error::NoPackage {
        package: name,
        tried,
    })
}

/// Unpacks the tree in a source package into the directory `tree`; `scratch`
/// has room for the archive in between. The package file is removed on the
/// way.
///
/// # Errors
/// Where a tool fails, or the disk is full.
pub fn unpack(
    deb: &Path,
    scratch: &Path,
    tree: &Path,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let package = deb
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut files = 0;
    progress.event(&Event::Unpacking {
        package: package.clone(),
        files,
    });
    let open = scratch.join("deb");
    let mut command = Command::new("dpkg-deb");
    command.arg("-x").arg(deb).arg(&open);
    checked(&mut command, scratch, |_| {})?;
    cache::remove(deb)?;
    let archive = cache::list(&open.join("usr/src"))
        .into_iter()
        .find(|path| path.to_string_lossy().contains(".tar."))
        .ok_or_else(|| Error::NotLinux {
            path: deb.to_owned(),
            found: "the package has no archive in usr/src".to_owned(),
        })?;
    let mut command = Command::new("tar");
    command
        .args(["--extract", "--verbose", "--strip-components=1", "--file"])
        .arg(&archive)
        .arg("--directory")
        .arg(tree);
    checked(&mut command, scratch, |_| {
        files += 1;
        if files % 1000 == 0 {
            progress.event(&Event::Unpacking {
                package: package.clone(),
                files,
            });
        }
    })?;
    cache::remove(&open)
}

fn checked(command: &mut Command, place: &Path, line: impl FnMut(&str)) -> Result<(), Error> {
    let ended = run::lines(command, line)?;
    if ended.success {
        return Ok(());
    }
    if ended.disk_full {
        return Err(full(place));
    }
    Err(ended.error(run::shown(command)))
}

fn full(place: &Path) -> Error {
    Error::DiskFull {
        what: "unpacking the kernel's source".to_owned(),
        // The directory itself is about to be removed.
        path: place.parent().unwrap_or(place).to_owned(),
    }
}

/// Runs `apt-get download`.
fn get(
    name: &str,
    options: &[String],
    into: &Path,
    progress: &mut dyn Progress,
) -> Result<Ended, Error> {
    let mut command = apt(options);
    command
        .args(["-o", "APT::Status-Fd=1", "download", name])
        .current_dir(into);
    let mut shown = None;
    run::lines(&mut command, |line| {
        // dlstatus:1:42.1234:Retrieving file 1 of 1
        let mut fields = line.split(':');
        if fields.next() == Some("dlstatus")
            && let Some(percent) = fields.nth(1).and_then(|f| f.split('.').next())
            && let Ok(percent) = percent.parse()
            && shown != Some(percent)
        {
            shown = Some(percent);
            progress.event(&Event::Downloading {
                package: name.to_owned(),
                percent,
            });
        }
    })
}

/// The package file, if apt has put it there.
fn outcome(name: &str, ended: &Ended, into: &Path) -> Result<Option<Deb>, Error> {
    if ended.disk_full {
        return Err(full(into));
    }
    if !ended.success {
        return Ok(None);
    }
    let prefix = format!("{name}_");
    Ok(cache::list(into).into_iter().find_map(|file| {
        let name = file.file_name()?.to_str()?;
        let rest = name.strip_prefix(&prefix)?.strip_suffix(".deb")?;
        let version = rest.rsplit_once('_')?.0.replace("%3a", ":");
        Some(Deb { file, version })
    }))
}

/// The first error line of apt.
fn reason(ended: &Ended) -> String {
    ended
        .tail
        .iter()
        .find_map(|line| line.strip_prefix("E: "))
        .or(ended.tail.last().map(String::as_str))
        .unwrap_or("apt-get said nothing")
        .to_owned()
}

/// The suites of Debian that the machine is configured with. apt tells only
/// those that it has lists of; where it has none, it fetches them into
/// directories of our own.
fn configured(own: &Path, progress: &mut dyn Progress) -> Result<Vec<Stanza>, Error> {
    let configured = mirror::configured(apt(&[]))?;
    if !configured.is_empty() {
        return Ok(configured);
    }
    let options = own_directories(own)?;
    progress.event(&Event::Listing {
        from: "the machine's apt sources".to_owned(),
    });
    // Why not checked: some of the sources may be out of reach, and the
    // others do.
    update(&options, own)?;
    mirror::configured(apt(&options))
}

/// Options that make apt keep its lists in directories of our own.
fn own_directories(own: &Path) -> Result<Vec<String>, Error> {
    for directory in ["state/lists/partial", "cache/archives/partial", "sources"] {
        let path = own.join(directory);
        fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
    }
    let status = own.join("status");
    fs::write(&status, "").map_err(Error::io("write", &status))?;
    let set = |key: &str, value: &str| {
        let path = own.join(value);
        ["-o".to_owned(), format!("{key}={}", path.display())]
    };
    Ok([
        set("Dir::State", "state"),
        set("Dir::State::status", "status"),
        set("Dir::Cache", "cache"),
    ]
    .concat())
}

/// Lets apt fetch the lists of one suite into directories of our own, and
/// returns the options that make it use them, or why it could not.
fn prepare(
    own: &Path,
    stanza: &Stanza,
    progress: &mut dyn Progress,
) -> Result<Result<Vec<String>, String>, Error> {
    let mut options = own_directories(own)?;
    let sources = own.join("sources");
    let file = sources.join("roadtest.sources");
    fs::write(&file, stanza.to_text()).map_err(Error::io("write", &file))?;
    let parts = format!("Dir::Etc::sourceparts={}", sources.display());
    options.extend(["-o".to_owned(), parts]);
    options.extend(["-o", "Dir::Etc::sourcelist=/dev/null"].map(str::to_owned));
    progress.event(&Event::Listing {
        from: stanza.to_string(),
    });
    let ended = update(&options, own)?;
    Ok(if ended.success {
        Ok(options)
    } else {
        Err(reason(&ended))
    })
}

fn update(options: &[String], own: &Path) -> Result<Ended, Error> {
    let mut command = apt(options);
    // Why `Error-Mode`: else a mirror that cannot be reached is a warning, and
    // later the package is said not to exist.
    command.args(["-o", "Acquire::Languages=none"]);
    command.args(["-o", "APT::Update::Error-Mode=any", "update"]);
    let ended = run::lines(&mut command, |_| {})?;
    if ended.disk_full {
        return Err(full(own));
    }
    Ok(ended)
}

fn apt(options: &[String]) -> Command {
    let mut command = Command::new("apt-get");
    command
        // Why: as root, apt would download as another user, who cannot write
        // to our directory. As any other user the option has no effect.
        .args(["-o", "APT::Sandbox::User=root"])
        // Why one: there are other places to try, and apt waits longer each
        // time.
        .args(["-o", "Acquire::Retries=1"])
        .args(options);
    command
}
