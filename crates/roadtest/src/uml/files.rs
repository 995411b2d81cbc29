// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's files, by their paths, and what is mounted where.

use roadtest_wire::{Answer, Request};

use super::{Inner, Uml, short};
use crate::errno::Errno;
use crate::file::File;

/// `MS_RDONLY` of mount(2).
const MS_RDONLY: u64 = 1;

impl Uml {
    /// The content of a file, as text without the newline at its end.
    ///
    /// # Errors
    /// What open or read failed with; `EILSEQ` where it is no text.
    pub fn read(&self, path: &str) -> Result<String, Errno> {
        self.inner.read(path)
    }

    /// The content of a file, as bytes.
    ///
    /// # Errors
    /// What open or read failed with.
    pub fn read_bytes(&self, path: &str) -> Result<Vec<u8>, Errno> {
        self.inner.read_bytes(path)
    }

    /// Writes `text` to an existing file with one system call, as `echo -n`
    /// does.
    ///
    /// # Errors
    /// What open or write failed with.
    pub fn write(&self, path: &str, text: impl ToString) -> Result<(), Errno> {
        self.inner.write(path, &text.to_string())
    }

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// What opendir or readdir failed with.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        self.inner.list(path)
    }

    /// Whether something is at this path.
    pub fn exists(&self, path: &str) -> bool {
        self.inner.real_path(path).is_ok()
    }

    /// The path with all symbolic links resolved.
    ///
    /// # Errors
    /// What realpath failed with.
    pub fn real_path(&self, path: &str) -> Result<String, Errno> {
        self.inner.real_path(path)
    }

    /// Opens a file, for reading and writing.
    ///
    /// # Errors
    /// What open failed with.
    pub fn open(&self, path: &str) -> Result<File, Errno> {
        self.open_with(path, libc::O_RDWR)
    }

    /// Opens a file with the flags of open(2).
    ///
    /// # Errors
    /// What open failed with.
    pub fn open_with(&self, path: &str, flags: i32) -> Result<File, Errno> {
        File::open(&self.inner, path, flags)
    }

    /// Mounts the host's root folder, read-only.
    pub(crate) fn mount_host_root(&self) -> Result<(), Errno> {
        self.inner.mount_with("hostfs", "/host", MS_RDONLY, "/")
    }
}

impl Inner {
    pub(crate) fn read_bytes(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let what = format!("read {}", short(path));
        let request = Request::ReadFile { path: path.into() };
        self.bytes(&what, &request)
    }

    pub(crate) fn read(&self, path: &str) -> Result<String, Errno> {
        let bytes = self.read_bytes(path)?;
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.ends_with('\n') {
                    text.pop();
                }
                Ok(text)
            }
            Err(_not_text) => Err(Errno::EILSEQ),
        }
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), Errno> {
        let what = format!("write {} {}", short(path), text.replace('\n', "\\n"));
        let request = Request::WriteFile {
            path: path.into(),
            data: text.into(),
        };
        self.value(&what, &request).map(drop)
    }

    pub(crate) fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        let request = Request::ReadDir { path: path.into() };
        self.names(&format!("list {}", short(path)), &request)
    }

    pub(crate) fn real_path(&self, path: &str) -> Result<String, Errno> {
        let request = Request::RealPath { path: path.into() };
        let names = self.names(&format!("realpath {}", short(path)), &request)?;
        names.into_iter().next().ok_or(Errno::ENOENT)
    }

    /// Names are not for the timeline: they are the framework's own look
    /// around.
    fn names(&self, what: &str, request: &Request) -> Result<Vec<String>, Errno> {
        match self.quiet_request(what, request)? {
            Answer::Names(names) => Ok(names),
            _ => Err(Errno::EIO),
        }
    }

    /// Mounts a filesystem that is all the kernel's.
    pub(crate) fn mount(&self, kind: &str, target: &str) -> Result<(), Errno> {
        self.mount_with(kind, target, 0, "")
    }

    fn mount_with(&self, kind: &str, target: &str, flags: u64, options: &str) -> Result<(), Errno> {
        let request = Request::Mount {
            source: "none".into(),
            target: target.into(),
            kind: kind.into(),
            flags,
            options: options.into(),
        };
        self.quiet_request(&format!("mount {kind}"), &request)
            .map(drop)
    }
}
