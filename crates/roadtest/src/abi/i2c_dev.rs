// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! I2C buses for programs (`include/uapi/linux/i2c-dev.h` and `i2c.h`).

use super::{Ioctl, Memory, Table, hex};

const I2C_RETRIES: u64 = 0x0701;
const I2C_TIMEOUT: u64 = 0x0702;
pub(crate) const I2C_SLAVE: u64 = 0x0703;
const I2C_TENBIT: u64 = 0x0704;
pub(crate) const I2C_FUNCS: u64 = 0x0705;
pub(crate) const I2C_SLAVE_FORCE: u64 = 0x0706;
pub(crate) const I2C_RDWR: u64 = 0x0707;
pub(crate) const I2C_PEC: u64 = 0x0708;
pub(crate) const I2C_SMBUS: u64 = 0x0720;

pub(crate) const I2C_M_RD: u16 = 0x0001;
/// `struct i2c_msg` and `struct i2c_smbus_ioctl_data`.
pub(crate) const STRUCT_LEN: usize = 16;

/// `I2C_SMBUS_*` sizes: the protocols.
pub(crate) const QUICK: u32 = 0;
pub(crate) const BYTE: u32 = 1;
pub(crate) const BYTE_DATA: u32 = 2;
pub(crate) const WORD_DATA: u32 = 3;
const PROC_CALL: u32 = 4;
const BLOCK_DATA: u32 = 5;
const BLOCK_PROC_CALL: u32 = 7;
pub(crate) const I2C_BLOCK_DATA: u32 = 8;

pub(super) const TABLE: Table = Table {
    files: &["dev/i2c-"],
    ioctls: &[
        Ioctl::plain(I2C_RETRIES, "I2C_RETRIES").counts(),
        Ioctl::plain(I2C_TIMEOUT, "I2C_TIMEOUT").counts(),
        Ioctl::plain(I2C_SLAVE, "I2C_SLAVE"),
        Ioctl::plain(I2C_TENBIT, "I2C_TENBIT"),
        Ioctl::plain(I2C_FUNCS, "I2C_FUNCS")
            .returns(|_, memory| format!("{:#x}", memory.u64(0, 0))),
        Ioctl::plain(I2C_SLAVE_FORCE, "I2C_SLAVE_FORCE"),
        Ioctl::plain(I2C_RDWR, "I2C_RDWR")
            .takes(|memory| {
                let messages = messages(memory).map(|(address, flags, data, len)| match flags {
                    0 => format!("W {address:02x} {}", hex(data))
                        .trim_end()
                        .to_owned(),
                    I2C_M_RD => format!("R {address:02x} {len} bytes"),
                    other => format!("{address:02x} flags={other:#x} {len} bytes"),
                });
                messages.collect::<Vec<_>>().join(", ")
            })
            .returns(|value, memory| {
                let read = messages(memory).filter(|(_, flags, ..)| flags & I2C_M_RD != 0);
                let read: Vec<String> = read.map(|(_, _, data, _)| hex(data)).collect();
                if read.is_empty() {
                    return value.to_string();
                }
                format!("{value} [{}]", read.join(", "))
            }),
        Ioctl::plain(I2C_PEC, "I2C_PEC"),
        Ioctl::plain(I2C_SMBUS, "I2C_SMBUS")
            .takes(|memory| {
                let (direction, command, protocol) = smbus(memory);
                let data = match direction {
                    "W" => format!(" {}", hex(data(memory, protocol))),
                    _ => String::new(),
                };
                let name = protocol_name(protocol);
                format!("{direction} {name} {command:02x}{data}")
                    .trim_end()
                    .to_owned()
            })
            .returns(|value, memory| match smbus(memory) {
                ("R", _, protocol) if protocol != QUICK => hex(data(memory, protocol)),
                _ => value.to_string(),
            }),
    ],
};

/// The messages of a transfer: buffer 0 is `struct i2c_rdwr_ioctl_data`, 1 the
/// messages, the others what they write and read.
fn messages(memory: Memory<'_>) -> impl Iterator<Item = (u16, u16, &[u8], u16)> {
    let count = memory.buffer(1).len() / STRUCT_LEN;
    (0..count).map(move |index| {
        let at = index * STRUCT_LEN;
        let field = |offset| memory.u16(1, at + offset);
        (field(0), field(2), memory.buffer(2 + index), field(4))
    })
}

/// Direction, command and protocol of `struct i2c_smbus_ioctl_data`.
fn smbus(memory: Memory<'_>) -> (&'static str, u8, u32) {
    let direction = match memory.u8(0, 0) {
        0 => "W",
        _ => "R",
    };
    (direction, memory.u8(0, 1), memory.u32(0, 4))
}

/// What of `union i2c_smbus_data` counts.
fn data(memory: Memory<'_>, protocol: u32) -> &[u8] {
    let all = memory.buffer(1);
    let len = match protocol {
        QUICK => 0,
        BYTE | BYTE_DATA => 1,
        WORD_DATA | PROC_CALL => 2,
        // A length, and as many bytes.
        _ => 1 + usize::from(memory.u8(1, 0)),
    };
    &all[..len.min(all.len())]
}

fn protocol_name(protocol: u32) -> String {
    match protocol {
        QUICK => "QUICK".into(),
        BYTE => "BYTE".into(),
        BYTE_DATA => "BYTE_DATA".into(),
        WORD_DATA => "WORD_DATA".into(),
        PROC_CALL => "PROC_CALL".into(),
        BLOCK_DATA => "BLOCK_DATA".into(),
        BLOCK_PROC_CALL => "BLOCK_PROC_CALL".into(),
        I2C_BLOCK_DATA => "I2C_BLOCK_DATA".into(),
        other => format!("size {other}"),
    }
}
