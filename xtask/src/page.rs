//! Building the page with Trunk, and knowing when there is nothing to build.
//!
//! `index.html` says what Trunk compiles in which profile and puts into `dist`. Afterwards we make its files small.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{self, Show};
use crate::project::{Project, forget_own_package};
use crate::setup::Toolbox;
use crate::{cache, fingerprint, screen, shrink, sizes, split, wasm};

/// Everything the page is made of.
const INPUTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "rust-toolchain.toml",
    "index.html",
    "Trunk.toml",
    "build.rs",
    "crates",
    "src",
    "style",
    "suites",
    "xtask/src/page.rs",
    "xtask/src/shrink.rs",
    "xtask/src/split.rs",
];

/// What the page is built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// For users: every byte is downloaded.
    #[default]
    Release,
    /// For looking at a change: built in seconds.
    Quick,
}

/// Builds `dist` unless it is what it would become.
pub fn build(project: &Project, toolbox: &Toolbox, edition: Edition) -> Result<()> {
    let _lock = cache::lock(&project.scratch()?.join("page.lock"), "the page")?;
    let started = Instant::now();
    let inputs = inputs(project, toolbox, edition)?;
    if kept(project)? == Some((inputs.clone(), dist_now(project)?)) {
        screen::note("nothing changed since it was built");
        return Ok(());
    }
    fs::remove_file(record(project)?).ok();
    fetch(project)?;
    if edition == Edition::Release {
        split::forget(project)?;
        wasm::compile(project, toolbox)?;
    }
    trunk(project, toolbox, edition)?;
    if edition == Edition::Release {
        split::place(project, toolbox, &wasm::of(project)?)?;
        if toolbox.has_esbuild {
            shrink::scripts_and_styles(toolbox, &project.dist(), &project.scratch()?.join("small"))?;
        }
        sizes::precompress(&project.dist())?;
    }
    let text = format!("{inputs}\n{}\n", dist_now(project)?);
    fs::write(record(project)?, text).context("cannot note what the page was built from")?;
    screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    Ok(())
}

/// Trunk runs cargo offline, so that it cannot fetch tools; the crates must be there before.
fn fetch(project: &Project) -> Result<()> {
    let mut command = project.cargo();
    command.args(["fetch", "--locked", "--target", "wasm32-unknown-unknown"]);
    if let Some(host) = host() {
        command.args(["--target", &host]);
    }
    process::succeed(&mut command).context("the crates of the page cannot be fetched")
}

fn trunk(project: &Project, toolbox: &Toolbox, edition: Edition) -> Result<()> {
    let mut command = Command::new("trunk");
    command.args(["build", "--offline", "--locked"]).current_dir(&project.root);
    if edition == Edition::Release {
        command.arg("--release");
    }
    command.args(["--color", if screen::is_live() { "always" } else { "never" }]);
    match edition {
        Edition::Release => split::equip(project, toolbox, &mut command)?,
        Edition::Quick => toolbox.equip(&mut command),
    }
    forget_own_package(&mut command);
    // Trunk takes only `true` and `false` there, and the custom is `1`.
    command.env_remove("NO_COLOR");
    // With it on, Trunk reports a missing file in a hundred nameless stack frames.
    command.env("RUST_BACKTRACE", "0");
    let status = process::run(&mut command, Show::Lines, |_| ())?;
    if !status.success() {
        bail!("trunk could not build the page ({status}); its reason is above");
    }
    Ok(())
}

fn inputs(project: &Project, toolbox: &Toolbox, edition: Edition) -> Result<String> {
    let mut words = toolbox.versions.clone();
    words.push(format!("{edition:?}"));
    words.extend(process::output(Command::new("rustc").arg("-vV")));
    words.extend(std::env::var("RUSTFLAGS"));
    fingerprint::of(&project.root, INPUTS, &words)
}

fn dist_now(project: &Project) -> Result<String> {
    fingerprint::of(&project.dist(), &["."], &[])
}

fn record(project: &Project) -> Result<PathBuf> {
    Ok(project.scratch()?.join("page"))
}

/// The hashes of the inputs and of `dist` at the last good build.
fn kept(project: &Project) -> Result<Option<(String, String)>> {
    let text = fs::read_to_string(record(project)?).unwrap_or_default();
    Ok(text.split_once('\n').map(|(inputs, dist)| (inputs.to_owned(), dist.trim().to_owned())))
}

fn host() -> Option<String> {
    let text = process::output(Command::new("rustc").arg("-vV"))?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}
