// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Real-time clocks: `/dev/rtcN` with the requests of
//! `include/uapi/linux/rtc.h`, and the attributes of `/sys/class/rtc`. Not
//! here: the PLL and the correction, which no driver under test has.

pub use crate::abi::rtc::time;

use roadtest_model::SimTime;

pub use time::{Alarm, RtcTime};

use crate::abi::rtc::{
    ParamBytes, RTC_AIE_OFF, RTC_AIE_ON, RTC_ALM_READ, RTC_ALM_SET, RTC_IRQP_SET, RTC_PARAM_GET,
    RTC_PIE_OFF, RTC_PIE_ON, RTC_RD_TIME, RTC_SET_TIME, RTC_UIE_OFF, RTC_UIE_ON, RTC_VL_CLR,
    RTC_VL_READ, RTC_WKALM_RD, RTC_WKALM_SET,
};
use crate::device::Device;
use crate::errno::Errno;
use crate::error::Result;
use crate::file::File;

/// `RTC_VL_DATA_INVALID`: the time in the chip cannot be trusted.
pub const VL_DATA_INVALID: u32 = 1;

/// What a read of the device gives, and a feature of the clock.
macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: u64 = $value;)*
    };
}

flags! {
    /// `RTC_IRQF`: any interrupt.
    IRQF = 0x80;
    /// `RTC_AF`: the alarm.
    AF = 0x20;
    /// `RTC_PF`: a periodic interrupt, which the kernel's own timer makes.
    PF = 0x40;
    /// `RTC_UF`: another second.
    UF = 0x10;
    /// `RTC_FEATURE_ALARM`: there is an alarm.
    FEATURE_ALARM = 1 << 0;
    /// `RTC_FEATURE_ALARM_RES_MINUTE`: it is given in minutes.
    FEATURE_ALARM_RES_MINUTE = 1 << 1;
    /// `RTC_FEATURE_UPDATE_INTERRUPT`: it can interrupt each second.
    FEATURE_UPDATE_INTERRUPT = 1 << 4;
}

/// An open real-time clock. The kernel lets one program have it open.
pub struct Rtc {
    device: Device,
    file: File,
}

impl Device {
    /// Opens the real-time clock of this device.
    ///
    /// # Errors
    /// Where it has none, or it cannot be opened: `EBUSY` where it is open.
    pub fn rtc(&self) -> Result<Rtc> {
        let device = self.class("rtc")?;
        let file = File::open(self.uml(), &format!("/dev/{}", device.name()), libc::O_RDWR)?;
        let file = file.showing(interrupts);
        Ok(Rtc { device, file })
    }
}

/// What a read says, for timelines: `AF 1`.
fn interrupts(bytes: &[u8]) -> Option<String> {
    let word = u64::from_le_bytes(bytes.try_into().ok()?);
    let kinds = [(AF, "AF"), (PF, "PF"), (UF, "UF")];
    let kinds = kinds.iter().filter(|(bit, _)| word & bit != 0);
    let kinds: Vec<&str> = kinds.map(|(_, name)| *name).collect();
    Some(format!("{} {}", kinds.join("|"), word >> 8))
}

/// What the kernel answered.
type Answer<T> = std::result::Result<T, Errno>;

impl Rtc {
    /// The clock's own device, whose attributes are those of
    /// `/sys/class/rtc`: `date`, `time`, `since_epoch`, `hctosys`, `range`.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The open `/dev/rtcN`, for requests that have no method here.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads the time (`RTC_RD_TIME`).
    ///
    /// # Errors
    /// `EINVAL` where the clock's time is not valid; else what the driver
    /// answered.
    pub fn read(&self) -> Answer<RtcTime> {
        self.get(RTC_RD_TIME, time::TIME_BYTES)
            .map(|bytes| RtcTime::from_bytes(&bytes))
    }

    /// Sets the time (`RTC_SET_TIME`).
    ///
    /// # Errors
    /// `EINVAL` where there is no such time, `ERANGE` where the clock cannot
    /// hold it; else what the driver answered.
    pub fn set(&self, time: RtcTime) -> Answer<()> {
        self.put(RTC_SET_TIME, time.to_bytes())
    }

    /// Sets the time and closes the clock, without a wait in between. What
    /// the kernel has left to be done after a time was set is still to be done
    /// then.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_and_close(self, time: RtcTime) -> Answer<()> {
        let set = self.file.ioctl_and_close(RTC_SET_TIME, time.to_bytes());
        set.map(drop)
    }

    /// Reads the alarm (`RTC_WKALM_RD`).
    ///
    /// # Errors
    /// `EINVAL` where the clock has no alarm.
    pub fn alarm(&self) -> Answer<Alarm> {
        self.get(RTC_WKALM_RD, time::ALARM_BYTES)
            .map(|bytes| Alarm::from_bytes(&bytes))
    }

    /// Sets the alarm (`RTC_WKALM_SET`).
    ///
    /// # Errors
    /// `EINVAL` where the clock has no alarm or there is no such time,
    /// `ETIME` where it is in the past, `ERANGE` where the clock cannot hold
    /// it; else what the driver answered.
    pub fn set_alarm(&self, alarm: Alarm) -> Answer<()> {
        self.put(RTC_WKALM_SET, alarm.to_bytes())
    }

    /// Reads the alarm's time (`RTC_ALM_READ`).
    ///
    /// # Errors
    /// As [`alarm`](Self::alarm).
    pub fn alarm_time(&self) -> Answer<RtcTime> {
        self.get(RTC_ALM_READ, time::TIME_BYTES)
            .map(|bytes| RtcTime::from_bytes(&bytes))
    }

    /// Sets the alarm's time of day, within 24 hours, without enabling it
    /// (`RTC_ALM_SET`).
    ///
    /// # Errors
    /// As [`set_alarm`](Self::set_alarm).
    pub fn set_alarm_time(&self, time: RtcTime) -> Answer<()> {
        self.put(RTC_ALM_SET, time.to_bytes())
    }

    /// Enables the alarm (`RTC_AIE_ON`).
    ///
    /// # Errors
    /// As [`set_alarm`](Self::set_alarm).
    pub fn enable_alarm(&self) -> Answer<()> {
        self.file.ioctl(RTC_AIE_ON, 0).map(drop)
    }

    /// Disables the alarm (`RTC_AIE_OFF`).
    ///
    /// # Errors
    /// `EINVAL` where the clock has no alarm.
    pub fn disable_alarm(&self) -> Answer<()> {
        self.file.ioctl(RTC_AIE_OFF, 0).map(drop)
    }

    /// Enables an interrupt each second (`RTC_UIE_ON`).
    ///
    /// # Errors
    /// `EINVAL` where neither clock nor kernel can do that.
    pub fn enable_updates(&self) -> Answer<()> {
        self.file.ioctl(RTC_UIE_ON, 0).map(drop)
    }

    /// Disables the interrupt each second (`RTC_UIE_OFF`).
    ///
    /// # Errors
    /// What the driver answered.
    pub fn disable_updates(&self) -> Answer<()> {
        self.file.ioctl(RTC_UIE_OFF, 0).map(drop)
    }

    /// Enables periodic interrupts (`RTC_IRQP_SET`, `RTC_PIE_ON`), 1 to 8192
    /// in a second. They are the kernel's, whatever the clock is.
    ///
    /// # Errors
    /// `EINVAL` for another rate.
    pub fn enable_periodic(&self, hz: u32) -> Answer<()> {
        self.file.ioctl(RTC_IRQP_SET, hz.into())?;
        self.file.ioctl(RTC_PIE_ON, 0).map(drop)
    }

    /// Disables periodic interrupts (`RTC_PIE_OFF`).
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn disable_periodic(&self) -> Answer<()> {
        self.file.ioctl(RTC_PIE_OFF, 0).map(drop)
    }

    /// What is known of the clock's supply (`RTC_VL_READ`): 0, or bits as
    /// [`VL_DATA_INVALID`].
    ///
    /// # Errors
    /// `ENOTTY` where the driver does not tell.
    pub fn voltage_low(&self) -> Answer<u32> {
        let bytes = self.get(RTC_VL_READ, 4)?;
        Ok(time::number(&bytes, 0).cast_unsigned())
    }

    /// Forgets that the supply was low (`RTC_VL_CLR`).
    ///
    /// # Errors
    /// `ENOTTY` where the driver cannot.
    pub fn clear_voltage_low(&self) -> Answer<()> {
        self.file.ioctl(RTC_VL_CLR, 0).map(drop)
    }

    /// What the clock can do (`RTC_PARAM_GET` of `RTC_PARAM_FEATURES`): bits
    /// as [`FEATURE_ALARM`].
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn features(&self) -> Answer<u64> {
        let bytes = self.get(RTC_PARAM_GET, size_of::<ParamBytes>())?;
        let (low, high) = (time::number(&bytes, 8), time::number(&bytes, 12));
        Ok(u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned()))
    }

    /// Waits for an interrupt for at most `timeout` of virtual time, and
    /// reads it from the device: in bits 0 to 7 what it was ([`AF`], [`UF`],
    /// with [`IRQF`]), above how many came. Nothing where none came.
    ///
    /// # Errors
    /// What poll or read failed with.
    pub fn wait(&self, timeout: SimTime) -> Answer<Option<u64>> {
        if !self.file.wait_readable(timeout)? {
            return Ok(None);
        }
        self.wait_forever().map(Some)
    }

    /// Waits for an interrupt as long as a request may take, with a read that
    /// blocks; the result is that of [`wait`](Self::wait).
    ///
    /// # Errors
    /// What read failed with.
    pub fn wait_forever(&self) -> Answer<u64> {
        let bytes = self.file.read(8)?;
        match bytes.first_chunk() {
            Some(word) if bytes.len() == 8 => Ok(u64::from_le_bytes(*word)),
            _ => self.file.malformed(&bytes, "it is no word of 8 bytes"),
        }
    }

    /// Sets or clears the alarm through the attribute `wakealarm`: seconds
    /// since 1970, `+n` from now, or 0 for none.
    ///
    /// # Errors
    /// `EBUSY` where one is set already, `EINVAL` for a time in the past;
    /// `ENOENT` where the clock cannot wake the system.
    pub fn set_wakealarm(&self, value: impl ToString) -> Answer<()> {
        self.device.write("wakealarm", value)
    }

    /// The attribute `wakealarm`: when the alarm goes off, in seconds since
    /// 1970; nothing where none is set.
    ///
    /// # Errors
    /// `ENOENT` where the clock cannot wake the system.
    pub fn wakealarm(&self) -> Answer<Option<i64>> {
        let text = self.device.read("wakealarm")?;
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse() {
            Ok(seconds) => Ok(Some(seconds)),
            Err(error) => self.device.malformed("wakealarm", &text, error),
        }
    }

    /// The attribute `since_epoch`: the time in seconds since 1970.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn since_epoch(&self) -> Answer<i64> {
        self.device.parse("since_epoch")
    }

    fn get(&self, request: u64, len: usize) -> Answer<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.file.ioctl_buffer(request, &mut bytes)?;
        Ok(bytes)
    }

    fn put(&self, request: u64, mut bytes: Vec<u8>) -> Answer<()> {
        self.file.ioctl_buffer(request, &mut bytes).map(drop)
    }
}
