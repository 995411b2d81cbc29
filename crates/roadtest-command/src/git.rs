// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A git repository that this program makes for its own purpose. What the
//! user has set up for other work does not affect it. Repositories of the user
//! are only asked, and where the question is: `since`, `export`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::bail;

use crate::process;

/// A repository of our own.
pub struct Repository<'a> {
    /// Its work tree.
    pub directory: PathBuf,
    /// Who commits: `name <mail>`.
    pub sender: &'a str,
}

impl Repository<'_> {
    /// Starts it with these files or directories, as the tag `base`.
    ///
    /// # Errors
    /// Where git fails.
    pub fn begin(&self, paths: &[&str]) -> anyhow::Result<()> {
        self.run(&["init", "--quiet", "--initial-branch=roadtest"])?;
        // Why --force: the rules of an ignored file are not ours.
        let add = ["add", "--all", "--force"];
        self.run(&[&add[..], paths].concat())?;
        self.run(&["commit", "--quiet", "--message", "base"])?;
        self.run(&["tag", "base"])
    }

    /// Runs git there.
    ///
    /// # Errors
    /// Where it fails, with what it says.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut git = Command::new("git");
        let (name, mail) = self.sender.split_once(" <").unwrap_or((self.sender, ""));
        git.args(arguments).current_dir(&self.directory);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), name);
            git.env(format!("GIT_{role}_EMAIL"), mail.trim_end_matches('>'));
        }
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(name);
        }
        let output = process::capture(git.stderr(Stdio::piped()))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("git {} failed: {}", arguments[0], text.trim());
        }
        Ok(())
    }
}
