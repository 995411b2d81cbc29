// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Finds the kernel's complaints in its log: what it prints when it finds
//! itself in the wrong, from WARNING to lockdep. Some of them do not stop the
//! kernel, so the log is the only place where they show.

/// The beginnings of reports, as `lib/bug.c`, `lib/dump_stack.c`,
/// `kernel/locking/lockdep.c`, `mm/kasan/report.c`, `lib/ubsan.c`,
/// `kernel/hung_task.c`, `kernel/rcu/tree_stall.h` and others print them.
const REPORTS: [&str; 18] = [
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
];

/// The first line of each report in a log, without its time.
pub(crate) fn find(log: &str) -> Vec<String> {
    log.lines()
        .filter(|line| REPORTS.iter().any(|report| line.contains(report)))
        .map(|line| match line.split_once("] ") {
            Some((stamp, text)) if stamp.starts_with('[') => text.trim().to_owned(),
            _ => line.trim().to_owned(),
        })
        .collect()
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
