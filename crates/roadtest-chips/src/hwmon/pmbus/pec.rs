// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The packet error code of SMBus (SMBus 3.1, section 6.4): a CRC-8 over all
//! bytes of a transfer, addresses included.

/// x⁸ + x² + x + 1, without its highest term.
const POLYNOMIAL: u8 = 0x07;

/// The packet error code of `bytes`.
///
/// ```
/// use roadtest_chips::hwmon::pmbus::pec::pec;
///
/// // The check value of this CRC.
/// assert_eq!(pec(b"123456789"), 0xf4);
/// ```
pub fn pec(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| {
            let carry = crc & 0x80 != 0;
            crc << 1 ^ if carry { POLYNOMIAL } else { 0 }
        })
    })
}
