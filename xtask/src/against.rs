//! The server of another revision, page and all, for `cargo xtask bench --against`.
//!
//! Owns `target/against`: one server for each commit, built once, and the folder in which cargo builds them. A second revision finds
//! the dependencies of the first there; the tools are those of all builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sockscope_host::programs::executable;

use crate::process::{self, Show};
use crate::project::{Project, cargo};
use crate::{screen, sizes};

/// What was built.
pub struct Build {
    pub server: PathBuf,
    /// Bytes that a first visit to its page transfers.
    pub first_load: u64,
}

/// Builds it, unless that was done before.
pub fn build(project: &Project, revision: &str) -> Result<Build> {
    let commit = commit(project, revision)?;
    let folder = project.target.join("against");
    let kept = folder.join(&commit);
    let (server, first_load) = (kept.join(executable("sockscope")), kept.join("first_load"));
    if !first_load.exists() {
        fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
        let sources = folder.join("sources");
        unpack(project, &commit, &sources)?;
        let target = folder.join("target");
        let mut command = cargo();
        command.args(["xtask", "build"]).current_dir(&sources).env("CARGO_TARGET_DIR", &target);
        let status = process::run(&mut command, Show::Lines, |_| ())?;
        if !status.success() {
            bail!("{revision} did not build ({status}); the reason is above");
        }
        let built = target.join("release").join(executable("sockscope"));
        fs::copy(&built, &server).with_context(|| format!("cannot copy {}", built.display()))?;
        // Written last: what stands there is whole.
        let bytes = sizes::first_load(&sizes::weigh(&sources.join("dist"))?);
        fs::write(&first_load, bytes.to_string()).context("cannot note the size of the page")?;
    }
    screen::note(&format!("{revision} is {}", server.display()));
    let text = fs::read_to_string(&first_load).context("cannot read the size of the page")?;
    Ok(Build { server, first_load: text.trim().parse().context("the size of the page is not a number")? })
}

fn commit(project: &Project, revision: &str) -> Result<String> {
    let mut ask = Command::new("git");
    ask.args(["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(format!("{revision}^{{commit}}"));
    let found = process::output(ask.current_dir(&project.root));
    let commit = found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    commit.with_context(|| format!("git knows no revision {revision:?} here"))
}

/// The files of a commit, in a folder of their own.
fn unpack(project: &Project, commit: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut git = Command::new("git");
    git.args(["archive", "--format=tar", commit]).current_dir(&project.root).stdout(Stdio::piped());
    let mut archive = git.spawn().context("git does not start")?;
    let files = archive.stdout.take().context("git says nothing")?;
    let unpacked = Command::new("tar").args(["-x", "-C"]).arg(folder).stdin(files).status();
    let is_whole = archive.wait().context("git was not waited for")?.success();
    if !is_whole || !unpacked.context("tar does not start")?.success() {
        bail!("the files of {commit} could not be unpacked");
    }
    Ok(())
}
