// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A host whose processors have more state than UML has room for.
//!
//! UML keeps the registers of a guest's program with `PTRACE_GETREGSET`,
//! `PTRACE_SETREGSET` and `NT_X86_XSTATE`. Up to Linux 6.12 its buffer has
//! 2,696 bytes (`HOST_FP_SIZE` in `arch/x86/um/user-offsets.c`), as much as
//! AVX-512 and protection keys need. With AMX a set has 11,008 bytes. The host
//! returns as much of it as there is room for, but takes only a whole set, so
//! the guest's first program dies. A library with another `ptrace`, preloaded
//! into UML, adds the rest (`xstate.c`). The kernel itself stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache;
use crate::error::Error;
use crate::fingerprint::Hash;
use crate::run;

/// What UML has room for, in bytes, before it asks the host for the size.
const ROOM: u32 = 2696;
/// The first kernel version whose UML asks.
const ASKS: (u32, u32) = (6, 13);

const SOURCE: &str = include_str!("xstate.c");

/// The library that a kernel of this version needs on this host, if it needs
/// one; built into `directory` where it is not there yet.
///
/// # Errors
/// Where the compiler fails or the file cannot be written.
pub(crate) fn preload(version: (u32, u32), directory: &Path) -> Result<Option<PathBuf>, Error> {
    if version >= ASKS || host_size() <= ROOM {
        return Ok(None);
    }
    build(directory).map(Some)
}

/// The size of a whole set on this host, in bytes.
fn host_size() -> u32 {
    let state = raw_cpuid::CpuId::new().get_extended_state_info();
    state.map_or(0, |state| state.xsave_area_size_enabled_features())
}

fn build(directory: &Path) -> Result<PathBuf, Error> {
    let key = Hash::new().add(SOURCE.as_bytes()).short();
    let library = directory.join(format!("xstate-{key:016x}.so"));
    if library.is_file() {
        return Ok(library);
    }
    fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    // Why the process id: two runs in one workspace may come here at once.
    let draft = directory.join(format!("xstate-{}", std::process::id()));
    let (source, object) = (draft.with_extension("c"), draft.with_extension("part"));
    fs::write(&source, SOURCE).map_err(Error::io("write", &source))?;
    let mut gcc = Command::new("gcc");
    gcc.args(["-O2", "-shared", "-fPIC", "-o"])
        .args([&object, &source])
        .arg("-ldl");
    let ended = run::lines(&mut gcc, |_line| ())?;
    cache::remove(&source)?;
    if !ended.success {
        return Err(ended.error(run::shown(&gcc)));
    }
    fs::rename(&object, &library).map_err(Error::io("rename", &object))?;
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_that_asks_for_the_size_needs_no_library() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(preload((6, 13), directory.path()).unwrap(), None);
        assert_eq!(preload((7, 3), directory.path()).unwrap(), None);
    }

    #[test]
    fn the_library_is_built_once_and_defines_ptrace() {
        let directory = tempfile::tempdir().unwrap();
        let first = build(directory.path()).unwrap();
        assert_eq!(build(directory.path()).unwrap(), first);
        let files = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(files, 1, "nothing but the library is left");
        let defined = fs::read(&first).unwrap();
        let name = b"\0ptrace\0";
        assert!(defined.windows(name.len()).any(|bytes| bytes == name));
    }
}
