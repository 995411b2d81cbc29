// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The GPIO character device, second ABI (`include/uapi/linux/gpio.h`): lines
//! of the board's controller as a program of the guest requests them. The
//! other end of each line is a [`Pin`](crate::Pin). Not here: watching lines
//! for changes of their owner, and the first ABI, which the test kernels do
//! not have.

mod layout;

use roadtest_model::{Level, SimTime};

use crate::abi::gpio as abi;
use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;
use crate::uml::Uml;

pub use gpiocdev_uapi::v2::LineFlags;

/// Where `drivers/gpio/gpio-virtio.c` is registered.
const DRIVER: &str = "/sys/bus/virtio/drivers/gpio_virtio";

/// What the kernel answered.
type Answer<T> = std::result::Result<T, Errno>;

/// An open GPIO controller.
pub struct GpioChip {
    device: Device,
    file: File,
}

/// What the kernel tells about a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipInfo {
    /// The driver's label: the device's name for the board's controller.
    pub label: String,
    /// How many lines it has.
    pub lines: u32,
}

/// What the kernel tells about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// The line's name; empty where it has none.
    pub name: String,
    /// The consumer that has requested it; empty where there is none.
    pub consumer: String,
    /// Direction, edges, and whether it is in use.
    pub flags: LineFlags,
}

/// How lines are requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    pub(crate) offsets: Vec<u32>,
    pub(crate) flags: LineFlags,
    pub(crate) consumer: String,
    pub(crate) values: Vec<Level>,
    pub(crate) debounce: Option<SimTime>,
}

impl Lines {
    fn new(offsets: &[u32], flags: LineFlags) -> Self {
        Self {
            offsets: offsets.to_vec(),
            flags,
            consumer: "roadtest".into(),
            values: Vec::new(),
            debounce: None,
        }
    }

    /// Lines as they are: neither direction is asked for.
    pub fn as_is(offsets: &[u32]) -> Self {
        Self::new(offsets, LineFlags::empty())
    }

    /// Lines to read.
    pub fn inputs(offsets: &[u32]) -> Self {
        Self::new(offsets, LineFlags::INPUT)
    }

    /// Lines to drive, with the levels to begin with, one for each line.
    pub fn outputs(offsets: &[u32], values: &[Level]) -> Self {
        Self {
            values: values.to_vec(),
            ..Self::new(offsets, LineFlags::OUTPUT)
        }
    }

    /// Adds flags: the edges to detect, active low, a kind of output, a bias.
    #[must_use]
    pub fn with(mut self, flags: LineFlags) -> Self {
        self.flags |= flags;
        self
    }

    /// The name that the kernel shows as the lines' user; 31 bytes of it.
    #[must_use]
    pub fn consumer(mut self, name: &str) -> Self {
        name.clone_into(&mut self.consumer);
        self
    }

    /// Edges count once the line has been stable for this long, in
    /// microseconds.
    #[must_use]
    pub const fn debounce(mut self, period: SimTime) -> Self {
        self.debounce = Some(period);
        self
    }
}

impl Uml {
    /// Opens the board's GPIO controller.
    ///
    /// # Errors
    /// Where the board has no line, or the device cannot be opened.
    pub fn gpio(&self) -> Result<GpioChip> {
        let found = self
            .list(DRIVER)
            .unwrap_or_default()
            .into_iter()
            .filter(|name| name.starts_with("virtio"))
            .find_map(|name| self.real_path(&format!("{DRIVER}/{name}")).ok())
            .ok_or_else(|| {
                Error::new("the board has no GPIO controller; it gets one with `board.gpio()`")
            })?;
        self.device(&found).gpio()
    }
}

impl Device {
    /// Opens this device's GPIO controller.
    ///
    /// # Errors
    /// Where it has none, or its device cannot be opened.
    pub fn gpio(&self) -> Result<GpioChip> {
        let device = self
            .children("gpiochip")?
            .into_iter()
            .find(|child| child.has("dev"))
            .ok_or_else(|| Error::new(format!("{} is no GPIO controller", self.path())))?;
        let file = File::open(self.uml(), &format!("/dev/{}", device.name()), libc::O_RDWR)?;
        Ok(GpioChip { device, file })
    }
}

impl GpioChip {
    /// The controller's own device: `gpiochip0` or another number.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What it is (`GPIO_GET_CHIPINFO_IOCTL`).
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn info(&self) -> Answer<ChipInfo> {
        let mut bytes = vec![0; layout::CHIP_INFO_BYTES];
        self.file.ioctl_buffer(abi::GET_CHIP_INFO, &mut bytes)?;
        Ok(layout::chip_info(&bytes))
    }

    /// What a line is (`GPIO_V2_GET_LINEINFO_IOCTL`).
    ///
    /// # Errors
    /// `EINVAL` where there is no such line.
    pub fn line_info(&self, offset: u32) -> Answer<LineInfo> {
        let mut bytes = layout::line_info_request(offset);
        self.file.ioctl_buffer(abi::GET_LINE_INFO, &mut bytes)?;
        Ok(layout::line_info(&bytes))
    }

    /// Requests lines (`GPIO_V2_GET_LINE_IOCTL`). They are released when the
    /// result is dropped.
    ///
    /// # Errors
    /// `EINVAL` for a line that does not exist or flags that contradict each
    /// other, `EBUSY` for one that is in use; else what the driver answered.
    ///
    /// # Panics
    /// For more than 64 lines, which the ABI has no room for.
    pub fn request(&self, lines: &Lines) -> Answer<Request> {
        let bytes = layout::line_request(lines);
        let name = format!("lines of {}", self.device.name());
        let file = self
            .file
            .ioctl_open(abi::GET_LINE, bytes, layout::LINE_FD, &name)?;
        Ok(Request {
            file: file.showing(shown),
            count: lines.offsets.len(),
        })
    }
}

/// Lines that a program of the guest has requested. Levels are logical: high
/// is active, also where the request is for active-low lines.
pub struct Request {
    file: File,
    count: usize,
}

/// Which way a line changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// From inactive to active.
    Rising,
    /// From active to inactive.
    Falling,
}

/// An edge that the kernel saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeEvent {
    /// Which way.
    pub change: Change,
    /// The line.
    pub offset: u32,
    /// The number of the event in its request, from 1.
    pub number: u32,
    /// The number of the event for its line, from 1.
    pub line_number: u32,
    /// The kernel's clock at the interrupt: `CLOCK_MONOTONIC` unless asked
    /// otherwise.
    pub time: SimTime,
}

/// What a read of edges says, for timelines: `Rising of line 3, number 1`.
fn shown(bytes: &[u8]) -> Option<String> {
    let event = layout::edge_event(bytes)?;
    let (change, line) = (event.change, event.offset);
    Some(format!(
        "{change:?} of line {line}, number {}",
        event.number
    ))
}

impl Request {
    /// The levels of all lines, in the order of the request
    /// (`GPIO_V2_LINE_GET_VALUES_IOCTL`).
    ///
    /// # Errors
    /// What the driver answered.
    pub fn levels(&self) -> Answer<Vec<Level>> {
        let mask = layout::first(self.count);
        let mut bytes = layout::values(0, mask);
        self.file.ioctl_buffer(abi::GET_VALUES, &mut bytes)?;
        let bits = layout::bits(&bytes);
        Ok((0..self.count)
            .map(|index| Level::high_when(bits >> index & 1 == 1))
            .collect())
    }

    /// The level of the request's only or first line.
    ///
    /// # Errors
    /// As [`levels`](Self::levels).
    pub fn level(&self) -> Answer<Level> {
        // The kernel grants no request without a line.
        Ok(self.levels()?[0])
    }

    /// Drives the first lines of the request
    /// (`GPIO_V2_LINE_SET_VALUES_IOCTL`).
    ///
    /// # Errors
    /// `EPERM` where they are not outputs.
    pub fn set(&self, levels: &[Level]) -> Answer<()> {
        let mut bytes = layout::values(layout::level_bits(levels), layout::first(levels.len()));
        self.file
            .ioctl_buffer(abi::SET_VALUES, &mut bytes)
            .map(drop)
    }

    /// Changes flags, levels and debouncing of the lines
    /// (`GPIO_V2_LINE_SET_CONFIG_IOCTL`); the offsets in `lines` do not
    /// matter.
    ///
    /// # Errors
    /// As [`GpioChip::request`].
    pub fn configure(&self, lines: &Lines) -> Answer<()> {
        let mut bytes = layout::line_config(lines, self.count);
        self.file
            .ioctl_buffer(abi::SET_CONFIG, &mut bytes)
            .map(drop)
    }

    /// Waits for an edge, for at most `timeout` of virtual time; nothing where
    /// none came.
    ///
    /// # Errors
    /// What poll or read failed with.
    pub fn next_edge(&self, timeout: SimTime) -> Answer<Option<EdgeEvent>> {
        if !self.file.wait_readable(timeout)? {
            return Ok(None);
        }
        let bytes = self.file.read(layout::EVENT_BYTES)?;
        match layout::edge_event(&bytes) {
            Some(event) => Ok(Some(event)),
            None => self.file.malformed(&bytes, "it is no edge event"),
        }
    }

    /// All edges that have come so far, as changes in order: until none has
    /// come for a millisecond of virtual time, in which the guest deals with
    /// the interrupts that are under way.
    ///
    /// # Errors
    /// As [`next_edge`](Self::next_edge).
    pub fn edges(&self) -> Answer<Vec<Change>> {
        let mut changes = Vec::new();
        while let Some(event) = self.next_edge(SimTime::ms(1))? {
            changes.push(event.change);
        }
        Ok(changes)
    }
}
