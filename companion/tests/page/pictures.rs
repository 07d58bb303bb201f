//! Takes the pictures of the README, and the one that a shared link shows. `cargo xtask pictures` runs it; no other run does.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use support::feed::{FEED_TOKEN, TRADING_FEED, log_into_feed};
use support::page::{Browser, test_page};

/// More would make the README slow to open.
const LARGEST: usize = 350_000;
const OPEN_PALETTE: &str = "\u{e009}k\u{e000}";

/// Writes what is on the screen to a file of the repository.
async fn take(browser: &Browser, path: &str) {
    // Nothing that only this moment explains.
    browser
        .run("document.querySelectorAll('.toast').forEach(it => it.remove()); document.activeElement?.blur()")
        .await;
    keep(browser, path).await;
}

async fn keep(browser: &Browser, path: &str) {
    let picture = browser.picture().await;
    assert!(picture.len() < LARGEST, "{path} has {} bytes, expected fewer than {LARGEST}", picture.len());
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::write(&file, picture).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

async fn theme(browser: &Browser, name: &str) {
    browser.run(&format!("document.documentElement.dataset.theme = '{name}'")).await;
}

/// Places orders with these ids.
async fn order(browser: &Browser, ids: std::ops::Range<u32>) {
    for id in ids {
        let order =
            json!({ "op": "order", "symbol": "AAPL", "quantity": 10 * id, "request_id": id.to_string() });
        browser.send(&order.to_string()).await;
    }
}

async fn go_to(browser: &Browser, view: &str) {
    browser.run(&format!("location.hash = '#/{view}'")).await;
}

#[test]
#[ignore = "`cargo xtask pictures` takes the pictures"]
fn the_bench_on_a_feed() {
    test_page(async |practice, browser| {
        browser.show_at(1440, 900).await;
        let _feed = log_into_feed(practice, browser).await;
        theme(browser, "light").await;
        browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
        browser.until_script("return document.querySelectorAll('.row:not([hidden])').length > 15").await;
        order(browser, 3..6).await;
        browser.until_row("order_ack").await;
        // The page has seen that replies carry the id of their question.
        browser.click("pairing-use").await;
        // More rows than the screen has, and an answer in the detail.
        browser.until_script("return Number(document.querySelector('[data-testid=frames]')?.textContent.replace(/\\D+/g, '')) > 200").await;
        order(browser, 6..9).await;
        browser
            .until_script("return Number(document.querySelector('[data-testid=samples]').textContent) >= 6")
            .await;
        let answers = "[...document.querySelectorAll('.row:not([hidden])')].filter(it => it.textContent.includes('order_ack'))";
        browser.until_script(&format!("return {answers}.length > 1")).await;
        browser.run(&format!("{answers}[0].click()")).await;
        browser
            .until_script("return !!document.querySelector('[data-testid=facts]')?.checkVisibility()")
            .await;
        take(browser, "docs/pictures/bench-light.png").await;
        theme(browser, "dark").await;
        take(browser, "docs/pictures/bench-dark.png").await;
        browser.press(OPEN_PALETTE, Duration::ZERO).await;
        browser.until_text("palette-count", "commands").await;
        keep(browser, "docs/pictures/palette-dark.png").await;
    });
}

#[test]
#[ignore = "`cargo xtask pictures` takes the pictures"]
fn a_refused_handshake() {
    test_page(async |practice, browser| {
        browser.show_at(1440, 900).await;
        browser.open(&practice.page).await;
        theme(browser, "light").await;
        browser.type_into("url", &format!("{}/fault?refuse=401", practice.ws)).await;
        browser.click("connect").await;
        browser.until_text("note", "The server answered 401").await;
        take(browser, "docs/pictures/failure-light.png").await;
    });
}

#[test]
#[ignore = "`cargo xtask pictures` takes the pictures"]
fn the_faults_while_one_is_switched_on() {
    test_page(async |practice, browser| {
        browser.show_at(1440, 900).await;
        browser.open(&practice.page).await;
        theme(browser, "light").await;
        browser.connect().await;
        go_to(browser, "faults").await;
        browser.until_text("reach", "A server listens there").await;
        browser.click("connect-through").await;
        browser.until_text("note", "Open").await;
        go_to(browser, "faults").await;
        let asked = |least: u32| {
            format!(
                "return Number(/(\\d+) asked/.exec(document.querySelector('[data-testid=trips-about]').textContent)?.[1]) >= {least}"
            )
        };
        browser.until_script(&asked(20)).await;
        browser.click("slow-3g").await;
        browser.until_script(&asked(55)).await;
        take(browser, "docs/pictures/faults-light.png").await;
        browser.click("all-off").await;
        browser.until_text("on-count", "Nothing is on").await;
    });
}

/// Runs a suite in the page until it ends.
async fn run_suite(browser: &Browser, suite: &serde_json::Value) {
    browser.run(&format!("globalThis.ran = undefined; sockscope.run({}).then(it => {{ globalThis.ran = it ?? true; }}, it => {{ globalThis.ran = String(it); }})", json!(suite.to_string()))).await;
}

#[test]
#[ignore = "`cargo xtask pictures` takes the pictures"]
fn a_run_under_load_and_a_check_that_failed() {
    test_page(async |practice, browser| {
        browser.show_at(1440, 900).await;
        browser.open(&practice.page).await;
        theme(browser, "light").await;
        go_to(browser, "checks/load").await;
        browser.until_script("return document.querySelector('[data-testid=run]')?.checkVisibility() && !document.querySelector('[data-testid=run]').disabled").await;
        browser.click("run").await;
        browser.until_script("return sockscope.status().state === 'running'").await;
        browser.until_script("return sockscope.status().state !== 'running'").await;
        take(browser, "docs/pictures/run-light.png").await;

        let feed = TRADING_FEED.start(&[]);
        let suite = json!({
            "sockscope": 1, "suite": "orders",
            "vars": { "url": feed.urls[0], "token": FEED_TOKEN },
            "secrets": ["token"],
            "clients": { "trader": { "url": "{{url}}" } },
            "checks": [
                { "check": "a token is taken", "steps": [
                    { "connect": "trader" },
                    { "send": { "op": "auth", "token": "{{token}}", "request_id": "1" }, "expect": { "subset": { "ok": true }, "within": "2s" } } ] },
                { "check": "a quote says its currency", "steps": [
                    { "connect": "trader" },
                    { "send": { "op": "auth", "token": "{{token}}", "request_id": "1" }, "expect": { "subset": { "ok": true }, "within": "2s" } },
                    { "send": { "op": "quote", "symbol": "AAPL", "request_id": "2" }, "expect": { "subset": { "request_id": "2", "currency": "USD" }, "within": "1s" } } ] },
            ],
        });
        run_suite(browser, &suite).await;
        browser.until_script("return globalThis.ran !== undefined").await;
        browser
            .until_script(
                "return !!document.querySelector('.failure, [data-testid=failure]')?.checkVisibility()",
            )
            .await;
        take(browser, "docs/pictures/check-failed-light.png").await;
    });
}

#[test]
#[ignore = "`cargo xtask pictures` takes the pictures"]
fn what_a_shared_link_shows() {
    test_page(async |practice, browser| {
        browser.show_at(1440, 900).await;
        let _feed = log_into_feed(practice, browser).await;
        theme(browser, "dark").await;
        browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
        browser.until_script("return Number(document.querySelector('[data-testid=frames]')?.textContent.replace(/\\D+/g, '')) > 200").await;
        let bench = browser.picture().await;
        browser.show_at(1200, 630).await;
        // Drawn by the page itself, since its policy loads nothing from elsewhere. A data address is an image that it allows.
        let bytes = serde_json::to_string(&bench).expect("a list of numbers");
        browser.run(&format!("globalThis.sharePicture = new Uint8Array({bytes})")).await;
        browser.run(include_str!("share_picture.js")).await;
        browser.until_script("return globalThis.shareIsDrawn === true").await;
        keep(browser, "style/share.png").await;
    });
}
