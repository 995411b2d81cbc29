// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The driver that a kernel tree has for a compatible: its source, its
//! module and its Kconfig symbol, as far as the text of the tree says. No C is
//! parsed: these are the few idioms that every driver follows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use walkdir::WalkDir;

use roadtest_command::exit;

/// What the tree says about the driver of a compatible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Driver {
    /// The source below `drivers/`, without `.c`: `iio/light/opt3001`.
    pub(super) path: String,
    /// The source and the headers beside it that it includes.
    pub(super) text: String,
    /// `CONFIG_OPT3001`.
    pub(super) symbol: String,
    /// What the driver calls itself, where the source says so as a string.
    pub(super) name: Option<String>,
}

/// Looks for the driver of `compatible`; `wanted` decides where a chip has
/// several (one for each bus).
///
/// # Errors
/// Where no I2C driver claims it, with the nearest that are claimed; where the
/// driver's source is not `wanted`.
pub(super) fn find(tree: &Path, compatible: &str, wanted: &str) -> anyhow::Result<Driver> {
    let mut claimed = BTreeSet::new();
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let drivers = tree.join("drivers");
    for entry in WalkDir::new(&drivers).sort_by_file_name() {
        let entry = entry.context("cannot read the kernel's drivers")?;
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        if !text.contains("i2c_driver") {
            continue;
        }
        let here = compatibles(&text);
        if here.contains(&compatible) {
            let below = path.strip_prefix(&drivers).unwrap_or(path);
            let below = below.with_extension("").to_string_lossy().into_owned();
            found.push((below, path.to_owned()));
        }
        claimed.extend(here.into_iter().map(str::to_owned));
    }
    let Some((path, file)) = found
        .iter()
        .find(|(path, _)| path == wanted)
        .or(found.first())
    else {
        return Err(exit::usage(unclaimed(compatible, &claimed)));
    };
    if path != wanted {
        return Err(exit::usage(format!(
            "{compatible} is driven by drivers/{path}.c, so its test belongs to {path}, not {wanted}"
        )));
    }
    let symbol = symbol(file)?;
    let source = std::fs::read_to_string(file).unwrap_or_default();
    Ok(Driver {
        path: path.clone(),
        name: name(&source),
        text: with_headers(file, source),
        symbol,
    })
}

/// The symbol, or, where it has no prompt, the one that selects it.
///
/// # Errors
/// Where the Kconfig files cannot be read, or the symbol is not in them.
pub(super) fn settable(tree: &Path, symbol: &str) -> anyhow::Result<String> {
    let kconfig = roadtest_kconfig::Tree::read(tree)?;
    let has_prompt = |symbol: &str| kconfig.definitions(symbol).iter().any(|one| one.prompt);
    let bare = symbol.strip_prefix("CONFIG_").unwrap_or(symbol);
    if kconfig.definitions(bare).is_empty() {
        anyhow::bail!("a UML kernel does not know {symbol}, which the driver is built for");
    }
    if has_prompt(bare) {
        return Ok(symbol.to_owned());
    }
    let mut selects = kconfig.selected_by(bare).iter();
    match selects.find(|select| has_prompt(&select.by)) {
        Some(select) => Ok(format!("CONFIG_{}", select.by)),
        None => Ok(symbol.to_owned()),
    }
}

/// The strings behind `compatible =`.
fn compatibles(text: &str) -> Vec<&str> {
    text.match_indices(".compatible")
        .filter_map(|(at, _)| {
            let rest = text[at + ".compatible".len()..].trim_start();
            let rest = rest.strip_prefix('=')?.trim_start().strip_prefix('"')?;
            Some(&rest[..rest.find('"')?])
        })
        .collect()
}

fn unclaimed(compatible: &str, claimed: &BTreeSet<String>) -> String {
    let mut nearest: Vec<(f64, &String)> = claimed
        .iter()
        .map(|one| (strsim::jaro_winkler(one, compatible), one))
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<&str> = nearest
        .iter()
        .take(3)
        .map(|(_, one)| one.as_str())
        .collect();
    format!(
        "no I2C driver of this kernel claims '{compatible}'; nearest: {}",
        names.join(", ")
    )
}

/// The name in the `i2c_driver`.
fn name(text: &str) -> Option<String> {
    let driver = &text[text.find("struct i2c_driver ")?..];
    let name = driver[driver.find(".name")?..].split(',').next()?;
    Some(name.split('"').nth(1)?.to_owned())
}

/// Headers of the same directory hold the registers of larger drivers.
fn with_headers(file: &Path, source: String) -> String {
    let directory = file.parent().unwrap_or(file);
    let mut all = source.clone();
    for line in source.lines() {
        let included = line
            .strip_prefix("#include \"")
            .and_then(|rest| rest.split('"').next());
        if let Some(text) =
            included.and_then(|name| std::fs::read_to_string(directory.join(name)).ok())
        {
            all.push_str(&text);
        }
    }
    all
}

/// The symbol in the Makefile beside the source: of its own object, or of the
/// module that the object is part of.
fn symbol(file: &Path) -> anyhow::Result<String> {
    let makefile = file.with_file_name("Makefile");
    let text = std::fs::read_to_string(&makefile)
        .with_context(|| format!("cannot read {}", makefile.display()))?
        .replace("\\\n", " ");
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut object = format!("{stem}.o");
    // A module of several objects is one more step away.
    for _ in 0..3 {
        for line in text.lines() {
            let Some((left, right)) = line.split_once('=') else {
                continue;
            };
            let left = left.trim_end_matches(['+', ':', ' ', '\t']);
            if !right.split_whitespace().any(|word| word == object) {
                continue;
            }
            if let Some(symbol) = left
                .strip_prefix("obj-$(")
                .and_then(|rest| rest.strip_suffix(')'))
            {
                return Ok(symbol.to_owned());
            }
            if let Some((module, _)) = left.rsplit_once('-') {
                object = format!("{module}.o");
                break;
            }
        }
    }
    anyhow::bail!(
        "{} does not say which symbol builds {stem}.c",
        makefile.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let drivers = directory.path().join("drivers/iio/light");
        std::fs::create_dir_all(&drivers).expect("created");
        let source = "#include \"foo.h\"\nstatic struct i2c_driver foo = {\n.driver = {\n\
            .name = \"foo\",\n} };\n{ .compatible = \"acme,foo\" },\n";
        std::fs::write(drivers.join("foo-i2c.c"), source).expect("written");
        std::fs::write(drivers.join("foo.h"), "#define FOO_REG_ID 0x0f\n").expect("written");
        let makefile = "obj-$(CONFIG_FOO) += foo.o\nfoo-y := foo-core.o \\\n foo-i2c.o\n";
        std::fs::write(drivers.join("Makefile"), makefile).expect("written");
        directory
    }

    #[test]
    fn a_compatible_leads_to_source_symbol_and_name() {
        let tree = tree();
        let driver = find(tree.path(), "acme,foo", "iio/light/foo-i2c").expect("claimed");
        assert_eq!(driver.symbol, "CONFIG_FOO");
        assert_eq!(driver.name.as_deref(), Some("foo"));
        assert!(driver.text.contains("FOO_REG_ID"));
    }

    #[test]
    fn a_compatible_that_no_driver_claims_gives_the_nearest() {
        let error = find(tree().path(), "acme,fo", "iio/light/foo").expect_err("unclaimed");
        assert_eq!(
            error.to_string(),
            "no I2C driver of this kernel claims 'acme,fo'; nearest: acme,foo"
        );
    }

    #[test]
    fn a_test_lies_where_its_driver_does() {
        let error = find(tree().path(), "acme,foo", "hwmon/foo").expect_err("elsewhere");
        assert!(
            error.to_string().contains("drivers/iio/light/foo-i2c.c"),
            "{error}"
        );
    }
}
