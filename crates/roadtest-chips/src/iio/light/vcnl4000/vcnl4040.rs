// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay VCNL4040, datasheet 84274 revision 1.4: its registers and times.
//! What it calls reserved must keep its default (note to "Command Register
//! Format").

use roadtest_model::register::{Field, Guard, Map, Register};
use roadtest_model::{Severity, SimTime, registers};

use super::continuous::{Continuous, Part};

registers! {
    /// Vishay VCNL4040, datasheet 84274, tables 1 to 13.
    pub mod reg: u16le {
        ALS_CONF @ 0x00 rw = 0x0001, "table 2" {
            ALS_IT[7:6] { Ms80 = 0, Ms160 = 1, Ms320 = 2, Ms640 = 3 },
            ALS_PERSISTENCE[3:2] "ALS_PERS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            ALS_INT[1] "ALS_INT_EN",
            ALS_SHUTDOWN[0] "ALS_SD",
        }
        ALS_HIGH @ 0x01 rw = 0x0000, "table 3";
        ALS_LOW @ 0x02 rw = 0x0000, "table 4";
        /// PS_CONF1 in the low byte, PS_CONF2 in the high one.
        PS_CONF1 @ 0x03 rw = 0x0001, "tables 5 and 6" {
            PS_HD[11] { Bits12 = 0, Bits16 = 1 },
            PS_INT[9:8] { Off = 0, Closing = 1, Away = 2, Both = 3 },
            PS_DUTY[7:6] { D40 = 0, D80 = 1, D160 = 2, D320 = 3 },
            PS_PERSISTENCE[5:4] "PS_PERS" { One = 0, Two = 1, Three = 2, Four = 3 },
            PS_IT[3:1] { T1 = 0, T1p5 = 1, T2 = 2, T2p5 = 3, T3 = 4, T3p5 = 5, T4 = 6, T8 = 7 },
            PS_SHUTDOWN[0] "PS_SD",
        }
        /// PS_CONF3 in the low byte, PS_MS in the high one.
        PS_CONF3 @ 0x04 rw = 0x0000, "tables 7 and 8" {
            WHITE_OFF[15] "WHITE_EN",
            PS_LOGIC[14] "PS_MS",
            LED_CURRENT[10:8] "LED_I" {
                Ma50 = 0, Ma75 = 1, Ma100 = 2, Ma120 = 3, Ma140 = 4, Ma160 = 5, Ma180 = 6, Ma200 = 7,
            },
            PULSES[6:5] "PS_MPS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            SMART_PERSISTENCE[4], ACTIVE_FORCE[3], TRIGGER[2] sc, SUNLIGHT_CANCEL[0],
        }
        PS_CANCEL @ 0x05 rw = 0x0000, "table 9";
        PS_LOW @ 0x06 rw = 0x0000, "table 10";
        PS_HIGH @ 0x07 rw = 0x0000, "table 11";
        PS_DATA @ 0x08 ro = 0x0000, "table 12";
        ALS_DATA @ 0x09 ro = 0x0000, "table 12";
        WHITE_DATA @ 0x0a ro = 0x0000, "table 12";
        /// Reading it takes INT away.
        INT_FLAG @ 0x0b rc = 0x0000, "table 13" {
            PROTECTED[14] "PS_SPFLAG", ALS_FELL[13] "ALS_IF_L", ALS_ROSE[12] "ALS_IF_H",
            CLOSE[9] "PS_IF_CLOSE", AWAY[8] "PS_IF_AWAY",
        }
        DEVICE_ID @ 0x0c ro = 0x0186, "table 13";
        /// No command code of the datasheet. The driver looks for a VCNL4200
        /// here first, and the part answers.
        RESERVED_0E @ 0x0e ro = 0x0000, "driver";
    }
}

/// What makes a [`Vcnl4040`].
#[derive(Clone, Copy, Debug)]
pub struct Part4040;

/// One VCNL4040.
pub type Vcnl4040 = Continuous<Part4040>;

impl Part for Part4040 {
    const COMPATIBLE: &'static str = "vishay,vcnl4040";
    const MAP: &'static Map = reg::MAP;
    /// Table 2.
    const ALS_TIME: SimTime = SimTime::ms(80);
    const PS_TIME: SimTime = SimTime::us(125);
    const PS_DUTY: u64 = 40;
    /// Table 5.
    const PS_HALVES: [u64; 8] = [2, 3, 4, 5, 6, 7, 8, 16];
    const INT_FLAG: Register = reg::INT_FLAG;
    const ALS_ROSE: Field = reg::ALS_ROSE;
    const ALS_FELL: Field = reg::ALS_FELL;
    const CLOSE: Field = reg::CLOSE;
    const AWAY: Field = reg::AWAY;
    const ALS_SECTION: &'static str = "table 2";
    const PS_SECTION: &'static str = "table 5";
    const ALS_OFF: Guard = Guard {
        state: "ALS_SD is set",
        section: "table 2",
        severity: Severity::Unwise,
        writes: &[],
        reads: &[reg::ALS_DATA],
    };
    const PS_OFF: Guard = Guard {
        state: "PS_SD is set",
        section: "table 5",
        severity: Severity::Unwise,
        writes: &[],
        reads: &[reg::PS_DATA],
    };
}
