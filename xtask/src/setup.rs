//! The set-up: what the build and the tests need beyond Rust, each only if it is not there.
//!
//! Decides the order and says what happens; finding is `tool`'s and `browser`'s, getting is `install`'s;
//! `targets` does both for what the servers in Python and Node need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use sockscope_host::programs::{executable, program_in, which};

use crate::browser::{self, Browser};
use crate::cache::Cache;
use crate::install::{self, Source};
use crate::project::{self, Project};
use crate::screen::{self, Progress};
use crate::tool::{self, Found, Tool};
use crate::{firefox, grid, lints, process, strip, targets};

const TARGET: &str = "wasm32-unknown-unknown";

/// How many stages each part announces.
pub const RUST_STAGES: usize = 1;
pub const PAGE_STAGES: usize = 5;
pub const BROWSER_STAGES: usize = 1;

/// What builds the page.
#[derive(Clone)]
pub struct Toolbox {
    /// Go in front of PATH.
    folders: Vec<PathBuf>,
    /// Part of the page's fingerprint: another version may make another page.
    pub versions: Vec<String>,
    /// Both make the page smaller. False for wasm-opt where its replacement took its place.
    pub has_wasm_opt: bool,
    pub has_esbuild: bool,
}

impl Toolbox {
    fn add(&mut self, name: &str, found: Found) {
        self.versions.push(format!("{name} {}", found.version));
        self.folders.extend(found.folder);
    }

    /// Where a tool is.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().find_map(|folder| program_in(folder, name)).or_else(|| which(name))
    }

    /// Lets a command find the tools, and those in one more folder before all others.
    pub fn equip_behind(&self, folder: PathBuf, command: &mut Command) {
        let folders: Vec<_> = std::iter::once(folder).chain(self.folders.iter().cloned()).collect();
        command.env("PATH", tool::path_with(&folders));
    }

    /// Lets a command find the tools.
    pub fn equip(&self, command: &mut Command) {
        command.env("PATH", tool::path_with(&self.folders));
    }
}

/// `cargo xtask setup`.
pub fn everything(project: &Project) -> Result<()> {
    let mut progress = Progress::of(
        RUST_STAGES
            + lints::STAGES
            + PAGE_STAGES
            + BROWSER_STAGES
            + firefox::STAGES
            + grid::STAGES
            + targets::STAGES,
    );
    rust_components(&mut progress)?;
    let downloads = || -> Result<()> {
        lints::set_up(&mut progress)?;
        browser(&mut progress)?;
        firefox::set_up(&mut progress)?;
        grid::set_up(&mut progress)?;
        targets::set_up(&mut progress).map(drop)
    };
    beside_compiling(project, downloads)??;
    page_tools(project, &mut progress)?;
    screen::line("\nEverything is there. `cargo xtask run` starts the page, `cargo xtask test` tests it.");
    Ok(())
}

/// Does what waits for the network while the tools that take the processor minutes are compiled, if they are missing.
pub fn beside_compiling<T>(project: &Project, downloads: impl FnOnce() -> T) -> Result<T> {
    let cache = Cache::open()?;
    let missing: Vec<_> =
        compiled_tools(project)?.into_iter().filter(|(tool, _)| tool.find(&cache).is_none()).collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|(tool, _)| tool.folder_name()).collect();
        screen::note(&format!("installing {} beside what follows…", names.join(" and ")));
    }
    thread::scope(|scope| {
        let compiling = scope.spawn(|| {
            missing.iter().try_for_each(|(tool, source)| install::install(tool, &cache, source).map(drop))
        });
        let done = downloads();
        compiling.join().expect("what installs a tool does not panic")?;
        Ok(done)
    })
}

/// The longer to compile first.
fn compiled_tools(project: &Project) -> Result<[(Tool, Source); 2]> {
    let (trunk, version) = (Tool::trunk(), project.wasm_bindgen_version()?);
    let source = Source::trunk(&trunk.version);
    Ok([(trunk, source), (Tool::wasm_bindgen(&version), Source::wasm_bindgen(&version))])
}

/// The formatter and the linter, which a minimal toolchain lacks.
pub fn rust_components(progress: &mut Progress) -> Result<()> {
    let wanted = [("rustfmt", "fmt"), ("clippy", "clippy")];
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|(_, command)| process::output(project::cargo().args([command, "--version"])).is_none())
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        progress.stage("rustfmt and clippy: there");
        return Ok(());
    }
    let names = missing.join(" and ");
    progress.stage(&format!("adding {names} (about 10 seconds)…"));
    if which("rustup").is_none() {
        bail!(
            "{names} is missing and there is no rustup to add it; install it with the package manager Rust came from"
        );
    }
    process::succeed(Command::new("rustup").args(["component", "add"]).args(missing))
}

/// Everything it takes to build the page.
pub fn page_tools(project: &Project, progress: &mut Progress) -> Result<Toolbox> {
    let cache = Cache::open()?;
    wasm_target(progress)?;

    let mut toolbox =
        Toolbox { folders: Vec::new(), versions: Vec::new(), has_wasm_opt: true, has_esbuild: true };
    for (tool, source) in compiled_tools(project)? {
        toolbox.add(tool.name, ensure(&tool, &cache, progress, &source)?);
    }
    let wasm_opt = of_node(&Tool::wasm_opt(), &cache, progress)?;
    toolbox.has_wasm_opt = wasm_opt.is_some();
    toolbox.add("wasm-opt", wasm_opt.map_or_else(|| stand_in(&cache), Ok)?);
    match of_node(&Tool::esbuild(), &cache, progress)? {
        Some(esbuild) => toolbox.add("esbuild", esbuild),
        None => toolbox.has_esbuild = false,
    }
    Ok(toolbox)
}

/// A copy of this program under the name `wasm-opt`.
fn stand_in(cache: &Cache) -> Result<Found> {
    let folder = copy_of_us(&cache.place("instead-of-wasm-opt").join("bin"), "wasm-opt")?;
    Ok(Found { version: strip::VERSION.into(), folder: Some(folder) })
}

/// A copy of this program under another name; says in which folder.
pub fn copy_of_us(folder: &Path, name: &str) -> Result<PathBuf> {
    let copy = folder.join(executable(name));
    let fresh = folder.join(format!("new-{}", std::process::id()));
    let own = std::env::current_exe().context("cannot tell where this program lies")?;
    let copied = fs::create_dir_all(folder)
        .and_then(|()| fs::copy(&own, &fresh))
        .and_then(|_| fs::rename(&fresh, &copy));
    copied.with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(folder.to_path_buf())
}

/// The browser and its driver, for the tests.
pub fn browser(progress: &mut Progress) -> Result<Browser> {
    if let Ok(found) = browser::find() {
        progress.stage(&format!("{}: there", found.describe()));
        return Ok(found);
    }
    progress.stage("Chromium and ChromeDriver");
    browser::install();
    let found = browser::find()?;
    screen::note(&format!("got {}", found.describe()));
    Ok(found)
}

fn wasm_target(progress: &mut Progress) -> Result<()> {
    if target_is_there() {
        progress.stage(&format!("Rust's {TARGET}: there"));
        return Ok(());
    }
    progress.stage(&format!("adding Rust's {TARGET} (about 10 seconds)…"));
    if which("rustup").is_none() {
        bail!(
            "Rust's standard library for {TARGET} is missing and there is no rustup to add it; install it from \
             where Rust came from (Debian: libstd-rust-dev-wasm32, Fedora: rust-std-static-wasm32-unknown-unknown), \
             or use rustup"
        );
    }
    process::succeed(Command::new("rustup").args(["target", "add", TARGET]))?;
    if !target_is_there() {
        bail!(
            "rustup added {TARGET} to another toolchain; call `rustup target add {TARGET}` for the one in use"
        );
    }
    Ok(())
}

fn target_is_there() -> bool {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]));
    sysroot.is_some_and(|root| {
        PathBuf::from(root.trim()).join("lib").join("rustlib").join(TARGET).join("lib").is_dir()
    })
}

fn ensure(tool: &Tool, cache: &Cache, progress: &mut Progress, source: &Source) -> Result<Found> {
    if let Some(found) = tool.find(cache) {
        progress.stage(&format!("{} {}: there", tool.name, found.version));
        return Ok(found);
    }
    progress.stage(&format!("installing {} {}…", tool.name, tool.version));
    install::install(tool, cache, source)
}

/// One of the tools that make the page smaller, and that it can do without.
fn of_node(tool: &Tool, cache: &Cache, progress: &mut Progress) -> Result<Option<Found>> {
    let name = tool.programs[0];
    if let Some(found) = tool.find(cache) {
        progress.stage(&format!("{name} {}: there", found.version));
        return Ok(Some(found));
    }
    let started = Instant::now();
    progress.stage(&format!("installing {name}…"));
    let found = install::of_node(tool, cache)?;
    screen::note(&match found {
        Some(_) => format!("done in {}", screen::seconds(started.elapsed())),
        None => format!("cannot get {name} here (it comes with Node's npm): the page will be larger"),
    });
    Ok(found)
}
