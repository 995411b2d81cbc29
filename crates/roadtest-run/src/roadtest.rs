// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask roadtest`: the kernel, then the driver tests, then what
//! became of them.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use roadtest_command::exit::Done;
use roadtest_command::{leftovers, process, workspace};
use roadtest_record::kernel::Kernel;
use roadtest_record::summary::Summary;
use roadtest_report::catalog::{self, Test};
use roadtest_report::event::{Counts, Event, Verdict};
use roadtest_report::filter;
use roadtest_report::report::{Report, Verbosity};
use roadtest_report::reports::{self, Reports};

use crate::kernel::{self, KernelArgs};
use crate::runner::{self, Job, News};
use crate::{binary, since, verdict, watch};

/// Build the kernel where needed, and run the driver tests.
#[derive(clap::Args)]
pub struct Args {
    /// Parts of `driver/test`, or globs: iio/light/*, rtc-pcf8563, *_is_reported
    filters: Vec<String>,
    #[command(flatten)]
    kernel: KernelArgs,
    /// How many tests at a time [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
    /// Say only what failed
    #[arg(long, short)]
    quiet: bool,
    /// Write a report, too: ktap, junit, json, github, gitlab, html, vcd:TEST or
    /// vcd-text:TEST, and where to put it (- is standard output); may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH", conflicts_with = "watch")]
    reports: Vec<reports::Wanted>,
    /// Use the kernel that is there
    #[arg(long, conflicts_with_all = ["ksrc", "kernel", "sanitize"])]
    no_build: bool,
    /// Only the drivers that were touched since a commit of the kernel tree,
    /// or in a range of commits
    #[arg(long, value_name = "BASE")]
    since: Option<String>,
    /// Run again whenever a source is saved
    #[arg(long)]
    watch: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

/// Runs the verb.
///
/// # Errors
/// A filter that matches nothing, and everything that stands between here
/// and running tests.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let reports = Reports::open(&args.reports)?;
    let verbosity = if args.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Normal
    };
    if !args.no_build {
        kernel::preflight(&root, &args.kernel)?;
    }
    let base = args.since.as_deref();
    let touched = base
        .map(|base| since::touched(&root, &args.kernel, base))
        .transpose()?;
    if args.watch {
        return watch::run(&root, &args.kernel);
    }
    let _lock = workspace::lock(&root)?;
    leftovers::remove_dead_aloud();
    let Chosen { binary, tests } = chosen(&root, &args.filters)?;
    let tests = match &touched {
        Some(touched) => touched.keep(&root, tests),
        None => tests,
    };
    if tests.is_empty() {
        return Ok(Done::AllPassed);
    }
    reports.expect(&tests)?;
    let manifest = workspace::manifest(&root);
    let kernel = if args.no_build {
        kernel::existing(&root)?
    } else {
        kernel::build(&root, &manifest, &args.kernel, verbosity)?
    };
    let plan = Plan {
        manifest,
        out: workspace::out(&root),
        kernel,
        binary,
        tests,
        jobs: args.jobs,
        report: Report {
            verbosity,
            rerun_arguments: if args.no_build {
                " --no-build".to_owned()
            } else {
                args.kernel.again()
            },
            root: root.clone(),
        },
        root,
    };
    let verdicts = plan.run()?;
    plan.end(&verdicts);
    reports.write(&plan.root, &plan.out)?;
    Ok(Done::from_failed(Counts::of(&verdicts).failed))
}

/// The tests of a run.
pub struct Chosen {
    /// The compiled tests.
    pub binary: PathBuf,
    /// Those that were chosen.
    pub tests: Vec<Test>,
}

/// Compiles the tests, and chooses among them.
///
/// # Errors
/// Where they do not compile, or a filter matches nothing.
pub fn chosen(root: &Path, filters: &[String]) -> anyhow::Result<Chosen> {
    let binary = binary::compile(root)?;
    let tests = binary::list(&binary, &catalog::drivers(root))?;
    let tests = filter::choose(&tests, filters)?;
    Ok(Chosen { binary, tests })
}

/// A run of driver tests on one kernel.
pub struct Plan {
    /// The workspace.
    pub root: PathBuf,
    /// Where records and summary go.
    pub out: PathBuf,
    /// The manifest of the kernel.
    pub manifest: PathBuf,
    /// The kernel.
    pub kernel: Kernel,
    /// The compiled tests.
    pub binary: PathBuf,
    /// Those to run.
    pub tests: Vec<Test>,
    /// How many at a time.
    pub jobs: Option<usize>,
    /// What shows them.
    pub report: Report,
}

impl Plan {
    /// Runs the tests, shows each as it ends, and writes the summary.
    ///
    /// # Errors
    /// Where the runner cannot run, or the summary cannot be written.
    pub fn run(&self) -> anyhow::Result<Vec<Verdict>> {
        self.clear()?;
        let screen = Screen::new(self.tests.len(), &self.report);
        screen.show(&Event::Started {
            tests: self.tests.len(),
            kernel: Box::new(self.kernel.clone()),
        });
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut runnable: Vec<Test> = Vec::new();
        for test in &self.tests {
            match self.kernel.unavailable.get(&test.driver) {
                None => runnable.push(test.clone()),
                Some(reason) => {
                    let skipped = verdict::skip(test, reason);
                    screen.show(&Event::Finished(Box::new(skipped.clone())));
                    verdicts.push(skipped);
                }
            }
        }
        if !runnable.is_empty() {
            verdicts.extend(self.run_all(runnable, &screen));
        }
        screen.close();
        verdicts.sort_by(|a, b| a.test.cmp(&b.test));
        self.store(&verdicts)?;
        Ok(verdicts)
    }

    fn run_all(&self, tests: Vec<Test>, screen: &Screen<'_>) -> Vec<Verdict> {
        let job = Job {
            root: self.root.clone(),
            binary: self.binary.clone(),
            tests,
            jobs: self.jobs,
            out: self.out.clone(),
            manifest: self.manifest.clone(),
        };
        let mut verdicts: Vec<Option<Verdict>> = vec![None; job.tests.len()];
        let end = |verdict: Verdict| {
            screen.show(&Event::Finished(Box::new(verdict.clone())));
            verdict
        };
        runner::run(&job, &mut |news| match news {
            News::Started(_) => {}
            News::Slow(index, after) => {
                let test = Box::new(job.tests[index].clone());
                screen.show(&Event::Slow(test, after));
            }
            News::Finished(index, finish) => {
                let verdict = verdict::judge(&job.tests[index], &finish, &self.out);
                verdicts[index] = Some(end(verdict));
            }
        });
        if process::interrupted() {
            // Why: that the user stopped them is no verdict on the rest.
            process::wait_for_the_end();
        }
        let each = job.tests.iter().zip(verdicts);
        each.map(|(test, verdict)| verdict.unwrap_or_else(|| end(verdict::lost(test))))
            .collect()
    }

    /// Says what failed, and how many did.
    pub fn end(&self, verdicts: &[Verdict]) {
        let event = Event::Ended {
            verdicts: verdicts.to_vec(),
            summary: self.summary(),
        };
        // Why: a reader that has gone away does not change what happened.
        drop(self.report.write(&mut anstream::stdout(), &event));
    }

    fn summary(&self) -> PathBuf {
        self.out.join("summary.json")
    }

    /// Removes what the last run left in the same place.
    fn clear(&self) -> anyhow::Result<()> {
        let tests = self.out.join("tests");
        if tests.exists() {
            std::fs::remove_dir_all(&tests)
                .with_context(|| format!("cannot remove {}", tests.display()))?;
        }
        let summary = self.summary();
        match std::fs::remove_file(&summary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", summary.display()))
            }
            _ => Ok(()),
        }
    }

    fn store(&self, verdicts: &[Verdict]) -> anyhow::Result<()> {
        let mut tests: Vec<_> = verdicts
            .iter()
            .map(|verdict| verdict.record.clone())
            .collect();
        tests.sort_by(|a, b| a.name.cmp(&b.name));
        let summary = Summary {
            schema: 1,
            kernel: self.kernel.identity(),
            tests,
        };
        roadtest_record::store(&self.summary(), &summary)?;
        Ok(())
    }
}

/// Standard output, with a bar below the lines where it is a terminal.
struct Screen<'a> {
    report: &'a Report,
    bar: ProgressBar,
}

impl<'a> Screen<'a> {
    fn new(tests: usize, report: &'a Report) -> Self {
        let bar = if std::io::stdout().is_terminal() {
            ProgressBar::new(tests as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{pos:>8}/{len} tests [{bar:40}] {elapsed}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { report, bar }
    }

    fn show(&self, event: &Event) {
        // Why: a reader that has gone away does not change what happened.
        self.bar
            .suspend(|| drop(self.report.write(&mut anstream::stdout(), event)));
        if matches!(event, Event::Finished(_)) {
            self.bar.inc(1);
        }
    }

    fn close(&self) {
        self.bar.finish_and_clear();
    }
}
