//! Drives a real browser on the release page, with a practice server of its own for each test.
//!
//! Whatever was started is ended by its own id, also when the test panics; therefore each test runs inside [`test_page`] and
//! keeps nothing.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use crate::block_on;

pub use crate::browser::{Browser, Kind};
pub use crate::practice::Practice;

/// How long a wait goes on before it is given up. It decides when a test fails, not how fast anything must be.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a test with a server and a browser.
pub fn test_page(test: impl AsyncFnOnce(&Practice, &Browser)) {
    test_page_with(&[], test);
}

/// The same in another browser.
pub fn test_page_in(kind: Kind, test: impl AsyncFnOnce(&Practice, &Browser)) {
    drive(kind, &[], test);
}

/// Runs a test with a server and a browser that was started with more arguments.
pub fn test_page_with(arguments: &[&str], test: impl AsyncFnOnce(&Practice, &Browser)) {
    drive(Kind::Chromium, arguments, test);
}

fn drive(kind: Kind, arguments: &[&str], test: impl AsyncFnOnce(&Practice, &Browser)) {
    block_on(async {
        let practice = Practice::start();
        let browser = Browser::start(kind, arguments).await;
        let result = AssertUnwindSafe(test(&practice, &browser)).catch_unwind().await;
        browser.end().await;
        if let Err(panic) = result {
            resume_unwind(panic);
        }
    });
}

/// Waits until `probe` has an answer.
pub async fn eventually<T>(what: impl Display, probe: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, probe).await
}

/// Waits until `probe` has an answer, at most this long.
pub async fn eventually_within<T>(
    patience: Duration,
    what: impl Display,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Shows the buttons of a list that is too narrow for all of them.
pub async fn unfold_list(browser: &Browser) {
    browser
        .run(
            "const more = document.querySelector('[data-testid=timeline-more]');
             const isThere = more?.checkVisibility({ visibilityProperty: true });
             if (isThere && more.getAttribute('aria-pressed') !== 'true') more.click()",
        )
        .await;
}

/// Drops files with these names and texts, as a browser does.
pub async fn drop_on(browser: &Browser, selector: &str, files: &[(&str, &str)]) {
    let files = serde_json::to_string(files).expect("JSON");
    browser
        .run(&format!(
            "const data = new DataTransfer();
             for (const [name, text] of {files}) data.items.add(new File([text], name));
             document.querySelector('{selector}').dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }}));"
        ))
        .await;
}

/// Opens a fresh page and connects its first connection to the echo of the practice server.
pub async fn open_echo(practice: &Practice, browser: &Browser) {
    browser.open(&practice.page).await;
    browser.type_into("url", &format!("{}/echo", practice.ws)).await;
    browser.connect().await;
}

/// Opens a fresh page at the checks.
pub async fn open_checks(practice: &Practice, browser: &Browser) {
    browser.open(&format!("{}#/checks", practice.page)).await;
    until_checks(browser).await;
}

/// Waits until the checks are there.
pub async fn until_checks(browser: &Browser) {
    browser.until_script("return document.querySelector('[data-testid=suites]')?.hidden === false").await;
}

/// The built page as files.
pub fn page_as_files() -> PathBuf {
    let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../dist");
    dist.canonicalize().expect("the page is built; `cargo xtask test` does that first")
}
