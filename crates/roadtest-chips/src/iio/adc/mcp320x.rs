// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Microchip MCP3004 and MCP3208 analog-to-digital converters, datasheets
//! DS21295D and DS21298E, whose section numbers agree. Driver:
//! `drivers/iio/adc/mcp320x.c`.
//!
//! Modelled: the protocol clock by clock, single-ended and pseudo-differential
//! inputs, the reference, and the longest conversion that the charge on the
//! sampling capacitor allows. The supply is at 5 V: at 2.7 V the clock would
//! have to be slower (1.0). Not modelled: errors of the converter, and that
//! IN- of a differential pair may be no more than 100 mV away from ground (4.1),
//! which is the board's to keep.

use std::fmt;
use std::marker::PhantomData;

use roadtest_model::register::{Contract, Supply};
use roadtest_model::{
    Access, Bus, Chip, Direction, Level, OutOfRange, Severity, SimTime, SpiMode, SpiPeripheral,
    Stimulus, StimulusKind, stimulus,
};

/// The clock, counted from the start bit, with which the last bit of the
/// configuration comes in (5.0).
const CONFIGURED: u32 = 4;
/// The clock in which the input is sampled.
const SAMPLED: u32 = 5;
/// The clock with the null bit; the first bit of the result is one later.
const NULL: u32 = 6;
/// From the sample to the last bit of the result (6.2).
const CONVERSION_MAX: SimTime = SimTime::us(1200);
/// The most channels that a part has.
const CHANNELS_MAX: usize = 8;

/// What differs between the parts.
pub trait Part: fmt::Debug + 'static {
    /// `compatible` of the devicetree node.
    const COMPATIBLE: &'static str;
    /// Bits of a result.
    const BITS: u32;
    /// Inputs, 8 at most.
    const CHANNELS: usize;
    /// At 5 V (1.0).
    const SCK_HZ_MAX: u32;
    /// The CS disable time (1.0).
    const DESELECTED_MIN: SimTime;
}

/// Four inputs, 10 bits.
#[derive(Debug)]
pub enum FourOf10Bits {}

impl Part for FourOf10Bits {
    const COMPATIBLE: &'static str = "microchip,mcp3004";
    const BITS: u32 = 10;
    const CHANNELS: usize = 4;
    const SCK_HZ_MAX: u32 = 3_600_000;
    const DESELECTED_MIN: SimTime = SimTime::ns(270);
}

/// Eight inputs, 12 bits.
#[derive(Debug)]
pub enum EightOf12Bits {}

impl Part for EightOf12Bits {
    const COMPATIBLE: &'static str = "microchip,mcp3208";
    const BITS: u32 = 12;
    const CHANNELS: usize = 8;
    const SCK_HZ_MAX: u32 = 2_000_000;
    const DESELECTED_MIN: SimTime = SimTime::ns(500);
}

/// A MCP3004.
pub type Mcp3004 = Mcp320x<FourOf10Bits>;
/// A MCP3208.
pub type Mcp3208 = Mcp320x<EightOf12Bits>;

/// What is between the inputs of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inputs {
    plus: usize,
    /// Ground where there is none.
    minus: Option<usize>,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not selected, or without power when it was.
    Deaf,
    /// Selected, and no start bit has come.
    Selected,
    /// The next clock after the start bit, and the configuration so far.
    Configured { clock: u32, bits: u32 },
    /// The input is sampled; the next clock, the result, when that was.
    Converting {
        clock: u32,
        inputs: Inputs,
        code: u32,
        sampled: SimTime,
    },
}

/// A converter of this family.
#[derive(Debug)]
pub struct Mcp320x<P> {
    supply: Supply,
    reference_uv: u32,
    inputs_uv: [i32; CHANNELS_MAX],
    stage: Stage,
    part: PhantomData<P>,
}

impl<P: Part> Mcp320x<P> {
    const STIMULI: [Stimulus<Self>; CHANNELS_MAX] = [
        Stimulus::new("ch0", "µV", INPUT_UV, |c, v| c.set_input(0, v.i32())),
        Stimulus::new("ch1", "µV", INPUT_UV, |c, v| c.set_input(1, v.i32())),
        Stimulus::new("ch2", "µV", INPUT_UV, |c, v| c.set_input(2, v.i32())),
        Stimulus::new("ch3", "µV", INPUT_UV, |c, v| c.set_input(3, v.i32())),
        Stimulus::new("ch4", "µV", INPUT_UV, |c, v| c.set_input(4, v.i32())),
        Stimulus::new("ch5", "µV", INPUT_UV, |c, v| c.set_input(5, v.i32())),
        Stimulus::new("ch6", "µV", INPUT_UV, |c, v| c.set_input(6, v.i32())),
        Stimulus::new("ch7", "µV", INPUT_UV, |c, v| c.set_input(7, v.i32())),
    ];

    /// The rules beyond the protocol that the model checks, for documentation.
    pub const CONTRACTS: &'static [Contract] = &[
        Contract::Other {
            rule: "the result is out 1.2 ms after the sample at the latest",
            section: "6.2",
            severity: Severity::Forbidden,
        },
        Contract::Other {
            rule: "chip select stays until the result is out",
            section: "5.0",
            severity: Severity::Unwise,
        },
    ];

    /// A converter with `reference_uv` µV at VREF, and all inputs at ground.
    ///
    /// # Panics
    /// Where there is no reference.
    pub fn new(reference_uv: u32) -> Self {
        assert!(reference_uv > 0, "a converter has a reference");
        Self {
            supply: Supply::new("", SimTime::ZERO),
            reference_uv,
            inputs_uv: [0; CHANNELS_MAX],
            stage: Stage::Deaf,
            part: PhantomData,
        }
    }

    /// The voltage at an input in µV.
    ///
    /// # Panics
    /// Where the part has no such input.
    pub fn set_input(&mut self, channel: usize, microvolts: i32) {
        assert!(
            channel < P::CHANNELS,
            "{} has {} inputs, and no input {channel}",
            P::COMPATIBLE,
            P::CHANNELS
        );
        self.inputs_uv[channel] = microvolts;
    }

    /// The result for the voltage between two inputs (4.1, 4.2).
    fn convert(&self, inputs: Inputs) -> u32 {
        let volts = |channel: usize| i64::from(self.inputs_uv[channel]);
        let difference = volts(inputs.plus) - inputs.minus.map_or(0, volts);
        let code = (difference << P::BITS) / i64::from(self.reference_uv);
        let most = (1 << P::BITS) - 1;
        // Why: the code is within the part's bits.
        u32::try_from(code.clamp(0, most)).unwrap_or(0)
    }

    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "what the clock takes over is one bit"
    )]
    /// One clock: the bit that comes in, the bit that goes out. Nothing drives
    /// DOUT before the null bit.
    fn clock(&mut self, bit: bool, bus: &mut Bus) -> bool {
        let (stage, out) = match self.stage {
            Stage::Deaf => (Stage::Deaf, true),
            Stage::Selected if bit => (Stage::Configured { clock: 1, bits: 0 }, true),
            Stage::Selected => (Stage::Selected, true),
            Stage::Configured { clock, bits } if clock <= CONFIGURED => {
                let bits = bits << 1 | u32::from(bit);
                let clock = clock + 1;
                (Stage::Configured { clock, bits }, true)
            }
            Stage::Configured { clock, bits } => {
                debug_assert_eq!(clock, SAMPLED);
                let inputs = inputs::<P>(bits);
                let stage = Stage::Converting {
                    clock: NULL,
                    inputs,
                    code: self.convert(inputs),
                    sampled: bus.now(),
                };
                (stage, true)
            }
            Stage::Converting {
                clock,
                inputs,
                code,
                sampled,
            } => {
                if clock == NULL + P::BITS {
                    finish(inputs, code, sampled, bus);
                }
                let stage = Stage::Converting {
                    clock: clock.saturating_add(1),
                    inputs,
                    code,
                    sampled,
                };
                (stage, result_bit::<P>(code, clock))
            }
        };
        self.stage = stage;
        out
    }

    /// Whether a result is under way.
    fn is_within(&self) -> bool {
        match self.stage {
            Stage::Deaf => false,
            Stage::Selected | Stage::Configured { .. } => true,
            Stage::Converting { clock, .. } => clock <= NULL + P::BITS,
        }
    }
}

/// What may be at an input without harm (1.0).
const INPUT_UV: std::ops::RangeInclusive<i64> = -600_000..=5_600_000;

/// SGL/DIFF, D2, D1 and D0 (tables 5-1 and 5-2). D2 means nothing to a part
/// with four inputs.
fn inputs<P: Part>(bits: u32) -> Inputs {
    let channel = (bits & 0x7) as usize % P::CHANNELS;
    Inputs {
        plus: channel,
        minus: (bits & 0x8 == 0).then_some(channel ^ 1),
    }
}

/// What DOUT has at a clock: null, the result, the result backwards from its
/// second bit on, and then zeroes (figures 5-1 and 5-2).
fn result_bit<P: Part>(code: u32, clock: u32) -> bool {
    let Some(index) = clock.checked_sub(NULL + 1) else {
        return false;
    };
    let bit = if index < P::BITS {
        P::BITS - 1 - index
    } else {
        index - P::BITS + 1
    };
    bit < P::BITS && code >> bit & 1 != 0
}

/// The last bit of a result goes out.
fn finish(inputs: Inputs, code: u32, sampled: SimTime, bus: &mut Bus) {
    bus.log(Access {
        direction: Direction::Read,
        target: inputs.to_string(),
        value: format!("{code:03x}"),
        fields: String::new(),
    });
    let took = bus.now().saturating_sub(sampled);
    if took > CONVERSION_MAX {
        bus.violation(format!(
            "{took} from the sample of {inputs} to the end of its result, \
             at most {CONVERSION_MAX} allowed (6.2)"
        ));
    }
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CH{}", self.plus)?;
        match self.minus {
            Some(minus) => write!(f, "-CH{minus}"),
            None => Ok(()),
        }
    }
}

impl<P: Part> Chip for Mcp320x<P> {
    fn compatible(&self) -> &'static str {
        P::COMPATIBLE
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.supply.set(on, now);
        if !on.is_high() {
            self.stage = Stage::Deaf;
        }
    }

    fn stimuli(&self) -> Vec<StimulusKind> {
        stimulus::kinds(&Self::STIMULI[..P::CHANNELS])
    }

    fn stimulate(&mut self, name: &str, value: i64) -> Option<Result<(), OutOfRange>> {
        stimulus::set(&Self::STIMULI[..P::CHANNELS], self, name, value)
    }
}

impl<P: Part> SpiPeripheral for Mcp320x<P> {
    fn select(&mut self, bus: &mut Bus) {
        self.stage = match self.supply.accessed(bus) {
            Ok(()) => Stage::Selected,
            Err(_) => Stage::Deaf,
        };
    }

    fn exchange(&mut self, bus: &mut Bus, sent: &[u8], received: &mut [u8]) {
        for (sent, received) in sent.iter().zip(received) {
            for bit in (0..8).rev() {
                let out = self.clock(sent >> bit & 1 != 0, bus);
                *received = *received << 1 | u8::from(out);
            }
        }
        if self.is_within() {
            bus.hold();
        }
    }

    fn deselect(&mut self, bus: &mut Bus) {
        if self.is_within() {
            bus.unwise(match self.stage {
                Stage::Converting { inputs, .. } => {
                    format!("deselected before the result of {inputs} was out")
                }
                Stage::Configured { .. } => "deselected within the configuration".to_owned(),
                Stage::Selected | Stage::Deaf => "deselected without a start bit".to_owned(),
            });
        }
        self.stage = Stage::Deaf;
    }

    fn sck_hz_max(&self) -> u32 {
        P::SCK_HZ_MAX
    }

    fn modes(&self) -> &'static [SpiMode] {
        &[SpiMode::Mode0, SpiMode::Mode3]
    }

    fn deselected_min(&self) -> SimTime {
        P::DESELECTED_MIN
    }
}

#[cfg(test)]
mod tests;
