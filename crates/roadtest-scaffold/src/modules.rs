// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The `mod` lines of a new model and a new test, each at its place in the
//! alphabet as far as the list is sorted.

use std::path::Path;

use anyhow::Context as _;

use super::Changes;

/// Declares the model in every module above it; modules that are missing are
/// created.
///
/// # Errors
/// Where a file cannot be read or written.
pub(super) fn declare_chip(root: &Path, path: &str, changes: &mut Changes) -> anyhow::Result<()> {
    let parts: Vec<String> = path.split('/').map(|part| part.replace('-', "_")).collect();
    let source = root.join("crates/roadtest-chips/src");
    for depth in 0..parts.len() {
        let file = match depth {
            0 => source.join("lib.rs"),
            _ => source.join(parts[..depth].join("/")).with_extension("rs"),
        };
        let text = if file.exists() {
            read(&file)?
        } else {
            format!(
                "// SPDX-License-Identifier: GPL-2.0-only OR MIT\n\
                 //! Chips whose drivers are in `drivers/{}/`.\n\n",
                path.split('/').take(depth).collect::<Vec<_>>().join("/")
            )
        };
        let changed = insert(&text, "pub mod ", &parts[depth..=depth]);
        if changed != text {
            changes.write(&file, &changed)?;
        }
    }
    Ok(())
}

/// Declares the test in the list of all.
///
/// # Errors
/// Where it cannot be read or written.
pub(super) fn declare_test(root: &Path, path: &str, changes: &mut Changes) -> anyhow::Result<()> {
    let parts: Vec<String> = path.split('/').map(|part| part.replace('-', "_")).collect();
    let file = root.join("crates/roadtest-drivers/tests/drivers.rs");
    let text = read(&file)?;
    changes.write(&file, &insert(&text, "mod ", &parts))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The text with a declaration of `parts`, each inside the one before.
fn insert(text: &str, keyword: &str, parts: &[String]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let end = lines.len();
    insert_between(&mut lines, 0, end, keyword, 0, parts);
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn insert_between(
    lines: &mut Vec<String>,
    from: usize,
    to: usize,
    keyword: &str,
    depth: usize,
    parts: &[String],
) {
    let Some((name, rest)) = parts.split_first() else {
        return;
    };
    let indent = "    ".repeat(depth);
    let start = format!("{indent}{keyword}");
    let siblings: Vec<(usize, String)> = (from..to)
        .filter_map(|at| {
            let name = lines[at].strip_prefix(&start)?;
            Some((at, name.trim_end_matches([';', '{', ' ']).to_owned()))
        })
        .collect();
    let close = |lines: &[String], at: usize| {
        if lines[at].ends_with('{') {
            (at..to)
                .find(|&line| lines[line] == format!("{indent}}}"))
                .unwrap_or(at)
        } else {
            at
        }
    };
    if let Some((at, _)) = siblings.iter().find(|(_, sibling)| sibling == name) {
        if lines[*at].ends_with('{') {
            let end = close(lines, *at);
            insert_between(lines, at + 1, end, keyword, depth + 1, rest);
        }
        return;
    }
    let at = match siblings.iter().find(|(_, sibling)| sibling > name) {
        Some((at, _)) => *at,
        None => siblings.last().map_or(to, |(at, _)| close(lines, *at) + 1),
    };
    let mut block = Vec::new();
    for (level, part) in parts.iter().enumerate() {
        let indent = "    ".repeat(depth + level);
        let end = if level + 1 == parts.len() { ";" } else { " {" };
        block.push(format!("{indent}{keyword}{part}{end}"));
    }
    for level in (0..rest.len()).rev() {
        block.push(format!("{}}}", "    ".repeat(depth + level)));
    }
    lines.splice(at..at, block);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "//! Tests.\n\nmod hwmon {\n    mod lm75;\n    mod pmbus {\n        mod ltc2978;\n    }\n    mod tmp401;\n}\nmod rtc {\n    mod rtc_pcf8563;\n}\nmod i2c {\n}\n";

    fn with(path: &str) -> String {
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        insert(LIST, "mod ", &parts)
    }

    #[test]
    fn a_test_comes_to_its_place_among_others() {
        assert!(with("hwmon/tmp102").contains("    }\n    mod tmp102;\n    mod tmp401;\n"));
        assert!(with("hwmon/zl6100").contains("    mod tmp401;\n    mod zl6100;\n}\n"));
        assert!(
            with("hwmon/pmbus/adm1275").contains("        mod adm1275;\n        mod ltc2978;\n")
        );
    }

    #[test]
    fn directories_that_are_missing_are_made() {
        let text = with("iio/light/foo");
        let block = "mod iio {\n    mod light {\n        mod foo;\n    }\n}\nmod rtc {\n";
        assert!(text.contains(block), "{text}");
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        assert_eq!(with("hwmon/lm75"), LIST);
    }
}
