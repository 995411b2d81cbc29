// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Exploring a board as a person does, on a pseudo-terminal: this very test
//! binary is started again with a terminal, and typed to. Without a kernel it
//! fails and says what to run.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use roadtest::{Board, Edge, Placement, Wired};
use roadtest_chips::iio::light::opt3001::Opt3001;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

fn board() -> (Board, Wired<Opt3001>) {
    let mut board = Board::new();
    let int = board.gpio_named(3, "light-int");
    let chip = Placement::of(Opt3001::default()).interrupt(&int, Edge::Falling);
    let chip = board.i2c(0x44, chip);
    (board, chip)
}

/// The board that the other test explores; as a test it only boots.
#[roadtest::test]
fn a_board_to_explore() -> roadtest::Result {
    let (board, chip) = board();
    let uml = board.boot()?;
    assert!(uml.exists(&format!("/sys/bus/i2c/devices/0-{:04x}", chip.address())));
    Ok(())
}

struct Terminal {
    keys: File,
    shown: String,
    child: Child,
    end: OwnedFd,
}

impl Terminal {
    fn start() -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal");
        grantpt(&keys).expect("granted");
        unlockpt(&keys).expect("unlocked");
        let name = ptsname(&keys, Vec::new()).expect("a name");
        let open =
            || rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("open");
        let this = std::env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command
            .args(["--exact", "a_board_to_explore", "--nocapture"])
            .env("ROADTEST_SHELL", "1")
            .env("TERM", "xterm")
            .stdin(open())
            .stdout(open())
            .stderr(open());
        resize(&keys, 24, 80);
        let child = command.spawn().expect("started");
        Self {
            keys: keys.into(),
            shown: String::new(),
            child,
            end: open(),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }

    /// Types a command at the prompt for the models, as soon as it listens:
    /// what is typed before that is lost.
    fn command(&mut self, text: &str) {
        self.expect("\x1b[?2004h");
        self.expect("models> ");
        self.press(&format!("{text}\r"));
    }

    /// Waits until `text` is shown; what came before it is behind then.
    fn expect(&mut self, text: &str) {
        let patience = Timespec {
            tv_sec: 20,
            tv_nsec: 0,
        };
        let mut bytes = [0; 4096];
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            let mut fds = [PollFd::new(&self.keys, PollFlags::IN)];
            let ready = poll(&mut fds, Some(&patience)).expect("poll");
            assert!(ready > 0, "no {text:?} in {:?}", self.shown);
            let len = rustix::io::read(&self.keys, &mut bytes).expect("read");
            self.shown.push_str(&String::from_utf8_lossy(&bytes[..len]));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended; nothing of it is to outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(terminal: &impl std::os::fd::AsFd, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).expect("resized");
}

#[roadtest::test]
fn a_shell_in_the_guest_and_a_prompt_for_the_models_share_a_terminal() {
    let mut terminal = Terminal::start();
    terminal.expect("guest:/# ");
    terminal.press("stty size; tty\r");
    terminal.expect("24 80\r\n/dev/hvc0");

    // SIGWINCH reaches the guest's job in the foreground.
    let job = "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done";
    terminal.press(&format!("sh -c \"{job}\"\r"));
    terminal.expect("\rready");
    resize(&terminal.keys, 33, 101);
    terminal.expect("33 101");

    // Ctrl-C ends what sleeps, and not the shell.
    terminal.press("sleep 1000\r");
    terminal.expect("sleep 1000\r\n");
    terminal.press("\x03");
    terminal.expect("^C");
    terminal.press("echo rc=$?\r");
    terminal.expect("\rrc=130");

    // So it does what never sleeps, be it a program or the shell itself, whose
    // variables outlive it.
    terminal.press("kept=here\r");
    terminal.press("sh -c 'echo spins; while :; do :; done'\r");
    terminal.expect("\rspins");
    terminal.press("\x03");
    terminal.expect("^C");
    terminal.expect("guest:/# ");
    terminal.press("echo spins again; while :; do :; done\r");
    terminal.expect("\rspins again");
    terminal.press("\x03");
    terminal.expect("guest:/# ");
    terminal.press("echo is $kept\r");
    terminal.expect("\ris here");

    // Ctrl-] is the way to the models, and waits for a program that computes.
    terminal.press("sh -c 'echo spins too; while :; do :; done'\r");
    terminal.expect("\rspins too");
    terminal.press("\x1d");
    terminal.expect("Ctrl-C stops its program");
    terminal.press("\x03");
    terminal.command("chips");
    terminal.expect("opt3001        0x44  6 registers");

    terminal.command("bind");
    terminal.expect("opt3001: driver opt3001 is bound");
    terminal.command("stimuli opt3001");
    terminal.expect("illuminance    0 to 83865600 mlx");
    terminal.command("set op3001 illuminance 1");
    terminal.expect("there is no chip `op3001`; nearest: opt3001");
    terminal.command("set opt3001 iluminance 1");
    terminal.expect("there is no stimulus `iluminance`; nearest: illuminance");
    terminal.command("set opt3001 illuminance -1");
    terminal.expect("-1 is out of range: `illuminance` is 0 to 83865600 mlx");
    terminal.command("read opt3001 CONFG");
    terminal.expect("there is no register or field `CONFG`; nearest: CONFIG");
    terminal.command("drive ligth-int low");
    terminal.expect("there is no line `ligth-int`; nearest: light-int");
    terminal.command("drive light-int low");
    terminal.command("pins");
    terminal.expect("3 light-int  low");
    terminal.command("drive light-int high");
    terminal.command("reed opt3001 CONFIG");
    terminal.expect("there is no command `reed`; nearest: read");
    terminal.command("set opt3001 illuminance 88800");
    terminal.command("read opt3001 MANUFACTURER_ID");
    terminal.expect("MANUFACTURER_ID 5449");
    terminal.command("write opt3001 CONFIG 0xfffff");
    terminal.expect("does not fit `CONFIG`");
    terminal.command("advance 2s");
    terminal.expect("it is ");
    terminal.command("shell");
    terminal.expect("\x1b[?2004l");
    terminal.press("cat /sys/bus/iio/devices/*/in_illuminance_input\r");
    terminal.expect("88.800000");
    terminal.press("\x1d");
    terminal.command("timeline");
    terminal.expect("W CONFIG          ca10  mode=Single");

    terminal.command("quit");
    let status = terminal.child.wait().expect("it has ended");
    assert!(status.success(), "{status}: {}", terminal.shown);
    let modes = tcgetattr(&terminal.end).expect("a terminal").local_modes;
    assert!(modes.contains(LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHO));
}

/// Hangs up, and waits until the program has noticed.
fn hang_up(mut terminal: Terminal) {
    let pid = Pid::from_child(&terminal.child);
    let ended = pidfd_open(pid, PidfdFlags::empty()).expect("a process");
    // Dropping the one end of the terminal is the end of the other's input.
    terminal.keys = File::open("/dev/null").expect("null");
    let patience = Timespec {
        tv_sec: 20,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::new(&ended, PollFlags::IN)];
    assert!(poll(&mut fds, Some(&patience)).expect("poll") > 0);
    assert!(!terminal.child.wait().expect("ended").success());
}

#[roadtest::test]
fn a_terminal_that_is_gone_ends_the_guest_wherever_the_user_was() {
    let mut terminal = Terminal::start();
    terminal.expect("guest:/# ");
    hang_up(terminal);

    let mut terminal = Terminal::start();
    terminal.expect("guest:/# ");
    terminal.press("\x1d");
    terminal.expect("models> ");
    hang_up(terminal);

    let mut terminal = Terminal::start();
    terminal.expect("guest:/# ");
    terminal.press("echo spins; while :; do :; done\r");
    terminal.expect("\rspins");
    hang_up(terminal);
}

#[roadtest::test]
fn without_a_terminal_there_is_no_shell() {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .args(["--exact", "a_board_to_explore", "--nocapture"])
        .env("ROADTEST_SHELL", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("started");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("a shell needs a terminal"), "{text}");
}

fn main() -> std::process::ExitCode {
    roadtest::harness::main()
}
