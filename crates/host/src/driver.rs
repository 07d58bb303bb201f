//! The programs that open browsers for us: a driver of our own, or a WebDriver endpoint elsewhere.
//!
//! Owns how a driver starts, how it opens a browser, and that nothing of it stays afterwards: processes, and files beside its
//! profile. It refuses to know the page.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

use crate::child::Child;
use crate::environment;
use crate::find::{FindError, Pair, find};
use crate::guardian::Ward;
use crate::programs::{Family, ThisMachine};
use crate::session::{Session, SessionError};

/// How many times a driver is started that finds its port taken.
const TRIES: u32 = 3;
const PORT_TAKEN: &str = "Address already in use";
/// A driver that has not said its port by then will not.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How long a driver and its browsers have to end by themselves.
const FAREWELL: Duration = Duration::from_secs(3);
/// A grid may have to wait for a free browser.
const OPENS_WITHIN: Duration = Duration::from_secs(120);

/// Arguments for a Chromium of any name, so that nothing throttles or covers what is measured, and nothing calls home.
const CHROMIUM: [&str; 14] = [
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,900",
];

/// Which browser, and how it is opened.
#[derive(Clone, Debug, Default)]
pub struct BrowserChoice {
    /// A path or a name; the first that is found when absent.
    pub browser: Option<String>,
    /// An endpoint elsewhere, instead of a driver of our own.
    pub webdriver: Option<Url>,
    /// With a window.
    pub headed: bool,
    /// Certificates are not looked at.
    pub insecure: bool,
    /// The page may call servers that do not allow its origin.
    pub ignores_cors: bool,
    /// More arguments.
    pub arguments: Vec<String>,
}

/// Opens browsers.
#[derive(Debug)]
pub struct Driver {
    source: Source,
    capabilities: Map<String, Value>,
}

/// Where browsers come from.
#[derive(Debug)]
enum Source {
    /// An endpoint elsewhere.
    Elsewhere(String),
    /// A driver of our own for all browsers.
    Shared(OwnDriver),
    /// A driver of its own for each, since Firefox's has one browser at a time.
    OneEach(Pair),
}

/// A driver process.
#[derive(Debug)]
pub struct OwnDriver {
    endpoint: String,
    child: Child,
    /// Where the driver and its browsers write what they forget to remove.
    folder: TempDir,
    /// Removes the folder when we are killed.
    _ward: Ward,
}

/// Why no browser can be opened.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// There is none.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The operating system did not start the driver.
    #[error("cannot start {}", driver.display())]
    Spawn {
        /// The driver.
        driver: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// It started and did not work.
    #[error("{} has not said where it listens; its last words: {words}", driver.display())]
    Silent {
        /// The driver.
        driver: PathBuf,
        /// What it said.
        words: String,
    },
    /// No browser came.
    #[error("{by} could not open a browser: {words}")]
    Open {
        /// The driver or the endpoint.
        by: String,
        /// What it said.
        words: String,
    },
}

impl Driver {
    /// Starts a driver, or takes the endpoint that was named.
    pub async fn start(choice: &BrowserChoice) -> Result<Self, DriverError> {
        if let Some(endpoint) = &choice.webdriver {
            let family = choice.browser.as_deref().and_then(Family::of_name).unwrap_or(Family::Chrome);
            let capabilities = capabilities(choice, family, None, false);
            return Ok(Self { source: Source::Elsewhere(as_folder(endpoint)), capabilities });
        }
        let pair = find(choice.browser.as_deref(), &ThisMachine)?;
        let capabilities = capabilities(choice, pair.family, Some(&pair), is_root());
        let source = match pair.family {
            Family::Chrome | Family::Edge => Source::Shared(OwnDriver::start(&pair).await?),
            Family::Firefox => Source::OneEach(pair),
        };
        Ok(Self { source, capabilities })
    }

    /// Opens a browser with nothing in it.
    pub async fn open(&self) -> Result<Session, DriverError> {
        let own = match &self.source {
            Source::OneEach(pair) => Some(OwnDriver::start(pair).await?),
            Source::Elsewhere(_) | Source::Shared(_) => None,
        };
        let endpoint = match (&self.source, &own) {
            (Source::Elsewhere(endpoint), _) => endpoint,
            (Source::Shared(own), _) | (_, Some(own)) => &own.endpoint,
            (Source::OneEach(_), None) => unreachable!("it was started above"),
        };
        let error = |words: String| DriverError::Open { by: without_login(endpoint), words };
        let words = match timeout(OPENS_WITHIN, Session::open(endpoint, self.capabilities.clone())).await {
            Ok(Ok(session)) => return Ok(session.kept_by(own)),
            Ok(Err(SessionError::Driver(words))) => words,
            Ok(Err(other)) => other.to_string(),
            Err(_) => format!("it did not answer within {OPENS_WITHIN:?}"),
        };
        let error = error(words);
        if let Some(own) = own {
            own.end().await;
        }
        Err(error)
    }

    /// Ends the driver with every browser that it has opened.
    pub async fn end(self) {
        if let Source::Shared(own) = self.source {
            own.end().await;
        }
    }
}

impl OwnDriver {
    /// Starts one that works. ChromeDriver takes a free port of one protocol and wants the same of the other, where another
    /// process else may have it; then it ends, and finds another port the next time.
    pub async fn start(pair: &Pair) -> Result<Self, DriverError> {
        for _ in 1..TRIES {
            match Self::try_start(pair).await {
                Err(DriverError::Silent { words, .. }) if words.contains(PORT_TAKEN) => {}
                done => return done,
            }
        }
        Self::try_start(pair).await
    }

    async fn try_start(pair: &Pair) -> Result<Self, DriverError> {
        let spawn_error = |source| DriverError::Spawn { driver: pair.driver.clone(), source };
        let folder = temporary_folder().map_err(spawn_error)?;
        let ward = Ward::folder(folder.path());
        let mut command = Command::new(&pair.driver);
        match pair.family {
            Family::Chrome | Family::Edge => command.arg("--port=0"),
            Family::Firefox => command.args(["--port", "0"]),
        };
        command.env_clear().envs(environment::for_browser());
        command.envs(["TMPDIR", "TMP", "TEMP"].map(|name| (name, folder.path())));
        let child = Child::spawn(command).map_err(spawn_error)?;
        let mut output = child.output().clone();
        let said = timeout(STARTS_WITHIN, output.find(port_in)).await;
        let Ok(Some(port)) = said else {
            let words = output.lines().join("\n");
            child.end(FAREWELL).await;
            return Err(DriverError::Silent { driver: pair.driver.clone(), words });
        };
        Ok(Self { endpoint: format!("http://127.0.0.1:{port}"), child, folder, _ward: ward })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Ends it with its browsers.
    pub async fn end(self) {
        self.child.end(FAREWELL).await;
        // The system removes what stays in its folder for temporary files.
        let _ = self.folder.close();
    }
}

/// The commands of WebDriver stand below the address, also where that does not end with a slash.
fn as_folder(endpoint: &Url) -> String {
    let mut endpoint = endpoint.clone();
    if !endpoint.path().ends_with('/') {
        endpoint.set_path(&format!("{}/", endpoint.path()));
    }
    endpoint.into()
}

/// A hosted grid has its key in the address, which stays secret.
fn without_login(endpoint: &str) -> String {
    let Ok(mut url) = Url::parse(endpoint) else { return "the endpoint".to_owned() };
    // Only an address that can have none refuses.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.into()
}

/// A browser makes a socket far below it, whose path must not be long, as that of a user's own folder is on some systems.
fn temporary_folder() -> std::io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("sockscope-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Profiles hold what a page was told.
        folder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    let short = Path::new("/tmp");
    if cfg!(unix) && short.is_dir() { folder.tempdir_in(short) } else { folder.tempdir() }
}

/// The port in a line of a driver's output.
fn port_in(line: &str) -> Option<u16> {
    let chrome = line.rsplit_once("started successfully on port ").map(|(_, rest)| rest);
    let gecko = || line.rsplit_once("Listening on ").and_then(|(_, at)| at.rsplit_once(':')).map(|it| it.1);
    chrome.or_else(gecko)?.trim_end_matches('.').trim().parse().ok()
}

/// A Chromium that root starts needs to be told so.
fn is_root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
    }
    #[cfg(not(unix))]
    false
}

fn capabilities(
    choice: &BrowserChoice,
    family: Family,
    pair: Option<&Pair>,
    is_root: bool,
) -> Map<String, Value> {
    let mut all = Map::new();
    all.insert("browserName".to_owned(), family.webdriver_name().into());
    all.insert("acceptInsecureCerts".to_owned(), choice.insecure.into());
    let mut options = Map::new();
    let mut arguments: Vec<&str> = Vec::new();
    match family {
        Family::Chrome | Family::Edge => {
            arguments.extend(CHROMIUM);
            if !choice.headed {
                arguments.push("--headless=new");
            }
            if is_root {
                arguments.push("--no-sandbox");
            }
            if choice.insecure {
                // What WebDriver accepts by itself does not reach the sockets of workers.
                arguments.push("--ignore-certificate-errors");
            }
            if choice.ignores_cors {
                arguments.push("--disable-web-security");
            }
        }
        Family::Firefox => {
            if !choice.headed {
                arguments.push("-headless");
            }
        }
    }
    arguments.extend(choice.arguments.iter().map(String::as_str));
    options.insert("args".to_owned(), arguments.into());
    if let Some(pair) = pair {
        options.insert("binary".to_owned(), pair.browser.display().to_string().into());
    }
    all.insert(family.options_name().to_owned(), options.into());
    let log_name = match family {
        Family::Chrome => Some("goog:loggingPrefs"),
        Family::Edge => Some("ms:loggingPrefs"),
        Family::Firefox => None,
    };
    if let Some(log_name) = log_name {
        all.insert(log_name.to_owned(), json!({ "browser": "ALL" }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_says_its_port() {
        let chrome = "ChromeDriver was started successfully on port 38973.";
        assert_eq!(port_in(chrome), Some(38973));
        assert_eq!(port_in("1700000000000\tgeckodriver\tINFO\tListening on 127.0.0.1:4444"), Some(4444));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }

    #[test]
    fn an_endpoint_is_a_folder_and_its_login_stays_secret() {
        let folder = |text: &str| as_folder(&text.parse().expect("an address"));
        assert_eq!(folder("http://grid:4444/wd/hub"), "http://grid:4444/wd/hub/");
        assert_eq!(folder("http://grid:4444"), "http://grid:4444/");
        assert_eq!(without_login("https://joe:secret@grid/wd/hub/"), "https://grid/wd/hub/");
    }

    #[test]
    fn what_was_chosen_is_asked_of_the_browser() {
        let choice =
            BrowserChoice { insecure: true, arguments: vec!["--lang=de".into()], ..Default::default() };
        let asked = capabilities(&choice, Family::Chrome, None, true);
        let arguments = asked["goog:chromeOptions"]["args"].to_string();
        for argument in ["--headless=new", "--no-sandbox", "--ignore-certificate-errors", "--lang=de"] {
            assert!(arguments.contains(argument), "{argument} in {arguments}");
        }
        assert_eq!(asked["acceptInsecureCerts"], true);
        let headed = BrowserChoice { headed: true, ..Default::default() };
        let asked = capabilities(&headed, Family::Firefox, None, false);
        assert_eq!(asked["moz:firefoxOptions"]["args"], json!([]));
    }
}
