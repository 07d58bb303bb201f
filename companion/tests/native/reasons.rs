//! Why a connection was not opened or not kept: the native engine has seen it, and says it.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::native;
use support::answering::answering;
use support::suites::CONNECT;

#[track_caller]
fn check(url: &str, says: &str, cause: &str) {
    let ended =
        native(&["OUT/s.json", "--json", "OUT/r.json", "--jsonl", "OUT/r.jsonl", "--junit", "OUT/r.xml"])
            .with_file("s.json", CONNECT)
            .with_env("URL", url)
            .run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    let failure = &report["checks"][0]["steps"][0]["failure"];
    assert!(failure["message"].as_str().is_some_and(|words| words.contains(says)), "{failure:#}");
    assert!(failure.get("browser").is_none(), "no browser took part: {failure:#}");
    assert_eq!(failure["causes"][0]["id"], cause, "{failure:#}");
    ended.assert_says(&[says]);
    assert!(ended.file("r.jsonl").contains("\"why\":"), "{}", ended.file("r.jsonl"));
}

#[test]
fn a_refusal_is_told_with_its_status_and_body() {
    let answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 14\r\n\r\nno token given";
    check(&answering(|_| answer.to_vec()), "401", "refused");
}

#[test]
fn a_server_that_does_not_accept_is_named() {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    check(&format!("ws://{free}/"), "refused", "nothing_listens");
}

#[test]
fn an_answer_that_is_not_http_is_named() {
    check(&answering(|_| b"220 mail.example.com ESMTP\r\n".to_vec()), "does not speak HTTP", "not_websocket");
}

#[test]
fn a_server_that_has_answered_is_not_asked_again_and_its_words_stand_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    // A second answer would be another one.
    let url = answering(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => b"HTTP/1.1 503 Busy\r\nContent-Length: 22\r\n\r\nall seats\nare taken now".to_vec(),
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
    });
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json"])
        .with_file("s.json", CONNECT)
        .with_env("URL", &url)
        .run();
    ended.assert_code(1);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "one step connects once");
    let failure = ended.json("r.json")["checks"][0]["steps"][0]["failure"].clone();
    let message = failure["message"].as_str().expect("words");
    assert_eq!((message.matches("503").count(), message.matches("all seats").count()), (1, 1), "{message}");
    assert_eq!(failure["causes"][0]["id"], "refused", "{failure:#}");
    assert!(failure["causes"][0]["next"].to_string().contains("Compare the headers"), "{failure:#}");
    // The second line of the body stands under the first.
    ended.assert_says(&["            are taken now"]);
}

/// A server that opens each connection and then sends these bytes.
fn opening(sends: &'static [u8]) -> String {
    answering(|request| {
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = tungstenite::handshake::derive_accept_key(key.unwrap_or_default().as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        [head.as_bytes(), sends].concat()
    })
}

#[test]
fn a_close_frame_with_a_reserved_code_is_said_also_when_the_next_check_ends_otherwise() {
    let check = |name: &str, url: String| {
        json!({ "check": name, "clients": { "a": { "url": url } },
            "steps": [ { "connect": "a" }, { "on": "a", "closed": { "code": 1000 } } ] })
    };
    let checks = [check("breach", opening(&[0x88, 2, 0x03, 0xed])), check("cut", opening(&[]))];
    let suite = json!({ "sockscope": 1, "suite": "ends", "checks": checks });
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    let message = |check: usize| {
        let steps = report["checks"][check]["steps"].as_array().expect("steps");
        steps.iter().find_map(|step| step["failure"]["message"].as_str()).expect("words").to_owned()
    };
    assert!(
        message(0).contains("1006 (the server sent a close frame with the reserved code 1005)"),
        "{}",
        message(0)
    );
    assert!(message(1).contains("1006 (no close frame came: "), "{}", message(1));
}
