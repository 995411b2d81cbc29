// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running `make` on a kernel tree, out of tree, with progress and a full log.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::cache;
use crate::error::Error;
use crate::increment;
use crate::progress::{Event, Progress, Total};
use crate::run;

/// Objects of a first build with the fragments of this project: counted with
/// 6.12; 6.1 and 7.3 differ by less than a tenth.
const GUESS: u64 = 630;

/// How many error lines are shown; the log has all.
const ERRORS_MAX: usize = 20;

/// How far back a file may be half-written after a run was cut off.
const CUT_OFF: Duration = Duration::from_secs(60);

/// The mark of a `make` that runs.
const BUILDING: &str = "roadtest.building";

/// One source tree and kbuild's output directory for it.
#[derive(Clone, Debug)]
pub struct Kbuild {
    tree: PathBuf,
    output: PathBuf,
    /// Variables that every `make` is called with.
    variables: Vec<String>,
}

impl Kbuild {
    /// Builds `tree` in the directory `output`. Every `make` is called with
    /// these variables.
    pub fn new(tree: &Path, output: &Path, variables: &[String]) -> Self {
        Kbuild {
            tree: tree.to_owned(),
            output: output.to_owned(),
            variables: variables.to_vec(),
        }
    }

    /// The output directory.
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// Where the full output of `make` goes.
    pub fn log(&self) -> PathBuf {
        self.output.with_extension("log")
    }

    /// Runs `make` with these arguments, and hands each line of output to
    /// `line`.
    ///
    /// # Errors
    /// [`Error::Build`] with the error lines, [`Error::DiskFull`].
    pub fn make(
        &self,
        arguments: &[String],
        append: Log,
        mut line: impl FnMut(&str),
    ) -> Result<(), Error> {
        fs::create_dir_all(&self.output).map_err(Error::io("create", &self.output))?;
        let path = self.log();
        let mut log = File::options()
            .create(true)
            .write(true)
            .truncate(append == Log::New)
            .append(append == Log::Append)
            .open(&path)
            .map_err(Error::io("write", &path))?;
        let mut command = self.command(arguments);
        let mut errors = Vec::new();
        let mut written = Ok(());
        let ended = run::lines(&mut command, |text| {
            if written.is_ok() {
                written = writeln!(log, "{text}");
            }
            if is_error(text) && errors.len() < ERRORS_MAX {
                errors.push(text.to_owned());
            }
            line(text);
        })?;
        if !ended.success && ended.disk_full {
            return Err(Error::DiskFull {
                what: "building the kernel".to_owned(),
                path: self.output.clone(),
            });
        }
        written.map_err(Error::io("write", &path))?;
        if ended.success {
            return Ok(());
        }
        let lines = if errors.is_empty() {
            ended.tail
        } else {
            errors
        };
        Err(Error::Build { lines, log: path })
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new("make");
        command
            .arg("-C")
            .arg(&self.tree)
            .arg(format!("O={}", self.output.display()))
            // Why LOCALVERSION: a git tree would add a `+` to the release.
            .args(["ARCH=um", "LOCALVERSION="])
            .args(&self.variables)
            .args(arguments);
        for name in [
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
            "ARCH",
            "SUBARCH",
            "CROSS_COMPILE",
            "LLVM",
            "KBUILD_OUTPUT",
            "KCONFIG_CONFIG",
            "KCONFIG_ALLCONFIG",
            "KCFLAGS",
            "KAFLAGS",
            "V",
        ] {
            command.env_remove(name);
        }
        // What kbuild would take from the machine and the clock
        // (Documentation/kbuild/reproducible-builds.rst).
        command
            .env("KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 1970")
            .env("KBUILD_BUILD_USER", "roadtest")
            .env("KBUILD_BUILD_HOST", "roadtest")
            .env("KBUILD_BUILD_VERSION", "1");
        command
    }

    /// Builds kernel and modules with `jobs` processes. The cache must be
    /// locked.
    ///
    /// # Errors
    /// See [`Kbuild::make`].
    pub fn build(&self, jobs: usize, progress: &mut dyn Progress) -> Result<u64, Error> {
        let counted = self.output.with_extension("objects");
        let first = !self.output.join("linux").is_file();
        let total = match fs::read_to_string(&counted).map(|text| text.trim().parse()) {
            _ if !first => Total::Unknown,
            Ok(Ok(count)) => Total::Counted(count),
            _ => Total::Guessed(GUESS),
        };
        let marker = self.start()?;
        let start = Instant::now();
        let mut done = 0;
        let made = self.make(&[format!("-j{jobs}")], Log::Append, |line| {
            if let Some(object) = object(line) {
                done += 1;
                progress.event(&Event::Compiling {
                    done,
                    total,
                    elapsed: start.elapsed(),
                    object: object.to_owned(),
                });
            }
        });
        // A make that fails by itself removes what it was writing.
        cache::remove(&marker)?;
        made?;
        if first {
            fs::write(&counted, done.to_string()).map_err(Error::io("write", &counted))?;
        }
        progress.event(&Event::Compiled {
            objects: done,
            elapsed: start.elapsed(),
            log: self.log(),
        });
        Ok(done)
    }

    /// Builds the modules of the last full build as far as their own files have
    /// changed, in a fraction of the time in which kbuild determines that
    /// nothing else has. The cache must be locked.
    ///
    /// Each module is named as a goal, so that modpost knows all of them and
    /// records the same dependencies as in a full build.
    ///
    /// # Errors
    /// See [`Kbuild::make`].
    pub fn build_modules(&self, jobs: usize, progress: &mut dyn Progress) -> Result<u64, Error> {
        let path = self.output.join("modules.order");
        let order = fs::read(&path).map_err(Error::io("read", &path))?;
        let mut arguments = vec![format!("-j{jobs}")];
        for module in increment::modules(&self.output) {
            let below = module.strip_prefix(&self.output).unwrap_or(&module);
            arguments.push(below.display().to_string());
        }
        let marker = self.start()?;
        let start = Instant::now();
        let mut done = 0;
        let made = self.make(&arguments, Log::Append, |line| {
            if let Some(object) = object(line) {
                done += 1;
                progress.event(&Event::Compiling {
                    done,
                    total: Total::Unknown,
                    elapsed: start.elapsed(),
                    object: object.to_owned(),
                });
            }
        });
        // Why: kbuild replaces the list by its goals, then removes it.
        fs::write(&path, order).map_err(Error::io("write", &path))?;
        cache::remove(&marker)?;
        made?;
        progress.event(&Event::Compiled {
            objects: done,
            elapsed: start.elapsed(),
            log: self.log(),
        });
        Ok(done)
    }

    /// Whether the last `make` here was cut off, by a signal or a power cut.
    pub(crate) fn was_cut_off(&self) -> bool {
        self.output.join(BUILDING).exists()
    }

    /// Leaves a mark as long as `make` runs. Where the last run left one, it
    /// was cut off, and the files that it was writing may be halves which
    /// `make` would take for whole: they are removed.
    fn start(&self) -> Result<PathBuf, Error> {
        let marker = self.output.join(BUILDING);
        if marker.exists() {
            let written: Vec<(SystemTime, PathBuf)> = walkdir::WalkDir::new(&self.output)
                .into_iter()
                .filter_map(Result::ok)
                .filter(|e| e.file_type().is_file())
                .filter(|e| {
                    let ext = e.path().extension().unwrap_or_default();
                    ["o", "a", "ko", "mod"].iter().any(|known| ext == *known)
                })
                .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.into_path())))
                .collect();
            let newest = written.iter().map(|(time, _)| *time).max();
            for (time, path) in &written {
                if newest.is_some_and(|newest| *time + CUT_OFF >= newest) {
                    cache::remove(path)?;
                }
            }
        }
        fs::write(&marker, "").map_err(Error::io("write", &marker))?;
        Ok(marker)
    }

    /// The release as the guest's `uname -r` says it.
    ///
    /// # Errors
    /// Where the kernel was not built.
    pub fn release(&self) -> Result<String, Error> {
        let path = self.output.join("include/config/kernel.release");
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        Ok(text.trim().to_owned())
    }
}

/// Whether the log goes on or starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Starts anew.
    New,
    /// Goes on.
    Append,
}

/// The object that a line of kbuild names: `  CC [M]  drivers/a.o`. Archives
/// and headers do not count: they take no time.
fn object(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  ")?;
    let (verb, object) = rest.split_once("  ")?;
    let verb = verb.trim_end_matches(" [M]");
    let known = !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_uppercase());
    (known && object.ends_with(".o")).then(|| object.trim())
}

/// Whether a line says why the build fails.
fn is_error(line: &str) -> bool {
    // What make adds to an error says only that there was one.
    if line.starts_with("make") {
        return line.contains("No rule to make target");
    }
    [
        ": error:",
        ": fatal error:",
        "undefined reference",
        "multiple definition",
        ": not found",
    ]
    .iter()
    .any(|known| line.contains(known))
        || line.starts_with("ERROR:")
        || line.starts_with("error:")
        || (line.starts_with("*** ") && line.len() > 4)
}

#[cfg(test)]
mod tests;
