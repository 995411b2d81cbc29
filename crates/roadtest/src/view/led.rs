// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! LEDs: the attributes of `/sys/class/leds`. The light itself is whatever
//! the driver drives: a [`Pin`](crate::Pin), a register.

use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};

/// What the kernel answered.
type Answer<T> = std::result::Result<T, Errno>;

/// One LED.
pub struct Led {
    device: Device,
}

impl Device {
    /// The LED of this device with this name, as in `/sys/class/leds`.
    ///
    /// # Errors
    /// Where it has no such LED; the error lists those that it has.
    pub fn led(&self, name: &str) -> Result<Led> {
        let leds = self.leds()?;
        let names: Vec<String> = leds.iter().map(|led| led.name().to_owned()).collect();
        leds.into_iter()
            .find(|led| led.name() == name)
            .ok_or_else(|| {
                Error::new(format!(
                    "{} has no LED {name}, but [{}]",
                    self.path(),
                    names.join(", ")
                ))
            })
    }

    /// All LEDs of this device, sorted by name.
    ///
    /// # Errors
    /// Where sysfs cannot be read.
    pub fn leds(&self) -> Result<Vec<Led>> {
        let devices = self.classes("leds")?;
        Ok(devices.into_iter().map(|device| Led { device }).collect())
    }
}

impl Led {
    /// The LED's own device, for attributes of its trigger.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The LED's name.
    pub fn name(&self) -> &str {
        self.device.name()
    }

    /// The brightness, 0 to [`max_brightness`](Self::max_brightness).
    ///
    /// # Errors
    /// What the driver answered.
    pub fn brightness(&self) -> Answer<u32> {
        self.device.parse("brightness")
    }

    /// The largest brightness; 1 for an LED that is on or off.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn max_brightness(&self) -> Answer<u32> {
        self.device.parse("max_brightness")
    }

    /// Sets the brightness; more than the largest is the largest. 0 also
    /// takes the trigger away.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn set_brightness(&self, brightness: u32) -> Answer<()> {
        self.device.write("brightness", brightness)
    }

    /// The trigger that drives the LED, and `none` where nothing does.
    ///
    /// # Errors
    /// `ENOENT` where the kernel has no triggers.
    pub fn trigger(&self) -> Answer<String> {
        let all = self.device.read("trigger")?;
        all.split_whitespace()
            .find_map(|word| word.strip_prefix('[')?.strip_suffix(']'))
            .map(str::to_owned)
            .map_or_else(
                || {
                    self.device
                        .malformed("trigger", &all, "no trigger is in brackets")
                },
                Ok,
            )
    }

    /// The triggers that the kernel offers.
    ///
    /// # Errors
    /// As [`trigger`](Self::trigger).
    pub fn triggers(&self) -> Answer<Vec<String>> {
        let all = self.device.read("trigger")?;
        Ok(all
            .split_whitespace()
            .map(|word| word.trim_matches(['[', ']']).to_owned())
            .collect())
    }

    /// Lets a trigger drive the LED; `none` for none.
    ///
    /// # Errors
    /// `EINVAL` where there is no such trigger.
    pub fn set_trigger(&self, trigger: &str) -> Answer<()> {
        self.device.write("trigger", trigger)
    }
}
