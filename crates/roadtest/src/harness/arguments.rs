// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The command line of a test program, as the built-in harness has it.
//! `libtest-mimic` reads all of it but a second filter, which is added here.

use libtest_mimic::{Arguments, Trial};

/// Options of the built-in harness that are followed by a value.
const WITH_VALUE: [&str; 6] = [
    "--color",
    "--format",
    "--logfile",
    "--skip",
    "--test-threads",
    "-Z",
];

/// What the command line asks for.
pub(super) struct Selection {
    /// What `libtest-mimic` understands; without filters where there are
    /// several.
    pub(super) arguments: Arguments,
    /// The filters, where there are several.
    filters: Vec<String>,
}

impl Selection {
    pub(super) fn of_command_line() -> Self {
        Self::new(std::env::args().collect())
    }

    fn new(words: Vec<String>) -> Self {
        let mut options = Vec::new();
        let mut filters = Vec::new();
        let mut is_value = true;
        for word in words {
            if is_value || word.starts_with('-') {
                is_value = WITH_VALUE.contains(&word.as_str());
                options.push(word);
            } else {
                filters.push(word);
            }
        }
        if filters.len() == 1 {
            options.append(&mut filters);
        }
        Self {
            arguments: Arguments::from_iter(options),
            filters,
        }
    }

    /// Keeps what one of several filters matches.
    pub(super) fn keep(&self, trials: &mut Vec<Trial>) {
        if self.filters.is_empty() {
            return;
        }
        let matches = |name: &str| {
            self.filters.iter().any(|filter| {
                if self.arguments.exact {
                    name == filter
                } else {
                    name.contains(filter.as_str())
                }
            })
        };
        trials.retain(|trial| matches(trial.name()));
    }

    /// How many tests run.
    pub(super) fn runs(&self, trials: &[Trial]) -> usize {
        let runs = |trial: &&Trial| {
            !self.arguments.is_filtered_out(trial) && !self.arguments.is_ignored(trial)
        };
        trials.iter().filter(runs).count()
    }

    /// Whether tests are listed, and none is run.
    pub(super) fn lists(&self) -> bool {
        self.arguments.list
    }

    /// What is shown of what tests print.
    pub(super) fn shows(&self) -> Shows {
        match (self.arguments.nocapture, self.arguments.show_output) {
            (true, _) => Shows::AtOnce,
            (false, true) => Shows::All,
            (false, false) => Shows::Failed,
        }
    }
}

/// What is shown of what tests print that run in a process each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// Everything, when it is printed.
    AtOnce,
    /// Everything, when the test has ended.
    All,
    /// What failed tests have printed.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(words: &[&str]) -> Vec<String> {
        let words = std::iter::once("program").chain(words.iter().copied());
        let selection = Selection::new(words.map(str::to_owned).collect());
        let mut trials = ["iio::a", "iio::ab", "rtc::b"]
            .map(|name| Trial::test(name, || Ok(())))
            .into_iter()
            .collect();
        selection.keep(&mut trials);
        trials
            .into_iter()
            .filter(|trial| !selection.arguments.is_filtered_out(trial))
            .map(|trial| trial.name().to_owned())
            .collect()
    }

    #[test]
    fn filters_are_alternatives() {
        assert_eq!(kept(&[]).len(), 3);
        assert_eq!(kept(&["iio"]), ["iio::a", "iio::ab"]);
        assert_eq!(
            kept(&["ab", "rtc", "--test-threads", "1"]),
            ["iio::ab", "rtc::b"]
        );
        assert_eq!(kept(&["--exact", "iio::a"]), ["iio::a"]);
        assert_eq!(kept(&["iio::a", "--exact", "rtc::b"]), ["iio::a", "rtc::b"]);
        assert_eq!(kept(&["iio", "rtc", "--skip", "ab"]), ["iio::a", "rtc::b"]);
    }
}
