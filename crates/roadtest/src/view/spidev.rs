// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A chip on SPI as programs see it: `/dev/spidevB.C` of `spidev`. Numbers and
//! layouts are those of `include/uapi/linux/spi/spidev.h` and `spi.h`.

use roadtest_wire::Pointer;

use crate::Device;
use crate::abi::spidev::{
    RD_MODE32, TRANSFER_LEN, WR_BITS_PER_WORD, WR_MAX_SPEED_HZ, WR_MODE32, message,
};
use crate::errno::Errno;
use crate::error::Result;
use crate::file::File;

/// Clock phase (`SPI_CPHA`).
pub const CPHA: u32 = 1 << 0;
/// Clock polarity (`SPI_CPOL`).
pub const CPOL: u32 = 1 << 1;
/// Chip select is active high (`SPI_CS_HIGH`).
pub const CS_HIGH: u32 = 1 << 2;
/// The least significant bit goes first (`SPI_LSB_FIRST`).
pub const LSB_FIRST: u32 = 1 << 3;
/// A loop from output to input (`SPI_LOOP`).
pub const LOOP: u32 = 1 << 5;

/// A chip on SPI.
///
/// ```no_run
/// # use roadtest::{Placement, Uml, Wired};
/// # use roadtest::view::spidev::Transfer;
/// # use roadtest_chips::iio::adc::mcp320x::Mcp3208;
/// # fn of(uml: &Uml, converter: &Wired<Mcp3208>) -> roadtest::Result {
/// let chip = uml.bind(converter)?.spidev()?;
/// let received = chip.message(&[Transfer::write([0x60]), Transfer::read(2)])?;
/// assert_eq!(received[1].len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Spidev {
    file: File,
}

/// A transfer of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    sent: Option<Vec<u8>>,
    received: Option<usize>,
    delay_us: u16,
    cs_change: u8,
    speed_hz: u32,
}

impl Transfer {
    /// Sends these bytes.
    pub fn write(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            sent: Some(bytes.into()),
            ..Self::default()
        }
    }

    /// Receives so many bytes.
    pub fn read(len: usize) -> Self {
        Self {
            received: Some(len),
            ..Self::default()
        }
    }

    /// Sends these bytes and receives as many.
    pub fn both(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            received: Some(bytes.len()),
            sent: Some(bytes),
            ..Self::default()
        }
    }

    /// Waits for so many µs after its last bit.
    #[must_use]
    pub const fn delay_us(mut self, us: u16) -> Self {
        self.delay_us = us;
        self
    }

    /// Releases chip select before the next transfer.
    #[must_use]
    pub const fn cs_change(mut self) -> Self {
        self.cs_change = 1;
        self
    }

    /// With SCK at so many Hz.
    #[must_use]
    pub const fn speed_hz(mut self, hz: u32) -> Self {
        self.speed_hz = hz;
        self
    }

    fn len(&self) -> usize {
        let sent = self.sent.as_ref().map_or(0, Vec::len);
        sent.max(self.received.unwrap_or(0))
    }
}

impl Device {
    /// The file of a chip on SPI that `spidev` is bound to.
    ///
    /// # Errors
    /// Where it is not, or the file cannot be opened.
    pub fn spidev(&self) -> Result<Spidev> {
        let class = self.class("spidev")?;
        let path = format!("/dev/{}", class.name());
        let file = File::open(self.uml(), &path, libc::O_RDWR)?;
        Ok(Spidev { file })
    }
}

impl Spidev {
    /// One message (`SPI_IOC_MESSAGE`). Returns what each transfer received.
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn message(&self, transfers: &[Transfer]) -> std::result::Result<Vec<Vec<u8>>, Errno> {
        // Buffer 0 has the transfers, the rest what they send and receive.
        let mut buffers = vec![Vec::new()];
        let mut pointers = Vec::new();
        let mut received_in = Vec::new();
        for transfer in transfers {
            let at = buffers[0].len();
            if let Some(sent) = &transfer.sent {
                pointers.push(pointer(at, buffers.len()));
                buffers.push(sent.clone());
            }
            received_in.push(transfer.received.map(|len| {
                pointers.push(pointer(at + 8, buffers.len()));
                buffers.push(vec![0; len]);
                buffers.len() - 1
            }));
            let len = u32::try_from(transfer.len()).unwrap_or(u32::MAX);
            let mut bytes = vec![0; 16];
            bytes.extend(len.to_ne_bytes());
            bytes.extend(transfer.speed_hz.to_ne_bytes());
            bytes.extend(transfer.delay_us.to_ne_bytes());
            bytes.extend([0, transfer.cs_change]);
            bytes.resize(TRANSFER_LEN, 0);
            buffers[0].extend(bytes);
        }
        self.file
            .ioctl_buffers(message(transfers.len()), &mut buffers, &pointers)?;
        let received = received_in.into_iter().map(|buffer| {
            let buffer = buffer.and_then(|buffer| buffers.get_mut(buffer));
            buffer.map(std::mem::take).unwrap_or_default()
        });
        Ok(received.collect())
    }

    /// The mode bits (`SPI_IOC_RD_MODE32`).
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn mode(&self) -> std::result::Result<u32, Errno> {
        let mut bytes = vec![0; 4];
        self.file.ioctl_buffer(RD_MODE32, &mut bytes)?;
        let word = bytes.first_chunk().copied().unwrap_or_default();
        Ok(u32::from_ne_bytes(word))
    }

    /// Sets the mode bits (`SPI_IOC_WR_MODE32`).
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn set_mode(&self, mode: u32) -> std::result::Result<(), Errno> {
        let mut bytes = mode.to_ne_bytes().to_vec();
        self.file.ioctl_buffer(WR_MODE32, &mut bytes).map(drop)
    }

    /// Sets the bits of a word (`SPI_IOC_WR_BITS_PER_WORD`).
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn set_word_bits(&self, bits: u8) -> std::result::Result<(), Errno> {
        let mut bytes = vec![bits];
        self.file
            .ioctl_buffer(WR_BITS_PER_WORD, &mut bytes)
            .map(drop)
    }

    /// Sets the rate of SCK in Hz (`SPI_IOC_WR_MAX_SPEED_HZ`).
    ///
    /// # Errors
    /// What ioctl failed with.
    pub fn set_speed_hz(&self, hz: u32) -> std::result::Result<(), Errno> {
        let mut bytes = hz.to_ne_bytes().to_vec();
        self.file
            .ioctl_buffer(WR_MAX_SPEED_HZ, &mut bytes)
            .map(drop)
    }
}

/// From the transfers to a buffer. Guests and their buffers are small:
/// everything fits.
fn pointer(offset: usize, target: usize) -> Pointer {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pointer {
        buffer: 0,
        offset: small(offset),
        target: small(target),
    }
}
