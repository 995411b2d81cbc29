// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Builds a kernel from the fragments of this workspace: `prepare KERNEL
//! MANIFEST [AGENT]`, where KERNEL is `debian:6.12` or the path of a tree and
//! AGENT a static program. It is for work on this crate; users have `xtask`.

use std::io::Write;
use std::path::Path;

use roadtest_uml::{Cache, Error, Event, Options, Wanted, agent, build, flavour, guest};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        let mut text = format!("error: {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        say(&text);
        std::process::exit(3);
    }
}

fn say(text: &str) {
    // A reader that has gone away is no error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn run(arguments: &[String]) -> Result<(), Error> {
    let [kernel, manifest, rest @ ..] = arguments else {
        say("usage: prepare KERNEL MANIFEST [AGENT]");
        return Ok(());
    };
    let Some(workspace) = roadtest_record::workspace::root() else {
        say("this is not inside the roadtest workspace");
        return Ok(());
    };
    let wanted = if kernel.starts_with("debian:") {
        Wanted::choose(None, Some(kernel), &workspace)?
    } else {
        Wanted::Tree(kernel.into())
    };
    let options = Options {
        wanted,
        fragments: workspace.join("kconfig-fragments"),
        flavour: flavour::plain(),
        cache: Cache::of_user()?,
        jobs: 2,
    };
    let mut progress = |event: &Event| match event {
        Event::Compiling { done, .. } if done % 50 != 0 => {}
        event => say(&event.to_string()),
    };
    let built = build(&options, &mut progress)?;
    let agent = match rest.first() {
        Some(path) => path.into(),
        None => agent::build(&workspace, &mut progress)?,
    };
    let kernel = guest::install(&built, &agent, Path::new(manifest))?;
    say(&format!(
        "{} {} in {}",
        kernel.release,
        kernel.config_fingerprint,
        kernel.linux.display()
    ));
    Ok(())
}
