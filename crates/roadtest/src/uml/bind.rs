// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A device gets its driver: the module that claims it is loaded, and its
//! driver probes that device and no other.

use roadtest_model::Chip;
use roadtest_wire::Request;

use super::request::Count;
use super::{Inner, Uml};
use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::wired::Wired;

impl Uml {
    /// Binds a chip's driver: finds the module by the device's modalias,
    /// loads it, and lets its driver probe the device. Supplies that the chip
    /// is [powered by](crate::Placement::powered_by) are bound before, where they
    /// have no driver yet.
    ///
    /// # Errors
    /// Where no module claims the device, or the probe fails; then
    /// [`Error::errno`] is what it failed with.
    pub fn bind<C: Chip>(&self, chip: &Wired<C>) -> Result<Device> {
        self.bind_at(&chip.path(), &chip.regulators())
    }

    /// Binds the driver of a chip, by its path in sysfs, and before it those of
    /// its supplies, which are nodes of the devicetree.
    pub(crate) fn bind_at(&self, path: &str, supplies: &[String]) -> Result<Device> {
        for node in supplies {
            let path = format!("/sys/bus/platform/devices/{node}");
            if self.device(&path).driver().is_none() {
                self.bind_path(&path)?;
            }
        }
        self.bind_path(path)
    }

    /// Binds the driver of any device, by its path in sysfs.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_path(&self, path: &str) -> Result<Device> {
        let guest = &self.inner;
        // A device of the platform bus is known by its real directory.
        let real = guest
            .real_path(path)
            .map_err(|errno| Error::new(format!("there is no device {path}")).with_errno(errno))?;
        let device = Device::new(guest, &real);
        let subsystem = guest.real_path(&format!("{path}/subsystem"))?;
        let bus = subsystem.rsplit('/').next().unwrap_or_default();
        guest.turn_autoprobe_off(bus)?;
        let modalias = guest.read(&format!("{path}/modalias")).ok();
        if let Some(modalias) = modalias.filter(|modalias| !modalias.is_empty())
            && let Some(module) = guest.module_for(&modalias)
        {
            guest.load_module(&module, "").map_err(|errno| {
                Error::new(format!(
                    "module {module}, which claims {modalias}, does not load: {errno}"
                ))
                .with_errno(errno)
            })?;
            guest.probe(&device, bus, &module)?;
            return Ok(device);
        }
        // A driver that is part of the kernel has had its chance before.
        if device.driver().is_some() {
            return Ok(device);
        }
        Err(Error::new(format!(
            "no module claims {}, and no driver of the kernel is bound to it",
            device.name()
        )))
    }

    /// A device that has a driver already, by its path in sysfs.
    pub fn device(&self, path: &str) -> Device {
        Device::new(&self.inner, path)
    }
}

impl Inner {
    /// Keeps a bus from probing devices by itself, once.
    fn turn_autoprobe_off(&self, bus: &str) -> std::result::Result<(), Errno> {
        if self.autoprobe_off.borrow().iter().any(|b| b == bus) {
            return Ok(());
        }
        let request = Request::WriteFile {
            path: format!("/sys/bus/{bus}/drivers_autoprobe"),
            data: b"0".to_vec(),
        };
        let Count(_written) = self.quiet_request("turn autoprobe off", &request)?;
        self.autoprobe_off.borrow_mut().push(bus.to_owned());
        Ok(())
    }
    /// Lets the driver of a loaded module probe a device.
    fn probe(&self, device: &Device, bus: &str, module: &str) -> Result {
        let driver = self.module_driver(module, bus)?;
        let bind = format!("/sys/bus/{bus}/drivers/{driver}/bind");
        match self.write(&bind, device.name()) {
            Ok(()) => Ok(()),
            // Its module was loaded before the bus stopped probing by itself.
            Err(Errno::EBUSY) if device.driver().as_deref() == Some(&driver) => Ok(()),
            Err(errno) => Err(Error::new(format!(
                "driver {driver} does not take {}: its probe failed with {errno}",
                device.name()
            ))
            .with_errno(errno)),
        }
    }

    /// The driver that a module has registered on a bus.
    fn module_driver(&self, module: &str, bus: &str) -> Result<String> {
        let names = self.list(&format!("/sys/module/{module}/drivers"))?;
        let prefix = format!("{bus}:");
        names
            .iter()
            .find_map(|name| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .ok_or_else(|| Error::new(format!("module {module} has no driver for bus {bus}")))
    }
}
