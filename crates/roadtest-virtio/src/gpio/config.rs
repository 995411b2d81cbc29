// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The configuration space, `struct virtio_gpio_config`, and the block of
//! line names whose size is in it.

/// What the driver reads about the device as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    bytes: [u8; 8],
    names: Vec<u8>,
}

/// Lines that a device cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLines {
    /// None, or more than 65535.
    #[error("{0} lines, a device has 1 to 65535")]
    Number(usize),
    /// A name that is not 7-bit ASCII or contains a NUL.
    #[error("line {line}: name {name:?} is not ASCII without NUL")]
    Name {
        /// The line.
        line: usize,
        /// Its name.
        name: String,
    },
    /// One name for two lines.
    #[error("lines {first} and {second} are both named {name:?}")]
    SameName {
        /// The one.
        first: usize,
        /// The other.
        second: usize,
        /// Their name.
        name: String,
    },
    /// More than 4 GiB of names.
    #[error("the names have {0} bytes, more than 32 bits can say")]
    NamesTooLong(usize),
}

/// A read outside of the configuration space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes at {offset} are not within the 8 bytes of the configuration")]
pub struct OutOfBounds {
    /// The first byte wanted.
    pub offset: usize,
    /// How many.
    pub len: usize,
}

impl Config {
    /// For lines of these names, in order; an empty name is none.
    ///
    /// # Errors
    /// [`BadLines`].
    pub fn new(names: &[&str]) -> Result<Self, BadLines> {
        let ngpio = match u16::try_from(names.len()) {
            Ok(ngpio) if ngpio > 0 => ngpio,
            _ => return Err(BadLines::Number(names.len())),
        };
        let mut block = Vec::new();
        for (line, name) in names.iter().enumerate() {
            if !name.is_ascii() || name.contains('\0') {
                return Err(BadLines::Name {
                    line,
                    name: (*name).to_owned(),
                });
            }
            let first = names[..line].iter().position(|other| other == name);
            if let (false, Some(first)) = (name.is_empty(), first) {
                return Err(BadLines::SameName {
                    first,
                    second: line,
                    name: (*name).to_owned(),
                });
            }
            block.extend(name.bytes());
            block.push(0);
        }
        if names.iter().all(|name| name.is_empty()) {
            block.clear();
        }
        let [s0, s1, s2, s3] = match u32::try_from(block.len()) {
            Ok(size) => size.to_le_bytes(),
            Err(_) => return Err(BadLines::NamesTooLong(block.len())),
        };
        let [n0, n1] = ngpio.to_le_bytes();
        Ok(Self {
            bytes: [n0, n1, 0, 0, s0, s1, s2, s3],
            names: block,
        })
    }

    /// `len` bytes from `offset`.
    ///
    /// # Errors
    /// [`OutOfBounds`] where not all of them are in the configuration space.
    pub fn read(&self, offset: usize, len: usize) -> Result<&[u8], OutOfBounds> {
        offset
            .checked_add(len)
            .and_then(|end| self.bytes.get(offset..end))
            .ok_or(OutOfBounds { offset, len })
    }

    /// The block of names: each ends with a NUL. Empty where no line has one,
    /// and then `GET_NAMES` is refused.
    pub fn names(&self) -> &[u8] {
        &self.names
    }
}
