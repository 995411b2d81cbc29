// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Calendar time as the kernel's real-time clocks know it: `struct rtc_time`
//! and `struct rtc_wkalrm` of `include/uapi/linux/rtc.h`. Any values are
//! allowed, since a test may want to send wrong ones.

use std::fmt;

/// `sizeof(struct rtc_time)`: nine integers.
pub(crate) const TIME_BYTES: usize = 36;
/// `sizeof(struct rtc_wkalrm)`: two bytes, two of padding, the time.
pub(crate) const ALARM_BYTES: usize = 40;

const DAY: i64 = 86_400;

/// A calendar time, in UTC by convention.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RtcTime {
    /// The year, all digits: `2021`.
    pub year: i32,
    /// The month, from 1.
    pub month: i32,
    /// The day of the month, from 1.
    pub day: i32,
    /// The hour, 0 to 23.
    pub hour: i32,
    /// The minute.
    pub minute: i32,
    /// The second.
    pub second: i32,
    /// The day of the week; Sunday is 0.
    pub weekday: i32,
    /// The day of the year, from 0; drivers may leave it 0.
    pub day_of_year: i32,
    /// `tm_isdst`; drivers leave it 0.
    pub daylight_saving: i32,
}

impl RtcTime {
    /// A time with its day of the week; the day of the year is left 0, as
    /// most clocks do.
    pub fn new(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32) -> Self {
        let mut time = Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            weekday: 0,
            day_of_year: 0,
            daylight_saving: 0,
        };
        // 1970-01-01 was a Thursday. The remainder of 7 fits.
        let weekday = (time.days() + 4).rem_euclid(7);
        time.weekday = i32::try_from(weekday).unwrap_or_default();
        time
    }

    /// The time that is `seconds` after the start of 1970.
    pub fn from_unix(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Civil date of a day count: eras of 400 years that begin in March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        Self::new(
            small(year),
            small(month),
            small(day),
            small(rest / 3600),
            small(rest / 60 % 60),
            small(rest % 60),
        )
    }

    /// Seconds since the start of 1970, for a time that exists.
    pub fn unix(self) -> i64 {
        let (hour, minute) = (i64::from(self.hour), i64::from(self.minute));
        self.days() * DAY + hour * 3600 + minute * 60 + i64::from(self.second)
    }

    /// Days since the start of 1970.
    fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self::from_unix(self.unix() + seconds)
    }

    /// Another day of the week, whether it is right or not.
    #[must_use]
    pub const fn with_weekday(mut self, weekday: i32) -> Self {
        self.weekday = weekday;
        self
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let fields = [
            self.second,
            self.minute,
            self.hour,
            self.day,
            // Months count from 0, years from 1900.
            self.month.wrapping_sub(1),
            self.year.wrapping_sub(1900),
            self.weekday,
            self.day_of_year,
            self.daylight_saving,
        ];
        fields.into_iter().flat_map(i32::to_le_bytes).collect()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let field = |index: usize| number(bytes, index * 4);
        Self {
            second: field(0),
            minute: field(1),
            hour: field(2),
            day: field(3),
            month: field(4).wrapping_add(1),
            year: field(5).wrapping_add(1900),
            weekday: field(6),
            day_of_year: field(7),
            daylight_saving: field(8),
        }
    }
}

/// The integer at an offset; 0 where the kernel gave fewer bytes.
pub(crate) fn number(bytes: &[u8], offset: usize) -> i32 {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |bytes| i32::from_le_bytes(*bytes))
}

/// `2021-12-25 11:10:37 Sat`, and the day of the year where it is not 0.
impl fmt::Display for RtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} ",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )?;
        match self.weekday {
            0 => f.write_str("Sun")?,
            1 => f.write_str("Mon")?,
            2 => f.write_str("Tue")?,
            3 => f.write_str("Wed")?,
            4 => f.write_str("Thu")?,
            5 => f.write_str("Fri")?,
            6 => f.write_str("Sat")?,
            other => write!(f, "day {other}")?,
        }
        if self.day_of_year != 0 {
            write!(f, " (day {} of the year)", self.day_of_year)?;
        }
        if self.daylight_saving != 0 {
            write!(f, " (isdst {})", self.daylight_saving)?;
        }
        Ok(())
    }
}

// A failed assertion shows the time as people write it.
impl fmt::Debug for RtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether an alarm is to go off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armed {
    /// It is.
    On,
    /// It is only remembered.
    Off,
}

/// An alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub time: RtcTime,
    /// Whether it is enabled.
    pub armed: Armed,
    /// Whether it has gone off and was not acknowledged.
    pub pending: u8,
}

impl Alarm {
    /// An enabled alarm.
    pub const fn at(time: RtcTime) -> Self {
        Self {
            time,
            armed: Armed::On,
            pending: 0,
        }
    }

    /// An alarm that is not enabled.
    pub const fn off(time: RtcTime) -> Self {
        Self {
            time,
            armed: Armed::Off,
            pending: 0,
        }
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.armed == Armed::On), self.pending, 0, 0];
        bytes.extend(self.time.to_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let byte = |index: usize| bytes.get(index).copied().unwrap_or(0);
        Self {
            time: RtcTime::from_bytes(bytes.get(4..).unwrap_or_default()),
            armed: if byte(0) == 0 { Armed::Off } else { Armed::On },
            pending: byte(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_weekday_and_seconds_since_1970() {
        for (time, unix, text) in [
            (
                RtcTime::new(1970, 1, 1, 0, 0, 0),
                0,
                "1970-01-01 00:00:00 Thu",
            ),
            (
                RtcTime::new(2000, 2, 29, 23, 59, 59),
                951_868_799,
                "2000-02-29 23:59:59 Tue",
            ),
            (
                RtcTime::new(2021, 1, 1, 1, 1, 10),
                1_609_462_870,
                "2021-01-01 01:01:10 Fri",
            ),
            (
                RtcTime::new(2100, 3, 1, 0, 0, 0),
                4_107_542_400,
                "2100-03-01 00:00:00 Mon",
            ),
        ] {
            assert_eq!(time.unix(), unix);
            assert_eq!(RtcTime::from_unix(unix), time);
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn a_second_after_the_last_of_a_leap_february_is_march() {
        let time = RtcTime::new(2024, 2, 29, 23, 59, 59).plus(1);
        assert_eq!(time, RtcTime::new(2024, 3, 1, 0, 0, 0));
    }

    #[test]
    fn bytes_are_those_of_the_kernel_and_come_back() {
        let time = RtcTime::new(2021, 12, 25, 11, 10, 37);
        let bytes = time.to_bytes();
        assert_eq!(bytes.len(), TIME_BYTES);
        assert_eq!([bytes[0], bytes[16], bytes[20]], [37, 11, 121]);
        assert_eq!(RtcTime::from_bytes(&bytes), time);
        let alarm = Alarm::at(time);
        assert_eq!(alarm.to_bytes().len(), ALARM_BYTES);
        assert_eq!(Alarm::from_bytes(&alarm.to_bytes()), alarm);
    }
}
