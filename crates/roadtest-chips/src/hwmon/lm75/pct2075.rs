// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! NXP PCT2075, datasheet revision 11: an LM75 with 11 bits of resolution and
//! an idle time between conversions in a register of its own.
//!
//! Modelled: the update interval, the time of the first conversion, shutdown,
//! the OS output in both modes with polarity and fault queue.

use roadtest_model::register::{Field, Map, Register, Registers};
use roadtest_model::{SimTime, registers};

use super::sensor::{Part, Sensor};

registers! {
    /// NXP PCT2075, datasheet revision 11, "Register list".
    pub mod reg: u16be {
        /// The last conversion, in eighths of a degree.
        TEMP @ 0x00 ro = 0x0000, "Temp register" { TEMPERATURE[15:5], TEMP_UNUSED[4:0] }
        CONF: u8 @ 0x01 rw = 0x00, "Conf register" {
            SHUTDOWN[0],
            OS_MODE[1] { Comparator = 0, Interrupt = 1 },
            OS_POLARITY[2] { ActiveLow = 0, ActiveHigh = 1 },
            FAULT_QUEUE[4:3] { One = 0, Two = 1, Four = 2, Six = 3 },
        }
        /// In half degrees; the lower bits are not evaluated.
        HYST @ 0x02 rw = 0x4b00, "Tos and Thyst registers" { HYSTERESIS[15:7], HYST_UNUSED[6:0] ro }
        /// In half degrees; the lower bits are not evaluated.
        OS @ 0x03 rw = 0x5000, "Tos and Thyst registers" { OS_LIMIT[15:7], OS_UNUSED[6:0] ro }
        /// The update interval in tenths of a second; 0 means 1.
        IDLE: u8 @ 0x04 rw = 0x00, "Tidle register" { IDLE_TIME[4:0] }
    }
}

/// What makes a [`Pct2075`].
#[derive(Clone, Copy, Debug)]
pub struct Nxp2075;

/// One PCT2075.
pub type Pct2075 = Sensor<Nxp2075>;

impl Part for Nxp2075 {
    const COMPATIBLE: &'static str = "nxp,pct2075";
    const MAP: &'static Map = reg::MAP;
    /// Three bits of the pointer select.
    const POINTER_MASK: u32 = 0x07;
    /// Fast mode plus.
    const SCL_HZ_MAX: u32 = 1_000_000;
    const TEMP: Register = reg::TEMP;
    const LIMIT: Register = reg::OS;
    const HYSTERESIS: Register = reg::HYST;
    const CONF: Register = reg::CONF;
    const SHUTDOWN: Field = reg::SHUTDOWN;
    const MODE: Field = reg::OS_MODE;
    const POLARITY: Field = reg::OS_POLARITY;
    const FAULTS: Field = reg::FAULT_QUEUE;
    const CONVERSION_SECTION: &'static str = "tconv(T)";

    fn bits(_: &Registers) -> u32 {
        11
    }

    fn interval(registers: &Registers) -> SimTime {
        let tenths = registers.get(reg::IDLE_TIME).max(1);
        SimTime::ms(100 * u64::from(tenths))
    }

    /// A conversion comes first, and then the idle time.
    fn conversion(_: &Registers) -> SimTime {
        SimTime::ms(28)
    }
}
