// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! An open file of the guest.

use std::cell::Cell;
use std::rc::Rc;

use roadtest_model::SimTime;
use roadtest_wire::{Answer, Handle, IoctlArgument, Place, Pointer, Request};

use crate::abi;
use crate::errno::Errno;
use crate::fault::Fault;
use crate::uml::{Count, Events, Inner, Ioctl, malformed, short};

/// Bytes of a file as a timeline shows them; `None` for bytes that are something
/// else.
pub(crate) type Shown = fn(&[u8]) -> Option<String>;

/// An open file of the guest; closed when it is dropped.
pub struct File {
    uml: Rc<Inner>,
    handle: Handle,
    /// It is closed already.
    closed: Cell<bool>,
    name: String,
    /// How a timeline shows what is read from it.
    shown: Option<Shown>,
}

impl File {
    pub(crate) fn open(uml: &Rc<Inner>, path: &str, flags: i32) -> Result<Self, Errno> {
        let request = Request::Open {
            path: path.into(),
            flags,
            mode: 0o644,
        };
        let name = short(path);
        let handle = uml.quiet_request(&format!("open {name}"), &request)?;
        Ok(Self::new(uml, handle, name))
    }

    fn new(uml: &Rc<Inner>, handle: Handle, name: &str) -> Self {
        Self {
            uml: uml.clone(),
            handle,
            closed: Cell::default(),
            name: name.to_owned(),
            shown: None,
        }
    }

    /// Shows what is read from it on timelines by this function, where it can.
    pub(crate) fn showing(mut self, shown: Shown) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Ends the test: what was read is not what the ABI says.
    pub(crate) fn malformed(&self, answer: &[u8], why: &str) -> ! {
        malformed(&self.name, &abi::hex(answer), why)
    }

    /// Reads at most `len` bytes from the file's position, 1 MiB at most, with
    /// one system call. Waits as long as the kernel makes it wait.
    ///
    /// # Errors
    /// What read failed with.
    pub fn read(&self, len: u32) -> Result<Vec<u8>, Errno> {
        self.read_with(len, None)
    }

    /// Reads at most `len` bytes at `offset`, 1 MiB at most.
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
            file: self.handle,
            len,
            offset,
        };
        self.uml
            .request_shown(&what, &request, |answer| match answer {
                Answer::Bytes(bytes) => self.shown?(bytes),
                _ => None,
            })
    }

    /// Writes with one system call at the file's position; returns the number
    /// of bytes written.
    ///
    /// # Errors
    /// What write failed with.
    pub fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        self.write_with(data, None)
    }

    /// Writes with one system call at `offset`; returns the number of bytes
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
            file: self.handle,
            data: data.to_vec(),
            offset,
        };
        let Count(written) = self.uml.request(&what, &request)?;
        // The host has 64 bits as the guest has.
        Ok(usize::try_from(written).unwrap_or(usize::MAX))
    }

    /// ioctl(2) with a number as its argument.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn ioctl(&self, request: u64, number: u64) -> Result<i64, Errno> {
        let argument = IoctlArgument::Number(number);
        let done = self.ioctl_with(request, argument, None)?;
        Ok(done.value.into())
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
    /// there are pointers to others. The buffers must be as large as the
    /// driver takes them to be, and hold no address but those of `pointers`.
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
        let done = self.ioctl_with(request, argument, None)?;
        *buffers = done.buffers;
        Ok(done.value.into())
    }

    /// ioctl(2) that creates another file, whose descriptor it leaves at
    /// `offset` of the buffer. Returns the file, called `name` on timelines.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn ioctl_open(
        &self,
        request: u64,
        buffer: Vec<u8>,
        offset: usize,
        name: &str,
    ) -> Result<Self, Errno> {
        let argument = IoctlArgument::Buffers {
            buffers: vec![buffer],
            pointers: Vec::new(),
        };
        let place = Place {
            buffer: 0,
            // No buffer is that large: the agent refuses it.
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        };
        let done = self.ioctl_with(request, argument, Some(place))?;
        match done.opened {
            Some(handle) => Ok(Self::new(&self.uml, handle, name)),
            None => self
                .uml
                .fail(&Fault::agent(name, "its answer names no file")),
        }
    }

    fn ioctl_with(
        &self,
        request: u64,
        argument: IoctlArgument,
        opens: Option<Place>,
    ) -> Result<Ioctl, Errno> {
        let what = format!(
            "ioctl {} {}",
            self.name,
            abi::request(&self.name, request, &argument)
        );
        let message = self.ioctl_request(request, argument, opens);
        self.uml
            .request_shown(&what, &message, |answer| self.shown_ioctl(request, answer))
    }

    /// What came of an ioctl, for a timeline.
    fn shown_ioctl(&self, request: u64, answer: &Answer) -> Option<String> {
        match answer {
            Answer::Ioctl { value, buffers, .. } => {
                Some(abi::result(&self.name, request, *value, buffers))
            }
            _ => None,
        }
    }

    fn ioctl_request(
        &self,
        request: u64,
        argument: IoctlArgument,
        opens: Option<Place>,
    ) -> Request {
        Request::Ioctl {
            file: self.handle,
            request,
            argument,
            opens,
        }
    }

    /// ioctl(2) with a buffer as its argument, and close(2) right after it:
    /// the program does not wait in between, so that what the ioctl has left
    /// to be done later is still to be done when the file is closed.
    ///
    /// # Errors
    /// What ioctl failed with. The file is closed all the same.
    pub fn ioctl_and_close(self, request: u64, buffer: Vec<u8>) -> Result<i64, Errno> {
        let argument = IoctlArgument::Buffers {
            buffers: vec![buffer],
            pointers: Vec::new(),
        };
        let shown = abi::request(&self.name, request, &argument);
        let what = format!("ioctl {} {shown} and close", self.name);
        let request = self.ioctl_request(request, argument, None);
        let done = self.uml.request_and_close(&what, &request, self.handle);
        self.closed.set(true);
        let done: Ioctl = done?;
        Ok(done.value.into())
    }

    /// Waits until the file is readable, for at most `timeout` of virtual
    /// time, rounded up to milliseconds. Returns whether it is.
    ///
    /// # Errors
    /// What poll failed with.
    pub fn wait_readable(&self, timeout: SimTime) -> Result<bool, Errno> {
        let ready = self.poll(libc::POLLIN, timeout)?;
        Ok(ready & libc::POLLIN != 0)
    }

    /// poll(2) with these events, for at most `timeout` of virtual time,
    /// rounded up to milliseconds; returns `revents`.
    ///
    /// # Errors
    /// What poll failed with.
    pub fn poll(&self, events: i16, timeout: SimTime) -> Result<i16, Errno> {
        let ms = timeout.as_ns().div_ceil(1_000_000);
        let request = Request::Poll {
            file: self.handle,
            events: events.cast_unsigned(),
            timeout_ns: Some(ms.saturating_mul(1_000_000)),
        };
        let what = format!("poll {} for {timeout}", self.name);
        let Events(events) = self.uml.request(&what, &request)?;
        Ok(events.cast_signed())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.closed.get() || std::thread::panicking() {
            return;
        }
        let request = Request::Close { file: self.handle };
        let what = format!("close {}", self.name);
        // A driver's release has no way to refuse; a guest that died as
        // expected has closed it.
        let _: Result<(), Errno> = self.uml.quiet_request(&what, &request);
    }
}
