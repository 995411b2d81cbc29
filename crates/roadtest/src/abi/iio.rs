// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Industrial I/O (`include/uapi/linux/iio/`).

use super::{Ioctl, Table};

/// The letter of the requests.
const IIO: u32 = b'i' as u32;

pub(crate) const GET_EVENT_FD: u64 = libc::_IOR::<libc::c_int>(IIO, 0x90);
pub(crate) const BUFFER_GET_FD: u64 = libc::_IOWR::<libc::c_int>(IIO, 0x91);

pub(super) const TABLE: Table = Table {
    files: &["dev/iio:"],
    ioctls: &[
        Ioctl::plain(GET_EVENT_FD, "IIO_GET_EVENT_FD"),
        Ioctl::plain(BUFFER_GET_FD, "IIO_BUFFER_GET_FD")
            .takes(|memory| memory.u32(0, 0).to_string()),
    ],
};
