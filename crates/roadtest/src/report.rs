// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Finds the kernel's reports in its log: what it prints when it detects a
//! defect of its own, from WARNING to lockdep. Some of them do not stop the
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
        if !is_report(line) {
            next += 1;
            continue;
        }
        let frame = match next.checked_sub(1) {
            Some(above) if is_rule(lines[above]) => Frame::Rule,
            _ => Frame::Nothing,
        };
        let rest = lines[next + 1..].iter().take(LINES_MAX - 1);
        let len = 1 + rest.take_while(|line| belongs(line, frame)).count();
        let report = lines[next..next + len].iter();
        let kept: Vec<&str> = report.copied().filter(|line| !is_filler(line)).collect();
        found.push(kept.join("\n"));
        next += len;
    }
    found
}

fn without_time(line: &str) -> &str {
    match line.split_once("] ") {
        Some((stamp, text)) if stamp.starts_with('[') => text.trim_end(),
        _ => line.trim_end(),
    }
}

fn is_report(line: &str) -> bool {
    REPORTS.iter().any(|report| line.contains(report))
}

/// The line above a report that has more than one line: `=====…`, or
/// `-----[ cut here ]-----`.
fn is_rule(line: &str) -> bool {
    line.contains("[ cut here ]") || is_made_of(line, '=')
}

fn is_made_of(line: &str, sign: char) -> bool {
    line.len() > 20 && line.chars().all(|c| c == sign)
}

/// What is above the first line of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Rule,
    Nothing,
}

/// Whether a line after the first is of the report, and not yet the machine's
/// state. Without a rule above there is no telling, but what is indented
/// belongs to what is not.
fn belongs(line: &str, frame: Frame) -> bool {
    let ends = [
        "CPU: ",
        "Modules linked in",
        "Call Trace",
        "Stack:",
        "---[ ",
    ];
    line.starts_with(' ')
        || frame == Frame::Rule
            && !line.trim().is_empty()
            && !is_rule(line)
            && !ends.iter().any(|end| line.starts_with(end))
}

/// What a report of lockdep has between its lines: a rule, and the version.
fn is_filler(line: &str) -> bool {
    line.ends_with("Not tainted") || line.contains(" Tainted: ") || is_made_of(line, '-')
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

    /// As Linux 6.12 wrote it about a driver that was made wrong, without what
    /// stands between.
    const SANITIZERS: &str = "\
[    0.020000] ==================================================================
[    0.020000] BUG: KASAN: slab-use-after-free in pcf8563_remove+0x73/0x90 [rtc_pcf8563]
[    0.020000] Read of size 4 at addr 0000000062e71388 by task init/1
[    0.020000]\x20
[    0.020000] CPU: 0 UID: 0 PID: 1 Comm: init Tainted: G           O       6.12.117 #1\x20
[    0.020000] Call Trace:
[    0.020000]  [<60870bca>] ? _printk+0x0/0xd3
[    0.020000]\x20
[    0.020000] The buggy address belongs to the object at 0000000062e71380
[    0.020000] ==================================================================
[    0.020000] Disabling lock debugging due to kernel taint
[    0.020000] ======================================================
[    0.020000] WARNING: possible circular locking dependency detected
[    0.020000] 6.12.117 #1 Tainted: G           O     \x20
[    0.020000] ------------------------------------------------------
[    0.020000] init/1 is trying to acquire lock:
[    0.020000] 0000000070810120 (lock_a){+.+.}-{3:3}, at: pcf8563_remove+0x32/0x50 [rtc_pcf8563]
[    0.020000]\x20
[    0.020000] but task is already holding lock:
[    0.020000] 0000000070810060 (lock_b){+.+.}-{3:3}, at: pcf8563_remove+0x2a/0x50 [rtc_pcf8563]
[    0.020000] ------------[ cut here ]------------
[    0.020000] WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:514 debug_print_object+0x1db/0x2f0
[    0.020000] ODEBUG: free active (active state 0) object: 00000000b69bb6a3 object type: timer_list hint: late+0x0/0x10 [rtc_pcf8563]
[    0.020000] Modules linked in: rtc_pcf8563(O)
[    0.020000] ------------[ cut here ]------------
[    0.020000] UBSAN: array-index-out-of-bounds in drivers/rtc/rtc-pcf8563.c:590:2
[    0.020000] index 5 is out of range for type 'u8 [4]'
[    0.020000] CPU: 0 UID: 0 PID: 1 Comm: init Tainted: G           O       6.12.117 #1\x20
[    0.020000] ---[ end trace ]---
[    6.020000] kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
unreferenced object 0x62e863c0 (size 8):
  comm \"init\", pid 1, jiffies 4294937298
  backtrace (crc a3bbebba):
";

    #[test]
    fn each_sanitizer_is_heard_with_the_lines_that_say_what_is_wrong() {
        insta::assert_snapshot!(find(SANITIZERS).join("\n\n"), @r#"
        BUG: KASAN: slab-use-after-free in pcf8563_remove+0x73/0x90 [rtc_pcf8563]
        Read of size 4 at addr 0000000062e71388 by task init/1

        WARNING: possible circular locking dependency detected
        init/1 is trying to acquire lock:
        0000000070810120 (lock_a){+.+.}-{3:3}, at: pcf8563_remove+0x32/0x50 [rtc_pcf8563]

        WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:514 debug_print_object+0x1db/0x2f0
        ODEBUG: free active (active state 0) object: 00000000b69bb6a3 object type: timer_list hint: late+0x0/0x10 [rtc_pcf8563]

        UBSAN: array-index-out-of-bounds in drivers/rtc/rtc-pcf8563.c:590:2
        index 5 is out of range for type 'u8 [4]'

        unreferenced object 0x62e863c0 (size 8):
          comm "init", pid 1, jiffies 4294937298
          backtrace (crc a3bbebba):
        "#);
    }

    #[test]
    fn what_is_only_about_sanitizers_is_no_report() {
        let log = "\
[    0.000000] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
[    0.000000] Running RCU self tests
[    0.000000] kmemleak: Kernel memory leak detector initialized (mem pool available: 15892)
[    0.020000] Disabling lock debugging due to kernel taint
";
        assert_eq!(find(log), [""; 0]);
    }

    #[test]
    fn a_checker_that_gives_up_is_a_report() {
        for line in [
            "kmemleak: Kernel memory leak detector disabled",
            "ODEBUG: Out of memory. ODEBUG disabled",
            "BUG: MAX_LOCKDEP_CHAINS too low!",
            "INFO: trying to register non-static key.",
        ] {
            assert_eq!(find(&format!("[    0.000000] {line}\n")), [line]);
        }
    }

    #[test]
    fn a_line_after_a_report_without_a_frame_is_not_taken_for_a_part_of_it() {
        let log = "[    0.1] BUG: made up\n[    0.1] opt3001 0-0044: Found\n";
        assert_eq!(find(log), ["BUG: made up"]);
    }
}
