//! The trading feed, a server that others might have written, and how a person gets in.

use crate::page::{Browser, Practice};
use crate::servers::{Language, Server, Target};

/// A trading feed on `ws`: a token message, `request_id`, a ticker, a heartbeat, and paths that refuse the handshake.
pub const TRADING_FEED: Target =
    Target { name: "trading feed", language: Language::Node, file: "trading_feed.mjs", arguments: &[] };

/// The token that [`TRADING_FEED`] knows.
pub const FEED_TOKEN: &str = "tr-4f9a1c77e2";

/// The message that hands the token over.
pub fn auth() -> String {
    format!(r#"{{"op":"auth","token":"{FEED_TOKEN}","request_id":"1"}}"#)
}

/// Starts the feed and writes its address into the bench of a fresh page, which is not connected yet.
pub async fn address_feed(practice: &Practice, browser: &Browser) -> Server {
    let feed = TRADING_FEED.start(&[]);
    browser.open(&practice.page).await;
    browser.type_into("url", &feed.urls[0]).await;
    feed
}

/// The same, connected.
pub async fn connect_to_feed(practice: &Practice, browser: &Browser) -> Server {
    let feed = address_feed(practice, browser).await;
    browser.connect().await;
    feed
}

/// The same, and the feed has taken the token.
pub async fn log_into_feed(practice: &Practice, browser: &Browser) -> Server {
    let feed = connect_to_feed(practice, browser).await;
    browser.send(&auth()).await;
    browser.until_row("ok true").await;
    feed
}
