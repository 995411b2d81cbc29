// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The name of a source package, as users write it. Downloading one is in
//! `apt`, and what it unpacks to is a `Source`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A source package: `debian:VERSION` or `debian:VERSION@SUITE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `6.12`
    pub version: String,
    /// The suite, where it is not one that the machine is configured with:
    /// `trixie-backports`.
    pub suite: Option<String>,
}

impl Package {
    /// The name of the package: `linux-source-6.12`.
    pub fn package(&self) -> String {
        format!("linux-source-{}", self.version)
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "debian:{}", self.version)?;
        match &self.suite {
            Some(suite) => write!(f, "@{suite}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Package {
    type Err = Error;

    /// # Errors
    /// [`Error::Name`] where it is not `debian:VERSION[@SUITE]`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let error = || Error::Name(text.to_owned());
        let rest = text.strip_prefix("debian:").ok_or_else(error)?;
        let (version, suite) = match rest.split_once('@') {
            Some((version, suite)) => (version, Some(suite)),
            None => (rest, None),
        };
        // Why so strict: both become part of paths and of apt's input.
        let word = |text: &str, extra: &[char]| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || extra.contains(&c))
        };
        let digit = version.starts_with(|c: char| c.is_ascii_digit());
        if !digit || !word(version, &['.', '-', '~', '+']) {
            return Err(error());
        }
        if suite.is_some_and(|suite| !word(suite, &['.', '-', '/', '_']) || suite.contains("..")) {
            return Err(error());
        }
        Ok(Package {
            version: version.to_owned(),
            suite: suite.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_written_back() {
        for name in ["debian:6.12", "debian:7.3@trixie-backports"] {
            assert_eq!(name.parse::<Package>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "6.12",
            "debian:",
            "debian:x",
            "debian:6.12@",
            "debian:6.1 2",
            "debian:6.12@a/../b",
            "debian:../6",
            "ubuntu:6.8",
        ] {
            assert!(
                matches!(name.parse::<Package>(), Err(Error::Name(_))),
                "{name}"
            );
        }
    }
}
