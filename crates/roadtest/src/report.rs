// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Finds the kernel's complaints in its log: what it prints when it finds
//! itself in the wrong, from WARNING to lockdep. Some of them do not stop the
//! kernel, so the log is the only place where they show.

/// The beginnings of reports, as `lib/bug.c`, `lib/dump_stack.c`,
/// `kernel/locking/lockdep.c`, `mm/kasan/report.c`, `lib/ubsan.c`,
/// `kernel/hung_task.c`, `kernel/rcu/tree_stall.h` and others print them.
const REPORTS: [&str; 21] = [
    "WARNING: ",
    "BUG: ",
    "kernel BUG at ",
    "Oops",
    "Kernel panic - ",
    "general protection fault",
    "UBSAN: ",
    "KASAN: ",
    "KFENCE: ",
    "KCSAN: ",
    "possible circular locking dependency",
    "possible recursive locking",
    "inconsistent lock state",
    "suspicious RCU usage",
    "blocked for more than",
    "self-detected stall on CPU",
    "unreferenced object 0x",
    "ODEBUG: ",
    // What a checker says when it gives up: the rest is not checked.
    "trying to register non-static key",
    "Kernel memory leak detector disabled",
    "turning off the locking correctness validator",
];

/// How much of a report is taken, in lines: the rest is in the log.
const LINES_MAX: usize = 8;

/// The beginning of each report in a log, without times: its first line, and
/// those that belong to it as far as that can be told.
pub(crate) fn find(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(without_time).collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        if is_report(line) {
            let start = next - lead(&lines[..next]);
            let framed = start > 0 && is_rule(lines[start - 1]);
            let more = lines[next + 1..].iter();
            let more = more.take_while(|line| belongs(line, framed)).count();
            let end = (next + 1 + more).min(start + LINES_MAX);
            let kept = lines[start..end].iter().filter(|line| !is_filler(line));
            let kept: Vec<&str> = kept.map(|line| line.trim_end()).collect();
            found.push(kept.join("\n"));
            next = end;
        } else {
            next += 1;
        }
    }
    found
}

fn without_time(line: &str) -> &str {
    match line.split_once("] ") {
        Some((stamp, text)) if stamp.starts_with('[') => text,
        _ => line,
    }
}

fn is_report(line: &str) -> bool {
    REPORTS.iter().any(|report| line.contains(report))
}

/// How many lines at the end of `before` say what the WARNING after them is
/// about: `WARN()` prints its message first.
fn lead(before: &[&str]) -> usize {
    let cut = before.iter().rev().take(3).position(|l| l.contains(CUT));
    cut.unwrap_or(0)
}

/// What `WARN()` and UBSAN begin with.
const CUT: &str = "[ cut here ]";

/// The line above a report that has more than one line: `=====…`, or
/// `-----[ cut here ]-----`.
fn is_rule(line: &str) -> bool {
    line.contains(CUT) || line.len() > 20 && line.chars().all(|c| c == '=')
}

/// Whether a line after the first is of the report, and not yet the machine's
/// state. Without a rule above there is no telling, but what is indented
/// belongs to what is not.
fn belongs(line: &str, framed: bool) -> bool {
    let ends = ["CPU: ", "Modules linked in", "Call Trace", "Stack:", "---[ "];
    line.starts_with(' ')
        || framed
            && !line.trim().is_empty()
            && !is_rule(line)
            && !ends.iter().any(|end| line.starts_with(end))
}

/// What a report of lockdep has between its lines: a rule, and the version.
fn is_filler(line: &str) -> bool {
    line.ends_with("tainted")
        || line.contains(" Tainted: ")
        || line.len() > 20 && line.chars().all(|c| c == '-')
}

/// Removes what was expected, and adds what was expected and did not come.
pub(crate) fn settle(found: &mut Vec<String>, expected: &[String], what: &str) {
    for text in expected {
        let before = found.len();
        found.retain(|found| !found.contains(text.as_str()));
        if found.len() == before {
            found.push(format!("the expected {what} did not come: {text}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_found_and_named_by_their_first_line() {
        let log = "[    0.000000] Linux version 6.12\n\
                   [    0.100000] WARNING: CPU: 0 PID: 1 at drivers/a.c:3 f+0x1/0x2\n\
                   [    0.100000] Modules linked in:\n\
                   [  240.000000] INFO: task init:1 blocked for more than 120 seconds.\n";
        assert_eq!(
            find(log),
            [
                "WARNING: CPU: 0 PID: 1 at drivers/a.c:3 f+0x1/0x2",
                "INFO: task init:1 blocked for more than 120 seconds."
            ]
        );
    }

    #[test]
    fn an_expected_report_that_does_not_come_is_a_report() {
        let mut found = vec!["WARNING: at f".to_owned()];
        settle(&mut found, &["at f".into(), "at g".into()], "report");
        assert_eq!(found, ["the expected report did not come: at g"]);
    }
}
