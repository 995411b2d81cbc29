// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! An I2C bus as programs see it: `/dev/i2c-N` of `i2c-dev`, with plain
//! transfers and the SMBus protocols. It talks to chips past their drivers.
//! Numbers and layouts are those of `include/uapi/linux/i2c.h` and
//! `i2c-dev.h`.

use std::rc::Rc;

use roadtest_model::Direction;
use roadtest_wire::Pointer;

use crate::abi::i2c_dev::{
    BYTE, BYTE_DATA, I2C_BLOCK_DATA, I2C_FUNCS, I2C_M_RD, I2C_PEC, I2C_RDWR, I2C_SLAVE,
    I2C_SLAVE_FORCE, I2C_SMBUS, QUICK, STRUCT_LEN, WORD_DATA,
};
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;
use crate::uml::Inner;
use crate::{Device, Uml};

/// `I2C_SMBUS_BLOCK_MAX`, in bytes.
const BLOCK_LEN_MAX: usize = 32;
/// `union i2c_smbus_data`: length, 32 bytes, PEC.
const DATA_LEN: usize = BLOCK_LEN_MAX + 2;
/// Where the pointer is in both.
const POINTER_AT: usize = 8;

/// An I2C bus.
///
/// ```no_run
/// # use roadtest::Board;
/// # use roadtest::view::i2c_dev::Message;
/// # fn main() -> roadtest::Result {
/// let uml = Board::new().boot()?;
/// let bus = uml.i2c_dev()?;
/// let done = bus.transfer(&[Message::write(0x44, [0x7e]), Message::read(0x44, 2)])?;
/// assert_eq!(done.completed, 2);
/// assert_eq!(bus.at(0x44)?.read_word_data(0x7e), Ok(0x4954));
/// # Ok(())
/// # }
/// ```
pub struct I2cDev {
    uml: Rc<Inner>,
    path: String,
    file: File,
}

/// One message of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    address: u16,
    body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Write(Vec<u8>),
    Read(usize),
}

impl Message {
    /// Writes `bytes`, 0 to 8192, to the chip at a 7-bit address.
    pub fn write(address: u16, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            address,
            body: Body::Write(bytes.into()),
        }
    }

    /// Reads `len` bytes, 0 to 8192, from the chip at a 7-bit address.
    pub fn read(address: u16, len: usize) -> Self {
        Self {
            address,
            body: Body::Read(len),
        }
    }
}

/// What came of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// How many messages the adapter's driver says were carried out. Fewer
    /// than asked for is no error to the kernel's I2C core.
    pub completed: usize,
    /// What the reading messages read, in order; those that were not carried
    /// out read zeros.
    pub read: Vec<Vec<u8>>,
}

impl Uml {
    /// The board's I2C bus.
    ///
    /// # Errors
    /// Where the kernel has none, or its file cannot be opened.
    pub fn i2c_dev(&self) -> Result<I2cDev> {
        let names = self.list("/sys/class/i2c-dev")?;
        match names.first() {
            Some(name) => I2cDev::open(self.inner(), name),
            None => Err(Error::new("the kernel has no I2C bus")),
        }
    }
}

impl Device {
    /// The I2C bus that this device is on.
    ///
    /// # Errors
    /// Where it is on none, or the bus's file cannot be opened.
    pub fn i2c_dev(&self) -> Result<I2cDev> {
        let mut parts = self.path().rsplit('/').skip(1);
        match parts.find(|part| part.starts_with("i2c-") && *part != "i2c-bus") {
            Some(name) => I2cDev::open(self.uml(), name),
            None => {
                let text = format!("{} is on no I2C bus", self.path());
                Err(Error::new(text))
            }
        }
    }
}

impl I2cDev {
    fn open(uml: &Rc<Inner>, name: &str) -> Result<Self> {
        let path = format!("/dev/{name}");
        Ok(Self {
            file: File::open(uml, &path, libc::O_RDWR)?,
            uml: uml.clone(),
            path,
        })
    }

    /// `I2C_FUNC_*`: what the adapter can do.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn functionality(&self) -> std::result::Result<u64, Errno> {
        let mut bytes = vec![0; 8];
        self.file.ioctl_buffer(I2C_FUNCS, &mut bytes)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// One transfer (`I2C_RDWR`): up to 42 messages with repeated STARTs
    /// between them and one STOP behind.
    ///
    /// # Errors
    /// What ioctl failed with; `EINVAL` where there are too many messages or
    /// one is too long.
    pub fn transfer(&self, messages: &[Message]) -> std::result::Result<Transferred, Errno> {
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        // Buffer 0 is `struct i2c_rdwr_ioctl_data`, 1 the messages, the rest
        // what they write and read.
        let mut head = vec![0; POINTER_AT];
        head.extend(count.to_ne_bytes());
        head.resize(STRUCT_LEN, 0);
        let mut buffers = vec![head, Vec::new()];
        let mut pointers = vec![pointer(0, 0, 1)];
        for message in messages {
            let (flags, data) = match &message.body {
                Body::Write(bytes) => (0, bytes.clone()),
                Body::Read(len) => (I2C_M_RD, vec![0; *len]),
            };
            let at = buffers[1].len();
            // More than the kernel's limit in any case.
            let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
            let mut bytes = Vec::with_capacity(STRUCT_LEN);
            for field in [message.address, flags, len] {
                bytes.extend(field.to_ne_bytes());
            }
            bytes.resize(STRUCT_LEN, 0);
            buffers[1].extend(bytes);
            pointers.push(pointer(1, at + POINTER_AT, buffers.len()));
            buffers.push(data);
        }
        let completed = self.file.ioctl_buffers(I2C_RDWR, &mut buffers, &pointers)?;
        let read = messages.iter().zip(buffers.drain(2..));
        Ok(Transferred {
            completed: usize::try_from(completed).unwrap_or(0),
            read: read
                .filter(|(message, _)| matches!(message.body, Body::Read(_)))
                .map(|(_, bytes)| bytes)
                .collect(),
        })
    }

    /// A chip that no driver is bound to (`I2C_SLAVE`).
    ///
    /// # Errors
    /// `EBUSY` where a driver is bound, `EINVAL` where the address has more
    /// than 7 bits; what open failed with.
    pub fn at(&self, address: u16) -> std::result::Result<I2cTarget, Errno> {
        self.target(I2C_SLAVE, address)
    }

    /// A chip whether or not a driver is bound to it (`I2C_SLAVE_FORCE`).
    ///
    /// # Errors
    /// As [`at`](Self::at), but for `EBUSY`.
    pub fn at_bound(&self, address: u16) -> std::result::Result<I2cTarget, Errno> {
        self.target(I2C_SLAVE_FORCE, address)
    }

    fn target(&self, request: u64, address: u16) -> std::result::Result<I2cTarget, Errno> {
        let file = File::open(&self.uml, &self.path, libc::O_RDWR)?;
        file.ioctl(request, address.into())?;
        Ok(I2cTarget { file })
    }
}

/// A chip at its address, for the SMBus protocols and plain messages.
pub struct I2cTarget {
    file: File,
}

impl I2cTarget {
    /// Adds a packet error code to the SMBus protocols from here on
    /// (`I2C_PEC`).
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn use_pec(&self) -> std::result::Result<(), Errno> {
        self.file.ioctl(I2C_PEC, 1).map(drop)
    }

    /// SMBus quick command: only the address, and this bit behind it.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn quick(&self, direction: Direction) -> std::result::Result<(), Errno> {
        self.smbus(direction, 0, QUICK, None).map(drop)
    }

    /// SMBus receive byte.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn read_byte(&self) -> std::result::Result<u8, Errno> {
        let data = self.smbus(Direction::Read, 0, BYTE, Some(&[]))?;
        Ok(data[0])
    }

    /// SMBus send byte.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn write_byte(&self, byte: u8) -> std::result::Result<(), Errno> {
        self.smbus(Direction::Write, byte, BYTE, None).map(drop)
    }

    /// SMBus read byte.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn read_byte_data(&self, command: u8) -> std::result::Result<u8, Errno> {
        let data = self.smbus(Direction::Read, command, BYTE_DATA, Some(&[]))?;
        Ok(data[0])
    }

    /// SMBus write byte.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn write_byte_data(&self, command: u8, byte: u8) -> std::result::Result<(), Errno> {
        self.smbus(Direction::Write, command, BYTE_DATA, Some(&[byte]))
            .map(drop)
    }

    /// SMBus read word: the low byte comes first.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn read_word_data(&self, command: u8) -> std::result::Result<u16, Errno> {
        let data = self.smbus(Direction::Read, command, WORD_DATA, Some(&[]))?;
        Ok(u16::from_ne_bytes([data[0], data[1]]))
    }

    /// SMBus write word: the low byte goes first.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn write_word_data(&self, command: u8, word: u16) -> std::result::Result<(), Errno> {
        self.smbus(
            Direction::Write,
            command,
            WORD_DATA,
            Some(&word.to_ne_bytes()),
        )
        .map(drop)
    }

    /// I2C block read of `len` bytes, 1 to 32.
    ///
    /// # Errors
    /// What ioctl failed with; `EINVAL` for another length.
    pub fn read_block(&self, command: u8, len: u8) -> std::result::Result<Vec<u8>, Errno> {
        let data = self.smbus(Direction::Read, command, I2C_BLOCK_DATA, Some(&[len]))?;
        let end = usize::from(data[0]).min(BLOCK_LEN_MAX) + 1;
        Ok(data[1..end].to_vec())
    }

    /// I2C block write of 1 to 32 bytes.
    ///
    /// # Errors
    /// What ioctl failed with; `EINVAL` for another length.
    pub fn write_block(&self, command: u8, bytes: &[u8]) -> std::result::Result<(), Errno> {
        let len = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        let mut data = vec![len];
        data.extend(bytes.iter().take(BLOCK_LEN_MAX));
        self.smbus(Direction::Write, command, I2C_BLOCK_DATA, Some(&data))
            .map(drop)
    }

    /// One message that reads `len` bytes, with read(2).
    ///
    /// # Errors
    /// What read failed with.
    pub fn read(&self, len: u32) -> std::result::Result<Vec<u8>, Errno> {
        self.file.read(len)
    }

    /// One message that writes, with write(2); returns the number of bytes.
    ///
    /// # Errors
    /// What write failed with.
    pub fn write(&self, bytes: &[u8]) -> std::result::Result<usize, Errno> {
        self.file.write(bytes)
    }

    /// `struct i2c_smbus_ioctl_data` and, where the protocol has it, its
    /// data.
    fn smbus(
        &self,
        direction: Direction,
        command: u8,
        protocol: u32,
        data: Option<&[u8]>,
    ) -> std::result::Result<Vec<u8>, Errno> {
        let read = u8::from(direction == Direction::Read);
        let mut head = vec![read, command, 0, 0];
        head.extend(protocol.to_ne_bytes());
        head.resize(STRUCT_LEN, 0);
        let mut buffers = vec![head];
        let mut pointers = Vec::new();
        if let Some(data) = data {
            let mut bytes = data.to_vec();
            bytes.resize(DATA_LEN, 0);
            buffers.push(bytes);
            pointers.push(pointer(0, POINTER_AT, 1));
        }
        self.file
            .ioctl_buffers(I2C_SMBUS, &mut buffers, &pointers)?;
        Ok(buffers.pop().unwrap_or_default())
    }
}

/// Guests and their buffers are small: everything fits.
fn pointer(buffer: usize, offset: usize, target: usize) -> Pointer {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pointer {
        buffer: small(buffer),
        offset: small(offset),
        target: small(target),
    }
}
