// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay VCNL4200, datasheet 84430: its registers and times.

use roadtest_model::register::{Field, Guard, Map, Register};
use roadtest_model::{Severity, SimTime, registers};

use super::continuous::{Continuous, Part};

registers! {
    /// Vishay VCNL4200, datasheet 84430, command registers.
    pub mod reg: u16le {
        ALS_CONF @ 0x00 rw = 0x0001, "ALS_CONF" {
            ALS_IT[7:6] { Ms50 = 0, Ms100 = 1, Ms200 = 2, Ms400 = 3 },
            ALS_INT_WHITE[5] "ALS_INT_SWITCH",
            ALS_PERSISTENCE[3:2] "ALS_PERS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            ALS_INT[1] "ALS_INT_EN",
            ALS_SHUTDOWN[0] "ALS_SD",
        }
        ALS_HIGH @ 0x01 rw = 0x0000, "ALS_THDH";
        ALS_LOW @ 0x02 rw = 0x0000, "ALS_THDL";
        /// PS_CONF1 in the low byte, PS_CONF2 in the high one.
        PS_CONF1 @ 0x03 rw = 0x0001, "PS_CONF1, PS_CONF2" {
            PS_HD[11] { Bits12 = 0, Bits16 = 1 },
            PS_INT[9:8] { Off = 0, Closing = 1, Away = 2, Both = 3 },
            PS_DUTY[7:6] { D160 = 0, D320 = 1, D640 = 2, D1280 = 3 },
            PS_PERSISTENCE[5:4] "PS_PERS" { One = 0, Two = 1, Three = 2, Four = 3 },
            PS_IT[3:1] { T1 = 0, T1p5 = 1, T2 = 2, T4 = 3, T8 = 4, T9 = 5 },
            PS_SHUTDOWN[0] "PS_SD",
        }
        /// PS_CONF3 in the low byte, PS_MS in the high one.
        PS_CONF3 @ 0x04 rw = 0x0000, "PS_CONF3, PS_MS" {
            PS_LOGIC[13] "PS_MS", PROTECT[12] "PS_SP", PROTECT_VALUE[11] "PS_SPO",
            LED_CURRENT[10:8] "LED_I" {
                Ma50 = 0, Ma75 = 1, Ma100 = 2, Ma120 = 3, Ma140 = 4, Ma160 = 5, Ma180 = 6, Ma200 = 7,
            },
            PULSES[6:5] "PS_MPS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            SMART_PERSISTENCE[4], ACTIVE_FORCE[3], TRIGGER[2] sc,
            SUNLIGHT_ADVANCED[1], SUNLIGHT_CANCEL[0],
        }
        PS_CANCEL @ 0x05 rw = 0x0000, "PS_CANC";
        PS_LOW @ 0x06 rw = 0x0000, "PS_THDL";
        PS_HIGH @ 0x07 rw = 0x0000, "PS_THDH";
        PS_DATA @ 0x08 ro = 0x0000, "PS_Data";
        ALS_DATA @ 0x09 ro = 0x0000, "ALS_Data";
        WHITE_DATA @ 0x0a ro = 0x0000, "White_Data";
        /// Reading it takes INT away.
        INT_FLAG @ 0x0d rc = 0x0000, "INT_Flag" {
            SATURATED[15] "PS_UPFLAG", PROTECTED[14] "PS_SPFLAG",
            ALS_FELL[13] "ALS_IF_L", ALS_ROSE[12] "ALS_IF_H",
            CLOSE[9] "PS_IF_CLOSE", AWAY[8] "PS_IF_AWAY",
        }
        DEVICE_ID @ 0x0e ro = 0x1058, "ID";
    }
}

/// What makes a [`Vcnl4200`].
#[derive(Clone, Copy, Debug)]
pub struct Part4200;

/// One VCNL4200.
pub type Vcnl4200 = Continuous<Part4200>;

impl Part for Part4200 {
    const COMPATIBLE: &'static str = "vishay,vcnl4200";
    const MAP: &'static Map = reg::MAP;
    const ALS_TIME: SimTime = SimTime::ms(50);
    const PS_TIME: SimTime = SimTime::us(30);
    const PS_DUTY: u64 = 160;
    /// Codes 6 and 7 are none.
    const PS_HALVES: [u64; 8] = [2, 3, 4, 8, 16, 18, 18, 18];
    const INT_FLAG: Register = reg::INT_FLAG;
    const ALS_ROSE: Field = reg::ALS_ROSE;
    const ALS_FELL: Field = reg::ALS_FELL;
    const CLOSE: Field = reg::CLOSE;
    const AWAY: Field = reg::AWAY;
    const ALS_SECTION: &'static str = "ALS_CONF";
    const PS_SECTION: &'static str = "PS_CONF1";
    const ALS_OFF: Guard = Guard {
        state: "ALS_SD is set",
        section: "ALS_CONF",
        severity: Severity::Unwise,
        writes: &[],
        reads: &[reg::ALS_DATA],
    };
    const PS_OFF: Guard = Guard {
        state: "PS_SD is set",
        section: "PS_CONF1",
        severity: Severity::Unwise,
        writes: &[],
        reads: &[reg::PS_DATA],
    };
}
