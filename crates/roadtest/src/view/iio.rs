// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Industrial I/O: attributes and channels, what may be written to them,
//! events, buffers and triggers, as
//! `Documentation/ABI/testing/sysfs-bus-iio` and `include/uapi/linux/iio`
//! have them. Not the in-kernel consumers of channels.
//!
//! ```no_run
//! # use roadtest::{Device, SimTime};
//! # fn example(sensor: &Device) -> roadtest::Result {
//! let iio = sensor.iio()?;
//! assert_eq!(iio.read("in_illuminance_input"), Ok("0.000000".into()));
//!
//! let events = iio.events()?;
//! iio.write("events/in_illuminance_thresh_rising_en", 1)?;
//! assert_eq!(events.next(SimTime::s(1))?, None);
//! # Ok(())
//! # }
//! ```

mod available;
mod buffer;
mod channel;
mod decimal;
mod event;
mod kinds;
mod scan;
mod trigger;

use std::rc::Rc;

pub use available::Available;
pub use buffer::{Buffer, Capture};
pub use channel::Channel;
pub use decimal::Decimal;
pub use event::{Event, Events};
pub use kinds::{ChannelType, Direction, EventType, Modifier};
pub use scan::{Endian, Scan, ScanChannel, ScanType, Sign};
pub use trigger::Trigger;

use crate::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;
use crate::uml::Inner;

/// Entries of a device's directory that are links or the driver core's, not
/// attributes of IIO.
const FOREIGN: [&str; 6] = ["dev", "device", "of_node", "power", "subsystem", "uevent"];

/// An IIO device: the `iio:deviceN` of a bound device.
#[derive(Clone)]
pub struct Iio {
    device: Device,
    parent: Device,
}

impl Device {
    /// The IIO device that this device's driver registered.
    ///
    /// # Errors
    /// Where it registered none.
    pub fn iio(&self) -> Result<Iio> {
        Iio::of(self)
    }
}

impl Iio {
    /// The first IIO device that the driver of `parent` registered.
    ///
    /// # Errors
    /// Where it registered none.
    pub fn of(parent: &Device) -> Result<Self> {
        Self::all(parent)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(format!("{} has no IIO device", parent.path())))
    }

    /// Every IIO device that the driver of `parent` registered, sorted.
    ///
    /// # Errors
    /// Where the directory of `parent` cannot be read.
    pub fn all(parent: &Device) -> Result<Vec<Self>> {
        let devices = parent.children("iio:device")?;
        Ok(devices
            .into_iter()
            .map(|device| Self {
                device,
                parent: parent.clone(),
            })
            .collect())
    }

    /// The device's directory and files in sysfs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The device that the driver is bound to.
    pub fn parent(&self) -> &Device {
        &self.parent
    }

    fn uml(&self) -> &Rc<Inner> {
        self.device.uml()
    }

    /// An attribute, as text; `events/…` and `buffer0/…` are attributes too.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn read(&self, attribute: &str) -> std::result::Result<String, Errno> {
        self.device.read(attribute)
    }

    /// Writes an attribute, as `echo -n` does.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn write(&self, attribute: &str, value: impl ToString) -> std::result::Result<(), Errno> {
        self.device.write(attribute, value)
    }

    /// Looks for an attribute.
    fn find(&self, attribute: &str) -> std::result::Result<(), Errno> {
        let path = format!("{}/{attribute}", self.device.path());
        self.uml().real_path(&path).map(drop)
    }

    /// Whether there is such an attribute.
    pub fn has(&self, attribute: &str) -> bool {
        self.device.has(attribute)
    }

    /// An attribute that is a number, exactly.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn number(&self, attribute: &str) -> std::result::Result<Decimal, Errno> {
        self.device.parse(attribute)
    }

    /// What may be written to an attribute: its `…_available`.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn available(&self, attribute: &str) -> std::result::Result<Available, Errno> {
        self.device.parse(&format!("{attribute}_available"))
    }

    /// The device's name: which chip the driver takes it for.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn name(&self) -> std::result::Result<String, Errno> {
        self.read("name")
    }

    /// The paths of all attributes, directories included (`events/…`,
    /// `buffer0/…`), sorted.
    ///
    /// # Errors
    /// What readdir failed with.
    pub fn attributes(&self) -> std::result::Result<Vec<String>, Errno> {
        let mut found = Vec::new();
        for name in self.device.list()? {
            if FOREIGN.contains(&name.as_str()) {
                continue;
            }
            match self.uml().list(&format!("{}/{name}", self.device.path())) {
                Ok(files) => found.extend(files.iter().map(|file| format!("{name}/{file}"))),
                Err(Errno::ENOTDIR) => found.push(name),
                Err(errno) => return Err(errno),
            }
        }
        Ok(found)
    }

    /// The device's channels: what has a `…_raw` or an `…_input`, sorted by
    /// name.
    ///
    /// # Errors
    /// What readdir failed with.
    pub fn channels(&self) -> std::result::Result<Vec<Channel>, Errno> {
        let mut names: Vec<String> = self
            .device
            .list()?
            .iter()
            .filter_map(|file| file.strip_suffix("_raw").or(file.strip_suffix("_input")))
            .map(str::to_owned)
            .collect();
        names.dedup();
        Ok(names.iter().map(|name| Channel::new(self, name)).collect())
    }

    /// A channel by its name in sysfs: `in_voltage0`, `in_illuminance`.
    pub fn channel(&self, name: &str) -> Channel {
        Channel::new(self, name)
    }

    /// Opens the queue of the device's events. What happened before is gone.
    ///
    /// # Errors
    /// `ENOENT` where the device has neither events nor a buffer, `ENODEV`
    /// where it has no events, `EBUSY` where the queue is open already.
    pub fn events(&self) -> std::result::Result<Events, Errno> {
        Events::open(self)
    }

    /// The device's buffer 0.
    ///
    /// # Errors
    /// Where it has none.
    pub fn buffer(&self) -> Result<Buffer> {
        self.buffer_at(0)
    }

    /// One of the device's buffers.
    ///
    /// # Errors
    /// Where there is no such buffer.
    pub fn buffer_at(&self, index: u32) -> Result<Buffer> {
        Buffer::new(self, index)
    }

    /// The triggers that the driver of this device registered.
    ///
    /// # Errors
    /// Where a directory cannot be read.
    pub fn triggers(&self) -> Result<Vec<Trigger>> {
        let mut triggers = Trigger::children(&self.parent)?;
        triggers.extend(Trigger::children(&self.device)?);
        Ok(triggers)
    }

    /// The trigger that the driver of this device registered.
    ///
    /// # Errors
    /// Where it registered none.
    pub fn own_trigger(&self) -> Result<Trigger> {
        self.triggers()?
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(format!("{} has no trigger of its own", self.parent.path())))
    }

    /// Lets a trigger start the scans of the device's triggered buffer.
    ///
    /// # Errors
    /// What the driver answered: `EBUSY` while the buffer is enabled,
    /// `EINVAL` where trigger or device does not accept the other.
    pub fn set_trigger(&self, trigger: &Trigger) -> std::result::Result<(), Errno> {
        self.write("trigger/current_trigger", trigger.name()?)
    }

    /// The name of the trigger that is set; empty where none is.
    ///
    /// # Errors
    /// `ENOENT` where the device has no triggered buffer.
    pub fn current_trigger(&self) -> std::result::Result<String, Errno> {
        self.read("trigger/current_trigger")
    }

    /// Opens the device's character device.
    fn chardev(&self) -> std::result::Result<File, Errno> {
        let path = format!("/dev/{}", self.device.name());
        File::open(self.uml(), &path, libc::O_RDWR)
    }

    /// Asks the character device for another descriptor: `argument` in, the
    /// descriptor out.
    fn descriptor(
        &self,
        request: u64,
        argument: u32,
        name: &str,
    ) -> std::result::Result<File, Errno> {
        let name = format!("{}/{name}", self.device.name());
        let buffer = argument.to_le_bytes().to_vec();
        self.chardev()?.ioctl_open(request, buffer, 0, &name)
    }
}
