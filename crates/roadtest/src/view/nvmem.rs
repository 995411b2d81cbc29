// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A memory of the nvmem subsystem (EEPROM, fuses, a clock's RAM) through its
//! files in sysfs. It is no cache: each call is one open and one transfer of
//! the guest.

use crate::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::File;

/// The bus that nvmem devices are on, by its real path.
const BUS: &str = "/sys/bus/nvmem";

/// A memory of the nvmem subsystem.
///
/// ```no_run
/// # use roadtest::{Placement, Board, Device};
/// # use roadtest_chips::misc::eeprom::at24::At24c02;
/// # fn main() -> roadtest::Result {
/// # let mut board = Board::new();
/// let eeprom = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 8));
/// let uml = board.boot()?;
/// let memory = uml.bind(&eeprom)?.nvmem()?;
/// assert_eq!(memory.write(5, b"roadtest"), Ok(8));
/// assert_eq!(memory.read(5, 4)?, b"road");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Nvmem {
    device: Device,
}

impl Device {
    /// The memory that this device's driver has registered, the first where
    /// it has several.
    ///
    /// # Errors
    /// Where there is none.
    pub fn nvmem(&self) -> Result<Nvmem> {
        for child in self.children("")? {
            let bus = self.uml().real_path(&format!("{}/subsystem", child.path()));
            if bus.is_ok_and(|bus| bus == BUS) {
                return Ok(Nvmem { device: child });
            }
        }
        let text = format!("{} has no nvmem device", self.path());
        Err(Error::new(text))
    }
}

impl Nvmem {
    /// The nvmem device, for its attributes: `type`, `force_ro`.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Reads at most `len` bytes at `offset` with one system call. The kernel
    /// returns at most 4096, and none behind the end.
    ///
    /// # Errors
    /// What open or pread failed with.
    pub fn read(&self, offset: u64, len: u32) -> std::result::Result<Vec<u8>, Errno> {
        self.open(libc::O_RDONLY)?.read_at(offset, len)
    }

    /// Reads the whole memory.
    ///
    /// # Errors
    /// What open or read failed with.
    pub fn read_all(&self) -> std::result::Result<Vec<u8>, Errno> {
        self.device.uml().read_bytes(&self.path())
    }

    /// Writes at `offset` with one system call; returns the number of bytes
    /// written, which is less where the end or 4096 bytes are reached.
    ///
    /// # Errors
    /// What open or pwrite failed with: `EACCES` from open where the memory
    /// is read-only, `EFBIG` from pwrite behind its end.
    pub fn write(&self, offset: u64, data: &[u8]) -> std::result::Result<usize, Errno> {
        self.open(libc::O_WRONLY)?.write_at(offset, data)
    }

    /// The names of the cells that the memory has by its devicetree layout, as
    /// the kernel forms them (`mac-address@10,0`), sorted. Kernels before 6.8
    /// do not show them.
    ///
    /// # Errors
    /// `ENOENT` where the memory has no cells or the kernel does not show
    /// them.
    pub fn cells(&self) -> std::result::Result<Vec<String>, Errno> {
        self.device
            .uml()
            .list(&format!("{}/cells", self.device.path()))
    }

    /// The content of a cell.
    ///
    /// # Errors
    /// What open or read failed with.
    pub fn cell(&self, name: &str) -> std::result::Result<Vec<u8>, Errno> {
        let path = format!("{}/cells/{name}", self.device.path());
        self.device.uml().read_bytes(&path)
    }

    fn path(&self) -> String {
        format!("{}/nvmem", self.device.path())
    }

    fn open(&self, flags: i32) -> std::result::Result<File, Errno> {
        File::open(self.device.uml(), &self.path(), flags)
    }
}
