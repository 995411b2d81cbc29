// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's files, by their paths, and what is mounted where.

use roadtest_wire::Request;

use super::request::Count;
use super::{Inner, Uml, short};
use crate::errno::Errno;
use crate::file::File;

impl Uml {
    /// The content of a file, as text without the newline at its end.
    ///
    /// A driver may print what is no UTF-8. The test sees that as it is: each
    /// such byte as `\xff`, and in a text that has one, each backslash twice.
    /// [`read_bytes`](Self::read_bytes) returns the bytes.
    ///
    /// # Errors
    /// What open or read failed with.
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

    /// The names in a directory, sorted; see [`read`](Self::read) for names that
    /// are no text.
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
}

impl Inner {
    pub(crate) fn read_bytes(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let what = format!("read {}", short(path));
        let request = Request::ReadFile { path: path.into() };
        self.request(&what, &request)
    }

    pub(crate) fn read(&self, path: &str) -> Result<String, Errno> {
        let bytes = self.read_bytes(path)?;
        Ok(text(bytes.strip_suffix(b"\n").unwrap_or(&bytes)))
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), Errno> {
        let what = format!("write {} {}", short(path), text.replace('\n', "\\n"));
        let request = Request::WriteFile {
            path: path.into(),
            data: text.into(),
        };
        let Count(_written) = self.request(&what, &request)?;
        Ok(())
    }

    pub(crate) fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        let request = Request::ReadDir { path: path.into() };
        let what = format!("list {}", short(path));
        let names: Vec<Vec<u8>> = self.quiet_request(&what, &request)?;
        Ok(names.iter().map(|name| text(name)).collect())
    }

    pub(crate) fn real_path(&self, path: &str) -> Result<String, Errno> {
        let request = Request::RealPath { path: path.into() };
        let path: Vec<u8> = self.quiet_request(&format!("realpath {}", short(path)), &request)?;
        Ok(text(&path))
    }

    /// Mounts a filesystem that is all the kernel's.
    pub(crate) fn mount(&self, kind: &str, target: &str) -> Result<(), Errno> {
        self.mount_with(kind, target, 0, "")
    }

    pub(super) fn mount_with(
        &self,
        kind: &str,
        target: &str,
        flags: u32,
        options: &str,
    ) -> Result<(), Errno> {
        let request = Request::Mount {
            source: "none".into(),
            target: target.into(),
            kind: kind.into(),
            flags,
            options: options.into(),
        };
        self.quiet_request(&format!("mount {kind}"), &request)
    }
}

/// Bytes of the guest as text: what is no UTF-8 is escaped.
pub(crate) fn text(bytes: &[u8]) -> String {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It used to be EILSEQ, as if the driver had said that.
    #[test]
    fn what_is_no_utf_8_is_escaped_without_loss() {
        assert_eq!(text("21.5 °C \\o/".as_bytes()), "21.5 °C \\o/");
        assert_eq!(text(b"lm75\xff\xfe!"), "lm75\\xff\\xfe!");
        assert_eq!(text(b"\\xff\xff"), "\\\\xff\\xff");
    }
}
