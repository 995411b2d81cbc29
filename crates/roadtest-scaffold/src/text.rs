// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The files of a new driver test, as texts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use roadtest_report::catalog;

use super::binding::Example;
use super::record::Ran;
use super::seed::Seed;

/// What the driver does with the seeded model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It binds.
    Binds,
    /// Its probe fails with this errno.
    Refuses(String),
}

/// All that the files say.
#[derive(Clone, Debug)]
pub(super) struct Scaffold {
    /// The driver's source, without `.c`.
    pub(super) path: String,
    pub(super) compatible: String,
    pub(super) symbol: String,
    pub(super) name: Option<String>,
    pub(super) address: u16,
    pub(super) interrupt: bool,
    pub(super) example: Option<Example>,
    pub(super) seed: Seed,
    pub(super) ending: Ending,
    /// Contracts that the driver breaks with the seeded model.
    pub(super) violations: Vec<String>,
    /// Reports of the kernel with the seeded model.
    pub(super) reports: Vec<String>,
}

pub(super) fn fragment_file(root: &Path, path: &str) -> PathBuf {
    root.join("kconfig-fragments")
        .join(format!("{path}.config"))
}

pub(super) fn model_file(root: &Path, path: &str) -> PathBuf {
    let path = path.replace('-', "_");
    root.join("crates/roadtest-chips/src")
        .join(format!("{path}.rs"))
}

pub(super) fn test_file(root: &Path, path: &str) -> PathBuf {
    let path = path.replace('-', "_");
    root.join("crates/roadtest-drivers/tests")
        .join(format!("{path}.rs"))
}

impl Scaffold {
    pub(super) fn fragment_file(&self, root: &Path) -> PathBuf {
        fragment_file(root, &self.path)
    }

    pub(super) fn model_file(&self, root: &Path) -> PathBuf {
        model_file(root, &self.path)
    }

    pub(super) fn test_file(&self, root: &Path) -> PathBuf {
        test_file(root, &self.path)
    }

    pub(super) fn snapshot_file(&self, root: &Path) -> PathBuf {
        let directory = root.join("snapshots").join(&self.path);
        directory.join(format!("{}.snap", self.test_name()))
    }

    pub(super) fn test_name(&self) -> &'static str {
        match self.ending {
            Ending::Binds => "the_driver_binds",
            Ending::Refuses(_) => "the_probe_fails_with_the_seeded_model",
        }
    }

    pub(super) fn fragment(&self) -> String {
        format!(
            "# SPDX-License-Identifier: GPL-2.0-only OR MIT\n# drivers/{}.c\n\n{}=m\n",
            self.path, self.symbol
        )
    }

    /// The type's name: `Opt3001`.
    fn type_name(&self) -> String {
        let chip = self.compatible.rsplit(',').next().unwrap_or("chip");
        let words = chip.split(|c: char| !c.is_ascii_alphanumeric());
        let name: String = words
            .filter(|word| !word.is_empty())
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            format!("Chip{name}")
        } else {
            name
        }
    }

    pub(super) fn model(&self) -> String {
        let name = self.type_name();
        let digits = match self.seed.word {
            "u8" => 2,
            "u24be" => 6,
            _ => 4,
        };
        let mut registers = String::new();
        for (address, register) in &self.seed.registers {
            let width = 2 * self.seed.pointer_bytes;
            // Writing to a String cannot fail.
            let _ = writeln!(
                registers,
                "        {} @ 0x{address:0width$x} rw = 0x{:0digits$x};",
                register.name, register.value
            );
        }
        let bytewise = self.seed.word == "u8";
        let increment = if bytewise {
            "    const INCREMENT: Increment = Increment::ByOne;\n"
        } else {
            ""
        };
        let pointer = match self.seed.pointer_bytes {
            1 => String::new(),
            bytes => format!("    const POINTER_BYTES: usize = {bytes};\n"),
        };
        let framing = match format!("{increment}{pointer}") {
            constants if constants.is_empty() => constants,
            constants => format!("\n{constants}"),
        };
        format!(
            include_str!("text/model.rs.in"),
            compatible = self.compatible,
            path = self.path,
            word = self.seed.word,
            increment_type = if bytewise { "Increment, " } else { "" },
            registers = registers,
            name = name,
            framing = framing,
        )
    }

    pub(super) fn test(&self) -> String {
        let name = self.type_name();
        let module = catalog::module(&self.path);
        let properties: &[(String, String)] = self
            .example
            .as_ref()
            .map_or(&[], |example| &example.properties);
        let mut imports = vec!["Board"];
        if self.interrupt {
            imports.push("Edge");
        }
        if let Ending::Refuses(_) = self.ending {
            imports.push("Errno");
        }
        if self.interrupt || !properties.is_empty() {
            imports.push("Placement");
        }
        if properties
            .iter()
            .any(|(_, value)| value.contains("Value::"))
        {
            imports.push("Value");
        }
        let imports = match imports.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("{{{}}}", several.join(", ")),
        };
        format!(
            "// SPDX-License-Identifier: GPL-2.0-only OR MIT\n\
             //! `drivers/{path}.c`, with a model that is a starting point.\n\n\
             use roadtest::{imports};\n\
             use roadtest_chips::{module}::{name};\n\n\
             {doc}#[roadtest::test]\nfn {test}() -> roadtest::Result {{\n    \
             let mut board = Board::new();\n{board}    \
             let uml = board.boot()?;\n{expectations}{ending}    Ok(())\n}}\n",
            path = self.path,
            test = self.test_name(),
            doc = self.test_doc(),
            board = self.board(properties),
            expectations = self.expectations(),
            ending = self.ending(),
        )
    }

    fn test_doc(&self) -> String {
        match &self.ending {
            Ending::Binds => String::new(),
            Ending::Refuses(errno) => format!(
                "/// What happens now: the driver does not find in the model what it looks\n\
                 /// for, and gives up with {errno}. The snapshot ends where it does: let the model\n\
                 /// answer that access as the datasheet says, and turn this into a test that\n\
                 /// the driver binds.\n"
            ),
        }
    }

    fn board(&self, properties: &[(String, String)]) -> String {
        let mut text = String::new();
        if self.interrupt {
            text.push_str("    let int = board.gpio(0);\n");
        }
        if let Some(example) = &self.example {
            let taken = match properties {
                [] => "No properties",
                _ => "Properties",
            };
            let _ = writeln!(
                text,
                "    // {taken} as in the example of\n    // {}.",
                example.file
            );
            if !example.left_out.is_empty() {
                let left_out = example.left_out.join(", ");
                let _ = writeln!(text, "    // Left to the board: {left_out}.");
            }
        }
        let (address, chip) = (self.address, format!("{}::default()", self.type_name()));
        if properties.is_empty() && !self.interrupt {
            let _ = writeln!(text, "    let chip = board.i2c({address:#04x}, {chip});");
            return text;
        }
        let _ = write!(
            text,
            "    let chip = board.i2c(\n        {address:#04x},\n        Placement::of({chip})"
        );
        for (name, value) in properties {
            let _ = write!(text, "\n            .prop(\"{name}\", {value})");
        }
        if self.interrupt {
            text.push_str("\n            .interrupt(&int, Edge::Falling)");
        }
        text.push_str(",\n    );\n");
        text
    }

    fn expectations(&self) -> String {
        let mut text = String::new();
        if !(self.violations.is_empty() && self.reports.is_empty()) {
            text.push_str(
                "    // With the seeded model; a model after the datasheet has no need of it.\n",
            );
        }
        for violation in &self.violations {
            let _ = writeln!(text, "    uml.expect_violation({violation:?});");
        }
        for report in &self.reports {
            let _ = writeln!(text, "    uml.expect_report({report:?});");
        }
        text
    }

    fn ending(&self) -> String {
        match (&self.ending, &self.name) {
            (Ending::Binds, Some(name)) => format!(
                "    let device = uml.bind(&chip)?;\n    \
                 assert_eq!(device.driver().as_deref(), Some(\"{name}\"));\n    \
                 insta::assert_snapshot!(chip.timeline());\n"
            ),
            (Ending::Binds, None) => "    let device = uml.bind(&chip)?;\n    \
                 assert!(device.driver().is_some());\n    \
                 insta::assert_snapshot!(chip.timeline());\n"
                .to_owned(),
            (Ending::Refuses(errno), _) => format!(
                "    let bound = uml.bind(&chip).map(drop).map_err(|error| error.errno());\n    \
                 assert_eq!(bound.err(), Some(Some(Errno::{errno})));\n    \
                 insta::assert_snapshot!(chip.timeline());\n"
            ),
        }
    }

    /// Takes up what a test that failed has shown.
    ///
    /// # Errors
    /// Where it failed for something that no starting point can deal with.
    pub(super) fn learn(&mut self, ran: &Ran) -> anyhow::Result<()> {
        let before = (
            self.seed.clone(),
            self.violations.clone(),
            self.reports.clone(),
        );
        for violation in &ran.violations {
            match address_without_register(violation) {
                Some(address) => self.seed.add(address),
                None if !self.violations.contains(violation) => {
                    self.violations.push(violation.clone());
                }
                None => {}
            }
        }
        for report in &ran.reports {
            if !self.reports.contains(report) {
                self.reports.push(report.clone());
            }
        }
        if before
            != (
                self.seed.clone(),
                self.violations.clone(),
                self.reports.clone(),
            )
        {
            return Ok(());
        }
        if let Some((_, rest)) = ran.reason.split_once("its probe failed with ") {
            let errno: String = rest
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            if self.ending == Ending::Binds {
                self.ending = Ending::Refuses(errno);
                return Ok(());
            }
        }
        anyhow::bail!("the new test fails: {}", ran.reason)
    }

    /// What to do with files whose test was not run.
    pub(super) fn what_next_unrun(&self, kernel: &str) -> String {
        let path = &self.path;
        format!("nothing was run; next: INSTA_UPDATE=always cargo xtask roadtest {path}{kernel}")
    }

    /// What to do with a test that has passed.
    pub(super) fn what_next(&self, kernel: &str) -> String {
        let run = format!("cargo xtask roadtest {}{kernel}", self.path);
        match &self.ending {
            Ending::Binds => format!(
                "the driver binds, and the test passes. Next: the datasheet's registers into the \
                 model, then {run}"
            ),
            Ending::Refuses(errno) => format!(
                "the probe fails with {errno}, which the test says and passes. Next: see the end \
                 of the snapshot for what the driver looks for, then {run}"
            ),
        }
    }
}

/// `read of 0x12, where there is no register`.
fn address_without_register(violation: &str) -> Option<u32> {
    let place = violation.strip_suffix(", where there is no register")?;
    let digits = place.rsplit_once("0x")?.1;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaffold() -> Scaffold {
        Scaffold {
            path: "rtc/rtc-foo".to_owned(),
            compatible: "acme,foo-1".to_owned(),
            symbol: "CONFIG_RTC_FOO".to_owned(),
            name: Some("rtc-foo".to_owned()),
            address: 0x51,
            interrupt: true,
            example: Some(Example {
                file: "Documentation/devicetree/bindings/rtc/foo.yaml".to_owned(),
                properties: vec![("acme,flag".to_owned(), "Value::flag()".to_owned())],
                left_out: vec!["interrupts".to_owned()],
            }),
            seed: Seed::read("#define FOO_REG_ID 0x0f\n", "rtc-foo"),
            ending: Ending::Binds,
            violations: Vec::new(),
            reports: Vec::new(),
        }
    }

    #[test]
    fn the_model_is_marked_as_a_starting_point() {
        insta::assert_snapshot!(scaffold().model());
    }

    #[test]
    fn a_test_says_what_happens_now() {
        let mut scaffold = scaffold();
        let ran = Ran {
            reason: "driver x does not take 0-0051: its probe failed with ENODEV".to_owned(),
            violations: vec!["read of 0x12, where there is no register".to_owned()],
            ..Ran::default()
        };
        scaffold.learn(&ran).expect("the register is added");
        assert_eq!(scaffold.ending, Ending::Binds);
        assert!(scaffold.seed.registers.contains_key(&0x12));
        scaffold.learn(&ran).expect("the errno is taken up");
        insta::assert_snapshot!(scaffold.test());
    }
}
