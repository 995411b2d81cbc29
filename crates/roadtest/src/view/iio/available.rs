// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What may be written to an attribute: the content of a `…_available` file.

use std::str::FromStr;

use super::Decimal;
use crate::view::Malformed;

/// What may be written to an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Available {
    /// One of these numbers, in the driver's order.
    Numbers(Vec<Decimal>),
    /// One of these words, in the driver's order.
    Words(Vec<String>),
    /// `[min step max]`.
    Range {
        /// The least.
        min: Decimal,
        /// From one to the next.
        step: Decimal,
        /// The greatest.
        max: Decimal,
    },
}

impl Available {
    /// The numbers of a list; empty for the others.
    pub fn numbers(&self) -> &[Decimal] {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Words(_) | Self::Range { .. } => &[],
        }
    }

    /// Values to try, as text: all of a list, and a range's ends and the
    /// steps beside them.
    pub fn samples(&self) -> Vec<String> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect(),
            Self::Range { min, step, max } => {
                let next = *min + *step;
                let last = *max + Decimal::nano(-step.as_nano());
                let mut values = vec![*min, next, last, *max];
                values.sort();
                values.dedup();
                values.retain(|value| min <= value && value <= max);
                values.iter().map(ToString::to_string).collect()
            }
        }
    }
}

impl FromStr for Available {
    type Err = Malformed;

    /// An error where the text is empty or a range without three numbers.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: Malformed = Malformed("list of values, nor `[min step max]`");
        let text = text.trim();
        if let Some(range) = text.strip_prefix('[') {
            let range = range.strip_suffix(']').ok_or(EXPECTED)?;
            let numbers = range
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<Vec<Decimal>, _>>()?;
            let [min, step, max] = numbers[..] else {
                return Err(EXPECTED);
            };
            return Ok(Self::Range { min, step, max });
        }
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(EXPECTED);
        }
        let numbers: Result<Vec<Decimal>, Malformed> =
            words.iter().map(|word| word.parse()).collect();
        Ok(numbers.map_or(Self::Words(words), Self::Numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_numbers_keeps_its_order() {
        let list: Available = "0.000600 0.001000\n".parse().unwrap();
        assert_eq!(list.samples(), ["0.0006", "0.001"]);
        assert_eq!(list.numbers()[1], "0.001".parse().unwrap());
    }

    #[test]
    fn a_list_of_words_is_words() {
        let list: Available = "none low high".parse().unwrap();
        assert_eq!(list.samples(), ["none", "low", "high"]);
        assert_eq!(list.numbers(), []);
    }

    #[test]
    fn of_a_range_the_ends_are_tried() {
        let range: Available = "[0 1 4]".parse().unwrap();
        assert_eq!(range.samples(), ["0", "1", "3", "4"]);
        let range: Available = "[-1.5 0.5 -1.0]".parse().unwrap();
        assert_eq!(range.samples(), ["-1.5", "-1"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[1 2]", "[1 2 3", "[a b c]"] {
            assert!(text.parse::<Available>().is_err(), "{text}");
        }
    }
}
