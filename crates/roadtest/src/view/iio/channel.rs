// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A channel and its attributes, its own and those it shares with others.

use super::{Available, Decimal, Iio};
use crate::errno::Errno;

/// A channel of an IIO device.
#[derive(Clone)]
pub struct Channel {
    iio: Iio,
    name: String,
}

impl Channel {
    pub(super) fn new(iio: &Iio, name: &str) -> Self {
        Self {
            iio: iio.clone(),
            name: name.to_owned(),
        }
    }

    /// The name in sysfs: `in_voltage0`, `in_voltage0-voltage1`,
    /// `in_intensity_both`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The attribute that holds `what` (`scale`, `sampling_frequency`) for
    /// this channel: its own, or one that it shares with the channels of its
    /// type, of its direction, or with all.
    ///
    /// # Errors
    /// `ENOENT` where there is none.
    pub fn attribute(&self, what: &str) -> Result<String, Errno> {
        let mut nearest = None;
        for file in candidates(&self.name, what) {
            match self.iio.find(&file) {
                Ok(()) => return Ok(file),
                Err(errno) => nearest = nearest.or(Some(errno)),
            }
        }
        // There is at least one candidate, and the kernel has none of them.
        Err(nearest.unwrap_or(Errno::ENOENT))
    }

    /// What [`attribute`](Self::attribute) holds.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where there is none.
    pub fn read(&self, what: &str) -> Result<String, Errno> {
        self.iio.read(&self.attribute(what)?)
    }

    /// Writes what [`attribute`](Self::attribute) finds.
    ///
    /// # Errors
    /// What the driver answered; `ENOENT` where there is none.
    pub fn write(&self, what: &str, value: impl ToString) -> Result<(), Errno> {
        self.iio.write(&self.attribute(what)?, value)
    }

    /// The number that [`attribute`](Self::attribute) holds.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn number(&self, what: &str) -> Result<Decimal, Errno> {
        self.iio.number(&self.attribute(what)?)
    }

    /// What may be written to an attribute of this channel.
    ///
    /// # Errors
    /// As [`Iio::available`].
    pub fn available(&self, what: &str) -> Result<Available, Errno> {
        let attribute = self.attribute(&format!("{what}_available"))?;
        self.iio.device().parse(&attribute)
    }

    /// A conversion, as the chip gives it.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn raw(&self) -> Result<Decimal, Errno> {
        self.number("raw")
    }

    /// A conversion in the channel's unit, computed by the driver.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn processed(&self) -> Result<Decimal, Errno> {
        self.number("input")
    }

    /// What [`raw`](Self::raw) is multiplied by; 1 where the driver does not
    /// say.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn scale(&self) -> Result<Decimal, Errno> {
        self.or("scale", 1)
    }

    /// What is added to [`raw`](Self::raw) before; 0 where the driver does
    /// not say.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn offset(&self) -> Result<Decimal, Errno> {
        self.or("offset", 0)
    }

    fn or(&self, what: &str, default: i64) -> Result<Decimal, Errno> {
        match self.number(what) {
            Err(Errno::ENOENT) => Ok(default.into()),
            number => number,
        }
    }

    /// A conversion in the channel's unit: processed by the driver, or
    /// (raw + offset) × scale.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn value(&self) -> Result<Decimal, Errno> {
        match self.processed() {
            Err(Errno::ENOENT) => Ok((self.raw()? + self.offset()?) * self.scale()?),
            processed => processed,
        }
    }
}

/// The files that may hold `what` for a channel, the nearest first:
/// `in_voltage0_scale`, `in_voltage_scale`, `in_scale`, `scale`
/// (`drivers/iio/industrialio-core.c`, `__iio_device_attr_init`).
fn candidates(name: &str, what: &str) -> Vec<String> {
    let (direction, rest) = name.split_once('_').unwrap_or(("", name));
    // Of a differential channel both sides lose their number.
    let kind = |side: &str| {
        side.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let base = rest.split('_').next().unwrap_or(rest);
    let shared: Vec<String> = base.split('-').map(kind).collect();
    let mut files = vec![
        format!("{name}_{what}"),
        format!("{direction}_{}_{what}", shared.join("-")),
        format!("{direction}_{what}"),
        what.to_owned(),
    ];
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_may_be_shared() {
        assert_eq!(
            candidates("in_voltage0", "scale"),
            ["in_voltage0_scale", "in_voltage_scale", "in_scale", "scale"]
        );
        assert_eq!(
            candidates("in_voltage0-voltage1", "scale")[1],
            "in_voltage-voltage_scale"
        );
        assert_eq!(
            candidates("in_intensity0_both", "scale")[1],
            "in_intensity_scale"
        );
    }
}
