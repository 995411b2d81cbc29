// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Hardware monitoring: the class `hwmon` in sysfs, with values in the units
//! of `Documentation/hwmon/sysfs-interface.rst`. A sensor is `temp1` or
//! `in2`; what belongs to it (`temp1_max`, `temp1_max_alarm`, …) is asked of
//! it.

use std::fmt;
use std::marker::PhantomData;

pub use roadtest_model::Celsius;

use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};

/// What an attribute said, or why it did not.
type Answer<T> = std::result::Result<T, Errno>;

/// A quantity that hwmon measures, and how it calls its sensors.
pub trait Quantity: Copy + PartialEq + fmt::Debug {
    /// What the attributes of its sensors begin with.
    const PREFIX: &'static str;

    /// From the number in sysfs.
    fn from_raw(raw: i64) -> Self;

    /// The number in sysfs.
    fn to_raw(self) -> i64;
}

impl Quantity for Celsius {
    const PREFIX: &'static str = "temp";

    fn from_raw(raw: i64) -> Self {
        // Why: 2³¹ thousandths of a degree are no temperature.
        Self::milli(i32::try_from(raw).unwrap_or(i32::MAX))
    }

    fn to_raw(self) -> i64 {
        self.as_milli().into()
    }
}

macro_rules! quantities {
    ($($(#[doc = $doc:literal])* $name:ident $prefix:literal $unit:literal;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
            pub struct $name(pub i64);

            impl Quantity for $name {
                const PREFIX: &'static str = $prefix;

                fn from_raw(raw: i64) -> Self {
                    Self(raw)
                }

                fn to_raw(self) -> i64 {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&format!("{} {}", self.0, $unit))
                }
            }
        )*
    };
}

quantities! {
    /// Voltage, in millivolts.
    Millivolts "in" "mV";
    /// Current, in milliamperes.
    Milliamperes "curr" "mA";
    /// Power, in microwatts.
    Microwatts "power" "uW";
    /// Energy, in microjoules.
    Microjoules "energy" "uJ";
    /// Relative humidity, in thousandths of a percent.
    MilliPercent "humidity" "m%";
    /// Speed of a fan, in revolutions per minute.
    Rpm "fan" "rpm";
}

/// A hardware monitor: a class device.
#[derive(Clone)]
pub struct Hwmon {
    device: Device,
}

impl Device {
    /// The hardware monitor of this device.
    ///
    /// # Errors
    /// Where it has none.
    pub fn hwmon(&self) -> Result<Hwmon> {
        let device = self.class("hwmon")?;
        Ok(Hwmon { device })
    }
}

impl Hwmon {
    /// The class device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What the driver calls the chip.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn name(&self) -> Answer<String> {
        self.device.read("name")
    }

    /// Temperature sensor `number`, from 1.
    pub fn temperature(&self, number: u32) -> Sensor<Celsius> {
        self.sensor(number)
    }

    /// Voltage sensor `number`, from 0.
    pub fn voltage(&self, number: u32) -> Sensor<Millivolts> {
        self.sensor(number)
    }

    /// A sensor of any quantity.
    pub fn sensor<Q: Quantity>(&self, number: u32) -> Sensor<Q> {
        Sensor {
            device: self.device.clone(),
            name: format!("{}{number}", Q::PREFIX),
            quantity: PhantomData,
        }
    }

    /// The sensor of a quantity with this label.
    ///
    /// # Errors
    /// Where there is none, or sysfs cannot be read.
    pub fn labelled<Q: Quantity>(&self, label: &str) -> Result<Sensor<Q>> {
        let names = self.device.list()?;
        names
            .iter()
            .filter_map(|name| {
                let number = name.strip_prefix(Q::PREFIX)?.strip_suffix("_label")?;
                number.parse().ok().map(|number| self.sensor(number))
            })
            .find(|sensor: &Sensor<Q>| sensor.label().is_ok_and(|found| found == label))
            .ok_or_else(|| {
                let (path, quantity) = (self.device.path(), Q::PREFIX);
                Error::new(format!("{path} has no {quantity} with the label {label}"))
            })
    }

    /// The number in an attribute.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn number(&self, attribute: &str) -> Answer<i64> {
        self.device.parse(attribute)
    }

    /// Writes an attribute.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn set(&self, attribute: &str, value: i64) -> Answer<()> {
        self.device.write(attribute, value)
    }

    /// How often the chip converts, in milliseconds.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where it does not know.
    pub fn update_interval_ms(&self) -> Answer<i64> {
        self.number("update_interval")
    }

    /// Sets how often the chip converts, in milliseconds; the driver takes
    /// what is next to it.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn set_update_interval_ms(&self, ms: i64) -> Answer<()> {
        self.set("update_interval", ms)
    }

    /// All attributes of sensors, sorted.
    ///
    /// # Errors
    /// Where sysfs cannot be read.
    pub fn attributes(&self) -> Answer<Vec<String>> {
        let names = self.device.list()?;
        let sensor = |name: &String| {
            name.split_once('_').is_some_and(|(sensor, _)| {
                let prefix = sensor.trim_end_matches(|c: char| c.is_ascii_digit());
                prefix.len() < sensor.len()
            })
        };
        Ok(names.into_iter().filter(sensor).collect())
    }

    /// The names of the attributes that raise an alarm or tell of a fault
    /// now. Reading some alarms clears them.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn alarms(&self) -> Answer<Vec<String>> {
        let mut alarms = Vec::new();
        for name in self.attributes()? {
            if (name.ends_with("_alarm") || name.ends_with("_fault")) && self.number(&name)? != 0 {
                alarms.push(name);
            }
        }
        Ok(alarms)
    }

    /// The limits: all attributes that end as a limit does. See
    /// [`LIMITS`].
    ///
    /// # Errors
    /// Where sysfs cannot be read.
    pub fn limits(&self) -> Answer<Vec<String>> {
        let limit = |name: &String| {
            name.split_once('_')
                .is_some_and(|(_, suffix)| LIMITS.contains(&suffix))
        };
        Ok(self.attributes()?.into_iter().filter(limit).collect())
    }
}

impl fmt::Debug for Hwmon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hwmon").field(&self.device.path()).finish()
    }
}

/// What the attribute of a limit is called behind its sensor's name.
pub const LIMITS: [&str; 11] = [
    "min",
    "max",
    "lcrit",
    "crit",
    "emergency",
    "cap",
    "min_hyst",
    "max_hyst",
    "lcrit_hyst",
    "crit_hyst",
    "emergency_hyst",
];

/// One sensor of a hardware monitor.
#[derive(Clone)]
pub struct Sensor<Q> {
    device: Device,
    name: String,
    quantity: PhantomData<Q>,
}

impl<Q: Quantity> Sensor<Q> {
    /// The sensor's name in sysfs, `temp1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the sensor measures now.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn input(&self) -> Answer<Q> {
        self.get("input")
    }

    /// What the board or the driver calls it.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where it has no label.
    pub fn label(&self) -> Answer<String> {
        self.device.read(&format!("{}_label", self.name))
    }

    /// A value that belongs to the sensor: `get("max")` reads `temp1_max`.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn get(&self, what: &str) -> Answer<Q> {
        let attribute = format!("{}_{what}", self.name);
        self.device.parse(&attribute).map(Q::from_raw)
    }

    /// Sets a value that belongs to the sensor.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn set(&self, what: &str, value: Q) -> Answer<()> {
        self.device
            .write(&format!("{}_{what}", self.name), value.to_raw())
    }

    /// Whether an alarm is raised: `is_set("max_alarm")`, `is_set("fault")`.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn is_set(&self, what: &str) -> Answer<bool> {
        let number: i64 = self.device.parse(&format!("{}_{what}", self.name))?;
        Ok(number != 0)
    }
}
