//! Finds the browser and its driver.
//!
//! Owns where browsers and drivers are found. It refuses to start them. The command line wins over the environment
//! (`CHROME`, `CHROMEDRIVER`, …), and the environment over what is installed.

use std::env;
use std::path::{Path, PathBuf};

/// A kind of browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Chrome and Chromium.
    Chrome,
    /// Edge.
    Edge,
    /// Firefox.
    Firefox,
}

/// A browser and its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Of which kind.
    pub family: Family,
    /// The browser.
    pub browser: PathBuf,
    /// Its driver.
    pub driver: PathBuf,
}

/// Why there is no browser.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// What was named is not there.
    #[error("{0}: there is no such browser")]
    NotThere(String),
    /// A browser without its driver.
    #[error(
        "{browser} is there, but {driver} is not: install it, or put it on PATH ({variable} may name it)"
    )]
    NoDriver {
        /// The browser.
        browser: String,
        /// The driver's name.
        driver: &'static str,
        /// The variable that may name it.
        variable: &'static str,
    },
    /// Nothing at all.
    #[error(
        "no browser was found: install Chrome, Chromium or Edge with its driver, or Firefox with geckodriver; \
         --browser names one, and --webdriver uses a browser elsewhere"
    )]
    Nothing,
}

/// What is known of a family.
struct Known {
    family: Family,
    /// As WebDriver calls it.
    name: &'static str,
    browsers: &'static [&'static str],
    places: &'static [&'static str],
    browser_variable: &'static str,
    driver: &'static str,
    /// Names the driver, or the folder it is in, as the machines of GitHub do.
    driver_variables: [&'static str; 2],
}

/// In the order in which they are tried.
const KNOWN: [Known; 3] = [
    Known {
        family: Family::Chrome,
        name: "chrome",
        browsers: &["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome"],
        places: &[
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
            "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
        ],
        browser_variable: "CHROME",
        driver: "chromedriver",
        driver_variables: ["CHROMEDRIVER", "CHROMEWEBDRIVER"],
    },
    Known {
        family: Family::Edge,
        name: "MicrosoftEdge",
        browsers: &["microsoft-edge-stable", "microsoft-edge", "msedge"],
        places: &[
            "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
            "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
            "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
        ],
        browser_variable: "EDGE",
        driver: "msedgedriver",
        driver_variables: ["MSEDGEDRIVER", "EDGEWEBDRIVER"],
    },
    Known {
        family: Family::Firefox,
        name: "firefox",
        browsers: &["firefox", "firefox-esr"],
        places: &[
            "/Applications/Firefox.app/Contents/MacOS/firefox",
            "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
        ],
        browser_variable: "FIREFOX",
        driver: "geckodriver",
        driver_variables: ["GECKODRIVER", "GECKOWEBDRIVER"],
    },
];

impl Family {
    /// As WebDriver calls it.
    pub fn webdriver_name(self) -> &'static str {
        KNOWN.iter().find(|known| known.family == self).expect("each family is known").name
    }

    /// By a name that people use, or by that of a program.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let has = |part: &str| name.contains(part);
        match () {
            () if has("firefox") => Some(Self::Firefox),
            () if has("edge") => Some(Self::Edge),
            () if has("chrom") => Some(Self::Chrome),
            () => None,
        }
    }
}

/// Where programs are: the machine's in life, a table's in tests.
pub trait Machine {
    /// A program on PATH.
    fn program(&self, name: &str) -> Option<PathBuf>;
    /// Whether a file is there.
    fn has(&self, path: &Path) -> bool;
    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The machine that this runs on.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn program(&self, name: &str) -> Option<PathBuf> {
        which::which(name).ok()
    }

    fn has(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// Finds a browser with its driver: the one that is asked for by path or by name, else the first that has both.
pub fn find(asked: Option<&str>, machine: &impl Machine) -> Result<Pair, FindError> {
    if let Some(asked) = asked {
        return find_asked(asked, machine);
    }
    let mut lonely = None;
    for known in &KNOWN {
        let Some(browser) = browser_of(known, machine) else { continue };
        match driver_of(known, &browser, machine) {
            Some(driver) => return Ok(Pair { family: known.family, browser, driver }),
            None => lonely = lonely.or(Some(no_driver(known, &browser))),
        }
    }
    Err(lonely.unwrap_or(FindError::Nothing))
}

fn find_asked(asked: &str, machine: &impl Machine) -> Result<Pair, FindError> {
    let path = Path::new(asked);
    let program = if machine.has(path) { Some(path.to_owned()) } else { None };
    let is_path = path.components().count() > 1;
    let program = program.or_else(|| if is_path { None } else { machine.program(asked) });
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let family = Family::of_name(&name);
    let known = KNOWN.iter().find(|known| Some(known.family) == family);
    let browser = match (program, known) {
        (Some(program), _) => program,
        // A name such as `edge`, whose program is called otherwise.
        (None, Some(known)) if !is_path => {
            browser_of(known, machine).ok_or_else(|| FindError::NotThere(asked.to_owned()))?
        }
        _ => return Err(FindError::NotThere(asked.to_owned())),
    };
    // A program of any other name is taken for a Chromium, as most are.
    let known = known.unwrap_or(&KNOWN[0]);
    match driver_of(known, &browser, machine) {
        Some(driver) => Ok(Pair { family: known.family, browser, driver }),
        None => Err(no_driver(known, &browser)),
    }
}

fn browser_of(known: &Known, machine: &impl Machine) -> Option<PathBuf> {
    let named = machine.variable(known.browser_variable).map(PathBuf::from);
    let named = named.filter(|path| machine.has(path));
    let installed = || known.browsers.iter().find_map(|name| machine.program(name));
    let elsewhere = || known.places.iter().map(PathBuf::from).find(|path| machine.has(path));
    named.or_else(installed).or_else(elsewhere)
}

fn driver_of(known: &Known, browser: &Path, machine: &impl Machine) -> Option<PathBuf> {
    let file = format!("{}{}", known.driver, env::consts::EXE_SUFFIX);
    for variable in known.driver_variables {
        let Some(named) = machine.variable(variable).map(PathBuf::from) else { continue };
        if let Some(driver) = [named.clone(), named.join(&file)].into_iter().find(|path| machine.has(path)) {
            return Some(driver);
        }
    }
    let beside = browser.parent().map(|folder| folder.join(&file)).filter(|path| machine.has(path));
    machine.program(known.driver).or(beside)
}

fn no_driver(known: &Known, browser: &Path) -> FindError {
    let browser = browser.display().to_string();
    FindError::NoDriver { browser, driver: known.driver, variable: known.driver_variables[0] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Made {
        files: Vec<&'static str>,
        variables: BTreeMap<&'static str, &'static str>,
    }

    impl Machine for Made {
        fn program(&self, name: &str) -> Option<PathBuf> {
            let path = PathBuf::from(format!("/bin/{name}"));
            self.has(&path).then_some(path)
        }

        fn has(&self, path: &Path) -> bool {
            self.files.iter().any(|file| Path::new(file) == path)
        }

        fn variable(&self, name: &str) -> Option<String> {
            self.variables.get(name).map(|value| (*value).to_owned())
        }
    }

    #[track_caller]
    fn check(asked: Option<&str>, files: &[&'static str], found: Result<(Family, &str, &str), &str>) {
        let machine = Made { files: files.to_vec(), ..Made::default() };
        check_on(&machine, asked, found);
    }

    #[track_caller]
    fn check_on(machine: &Made, asked: Option<&str>, found: Result<(Family, &str, &str), &str>) {
        match (find(asked, machine), found) {
            (Ok(pair), Ok((family, browser, driver))) => {
                assert_eq!(pair, Pair { family, browser: browser.into(), driver: driver.into() })
            }
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (got, wanted) => panic!("{got:?} instead of {wanted:?}"),
        }
    }

    #[test]
    fn the_first_browser_with_its_driver_is_taken() {
        let chromium = Ok((Family::Chrome, "/bin/chromium", "/bin/chromedriver"));
        check(None, &["/bin/chromium", "/bin/chromedriver"], chromium);
        let firefox = Ok((Family::Firefox, "/bin/firefox-esr", "/bin/geckodriver"));
        check(None, &["/bin/chromium", "/bin/firefox-esr", "/bin/geckodriver"], firefox);
        check(None, &["/bin/chromium"], Err("/bin/chromium is there, but chromedriver is not"));
        check(None, &[], Err("no browser was found"));
    }

    #[test]
    fn a_browser_is_named_by_path_or_by_name() {
        let own = Ok((Family::Chrome, "/opt/my-chrome/run", "/opt/my-chrome/chromedriver"));
        check(Some("/opt/my-chrome/run"), &["/opt/my-chrome/run", "/opt/my-chrome/chromedriver"], own);
        let edge = Ok((Family::Edge, "/bin/microsoft-edge", "/bin/msedgedriver"));
        check(Some("edge"), &["/bin/microsoft-edge", "/bin/msedgedriver", "/bin/chromium"], edge);
        check(
            Some("/nowhere/chrome"),
            &["/bin/chromedriver"],
            Err("/nowhere/chrome: there is no such browser"),
        );
        check(Some("lynx"), &[], Err("lynx: there is no such browser"));
    }

    #[test]
    fn the_environment_names_a_driver_or_its_folder() {
        let machine = Made {
            files: vec!["/bin/chromium", "/bin/chromedriver", "/d/chromedriver"],
            variables: [("CHROMEWEBDRIVER", "/d")].into(),
        };
        check_on(&machine, None, Ok((Family::Chrome, "/bin/chromium", "/d/chromedriver")));
    }
}
