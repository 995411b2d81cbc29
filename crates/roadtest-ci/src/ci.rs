// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask ci`: everything that must hold before a change is merged, in
//! stages, each with its time. A stage that fails does not keep later ones
//! from running, unless they need what it makes.

mod compare;
mod components;
mod stage;
mod units;

use std::path::{Path, PathBuf};

use roadtest_command::exit::Done;
use roadtest_command::{console, leftovers, workspace};
use roadtest_record::flavour::PLAIN;
use roadtest_report::event::Counts;
use roadtest_report::report::{Report, Verbosity};
use roadtest_run::kernel::{self, KernelArgs};
use roadtest_run::roadtest::{self, Chosen, Plan};
use xshell::{Shell, cmd};
use xtask::checks::{self, Ci, Part};

use crate::{browser, docs, parser, programs, replay, tidy, tree, views};
use stage::Stages;

/// The kernels that a change is tried on, where none is named.
const KERNELS: [&str; 2] = ["debian:6.12", "debian:7.3@trixie-backports"];

/// Runs the verb.
///
/// # Errors
/// Where a tool is missing, or the workspace cannot be used.
pub fn run(args: &Ci) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let kernels = if args.kernel.is_empty() {
        KERNELS.map(str::to_owned).to_vec()
    } else {
        args.kernel.clone()
    };
    let setup = args.setup.into();
    let wanted: Vec<KernelArgs> = kernels
        .iter()
        .map(|spec| KernelArgs::packaged(spec, setup))
        .collect();
    for kernel in &wanted {
        kernel::preflight(&root, kernel)?;
    }
    components::check(&root, setup)?;
    programs::check(&[programs::CHROMIUM, programs::PYTHON], setup)?;
    let _lock = workspace::lock(&root)?;
    leftovers::remove_dead_aloud();

    let mut stages = Stages::default();
    if args.wants(Part::Checks) {
        checks(&root, &mut stages)?;
    }
    let mut tree = None;
    if (args.wants(Part::Tree) || args.wants(Part::Docs))
        && let Some(kernel) = wanted.first()
    {
        tree = stages.get("unpack a tree", || tree::unpacked(&root, kernel));
    }
    if args.wants(Part::Tree)
        && let Some(tree) = &tree
    {
        stages.count("verbs in a kernel tree", || units::in_tree(&root, tree));
    }
    if args.wants(Part::Kernels)
        && let Some(chosen) = stages.get("compile driver tests", || roadtest::chosen(&root, &[]))
    {
        on_kernels(&root, &wanted, &chosen, &mut stages);
        if let Some(wanted) = sanitized(args, &wanted) {
            let directories = Directories::new(&root, KERNELS.len(), &wanted);
            once(&root, &directories, &wanted, &chosen, &mut stages);
        }
    }
    if args.wants(Part::Docs) {
        // Why last: what the documentation says of timelines is compared with
        // those of the first kernel.
        stages.run("documentation", || {
            docs::run(&checks::Docs { write: false })
        });
        let first = wanted.first().and_then(|kernel| kernel.kernel.as_deref());
        if let Some(tree) = tree.filter(|_| first == Some(replay::KERNEL)) {
            stages.run("documentation, replayed", || {
                replay::check(&root, &tree, &[])
            });
        }
    }
    Ok(conclude(&stages))
}

/// The stages of each kernel, and of what is made from the first one's records.
fn on_kernels(root: &Path, wanted: &[KernelArgs], chosen: &Chosen, stages: &mut Stages) {
    for (number, kernel) in wanted.iter().enumerate() {
        let directories = Directories::new(root, number, kernel);
        drivers(root, &directories, kernel, chosen, stages);
        if number == 0 && directories.first.join("summary.json").is_file() {
            stages.run("reports, logs and devicetrees", || {
                views::check(root, &directories.first)
            });
            stages.run("HTML report in a browser", || {
                browser::check_report(root, &directories.first)
            });
        }
    }
}

fn conclude(stages: &Stages) -> Done {
    console::line("");
    for line in stages.lines() {
        console::line(&line);
    }
    console::line(&stages.counts().to_string());
    Done::from_failed(stages.counts().failed)
}

/// The kernel whose checkers are built in: the first of the usual ones.
fn sanitized(args: &Ci, wanted: &[KernelArgs]) -> Option<KernelArgs> {
    let first = wanted.first().filter(|_| args.kernel.is_empty())?;
    Some(first.sanitized())
}

/// `debian:6.12`, or `debian:6.12, sanitized`.
fn name(kernel: &KernelArgs) -> String {
    let spec = kernel.kernel.clone().unwrap_or_default();
    match &*kernel.flavour().name {
        PLAIN => spec,
        flavour => format!("{spec}, {flavour}"),
    }
}

/// The stages that need no kernel.
fn checks(root: &Path, stages: &mut Stages) -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.change_dir(root);
    let cargo = workspace::cargo();
    let fmt = cmd!(shell, "{cargo} fmt --all --check");
    stages.command("fmt", fmt);
    let clippy = cmd!(
        shell,
        "{cargo} clippy --workspace --all-targets --all-features -- -D warnings"
    );
    stages.command("clippy", clippy);
    stages.run("tidy", tidy::run);
    stages.count("unit tests", || units::run(root));
    let doc = cmd!(shell, "{cargo} doc --workspace --no-deps");
    stages.command("doc", doc.env("RUSTDOCFLAGS", "-D warnings"));
    Ok(())
}

/// Where one kernel's manifest and records go. The user's own manifest is
/// left alone.
struct Directories {
    manifest: PathBuf,
    first: PathBuf,
    again: PathBuf,
}

impl Directories {
    /// The first kernel's records go where those of any run go.
    fn new(root: &Path, number: usize, kernel: &KernelArgs) -> Self {
        let name = name(kernel)
            .replace(", ", "-")
            .replace([':', '@', '/'], "-");
        let suffix = match number {
            0 => String::new(),
            _ => format!("-{name}"),
        };
        let first = workspace::out(root);
        let last = first
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            manifest: root.join("target/roadtest/ci").join(format!("{name}.json")),
            again: first.with_file_name(format!("again{suffix}")),
            first: first.with_file_name(format!("{last}{suffix}")),
        }
    }
}

/// The stages of one kernel.
fn drivers(
    root: &Path,
    directories: &Directories,
    wanted: &KernelArgs,
    chosen: &Chosen,
    stages: &mut Stages,
) {
    let Some(first) = once(root, directories, wanted, chosen, stages) else {
        return;
    };
    let spec = name(wanted);
    stages.run(&format!("KTAP for the parser of {spec}"), || {
        parser::check(root, &directories.first, wanted)
    });
    let again = Plan {
        out: directories.again.clone(),
        ..first
    };
    stages.count(&format!("tests on {spec}, again"), || test(&again));
    stages.run(&format!("same timelines on {spec}"), || {
        let differences = compare::timelines(&directories.first, &directories.again)?;
        for difference in &differences {
            console::problem(&difference.to_string());
        }
        Ok(Done::from_failed(differences.len()))
    });
}

/// The stages that build a kernel and run the tests on it, and the plan that
/// they followed; nothing where it cannot be built.
fn once(
    root: &Path,
    directories: &Directories,
    wanted: &KernelArgs,
    chosen: &Chosen,
    stages: &mut Stages,
) -> Option<Plan> {
    let spec = name(wanted);
    let kernel = stages.get(&format!("build {spec}"), || {
        kernel::build(root, &directories.manifest, wanted, Verbosity::Normal)
    })?;
    stages.count(&format!("framework tests on {spec}"), || {
        units::on_kernel(root, &directories.manifest)
    });
    let plan = Plan {
        root: root.to_owned(),
        out: directories.first.clone(),
        manifest: directories.manifest.clone(),
        kernel,
        binary: chosen.binary.clone(),
        tests: chosen.tests.clone(),
        jobs: None,
        report: Report {
            verbosity: Verbosity::Normal,
            rerun_arguments: wanted.again(),
            root: root.to_owned(),
        },
    };
    stages.count(&format!("tests on {spec}"), || test(&plan));
    Some(plan)
}

fn test(plan: &Plan) -> anyhow::Result<Counts> {
    let verdicts = plan.run()?;
    plan.end(&verdicts);
    Ok(Counts::of(&verdicts))
}
