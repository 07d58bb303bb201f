//! Where programs are, browsers and drivers among them.
//!
//! Owns the names and places of browsers and of their drivers. It starts none of them.

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

/// What is known of a family.
struct Known {
    family: Family,
    /// As WebDriver calls it.
    name: &'static str,
    /// Where its options go among WebDriver's capabilities.
    options: &'static str,
    browsers: &'static [&'static str],
    /// Applications on macOS, each with the program inside.
    applications: &'static [(&'static str, &'static str)],
    /// Below the folders for programs on Windows.
    windows: &'static str,
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
        options: "goog:chromeOptions",
        browsers: &["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome"],
        applications: &[("Google Chrome", "Google Chrome"), ("Chromium", "Chromium")],
        windows: "Google/Chrome/Application/chrome.exe",
        browser_variable: "CHROME",
        driver: "chromedriver",
        driver_variables: ["CHROMEDRIVER", "CHROMEWEBDRIVER"],
    },
    Known {
        family: Family::Edge,
        name: "MicrosoftEdge",
        options: "ms:edgeOptions",
        browsers: &["microsoft-edge-stable", "microsoft-edge", "msedge"],
        applications: &[("Microsoft Edge", "Microsoft Edge")],
        windows: "Microsoft/Edge/Application/msedge.exe",
        browser_variable: "EDGE",
        driver: "msedgedriver",
        driver_variables: ["MSEDGEDRIVER", "EDGEWEBDRIVER"],
    },
    Known {
        family: Family::Firefox,
        name: "firefox",
        options: "moz:firefoxOptions",
        browsers: &["firefox", "firefox-esr"],
        applications: &[("Firefox", "firefox")],
        windows: "Mozilla Firefox/firefox.exe",
        browser_variable: "FIREFOX",
        driver: "geckodriver",
        driver_variables: ["GECKODRIVER", "GECKOWEBDRIVER"],
    },
];

impl Family {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Chrome, Self::Edge, Self::Firefox];

    fn known(self) -> &'static Known {
        KNOWN.iter().find(|known| known.family == self).expect("each family is known")
    }

    /// As WebDriver calls it.
    pub fn webdriver_name(self) -> &'static str {
        self.known().name
    }

    /// Where its options go among WebDriver's capabilities.
    pub fn options_name(self) -> &'static str {
        self.known().options
    }

    /// The program that drives it.
    pub fn driver(self) -> &'static str {
        self.known().driver
    }

    /// The variable that may name the browser.
    pub fn browser_variable(self) -> &'static str {
        self.known().browser_variable
    }

    /// The variable that may name the driver.
    pub fn driver_variable(self) -> &'static str {
        self.known().driver_variables[0]
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

    /// The family of a browser's program; that of any other name is taken for a Chromium, as most are.
    pub fn of_program(program: &Path) -> Self {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        Self::of_name(&name).unwrap_or(Self::Chrome)
    }

    /// Its browsers on this machine, whatever the environment names.
    pub fn installed(self, machine: &impl Machine) -> Vec<PathBuf> {
        let known = self.known();
        let on_path = known.browsers.iter().filter_map(|name| machine.program(name));
        on_path.chain(elsewhere(known, machine).into_iter().filter(|path| machine.has(path))).collect()
    }

    /// The browser that the environment names, else the first that is installed.
    pub fn browser(self, machine: &impl Machine) -> Option<PathBuf> {
        let named = machine.variable(self.browser_variable()).map(PathBuf::from);
        let named = named.filter(|path| machine.has(path));
        named.or_else(|| self.installed(machine).into_iter().next())
    }

    /// Drivers for a browser on this machine, the best first, whatever the environment names.
    pub fn installed_drivers(self, browser: &Path, machine: &impl Machine) -> Vec<PathBuf> {
        let file = executable(self.driver());
        // Debian and Ubuntu have put it beside the browser's own files at times.
        let debian = ["/usr/lib/chromium", "/usr/lib/chromium-browser"].map(Path::new);
        let folders = browser.parent().into_iter().chain(debian);
        let beside = folders.map(|folder| folder.join(&file)).filter(|path| machine.has(path));
        machine.program(self.driver()).into_iter().chain(beside).collect()
    }

    /// The driver that the environment names, else the best that is installed.
    pub fn driver_for(self, browser: &Path, machine: &impl Machine) -> Option<PathBuf> {
        let file = executable(self.driver());
        let named = self.known().driver_variables.into_iter().filter_map(|name| machine.variable(name));
        let mut places = named.map(PathBuf::from).flat_map(|named| [named.join(&file), named]);
        let named = places.find(|path| machine.has(path));
        named.or_else(|| self.installed_drivers(browser, machine).into_iter().next())
    }
}

/// Where browsers are that are not on PATH.
fn elsewhere(known: &Known, machine: &impl Machine) -> Vec<PathBuf> {
    let roots = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().filter_map(|name| machine.variable(name)).map(PathBuf::from).collect()
    };
    if cfg!(windows) {
        let roots = roots(&["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"]);
        return roots.into_iter().map(|root| root.join(known.windows)).collect();
    }
    if cfg!(target_os = "macos") {
        let roots = [vec![PathBuf::from("/")], roots(&["HOME"])].concat();
        let programs = roots.iter().flat_map(|root| {
            known.applications.iter().map(move |(application, program)| {
                root.join(format!("Applications/{application}.app/Contents/MacOS/{program}"))
            })
        });
        return programs.collect();
    }
    Vec::new()
}

/// Where programs are: the machine's in life, a table's in tests.
pub trait Machine {
    /// A program on PATH.
    fn program(&self, name: &str) -> Option<PathBuf>;
    /// Whether a file is there.
    fn has(&self, path: &Path) -> bool;
    /// A variable of the environment that is not empty.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The machine that this runs on.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn program(&self, name: &str) -> Option<PathBuf> {
        which(name)
    }

    fn has(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// The first program of that name on PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find_map(|folder| program_in(&folder, name))
}

/// A program in one folder; on Windows also a batch file, which is how npm installs.
pub fn program_in(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(executable(name));
    if is_program(&exact) {
        return Some(exact);
    }
    let batch = folder.join(format!("{name}.cmd"));
    (cfg!(windows) && batch.is_file()).then_some(batch)
}

/// Whether a file may be run.
fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

/// The file name of a program on this system.
pub fn executable(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_not_on_path() {
        assert_eq!(which("no-such-program-anywhere"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_may_not_be_run_is_not_a_program() {
        use std::os::unix::fs::PermissionsExt;
        let folder = env::temp_dir().join(format!("sockscope-programs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("tool");
        std::fs::write(&file, "").expect("a file");
        let found = [0o644, 0o755].map(|mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("it is ours");
            program_in(&folder, "tool").is_some()
        });
        std::fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(found, [false, true]);
    }

    #[test]
    fn a_family_is_known_by_the_name_of_its_program() {
        let of = |name: &str| Family::of_program(Path::new(name));
        assert_eq!(of("/usr/bin/microsoft-edge-stable"), Family::Edge);
        assert_eq!(of("msedge.exe"), Family::Edge);
        assert_eq!(of("/usr/bin/chromium"), Family::Chrome);
        assert_eq!(of("/usr/bin/firefox-esr"), Family::Firefox);
        assert_eq!(of("/opt/thorium"), Family::Chrome);
    }
}
