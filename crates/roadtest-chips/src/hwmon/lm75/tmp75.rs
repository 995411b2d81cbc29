// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TMP75, datasheet SBOS288: an LM75 with 9 to 12 bits of
//! resolution, which also sets the time of a conversion.
//!
//! Modelled: resolution and conversion time, shutdown, the ALERT output in both
//! modes with polarity and fault queue, one-shot conversions in shutdown.
//! Deviations: the SMBus alert response and the general-call commands are
//! absent; times are the typical ones.

use roadtest_model::register::{Field, Map, Register, Registers};
use roadtest_model::{SimTime, registers};

use super::sensor::{Part, Sensor};

registers! {
    /// TI TMP75, datasheet SBOS288, "Pointer Register" and following.
    pub mod reg: u16be {
        /// The last conversion, in sixteenths of a degree.
        TEMP @ 0x00 ro = 0x0000, "Temperature Register" { TEMPERATURE[15:4], TEMP_UNUSED[3:0] }
        CONF: u8 @ 0x01 rw = 0x00, "Configuration Register" {
            ONE_SHOT[7] sc "OS",
            RESOLUTION[6:5] "R" { Bits9 = 0, Bits10 = 1, Bits11 = 2, Bits12 = 3 },
            FAULT_QUEUE[4:3] "F" { One = 0, Two = 1, Four = 2, Six = 3 },
            OS_POLARITY[2] "POL" { ActiveLow = 0, ActiveHigh = 1 },
            OS_MODE[1] "TM" { Comparator = 0, Interrupt = 1 },
            SHUTDOWN[0] "SD",
        }
        HYST @ 0x02 rw = 0x4b00, "High and Low Limit Registers" { HYSTERESIS[15:4] }
        OS @ 0x03 rw = 0x5000, "High and Low Limit Registers" { OS_LIMIT[15:4] }
    }
}

/// What makes a [`Tmp75`].
#[derive(Clone, Copy, Debug)]
pub struct Ti75;

/// One TMP75.
pub type Tmp75 = Sensor<Ti75>;

impl Part for Ti75 {
    const COMPATIBLE: &'static str = "ti,tmp75";
    const MAP: &'static Map = reg::MAP;
    /// Two bits of the pointer select.
    const POINTER_MASK: u32 = 0x03;
    /// High-speed mode.
    const SCL_HZ_MAX: u32 = 2_000_000;
    const TEMP: Register = reg::TEMP;
    const LIMIT: Register = reg::OS;
    const HYSTERESIS: Register = reg::HYST;
    const CONF: Register = reg::CONF;
    const SHUTDOWN: Field = reg::SHUTDOWN;
    const ONE_SHOT: Option<Field> = Some(reg::ONE_SHOT);
    const MODE: Field = reg::OS_MODE;
    const POLARITY: Field = reg::OS_POLARITY;
    const FAULTS: Field = reg::FAULT_QUEUE;
    const CONVERSION_SECTION: &'static str = "Electrical Characteristics";

    fn bits(registers: &Registers) -> u32 {
        9 + registers.get(reg::RESOLUTION)
    }

    fn interval(registers: &Registers) -> SimTime {
        SimTime::us(27_500 << registers.get(reg::RESOLUTION))
    }
}
