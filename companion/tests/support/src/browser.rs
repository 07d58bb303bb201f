//! One browser with one tab, as a user would use it: type, click, read.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use sockscope_host::driver::{BrowserChoice, Driver};
use sockscope_host::programs::Family;
use sockscope_host::session::Session;

use crate::page::{PATIENCE, eventually, eventually_within};

/// A browser of a test's own, with a driver of its own.
pub struct Browser {
    session: Session,
    driver: Driver,
}

/// Which browser is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium, by ChromeDriver, whose own commands it takes.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
}

/// No promise of a page is waited for any longer.
const LONGEST_SCRIPT: Duration = Duration::from_secs(180);

impl Browser {
    pub async fn start(kind: Kind, arguments: &[&str]) -> Self {
        let (family, name, own): (_, _, &[&str]) = match kind {
            Kind::Chromium => (Family::Chrome, "chrome", &["--window-size=1440,900"]),
            Kind::Firefox => (Family::Firefox, "firefox", &[]),
        };
        let named = std::env::var(family.browser_variable());
        let choice = BrowserChoice {
            browser: Some(named.unwrap_or_else(|_| name.to_owned())),
            arguments: own.iter().chain(arguments).map(|it| (*it).to_owned()).collect(),
            ..BrowserChoice::default()
        };
        let driver = Driver::start(&choice).await.unwrap_or_else(|error| panic!("{error}"));
        let session = driver.open().await.unwrap_or_else(|error| panic!("{error}"));
        let timeouts = TimeoutConfiguration::new(Some(LONGEST_SCRIPT), None, None);
        session.client().update_timeouts(timeouts).await.expect("a browser has timeouts");
        Self { session, driver }
    }

    /// Ends the browser, then its driver.
    pub async fn end(self) {
        self.session.close().await;
        self.driver.end().await;
    }

    fn client(&self) -> &Client {
        self.session.client()
    }

    pub async fn open(&self, address: &str) {
        self.client().goto(address).await.expect("the browser goes there");
    }

    /// Loads the page again, and waits until the old one is gone.
    pub async fn reload(&self) {
        self.client().refresh().await.expect("the page can be loaded again");
    }

    pub async fn back(&self) {
        self.client().back().await.expect("there is a page before this one");
    }

    /// Closes the tab; another, empty one keeps the browser alive.
    pub async fn close_tab(&self) {
        let other = self.client().new_window(true).await.expect("a browser opens tabs");
        self.client().close_window().await.expect("a tab can be closed");
        self.client().switch_to_window(other.handle).await.expect("the other tab is there");
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.client().set_window_size(width, height).await.expect("a window has a size");
    }

    /// Makes what the page sees exactly this large.
    pub async fn show_at(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What is on the screen, as a PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.client().screenshot().await.expect("a browser draws")
    }

    /// Runs a script in the page; `return` gives its value.
    pub async fn run(&self, script: &str) -> Value {
        self.client().execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What a promise of the page comes to. The page is left alone meanwhile: a browser that is driven keeps every script that it is
    /// asked to run.
    pub async fn answer(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             {promise}.then(done, error => done({{ error: String(error) }}));"
        );
        self.client().execute_async(&script, Vec::new()).await.expect("the promise is kept in time")
    }

    /// Waits until a script's value is true. What it asks about may not be on the page yet.
    pub async fn until_script(&self, script: &str) {
        let script = format!("return (async () => {{ {script} }})().catch(error => String(error))");
        let found = RefCell::new(Value::Null);
        let what = fmt::from_fn(|f| write!(f, "{script}; found {}", found.borrow()));
        eventually(what, async || {
            let value = self.run(&script).await;
            let is_true = value == true;
            found.replace(value);
            is_true.then_some(())
        })
        .await;
    }

    async fn find(&self, name: &str) -> fantoccini::elements::Element {
        let selector = selector(name);
        eventually(&format!("{name} on the page"), async || {
            self.client().find(Locator::Css(&selector)).await.ok()
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

    /// Chooses a file of this machine in a field for files.
    pub async fn choose(&self, name: &str, path: &std::path::Path) {
        let field = self.find(name).await;
        field.send_keys(&path.to_string_lossy()).await.expect("a field takes a file");
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
        self.until_text_within(name, part, PATIENCE.as_secs()).await;
    }

    /// The same for what takes its time.
    pub async fn until_text_within(&self, name: &str, part: &str, seconds: u64) {
        let found = RefCell::new(String::new());
        let what = fmt::from_fn(|f| write!(f, "{part:?} in {name}; found {:?}", found.borrow()));
        eventually_within(Duration::from_secs(seconds), what, async || {
            let text = self.text(name).await;
            let is_there = text.contains(part);
            found.replace(text);
            is_there.then_some(())
        })
        .await;
    }

    /// Connects to the address that stands in its field.
    pub async fn connect(&self) {
        self.click("connect").await;
        self.until_text("note", "Open").await;
    }

    /// Writes a message and sends it.
    pub async fn send(&self, text: &str) {
        self.type_into("message", text).await;
        self.click("send").await;
    }

    /// Waits for a row of the timeline with this in it, and gives all of them.
    pub async fn until_row(&self, part: &str) -> Vec<String> {
        self.until_rows(|rows| rows.iter().any(|row| row.contains(part))).await
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
        let complaints = self.session.complaints().await;
        let complaints: Vec<_> = complaints.into_iter().filter(|it| it.is_severe).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Lets every request fail whose address matches.
    pub async fn block(&self, pattern: &str) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({ "urls": [pattern] })).await;
    }

    /// Gives the pages of an origin this many bytes of storage and no more.
    pub async fn limit_storage(&self, origin: &str, bytes: u64) {
        let quota = json!({ "origin": origin.trim_end_matches('/'), "quotaSize": bytes });
        self.devtools("Storage.overrideQuotaForOrigin", quota).await;
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
        self.client().perform_actions(actions).await.expect("a keyboard has these keys");
    }

    /// Drags the thumb of a slider with the mouse, from one place to another, each a part of its width.
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
        self.session.command(path, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

fn selector(name: &str) -> String {
    format!("[data-testid='{name}']")
}
