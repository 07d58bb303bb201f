//! The page beside a trading feed that others might have written, with real keys.

use crate::driver::test_page;
use crate::server::{FEED_TOKEN, TRADING_FEED};

#[test]
fn a_token_and_an_order_get_their_answers() {
    test_page(async |practice, browser| {
        let feed = TRADING_FEED.start(&[]);
        browser.open(&practice.page).await;
        browser.type_into("url", &feed.urls[0]).await;
        browser.click("connect").await;
        browser.until_text("note", "Open").await;
        browser
            .type_into("message", &format!(r#"{{"op":"auth","token":"{FEED_TOKEN}","request_id":"1"}}"#))
            .await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.iter().any(|row| row.contains(r#""ok":true"#))).await;
        browser.type_into("message", r#"{"op":"order","symbol":"AAPL","quantity":3,"request_id":"2"}"#).await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.iter().any(|row| row.contains("order_ack"))).await;
    });
}
