// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Programs of the host that run in the guest: what goes in, what comes out,
//! how they end. How a test ends that goes wrong with one is in `verdicts`.

use roadtest::program::{Ended, Status};
use roadtest::{Board, Errno, SimTime, Uml};
use roadtest_chips::hwmon::lm75::Pct2075;

/// What a shell makes of a script.
fn shell(uml: &Uml, script: &str) -> Ended {
    uml.program("/bin/sh").args(["-c", script]).run().unwrap()
}

#[roadtest::test]
fn a_program_gets_its_arguments_and_its_output_is_collected() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let echo = uml.program("/bin/echo").arg("a b").args(["c", ""]).run()?;
    assert_eq!(echo.status(), Status::Exited(0));
    assert_eq!(echo.stdout(), "a b c \n");
    assert_eq!(echo.stderr(), "");
    assert!(
        uml.timeline()
            .to_string()
            .contains("> run /bin/echo a b c  = exit 0")
    );
    Ok(())
}

#[roadtest::test]
fn a_program_reads_its_input_to_the_end() -> roadtest::Result {
    let uml = Board::new().boot()?;
    assert_eq!(uml.program("cat").run()?.stdout(), "");
    assert_eq!(
        uml.program("cat").stdin("one\ntwo").run()?.stdout(),
        "one\ntwo"
    );
    // More than the pipes hold, in both directions at once.
    let much: Vec<u8> = (0..400_000_u32)
        .flat_map(u32::to_le_bytes)
        .take(450_000)
        .collect();
    let cat = uml.program("cat").stdin(&*much).run()?;
    assert!(
        cat.stdout_bytes() == much,
        "{} bytes",
        cat.stdout_bytes().len()
    );
    // A program that reads nothing is no error.
    let deaf = uml.program("true").stdin(much).run()?;
    assert_eq!(deaf.status(), Status::Exited(0));
    Ok(())
}

#[roadtest::test]
fn environment_and_working_directory_are_what_the_test_says() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let env = uml.program("env").env("HOME", "/").env("A", "b=c").run()?;
    assert_eq!(
        env.stdout(),
        "A=b=c\nHOME=/\nLC_ALL=C\n\
         PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
    );
    assert_eq!(uml.program("pwd").run()?.stdout(), "/\n");
    let pwd = uml.program("pwd").directory("/usr/bin").run()?;
    assert_eq!(pwd.stdout(), "/usr/bin\n");
    Ok(())
}

#[roadtest::test]
fn exit_status_error_output_and_signals_are_told() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let failed = shell(&uml, "echo out; echo oops >&2; exit 3");
    assert_eq!(failed.status(), Status::Exited(3));
    assert_eq!((&*failed.stdout(), &*failed.stderr()), ("out\n", "oops\n"));
    let killed = shell(&uml, "echo before; kill -TERM $$; echo after");
    assert_eq!(killed.status(), Status::Killed(15));
    assert_eq!(killed.stdout(), "before\n");
    let timeline = uml.timeline().to_string();
    assert!(timeline.contains("= killed by signal 15"), "{timeline}");
    Ok(())
}

#[roadtest::test]
fn a_program_that_cannot_start_is_what_the_kernel_answers() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let error =
        |program: &str, directory: &str| uml.program(program).directory(directory).run().err();
    assert_eq!(error("no-such-program", "/"), Some(Errno::ENOENT));
    assert_eq!(error("/no/such/program", "/"), Some(Errno::ENOENT));
    assert_eq!(error("/etc/passwd", "/"), Some(Errno::EACCES));
    assert_eq!(error("true", "/no/such/directory"), Some(Errno::ENOENT));
    // And the next one starts.
    assert_eq!(error("true", "/"), None);
    Ok(())
}

#[roadtest::test]
fn a_program_is_killed_at_its_limit_of_virtual_time() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let script = "echo begun; sleep 3600; echo never";
    let start = uml.now();
    let program = uml.program("/bin/sh").args(["-c", script]);
    let slow = program.limit(SimTime::s(200)).run()?;
    assert_eq!(slow.status(), Status::TimedOut);
    assert_eq!(slow.stdout(), "begun\n");
    let took = uml.now() - start;
    // The kernel rounds what poll(2) waits for by 0.1 s at most.
    let late = SimTime::ms(200_110);
    assert!((SimTime::s(200)..late).contains(&took), "{took}");
    // The limit is one for the program, and no time that it takes.
    let start = uml.now();
    let quick = uml.program("sleep").arg("1").limit(SimTime::s(200)).run()?;
    assert_eq!(quick.status(), Status::Exited(0));
    let took = uml.now() - start;
    assert!((SimTime::s(1)..SimTime::ms(1100)).contains(&took), "{took}");
    Ok(())
}

#[roadtest::test]
fn a_process_that_a_program_leaves_behind_ends_with_it() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let left = shell(&uml, "sleep 3600 & echo $!");
    assert_eq!(left.status(), Status::Exited(0));
    let pid = left.stdout();
    assert!(!uml.exists(&format!("/proc/{}", pid.trim_end())));
    // It was not waited for: the guest booted 20 ms ago.
    assert!(uml.now() < SimTime::ms(21), "{}", uml.now());
    Ok(())
}

#[roadtest::test]
fn a_program_sees_the_guests_kernel_and_drivers() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Pct2075::default());
    let uml = board.boot()?;
    let hwmon = uml.bind(&chip)?.hwmon()?;
    let version = uml.program("cat").arg("/proc/version").run()?;
    assert_eq!(version.stdout().trim_end(), uml.read("/proc/version")?);
    let devices = uml.program("ls").arg("/dev").run()?;
    assert!(devices.stdout().lines().any(|name| name == "i2c-0"));

    chip.forget();
    let input = format!("{}/temp1_input", hwmon.device().path());
    let read = uml.program("cat").arg(&input).run()?;
    assert_eq!(read.stdout().trim_end(), uml.read(&input)?);
    assert!(!chip.news().reads("TEMP").is_empty(), "{}", chip.news());
    // What the host has is not to be changed from here.
    let touch = uml.program("touch").arg("/etc/passwd").run()?;
    assert_eq!(touch.status(), Status::Exited(1));
    assert!(touch.stderr().contains("Read-only file system"));
    Ok(())
}

#[roadtest::test]
fn output_that_is_no_text_is_escaped_and_there_as_bytes() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let printf = uml.program("printf").arg("a\\377\\n").run()?;
    assert_eq!(printf.stdout(), "a\\xff\n");
    assert_eq!(printf.stdout_bytes(), b"a\xff\n");
    Ok(())
}

#[roadtest::test]
fn programs_share_a_directory_that_tests_can_read() -> roadtest::Result {
    let uml = Board::new().boot()?;
    shell(&uml, "echo kept > /tmp/file");
    assert_eq!(
        uml.program("cat").arg("/tmp/file").run()?.stdout(),
        "kept\n"
    );
    assert_eq!(uml.read("/host/tmp/file"), Ok("kept".into()));
    Ok(())
}

fn main() -> std::process::ExitCode {
    roadtest::harness::main()
}
