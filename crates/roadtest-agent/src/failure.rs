// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Why a request was not carried out: what a system call failed with, or that
//! none was made. The two never become one another, because a test takes an
//! errno for the kernel's word.

use std::io;

use roadtest_wire::Reply;

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A system call failed.
    Errno(rustix::io::Errno),
    /// The request makes no sense, and why.
    Refused(String),
}

impl Failure {
    pub(crate) fn refused<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self::Refused(why.into()))
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match rustix::io::Errno::from_io_error(&error) {
            Some(errno) => Self::Errno(errno),
            // The standard library's own: a path with a NUL byte, say.
            None => Self::Refused(error.to_string()),
        }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Errno(errno) => Self::Err(errno.raw_os_error()),
            Failure::Refused(why) => Self::Refused(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_system_call_is_its_errno() {
        let error = std::fs::read("/no/such/file").unwrap_err();
        assert_eq!(Reply::from(Failure::from(error)), Reply::Err(2));
    }

    /// It used to be EIO, which a test takes for the driver's.
    #[test]
    fn an_error_of_the_standard_library_is_no_errno() {
        let error = std::fs::read("/a\0b").unwrap_err();
        let reply = Reply::from(Failure::from(error));
        assert!(
            matches!(&reply, Reply::Refused(why) if why.contains("NUL")),
            "{reply:?}"
        );
    }
}
