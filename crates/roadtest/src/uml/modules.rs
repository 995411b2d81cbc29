// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's modules: loaded after what they depend on, unloaded, and found
//! by the devices that they claim.

use std::path::Path;

use roadtest_wire::Request;

use super::{Inner, Uml};
use crate::errno::Errno;

impl Uml {
    /// Loads a module and what it depends on, unless it is loaded already.
    ///
    /// # Errors
    /// `ENOENT` where the kernel has no such module; else what the kernel
    /// refused it with.
    pub fn load(&self, module: &str) -> Result<(), Errno> {
        self.load_with(module, "")
    }

    /// Loads a module with parameters, `name=value` separated by blanks.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(&self, module: &str, parameters: &str) -> Result<(), Errno> {
        self.inner.load_module(module, parameters)
    }

    /// Unloads a module.
    ///
    /// # Errors
    /// What the kernel refused it with: `EBUSY` or `EAGAIN` where it is in
    /// use.
    pub fn unload(&self, module: &str) -> Result<(), Errno> {
        let name = module.replace('-', "_");
        let what = format!("unload {name}");
        let request = Request::UnloadModule { name };
        self.inner.request(&what, &request)
    }
}

impl Inner {
    pub(super) fn load_module(&self, module: &str, parameters: &str) -> Result<(), Errno> {
        let name = module.replace('-', "_");
        let mut order = Vec::new();
        self.load_order(&name, &mut order);
        for module in order {
            // Why load one that is not there: the kernel is to say so.
            let file = match self.kernel.modules.get(&module) {
                Some(known) => known.file.clone(),
                None => format!("modules/{module}.ko").into(),
            };
            let parameters = if module == name { parameters } else { "" };
            let request = Request::LoadModule {
                path: Path::new("/").join(file).to_string_lossy().into_owned(),
                parameters: parameters.to_owned(),
            };
            match self.request(&format!("load {module}"), &request) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// A module after all that it depends on.
    fn load_order(&self, name: &str, order: &mut Vec<String>) {
        if order.iter().any(|module| module == name) {
            return;
        }
        let depends = self.kernel.modules.get(name).map(|module| &module.depends);
        for dependency in depends.into_iter().flatten() {
            self.load_order(dependency, order);
        }
        order.push(name.to_owned());
    }

    /// The module that claims a device, by its modalias.
    pub(super) fn module_for(&self, modalias: &str) -> Option<String> {
        let claims = |pattern: &String| matches(pattern, modalias);
        self.kernel
            .modules
            .iter()
            .find(|(_, module)| module.aliases.iter().any(claims))
            .map(|(name, _)| name.clone())
    }
}

/// Whether a module alias, with `*` and `?`, claims a modalias.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut retry {
                Some((after, from)) => {
                    *from += 1;
                    (p, t) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_claims_the_devices_that_its_stars_allow() {
        let modalias = "of:Nopt3001T(null)Cti,opt3001";
        assert!(matches("of:N*T*Cti,opt3001", modalias));
        assert!(matches("of:N*T*Cti,opt3001*", modalias));
        assert!(!matches("of:N*T*Cti,opt3002", modalias));
        assert!(matches("i2c:?pt3001", "i2c:opt3001"));
        assert!(!matches("i2c:opt300", "i2c:opt3001"));
        assert!(matches("*", ""));
    }
}
