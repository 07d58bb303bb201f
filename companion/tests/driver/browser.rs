//! One browser with one tab, as a user would use it: type, click, read.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};

use super::{eventually, eventually_within, setting};

/// A browser of a test's own, with a driver of its own.
pub struct Browser {
    client: Client,
    driver: Driver,
}

/// The arguments that let Chromium run as root in a container and keep it from calling home.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
];

/// Which browser is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium, by ChromeDriver, whose own commands it takes.
    Chromium,
    /// Firefox, by geckodriver.
    #[allow(dead_code, reason = "each test binary uses its own part")]
    Firefox,
}

impl Kind {
    fn capabilities(self, arguments: &[&str]) -> Map<String, Value> {
        let (options_name, binary) = match self {
            Self::Chromium => ("goog:chromeOptions", "CHROME"),
            Self::Firefox => ("moz:firefoxOptions", "FIREFOX"),
        };
        let own: &[&str] = if self == Self::Chromium { &ARGUMENTS } else { &["-headless"] };
        let all: Vec<&str> = own.iter().chain(arguments).copied().collect();
        let mut options = json!({ "args": all });
        if let Ok(binary) = std::env::var(binary) {
            options["binary"] = binary.into();
        }
        let timeouts = json!({ "script": LONGEST_SCRIPT.as_millis() as u64 });
        let mut capabilities = Map::new();
        capabilities.insert(options_name.to_owned(), options);
        capabilities.insert("timeouts".to_owned(), timeouts);
        if self == Self::Chromium {
            capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        }
        capabilities
    }
}

/// No promise of a page is waited for any longer.
const LONGEST_SCRIPT: Duration = Duration::from_secs(180);

impl Browser {
    pub async fn start(kind: Kind, arguments: &[&str]) -> Self {
        let driver = Driver::start(kind);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(kind.capabilities(arguments))
            .connect(&driver.address)
            .await
            .expect("the driver starts a browser");
        Self { client, driver }
    }

    /// Ends the browser, then its driver.
    pub async fn end(self) {
        // A browser that has crashed is gone already.
        let _ = self.client.close().await;
        drop(self.driver);
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.expect("the browser goes there");
    }

    pub async fn back(&self) {
        self.client.back().await.expect("there is a page before this one");
    }

    /// Closes the tab; another, empty one keeps the browser alive.
    pub async fn close_tab(&self) {
        let other = self.client.new_window(true).await.expect("a browser opens tabs");
        self.client.close_window().await.expect("a tab can be closed");
        self.client.switch_to_window(other.handle).await.expect("the other tab is there");
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.expect("a window has a size");
    }

    /// Runs a script in the page; `return` gives its value.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What a promise of the page comes to. The page is left alone meanwhile: a browser that is driven keeps every script that it is
    /// asked to run.
    #[allow(dead_code, reason = "each test binary uses its own part")]
    pub async fn answer(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             {promise}.then(done, error => done({{ error: String(error) }}));"
        );
        self.client.execute_async(&script, Vec::new()).await.expect("the promise is kept in time")
    }

    /// Waits until a script's value is true.
    pub async fn until_script(&self, script: &str) {
        eventually(script, async || (self.run(script).await == true).then_some(())).await;
    }

    async fn find(&self, name: &str) -> fantoccini::elements::Element {
        let selector = selector(name);
        eventually(&format!("{name} on the page"), async || {
            self.client.find(Locator::Css(&selector)).await.ok()
        })
        .await
    }

    /// Clicks what carries this test name, once it can be clicked.
    pub async fn click(&self, name: &str) {
        eventually(&format!("{name} to be clickable"), async || {
            let element = self.find(name).await;
            let enabled = element.is_enabled().await.unwrap_or(false);
            if enabled { element.click().await.ok() } else { None }
        })
        .await;
    }

    /// Replaces what is written in a field.
    pub async fn type_into(&self, name: &str, text: &str) {
        let field = self.find(name).await;
        eventually(&format!("{name} to be writable"), async || field.clear().await.ok()).await;
        // Emptying alone does not count as typing; a blank taken back does.
        let keys = if text.is_empty() { " \u{e003}" } else { text };
        field.send_keys(keys).await.expect("a field takes keys");
        assert_eq!(self.value(name).await, text, "{name} holds what was typed");
    }

    pub async fn is_enabled(&self, name: &str) -> bool {
        self.find(name).await.is_enabled().await.expect("it is on the page")
    }

    /// What is written in a field.
    pub async fn value(&self, name: &str) -> String {
        let script = format!("return document.querySelector(`{}`).value", selector(name));
        self.find(name).await;
        self.run(&script).await.as_str().unwrap_or_default().to_owned()
    }

    pub async fn text(&self, name: &str) -> String {
        let script = format!("return document.querySelector(`{}`)?.textContent ?? ''", selector(name));
        self.run(&script).await.as_str().unwrap_or_default().to_owned()
    }

    pub async fn until_text(&self, name: &str, part: &str) {
        eventually(&format!("{part:?} in {name}"), async || {
            self.text(name).await.contains(part).then_some(())
        })
        .await;
    }

    /// The same for what takes its time.
    pub async fn until_text_within(&self, name: &str, part: &str, seconds: u64) {
        eventually_within(Duration::from_secs(seconds), &format!("{part:?} in {name}"), async || {
            self.text(name).await.contains(part).then_some(())
        })
        .await;
    }

    /// How many elements a selector finds.
    pub async fn count(&self, selector: &str) -> u64 {
        let script = format!("return document.querySelectorAll(`{selector}`).length");
        self.run(&script).await.as_u64().unwrap_or_default()
    }

    /// The rows of the timeline from top to bottom, each as its text with blanks between the columns.
    pub async fn until_rows(&self, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
        const ROWS: &str = "return [...document.querySelectorAll('.row:not([hidden])')]
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
            .map(row => [...row.children].map(cell => cell.textContent).join(' '))";
        eventually("the rows of the timeline", async || {
            let rows: Vec<String> = serde_json::from_value(self.run(ROWS).await).expect("a list of texts");
            holds(&rows).then_some(rows)
        })
        .await
    }

    /// Fails when the browser complained of anything: a blocked script, a missing file, an exception.
    pub async fn assert_quiet_console(&self) {
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        let complaints: Vec<_> =
            log.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE").collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Lets every request fail whose address matches.
    pub async fn block(&self, pattern: &str) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({ "urls": [pattern] })).await;
    }

    /// Runs a script before those of every page.
    pub async fn before_load(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Writes where the focus is, as an input method does.
    pub async fn insert_text(&self, text: &str) {
        self.devtools("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses and releases keys where the focus is, as a keyboard does, with so much time between them. Control, Alt and Shift
    /// stay down until the key without a sign (`\u{e000}`).
    #[allow(dead_code, reason = "each test binary uses its own part")]
    pub async fn press(&self, keys: &str, between: Duration) {
        const RELEASE: char = '\u{e000}';
        let mut actions = KeyActions::new("keyboard".to_owned());
        let mut held = Vec::new();
        for value in keys.chars() {
            match value {
                RELEASE => {
                    for value in held.drain(..) {
                        actions = actions.then(KeyAction::Up { value });
                    }
                }
                '\u{e008}'..='\u{e00a}' => {
                    held.push(value);
                    actions = actions.then(KeyAction::Down { value });
                }
                value => actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value }),
            }
            if !between.is_zero() {
                actions = actions.then(KeyAction::Pause { duration: between });
            }
        }
        self.client.perform_actions(actions).await.expect("a keyboard has these keys");
    }

    /// Drags the thumb of a slider with the mouse, from one place to another, each a part of its width.
    #[allow(dead_code, reason = "each test binary uses its own part")]
    pub async fn drag(&self, name: &str, from: f64, to: f64) {
        let script = format!(
            "const it = document.querySelector(`{}`); it.scrollIntoView({{ block: 'center' }});
             const box = it.getBoundingClientRect(); return [box.x, box.y + box.height / 2, box.width];",
            selector(name)
        );
        self.find(name).await;
        let place = self.run(&script).await;
        let number = |at: usize| place[at].as_f64().expect("a number of pixels");
        let mouse = async |kind: &str, part: f64| {
            let (x, y) = (number(0) + part * number(2), number(1));
            let event =
                json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            self.devtools("Input.dispatchMouseEvent", event).await;
        };
        mouse("mousePressed", from).await;
        for step in 1..=20 {
            mouse("mouseMoved", from + (to - from) * f64::from(step) / 20.0).await;
        }
        mouse("mouseReleased", to).await;
    }

    async fn devtools(&self, name: &str, parameters: Value) {
        self.command("goog/cdp/execute", json!({ "cmd": name, "params": parameters })).await;
    }

    async fn command(&self, path: &'static str, body: Value) -> Value {
        self.client
            .issue_cmd(DriverCommand { path, body })
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

fn selector(name: &str) -> String {
    format!("[data-testid='{name}']")
}

/// A command of ChromeDriver that is not in the WebDriver standard.
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

/// A driver on a free port.
struct Driver {
    child: Child,
    address: String,
    /// Kept open: a driver that writes into a closed pipe would end.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    /// ChromeDriver takes a free port of one protocol and wants the same of the other, where another test may have it; then it
    /// ends.
    fn start(kind: Kind) -> Self {
        (0..3).find_map(|_| Self::try_start(kind)).expect("the driver says its port")
    }

    fn try_start(kind: Kind) -> Option<Self> {
        let (program, sign) = match kind {
            Kind::Chromium => ("CHROMEDRIVER", "started successfully on port "),
            Kind::Firefox => ("GECKODRIVER", "Listening on 127.0.0.1:"),
        };
        let mut child = Command::new(setting(program))
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output is ours"));
        let port = output.by_ref().lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.rsplit_once(sign)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let Some(port) = port else {
            let _ = child.wait();
            return None;
        };
        Some(Self { child, address: format!("http://127.0.0.1:{port}"), _output: output })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its browser was ended before; a driver that has crashed is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
