//! Why a connection ended with 1006: what the page cannot see stands beside the failure.

use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use support::call::Call;
use support::page::Practice;
use support::suites::CONNECT;

/// One check whose only step opens a connection, whatever subprotocol there is.
const PLAIN: &str = r#"{ "sockscope": 1, "suite": "connect", "vars": { "url": "{{env.URL}}" },
  "clients": { "bob": { "url": "{{url}}" } },
  "checks": [ { "check": "open", "steps": [ { "connect": "bob" } ] } ] }"#;

/// A server that answers each request the same way, `KEY` being what a handshake wants.
fn answering(answer: &'static str) -> String {
    support::answering::answering(move |request| {
        let key = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.to_owned())
        });
        let hash = Sha1::digest(key.unwrap_or_default() + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let answer = answer.replace("KEY", &STANDARD.encode(hash));
        answer.bytes().map(|byte| if byte == b'\x01' { 0xf1 } else { byte }).collect()
    })
}

const SWITCHING: &str =
    "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: KEY\r\n";

#[track_caller]
fn check(url: &str, says: &str, cause: &str) {
    let ended = Call::new(&[
        "OUT/s.json",
        "--json",
        "OUT/r.json",
        "--jsonl",
        "OUT/r.jsonl",
        "--html",
        "OUT/r.html",
        "--junit",
        "OUT/r.xml",
    ])
    .with_file("s.json", CONNECT)
    .with_env("URL", url)
    .run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    let failure = &report["checks"][0]["steps"][0]["failure"];
    assert!(failure["browser"].as_str().is_some_and(|words| words.contains(says)), "{failure}");
    assert_eq!(failure["causes"][0]["id"], cause, "{failure}");
    assert_eq!(failure["causes"].as_array().map(Vec::len), Some(1), "what is known stands alone: {failure}");
    ended.assert_says(&[says, "certain: "]);
    for file in ["r.jsonl", "r.html", "r.xml"] {
        let escaped = says.replace('\'', "&#39;");
        let text = ended.file(file);
        assert!(text.contains(says) || text.contains(&escaped), "{says:?} in {file}:\n{text}");
    }
}

#[test]
fn an_http_status() {
    check(
        &answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        "Unexpected response code: 403",
        "refused",
    );
}

#[test]
fn a_refused_login() {
    check(
        &answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        "Authentication failed",
        "refused",
    );
}

#[test]
fn a_subprotocol_that_was_not_offered() {
    let answer: &'static str =
        Box::leak(format!("{SWITCHING}Sec-WebSocket-Protocol: other\r\n\r\n").into_boxed_str());
    check(&answering(answer), "Sec-WebSocket-Protocol", "subprotocol");
}

#[test]
fn no_server_there() {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).expect("a port").port();
    check(&format!("ws://127.0.0.1:{port}/"), "ERR_CONNECTION_REFUSED", "nothing_listens");
}

#[test]
fn an_unsigned_certificate_and_the_way_past_it() {
    let server = Practice::start_with(&["--tls"]);
    let url = format!("{}/echo", server.url("wss"));
    check(&url, "ERR_CERT_AUTHORITY_INVALID", "certificate");
    let suite = CONNECT.replace(", \"protocols\": [\"chat.v1\"]", "");
    Call::new(&["OUT/s.json", "--insecure"])
        .with_file("s.json", &suite)
        .with_env("URL", &url)
        .run()
        .assert_code(0);
}

#[cfg(feature = "target-tests")]
#[test]
fn what_a_server_did_stands_first_whatever_the_browser_logs() {
    let feed = support::feed::TRADING_FEED.start(&[]);
    let base = feed.urls[0].trim_end_matches("/v1/feed").to_owned();
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).expect("a port").port();
    for (url, fact) in [
        (format!("{base}/v1/nowhere"), "The server answered 404 Not Found: no such route.".to_owned()),
        (format!("{base}/v1/private"), "The server answered 401 Unauthorized: a token is needed.".to_owned()),
        (format!("{base}/v1/busy"), "The server answered 503 Service Unavailable".to_owned()),
        (
            format!("ws://127.0.0.1:{port}/"),
            format!("Connection refused: no process listens on port {port}."),
        ),
        (
            format!("{}/v1/feed", base.replace("ws://", "wss://")),
            "The server does not speak TLS: use ws://.".to_owned(),
        ),
    ] {
        let ended = Call::new(&["OUT/s.json", "--json", "OUT/r.json"])
            .with_file("s.json", PLAIN)
            .with_env("URL", &url)
            .run();
        ended.assert_code(1);
        let report = ended.json("r.json");
        let message = report["checks"][0]["steps"][0]["failure"]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with(&fact), "{url}: {message}");
        ended.assert_says(&[&fact]);
    }
}
