// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! An open file of the guest.

use std::cell::Cell;
use std::rc::Rc;

use roadtest_model::SimTime;
use roadtest_wire::{Answer, IoctlArgument, Pointer, Request};

use crate::errno::Errno;
use crate::uml::{Inner, short};

/// An open file of the guest; closed when it is dropped.
pub struct File {
    uml: Rc<Inner>,
    fd: i32,
    /// It is closed already.
    closed: Cell<bool>,
    name: String,
}

impl File {
    pub(crate) fn open(uml: &Rc<Inner>, path: &str, flags: i32) -> Result<Self, Errno> {
        let request = Request::Open {
            path: path.into(),
            flags,
            mode: 0o644,
        };
        let name = short(path);
        match uml.quiet_request(&format!("open {name}"), &request)? {
            Answer::Value(fd) => match i32::try_from(fd) {
                Ok(fd) => Ok(Self::from_fd(uml, fd, name)),
                Err(_too_large) => Err(Errno::EBADF),
            },
            _ => Err(Errno::EIO),
        }
    }

    /// A descriptor that an ioctl made.
    pub(crate) fn from_fd(uml: &Rc<Inner>, fd: i32, name: &str) -> Self {
        Self {
            uml: uml.clone(),
            fd,
            closed: Cell::default(),
            name: name.to_owned(),
        }
    }

    pub(crate) fn uml(&self) -> &Rc<Inner> {
        &self.uml
    }

    /// Reads at the most `len` bytes from the file's position, with one
    /// system call. Waits as long as the kernel makes it wait.
    ///
    /// # Errors
    /// What read failed with.
    pub fn read(&self, len: u32) -> Result<Vec<u8>, Errno> {
        self.read_with(len, None)
    }

    /// Reads at the most `len` bytes at `offset`.
    ///
    /// # Errors
    /// What pread failed with.
    pub fn read_at(&self, offset: u64, len: u32) -> Result<Vec<u8>, Errno> {
        self.read_with(len, Some(offset))
    }

    fn read_with(&self, len: u32, offset: Option<u64>) -> Result<Vec<u8>, Errno> {
        let what = match offset {
            Some(offset) => format!("read {} at {offset} {len} bytes", self.name),
            None => format!("read {} {len} bytes", self.name),
        };
        let request = Request::Read {
            fd: self.fd,
            len,
            offset,
        };
        self.uml.bytes(&what, &request)
    }

    /// Writes with one system call at the file's position; gives the number
    /// of bytes written.
    ///
    /// # Errors
    /// What write failed with.
    pub fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        self.write_with(data, None)
    }

    /// Writes with one system call at `offset`; gives the number of bytes
    /// written.
    ///
    /// # Errors
    /// What pwrite failed with.
    pub fn write_at(&self, offset: u64, data: &[u8]) -> Result<usize, Errno> {
        self.write_with(data, Some(offset))
    }

    fn write_with(&self, data: &[u8], offset: Option<u64>) -> Result<usize, Errno> {
        let what = match offset {
            Some(offset) => format!("write {} at {offset} {} bytes", self.name, data.len()),
            None => format!("write {} {} bytes", self.name, data.len()),
        };
        let request = Request::Write {
            fd: self.fd,
            data: data.to_vec(),
            offset,
        };
        let written = self.uml.value(&what, &request)?;
        Ok(usize::try_from(written).unwrap_or(0))
    }

    /// ioctl(2) with a number as its argument.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn ioctl(&self, request: u64, number: u64) -> Result<i64, Errno> {
        let argument = IoctlArgument::Number(number);
        self.ioctl_with(request, argument).map(|(value, _)| value)
    }

    /// ioctl(2) with a buffer as its argument, which the kernel may change.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn ioctl_buffer(&self, request: u64, buffer: &mut Vec<u8>) -> Result<i64, Errno> {
        let mut buffers = vec![std::mem::take(buffer)];
        let value = self.ioctl_buffers(request, &mut buffers, &[]);
        *buffer = buffers.swap_remove(0);
        value
    }

    /// ioctl(2) with a pointer to the first of some buffers, inside of which
    /// there are pointers to others.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn ioctl_buffers(
        &self,
        request: u64,
        buffers: &mut Vec<Vec<u8>>,
        pointers: &[Pointer],
    ) -> Result<i64, Errno> {
        let argument = IoctlArgument::Buffers {
            buffers: buffers.clone(),
            pointers: pointers.to_vec(),
        };
        let (value, changed) = self.ioctl_with(request, argument)?;
        *buffers = changed;
        Ok(value)
    }

    fn ioctl_with(
        &self,
        request: u64,
        argument: IoctlArgument,
    ) -> Result<(i64, Vec<Vec<u8>>), Errno> {
        let what = format!("ioctl {} {request:#x}", self.name);
        let request = Request::Ioctl {
            fd: self.fd,
            request,
            argument,
        };
        match self.uml.request(&what, &request)? {
            Answer::Ioctl { value, buffers } => Ok((value, buffers)),
            _ => Err(Errno::EIO),
        }
    }

    /// ioctl(2) with a buffer as its argument, and close(2) right after it:
    /// the program does not wait in between, so that what the ioctl has left
    /// to be done later is still to be done when the file is closed.
    ///
    /// # Errors
    /// What ioctl failed with. The file is closed all the same.
    pub fn ioctl_and_close(self, request: u64, buffer: Vec<u8>) -> Result<i64, Errno> {
        let what = format!("ioctl {} {request:#x} and close", self.name);
        let request = Request::Ioctl {
            fd: self.fd,
            request,
            argument: IoctlArgument::Buffers {
                buffers: vec![buffer],
                pointers: Vec::new(),
            },
        };
        let answer = self.uml.request_and_close(&what, &request, self.fd);
        self.closed.set(true);
        match answer? {
            Answer::Ioctl { value, .. } => Ok(value),
            _ => Err(Errno::EIO),
        }
    }

    /// Waits until the file is readable, for at the most `timeout` of virtual
    /// time, rounded up to milliseconds. Gives whether it is.
    ///
    /// # Errors
    /// What poll failed with.
    pub fn wait_readable(&self, timeout: SimTime) -> Result<bool, Errno> {
        let ready = self.poll(libc::POLLIN, timeout)?;
        Ok(ready & libc::POLLIN != 0)
    }

    /// poll(2) with these events; gives `revents`.
    ///
    /// # Errors
    /// What poll failed with.
    pub fn poll(&self, events: i16, timeout: SimTime) -> Result<i16, Errno> {
        let ms = timeout.as_ns().div_ceil(1_000_000);
        let request = Request::Poll {
            fd: self.fd,
            events,
            timeout_ms: i32::try_from(ms).unwrap_or(i32::MAX),
        };
        let what = format!("poll {} for {timeout}", self.name);
        let revents = self.uml.value(&what, &request)?;
        Ok(i16::try_from(revents).unwrap_or(0))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.closed.get() || std::thread::panicking() {
            return;
        }
        let request = Request::Close { fd: self.fd };
        // A driver's release has no way to refuse.
        let _ = self
            .uml
            .quiet_request(&format!("close {}", self.name), &request);
    }
}
