// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! ioctl(2) with memory that holds pointers.

use std::io;

use roadtest_wire::{Answer, IoctlArgument};

/// Carries out an ioctl. A pointer that leads outside the buffers is EFAULT,
/// as the kernel would say it.
pub(crate) fn ioctl(fd: i32, request: u64, argument: IoctlArgument) -> io::Result<Answer> {
    match argument {
        IoctlArgument::Number(number) => {
            let value = crate::sys::ioctl(fd, request, number)?;
            Ok(Answer::Ioctl {
                value: value.into(),
                buffers: Vec::new(),
            })
        }
        IoctlArgument::Buffers {
            mut buffers,
            pointers,
        } => {
            for pointer in &pointers {
                let address = buffers
                    .get_mut(pointer.target as usize)
                    .ok_or_else(fault)?
                    .as_mut_ptr() as u64;
                let offset = pointer.offset as usize;
                buffers
                    .get_mut(pointer.buffer as usize)
                    .and_then(|buffer| buffer.get_mut(offset..offset.checked_add(8)?))
                    .ok_or_else(fault)?
                    .copy_from_slice(&address.to_ne_bytes());
            }
            let first = buffers.first_mut().ok_or_else(fault)?.as_mut_ptr() as u64;
            let value = crate::sys::ioctl(fd, request, first)?;
            // Addresses are not for the host to see: they differ between runs.
            for pointer in &pointers {
                let offset = pointer.offset as usize;
                buffers[pointer.buffer as usize][offset..offset + 8].fill(0);
            }
            Ok(Answer::Ioctl {
                value: value.into(),
                buffers,
            })
        }
    }
}

fn fault() -> io::Error {
    io::Error::from_raw_os_error(libc::EFAULT)
}
