// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Reports for machines and browsers, made from what a run leaves behind.
//! Each format has a file below this one and is a function from [`Run`] to
//! text; what people read in the terminal is `report`, not this.

mod bus;
mod github;
mod gitlab;
mod html;
mod insta_diff;
mod json;
mod junit;
mod ktap;
mod run;
pub mod vcd;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use roadtest_command::exit::{self, Done};
use roadtest_command::workspace;

use crate::{catalog, filter};
#[cfg(test)]
pub(crate) use run::example;
pub use run::{Run, Test};

/// What `--report` takes.
pub const FORMATS: &str = "ktap, junit, json, github, gitlab, html, vcd:TEST, vcd-text:TEST";

/// A format and where to put it: `junit=report.xml`, `vcd:TEST=test.vcd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    format: Format,
    to: To,
}

/// A format of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    Ktap,
    Junit,
    Json,
    Github,
    Gitlab,
    Html,
    /// The waveforms of one test.
    Vcd(vcd::Content, String),
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    /// `-`
    Stdout,
    File(PathBuf),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text
            .split_once('=')
            .ok_or_else(|| "expected FORMAT=PATH, with - for standard output".to_owned())?;
        let format = match format {
            "ktap" => Format::Ktap,
            "junit" => Format::Junit,
            "json" => Format::Json,
            "github" => Format::Github,
            "gitlab" => Format::Gitlab,
            "html" => Format::Html,
            other => match other.split_once(':') {
                Some(("vcd", test)) if !test.is_empty() => {
                    Format::Vcd(vcd::Content::Levels, test.to_owned())
                }
                Some(("vcd-text", test)) if !test.is_empty() => {
                    Format::Vcd(vcd::Content::LevelsAndTexts, test.to_owned())
                }
                _ => return Err(format!("no format '{other}'; there are {FORMATS}")),
            },
        };
        let to = match path {
            "" => return Err("expected a path after =, or - for standard output".to_owned()),
            "-" => To::Stdout,
            path => To::File(path.into()),
        };
        Ok(Self { format, to })
    }
}

impl Format {
    fn render(&self, run: &Run) -> anyhow::Result<Vec<u8>> {
        Ok(match self {
            Self::Ktap => ktap::render(run).into_bytes(),
            Self::Junit => junit::render(run)?.into_bytes(),
            Self::Json => json::render(run)?.into_bytes(),
            Self::Github => github::render(run).into_bytes(),
            Self::Gitlab => gitlab::render(run)?.into_bytes(),
            Self::Html => html::render(run)?.into_bytes(),
            Self::Vcd(content, test) => vcd::render(run.find(test)?, *content)?,
        })
    }
}

/// The HTML report, for the checks of it.
///
/// # Errors
/// Those of its writer.
pub fn html_page(run: &Run) -> anyhow::Result<String> {
    html::render(run)
}

/// KTAP, for the check of it.
pub fn ktap_text(run: &Run) -> String {
    ktap::render(run)
}

/// Reports whose files have been opened, so that nothing stands in their way
/// when the run is over. The files keep their old content until then.
#[derive(Debug, Default)]
pub struct Reports {
    open: Vec<(Format, Destination)>,
}

#[derive(Debug)]
enum Destination {
    Stdout,
    File { draft: Draft, path: PathBuf },
}

/// A file beside the one that it replaces in the end; removed where it never
/// does.
#[derive(Debug)]
struct Draft {
    path: PathBuf,
    file: File,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Why: after the rename there is nothing left to remove.
        drop(std::fs::remove_file(&self.path));
    }
}

impl Reports {
    /// Opens every destination.
    ///
    /// # Errors
    /// The first path that cannot be written, or that is named twice.
    pub fn open(wanted: &[Wanted]) -> anyhow::Result<Self> {
        let mut open = Vec::new();
        for (index, one) in wanted.iter().enumerate() {
            let destination = match &one.to {
                To::Stdout => Destination::Stdout,
                To::File(path) => {
                    if wanted[..index].iter().any(|other| other.to == one.to) {
                        let path = path.display();
                        return Err(exit::usage(format!("two reports are to go to {path}")));
                    }
                    Destination::File {
                        draft: draft(path)?,
                        path: path.clone(),
                    }
                }
            };
            open.push((one.format.clone(), destination));
        }
        Ok(Self { open })
    }

    /// Whether every test that a report is about is going to run.
    ///
    /// # Errors
    /// A test that is not among them, with the nearest names.
    pub fn expect(&self, tests: &[catalog::Test]) -> anyhow::Result<()> {
        for (format, _) in &self.open {
            if let Format::Vcd(_, test) = format {
                filter::one(tests, test)?;
            }
        }
        Ok(())
    }

    /// Writes every report of the run that left its records in `out`.
    ///
    /// # Errors
    /// Where the records cannot be read, or a report cannot be written.
    pub fn write(self, root: &Path, out: &Path) -> anyhow::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let run = Run::load(root, out)?;
        for (format, destination) in self.open {
            let text = format.render(&run)?;
            match destination {
                Destination::Stdout => {
                    // Why: a reader that has gone away is no error.
                    drop(std::io::stdout().write_all(&text));
                }
                Destination::File { mut draft, path } => draft
                    .file
                    .write_all(&text)
                    .and_then(|()| std::fs::rename(&draft.path, &path))
                    .with_context(|| format!("cannot write {}", path.display()))?,
            }
        }
        Ok(())
    }
}

fn draft(path: &Path) -> anyhow::Result<Draft> {
    let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
        bail!("cannot write {}: it is a directory", path.display());
    };
    let mut draft = name.to_owned();
    draft.push(".new");
    let draft = path.with_file_name(draft);
    let cannot = || format!("cannot write {}", path.display());
    if path.exists() {
        OpenOptions::new()
            .append(true)
            .open(path)
            .with_context(cannot)?;
    }
    let file = File::create(&draft).with_context(cannot)?;
    Ok(Draft { path: draft, file })
}

/// Write reports of the last run.
#[derive(clap::Args)]
pub struct Args {
    /// ktap, junit, json, github, gitlab, html, vcd:TEST or vcd-text:TEST, and
    /// where to put it; - is standard output
    #[arg(required = true, value_name = "FORMAT=PATH")]
    reports: Vec<Wanted>,
}

/// Runs the verb.
///
/// # Errors
/// Where nothing has run yet, or a report cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let reports = Reports::open(&args.reports)?;
    reports.write(&root, &workspace::out(&root))?;
    Ok(Done::AllPassed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Wanted, String> {
        text.parse()
    }

    #[test]
    fn a_report_is_a_format_and_a_path() {
        let wanted = parse("junit=a=b.xml").expect("it is well-formed");
        assert_eq!(wanted.format, Format::Junit);
        assert_eq!(wanted.to, To::File("a=b.xml".into()));
        assert_eq!(parse("ktap=-").expect("it is well-formed").to, To::Stdout);
        let vcd = parse("vcd:iio/light/opt3001/reads_lux=x.vcd").expect("it is well-formed");
        assert_eq!(
            vcd.format,
            Format::Vcd(
                vcd::Content::Levels,
                "iio/light/opt3001/reads_lux".to_owned()
            )
        );
        let texts = parse("vcd-text:reads_lux=x.vcd").expect("it is well-formed");
        assert_eq!(
            texts.format,
            Format::Vcd(vcd::Content::LevelsAndTexts, "reads_lux".to_owned())
        );
    }

    #[test]
    fn what_is_no_report_is_told_what_is() {
        let error = parse("pdf=x").expect_err("there is no such format");
        assert_eq!(error, format!("no format 'pdf'; there are {FORMATS}"));
        for odd in ["junit", "junit=", "vcd:=x", "vcd=x", "vcd-text:=x"] {
            assert!(parse(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_written_is_an_error_before_anything_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        let missing = directory.path().join("missing/report.xml");
        for path in [&missing, &directory.path().to_owned()] {
            let wanted = parse(&format!("junit={}", path.display())).expect("it is well-formed");
            let error = Reports::open(&[wanted]).expect_err("it cannot be written");
            assert!(error.to_string().starts_with("cannot write "), "{error}");
        }
        let wanted =
            parse(&format!("json={0}/r", directory.path().display())).expect("well-formed");
        let error = Reports::open(&[wanted.clone(), wanted]).expect_err("twice");
        assert!(error.to_string().starts_with("two reports"), "{error}");
    }

    #[test]
    fn a_test_that_will_not_run_has_no_waveforms() {
        let directory = tempfile::tempdir().expect("a directory");
        let wanted = parse(&format!("vcd:no_such={0}/x", directory.path().display()));
        let reports = Reports::open(&[wanted.expect("well-formed")]).expect("writable");
        let tests = [catalog::Test::new("iio/light/opt3001", "reads_lux")];
        let error = reports.expect(&tests).expect_err("there is no such test");
        assert!(
            error.to_string().starts_with("no test matches 'no_such'"),
            "{error}"
        );
    }

    #[test]
    fn an_old_report_stays_until_the_new_one_is_complete() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report.json");
        std::fs::write(&path, "old").expect("it is written");
        let wanted = parse(&format!("json={}", path.display())).expect("it is well-formed");
        let reports = Reports::open(std::slice::from_ref(&wanted)).expect("it can be written");
        drop(reports);
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "old");

        let out = run::example_directory();
        let reports = Reports::open(&[wanted]).expect("it can be written");
        reports
            .write(directory.path(), out.path())
            .expect("the run is complete");
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert!(text.contains("\"version\": 1"), "{text}");
        let left: Vec<_> = std::fs::read_dir(directory.path())
            .expect("the directory is there")
            .collect();
        assert_eq!(left.len(), 1, "no draft stays");
    }
}
