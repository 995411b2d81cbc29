// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Names and texts in the characters that the format, and the readers of it,
//! can take.

use std::collections::BTreeSet;

/// A name, without what ends or divides one in the format (a space, `$`), or
/// where sigrok is told of it (`:`, `=`, `,`), and never empty.
pub(super) fn name(text: &str) -> String {
    let clean = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c,
        '_' | '-' | '.' | '/' | '+' => c,
        _ => '_',
    };
    match text {
        "" => "_".to_owned(),
        text => text.chars().map(clean).collect(),
    }
}

/// A text without what ends one in this format, and never empty.
pub(super) fn word(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    let clean = |c: char| match c {
        '\\' => '/',
        c if c.is_ascii_graphic() => c,
        _ => '_',
    };
    text.chars().map(clean).collect()
}

/// The names of one scope.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The name that stands for `text`; another text has another.
    pub(super) fn unique(&mut self, text: &str) -> String {
        let name = name(text);
        let mut unique = name.clone();
        let mut number = 2;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_stay_different() {
        let mut names = Names::default();
        let given = ["a b", "a:b", "a_b", "$end", "", "é"];
        let unique = given.map(|text| names.unique(text));
        assert_eq!(unique, ["a_b", "a_b_2", "a_b_3", "_end", "_", "__2"]);
    }
}
