//! What was done by hand on the bench, as a suite: with a server that others might have written, and real keys.

use support::feed::{FEED_TOKEN, TRADING_FEED, address_feed, auth};
use support::page::{Browser, test_page};

/// A token, an order, and away.
async fn trade(browser: &Browser, times: usize) {
    let came = async |part: &str| {
        let has = |rows: &[String]| rows.iter().filter(|row| row.contains(part)).count() >= times;
        browser.until_rows(has).await;
    };
    browser.connect().await;
    came("welcome").await;
    browser.send(&auth()).await;
    came("ok true").await;
    browser.send(r#"{"op":"order","symbol":"AAPL","quantity":3,"request_id":"2"}"#).await;
    came("order_ack").await;
    browser.click("connect").await;
    browser.until_text("note", "Closed with 1000").await;
}

async fn as_suite(browser: &Browser) {
    browser.run("document.querySelector('[data-testid=export]').closest('details').open = true").await;
    browser.click("record").await;
}

#[test]
fn a_recorded_suite_tests_the_server_it_was_recorded_at() {
    test_page(async |practice, browser| {
        let feed = address_feed(practice, browser).await;
        trade(browser, 1).await;
        as_suite(browser).await;
        browser.click("record-make").await;
        browser.until_text("remarks", "became the secret {{token}}. Its value is in Values until this page reloads. Elsewhere, set TOKEN.").await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
        // The feed numbers its orders: the practice server would have none.
        let events = browser.answer("sockscope.events('jsonl')").await.to_string();
        assert!(events.contains(&feed.urls[0]) && events.contains("order_ack"), "{events}");
        assert!(!events.contains(&practice.ws), "{events}");
        assert!(!events.contains(FEED_TOKEN), "{events}");
        // Values in the page override the address.
        browser.click("part-values").await;
        browser.type_into("var-ws_url", &format!("{}/echo", practice.ws)).await;
        browser.click("run").await;
        browser.until_text("verdict", "Failed").await;
    });
}

#[test]
fn a_suite_recorded_before_checks_were_opened_survives_a_reload() {
    test_page(async |practice, browser| {
        let feed = TRADING_FEED.start(&[]);
        browser.open(&practice.page).await;
        // An address that was mistyped first is not the one that is tested.
        browser.type_into("url", &feed.urls[0].replace("/feed", "/nowhere")).await;
        browser.click("connect").await;
        browser.until_text("note", "404").await;
        browser.type_into("url", &feed.urls[0]).await;
        trade(browser, 1).await;
        as_suite(browser).await;
        browser.click("record-make").await;
        browser.until_text("remarks", "failed at another address").await;
        browser.until_text("edit-state", "Saved in this browser").await;
        browser.open("about:blank").await;
        browser.open(&format!("{}#/checks", practice.page)).await;
        browser.until_text("own", "recorded").await;
    });
}

#[test]
fn recording_again_finds_what_varies() {
    test_page(async |practice, browser| {
        let _feed = address_feed(practice, browser).await;
        trade(browser, 1).await;
        as_suite(browser).await;
        browser.click("record-again").await;
        browser.until_text("second-recording", "Second recording: 0 frames").await;
        trade(browser, 2).await;
        browser.click("second-recording").await;
        browser.until_text("recording-second", "Second recording:").await;
        browser.click("record-compare").await;
        browser.until_text("remarks", "$.order_id varies (it differed between the two recordings)").await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
    });
}
