// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One file under `kconfig-fragments/`: a list of requests. It does not say
//! what they lead to; see [`mod@crate::verify`].
//!
//! A line is `CONFIG_X=` and a value, or `# CONFIG_X is not set`, or a
//! comment. A request may end in `# optional: REASON`: a kernel that does not
//! grant it, because it lacks the symbol or what that depends on, is then good
//! enough without it.

use std::path::{Path, PathBuf};

use crate::value::Value;

/// One file under `kconfig-fragments/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Its path below `kconfig-fragments/` without `.config`:
    /// `iio/light/opt3001`, `base`.
    pub name: String,
    /// The file, as messages name it.
    pub file: PathBuf,
    /// What it asks for, in the order of its lines.
    pub requests: Vec<Request>,
}

/// One line of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// What it shall be.
    pub value: Value,
    /// The line, counted from 1.
    pub line: usize,
    /// Why a kernel is good enough without it; `None` where it must have it.
    pub optional: Option<String>,
}

/// A fragment that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line is not a request.
    #[error("{}:{line}: {problem}: `{text}`", file.display())]
    Line {
        /// Which file.
        file: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
        /// The line.
        text: String,
    },
    /// A symbol is requested twice by one file.
    #[error("{}:{second}: CONFIG_{symbol} was requested in line {first} already", file.display())]
    Twice {
        /// Which file.
        file: PathBuf,
        /// Which symbol.
        symbol: String,
        /// The first line.
        first: usize,
        /// The second line.
        second: usize,
    },
    /// The file cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The directory has no fragment at all, or not the one that was asked
    /// for.
    #[error("there is no fragment {name}.config in {}", directory.display())]
    Missing {
        /// Which fragment.
        name: String,
        /// Where it should be.
        directory: PathBuf,
    },
}

impl Fragment {
    /// Reads a fragment from its text.
    ///
    /// # Errors
    /// Where a line is no request, or a symbol is requested twice.
    pub fn parse(name: &str, file: &Path, text: &str) -> Result<Self, Error> {
        let mut requests: Vec<Request> = Vec::new();
        for (index, raw) in text.lines().enumerate() {
            let line = index + 1;
            let request = parse_line(raw.trim(), line).map_err(|problem| Error::Line {
                file: file.to_owned(),
                line,
                problem,
                text: raw.trim().to_owned(),
            })?;
            let Some(request) = request else { continue };
            if let Some(first) = requests.iter().find(|r| r.symbol == request.symbol) {
                return Err(Error::Twice {
                    file: file.to_owned(),
                    first: first.line,
                    second: line,
                    symbol: request.symbol,
                });
            }
            requests.push(request);
        }
        Ok(Fragment {
            name: name.to_owned(),
            file: file.to_owned(),
            requests,
        })
    }

    /// Reads every fragment below `directory`, sorted by name. Of the files in
    /// `directory` itself only `base` and `agent` are taken, and those named
    /// in `extra` (`sanitize`).
    ///
    /// # Errors
    /// Where a file cannot be read or is no fragment, where `base`, `agent` or
    /// one of `extra` is missing.
    pub fn load_all(directory: &Path, extra: &[&str]) -> Result<Vec<Self>, Error> {
        let mut wanted = vec!["agent", "base"];
        wanted.extend(extra);
        let mut fragments = Vec::new();
        for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
            let entry = entry.map_err(|error| Error::Read {
                file: error.path().unwrap_or(directory).to_owned(),
                source: error.into(),
            })?;
            let path = entry.path();
            if path.extension().is_none_or(|ext| ext != "config") {
                continue;
            }
            let below = path.strip_prefix(directory).unwrap_or(path);
            let name = below.with_extension("").to_string_lossy().into_owned();
            if entry.depth() == 1 && !wanted.contains(&name.as_str()) {
                continue;
            }
            let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
                file: path.to_owned(),
                source,
            })?;
            // Why: the path below the workspace reads better than an absolute
            // one, and is the same on every machine.
            let shown = directory
                .file_name()
                .map_or_else(|| below.to_owned(), |f| Path::new(f).join(below));
            fragments.push(Fragment::parse(&name, &shown, &text)?);
        }
        fragments.sort_by(|a, b| a.name.cmp(&b.name));
        match wanted
            .iter()
            .find(|name| !fragments.iter().any(|f| f.name == **name))
        {
            Some(name) => Err(Error::Missing {
                name: (*name).to_owned(),
                directory: directory.to_owned(),
            }),
            None => Ok(fragments),
        }
    }

    /// Whether this is a driver's fragment, and not one that every test needs.
    pub fn is_driver(&self) -> bool {
        self.name.contains('/')
    }
}

/// A request, or nothing where the line holds none.
fn parse_line(text: &str, line: usize) -> Result<Option<Request>, &'static str> {
    if let Some(comment) = text.strip_prefix('#') {
        let comment = comment.trim_start();
        let Some((symbol, tail)) = comment
            .strip_prefix("CONFIG_")
            .and_then(|rest| rest.split_once(" is not set"))
        else {
            return Ok(None);
        };
        return request(symbol, Value::No, tail, line).map(Some);
    }
    if text.is_empty() {
        return Ok(None);
    }
    let rest = text
        .strip_prefix("CONFIG_")
        .ok_or("a line is CONFIG_X=value, `# CONFIG_X is not set`, or a comment")?;
    let (symbol, rest) = rest
        .split_once('=')
        .ok_or("there is no = behind the symbol")?;
    let end = end_of_value(rest);
    let value = Value::parse(rest[..end].trim_end())?;
    request(symbol, value, &rest[end..], line).map(Some)
}

/// Where the value ends and a comment may start.
fn end_of_value(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn request(symbol: &str, value: Value, tail: &str, line: usize) -> Result<Request, &'static str> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if symbol.is_empty() || !symbol.bytes().all(valid) {
        return Err("a symbol has letters, digits and underscores only");
    }
    let tail = tail.trim();
    let optional = match tail.strip_prefix('#').map(str::trim) {
        None if tail.is_empty() => None,
        None => return Err("something follows the request"),
        Some(comment) => match comment.strip_prefix("optional") {
            None => return Err("the only comment behind a request is `# optional: REASON`"),
            Some(reason) => {
                let reason = reason.trim_start_matches(':').trim();
                if reason.is_empty() {
                    return Err("`# optional:` wants a reason");
                }
                Some(reason.to_owned())
            }
        },
    };
    Ok(Request {
        symbol: symbol.to_owned(),
        value,
        line,
        optional,
    })
}

#[cfg(test)]
mod tests;
