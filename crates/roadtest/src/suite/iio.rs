// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What holds for every IIO sensor: its attributes can be read, what may be
//! written can be written and read back, and its channels give what the chip
//! measures. Not events and buffers, which differ too much between sensors.
//!
//! ```no_run
//! # use roadtest::{Board, SimTime, Uml};
//! # use roadtest::suite::iio::{Measured, Sensor};
//! # use roadtest::view::iio::Iio;
//! # fn example(uml: &Uml, iio: &Iio, set_light: impl Fn(i64)) -> roadtest::Result {
//! let sensor = Sensor {
//!     name: "vcnl4000",
//!     measured: &[Measured {
//!         channel: "in_illuminance",
//!         points: &[(0, "0"), (0x1234, "1165")],
//!         settle: SimTime::ZERO,
//!     }],
//!     refused: &[],
//!     untouched: &[],
//! };
//! sensor.check(uml, iio, |_channel, steps| set_light(steps))
//! # }
//! ```

use roadtest_model::SimTime;

use crate::Uml;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::view::iio::{Decimal, Iio};

/// What an IIO sensor should do, beyond what all of them do; a constant of the
/// test.
#[derive(Clone, Copy, Debug)]
pub struct Sensor {
    /// The name that the driver gives it.
    pub name: &'static str,
    /// Its channels, and what they should measure. A channel that sysfs has
    /// and this has not is a failure.
    pub measured: &'static [Measured],
    /// Attributes whose reading fails on this driver, and with what.
    pub refused: &'static [(&'static str, Errno)],
    /// Attributes and channels that are left alone, since a defect of the
    /// driver makes them deadly.
    pub untouched: &'static [&'static str],
}

/// What a channel should measure.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The channel's name in sysfs: `in_illuminance`.
    pub channel: &'static str,
    /// Stimuli for the model, and the value in the channel's unit that must
    /// come of each, exactly: what the driver computes, or
    /// (raw + offset) × scale.
    pub points: &'static [(i64, &'static str)],
    /// How long the sensor may take to see a stimulus.
    pub settle: SimTime,
}

impl Sensor {
    /// Runs the tests. `stimulate` makes the model see a stimulus: the
    /// channel, and a number from [`Measured::points`].
    ///
    /// # Errors
    /// All that failed, a line each.
    pub fn check(&self, uml: &Uml, iio: &Iio, stimulate: impl Fn(&str, i64)) -> Result {
        let mut run = Run {
            iio,
            failures: Vec::new(),
        };
        run.expect("name", &iio.name(), &Ok(self.name.to_owned()));
        for attribute in iio.attributes()? {
            if self.untouched.contains(&attribute.as_str()) {
                continue;
            }
            run.attribute(&attribute, self.refusal(&attribute));
        }
        let channels = iio.channels()?;
        for channel in &channels {
            let known = self.measured.iter().any(|m| m.channel == channel.name());
            if !known && !self.untouched.contains(&channel.name()) {
                run.fail(channel.name(), "is not in the descriptor".to_owned());
            }
        }
        for measured in self.measured {
            for (stimulus, value) in measured.points {
                stimulate(measured.channel, *stimulus);
                uml.sleep(measured.settle);
                let got = iio.channel(measured.channel).value();
                let what = format!("{} at stimulus {stimulus}", measured.channel);
                run.expect(&what, &got, &Ok(value.parse::<Decimal>()?));
            }
        }
        run.finish()
    }

    fn refusal(&self, attribute: &str) -> Option<Errno> {
        let refused = self.refused.iter().find(|(name, _)| *name == attribute);
        refused.map(|(_, errno)| *errno)
    }
}

/// A run of the tests, and what failed in it.
struct Run<'a> {
    iio: &'a Iio,
    failures: Vec<String>,
}

impl Run<'_> {
    fn fail(&mut self, what: &str, how: String) {
        self.failures.push(format!("{what} {how}"));
    }

    fn expect<T: PartialEq + std::fmt::Display>(
        &mut self,
        what: &str,
        got: &std::result::Result<T, Errno>,
        expected: &std::result::Result<T, Errno>,
    ) {
        if got != expected {
            self.fail(what, format!("is {}, not {}", show(got), show(expected)));
        }
    }

    /// An attribute reads, or is refused as expected. What it holds can be
    /// written back where it can be written at all, and so can all that its
    /// `_available` offers.
    fn attribute(&mut self, attribute: &str, refusal: Option<Errno>) {
        let before = match (self.iio.read(attribute), refusal) {
            // An attribute that can only be written.
            (Err(Errno::EACCES), None) => return,
            (Ok(value), None) => value,
            (Err(errno), Some(expected)) if errno == expected => return,
            (got, Some(expected)) => {
                self.expect(attribute, &got, &Err(expected));
                return;
            }
            (Err(errno), None) => {
                self.fail(attribute, format!("cannot be read: {errno}"));
                return;
            }
        };
        // No trigger is set: there is nothing to write back.
        if before.is_empty() {
            return;
        }
        match self.iio.write(attribute, &before) {
            // An attribute that can only be read. Why EINVAL: the core makes
            // all of a driver's channel attributes writable where it has
            // `write_raw`, which then refuses those that are not.
            Err(Errno::EACCES) => return,
            Err(Errno::EINVAL) if !self.iio.has(&format!("{attribute}_available")) => return,
            Err(errno) => {
                self.fail(
                    attribute,
                    format!("does not take its own {before}: {errno}"),
                );
                return;
            }
            Ok(()) => self.reads(attribute, &before),
        }
        self.available(attribute);
        if let Err(errno) = self.iio.write(attribute, &before) {
            self.fail(attribute, format!("does not go back to {before}: {errno}"));
        }
    }

    fn available(&mut self, attribute: &str) {
        if !self.iio.has(&format!("{attribute}_available")) {
            return;
        }
        let available = match self.iio.available(attribute) {
            Ok(available) => available,
            Err(errno) => {
                self.fail(attribute, format!("has no proper _available: {errno}"));
                return;
            }
        };
        for value in available.samples() {
            match self.iio.write(attribute, &value) {
                Ok(()) => self.reads(attribute, &value),
                Err(errno) => self.fail(
                    attribute,
                    format!("offers {value} but does not take it: {errno}"),
                ),
            }
        }
    }

    /// What was written reads back: as a number where it is one.
    fn reads(&mut self, attribute: &str, written: &str) {
        let got = self.iio.read(attribute);
        let same = match (&got, written.parse::<Decimal>()) {
            (Ok(got), Ok(written)) => got.parse() == Ok(written),
            (Ok(got), Err(_)) => got == written,
            (Err(_), _) => false,
        };
        if !same {
            self.fail(
                attribute,
                format!("reads {} after {written} was written", show(&got)),
            );
        }
    }

    fn finish(self) -> Result {
        if self.failures.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!(
            "{} is not what an IIO sensor should be:\n{}",
            self.iio.parent().name(),
            self.failures.join("\n")
        )))
    }
}

fn show<T: std::fmt::Display>(result: &std::result::Result<T, Errno>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(errno) => errno.to_string(),
    }
}
