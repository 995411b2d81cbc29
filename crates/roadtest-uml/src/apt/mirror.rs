// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which mirror the machine is configured with, and where on it other suites
//! are. No host is written down here: everything derives from the machine's
//! own apt sources.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::process::Command;

use crate::error::Error;
use crate::run;

/// One suite of one mirror.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stanza {
    /// The mirror, without a slash at its end.
    pub(super) uri: String,
    /// `bookworm-security`
    pub(super) suite: String,
    /// What the machine's sources say about keys: the value of `Signed-By`,
    /// with its further lines where the key itself stands there.
    pub(super) signed_by: Option<String>,
}

impl fmt::Display for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.uri, self.suite)
    }
}

impl Stanza {
    /// As a `.sources` file (sources.list(5)).
    pub(super) fn to_text(&self) -> String {
        let signed_by = match &self.signed_by {
            Some(value) => format!("Signed-By: {value}\n"),
            None => String::new(),
        };
        format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\n{signed_by}",
            self.uri, self.suite
        )
    }
}

/// The suites of Debian that the machine is configured with, as far as apt
/// has their lists. `command` is `apt-get` with options that say where.
///
/// # Errors
/// Where apt cannot be run.
pub(super) fn configured(mut command: Command) -> Result<Vec<Stanza>, Error> {
    command.args([
        "indextargets",
        "--format",
        "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SOURCESENTRY)|$(ORIGIN)",
        "Created-By: Packages",
    ]);
    let mut lines = Vec::new();
    let ended = run::lines(&mut command, |line| lines.push(line.to_owned()))?;
    if !ended.success {
        return Err(ended.error(run::shown(&command)));
    }
    Ok(parse(&lines, |file| {
        fs::read_to_string(file).unwrap_or_default()
    }))
}

fn parse(lines: &[String], read: impl Fn(&str) -> String) -> Vec<Stanza> {
    let mut seen = BTreeSet::new();
    let mut stanzas = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split('|').collect();
        let [uri, suite, component, entry, origin] = fields[..] else {
            continue;
        };
        let uri = uri.trim_end_matches('/');
        let archive = uri.rsplit('/').next().unwrap_or_default();
        // Why both: a mirror can have any path, and the origin is known only
        // once the lists are there.
        let debian = origin == "Debian" || archive == "debian" || archive == "debian-security";
        if component != "main" || !debian {
            continue;
        }
        let file = entry.rsplit_once(':').map_or(entry, |(file, _)| file);
        let stanza = Stanza {
            uri: uri.to_owned(),
            suite: suite.to_owned(),
            signed_by: signed_by(&read(file), uri),
        };
        if seen.insert(stanza.clone()) {
            stanzas.push(stanza);
        }
    }
    stanzas
}

/// What a file of apt sources says about the keys of a mirror.
fn signed_by(text: &str, uri: &str) -> Option<String> {
    let mentions = |text: &str| {
        text.split_whitespace()
            .any(|word| word.trim_end_matches('/') == uri)
    };
    // The one-line style: deb [signed-by=FILE …] URI SUITE COMPONENT…
    for line in text.lines().filter(|line| line.starts_with("deb ")) {
        let options = line
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'));
        if let Some((options, rest)) = options
            && mentions(rest)
        {
            return options
                .split_whitespace()
                .find_map(|option| option.strip_prefix("signed-by="))
                .map(|files| files.replace(',', " "));
        }
    }
    let stanza = text
        .split("\n\n")
        .find(|stanza| stanza.contains("URIs:") && mentions(stanza))?;
    let mut value: Option<String> = None;
    for line in stanza.lines() {
        match &mut value {
            Some(value) if line.starts_with([' ', '\t']) => {
                value.push('\n');
                value.push_str(line);
            }
            Some(_) => break,
            None => value = line.strip_prefix("Signed-By:").map(|v| v.trim().to_owned()),
        }
    }
    value
}

/// Where to look, in this order: a named suite on each mirror; else the
/// machine's own suites with fresh lists, and then, where it has none, the
/// security suites that belong to them.
pub(super) fn candidates(configured: &[Stanza], suite: Option<&str>) -> Vec<Stanza> {
    let mut found: Vec<Stanza> = Vec::new();
    let mut add = |stanza: Stanza| {
        if !found.contains(&stanza) {
            found.push(stanza);
        }
    };
    let Some(suite) = suite else {
        configured.iter().cloned().for_each(&mut add);
        if !configured.iter().any(|s| s.suite.ends_with("-security")) {
            for stanza in configured.iter().filter(|s| !s.suite.contains('-')) {
                security(&stanza.uri).into_iter().for_each(|uri| {
                    add(Stanza {
                        uri,
                        suite: format!("{}-security", stanza.suite),
                        signed_by: stanza.signed_by.clone(),
                    });
                });
            }
        }
        return found;
    };
    let wants_security = suite.ends_with("-security");
    for stanza in configured {
        let is_security = stanza.suite.ends_with("-security");
        let uris = match (wants_security, is_security) {
            (true, false) => security(&stanza.uri),
            (false, true) => continue,
            _ => vec![stanza.uri.clone()],
        };
        for uri in uris {
            add(Stanza {
                uri,
                suite: suite.to_owned(),
                signed_by: stanza.signed_by.clone(),
            });
        }
    }
    found
}

/// Where Debian keeps security updates, seen from a mirror: beside the
/// archive under the name `debian-security`, and on the host `security` of
/// the mirror's domain.
fn security(uri: &str) -> Vec<String> {
    let mut uris = vec![format!("{uri}-security")];
    if let Some((scheme, rest)) = uri.split_once("://") {
        let host = rest.split('/').next().unwrap_or_default();
        let labels: Vec<&str> = host.split('.').collect();
        if let [.., name, top] = labels[..]
            && !labels.iter().all(|l| l.bytes().all(|b| b.is_ascii_digit()))
        {
            uris.push(format!("{scheme}://security.{name}.{top}/debian-security"));
        }
    }
    uris
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: &str = "Types: deb\n# a comment\nURIs: http://mirror.example.org/debian\n\
        Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/a.gpg\n\n\
        Types: deb\nURIs: http://mirror.example.org/other/\nSuites: x\nSigned-By:\n -----BEGIN\n .\n -----END\n";

    fn shown(stanzas: &[Stanza]) -> String {
        stanzas
            .iter()
            .map(|s| format!("{s} [{}]\n", s.signed_by.as_deref().unwrap_or("-")))
            .collect()
    }

    fn machine(suites: &[&str]) -> Vec<Stanza> {
        let lines: Vec<String> = suites
            .iter()
            .map(|suite| {
                format!("http://mirror.example.org/debian/|{suite}|main|/etc/a.sources:1|Debian")
            })
            .collect();
        parse(&lines, |_| SOURCES.to_owned())
    }

    #[test]
    fn only_debian_is_taken_and_each_suite_once() {
        let lines = [
            "http://mirror.example.org/debian/|bookworm|main|/etc/a.sources:1|Debian",
            "http://mirror.example.org/debian/|bookworm|contrib|/etc/a.sources:1|Debian",
            "http://mirror.example.org/debian/|bookworm|main|/etc/a.sources:1|Debian",
            "https://packages.example.com/apt/|stable|main|/etc/b.list:1|Example",
        ]
        .map(str::to_owned);
        insta::assert_snapshot!(
            shown(&parse(&lines, |_| SOURCES.to_owned())),
            @"http://mirror.example.org/debian bookworm [/usr/share/keyrings/a.gpg]"
        );
    }

    #[test]
    fn keys_are_found_in_both_styles() {
        let one_line =
            "deb [arch=amd64 signed-by=/a.gpg,/b.gpg] http://m.example.org/debian x main\n";
        assert_eq!(
            signed_by(one_line, "http://m.example.org/debian").as_deref(),
            Some("/a.gpg /b.gpg")
        );
        assert_eq!(
            signed_by(SOURCES, "http://mirror.example.org/other").as_deref(),
            Some("\n -----BEGIN\n .\n -----END")
        );
        assert_eq!(
            signed_by("deb http://m/debian x main\n", "http://m/debian"),
            None
        );
    }

    #[test]
    fn a_machine_without_security_suite_gets_one() {
        insta::assert_snapshot!(shown(&candidates(&machine(&["bookworm"]), None)), @r"
        http://mirror.example.org/debian bookworm [/usr/share/keyrings/a.gpg]
        http://mirror.example.org/debian-security bookworm-security [/usr/share/keyrings/a.gpg]
        http://security.example.org/debian-security bookworm-security [/usr/share/keyrings/a.gpg]
        ");
    }

    #[test]
    fn a_named_suite_is_looked_for_on_the_same_mirror_only() {
        insta::assert_snapshot!(
            shown(&candidates(&machine(&["bookworm", "bookworm-updates"]), Some("trixie-backports"))),
            @"http://mirror.example.org/debian trixie-backports [/usr/share/keyrings/a.gpg]"
        );
        insta::assert_snapshot!(
            shown(&candidates(&machine(&["bookworm"]), Some("trixie-security"))),
            @r"
        http://mirror.example.org/debian-security trixie-security [/usr/share/keyrings/a.gpg]
        http://security.example.org/debian-security trixie-security [/usr/share/keyrings/a.gpg]
        "
        );
    }

    #[test]
    fn a_stanza_is_a_sources_file() {
        insta::assert_snapshot!(machine(&["bookworm"])[0].to_text(), @r"
        Types: deb
        URIs: http://mirror.example.org/debian
        Suites: bookworm
        Components: main
        Signed-By: /usr/share/keyrings/a.gpg
        ");
    }
}
