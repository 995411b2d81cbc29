// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The HTML report in a real browser: `cargo xtask html-check` uses it as a
//! reader would, `cargo xtask screenshots` makes the pictures of the book.
//! Both take the last run. The browser has no network and no profile.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use roadtest_command::exit::Done;
use roadtest_command::{console, process, workspace};
use roadtest_report::reports::{self, Run};
use serde::Deserialize;
use xtask::checks::Browser;

use crate::programs;

/// At least this many tests must load in time.
const TESTS_MIN: usize = 300;
/// What the pictures are of, below the workspace.
const IMAGES: &str = "docs/src/images";

const ERRORS: &str = include_str!("browser/errors.js");
const CHECK: &str = include_str!("browser/check.js");

/// Runs `html-check`.
///
/// # Errors
/// Where there is no run to report, or no browser.
pub fn check(args: &Browser) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    programs::check(&[programs::CHROMIUM], args.setup.into())?;
    check_report(&root, &workspace::out(&root))
}

/// Uses the report of the run in `out`, multiplied to hundreds of tests.
///
/// # Errors
/// Where there is no such run, or no browser.
pub fn check_report(root: &Path, out: &Path) -> anyhow::Result<Done> {
    let mut run = Run::load(root, out)?;
    multiply(&mut run);
    let page = with_script(&reports::html_page(&run)?, CHECK);
    let dom = browse(&page, &["--dump-dom"], "")?;
    let seen = read(&dom)?;
    let wrong = seen.iter().filter(|one| !one.holds).count();
    for one in &seen {
        let text = match one.detail.as_str() {
            "" => one.what.clone(),
            detail => format!("{} ({detail})", one.what),
        };
        if one.holds {
            console::status("ok", &text);
        } else {
            console::problem(&format!("not so: {text}"));
        }
    }
    Ok(Done::from_failed(wrong))
}

/// What the check saw.
#[derive(Debug, Deserialize)]
struct Seen {
    what: String,
    holds: bool,
    detail: String,
}

/// Repeats the tests until there are enough.
fn multiply(run: &mut Run) {
    let tests = run.tests.clone();
    let mut round = 2;
    while !tests.is_empty() && run.tests.len() < TESTS_MIN {
        for test in &tests {
            let mut copy = test.clone();
            copy.test = format!("{}_{round}", test.test);
            run.tests.push(copy);
        }
        round += 1;
    }
}

fn read(dom: &str) -> anyhow::Result<Vec<Seen>> {
    let result = dom
        .split_once("<pre>")
        .and_then(|(_, rest)| Some(rest.split_once("</pre>")?.0));
    let Some(result) = result.filter(|text| text.starts_with('[')) else {
        bail!("the report's check did not come to its end in the browser");
    };
    let text = result
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    serde_json::from_str(&text).context("the report's check says something else than expected")
}

/// The page with a script at its end and another before everything else.
fn with_script(page: &str, script: &str) -> String {
    let page = page.replacen("<head>", &format!("<head><script>{ERRORS}</script>"), 1);
    match page.rfind("</body>") {
        Some(end) => format!("{}<script>{script}</script>{}", &page[..end], &page[end..]),
        None => page,
    }
}

/// Opens a page, and returns what the browser prints.
fn browse(page: &str, arguments: &[&str], place: &str) -> anyhow::Result<String> {
    let directory = tempfile::tempdir().context("cannot create a directory for the browser")?;
    let file = directory.path().join("report.html");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    let mut command = Command::new(programs::CHROMIUM.name);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1280,800",
            "--timeout=60000",
        ])
        .arg(format!(
            "--user-data-dir={}",
            directory.path().join("profile").display()
        ))
        .args(arguments)
        .arg(format!("file://{}{place}", file.display()))
        .stderr(std::process::Stdio::null());
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        bail!("{} failed ({})", programs::CHROMIUM.name, output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A picture of the report.
struct Shot {
    name: &'static str,
    /// The test's path.
    test: String,
    /// Run when the page is complete.
    script: &'static str,
}

const LIGHT: &str = "if (document.documentElement.dataset.theme !== 'light') \
    document.getElementById('theme').click();";
const DARK: &str = "if (document.documentElement.dataset.theme !== 'dark') \
    document.getElementById('theme').click();\
    const canvas = document.querySelector('canvas');\
    for (const key of ['+', '+', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']) \
    canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));";

/// The picture of a run with a failure; a run without has the others.
const FAILURE: &str = "report-failure.png";

fn shots() -> Vec<Shot> {
    [("report-light.png", LIGHT), ("report-dark.png", DARK)]
        .map(|(name, script)| Shot {
            name,
            test: "iio/light/opt3001/illuminance_is_read_through_the_interrupt".to_owned(),
            script,
        })
        .into()
}

/// Runs `screenshots`.
///
/// # Errors
/// Where there is no run to report, or no browser.
pub fn screenshots(args: &Browser) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    programs::check(&[programs::CHROMIUM], args.setup.into())?;
    let run = Run::load(&root, &workspace::out(&root))?;
    let page = reports::html_page(&run)?;
    let directory = root.join(IMAGES);
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let failure = run
        .tests
        .iter()
        .find(|test| test.failed())
        .map(|test| Shot {
            name: FAILURE,
            test: test.path(),
            script: LIGHT,
        });
    // Why: a failing run is one that was made for its picture, as the book
    // says; the others need the tests that such a run may lack.
    let shots = failure.map_or_else(shots, |failure| vec![failure]);
    for shot in &shots {
        shoot(&run, &page, shot, &directory.join(shot.name))?;
        console::status("Wrote", &format!("{IMAGES}/{}", shot.name));
    }
    Ok(Done::AllPassed)
}

fn shoot(run: &Run, page: &str, shot: &Shot, path: &Path) -> anyhow::Result<()> {
    let test = run.find(&shot.test)?;
    let script = format!(
        "window.addEventListener('load', () => {{ {} }});",
        shot.script
    );
    let page = with_script(page, &script);
    let argument = format!("--screenshot={}", path.display());
    browse(&page, &[&argument], &format!("#{}", test.path()))?;
    if !path.is_file() {
        bail!("the browser made no picture");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use roadtest_record::summary::Summary;

    use super::*;

    #[test]
    fn a_run_is_multiplied_to_hundreds_of_different_tests() {
        let summary = r#"{"schema":1,
            "kernel":{"release":"6.12.1","source":"debian:6.12","config_fingerprint":"0"},
            "tests":[{"name":"hwmon::lm75::reads","driver":"hwmon/lm75","outcome":"passed",
            "reason":"","wall_ms":1.0,"boot_ms":1.0,"virtual_ns":1,"transfers":0,
            "kernel_reports":[],"timeline":"","expected":null,"got":null}]}"#;
        let summary: Summary = serde_json::from_str(summary).expect("it is JSON");
        let out = tempfile::tempdir().expect("a directory");
        roadtest_record::store(&out.path().join("summary.json"), &summary).expect("written");
        let mut run = Run::load(out.path(), out.path()).expect("the run is complete");
        multiply(&mut run);
        assert!(run.tests.len() >= TESTS_MIN);
        let mut paths: Vec<String> = run.tests.iter().map(reports::Test::path).collect();
        let all = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }

    #[test]
    fn what_the_check_saw_is_read_from_the_page() {
        let dom = "<html><body><pre>[{\"what\":\"a &lt; b\",\"holds\":false,\"detail\":\"\"}]\
                   </pre></body></html>";
        let seen = read(dom).expect("it is complete");
        assert_eq!((&*seen[0].what, seen[0].holds), ("a < b", false));
        assert!(read("<html></html>").is_err());
    }

    #[test]
    fn scripts_go_around_the_page() {
        let page = with_script("<head></head><body>x</body>", "CHECK");
        assert!(page.starts_with("<head><script>// SPDX"), "{page}");
        assert!(page.ends_with("x<script>CHECK</script></body>"), "{page}");
    }
}
