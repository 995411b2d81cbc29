// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The number formats of PMBus (PMBus 1.2 part II, section 7): LINEAR11 with
//! an exponent of its own, and LINEAR16, whose exponent is in VOUT_MODE.

/// The LINEAR11 number next to `milli` thousandths, at the best resolution:
/// an 11-bit mantissa and a 5-bit exponent, both signed.
pub fn linear11(milli: i32) -> u16 {
    let milli = i64::from(milli);
    // The least exponent at which the mantissa fits.
    let (exponent, mantissa) = (-16..=15)
        .map(|exponent: i32| {
            let scaled = if exponent < 0 {
                milli << -exponent
            } else {
                milli >> exponent
            };
            (exponent, (scaled + 500).div_euclid(1000))
        })
        .find(|(_, mantissa)| (-1024..=1023).contains(mantissa))
        .unwrap_or((15, if milli < 0 { -1024 } else { 1023 }));
    let exponent = u16::try_from(exponent & 0x1f).unwrap_or(0);
    let mantissa = u16::try_from(mantissa & 0x7ff).unwrap_or(0);
    exponent << 11 | mantissa
}

/// A LINEAR11 number in thousandths, rounded down.
pub fn from_linear11(word: u16) -> i32 {
    let sign_extend = |value: u16, bits: u32| {
        let value = i64::from(value);
        if value >> (bits - 1) != 0 {
            value - (1 << bits)
        } else {
            value
        }
    };
    let mantissa = sign_extend(word & 0x7ff, 11) * 1000;
    let exponent = sign_extend(word >> 11, 5);
    let value = if exponent < 0 {
        mantissa >> -exponent
    } else {
        mantissa << exponent
    };
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// The LINEAR16 number with exponent -13 next to `milli` thousandths, 0 to
/// 7 999.
pub fn linear16(milli: u32) -> u16 {
    let code = (u64::from(milli) * 8192 + 500) / 1000;
    u16::try_from(code).unwrap_or(u16::MAX)
}

/// A LINEAR16 number with exponent -13 in thousandths, rounded.
pub fn from_linear16(word: u16) -> u32 {
    (u32::from(word) * 1000 + 4096) / 8192
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear16_has_the_exponent_of_vout_mode() {
        assert_eq!(linear16(1_000), 0x2000);
        assert_eq!(linear16(4_483), 0x8f75);
        assert_eq!(linear16(5_369), 0xabcf);
        assert_eq!(from_linear16(0xa000), 5_000);
        assert_eq!(linear16(9_000), 0xffff);
    }

    #[test]
    fn linear11_takes_the_best_resolution() {
        assert_eq!(linear11(12_000), 0xd300);
        assert_eq!(linear11(-40_000), 0xe580);
        assert_eq!(linear11(0), 0x8000);
        for milli in [0, 1_000, 12_000, 15_500, -40_000, 105_000] {
            assert_eq!(from_linear11(linear11(milli)), milli);
        }
        assert_eq!(from_linear11(0xefff), -125);
    }
}
