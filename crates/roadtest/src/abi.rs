// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's ioctls as a timeline shows them: by the kernel's name, with
//! what their structures hold. A table for each subsystem that tests have a
//! view of; any other request is shown as its number is made:
//! `_IOWR('x', 7, 80)`. Not here: anything that makes a request.

pub(crate) mod gpio;
pub(crate) mod i2c_dev;
pub(crate) mod iio;
pub(crate) mod rtc;
pub(crate) mod spidev;

use std::fmt::Write as _;

use roadtest_wire::IoctlArgument;

/// The ioctls of one kind of file.
pub(crate) struct Table {
    /// What the names of such files begin with: `dev/rtc`.
    files: &'static [&'static str],
    ioctls: &'static [Ioctl],
}

/// How one ioctl is shown.
pub(crate) struct Ioctl {
    request: u64,
    name: &'static str,
    /// The argument where it is a number.
    number: fn(u64) -> String,
    /// The argument where it is a structure; empty for nothing.
    argument: fn(Memory<'_>) -> String,
    /// What comes out: the number that the call returns, unless there is more
    /// to say.
    result: fn(i32, Memory<'_>) -> String,
}

const TABLES: [&Table; 5] = [
    &gpio::TABLE,
    &i2c_dev::TABLE,
    &iio::TABLE,
    &rtc::TABLE,
    &spidev::TABLE,
];

impl Ioctl {
    /// One without a structure.
    const fn plain(request: u64, name: &'static str) -> Self {
        Self {
            request,
            name,
            number: |number| format!("{number:#x}"),
            argument: |_| String::new(),
            result: |value, _| value.to_string(),
        }
    }

    /// Its argument is a number of things.
    const fn counts(mut self) -> Self {
        self.number = |number| number.to_string();
        self
    }

    const fn takes(mut self, argument: fn(Memory<'_>) -> String) -> Self {
        self.argument = argument;
        self
    }

    const fn returns(mut self, result: fn(i32, Memory<'_>) -> String) -> Self {
        self.result = result;
        self
    }

    fn find(file: &str, request: u64) -> Option<&'static Self> {
        let table = TABLES
            .iter()
            .find(|table| table.files.iter().any(|prefix| file.starts_with(prefix)))?;
        table.ioctls.iter().find(|ioctl| ioctl.request == request)
    }
}

/// The memory of an ioctl: any bytes, in buffers of any number and size. What
/// is not there reads as 0.
#[derive(Clone, Copy)]
pub(crate) struct Memory<'a>(&'a [Vec<u8>]);

impl<'a> Memory<'a> {
    fn buffer(self, buffer: usize) -> &'a [u8] {
        self.0.get(buffer).map_or(&[], Vec::as_slice)
    }

    fn field<const N: usize>(self, buffer: usize, offset: usize) -> [u8; N] {
        let rest = self.buffer(buffer).get(offset..);
        let field = rest.and_then(|rest| rest.first_chunk());
        field.copied().unwrap_or([0; N])
    }

    fn u8(self, buffer: usize, offset: usize) -> u8 {
        u8::from_le_bytes(self.field(buffer, offset))
    }

    fn u16(self, buffer: usize, offset: usize) -> u16 {
        u16::from_le_bytes(self.field(buffer, offset))
    }

    fn u32(self, buffer: usize, offset: usize) -> u32 {
        u32::from_le_bytes(self.field(buffer, offset))
    }

    fn u64(self, buffer: usize, offset: usize) -> u64 {
        u64::from_le_bytes(self.field(buffer, offset))
    }

    /// A C string in `N` bytes.
    fn text<const N: usize>(self, buffer: usize, offset: usize) -> String {
        let bytes: [u8; N] = self.field(buffer, offset);
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(N);
        bytes[..end].escape_ascii().to_string()
    }
}

/// Bytes as a bus's log has them: `12 34`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{space}{byte:02x}");
    }
    text
}

/// The request of an ioctl on a file of this name.
pub(crate) fn request(file: &str, request: u64, argument: &IoctlArgument) -> String {
    let known = Ioctl::find(file, request);
    let mut text = known.map_or_else(|| made_of(request), |ioctl| ioctl.name.to_owned());
    let argument = match (argument, known) {
        (IoctlArgument::Number(0), _) | (IoctlArgument::Buffers { .. }, None) => String::new(),
        (IoctlArgument::Number(number), None) => format!("{number:#x}"),
        (IoctlArgument::Number(number), Some(ioctl)) => (ioctl.number)(*number),
        (IoctlArgument::Buffers { buffers, .. }, Some(ioctl)) => (ioctl.argument)(Memory(buffers)),
    };
    if !argument.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "({argument})");
    }
    text
}

/// What came of it.
pub(crate) fn result(file: &str, request: u64, value: i32, buffers: &[Vec<u8>]) -> String {
    let known = Ioctl::find(file, request);
    let text = known.map(|ioctl| (ioctl.result)(value, Memory(buffers)));
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| value.to_string())
}

/// `revents` of poll(2): `POLLIN|POLLHUP`.
pub(crate) fn poll_events(events: u16) -> String {
    const NAMES: [(i16, &str); 6] = [
        (libc::POLLIN, "POLLIN"),
        (libc::POLLPRI, "POLLPRI"),
        (libc::POLLOUT, "POLLOUT"),
        (libc::POLLERR, "POLLERR"),
        (libc::POLLHUP, "POLLHUP"),
        (libc::POLLNVAL, "POLLNVAL"),
    ];
    if events == 0 {
        return "timeout".into();
    }
    let mut left = events.cast_signed();
    let mut names = Vec::new();
    for (bit, name) in NAMES {
        if left & bit != 0 {
            names.push(name.to_owned());
            left &= !bit;
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    names.join("|")
}

/// A request's number as `include/uapi/asm-generic/ioctl.h` makes it: its
/// kind, its number in that, and the size of its structure in bytes.
fn made_of(request: u64) -> String {
    let [number, kind, low, high] = match u32::try_from(request) {
        Ok(request) => request.to_le_bytes(),
        // The kernel sees no such request.
        Err(_too_large) => return format!("{request:#x}"),
    };
    let kind = match kind {
        b' '..=b'~' => format!("'{}'", char::from(kind)),
        other => format!("{other:#x}"),
    };
    let size = u16::from_le_bytes([low, high & 0x3f]);
    match (high >> 6, size) {
        (0, 0) => format!("_IO({kind}, {number})"),
        // No macro makes such a number.
        (0, size) => format!("_IOC(0, {kind}, {number}, {size})"),
        (1, size) => format!("_IOW({kind}, {number}, {size})"),
        (2, size) => format!("_IOR({kind}, {number}, {size})"),
        (_, size) => format!("_IOWR({kind}, {number}, {size})"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::abi::rtc::time::{Alarm, RtcTime};

    #[test]
    fn a_request_that_no_table_has_is_shown_as_it_is_made() {
        let number = IoctlArgument::Number(0x1234);
        let shown = |request_number| request("dev/x0", request_number, &number);
        assert_eq!(shown(0xc050_7807), "_IOWR('x', 7, 80)(0x1234)");
        assert_eq!(shown(0x8004_5401), "_IOR('T', 1, 4)(0x1234)");
        assert_eq!(shown(0x4004_b401), "_IOW(0xb4, 1, 4)(0x1234)");
        assert_eq!(shown(0x5413), "_IO('T', 19)(0x1234)");
        assert_eq!(shown(0x1_0000_0000), "0x100000000(0x1234)");
        let nothing = IoctlArgument::Number(0);
        assert_eq!(request("dev/x0", 0x5413, &nothing), "_IO('T', 19)");
    }

    /// The same number means something else on another kind of file.
    #[test]
    fn a_table_is_for_its_files_only() {
        let number = IoctlArgument::Number(0x44);
        assert_eq!(request("dev/i2c-0", 0x0703, &number), "I2C_SLAVE(0x44)");
        assert_eq!(request("dev/x0", 0x0703, &number), "_IO(0x7, 3)(0x44)");
    }

    fn shown(file: &str, number: u64, buffers: &[Vec<u8>]) -> String {
        let argument = IoctlArgument::Buffers {
            buffers: buffers.to_vec(),
            pointers: Vec::new(),
        };
        let (request, result) = (
            request(file, number, &argument),
            result(file, number, 0, buffers),
        );
        format!("{request} = {result}")
    }

    #[test]
    fn a_clocks_time_and_alarm_are_shown_as_people_write_them() {
        let time = RtcTime::new(2021, 12, 25, 11, 10, 37);
        insta::assert_snapshot!(
            [
                shown("dev/rtc0", rtc::RTC_SET_TIME, &[time.to_bytes()]),
                shown("dev/rtc0", rtc::RTC_RD_TIME, &[time.to_bytes()]),
                shown("dev/rtc0", rtc::RTC_WKALM_SET, &[Alarm::off(time).to_bytes()]),
                shown("dev/rtc0", rtc::RTC_PARAM_GET, &[vec![0; 24]]),
                request("dev/rtc0", rtc::RTC_IRQP_SET, &IoctlArgument::Number(64)),
                request("dev/rtc0", rtc::RTC_AIE_ON, &IoctlArgument::Number(0)),
            ]
            .join("\n"),
            @"
        RTC_SET_TIME(2021-12-25 11:10:37 Sat) = 0
        RTC_RD_TIME = 2021-12-25 11:10:37 Sat
        RTC_WKALM_SET(2021-12-25 11:10:37 Sat disabled) = 0
        RTC_PARAM_GET(FEATURES) = 0x0
        RTC_IRQP_SET(64)
        RTC_AIE_ON
        "
        );
    }

    #[test]
    fn events_of_poll_have_their_names() {
        assert_eq!(poll_events(0), "timeout");
        assert_eq!(poll_events(0x11), "POLLIN|POLLHUP");
        assert_eq!(poll_events(0x4004), "POLLOUT|0x4000");
    }

    proptest! {
        #[test]
        fn any_memory_is_shown(
            buffers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..4),
            value in any::<i32>(),
        ) {
            let argument = IoctlArgument::Buffers { buffers: buffers.clone(), pointers: Vec::new() };
            for table in TABLES {
                for ioctl in table.ioctls {
                    let text = request(table.files[0], ioctl.request, &argument);
                    prop_assert!(text.starts_with(ioctl.name));
                    let text = result(table.files[0], ioctl.request, value, &buffers);
                    prop_assert!(!text.is_empty());
                }
            }
        }
    }
}
