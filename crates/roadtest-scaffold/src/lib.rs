// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo xtask new`: model, test, fragment and snapshot for a driver that the
//! kernel has, passing at once. What the tree knows is taken from it; what the
//! driver does with the model, running the test shows. The result is a
//! starting point that says so, and no description of the chip.

mod binding;
mod driver;
mod modules;
mod record;
mod seed;
mod text;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use roadtest_command::exit::{self, Done};
use roadtest_command::{console, leftovers, workspace};
use roadtest_report::catalog;
use roadtest_report::report::Verbosity;
use roadtest_run::kernel::{self, KernelArgs};

use text::{Ending, Scaffold};

/// How often the driver may ask for something that the model lacks.
const ATTEMPTS: usize = 6;

/// Write model, test, fragment and snapshot for a driver.
#[derive(clap::Args)]
pub struct Args {
    /// The driver's source below the kernel's drivers/, without .c: iio/light/opt3001
    driver: String,
    /// The compatible of the chip: ti,opt3001
    #[arg(long, value_name = "VENDOR,CHIP")]
    compatible: String,
    /// The chip's address on the I2C bus: 0x44
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    i2c: u16,
    /// Connect the chip's interrupt output to a line
    #[arg(long)]
    irq: bool,
    /// Only write: build no kernel, run nothing, take no snapshot
    #[arg(long)]
    files_only: bool,
    #[command(flatten)]
    kernel: KernelArgs,
}

fn address(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    match parsed {
        Ok(address @ 0x08..=0x77) => Ok(address),
        Ok(_) => Err("a chip's address is 0x08 to 0x77".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs the verb.
///
/// # Errors
/// Where no driver claims the compatible, something of it exists already, or
/// the test cannot be made to say what the driver does.
pub fn run(args: &Args) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    let path = args.driver.trim_end_matches(".c").trim_matches('/');
    check_path(path)?;
    refuse_to_overwrite(&root, path)?;
    if !args.files_only {
        kernel::preflight(&root, &args.kernel)?;
    }
    let _lock = workspace::lock(&root)?;
    leftovers::remove_dead_aloud();
    let tree = kernel::source(&root, &args.kernel)?;
    let mut scaffold = plan(&tree, args, path)?;
    let mut changes = Changes::default();
    let made = make(&root, args, &mut scaffold, &mut changes);
    if made.is_err() {
        changes.undo();
    }
    made?;
    for file in changes.files() {
        let file = file.strip_prefix(&root).unwrap_or(file);
        console::status("Wrote", &file.display().to_string());
    }
    let kernel = args.kernel.again();
    console::line(&if args.files_only {
        scaffold.what_next_unrun(&kernel)
    } else {
        scaffold.what_next(&kernel)
    });
    Ok(Done::AllPassed)
}

/// What the kernel's tree says about the driver.
fn plan(tree: &Path, args: &Args, path: &str) -> anyhow::Result<Scaffold> {
    let driver = driver::find(tree, &args.compatible, path)?;
    Ok(Scaffold {
        seed: seed::Seed::read(&driver.text, path.rsplit('/').next().unwrap_or(path)),
        symbol: driver::settable(tree, &driver.symbol)?,
        name: driver.name,
        example: binding::find(tree, &args.compatible),
        path: driver.path,
        compatible: args.compatible.clone(),
        address: args.i2c,
        interrupt: args.irq,
        ending: Ending::Binds,
        violations: Vec::new(),
        reports: Vec::new(),
    })
}

fn make(
    root: &Path,
    args: &Args,
    scaffold: &mut Scaffold,
    changes: &mut Changes,
) -> anyhow::Result<()> {
    changes.write(&scaffold.fragment_file(root), &scaffold.fragment())?;
    modules::declare_chip(root, &scaffold.path, changes)?;
    modules::declare_test(root, &scaffold.path, changes)?;
    write_code(root, scaffold, changes)?;
    if args.files_only {
        return Ok(());
    }
    let manifest = workspace::manifest(root);
    let kernel = kernel::build(root, &manifest, &args.kernel, Verbosity::Normal)?;
    if let Some(reason) = kernel.unavailable.get(&scaffold.path) {
        anyhow::bail!("this kernel cannot have {}: {reason}", scaffold.path);
    }
    for _ in 0..ATTEMPTS {
        let test = scaffold.test_name();
        let name = format!("{}::{test}", catalog::module(&scaffold.path));
        console::status("Running", &name);
        let snapshot = scaffold.snapshot_file(root);
        changes.will_appear(&snapshot);
        let ran = record::run(root, &manifest, &scaffold.path, &name)?;
        if ran.passed {
            return Ok(());
        }
        // What an attempt that failed saw is not what the test promises.
        drop(std::fs::remove_file(&snapshot));
        scaffold.learn(&ran)?;
        write_code(root, scaffold, changes)?;
    }
    anyhow::bail!(
        "the driver asks for something else at every attempt; is the model's word format right?"
    )
}

fn write_code(root: &Path, scaffold: &Scaffold, changes: &mut Changes) -> anyhow::Result<()> {
    let (model, test) = (scaffold.model_file(root), scaffold.test_file(root));
    changes.write(&model, &scaffold.model())?;
    changes.write(&test, &scaffold.test())?;
    let mut format = std::process::Command::new("rustfmt");
    format.args(["--edition", "2024"]).args([&model, &test]);
    // Why: without rustfmt the files are as right, and less pretty.
    drop(roadtest_command::process::capture(
        format.stderr(std::process::Stdio::null()),
    ));
    Ok(())
}

fn check_path(path: &str) -> anyhow::Result<()> {
    let good = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
    };
    if path.contains('/') && path.split('/').all(good) {
        Ok(())
    } else {
        Err(exit::usage(format!(
            "'{path}' is no path of a driver such as iio/light/opt3001"
        )))
    }
}

fn refuse_to_overwrite(root: &Path, path: &str) -> anyhow::Result<()> {
    let files = [
        text::fragment_file(root, path),
        text::model_file(root, path),
        text::test_file(root, path),
        root.join("snapshots").join(path),
    ];
    match files.iter().find(|file| file.exists()) {
        None => Ok(()),
        Some(file) => Err(exit::usage(format!(
            "{} exists, and nothing is overwritten",
            file.strip_prefix(root).unwrap_or(file).display()
        ))),
    }
}

/// The files that were changed, with what they were before.
#[derive(Default)]
struct Changes {
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Changes {
    /// Writes a file, with its directories.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn write(&mut self, file: &Path, text: &str) -> anyhow::Result<()> {
        self.will_appear(file);
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot create {}", directory.display()))?;
        }
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Another program will write this file.
    fn will_appear(&mut self, file: &Path) {
        if !self.before.iter().any(|(known, _)| known == file) {
            self.before
                .push((file.to_owned(), std::fs::read(file).ok()));
        }
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        let files = self.before.iter().map(|(file, _)| file.as_path());
        files.filter(|file| file.exists())
    }

    /// Puts everything back.
    fn undo(&mut self) {
        for (file, before) in self.before.drain(..).rev() {
            // The first error is the one to tell.
            drop(match before {
                Some(before) => std::fs::write(&file, before),
                None => std::fs::remove_file(&file),
            });
            // Directories that were made for it go with it; others are not
            // empty.
            let directories = file.ancestors().skip(1).take(4);
            for directory in directories {
                if std::fs::remove_dir(directory).is_err() {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(driver: &str) -> Args {
        Args {
            driver: driver.to_owned(),
            compatible: "acme,foo".to_owned(),
            i2c: 0x44,
            irq: true,
            files_only: true,
            kernel: KernelArgs::default(),
        }
    }

    fn put(directory: &Path, file: &str, text: &str) {
        let file = directory.join(file);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("created");
        std::fs::write(file, text).expect("written");
    }

    /// A kernel with one driver.
    fn tree() -> tempfile::TempDir {
        let tree = tempfile::tempdir().expect("a directory");
        let source = "#define FOO_REG_ID 0x0f\n#define FOO_ID 0x33\nif (id != FOO_ID)\n\
            struct i2c_driver foo = { .driver = { .name = \"foo\", } };\n\
            { .compatible = \"acme,foo\" },\n";
        put(tree.path(), "drivers/iio/acme/rtc-foo.c", source);
        put(
            tree.path(),
            "drivers/iio/acme/Makefile",
            "obj-$(CONFIG_FOO) += rtc-foo.o\n",
        );
        put(tree.path(), "Kconfig", "config FOO\n\ttristate \"foo\"\n");
        let binding = "\nexamples:\n  - |\n    a@1 { compatible = \"acme,foo\"; reg = <1>;\n\
            acme,flag; acme,table = <1 2>; };\n";
        let directory = "Documentation/devicetree/bindings/iio";
        put(tree.path(), &format!("{directory}/acme,foo.yaml"), binding);
        tree
    }

    /// The workspace without what was built, in a directory that can be
    /// changed.
    fn copy_of_workspace() -> (PathBuf, tempfile::TempDir) {
        let root = workspace::root().expect("a workspace");
        let copy = tempfile::tempdir().expect("a directory");
        workspace::copy(&root, copy.path()).expect("copied");
        (root, copy)
    }

    #[test]
    fn what_is_written_compiles_and_can_be_undone() {
        let (root, copy) = copy_of_workspace();
        let tree = tree();
        let path = "iio/acme/rtc-foo";
        let args = args(path);
        let mut scaffold = plan(tree.path(), &args, path).expect("a driver");
        let mut changes = Changes::default();
        make(copy.path(), &args, &mut scaffold, &mut changes).expect("written");
        let error = refuse_to_overwrite(copy.path(), path).expect_err("it exists");
        assert!(
            error.to_string().contains("nothing is overwritten"),
            "{error}"
        );

        let mut command = roadtest_command::process::cargo(copy.path());
        command.args(["check", "--quiet", "--package", workspace::DRIVERS]);
        // Why not the usual one: cargo takes the packages of the copy for those
        // of this workspace, and replaces what the tests after this one need.
        command
            .args(["--tests", "--target-dir"])
            .arg(root.join("target/scaffold"));
        command.stderr(std::process::Stdio::piped());
        let output = roadtest_command::process::capture(&mut command).expect("cargo starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");

        changes.undo();
        refuse_to_overwrite(copy.path(), path).expect("nothing is left");
        let list = "crates/roadtest-drivers/tests/drivers.rs";
        let read = |directory: &Path| std::fs::read_to_string(directory.join(list)).expect("read");
        assert_eq!(read(copy.path()), read(&root));
    }

    #[test]
    fn a_path_is_one_of_a_driver() {
        assert!(check_path("iio/light/opt3001").is_ok());
        for bad in ["opt3001", "iio/../x", "iio//x", "/", "iio/Light"] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }
}
