//! One browser: opens a page, runs scripts there, and returns the browser's own log.
//!
//! Owns the WebDriver session and its timeouts. Nothing here waits without a bound, since the page may hang and the
//! browser may be gone.

use std::time::Duration;

use fantoccini::error::{CmdError, NewSessionError};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_rustls::HttpsConnectorBuilder;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::driver::OwnDriver;

/// A page that does not load by then does not come.
const LOADS_WITHIN: Duration = Duration::from_secs(60);
/// A page that does not answer a script by then hangs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// How long a browser has to close.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);

/// A browser with one page.
#[derive(Debug)]
pub struct Session {
    client: Client,
    /// A driver for this browser alone, which ends with it.
    driver: Option<OwnDriver>,
}

/// What went wrong with a browser.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The driver or the browser says why.
    #[error("{0}")]
    Driver(String),
    /// It is not there any more.
    #[error("the browser has ended: {0}")]
    Gone(String),
    /// It does not answer.
    #[error("the page has not answered for {0:?}")]
    Hangs(Duration),
}

/// Something that the browser wrote into its console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Milliseconds since 1970.
    pub at: u64,
    /// An exception, a blocked script, a missing file.
    pub is_severe: bool,
    /// What it wrote.
    pub text: String,
}

impl Session {
    /// Opens a browser.
    pub async fn open(endpoint: &str, capabilities: Map<String, Value>) -> Result<Self, SessionError> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| SessionError::Driver(format!("cannot read the system's certificates: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        let client = ClientBuilder::new(connector).capabilities(capabilities).connect(endpoint).await;
        Ok(Self { client: client.map_err(|error| SessionError::Driver(refusal(&error)))?, driver: None })
    }

    /// The driver ends with the browser.
    pub fn kept_by(self, driver: Option<OwnDriver>) -> Self {
        Self { driver, ..self }
    }

    /// Loads a page.
    pub async fn go(&self, address: &str) -> Result<(), SessionError> {
        bounded(LOADS_WITHIN, self.client.goto(address)).await
    }

    /// Runs a script; `return` gives its value.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, SessionError> {
        bounded(ANSWERS_WITHIN, self.client.execute(script, arguments)).await
    }

    /// What the browser complained of since the last time; nothing where it does not tell.
    pub async fn complaints(&self) -> Vec<Complaint> {
        let complaint = |entry: &Value| {
            let text = entry["message"].as_str()?.to_owned();
            let is_severe = entry["level"] == "SEVERE";
            Some(Complaint { at: entry["timestamp"].as_f64()? as u64, is_severe, text })
        };
        let entries = self.command("se/log", json!({ "type": "browser" })).await.unwrap_or_default();
        entries.as_array().into_iter().flatten().filter_map(complaint).collect()
    }

    /// A command that the standard does not know and the drivers of Chromium do, by its path below the session.
    pub async fn command(&self, path: &'static str, body: Value) -> Result<Value, SessionError> {
        bounded(ANSWERS_WITHIN, self.client.issue_cmd(DriverCommand { path, body })).await
    }

    /// What else WebDriver can do.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes the browser; if that fails, the code that opened it ends it.
    pub async fn close(self) {
        let _ = timeout(CLOSES_WITHIN, self.client.close()).await;
        if let Some(driver) = self.driver {
            driver.end().await;
        }
    }
}

async fn bounded<T>(
    bound: Duration,
    command: impl Future<Output = Result<T, CmdError>>,
) -> Result<T, SessionError> {
    match timeout(bound, command).await {
        Err(_) => Err(SessionError::Hangs(bound)),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(of_command(&error)),
    }
}

fn of_command(error: &CmdError) -> SessionError {
    let words = first_line(&error.to_string());
    let is_timeout = matches!(error, CmdError::Standard(it) if ["script timeout", "timeout"].contains(&it.error.to_string().as_str()));
    let is_gone = match error {
        CmdError::Lost(_) | CmdError::Failed(_) | CmdError::FailedC(_) => true,
        CmdError::Standard(it) => {
            ["invalid session id", "no such window", "disconnected", "unknown error"]
                .contains(&it.error.to_string().as_str())
                && [
                    "session deleted",
                    "disconnected",
                    "not reachable",
                    "crashed",
                    "closed",
                    "invalid session",
                ]
                .iter()
                .any(|sign| it.message.contains(sign))
        }
        _ => false,
    };
    match () {
        () if is_timeout => SessionError::Hangs(ANSWERS_WITHIN),
        () if is_gone => SessionError::Gone(words),
        () => SessionError::Driver(words),
    }
}

/// What a driver says against a new browser. The rest of the text is its stack.
fn refusal(error: &NewSessionError) -> String {
    first_line(&error.to_string())
}

/// A driver's words without its stack and without what it says of itself.
fn first_line(text: &str) -> String {
    let text =
        ["\n#0", "(Session info"].iter().fold(text, |text, end| text.split(end).next().unwrap_or(text));
    let text = text.trim_start_matches("webdriver returned error: ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A command of one kind of driver.
#[derive(Debug)]
struct DriverCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
