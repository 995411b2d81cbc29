// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Fragments to a `.config` in which every request is granted.

use std::collections::BTreeMap;
use std::fs;

use roadtest_kconfig::{Config, Merged, Tree, verify};

use crate::error::Error;
use crate::kbuild::{Kbuild, Log};
use crate::progress::{Event, Progress};
use crate::source::Source;

/// Writes the `.config` and checks it; returns the drivers that this kernel
/// cannot have, with the reasons.
///
/// What the fragments do not ask for is off (`allnoconfig`), so that a
/// kernel's own defaults never make a guest slower.
///
/// # Errors
/// [`Error::Dropped`] with each request that was not granted; see also
/// [`Kbuild::make`].
pub fn configure(
    kbuild: &Kbuild,
    source: &Source,
    merged: &Merged,
    progress: &mut dyn Progress,
) -> Result<BTreeMap<String, String>, Error> {
    progress.event(&Event::Configuring {
        release: source.version.clone(),
    });
    let output = kbuild.output();
    fs::create_dir_all(output).map_err(Error::io("create", output))?;
    let wanted = output.join("roadtest.config");
    fs::write(&wanted, merged.to_text()).map_err(Error::io("write", &wanted))?;
    let all = format!("KCONFIG_ALLCONFIG={}", wanted.display());
    for target in ["allnoconfig", "olddefconfig"] {
        let log = if target == "allnoconfig" {
            Log::New
        } else {
            Log::Append
        };
        kbuild.make(&[all.clone(), target.to_owned()], log, |_| {})?;
    }
    let path = output.join(".config");
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let tree = Tree::read(&source.tree)?;
    let report = verify(merged, &Config::parse(&text), &tree, &source.version);
    if !report.dropped.is_empty() {
        return Err(Error::Dropped {
            release: source.version.clone(),
            dropped: report.dropped,
        });
    }
    for (driver, reason) in &report.unavailable {
        progress.event(&Event::Unavailable {
            driver: driver.clone(),
            reason: reason.clone(),
        });
    }
    Ok(report.unavailable)
}
