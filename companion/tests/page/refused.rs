//! Handshakes of checks that fail against a server that others might have written: the page says what the server did.

use std::net::TcpListener;

use serde_json::json;

use super::checks::run;
use support::feed::TRADING_FEED;
use support::page::test_page;

/// One check whose only step opens a connection.
fn suite(url: &str) -> String {
    json!({ "sockscope": 1, "suite": "refused", "clients": { "a": { "url": url } },
            "checks": [{ "check": "it opens", "steps": [{ "connect": "a" }] }] })
    .to_string()
}

#[test]
fn a_check_whose_handshake_fails_says_first_what_the_server_did() {
    test_page(async |practice, browser| {
        let feed = TRADING_FEED.start(&[]);
        let base = feed.urls[0].trim_end_matches("/v1/feed").to_owned();
        let closed =
            TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).expect("a port").port();
        browser.open(&format!("{}#/checks", practice.page)).await;
        for (url, fact, cause) in [
            (
                format!("{base}/v1/nowhere"),
                "The server answered 404 Not Found: no such route. ".to_owned(),
                "refused",
            ),
            (
                format!("{base}/v1/private"),
                "The server answered 401 Unauthorized: a token is needed. ".to_owned(),
                "refused",
            ),
            (format!("{base}/v1/busy"), "The server answered 503 Service Unavailable".to_owned(), "refused"),
            (
                format!("ws://127.0.0.1:{closed}/"),
                format!("Connection refused: no process listens on port {closed}. "),
                "nothing_listens",
            ),
            (
                format!("{}/v1/feed", base.replace("ws://", "wss://")),
                "The server does not speak TLS: use ws://. ".to_owned(),
                "wrong_scheme",
            ),
        ] {
            let report = run(browser, &suite(&url), json!({})).await;
            let failure = &report["checks"][0]["steps"][0]["failure"];
            let message = failure["message"].as_str().unwrap_or_else(|| panic!("no failure: {report:#}"));
            assert!(message.starts_with(&fact), "{url}: {message}");
            assert_eq!(failure["causes"].as_array().map(Vec::len), Some(1), "{url}: {failure:#}");
            assert_eq!(failure["causes"][0]["id"], cause, "{url}");
        }
    });
}
