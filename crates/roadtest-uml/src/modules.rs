// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What modules say about themselves: the `.modinfo` section, in which
//! `depends=`, `name=` and `alias=` are strings that end in NUL
//! (include/linux/moduleparam.h and scripts/mod/modpost.c of the kernel).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection};
use roadtest_record::kernel::Module;

use crate::error::Error;

/// A module, where kbuild has put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its name, with `-` written as `_`.
    pub name: String,
    /// The `.ko` file.
    pub file: PathBuf,
    /// What it says about itself; `file` is not filled in.
    pub module: Module,
}

/// The modules that kbuild has built in `output`, as its `modules.order`
/// lists them.
///
/// # Errors
/// Where one is missing or malformed, or depends on one that is not there.
pub fn built(output: &Path) -> Result<Vec<Built>, Error> {
    let order = output.join("modules.order");
    let text = fs::read_to_string(&order).map_err(Error::io("read", &order))?;
    let modules = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            // `.ko` before 6.4, `.o` since.
            let file = output.join(line.trim()).with_extension("ko");
            let bytes = fs::read(&file).map_err(Error::io("read", &file))?;
            parse(&file, &bytes)
        })
        .collect::<Result<Vec<_>, _>>()?;
    for built in &modules {
        for needs in &built.module.depends {
            if !modules.iter().any(|m| m.name == *needs) {
                return Err(Error::ModuleAbsent {
                    module: built.name.clone(),
                    needs: needs.clone(),
                });
            }
        }
    }
    Ok(modules)
}

/// The modules as the manifest has them, with files below the guest's root.
pub fn manifest(modules: &[Built]) -> BTreeMap<String, Module> {
    modules
        .iter()
        .map(|built| {
            let module = Module {
                file: Path::new("modules").join(built.file.file_name().unwrap_or_default()),
                ..built.module.clone()
            };
            (built.name.clone(), module)
        })
        .collect()
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Built, Error> {
    let bad = |problem: &str| Error::Module {
        file: file.to_owned(),
        problem: problem.to_owned(),
    };
    let elf = object::File::parse(bytes).map_err(|error| bad(&error.to_string()))?;
    let section = elf
        .section_by_name(".modinfo")
        .ok_or_else(|| bad("it has no section .modinfo"))?;
    let data = section.data().map_err(|error| bad(&error.to_string()))?;
    let mut name = None;
    let mut module = Module::default();
    for (key, value) in strings(data) {
        match key {
            "name" => name = Some(value.replace('-', "_")),
            "alias" => module.aliases.push(value.to_owned()),
            "depends" => {
                let names = value.split(',').filter(|name| !name.is_empty());
                module.depends = names.map(|name| name.replace('-', "_")).collect();
            }
            _ => {}
        }
    }
    Ok(Built {
        name: name.ok_or_else(|| bad("its .modinfo has no name"))?,
        file: file.to_owned(),
        module,
    })
}

/// The `key=value` strings of a `.modinfo` section; anything else is passed
/// over.
fn strings(data: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    data.split(|byte| *byte == 0)
        .filter_map(|bytes| std::str::from_utf8(bytes).ok()?.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_modinfo_are_split_at_the_first_equals_sign() {
        let data = b"license=GPL\0\0alias=of:N*T*Cti,opt3001C*\0junk\0parm=a=b\0\xff=\0depends=";
        let found: Vec<_> = strings(data).collect();
        assert_eq!(
            found,
            [
                ("license", "GPL"),
                ("alias", "of:N*T*Cti,opt3001C*"),
                ("parm", "a=b"),
                ("depends", "")
            ]
        );
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let error = parse(Path::new("a.ko"), b"no ELF").unwrap_err().to_string();
        assert!(
            error.starts_with("a.ko is not a kernel module: "),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_is_no_module_is_refused() {
        let program = std::env::current_exe().unwrap();
        let bytes = fs::read(program).unwrap();
        let error = parse(Path::new("a.ko"), &bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.ko is not a kernel module: it has no section .modinfo"
        );
    }
}
