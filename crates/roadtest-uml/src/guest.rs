// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The directory that the guest sees as its root: the agent, the modules, and
//! empty mount points. Nothing else of the host is in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use roadtest_record::kernel::Kernel;

use crate::built::Built;
use crate::cache;
use crate::error::Error;
use crate::fingerprint::Hash;
use crate::xstate;

/// What the agent mounts onto, and where the test's own files go.
const MOUNT_POINTS: [&str; 6] = ["dev", "host", "proc", "run", "sys", "tmp"];

/// How many guest roots are kept: tests that still run may use an older one.
const KEPT: usize = 8;

/// Lays out the guest's root beside the manifest (`guest/KEY/`) and writes
/// the manifest. A root is never changed once it is there: another kernel or
/// agent gets another one.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn install(built: &Built, agent: &Path, manifest: &Path) -> Result<Kernel, Error> {
    let directory = manifest.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let directory = fs::canonicalize(directory).map_err(Error::io("find", directory))?;
    let program = fs::read(agent).map_err(Error::io("read", agent))?;
    let agent_key = quick_hash(&program);
    let key = format!("{}-{agent_key:016x}", built.kernel.config_fingerprint);
    let roots = directory.join("guest");
    let root = roots.join(&key);
    if root.is_dir() {
        cache::touch(&root);
    } else {
        lay_out(built, &program, &roots, &root)?;
        cache::prune(&roots, KEPT)?;
    }
    let kernel = Kernel {
        guest_root: root,
        preload: xstate::preload(built.kernel.version(), &directory)?,
        ..built.kernel.clone()
    };
    // Why compare: a manifest that does not change keeps its time stamp.
    let manifest = directory.join(manifest.file_name().unwrap_or_default());
    if Kernel::load(&manifest).ok().as_ref() != Some(&kernel) {
        kernel.store(&manifest)?;
    }
    Ok(kernel)
}

fn lay_out(built: &Built, agent: &[u8], roots: &Path, root: &Path) -> Result<(), Error> {
    fs::create_dir_all(roots).map_err(Error::io("create", roots))?;
    // Why the process id: two runs in one workspace may come here at once.
    let draft = roots.join(format!("{}.part", std::process::id()));
    cache::remove(&draft)?;
    let make = |path: PathBuf| fs::create_dir_all(&path).map_err(Error::io("create", &path));
    for name in MOUNT_POINTS.iter().chain(&["modules"]) {
        make(draft.join(name))?;
    }
    let init = draft.join("init");
    fs::write(&init, agent).map_err(Error::io("write", &init))?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&init, mode).map_err(Error::io("make executable", &init))?;
    for module in built.kernel.modules.values() {
        let from = built.directory.join(&module.file);
        let to = draft.join(&module.file);
        fs::copy(&from, &to).map_err(Error::io("copy", &from))?;
    }
    match fs::rename(&draft, root) {
        // Another run was faster, with the same content.
        Err(_) if root.is_dir() => cache::remove(&draft),
        other => other.map_err(Error::io("rename", &draft)),
    }
}

/// Hashes eight bytes at a time: the agent is large for a debug build.
fn quick_hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).fold(0_u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    Hash::new()
        .add(&bytes.len().to_le_bytes())
        .add(&words.to_le_bytes())
        .short()
}

#[cfg(test)]
mod tests {
    use roadtest_record::flavour::Flavour;
    use roadtest_record::kernel::Module;

    use super::*;

    fn built(directory: &Path) -> Built {
        fs::create_dir_all(directory.join("out/modules")).unwrap();
        fs::write(directory.join("out/modules/lm75.ko"), "ELF").unwrap();
        fs::write(directory.join("agent"), "first").unwrap();
        let module = Module {
            file: "modules/lm75.ko".into(),
            ..Module::default()
        };
        Built {
            kernel: Kernel {
                schema: 1,
                release: "6.12.1".into(),
                source: "debian:6.12".into(),
                config_fingerprint: "f00".into(),
                flavour: Flavour::default(),
                linux: directory.join("out/linux"),
                guest_root: PathBuf::new(),
                preload: None,
                modules: [("lm75".to_owned(), module)].into(),
                unavailable: [].into(),
            },
            directory: directory.join("out"),
        }
    }

    #[test]
    fn the_root_holds_agent_modules_and_mount_points_only() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("target/roadtest/kernel.json");
        let agent = directory.path().join("agent");
        let kernel = install(&built(directory.path()), &agent, &manifest).unwrap();
        let mut found: Vec<PathBuf> = walkdir::WalkDir::new(&kernel.guest_root)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter()
            .map(|e| {
                e.unwrap()
                    .path()
                    .strip_prefix(&kernel.guest_root)
                    .unwrap()
                    .into()
            })
            .collect();
        found.sort();
        let expected = [
            "dev",
            "host",
            "init",
            "modules",
            "modules/lm75.ko",
            "proc",
            "run",
            "sys",
            "tmp",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
        let init = fs::metadata(kernel.guest_root.join("init")).unwrap();
        assert_eq!(init.permissions().mode() & 0o777, 0o755);
        assert_eq!(Kernel::load(&manifest).unwrap(), kernel);
    }

    #[test]
    fn another_agent_gets_another_root_and_the_old_one_stays() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("target/roadtest/kernel.json");
        let agent = directory.path().join("agent");
        let built = built(directory.path());
        let first = install(&built, &agent, &manifest).unwrap();
        assert_eq!(install(&built, &agent, &manifest).unwrap(), first);
        fs::write(&agent, "second").unwrap();
        let second = install(&built, &agent, &manifest).unwrap();
        assert_ne!(first.guest_root, second.guest_root);
        let init = |kernel: &Kernel| fs::read_to_string(kernel.guest_root.join("init")).unwrap();
        assert_eq!(
            (init(&first).as_str(), init(&second).as_str()),
            ("first", "second")
        );
    }
}
