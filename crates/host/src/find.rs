//! Finds a browser together with its driver.
//!
//! Owns which pair is taken. It refuses to start them. The command line wins over the environment (`CHROME`,
//! `CHROMEDRIVER`, …), and the environment over what is installed.

use std::path::{Path, PathBuf};

use crate::programs::{Family, Machine};

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

/// Finds a browser with its driver: the one that is asked for by path or by name, else the first that has both.
pub fn find(asked: Option<&str>, machine: &impl Machine) -> Result<Pair, FindError> {
    if let Some(asked) = asked {
        return find_asked(asked, machine);
    }
    let mut lonely = None;
    for family in Family::ALL {
        let Some(browser) = family.browser(machine) else { continue };
        match with_driver(family, browser, machine) {
            Ok(pair) => return Ok(pair),
            Err(error) => lonely = lonely.or(Some(error)),
        }
    }
    Err(lonely.unwrap_or(FindError::Nothing))
}

fn find_asked(asked: &str, machine: &impl Machine) -> Result<Pair, FindError> {
    let path = Path::new(asked);
    let program = if machine.has(path) { Some(path.to_owned()) } else { None };
    let is_path = path.components().count() > 1;
    let program = program.or_else(|| if is_path { None } else { machine.program(asked) });
    let named = Family::of_name(&path.file_name().unwrap_or_default().to_string_lossy());
    let browser = match (program, named) {
        (Some(program), _) => Some(program),
        // A name such as `edge`, whose program is called otherwise.
        (None, Some(family)) if !is_path => family.browser(machine),
        _ => None,
    };
    let browser = browser.ok_or_else(|| FindError::NotThere(asked.to_owned()))?;
    with_driver(Family::of_program(path), browser, machine)
}

fn with_driver(family: Family, browser: PathBuf, machine: &impl Machine) -> Result<Pair, FindError> {
    match family.driver_for(&browser, machine) {
        Some(driver) => Ok(Pair { family, browser, driver }),
        None => Err(FindError::NoDriver {
            browser: browser.display().to_string(),
            driver: family.driver(),
            variable: family.driver_variable(),
        }),
    }
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
