// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Real-time clocks (`include/uapi/linux/rtc.h`).

use super::{Ioctl, Memory, Table};
pub mod time;

use self::time::{ALARM_BYTES, Alarm, Armed, RtcTime, TIME_BYTES};

/// The letter of the requests.
const RTC: u32 = b'p' as u32;
/// `struct rtc_time` and `struct rtc_wkalrm`.
type TimeBytes = [u8; TIME_BYTES];
type AlarmBytes = [u8; ALARM_BYTES];
/// `struct rtc_param`: parameter, value, index.
pub(crate) type ParamBytes = [u8; 24];

pub(crate) const RTC_AIE_ON: u64 = libc::_IO(RTC, 0x01);
pub(crate) const RTC_AIE_OFF: u64 = libc::_IO(RTC, 0x02);
pub(crate) const RTC_UIE_ON: u64 = libc::_IO(RTC, 0x03);
pub(crate) const RTC_UIE_OFF: u64 = libc::_IO(RTC, 0x04);
pub(crate) const RTC_PIE_ON: u64 = libc::_IO(RTC, 0x05);
pub(crate) const RTC_PIE_OFF: u64 = libc::_IO(RTC, 0x06);
pub(crate) const RTC_ALM_SET: u64 = libc::_IOW::<TimeBytes>(RTC, 0x07);
pub(crate) const RTC_ALM_READ: u64 = libc::_IOR::<TimeBytes>(RTC, 0x08);
pub(crate) const RTC_RD_TIME: u64 = libc::_IOR::<TimeBytes>(RTC, 0x09);
pub(crate) const RTC_SET_TIME: u64 = libc::_IOW::<TimeBytes>(RTC, 0x0a);
const RTC_IRQP_READ: u64 = libc::_IOR::<libc::c_ulong>(RTC, 0x0b);
pub(crate) const RTC_IRQP_SET: u64 = libc::_IOW::<libc::c_ulong>(RTC, 0x0c);
pub(crate) const RTC_WKALM_SET: u64 = libc::_IOW::<AlarmBytes>(RTC, 0x0f);
pub(crate) const RTC_WKALM_RD: u64 = libc::_IOR::<AlarmBytes>(RTC, 0x10);
pub(crate) const RTC_PARAM_GET: u64 = libc::_IOW::<ParamBytes>(RTC, 0x13);
const RTC_PARAM_SET: u64 = libc::_IOW::<ParamBytes>(RTC, 0x14);
pub(crate) const RTC_VL_READ: u64 = libc::_IOR::<u32>(RTC, 0x13);
pub(crate) const RTC_VL_CLR: u64 = libc::_IO(RTC, 0x14);

pub(super) const TABLE: Table = Table {
    files: &["dev/rtc"],
    ioctls: &[
        Ioctl::plain(RTC_AIE_ON, "RTC_AIE_ON"),
        Ioctl::plain(RTC_AIE_OFF, "RTC_AIE_OFF"),
        Ioctl::plain(RTC_UIE_ON, "RTC_UIE_ON"),
        Ioctl::plain(RTC_UIE_OFF, "RTC_UIE_OFF"),
        Ioctl::plain(RTC_PIE_ON, "RTC_PIE_ON"),
        Ioctl::plain(RTC_PIE_OFF, "RTC_PIE_OFF"),
        Ioctl::plain(RTC_ALM_SET, "RTC_ALM_SET").takes(time),
        Ioctl::plain(RTC_ALM_READ, "RTC_ALM_READ").returns(|_, memory| time(memory)),
        Ioctl::plain(RTC_RD_TIME, "RTC_RD_TIME").returns(|_, memory| time(memory)),
        Ioctl::plain(RTC_SET_TIME, "RTC_SET_TIME").takes(time),
        Ioctl::plain(RTC_IRQP_READ, "RTC_IRQP_READ")
            .returns(|_, memory| memory.u64(0, 0).to_string()),
        Ioctl::plain(RTC_IRQP_SET, "RTC_IRQP_SET").counts(),
        Ioctl::plain(RTC_WKALM_SET, "RTC_WKALM_SET").takes(alarm),
        Ioctl::plain(RTC_WKALM_RD, "RTC_WKALM_RD").returns(|_, memory| alarm(memory)),
        Ioctl::plain(RTC_PARAM_GET, "RTC_PARAM_GET")
            .takes(parameter)
            .returns(|_, memory| format!("{:#x}", memory.u64(0, 8))),
        Ioctl::plain(RTC_PARAM_SET, "RTC_PARAM_SET")
            .takes(|memory| format!("{} = {:#x}", parameter(memory), memory.u64(0, 8))),
        Ioctl::plain(RTC_VL_READ, "RTC_VL_READ")
            .returns(|_, memory| format!("{:#x}", memory.u32(0, 0))),
        Ioctl::plain(RTC_VL_CLR, "RTC_VL_CLR"),
    ],
};

fn time(memory: Memory<'_>) -> String {
    RtcTime::from_bytes(memory.buffer(0)).to_string()
}

fn alarm(memory: Memory<'_>) -> String {
    let alarm = Alarm::from_bytes(memory.buffer(0));
    let state = match alarm.armed {
        Armed::On => "enabled",
        Armed::Off => "disabled",
    };
    let pending = match alarm.pending {
        0 => "",
        _ => " pending",
    };
    format!("{} {state}{pending}", alarm.time)
}

/// `RTC_PARAM_*`.
fn parameter(memory: Memory<'_>) -> String {
    match memory.u64(0, 0) {
        0 => "FEATURES".into(),
        1 => "CORRECTION".into(),
        2 => "BACKUP_SWITCH_MODE".into(),
        other => other.to_string(),
    }
}
