// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Regulators: the class `regulator` in sysfs, and the virtual consumer
//! (`drivers/regulator/virtual.c`), through which a test asks a regulator for
//! voltages and modes as a driver would. The attributes are those of
//! `Documentation/ABI/testing/sysfs-class-regulator`.

use std::fmt;
use std::str::FromStr;

use crate::board::Board;
use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::uml::Uml;
use crate::view::Malformed;

/// What an attribute said, or why it did not.
type Answer<T> = std::result::Result<T, Errno>;

/// The attributes that tell of errors (`REGULATOR_ERROR_*`), where the driver
/// knows them; in kernels from 5.19 on.
const ERRORS: [&str; 9] = [
    "under_voltage",
    "over_current",
    "regulation_out",
    "fail",
    "over_temp",
    "under_voltage_warn",
    "over_current_warn",
    "over_voltage_warn",
    "over_temp_warn",
];

/// How a regulator works: `REGULATOR_MODE_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For loads that change fast: forced PWM, say.
    Fast,
    /// As usual.
    Normal,
    /// Efficient at light loads.
    Idle,
    /// The most efficient at the lightest loads.
    Standby,
    /// The driver does not know.
    Unknown,
}

impl Mode {
    /// The word in sysfs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Normal => "normal",
            Self::Idle => "idle",
            Self::Standby => "standby",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Mode {
    type Err = Malformed;

    fn from_str(word: &str) -> std::result::Result<Self, Malformed> {
        [Self::Fast, Self::Normal, Self::Idle, Self::Standby]
            .into_iter()
            .chain([Self::Unknown])
            .find(|mode| mode.word() == word)
            .ok_or(Malformed("mode of a regulator"))
    }
}

/// Whether a regulator's output is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Enabled,
    /// It is not.
    Disabled,
    /// The driver does not know.
    Unknown,
}

impl FromStr for State {
    type Err = Malformed;

    fn from_str(word: &str) -> std::result::Result<Self, Malformed> {
        match word {
            "enabled" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            "unknown" => Ok(Self::Unknown),
            _ => Err(Malformed("state of a regulator")),
        }
    }
}

/// A regulator.
#[derive(Clone)]
pub struct Regulator {
    device: Device,
}

impl Regulator {
    /// The class device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The supply's name: `regulator-name` of its node.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn name(&self) -> Answer<String> {
        self.device.read("name")
    }

    /// The output voltage that the driver reads back, in microvolts.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn microvolts(&self) -> Answer<u32> {
        self.device.parse::<u32>("microvolts")
    }

    /// The least voltage that the board allows, in microvolts.
    ///
    /// # Errors
    /// What the kernel answered; `ENOENT` where the board does not say.
    pub fn min_microvolts(&self) -> Answer<u32> {
        self.device.parse::<u32>("min_microvolts")
    }

    /// The greatest voltage that the board allows, in microvolts.
    ///
    /// # Errors
    /// As [`min_microvolts`](Self::min_microvolts).
    pub fn max_microvolts(&self) -> Answer<u32> {
        self.device.parse::<u32>("max_microvolts")
    }

    /// Whether the output is on.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn state(&self) -> Answer<State> {
        self.device.parse("state")
    }

    /// What the chip says of itself, where the driver can ask it: `on`, `off`,
    /// `error` and others.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where it cannot ask.
    pub fn status(&self) -> Answer<String> {
        self.device.read("status")
    }

    /// The mode.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where it has none.
    pub fn mode(&self) -> Answer<Mode> {
        self.device.parse("opmode")
    }

    /// How many consumers have it enabled, counting the board's always-on.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn users(&self) -> Answer<u32> {
        self.device.parse::<u32>("num_users")
    }

    /// The errors that the chip tells of now, by their names in sysfs
    /// (`over_temp`, …); empty where there are none.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where it knows no errors.
    pub fn errors(&self) -> Answer<Vec<&'static str>> {
        let mut errors = Vec::new();
        for name in ERRORS {
            if self.device.parse::<u32>(name)? != 0 {
                errors.push(name);
            }
        }
        Ok(errors)
    }
}

impl fmt::Debug for Regulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regulator")
            .field(&self.device.path())
            .finish()
    }
}

impl Device {
    /// The regulators of this device, sorted by name of the class device.
    ///
    /// # Errors
    /// Where sysfs cannot be read.
    pub fn regulators(&self) -> Result<Vec<Regulator>> {
        let devices = self.classes("regulator")?;
        Ok(devices
            .into_iter()
            .map(|device| Regulator { device })
            .collect())
    }

    /// The only regulator of this device.
    ///
    /// # Errors
    /// Where it has none or several.
    pub fn regulator(&self) -> Result<Regulator> {
        let mut all = self.regulators()?;
        match all.len() {
            1 => Ok(all.remove(0)),
            count => Err(Error::new(format!(
                "{} has {count} regulators, not one",
                self.path()
            ))),
        }
    }

    /// The regulator of this device with this name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn regulator_named(&self, name: &str) -> Result<Regulator> {
        let all = self.regulators()?;
        all.into_iter()
            .find(|regulator| regulator.name().is_ok_and(|found| found == name))
            .ok_or_else(|| Error::new(format!("{} has no regulator named {name}", self.path())))
    }
}

/// A consumer of one regulator, which does what a test tells it. It is
/// enabled while both limits are other than 0.
///
/// The driver behind it takes every value and logs a request that the
/// regulator refused; whether it was carried out is to be seen at the
/// [`Regulator`].
#[derive(Clone)]
pub struct Consumer {
    device: Device,
}

impl Board {
    /// Adds a consumer called `name` to the devicetree, supplied by the
    /// regulator whose node has the label `supply`; see
    /// [`Uml::consumer`](crate::Uml::consumer).
    pub fn consumer(&mut self, name: &str, supply: &str) -> &mut Self {
        self.dts(&format!(
            "/ {{ {name} {{ compatible = \"regulator-virtual-consumer\"; \
             default-supply = <&{supply}>; }}; }};"
        ))
    }
}

impl Uml {
    /// Binds the consumer of this name. Its regulator must be bound before.
    ///
    /// # Errors
    /// Where the board has no such consumer, or it does not get its regulator.
    pub fn consumer(&self, name: &str) -> Result<Consumer> {
        let device = self.bind_path(&format!("/sys/bus/platform/devices/{name}"))?;
        Ok(Consumer { device })
    }
}

impl Consumer {
    /// The platform device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Asks for a voltage between these limits, in microvolts, and enables
    /// the regulator.
    ///
    /// # Errors
    /// What the kernel answered to the writes.
    pub fn set(&self, min_uv: u32, max_uv: u32) -> Answer<()> {
        // Why: the driver acts after each write; limits in the wrong order
        // would be lost, and a limit of 0 would disable the regulator.
        let (min, max) = (
            self.device.parse::<u32>("min_microvolts")?,
            self.device.parse::<u32>("max_microvolts")?,
        );
        if max_uv < min {
            self.set_min_microvolts(min_uv)?;
            return self.set_max_microvolts(max_uv);
        }
        if max_uv != max {
            self.set_max_microvolts(max_uv)?;
        }
        self.set_min_microvolts(min_uv)
    }

    /// Lets the regulator go.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn disable(&self) -> Answer<()> {
        self.set_min_microvolts(0)
    }

    /// Writes the lower limit, in microvolts.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn set_min_microvolts(&self, uv: u32) -> Answer<()> {
        self.device.write("min_microvolts", uv)
    }

    /// Writes the upper limit, in microvolts.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn set_max_microvolts(&self, uv: u32) -> Answer<()> {
        self.device.write("max_microvolts", uv)
    }

    /// Asks for a mode.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn set_mode(&self, mode: Mode) -> Answer<()> {
        self.device.write("mode", mode)
    }

    /// The mode that the consumer asked for last, or found when it was bound.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn mode(&self) -> Answer<Mode> {
        self.device.parse("mode")
    }
}
