// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A device with its driver bound, and its files in sysfs.

use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;
use crate::uml::{Inner, malformed};

/// A device of the guest. Dropping it changes nothing in the guest.
#[derive(Clone)]
pub struct Device {
    uml: Rc<Inner>,
    path: String,
}

impl Device {
    pub(crate) fn new(uml: &Rc<Inner>, path: &str) -> Self {
        Self {
            uml: uml.clone(),
            path: path.to_owned(),
        }
    }

    pub(crate) fn uml(&self) -> &Rc<Inner> {
        &self.uml
    }

    /// The device's directory in sysfs.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the driver that is bound, if one is.
    pub fn driver(&self) -> Option<String> {
        let path = self.uml.real_path(&format!("{}/driver", self.path)).ok()?;
        path.rsplit('/').next().map(str::to_owned)
    }

    /// An attribute of the device: a file in its directory, as text without
    /// the newline at its end; see [`Uml::read`](crate::Uml::read) for what is
    /// no text.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn read(&self, attribute: &str) -> std::result::Result<String, Errno> {
        self.uml.read(&format!("{}/{attribute}", self.path))
    }

    /// An attribute whose ABI says what it holds: a number, mostly.
    ///
    /// # Errors
    /// What the driver answered. Text that is something else ends the test;
    /// [`read`](Self::read) returns it as it is.
    pub fn parse<T>(&self, attribute: &str) -> std::result::Result<T, Errno>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.read(attribute)?;
        Ok(text
            .parse()
            .unwrap_or_else(|why: T::Err| self.malformed(attribute, &text, why)))
    }

    /// Ends the test: an attribute is not what its ABI says.
    pub(crate) fn malformed(&self, attribute: &str, text: &str, why: impl fmt::Display) -> ! {
        malformed(&format!("{}/{attribute}", self.name()), text, why)
    }

    /// Writes an attribute of the device, as `echo -n` does.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn write(&self, attribute: &str, value: impl ToString) -> std::result::Result<(), Errno> {
        self.uml
            .write(&format!("{}/{attribute}", self.path), &value.to_string())
    }

    /// Opens a file in the device's directory, for reading and writing.
    ///
    /// # Errors
    /// What open failed with.
    pub fn open(&self, name: &str) -> std::result::Result<File, Errno> {
        File::open(&self.uml, &format!("{}/{name}", self.path), libc::O_RDWR)
    }

    /// The names of the device's files and directories, sorted.
    ///
    /// # Errors
    /// What readdir failed with.
    pub fn list(&self) -> std::result::Result<Vec<String>, Errno> {
        self.uml.list(&self.path)
    }

    /// Whether the device has this file or directory.
    pub fn has(&self, name: &str) -> bool {
        self.uml.real_path(&format!("{}/{name}", self.path)).is_ok()
    }

    /// The first child of this device in a class: the `hwmon3` in
    /// `hwmon/hwmon3`, whatever its number.
    ///
    /// # Errors
    /// Where there is none.
    pub fn class(&self, class: &str) -> Result<Self> {
        self.classes(class)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(format!("{} has no device of class {class}", self.path)))
    }

    /// All children of this device in a class, sorted by name.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn classes(&self, class: &str) -> Result<Vec<Self>> {
        let directory = format!("{}/{class}", self.path);
        match self.uml.list(&directory) {
            Ok(names) => Ok(names
                .into_iter()
                .map(|name| Self::new(&self.uml, &format!("{directory}/{name}")))
                .collect()),
            Err(Errno::ENOENT) => Ok(Vec::new()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The children of this device whose name begins with `prefix`, sorted:
    /// `iio:device` finds `iio:device0`.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn children(&self, prefix: &str) -> Result<Vec<Self>> {
        let names = self.uml.list(&self.path)?;
        Ok(names
            .into_iter()
            .filter(|name| name.starts_with(prefix))
            .map(|name| Self::new(&self.uml, &format!("{}/{name}", self.path)))
            .collect())
    }

    /// The last part of the device's path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Takes the driver off the device.
    ///
    /// # Errors
    /// What the kernel answered.
    pub fn unbind(self) -> std::result::Result<(), Errno> {
        let path = format!("{}/driver/unbind", self.path);
        self.uml.write(&path, self.name())
    }
}
