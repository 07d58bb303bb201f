//! Builds the page, when something has changed.
//!
//! Decides what the compiler makes in which profile; `assemble` makes `dist` of it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{self, Show};
use crate::project::Project;
use crate::setup::Toolbox;
use crate::{assemble, cache, fingerprint, screen, sizes};

/// Everything the page is made of.
const INPUTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "rust-toolchain.toml",
    "index.html",
    "build.rs",
    "src",
    "style",
    "suites",
    "xtask/src/assemble.rs",
    "xtask/src/page.rs",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// What the page is built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// For users: every byte is downloaded.
    #[default]
    Release,
    /// For looking at a change: built in seconds.
    Quick,
}

/// One call of the compiler: the programs that share a profile and features, and so all they depend on.
struct Build {
    profile: &'static str,
    features: &'static str,
    programs: &'static [&'static str],
}

/// Those of one profile share most of what they depend on. With the feature `page` the worker would weigh 5 kB more after
/// brotli: what a crate exports to scripts stays, whether it is called or not.
const RELEASE: &[Build] = &[
    Build { profile: "page", features: "page", programs: &["page", "checks_page"] },
    Build { profile: "page", features: "browser", programs: &["bench_worker"] },
    Build { profile: "checker", features: "browser", programs: &["checks_worker"] },
];

const QUICK: &[Build] = &[Build {
    profile: "quick",
    features: "page",
    programs: &["page", "bench_worker", "checks_page", "checks_worker"],
}];

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
    let builds = match edition {
        Edition::Release => RELEASE,
        Edition::Quick => QUICK,
    };
    compile(project, builds)?;
    assemble::lay_out(project, toolbox, edition, |program| {
        let build = builds.iter().find(|build| build.programs.contains(&program.name));
        let build = build.expect("every program is built");
        folder(project, build).join(TARGET).join(build.profile).join(program.name).with_extension("wasm")
    })?;
    if edition == Edition::Release {
        sizes::precompress(&project.dist())?;
    }
    let text = format!("{inputs}\n{}\n", dist_now(project)?);
    fs::write(record(project)?, text).context("cannot note what the page was built from")?;
    screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    Ok(())
}

/// Where the compiler works at one of them.
fn folder(project: &Project, build: &Build) -> PathBuf {
    match build.profile {
        "checker" => project.target.join("checker"),
        _ => project.target.clone(),
    }
}

/// The profiles beside one another: a program is put together by one core, while another has crates to compile.
fn compile(project: &Project, builds: &[Build]) -> Result<()> {
    thread::scope(|scope| {
        let jobs: Vec<_> = builds
            .chunk_by(|one, next| one.profile == next.profile)
            .map(|chain| scope.spawn(move || chain.iter().try_for_each(|build| compile_one(project, build))))
            .collect();
        jobs.into_iter().try_for_each(|job| job.join().expect("what runs the compiler does not panic"))
    })
}

fn compile_one(project: &Project, build: &Build) -> Result<()> {
    let mut command = project.cargo();
    command.args(["build", "--locked", "-p", "sockscope", "--target", TARGET]);
    command.args(["--profile", build.profile, "--features", build.features]);
    // Cargo lets one build at a time into a folder.
    command.arg("--target-dir").arg(folder(project, build));
    command.args(build.programs.iter().flat_map(|name| ["--bin", name]));
    let status = process::run(&mut command, Show::Lines, |_| ())?;
    if !status.success() {
        bail!("the page did not build ({status}); the reason is above");
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
