// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Choosing tests by a substring or a glob. People write paths as the kernel
//! does (`rtc/rtc-pcf8563`) or as Rust does (`rtc::rtc_pcf8563`): both mean
//! the same here.

use roadtest_command::exit;
use wildmatch::WildMatch;

use crate::catalog::Test;

/// A substring of `driver/test`, or a glob over consecutive parts of it.
#[derive(Clone, Debug)]
pub struct Filter {
    written: String,
    canonical: String,
}

impl Filter {
    /// Takes what the user wrote.
    pub fn new(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            canonical: canonical(written).trim_matches('/').to_owned(),
        }
    }

    /// Whether the filter is this very path.
    fn is_exactly(&self, path: &str) -> bool {
        canonical(path) == self.canonical
    }

    /// Whether the filter chooses this path, `iio/light/opt3001/reads_lux`.
    pub fn matches(&self, path: &str) -> bool {
        let path = canonical(path);
        if !self.canonical.contains(['*', '?']) {
            return path.contains(&self.canonical);
        }
        // `*` is any text, also across `/`; `?` is one character.
        let pattern = WildMatch::new(&self.canonical);
        let parts: Vec<&str> = path.split('/').collect();
        (0..parts.len()).any(|from| {
            (from + 1..=parts.len()).any(|to| pattern.matches(&parts[from..to].join("/")))
        })
    }
}

/// The tests that any of the filters chooses; all where there is no filter.
///
/// # Errors
/// A filter that chooses nothing, with the names nearest to it.
pub fn choose(tests: &[Test], filters: &[String]) -> anyhow::Result<Vec<Test>> {
    if filters.is_empty() {
        return Ok(tests.to_vec());
    }
    let filters: Vec<Filter> = filters.iter().map(|text| Filter::new(text)).collect();
    for filter in &filters {
        if !tests.iter().any(|test| filter.matches(&test.path())) {
            return Err(exit::usage(nothing(filter, tests)));
        }
    }
    let chooses = |filter: &Filter, test: &Test| {
        let path = test.path();
        if tests.iter().any(|test| filter.is_exactly(&test.path())) {
            filter.is_exactly(&path)
        } else {
            filter.matches(&path)
        }
    };
    Ok(tests
        .iter()
        .filter(|test| filters.iter().any(|filter| chooses(filter, test)))
        .cloned()
        .collect())
}

/// The one test that a filter chooses.
///
/// # Errors
/// None or several, with the names nearest to it or some of those.
pub fn one(tests: &[Test], wanted: &str) -> anyhow::Result<Test> {
    let chosen = choose(tests, &[wanted.to_owned()])?;
    // Why: the name of a whole test is meant where it is part of others, too.
    let whole: Vec<&Test> = chosen
        .iter()
        .filter(|test| canonical(&test.test) == canonical(wanted))
        .collect();
    match (&*chosen, &*whole) {
        ([only], _) => Ok(only.clone()),
        (_, [only]) => Ok((*only).clone()),
        _ => {
            let names: Vec<String> = chosen.iter().take(3).map(Test::path).collect();
            let more = if chosen.len() > 3 { ", …" } else { "" };
            Err(exit::usage(format!(
                "'{wanted}' matches several tests: {}{more}",
                names.join(", ")
            )))
        }
    }
}

fn nothing(filter: &Filter, tests: &[Test]) -> String {
    let near = nearest(&filter.canonical, tests);
    let mut text = format!("no test matches '{}'", filter.written);
    if near.is_empty() {
        text.push_str("; `cargo xtask list` shows them all");
    } else {
        text.push_str("; nearest: ");
        text.push_str(&near.join(", "));
    }
    text
}

/// Up to three names of drivers or tests that look like `wanted`.
fn nearest(wanted: &str, tests: &[Test]) -> Vec<String> {
    let mut scored: Vec<(f64, String)> = Vec::new();
    for test in tests {
        let whole = canonical(&test.driver);
        let score = |part: &str| strsim::jaro_winkler(wanted, part);
        let driver = whole.split('/').map(score).fold(score(&whole), f64::max);
        scored.push((driver, test.driver.clone()));
        let own = strsim::jaro_winkler(wanted, &canonical(&test.test))
            .max(strsim::jaro_winkler(wanted, &canonical(&test.path())));
        scored.push((own, test.path()));
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// One spelling for paths: `/` between parts, `_` for `-`.
fn canonical(text: &str) -> String {
    text.replace("::", "/").replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests() -> Vec<Test> {
        [
            ("iio/light/opt3001", "reads_lux"),
            ("iio/light/opt3001", "wrong_id_is_reported"),
            ("hwmon/lm75", "negative_temperature"),
            ("rtc/rtc-pcf8563", "reads_time"),
        ]
        .map(|(driver, test)| Test::new(driver, test))
        .to_vec()
    }

    fn chosen(filter: &str) -> Vec<String> {
        choose(&tests(), &[filter.to_owned()])
            .expect("the filter matches")
            .iter()
            .map(Test::path)
            .collect()
    }

    #[test]
    fn no_filter_chooses_everything() {
        assert_eq!(choose(&tests(), &[]).expect("no filter").len(), 4);
    }

    #[test]
    fn a_substring_matches_in_either_spelling() {
        let time = ["rtc/rtc-pcf8563/reads_time"];
        for spelling in [
            "rtc-pcf8563",
            "rtc_pcf8563",
            "rtc::rtc_pcf8563::reads",
            "pcf8563/r",
        ] {
            assert_eq!(chosen(spelling), time, "{spelling}");
        }
        assert_eq!(chosen("reads").len(), 2);
    }

    #[test]
    fn a_glob_matches_whole_parts() {
        assert_eq!(chosen("iio/light/*").len(), 2);
        assert_eq!(chosen("lm7?"), ["hwmon/lm75/negative_temperature"]);
        assert_eq!(
            chosen("*_is_reported"),
            ["iio/light/opt3001/wrong_id_is_reported"]
        );
        assert!(!Filter::new("opt?").matches("iio/light/opt3001/reads_lux"));
    }

    /// Each `*` used to double the time.
    #[test]
    fn a_glob_of_many_stars_takes_no_time() {
        let path = format!("iio/light/opt3001/{}", "reads_".repeat(20));
        assert!(Filter::new(&format!("{}*", "*e*s".repeat(12))).matches(&path));
        assert!(!Filter::new(&format!("{}x", "*e*s".repeat(12))).matches(&path));
    }

    #[test]
    fn several_filters_add_up() {
        let both = ["lm75".to_owned(), "reads_lux".to_owned()];
        assert_eq!(choose(&tests(), &both).expect("both match").len(), 2);
    }

    #[test]
    fn a_filter_that_matches_nothing_suggests_the_nearest() {
        let error = choose(&tests(), &["op3001".to_owned()]).expect_err("nothing matches");
        assert_eq!(
            error.to_string(),
            "no test matches 'op3001'; nearest: iio/light/opt3001, \
             iio/light/opt3001/reads_lux, iio/light/opt3001/wrong_id_is_reported"
        );
    }

    #[test]
    fn the_whole_path_of_a_test_chooses_it_alone() {
        let mut tests = tests();
        tests.push(Test::new("iio/light/opt3001", "reads_lux_slowly"));
        let only = choose(&tests, &["iio/light/opt3001/reads_lux".to_owned()]);
        assert_eq!(only.expect("the filter matches").len(), 1);
        let both = choose(&tests, &["opt3001/reads_lux".to_owned()]);
        assert_eq!(both.expect("the filter matches").len(), 2);
    }
}
