//! The browser for the tests and the driver of the same major version. Finds them, gets them where the system's
//! package manager may be asked, and otherwise says what is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sockscope_host::programs::{Family, ThisMachine, which};

use crate::tool::printed_version;
use crate::{debian, version};

/// A browser and a driver that fits it.
pub struct Browser {
    pub family: Family,
    pub program: PathBuf,
    pub driver: PathBuf,
    version: String,
}

impl Browser {
    pub fn describe(&self) -> String {
        let name = self.program.file_stem().unwrap_or_default().to_string_lossy();
        format!("{name} {} with {}", self.version, self.family.driver())
    }
}

/// A browser that is there, its driver not looked for yet.
struct Candidate {
    family: Family,
    program: PathBuf,
    version: String,
}

/// The first browser with a fitting driver; the error says what is missing and how to get it.
pub fn find() -> Result<Browser> {
    let candidates = candidates()?;
    let mut misfits = Vec::new();
    for candidate in candidates {
        match driver_for(&candidate)? {
            Driver::Fits(driver) => {
                let Candidate { family, program, version } = candidate;
                return Ok(Browser { family, program, driver, version });
            }
            Driver::Lacks(misfit) => misfits.push(misfit),
        }
    }
    if misfits.is_empty() {
        bail!(
            "the tests need Chrome, Chromium or Edge and the driver of the same major version, and there is no \
             browser; {HOW}"
        );
    }
    bail!("{}; {HOW}", misfits.join("; "))
}

const HOW: &str = if cfg!(target_os = "macos") {
    "get both with `brew install --cask google-chrome chromedriver`, or name them in CHROME and CHROMEDRIVER"
} else if cfg!(windows) {
    "Chrome and its ChromeDriver are at googlechromelabs.github.io/chrome-for-testing; put the driver on PATH or \
     name both in CHROME and CHROMEDRIVER"
} else {
    "Debian has both as `apt-get install chromium chromium-driver`, for others they are at \
     googlechromelabs.github.io/chrome-for-testing; put them on PATH or name them in CHROME and CHROMEDRIVER"
};

/// Asks the package manager for both. Who named one of them wants that one.
pub fn install() {
    let named =
        ["CHROME", "CHROMEDRIVER"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    if !named {
        debian::install(&["chromium", "chromium-driver"], "about 1 minute");
    }
}

fn candidates() -> Result<Vec<Candidate>> {
    if let Some(named) = std::env::var_os("CHROME").filter(|value| !value.is_empty()) {
        let program = PathBuf::from(&named);
        let program = if program.is_file() { Some(program) } else { which(&named.to_string_lossy()) };
        let program =
            program.with_context(|| format!("CHROME names {}, which is not there", named.display()))?;
        let version = browser_version(&program)
            .with_context(|| format!("CHROME names {}, which tells no version", named.display()))?;
        return Ok(vec![Candidate { family: Family::of_program(&program), program, version }]);
    }
    let installed =
        [Family::Chrome, Family::Edge].into_iter().flat_map(|family| family.installed(&ThisMachine));
    let found = installed.filter_map(|program| {
        let version = browser_version(&program)?;
        Some(Candidate { family: Family::of_program(&program), program, version })
    });
    Ok(found.collect())
}

/// Chrome on Windows opens a window for `--version`; there the version names a folder beside the program.
fn browser_version(program: &Path) -> Option<String> {
    if !cfg!(windows) {
        return printed_version(program);
    }
    let names = std::fs::read_dir(program.parent()?)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter(|name| version::major(name).is_some() && name.contains('.'))
        .max_by_key(|name| version::major(name))
}

/// What was found for a browser.
enum Driver {
    Fits(PathBuf),
    /// Why there is none, in words.
    Lacks(String),
}

/// Looks for the driver of a browser. An error is a setting that names one which does not run.
fn driver_for(browser: &Candidate) -> Result<Driver> {
    let wanted = version::major(&browser.version);
    let named = std::env::var_os("CHROMEDRIVER").filter(|value| !value.is_empty());
    let places = match &named {
        Some(path) => vec![PathBuf::from(path)],
        None => browser.family.installed_drivers(&browser.program, &ThisMachine),
    };
    let mut seen = None;
    for place in places {
        let Some(found) = printed_version(&place) else { continue };
        if version::major(&found) == wanted {
            return Ok(Driver::Fits(place));
        }
        seen = Some(found);
    }
    if let Some(named) = named
        && seen.is_none()
    {
        bail!("CHROMEDRIVER names {}, which does not run", named.display());
    }
    let (name, driver) = (browser.program.display(), browser.family.driver());
    let own = &browser.version;
    Ok(Driver::Lacks(match seen {
        Some(other) => {
            format!("{name} is version {own} and {driver} is {other}: their first numbers must agree")
        }
        None => format!("{name} {own} is there but no {driver}"),
    }))
}
