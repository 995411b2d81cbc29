// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Registers and fields by name, for a prompt where the user types them. Not
//! for models: they name the constants.

use super::spec::{Field, Map, Place, Register};
use super::storage::Registers;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A register.
    Register(Register),
    /// A field.
    Field(Field),
}

impl Place for Named {
    fn name(&self) -> &'static str {
        match self {
            Self::Register(register) => register.name,
            Self::Field(field) => field.name,
        }
    }

    fn address(&self) -> u32 {
        match self {
            Self::Register(register) => register.address,
            Self::Field(field) => field.address,
        }
    }

    fn mask(&self) -> u32 {
        match self {
            Self::Register(register) => register.mask(),
            Self::Field(field) => field.mask(),
        }
    }

    fn low(&self) -> u8 {
        match self {
            Self::Register(_) => 0,
            Self::Field(field) => field.low,
        }
    }
}

/// Why a register cannot be reached by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing has this name.
    #[error("no register or field is called `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of all registers.
        known: String,
    },
    /// The value is wider than the place.
    #[error("{value:#x} does not fit `{name}`, whose largest value is {max:#x}")]
    TooWide {
        /// What was to be written.
        name: &'static str,
        /// The value.
        value: u32,
        /// The largest value that fits.
        max: u32,
    },
}

impl Map {
    /// The register or field called `name`, in any case. A register wins over
    /// a field of the same name; `CONFIG.MODE` is a field for certain.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn find(&self, name: &str) -> Result<Named, NameError> {
        let register = self.registers.iter().copied();
        let mut fields = self.registers.iter().flat_map(|r| r.fields().iter());
        register
            .map(Named::Register)
            .find(|named| named.name().eq_ignore_ascii_case(name))
            .or_else(|| {
                fields
                    .find(|field| {
                        let full = format!("{}.{}", field.register, field.name);
                        field.name.eq_ignore_ascii_case(name) || full.eq_ignore_ascii_case(name)
                    })
                    .map(|field| Named::Field(*field))
            })
            .ok_or_else(|| NameError::Unknown {
                name: name.to_owned(),
                known: self
                    .registers
                    .iter()
                    .map(|register| register.name)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

impl Registers {
    /// The value of the register or field called `name`.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn get_by_name(&self, name: &str) -> Result<u32, NameError> {
        Ok(self.get(self.map().find(name)?))
    }

    /// Changes the register or field called `name` as
    /// [`store`](Registers::store) does: no rules, no hooks, no timeline.
    ///
    /// # Errors
    /// [`NameError`], and nothing is changed.
    pub fn store_by_name(&mut self, name: &str, value: u32) -> Result<(), NameError> {
        let place = self.map().find(name)?;
        let max = place.mask() >> place.low();
        if value > max {
            return Err(NameError::TooWide {
                name: place.name(),
                value,
                max,
            });
        }
        self.store(place, value);
        Ok(())
    }

    /// The register called `name` as the timeline shows it:
    /// `CONFIG ca10 mode=Single`; a field as `MODE Single`.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn show_by_name(&self, name: &str) -> Result<String, NameError> {
        let named = self.map().find(name)?;
        let value = self.get(named);
        let text = match named {
            Named::Register(register) => format!(
                "{} {} {}",
                register.name,
                register.word.hex(value),
                register.decode(value)
            ),
            Named::Field(field) => match field.value_name(value) {
                Some(text) => format!("{} {text}", field.name),
                None => format!("{} {value}", field.name),
            },
        };
        Ok(text.trim_end().to_owned())
    }
}
