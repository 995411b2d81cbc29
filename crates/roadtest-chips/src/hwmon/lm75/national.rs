// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! National Semiconductor LM75, datasheet DS012658 (October 1999).
//!
//! Modelled: conversions of 100 ms (typical, converter characteristics),
//! which a read of the chip makes begin again (note 8), shutdown, the O.S.
//! output in both modes with polarity and fault queue.
//! Deviations: bits of the pointer and of the limits that the datasheet calls
//! undefined or wants to be zero must be zero.

use roadtest_model::register::{Field, Map, Register, Registers};
use roadtest_model::{SimTime, registers};

use super::sensor::{Part, Sensor, WhenRead};

registers! {
    /// National LM75, datasheet DS012658, sections 1.11 to 1.14.
    pub mod reg: u16be {
        /// The last conversion, in half degrees.
        TEMP @ 0x00 ro = 0x0000, "1.12" { TEMPERATURE[15:7], TEMP_UNUSED[6:0] }
        CONF: u8 @ 0x01 rw = 0x00, "1.13" {
            SHUTDOWN[0],
            OS_MODE[1] { Comparator = 0, Interrupt = 1 },
            OS_POLARITY[2] { ActiveLow = 0, ActiveHigh = 1 },
            FAULT_QUEUE[4:3] { One = 0, Two = 1, Four = 2, Six = 3 },
        }
        HYST @ 0x02 rw = 0x4b00, "1.14" { HYSTERESIS[15:7] }
        OS @ 0x03 rw = 0x5000, "1.14" { OS_LIMIT[15:7] }
    }
}

/// What makes an [`Lm75`].
#[derive(Clone, Copy, Debug)]
pub struct National;

/// One LM75.
pub type Lm75 = Sensor<National>;

impl Part for National {
    const COMPATIBLE: &'static str = "national,lm75";
    const MAP: &'static Map = reg::MAP;
    const POINTER_MASK: u32 = 0x03;
    const POINTER_SECTION: Option<&'static str> = Some("1.11");
    const TEMP: Register = reg::TEMP;
    const LIMIT: Register = reg::OS;
    const HYSTERESIS: Register = reg::HYST;
    const CONF: Register = reg::CONF;
    const SHUTDOWN: Field = reg::SHUTDOWN;
    const MODE: Field = reg::OS_MODE;
    const POLARITY: Field = reg::OS_POLARITY;
    const FAULTS: Field = reg::FAULT_QUEUE;
    const CONVERSION_SECTION: &'static str = "converter characteristics";
    const WHEN_READ: WhenRead = WhenRead::BeginsAgain;

    fn bits(_: &Registers) -> u32 {
        9
    }

    fn interval(_: &Registers) -> SimTime {
        SimTime::ms(100)
    }
}
