// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A device with its driver bound, and its files in sysfs.

use std::rc::Rc;

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;
use crate::uml::Inner;

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

    /// The device's folder in sysfs.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the driver that is bound, if one is.
    pub fn driver(&self) -> Option<String> {
        let path = self.uml.real_path(&format!("{}/driver", self.path)).ok()?;
        path.rsplit('/').next().map(str::to_owned)
    }

    /// An attribute of the device: a file in its folder, as text without the
    /// newline at its end.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn read(&self, attribute: &str) -> std::result::Result<String, Errno> {
        self.uml.read(&format!("{}/{attribute}", self.path))
    }

    /// Writes an attribute of the device, as `echo -n` does.
    ///
    /// # Errors
    /// What the driver answered.
    pub fn write(&self, attribute: &str, value: impl ToString) -> std::result::Result<(), Errno> {
        self.uml
            .write(&format!("{}/{attribute}", self.path), &value.to_string())
    }

    /// Opens a file in the device's folder, for reading and writing.
    ///
    /// # Errors
    /// What open failed with.
    pub fn open(&self, name: &str) -> std::result::Result<File, Errno> {
        File::open(&self.uml, &format!("{}/{name}", self.path), libc::O_RDWR)
    }

    /// The names of the device's files and folders, sorted.
    ///
    /// # Errors
    /// What readdir failed with.
    pub fn list(&self) -> std::result::Result<Vec<String>, Errno> {
        self.uml.list(&self.path)
    }

    /// Whether the device has this file or folder.
    pub fn has(&self, name: &str) -> bool {
        self.uml.real_path(&format!("{}/{name}", self.path)).is_ok()
    }

    /// The first child of this device in a class: the `hwmon3` in
    /// `hwmon/hwmon3`, whatever its number.
    ///
    /// # Errors
    /// Where there is none.
    pub fn class(&self, class: &str) -> Result<Self> {
        self.classes(class)?.into_iter().next().ok_or_else(|| {
            Error::new(format!("{} has no device of class {class}", self.path))
                .with_errno(Errno::ENODEV)
        })
    }

    /// All children of this device in a class, sorted by name.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn classes(&self, class: &str) -> Result<Vec<Self>> {
        let folder = format!("{}/{class}", self.path);
        match self.uml.list(&folder) {
            Ok(names) => Ok(names
                .into_iter()
                .map(|name| Self::new(&self.uml, &format!("{folder}/{name}")))
                .collect()),
            Err(Errno::ENOENT) => Ok(Vec::new()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The children of this device whose name begins with `prefix`, sorted:
    /// `iio:device` finds `iio:device0`.
    ///
    /// # Errors
    /// Where the folder cannot be read.
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

pub(crate) fn bind(uml: &Rc<Inner>, path: &str) -> Result<Device> {
    // A device of the platform bus is known by its real folder.
    let real = uml
        .real_path(path)
        .map_err(|errno| Error::new(format!("there is no device {path}")).with_errno(errno))?;
    let device = Device::new(uml, &real);
    let bus = real_name(uml, &format!("{path}/subsystem"))?;
    uml.turn_autoprobe_off(&bus)?;
    if let Some(modalias) = uml
        .read(&format!("{path}/modalias"))
        .ok()
        .filter(|modalias| !modalias.is_empty())
        .and_then(|modalias| uml.module_for(&modalias).map(|module| (module, modalias)))
    {
        let (module, modalias) = modalias;
        uml.load_module(&module, "").map_err(|errno| {
            Error::new(format!(
                "module {module}, which claims {modalias}, does not load: {errno}"
            ))
            .with_errno(errno)
        })?;
        let driver = module_driver(uml, &module, &bus)?;
        let bind = format!("/sys/bus/{bus}/drivers/{driver}/bind");
        match uml.write(&bind, device.name()) {
            Ok(()) => return Ok(device),
            // The test loaded the module itself, which bound it.
            Err(Errno::EBUSY) if device.driver().is_some() => return Ok(device),
            Err(errno) => {
                return Err(Error::new(format!(
                    "driver {driver} does not take {}: its probe failed with {errno}",
                    device.name()
                ))
                .with_errno(errno));
            }
        }
    }
    // A driver that is part of the kernel has had its chance before.
    if device.driver().is_some() {
        return Ok(device);
    }
    Err(Error::new(format!(
        "no module claims {}, and no driver of the kernel is bound to it",
        device.name()
    ))
    .with_errno(Errno::ENODEV))
}

/// The driver that a module has registered on a bus.
fn module_driver(uml: &Rc<Inner>, module: &str, bus: &str) -> Result<String> {
    let names = uml.list(&format!("/sys/module/{module}/drivers"))?;
    let prefix = format!("{bus}:");
    names
        .iter()
        .find_map(|name| name.strip_prefix(&prefix))
        .map(str::to_owned)
        .ok_or_else(|| Error::new(format!("module {module} has no driver for bus {bus}")))
}

fn real_name(uml: &Rc<Inner>, path: &str) -> Result<String> {
    let real = uml.real_path(path)?;
    Ok(real.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Whether a module alias, with `*` and `?`, claims a modalias.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut retry {
                Some((after, from)) => {
                    *from += 1;
                    (p, t) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_claims_the_devices_that_its_stars_allow() {
        let modalias = "of:Nopt3001T(null)Cti,opt3001";
        assert!(matches("of:N*T*Cti,opt3001", modalias));
        assert!(matches("of:N*T*Cti,opt3001*", modalias));
        assert!(!matches("of:N*T*Cti,opt3002", modalias));
        assert!(matches("i2c:?pt3001", "i2c:opt3001"));
        assert!(!matches("i2c:opt300", "i2c:opt3001"));
        assert!(matches("*", ""));
    }
}
