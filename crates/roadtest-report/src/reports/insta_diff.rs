// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Snapshot differences, read from what insta prints about them when a test
//! fails: that is all a run in CI leaves, where no draft is written.

use serde::Serialize;

/// A snapshot that a test did not match.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Diff {
    /// The snapshot's name, as insta says it.
    pub(super) name: String,
    /// Each line with `-`, `+` or a space before it.
    pub(super) lines: Vec<String>,
}

/// Every difference in a test's output.
pub(super) fn find(output: &str) -> Vec<Diff> {
    let mut found: Vec<Diff> = Vec::new();
    let mut name = "";
    let mut inside = false;
    for line in output.lines() {
        if let Some(rest) = line.trim_start().strip_prefix("Snapshot: ") {
            name = rest.trim();
        }
        if line.starts_with('─') && line.contains('┬') {
            inside = true;
            found.push(Diff {
                name: name.to_owned(),
                lines: Vec::new(),
            });
        } else if line.starts_with('─') && line.contains('┴') {
            inside = false;
        } else if inside
            && let Some((_, text)) = line.split_once('│')
            && let Some(diff) = found.last_mut()
        {
            diff.lines.push(text.to_owned());
        } else if inside && let Some(diff) = found.last_mut() {
            // insta leaves lines out that are the same on both sides.
            diff.lines.push(" …".to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_read_from_the_output() {
        let output = "\
━━━━ Snapshot Summary ━━━━
Snapshot file: snapshots/iio/light/opt3001/lux.snap
Snapshot: lux
────────────────────────
Expression: light.timeline()
────────────────────────
-old snapshot
+new results
────────────┬───────────
    0     0 │ W CONFIG
    1       │-R RESULT 3456
          1 │+R RESULT │ 0
────────────┴───────────
To update snapshots run `cargo insta review`
";
        assert_eq!(
            find(output),
            [Diff {
                name: "lux".to_owned(),
                lines: [" W CONFIG", "-R RESULT 3456", "+R RESULT │ 0"]
                    .map(str::to_owned)
                    .to_vec(),
            }]
        );
        assert_eq!(find("nothing of the kind\n"), []);
    }
}
