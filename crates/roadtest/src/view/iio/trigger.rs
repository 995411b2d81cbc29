// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Triggers: a device's own, those of software (sysfs) and of a timer
//! (hrtimer, through configfs).

use std::rc::Rc;

use roadtest_wire::Request;

use crate::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::uml::{Inner, Uml};

const DEVICES: &str = "/sys/bus/iio/devices";
const SYSFS_TRIGGERS: &str = "/sys/bus/iio/devices/iio_sysfs_trigger";
const CONFIGFS: &str = "/sys/kernel/config";

/// What can start the scans of a triggered buffer.
#[derive(Clone)]
pub struct Trigger {
    device: Device,
}

impl Trigger {
    /// Loads `iio-trig-sysfs` and makes its trigger `number`, which
    /// [`fire`](Self::fire) fires.
    ///
    /// # Errors
    /// Where the kernel has no such module, or the trigger exists.
    pub fn sysfs(uml: &Uml, number: u32) -> Result<Self> {
        uml.load("iio-trig-sysfs")?;
        uml.write(&format!("{SYSFS_TRIGGERS}/add_trigger"), number)?;
        Self::named(uml.inner(), &format!("sysfstrig{number}"))
    }

    /// Loads `iio-trig-hrtimer` and makes a trigger that fires by itself,
    /// 100 times a second unless
    /// [`set_frequency`](Self::set_frequency) changes it.
    ///
    /// # Errors
    /// Where the kernel has no such module or no configfs, or the trigger
    /// exists.
    pub fn hrtimer(uml: &Uml, name: &str) -> Result<Self> {
        uml.load("iio-trig-hrtimer")?;
        let inner = uml.inner();
        let kind = format!("{CONFIGFS}/iio/triggers/hrtimer");
        if !uml.exists(&kind) {
            inner.mount("configfs", CONFIGFS)?;
        }
        let path = format!("{kind}/{name}");
        let what = format!("mkdir {name}");
        let () = inner.request(&what, &Request::MakeDir { path })?;
        Self::named(inner, name)
    }

    /// The trigger with this name.
    fn named(uml: &Rc<Inner>, name: &str) -> Result<Self> {
        let devices = uml.list(DEVICES)?;
        devices
            .iter()
            .filter(|entry| is_trigger(entry))
            .map(|entry| Self {
                device: Device::new(uml, &format!("{DEVICES}/{entry}")),
            })
            .find(|trigger| trigger.name().as_deref() == Ok(name))
            .ok_or_else(|| Error::new(format!("there is no IIO trigger {name}")))
    }

    /// The triggers below a device.
    pub(super) fn children(parent: &Device) -> Result<Vec<Self>> {
        let children = parent.children("trigger")?;
        Ok(children
            .into_iter()
            .filter(|device| is_trigger(device.name()))
            .map(|device| Self { device })
            .collect())
    }

    /// The trigger's directory and files in sysfs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The trigger's name, by which devices know it.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn name(&self) -> std::result::Result<String, Errno> {
        self.device.read("name")
    }

    /// Fires a trigger of `iio-trig-sysfs`.
    ///
    /// # Errors
    /// `ENOENT` where it is of another kind.
    pub fn fire(&self) -> std::result::Result<(), Errno> {
        self.device.write("trigger_now", 1)
    }

    /// How often a trigger of `iio-trig-hrtimer` fires, in hertz, with
    /// decimals.
    ///
    /// # Errors
    /// `ENOENT` where it is of another kind; `EINVAL` for 0.
    pub fn set_frequency(&self, hertz: impl ToString) -> std::result::Result<(), Errno> {
        self.device.write("sampling_frequency", hertz)
    }

    /// Removes a trigger of `iio-trig-sysfs` or `iio-trig-hrtimer`.
    ///
    /// # Errors
    /// What the kernel answered; `ENOENT` where it is of another kind.
    pub fn remove(self) -> std::result::Result<(), Errno> {
        let name = self.name()?;
        let uml = self.device.uml();
        if let Some(number) = name.strip_prefix("sysfstrig")
            && self.device.has("trigger_now")
        {
            return uml.write(&format!("{SYSFS_TRIGGERS}/remove_trigger"), number);
        }
        let path = format!("{CONFIGFS}/iio/triggers/hrtimer/{name}");
        let what = format!("rmdir {name}");
        uml.request(&what, &Request::RemoveDir { path })
    }
}

/// `trigger0`, but not the directory `trigger` of a device.
fn is_trigger(entry: &str) -> bool {
    entry
        .strip_prefix("trigger")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
