// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The commands of the LTC2977 (datasheet, PMBus command summary), as a
//! table. What they do is in the parent.

/// What can be done with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads and writes.
    ReadWrite,
    /// Reads.
    ReadOnly,
    /// A write without data.
    Send,
    /// Reads; writing 1 clears a bit.
    Status,
}

/// What a value means, for the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Bits.
    Bits,
    /// A number with its exponent.
    Linear11,
    /// A voltage of a channel.
    Linear16,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) code: u8,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) format: Format,
    pub(super) reset: u16,
    bytes: usize,
    pages: u8,
}

impl Command {
    /// Data bytes: 0, 1 or 2.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// 8 where each channel has its own, else 1.
    pub(super) const fn pages(&self) -> u8 {
        self.pages
    }
}

pub(super) fn find(code: u8) -> Option<&'static Command> {
    ALL.iter().find(|command| command.code == code)
}

macro_rules! commands {
    ($($name:ident $code:literal $kind:ident $format:ident $bytes:literal $pages:literal $reset:literal;)*) => {
        $(
            pub(super) const $name: u8 = $code;
        )*

        pub(super) const ALL: &[Command] = &[$(Command {
            code: $name,
            name: stringify!($name),
            kind: Kind::$kind,
            format: Format::$format,
            reset: $reset,
            bytes: $bytes,
            pages: $pages,
        }),*];
    };
}

// name, code, access, format, data bytes, pages, value after reset
commands! {
    PAGE 0x00 ReadWrite Bits 1 1 0;
    OPERATION 0x01 ReadWrite Bits 1 8 0;
    CLEAR_FAULTS 0x03 Send Bits 0 8 0;
    WRITE_PROTECT 0x10 ReadWrite Bits 1 1 0;
    CAPABILITY 0x19 ReadOnly Bits 1 1 0xb0;
    VOUT_MODE 0x20 ReadOnly Bits 1 8 0x13;
    VOUT_COMMAND 0x21 ReadWrite Linear16 2 8 0x2000;
    VOUT_MAX 0x24 ReadWrite Linear16 2 8 0xffff;
    VOUT_MARGIN_HIGH 0x25 ReadWrite Linear16 2 8 0xffff;
    VOUT_MARGIN_LOW 0x26 ReadWrite Linear16 2 8 0;
    VOUT_OV_FAULT_LIMIT 0x40 ReadWrite Linear16 2 8 0x2333;
    VOUT_OV_WARN_LIMIT 0x42 ReadWrite Linear16 2 8 0x2266;
    VOUT_UV_WARN_LIMIT 0x43 ReadWrite Linear16 2 8 0x1d9a;
    VOUT_UV_FAULT_LIMIT 0x44 ReadWrite Linear16 2 8 0x1ccd;
    OT_FAULT_LIMIT 0x4f ReadWrite Linear11 2 1 0xeb48;
    OT_WARN_LIMIT 0x51 ReadWrite Linear11 2 1 0xea30;
    UT_WARN_LIMIT 0x52 ReadWrite Linear11 2 1 0x8000;
    UT_FAULT_LIMIT 0x53 ReadWrite Linear11 2 1 0xe580;
    VIN_OV_FAULT_LIMIT 0x55 ReadWrite Linear11 2 1 0xd3c0;
    VIN_OV_FAULT_RESPONSE 0x56 ReadWrite Bits 1 1 0x80;
    VIN_OV_WARN_LIMIT 0x57 ReadWrite Linear11 2 1 0xd380;
    VIN_UV_WARN_LIMIT 0x58 ReadWrite Linear11 2 1 0x8000;
    VIN_UV_FAULT_LIMIT 0x59 ReadWrite Linear11 2 1 0x8000;
    STATUS_BYTE 0x78 ReadOnly Bits 1 8 0;
    STATUS_WORD 0x79 ReadOnly Bits 2 8 0;
    STATUS_VOUT 0x7a Status Bits 1 8 0;
    STATUS_INPUT 0x7c Status Bits 1 1 0;
    STATUS_TEMPERATURE 0x7d Status Bits 1 1 0;
    STATUS_CML 0x7e Status Bits 1 1 0;
    STATUS_MFR_SPECIFIC 0x80 Status Bits 1 8 0;
    READ_VIN 0x88 ReadOnly Linear11 2 1 0;
    READ_VOUT 0x8b ReadOnly Linear16 2 8 0x2000;
    READ_TEMPERATURE_1 0x8d ReadOnly Linear11 2 1 0;
    PMBUS_REVISION 0x98 ReadOnly Bits 1 1 0x11;
    MFR_VOUT_PEAK 0xdd ReadOnly Linear16 2 8 0;
    MFR_VIN_PEAK 0xde ReadOnly Linear11 2 1 0x7c00;
    MFR_TEMPERATURE_PEAK 0xdf ReadOnly Linear11 2 1 0x7c00;
    MFR_SPECIAL_ID 0xe7 ReadOnly Bits 2 1 0x0130;
    MFR_VOUT_MIN 0xfb ReadOnly Linear16 2 8 0xffff;
    MFR_VIN_MIN 0xfc ReadOnly Linear11 2 1 0x7bff;
    MFR_TEMPERATURE_MIN 0xfd ReadOnly Linear11 2 1 0x7bff;
}
