// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a person can set of the world around a chip, by name and with a
//! number: a declaration beside the chip's methods, for the prompt of a board
//! that the user explores. A test calls the methods and needs none of this.

use std::ops::RangeInclusive;

use crate::Level;

/// Something of the world around a chip that can be set by its name.
#[derive(Debug)]
pub struct Stimulus<C: ?Sized> {
    /// What it is, and what a value may be.
    pub kind: StimulusKind,
    set: fn(&mut C, StimulusValue),
}

/// A stimulus without its chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StimulusKind {
    /// What it is called: `illuminance`.
    pub name: &'static str,
    /// What a value of 1 means: `mlx`.
    pub unit: &'static str,
    /// What the chip, or its supply, can be exposed to.
    pub range: RangeInclusive<i64>,
}

/// A value that is out of the range of a stimulus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{value} is out of range: `{}` is {} to {} {}",
    kind.name, kind.range.start(), kind.range.end(), kind.unit
)]
pub struct OutOfRange {
    /// The value.
    pub value: i64,
    /// Of what.
    pub kind: StimulusKind,
}

impl<C: ?Sized> Stimulus<C> {
    /// A stimulus of values in `range`, in units of `unit`, that `set`
    /// applies.
    pub const fn new(
        name: &'static str,
        unit: &'static str,
        range: RangeInclusive<i64>,
        set: fn(&mut C, StimulusValue),
    ) -> Self {
        let kind = StimulusKind { name, unit, range };
        Self { kind, set }
    }

    /// A stimulus of which a chip takes every 16-bit number without a sign.
    pub const fn u16(
        name: &'static str,
        unit: &'static str,
        set: fn(&mut C, StimulusValue),
    ) -> Self {
        Self::new(name, unit, 0..=0xffff, set)
    }

    /// A stimulus of which a chip takes every 16-bit number with a sign.
    pub const fn i16(
        name: &'static str,
        unit: &'static str,
        set: fn(&mut C, StimulusValue),
    ) -> Self {
        Self::new(name, unit, -0x8000..=0x7fff, set)
    }

    /// The level of a pin, which is 1 where it is high.
    pub const fn pin(name: &'static str, set: fn(&mut C, StimulusValue)) -> Self {
        Self::new(name, "level", 0..=1, set)
    }

    /// Sets it.
    ///
    /// # Errors
    /// Where `value` is out of the range.
    pub fn set(&self, chip: &mut C, value: i64) -> Result<(), OutOfRange> {
        if !self.kind.range.contains(&value) {
            return Err(OutOfRange {
                value,
                kind: self.kind.clone(),
            });
        }
        (self.set)(chip, StimulusValue(value));
        Ok(())
    }
}

/// The stimuli without their chip, for [`Chip::stimuli`](crate::Chip::stimuli).
pub fn kinds<C: ?Sized>(stimuli: &[Stimulus<C>]) -> Vec<StimulusKind> {
    stimuli.iter().map(|one| one.kind.clone()).collect()
}

/// Sets the stimulus `name` of `stimuli`, for
/// [`Chip::stimulate`](crate::Chip::stimulate); `None` where there is none of
/// that name.
pub fn set<C: ?Sized>(
    stimuli: &[Stimulus<C>],
    chip: &mut C,
    name: &str,
    value: i64,
) -> Option<Result<(), OutOfRange>> {
    let stimulus = stimuli.iter().find(|one| one.kind.name == name)?;
    Some(stimulus.set(chip, value))
}

/// A value that is in the range of its stimulus, as the type that a chip's
/// method takes. Where the declared range is wider than the type, the nearest
/// value that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StimulusValue(i64);

macro_rules! as_integer {
    ($($name:ident)+) => {
        $(
            #[doc = concat!("As a number of the type `", stringify!($name), "`.")]
            pub fn $name(self) -> $name {
                let most = if self.0 < 0 { $name::MIN } else { $name::MAX };
                self.0.try_into().unwrap_or(most)
            }
        )+
    };
}

impl StimulusValue {
    as_integer!(u8 u16 u32 u64 i16 i32);

    /// As a level: low where it is 0.
    pub fn level(self) -> Level {
        Level::high_when(self.0 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUMIDITY: Stimulus<u16> =
        Stimulus::new("humidity", "%", 0..=100, |chip, value| *chip = value.u16());

    #[test]
    fn a_value_out_of_range_is_refused_and_changes_nothing() {
        let mut chip = 7;
        let error = HUMIDITY.set(&mut chip, 101).unwrap_err();
        assert_eq!(
            error.to_string(),
            "101 is out of range: `humidity` is 0 to 100 %"
        );
        assert_eq!(chip, 7);
        assert_eq!(HUMIDITY.set(&mut chip, 100), Ok(()));
        assert_eq!(chip, 100);
    }

    #[test]
    fn a_stimulus_is_found_by_its_name() {
        let list = [HUMIDITY];
        assert_eq!(kinds(&list), [HUMIDITY.kind]);
        let mut chip = 7;
        assert_eq!(set(&list, &mut chip, "humidity", 9), Some(Ok(())));
        assert_eq!(chip, 9);
        assert!(matches!(
            set(&list, &mut chip, "humidity", 101),
            Some(Err(_))
        ));
        assert_eq!(set(&list, &mut chip, "pressure", 1), None);
    }

    #[test]
    fn a_value_has_the_type_that_is_asked_for() {
        assert_eq!(StimulusValue(-5).i16(), -5);
        assert_eq!(StimulusValue(-5).u8(), 0);
        assert_eq!(StimulusValue(70_000).u16(), u16::MAX);
        assert_eq!(StimulusValue(1).level(), Level::High);
        assert_eq!(StimulusValue(0).level(), Level::Low);
    }
}
