//! Firefox for the tests, and its driver. Finds the browser, gets it where the system's package manager may be asked, and
//! otherwise says what is missing. The driver is a tool as those that build the page are: any recent one fits any Firefox.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sockscope_host::programs::{Family, ThisMachine, executable, which};

use crate::cache::Cache;
use crate::debian;
use crate::install::{self, Source};
use crate::screen::{self, Progress};
use crate::tool::{Tool, printed_version};

/// How many stages the set-up announces.
pub const STAGES: usize = 2;

/// The browser and its driver.
pub struct Firefox {
    program: PathBuf,
    driver: PathBuf,
}

impl Firefox {
    /// Lets the tests find both.
    pub fn equip(&self, command: &mut Command) {
        command.env("FIREFOX", &self.program).env("GECKODRIVER", &self.driver);
    }
}

const HOW: &str = if cfg!(target_os = "macos") {
    "get it with `brew install --cask firefox`, or name it in FIREFOX"
} else if cfg!(windows) {
    "get it at mozilla.org, or name it in FIREFOX"
} else {
    "Debian has it as `apt-get install firefox-esr`, for others it is at mozilla.org; put it on PATH or name it in FIREFOX"
};

/// Both of them, for the tests.
pub fn set_up(progress: &mut Progress) -> Result<Firefox> {
    let (program, version) = match find()? {
        Some(found) => {
            progress.stage(&format!("Firefox {}: there", found.1));
            found
        }
        None => {
            progress.stage("Firefox");
            debian::install(&["firefox-esr"], "about 1 minute");
            let found = find()?;
            let found = found.with_context(|| format!("the tests need Firefox, and there is none; {HOW}"))?;
            screen::note(&format!("got Firefox {}", found.1));
            found
        }
    };
    let driver =
        driver(progress).with_context(|| format!("Firefox {version} is there but no geckodriver"))?;
    Ok(Firefox { program, driver })
}

fn find() -> Result<Option<(PathBuf, String)>> {
    if let Some(named) = std::env::var_os("FIREFOX").filter(|value| !value.is_empty()) {
        let program = PathBuf::from(&named);
        let Some(version) = version_of(&program) else {
            bail!("FIREFOX names {}, which tells no version", named.display());
        };
        return Ok(Some((program, version)));
    }
    Ok(Family::Firefox.installed(&ThisMachine).into_iter().find_map(|program| {
        let version = version_of(&program)?;
        Some((program, version))
    }))
}

/// Firefox on Windows prints nothing on a console; there it is enough that it lies there.
fn version_of(program: &Path) -> Option<String> {
    if cfg!(windows) {
        program.is_file().then(|| "of this system".to_owned())
    } else {
        printed_version(program)
    }
}

fn driver(progress: &mut Progress) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("GECKODRIVER").filter(|value| !value.is_empty()) {
        progress.stage(&format!("geckodriver: {}", named.display()));
        return Ok(PathBuf::from(named));
    }
    let (cache, tool) = (Cache::open()?, Tool::geckodriver());
    let found = match tool.find(&cache) {
        Some(found) => {
            progress.stage(&format!("geckodriver {}: there", found.version));
            found
        }
        None => {
            progress.stage(&format!("installing geckodriver {}…", tool.version));
            install::install(&tool, &cache, &Source::geckodriver(&tool.version))?
        }
    };
    let program = match found.folder {
        Some(folder) => Some(folder.join(executable("geckodriver"))),
        None => which("geckodriver"),
    };
    program.context("geckodriver is gone from PATH")
}
