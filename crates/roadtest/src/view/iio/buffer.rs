// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A buffer of a device, triggered or filled by the hardware: choosing
//! channels, capturing, and reading scans.

use std::cell::RefCell;
use std::collections::VecDeque;

use roadtest_model::SimTime;

use super::Iio;
use super::scan::{Layout, Scan, ScanChannel};
use crate::abi::iio::BUFFER_GET_FD;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;

/// At most so many scans are read with one system call.
const SCANS_MAX: usize = 256;

/// A buffer of an IIO device: `bufferN`.
#[derive(Clone)]
pub struct Buffer {
    iio: Iio,
    index: u32,
}

impl Buffer {
    pub(super) fn new(iio: &Iio, index: u32) -> Result<Self> {
        let buffer = Self {
            iio: iio.clone(),
            index,
        };
        if iio.has(&buffer.file("enable")) {
            Ok(buffer)
        } else {
            let path = iio.device().path();
            Err(Error::new(format!("{path} has no buffer{index}")))
        }
    }

    fn file(&self, name: &str) -> String {
        format!("buffer{}/{name}", self.index)
    }

    /// An attribute of the buffer: `length`, `in_proximity_type`.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn read(&self, attribute: &str) -> std::result::Result<String, Errno> {
        self.iio.read(&self.file(attribute))
    }

    /// Writes an attribute of the buffer.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn write(&self, attribute: &str, value: impl ToString) -> std::result::Result<(), Errno> {
        self.iio.write(&self.file(attribute), value)
    }

    /// The channels that the buffer can hold, in the order of a scan.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn channels(&self) -> Result<Vec<ScanChannel>> {
        let directory = format!("{}/buffer{}", self.iio.device().path(), self.index);
        let mut channels = Vec::new();
        for file in self.iio.uml().list(&directory)? {
            if let Some(name) = file.strip_suffix("_en") {
                channels.push(self.channel(name)?);
            }
        }
        channels.sort_by_key(|channel| channel.index);
        Ok(channels)
    }

    /// One of the channels that the buffer can hold.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn channel(&self, name: &str) -> Result<ScanChannel> {
        let device = self.iio.device();
        let file = |what: &str| self.file(&format!("{name}_{what}"));
        Ok(ScanChannel {
            name: name.to_owned(),
            scan_type: device.parse(&file("type"))?,
            index: device.parse(&file("index"))?,
        })
    }

    /// Puts a channel into the scans to come, `in_timestamp` for instance.
    ///
    /// # Errors
    /// `ENOENT` where the buffer cannot hold it, `EBUSY` while it is enabled.
    pub fn enable(&self, channel: &str) -> std::result::Result<(), Errno> {
        self.write(&format!("{channel}_en"), 1)
    }

    /// Takes a channel out of the scans to come.
    ///
    /// # Errors
    /// As [`enable`](Self::enable).
    pub fn disable(&self, channel: &str) -> std::result::Result<(), Errno> {
        self.write(&format!("{channel}_en"), 0)
    }

    /// How many scans the buffer holds.
    ///
    /// # Errors
    /// What the driver answered: `EBUSY` while it is enabled.
    pub fn set_length(&self, scans: u32) -> std::result::Result<(), Errno> {
        self.write("length", scans)
    }

    /// How many scans must be there before a reader is woken.
    ///
    /// # Errors
    /// What the driver answered: `EINVAL` for 0 or more than the length,
    /// `EBUSY` while the buffer is enabled.
    pub fn set_watermark(&self, scans: u32) -> std::result::Result<(), Errno> {
        self.write("watermark", scans)
    }

    /// Enables the buffer: scans are captured until the [`Capture`] is
    /// dropped.
    ///
    /// # Errors
    /// What the driver answered: `EINVAL` without channels or without a
    /// trigger, `EBUSY` where the buffer or the device is in use.
    pub fn start(&self) -> Result<Capture> {
        let mut enabled = Vec::new();
        for channel in self.channels()? {
            if self.read(&format!("{}_en", channel.name))? == "1" {
                enabled.push(channel);
            }
        }
        let name = format!("buffer{}", self.index);
        let file = self.iio.descriptor(BUFFER_GET_FD, self.index, &name)?;
        self.write("enable", 1)?;
        Ok(Capture {
            buffer: self.clone(),
            file,
            layout: Layout::of(enabled),
            waiting: RefCell::default(),
        })
    }
}

/// A buffer that is enabled; disabled when this is dropped.
pub struct Capture {
    buffer: Buffer,
    file: File,
    layout: Layout,
    waiting: RefCell<VecDeque<Scan>>,
}

impl Capture {
    /// The next scan; waits for it for at most `timeout` of virtual time.
    /// `None` where none came, or less than the watermark.
    ///
    /// # Errors
    /// What poll or read failed with.
    pub fn next(&self, timeout: SimTime) -> Result<Option<Scan>> {
        if let Some(scan) = self.waiting.borrow_mut().pop_front() {
            return Ok(Some(scan));
        }
        if !self.file.wait_readable(timeout)? {
            return Ok(None);
        }
        let size = self.layout.bytes;
        let limit = u32::try_from(size * SCANS_MAX).unwrap_or(u32::MAX);
        let bytes = self.file.read(limit)?;
        let scans = bytes.chunks_exact(size);
        if !scans.remainder().is_empty() {
            let why = format!(
                "a buffer whose scans have {size} bytes gave {}",
                bytes.len()
            );
            self.file.malformed(&bytes, &why);
        }
        let mut waiting = self.waiting.borrow_mut();
        waiting.extend(scans.map(|scan| self.layout.decode(scan)));
        Ok(waiting.pop_front())
    }

    /// All scans that are there by now, in order.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn drain(&self) -> Result<Vec<Scan>> {
        let mut scans = Vec::new();
        while let Some(scan) = self.next(SimTime::ZERO)? {
            scans.push(scan);
        }
        Ok(scans)
    }

    /// The bytes of one scan, as the enabled channels' scan types have it.
    pub fn scan_bytes(&self) -> usize {
        self.layout.bytes
    }

    /// Disables the buffer.
    ///
    /// # Errors
    /// What the driver answered; dropping ignores it.
    pub fn stop(self) -> std::result::Result<(), Errno> {
        self.buffer.write("enable", 0)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.buffer.read("enable").as_deref() == Ok("1") {
            // A test that wants to know calls `stop`.
            let _ = self.buffer.write("enable", 0);
        }
    }
}
