//! The page beside a trading feed that others might have written, with real keys.

use support::feed::{TRADING_FEED, log_into_feed};
use support::page::test_page;

#[test]
fn a_token_and_an_order_get_their_answers() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"order","symbol":"AAPL","quantity":3,"request_id":"2"}"#).await;
        browser.until_row("order_ack").await;
    });
}

#[test]
fn a_handshake_that_fails_shows_its_fact_and_moves_nothing() {
    test_page(async |practice, browser| {
        let feed = TRADING_FEED.start(&[]);
        let base = feed.urls[0].trim_end_matches("/v1/feed").to_owned();
        browser.open(&practice.page).await;
        let top = "return document.querySelector('[data-testid=timeline]').getBoundingClientRect().top";
        browser.until_text("note", "Not connected yet").await;
        let before = browser.run(top).await;
        let secure = base.replace("ws://", "wss://");
        for (url, fact) in [
            (format!("{base}/v1/nowhere"), "The server answered 404 Not Found: no such route."),
            (format!("{base}/v1/private"), "The server answered 401 Unauthorized: a token is needed."),
            (format!("{base}/v1/strict"), "400 Bad Request: the subprotocol feed.v2 is required."),
            (
                format!("{base}/v1/moved"),
                "302 Found: a redirect to /v1/feed, which a WebSocket does not follow.",
            ),
            (format!("{base}/v1/huge"), "The server answered 403 Forbidden: xxx"),
            (format!("{secure}/v1/feed"), "The server does not speak TLS: use ws://."),
            (format!("{base}/v1/drip"), "The server begins to answer but does not finish: it sent"),
        ] {
            browser.type_into("url", &url).await;
            browser.click("connect").await;
            browser.until_text_within("note", fact, 40).await;
            browser.until_row(fact).await;
            assert_eq!(browser.run(top).await, before, "{url} moves the timeline");
        }
        browser.type_into("url", &format!("{}/v1/feed", base.trim_start_matches("ws://"))).await;
        browser.click("connect").await;
        browser.until_text("note", "Open; the handshake took").await;
    });
}
