// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a system call of the guest failed with.

use std::fmt;

/// An error number of the guest's kernel, shown by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(i32);

impl Errno {
    /// The error with this number.
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// No errno: the guest died as the test
    /// [expects](crate::Uml::expect_death), and no system call of it returns
    /// any more.
    pub const GUEST_DIED: Self = Self(0);

    /// The number.
    pub const fn number(self) -> i32 {
        self.0
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Errno {}

/// Numbers and names from `include/uapi/asm-generic/errno*.h`.
macro_rules! errnos {
    ($($name:ident)*) => {
        impl Errno {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub const $name: Self = Self(libc::$name);
            )*
        }

        impl fmt::Display for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    0 => f.pad("GUEST_DIED"),
                    $(libc::$name => f.pad(stringify!($name)),)*
                    other => f.pad(&format!("errno {other}")),
                }
            }
        }
    };
}

errnos! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM
    EACCES EFAULT EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE
    ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
    ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENODATA ETIME EREMOTEIO EPROTO
    EBADMSG EOVERFLOW EILSEQ EMSGSIZE EOPNOTSUPP EADDRINUSE ENOBUFS ETIMEDOUT
    ECONNREFUSED EALREADY EINPROGRESS ESTALE ECANCELED ENOKEY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_shown_by_its_name_where_it_has_one() {
        assert_eq!(Errno::ETIMEDOUT.to_string(), "ETIMEDOUT");
        assert_eq!(format!("{:?}", Errno::new(121)), "EREMOTEIO");
        assert_eq!(Errno::new(517).to_string(), "errno 517");
        assert_eq!(Errno::GUEST_DIED.to_string(), "GUEST_DIED");
    }
}
