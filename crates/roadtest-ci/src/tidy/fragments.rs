// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Fragments of kernel configuration are sorted, so that two people who add
//! a symbol each do not meet in the same line. Comments and empty lines part
//! a fragment into blocks, each sorted by itself.

use super::{File, Problem};

/// Checks all fragments.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let fragments = files
        .iter()
        .filter(|file| file.path.starts_with("kconfig-fragments/") && file.has_extension("config"));
    fragments.filter_map(unsorted).collect()
}

fn unsorted(file: &File) -> Option<Problem> {
    let mut last: Option<&str> = None;
    for (number, line) in file.lines() {
        let symbol = symbol(line);
        if let (Some(before), Some(symbol)) = (last, symbol)
            && symbol < before
        {
            return Some(Problem::at(
                file,
                number,
                format!("{symbol} belongs above {before}"),
            ));
        }
        last = symbol;
    }
    None
}

/// `CONFIG_X` of `CONFIG_X=y` and of `# CONFIG_X is not set`.
fn symbol(line: &str) -> Option<&str> {
    let line = line.strip_prefix("# ").unwrap_or(line);
    let end = line.find(['=', ' ']).unwrap_or(line.len());
    line.starts_with("CONFIG_").then(|| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    fn checked(text: &str) -> String {
        told(&check(&[file(
            "kconfig-fragments/iio/light/opt3001.config",
            text,
        )]))
    }

    #[test]
    fn each_block_is_sorted_by_itself() {
        assert_eq!(
            checked("CONFIG_B=y\n# CONFIG_C is not set\n\nCONFIG_A=y\n"),
            ""
        );
    }

    #[test]
    fn what_is_out_of_order_is_named() {
        let found = checked("CONFIG_IIO=y\nCONFIG_I2C=y\n");
        assert!(
            found.ends_with(":2: CONFIG_I2C belongs above CONFIG_IIO"),
            "{found}"
        );
    }
}
