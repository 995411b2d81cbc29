// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The files by which the build, the tests and the reports talk to each
//! other. Nothing here runs anything.
//!
//! - [`flavour`]: how a kernel is built, booted and asked at the end of a
//!   test.
//! - [`kernel`]: what `cargo xtask build` leaves for the tests
//!   (`target/roadtest/kernel.json`).
//! - [`mod@test`]: what each test leaves behind
//!   (`<out>/tests/<driver>/<name>/record.json`, `timeline.txt`,
//!   `timeline.json`, `dmesg.txt`).
//! - [`summary`]: what a run leaves behind (`<out>/summary.json`).
//! - [`event`]: one entry of a timeline.
//! - [`workspace`]: where all of this is, seen at run time.

pub mod event;
pub mod flavour;
pub mod kernel;
pub mod summary;
pub mod test;
pub mod workspace;

use std::path::{Path, PathBuf};

/// A record file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system said no.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was tried: `read`, `write` or `create`.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{} is not a valid record", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads a JSON file.
///
/// # Errors
/// Where the file cannot be read, or holds something else.
pub fn load<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read(path).map_err(|source| Error::Io {
        verb: "read",
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| Error::Json {
        path: path.to_owned(),
        source,
    })
}

/// Writes a JSON file so that a reader sees the old content or the new one,
/// never half of it. Creates its directory.
///
/// # Errors
/// Where the file cannot be written.
pub fn store<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).map_err(|source| Error::Json {
        path: path.to_owned(),
        source,
    })?;
    let io = |verb, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { verb, path, source }
    };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(io("create", directory))?;
    }
    let draft = path.with_extension("json.new");
    std::fs::write(&draft, text).map_err(io("write", &draft))?;
    std::fs::rename(&draft, path).map_err(io("write", path))
}
