// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel that the tests boot: which one the user chose, and how its
//! build is shown. The work is done by `roadtest-uml`.

mod progress;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use roadtest_command::{exit, workspace};
use roadtest_record::flavour::Flavour;
use roadtest_record::kernel::Kernel;
use roadtest_report::report::Verbosity;
use roadtest_uml::{Cache, Error, Options, Wanted, doctor, flavour};

use progress::Show;

/// Which kernel, and whether missing tools may be installed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct KernelArgs {
    /// A kernel tree of yours; nothing is written into it
    #[arg(long, value_name = "PATH", conflicts_with = "kernel")]
    pub ksrc: Option<PathBuf>,
    /// A packaged kernel: debian:VERSION or debian:VERSION@SUITE [default: the
    /// tree that this workspace sits in, else debian:6.12]
    #[arg(long, value_name = "SPEC")]
    pub kernel: Option<String>,
    /// With the kernel's own checkers built in: KASAN, UBSAN, lockdep,
    /// kmemleak, debug objects; slower, and 256 MiB for each guest
    #[arg(long)]
    sanitize: bool,
    /// Install the tools that are missing
    #[arg(long)]
    setup: bool,
}

/// Whether tools that are missing may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The user asked for it: `--setup`.
    Install,
    /// They are only named.
    Refuse,
}

/// From the option of that name.
impl From<bool> for Setup {
    fn from(asked: bool) -> Self {
        if asked { Self::Install } else { Self::Refuse }
    }
}

impl KernelArgs {
    /// A packaged kernel of the plain flavour; tools are installed where
    /// `setup` says so.
    pub fn packaged(spec: &str, setup: Setup) -> Self {
        Self {
            kernel: Some(spec.to_owned()),
            setup: setup == Setup::Install,
            ..Self::default()
        }
    }

    /// The same kernel with its own checkers built in.
    pub fn sanitized(&self) -> Self {
        Self {
            sanitize: true,
            ..self.clone()
        }
    }

    /// How it is built, booted and asked.
    pub fn flavour(&self) -> Flavour {
        if self.sanitize {
            flavour::sanitized()
        } else {
            flavour::plain()
        }
    }

    /// Whether tools that are missing may be installed.
    pub fn setup(&self) -> Setup {
        Setup::from(self.setup)
    }

    /// What chooses the same kernel again: empty, or ` --ksrc PATH`.
    pub fn again(&self) -> String {
        let mut words = match (&self.ksrc, &self.kernel) {
            (Some(path), _) => format!(" --ksrc {}", path.display()),
            (None, Some(spec)) => format!(" --kernel {spec}"),
            (None, None) => String::new(),
        };
        if self.sanitize {
            words.push_str(" --sanitize");
        }
        words
    }
}

/// The kernel that an earlier build left.
///
/// # Errors
/// Where there is none.
pub fn existing(root: &Path) -> anyhow::Result<Kernel> {
    let path = workspace::manifest(root);
    Kernel::load(&path).context("no kernel is built yet: run `cargo xtask build`")
}

/// Fails in one line where a tool is missing, or installs it where the user
/// asked for that. Comes before everything else.
///
/// # Errors
/// What is missing, with the command that installs it; a kernel that cannot
/// be named so; a tree that is none, or is too old.
pub fn preflight(root: &Path, args: &KernelArgs) -> anyhow::Result<()> {
    cached_tree(root, args)?;
    setup(args.setup())?;
    Ok(doctor::check()?)
}

/// Installs what is missing, where the user asked for that.
///
/// # Errors
/// Those of apt.
pub fn setup(setup: Setup) -> anyhow::Result<()> {
    if setup == Setup::Install {
        doctor::setup(&mut Show::new(Verbosity::Normal))?;
    }
    Ok(())
}

/// Installs Debian packages.
///
/// # Errors
/// Those of apt, or where there is none.
pub fn install(packages: &[&str], verbosity: Verbosity) -> anyhow::Result<()> {
    Ok(doctor::install(packages, &mut Show::new(verbosity))?)
}

/// Builds the kernel as far as anything has changed, and writes its manifest.
///
/// # Errors
/// Where there is no source, or it does not build.
pub fn build(
    root: &Path,
    manifest: &Path,
    args: &KernelArgs,
    verbosity: Verbosity,
) -> anyhow::Result<Kernel> {
    let options = Options {
        wanted: wanted(root, args)?,
        fragments: root.join("kconfig-fragments"),
        flavour: args.flavour(),
        cache: Cache::of_user()?,
        jobs: jobs(),
    };
    let mut show = Show::new(verbosity);
    Ok(roadtest_uml::prepare(&options, root, manifest, &mut show)?)
}

/// The directory of the user's sources and builds.
///
/// # Errors
/// Where the user has none.
pub fn cache() -> anyhow::Result<PathBuf> {
    Ok(Cache::of_user()?.root().to_owned())
}

/// The source of a kernel, where it is on this machine already.
///
/// # Errors
/// Where the kernel cannot be named so, or its source cannot be used.
pub fn cached_tree(root: &Path, args: &KernelArgs) -> anyhow::Result<Option<PathBuf>> {
    let source = roadtest_uml::source::cached(&wanted(root, args)?, &Cache::of_user()?)?;
    Ok(source.map(|source| source.tree))
}

/// The source of a kernel, unpacked; it is downloaded where it is not there.
///
/// # Errors
/// Where it cannot be had.
pub fn source(root: &Path, args: &KernelArgs) -> anyhow::Result<PathBuf> {
    // Why first: it never changes, so that no lock of a build is needed.
    if let Some(tree) = cached_tree(root, args)? {
        return Ok(tree);
    }
    let cache = Cache::of_user()?;
    let mut show = Show::new(Verbosity::Normal);
    let _lock = cache.lock(&mut show)?;
    let source = roadtest_uml::source::obtain(&wanted(root, args)?, &cache, &mut show)?;
    Ok(source.tree)
}

/// Processes of `make`: as many as cargo may have, else one per core.
fn jobs() -> usize {
    let limit = std::env::var("CARGO_BUILD_JOBS").ok();
    let limit = limit.and_then(|text| text.parse().ok());
    limit
        .filter(|jobs| *jobs > 0)
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1)
}

/// The kernel tree that the tests run on; `None` where it is a package.
///
/// # Errors
/// A kernel that cannot be named so.
pub fn tree(root: &Path, args: &KernelArgs) -> anyhow::Result<Option<PathBuf>> {
    match wanted(root, args)? {
        Wanted::Tree(tree) => Ok(Some(tree)),
        Wanted::Package(_) => Ok(None),
    }
}

fn wanted(root: &Path, args: &KernelArgs) -> anyhow::Result<Wanted> {
    match Wanted::choose(args.ksrc.as_deref(), args.kernel.as_deref(), root) {
        Err(error @ Error::Name(_)) => Err(exit::usage(error.to_string())),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chose_a_kernel_is_repeated() {
        let mut args = KernelArgs::default();
        assert_eq!(args.again(), "");
        args = args.sanitized();
        assert_eq!(args.again(), " --sanitize");
        args.kernel = Some("debian:6.1".to_owned());
        assert_eq!(args.again(), " --kernel debian:6.1 --sanitize");
    }
}
