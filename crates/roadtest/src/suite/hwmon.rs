// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What holds for every hardware monitor: all attributes can be read, all
//! limits that can be written keep what is written within the chip's
//! resolution, and values beyond the chip's range are brought into it.
//!
//! ```no_run
//! # use roadtest::suite::hwmon::{self, Limit};
//! # fn check(hwmon: &roadtest::view::hwmon::Hwmon) -> roadtest::Result {
//! hwmon::limits(hwmon, &[Limit::new("temp*_max", -128_000, 127_500, 500)])
//! # }
//! ```

use crate::errno::Errno;
use crate::error::Result;
use crate::view::hwmon::Hwmon;

/// What a limit can hold, in the unit of sysfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    attribute: &'static str,
    min: i64,
    max: i64,
    resolution: i64,
    ends: Ends,
}

/// What a limit makes of values beyond its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// It takes the nearest that it can hold.
    Kept,
    /// It can hold more than the suite is told of.
    Open,
}

impl Limit {
    /// The limits of this name, in which one `*` stands for any text, hold
    /// values from `min` to `max` in steps of `resolution`.
    ///
    /// # Panics
    /// Where that is no range.
    pub const fn new(attribute: &'static str, min: i64, max: i64, resolution: i64) -> Self {
        assert!(min < max && resolution > 0);
        Self {
            attribute,
            min,
            max,
            resolution,
            ends: Ends::Kept,
        }
    }

    /// The limit can hold more than this range, as one with an exponent does:
    /// nothing beyond is tried.
    #[must_use]
    pub const fn without_ends(mut self) -> Self {
        self.ends = Ends::Open;
        self
    }

    fn names(&self, attribute: &str) -> bool {
        match self.attribute.split_once('*') {
            Some((head, tail)) => {
                attribute.len() >= head.len() + tail.len()
                    && attribute.starts_with(head)
                    && attribute.ends_with(tail)
            }
            None => self.attribute == attribute,
        }
    }
}

/// Reads every attribute, and writes every limit of a monitor that can be
/// written: the least, the middle and the greatest value, one between two
/// steps, and one on either side of the range. Each limit has its old value
/// afterwards.
///
/// # Errors
/// Where the monitor cannot be asked.
///
/// # Panics
/// Where a limit keeps another value than it should, and where `limits` do not
/// name a limit that can be written, or name one that cannot.
pub fn limits(hwmon: &Hwmon, limits: &[Limit]) -> Result {
    for attribute in hwmon.attributes()? {
        let read = hwmon.device().read(&attribute);
        assert!(read.is_ok(), "{attribute} cannot be read: {read:?}");
    }
    let mut named = vec![false; limits.len()];
    for attribute in hwmon.limits()? {
        let before = hwmon.number(&attribute)?;
        let writable = match hwmon.set(&attribute, before) {
            Ok(()) => true,
            Err(Errno::EACCES) => false,
            Err(errno) => panic!("writing its own value {before} to {attribute} gave {errno}"),
        };
        let position = limits.iter().position(|limit| limit.names(&attribute));
        match (position, writable) {
            (None, false) => {}
            (None, true) => {
                panic!("the suite is told nothing of {attribute}, which can be written")
            }
            (Some(_), false) => panic!("{attribute} cannot be written"),
            (Some(position), true) => {
                named[position] = true;
                round_trip(hwmon, &attribute, limits[position])?;
                hwmon.set(&attribute, before)?;
                let after = hwmon.number(&attribute)?;
                assert!(
                    after.abs_diff(before) <= 1,
                    "{attribute} holds {after} after {before} was put back"
                );
            }
        }
    }
    for (limit, named) in limits.iter().zip(named) {
        assert!(named, "the monitor has no limit {}", limit.attribute);
    }
    Ok(())
}

fn round_trip(hwmon: &Hwmon, attribute: &str, limit: Limit) -> Result {
    let steps = (limit.max - limit.min) / limit.resolution;
    let middle = limit.min + steps / 2 * limit.resolution;
    let exact = [limit.min, middle, limit.max];
    for value in exact {
        hwmon.set(attribute, value)?;
        let read = hwmon.number(attribute)?;
        // A resolution that is no whole number in the unit of sysfs rounds.
        assert!(
            read.abs_diff(value) <= 1,
            "{attribute} holds {read} after {value}"
        );
    }
    let between = middle + limit.resolution / 3;
    hwmon.set(attribute, between)?;
    let read = hwmon.number(attribute)?;
    assert!(
        read.abs_diff(between) < limit.resolution.unsigned_abs(),
        "{attribute} holds {read} after {between}"
    );
    if limit.ends == Ends::Open {
        return Ok(());
    }
    // Far away, but what drivers compute with stays in 32 bits.
    for (value, kept) in [
        (limit.min - 1_000_000, limit.min),
        (limit.max + 1_000_000, limit.max),
    ] {
        hwmon.set(attribute, value)?;
        let read = hwmon.number(attribute)?;
        assert!(
            read.abs_diff(kept) <= 1,
            "{attribute} holds {read} after {value}, which is beyond {kept}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let limit = Limit::new("temp*_max", 0, 1, 1);
        assert!(limit.names("temp1_max"));
        assert!(limit.names("temp12_max"));
        assert!(!limit.names("temp1_max_hyst"));
        assert!(!limit.names("in1_max"));
        assert!(!Limit::new("temp1_max", 0, 1, 1).names("temp2_max"));
    }
}
