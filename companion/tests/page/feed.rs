//! The page beside a trading feed that others might have written, with real keys.

use support::feed::{TRADING_FEED, log_into_feed};
use support::page::{Browser, test_page};

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

/// The types of the messages in the list, from top to bottom, and what their rows say.
async fn types_and_texts(browser: &Browser) -> Vec<(String, String)> {
    let rows = browser
        .run(
            "return [...document.querySelectorAll('.row:not([hidden])')]
                .filter(row => ['sent', 'received'].includes(row.dataset.direction))
                .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
                .map(row => [row.querySelector('.row-kind').textContent, row.querySelector('.row-preview').innerText])",
        )
        .await;
    serde_json::from_value(rows).expect("pairs of texts")
}

#[test]
fn rows_of_a_feed_show_their_type_and_first_what_varies() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
        browser.until_rows(|rows| rows.iter().filter(|row| row.contains("tick")).count() > 10).await;
        browser.click("pause").await;
        browser
            .until_script("return document.querySelector('[data-testid=pause]').ariaPressed === 'true'")
            .await;
        let ticks: Vec<_> =
            types_and_texts(browser).await.into_iter().filter(|(kind, _)| kind == "tick").collect();
        assert!(ticks.len() > 10, "{ticks:#?}");
        for pair in ticks.windows(2) {
            assert_ne!(pair[0].1, pair[1].1, "two neighbours look alike");
        }
        assert!(ticks.iter().all(|(_, text)| text.contains("price ") && text.contains("seq ")), "{ticks:#?}");
        // A person takes another member for the type, then the text as it came, and that survives a reload.
        browser.click("type-menu").await;
        browser
            .until_script("const found = [...document.querySelectorAll('[data-testid=type-member]')].find(it => it.textContent === '$.data.symbol'); found?.click(); return Boolean(found)")
            .await;
        browser
            .until_script(
                "return [...document.querySelectorAll('.row .row-kind')].some(it => it.textContent === 'AAPL')",
            )
            .await;
        browser.click("type-found").await;
        browser
            .until_script(
                "return [...document.querySelectorAll('.row .row-kind')].some(it => it.textContent === 'tick')",
            )
            .await;
        browser.click("rows-menu").await;
        browser.click("rows-text").await;
        browser.until_rows(|rows| rows.iter().any(|row| row.contains(r#"{"type":"tick","#))).await;
    });
}

#[test]
fn on_a_phone_a_row_of_the_only_connection_has_room_for_its_content() {
    test_page(async |practice, browser| {
        browser.resize(390, 844).await;
        let _feed = log_into_feed(practice, browser).await;
        let widths = "return [...document.querySelectorAll('.row:not([hidden]) .row-preview')].map(it => it.getBoundingClientRect().width)";
        let widths: Vec<f64> = serde_json::from_value(browser.run(widths).await).expect("widths");
        assert!(!widths.is_empty() && widths.iter().all(|width| *width > 100.0), "{widths:?}");
    });
}
