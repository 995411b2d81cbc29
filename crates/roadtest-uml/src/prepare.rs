// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The whole way from a kernel's name to a manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use roadtest_kconfig::{Fragment, Merged};
use roadtest_record::flavour::Flavour;
use roadtest_record::kernel::Kernel;

use crate::agent;
use crate::built::Built;
use crate::cache::{self, Cache};
use crate::configure::configure;
use crate::error::Error;
use crate::fingerprint::{self, Hash};
use crate::guest;
use crate::increment::{self, Last, Note, Step};
use crate::kbuild::Kbuild;
use crate::modules;
use crate::progress::{Event, Progress};
use crate::source::{self, Source, Wanted};
use crate::stamps::Stamps;

/// What to build and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which kernel.
    pub wanted: Wanted,
    /// The directory of fragments: `kconfig-fragments` of the workspace.
    pub fragments: PathBuf,
    /// How it is built, booted and asked: see [`crate::flavour`].
    pub flavour: Flavour,
    /// Where sources and builds are kept.
    pub cache: Cache,
    /// Processes of `make`; at least 1.
    pub jobs: usize,
}

/// Builds kernel and agent as far as something has changed, lays out the
/// guest's root, and writes the manifest. `workspace` is where the agent's
/// package is, `manifest` the file to write
/// ([`roadtest_record::kernel::MANIFEST`] below the workspace).
///
/// # Errors
/// See [`build`], [`agent::build`] and [`guest::install`].
pub fn prepare(
    options: &Options,
    workspace: &Path,
    manifest: &Path,
    progress: &mut dyn Progress,
) -> Result<Kernel, Error> {
    let built = build(options, progress)?;
    let agent = agent::build(workspace, progress)?;
    guest::install(&built, &agent, manifest)
}

/// Builds a kernel, if this very one is not in the cache yet. Waits, and says
/// so, where another process builds in the same cache.
///
/// # Errors
/// Where there is no usable source, where a fragment is malformed or not
/// granted, where the build fails or the disk is full.
pub fn build(options: &Options, progress: &mut dyn Progress) -> Result<Built, Error> {
    let flavour = &options.flavour;
    let extra: Vec<&str> = flavour.fragments.iter().map(String::as_str).collect();
    let merged = Merged::new(Fragment::load_all(&options.fragments, &extra)?)?;
    let recipe = fingerprint::recipe(&key(&merged, flavour))?;
    let cache = &options.cache;
    // Nothing in `out` ever changes, so that no lock is needed to look there.
    if let Some(source) = source::cached(&options.wanted, cache)? {
        let state = source.state()?;
        let fingerprint = fingerprint::of(&state.name, &recipe);
        if let Some(built) = Built::find(cache, &fingerprint, &source, flavour) {
            progress.event(&Event::UpToDate {
                release: built.kernel.release.clone(),
            });
            return Ok(built);
        }
    }
    let _lock = cache.lock(progress)?;
    let source = source::obtain(&options.wanted, cache, progress)?;
    let state = source.state()?;
    let fingerprint = fingerprint::of(&state.name, &recipe);
    // Another process may have built it in the meantime.
    if let Some(built) = Built::find(cache, &fingerprint, &source, flavour) {
        return Ok(built);
    }
    let output = cache.build(&build_key(&source, flavour));
    let order = Order {
        source: &source,
        merged: &merged,
        output: &output,
        recipe: &recipe,
        fingerprint: &fingerprint,
        stamps: state.stamps,
    };
    let made = make(options, &order, progress);
    if let Err(Error::DiskFull { .. }) = made {
        // Why: what a full disk has truncated cannot be told from what is
        // whole, and the room is needed. The first error matters.
        let _ = cache::remove(&output);
        let _ = cache::remove(&cache.out(&fingerprint));
    }
    made
}

/// One kernel to build.
struct Order<'a> {
    source: &'a Source,
    merged: &'a Merged,
    output: &'a Path,
    recipe: &'a str,
    fingerprint: &'a str,
    /// What a user's tree looks like.
    stamps: Option<Stamps>,
}

fn make(options: &Options, order: &Order<'_>, progress: &mut dyn Progress) -> Result<Built, Error> {
    let (source, output) = (order.source, order.output);
    let kbuild = Kbuild::new(&source.tree, output, &options.flavour.make);
    let unavailable = compile(options, order, &kbuild, progress)?;
    let modules = modules::built(output)?;
    let directory = options.cache.out(order.fingerprint);
    let draft = cache::draft(&directory)?;
    let copy = |from: &Path, to: PathBuf| {
        fs::copy(from, to)
            .map(|_bytes| ())
            .map_err(Error::io("copy", from))
    };
    fs::create_dir(draft.join("modules")).map_err(Error::io("create", &draft))?;
    copy(&output.join("linux"), draft.join("linux"))?;
    copy(&output.join(".config"), draft.join("config"))?;
    for module in &modules {
        let name = module.file.file_name().unwrap_or_default();
        copy(&module.file, draft.join("modules").join(name))?;
    }
    let kernel = Kernel {
        schema: 1,
        release: kbuild.release()?,
        source: source.name.clone(),
        config_fingerprint: order.fingerprint.to_owned(),
        flavour: options.flavour.clone(),
        linux: directory.join("linux"),
        guest_root: PathBuf::new(),
        preload: None,
        modules: modules::manifest(&modules),
        unavailable,
    };
    roadtest_record::store(&draft.join("kernel.json"), &kernel)?;
    cache::finish(&draft, &directory)?;
    options.cache.prune()?;
    Ok(Built { kernel, directory })
}

/// Runs kbuild on as little as will do, and returns the drivers that this
/// kernel cannot have, with the reasons.
fn compile(
    options: &Options,
    order: &Order<'_>,
    kbuild: &Kbuild,
    progress: &mut dyn Progress,
) -> Result<BTreeMap<String, String>, Error> {
    let jobs = options.jobs.max(1);
    // Why: a run that was cut off leaves files that only a full build mends.
    let last = if kbuild.was_cut_off() {
        None
    } else {
        Last::load(order.output)
    };
    let before = last.as_ref().and_then(|last| {
        let path = options.cache.out(&last.fingerprint).join("kernel.json");
        roadtest_record::load::<Kernel>(&path).ok()
    });
    let step = match (&last, &order.stamps) {
        (Some(last), Some(stamps)) => last.step(stamps, order.recipe, order.output)?,
        _ => Step::Everything,
    };
    // What the last build included holds where no object but a module's own
    // was compiled since.
    let (unavailable, included) = match (before, step) {
        (Some(kernel), Step::Modules) => {
            kbuild.build_modules(jobs, progress)?;
            (kernel.unavailable, last)
        }
        (Some(kernel), Step::Objects) => {
            kbuild.build(jobs, progress)?;
            (kernel.unavailable, None)
        }
        _ => {
            increment::forget(order.output)?;
            let unavailable = configure(kbuild, order.source, order.merged, progress)?;
            kbuild.build(jobs, progress)?;
            (unavailable, None)
        }
    };
    if let Some(stamps) = &order.stamps {
        let note = Note {
            fingerprint: order.fingerprint,
            recipe: order.recipe,
            stamps,
        };
        increment::note(order.output, &order.source.tree, &note, included.as_ref())?;
    }
    Ok(unavailable)
}

/// What fragments and flavour affect: the configuration, which driver needs
/// which symbol, and how `make` is called. Comments and line numbers affect
/// nothing.
fn key(merged: &Merged, flavour: &Flavour) -> String {
    let mut text = merged.to_text();
    for fragment in merged.fragments.values() {
        text.push_str(&fragment.name);
        for request in &fragment.requests {
            let optional = if request.optional.is_some() { "?" } else { "" };
            text.push_str(&format!(" {}{optional}", request.symbol));
        }
        text.push('\n');
    }
    for variable in &flavour.make {
        text.push_str(variable);
        text.push('\n');
    }
    text
}

/// One output directory per source, set of extra fragments and variables of
/// `make`, so that kbuild builds only what changed.
fn build_key(source: &Source, flavour: &Flavour) -> String {
    let name = source.name.rsplit('/').next().unwrap_or_default();
    let name = name.replace([':', '.'], "-");
    let hash = Hash::new().add(source.tree.as_os_str().as_encoded_bytes());
    let mut words: Vec<String> = vec![name, hash.text()];
    words.extend(flavour.fragments.iter().cloned());
    if !flavour.make.is_empty() {
        words.push(flavour.name.clone());
    }
    words.join("-")
}
