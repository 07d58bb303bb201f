//! The HTTP answers as they are on the wire, whole: status line, every header, body.
//!
//! `UPDATE_EXPECT=1` rewrites `answers.txt`; its difference is a change of a public contract.

use std::fmt::Write;
use std::time::{Duration, Instant};

use expect_test::expect_file;
use sockscope_companion::{Config, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::page_files::PAGE;
use support::client::{port, server, soon};

const JSON: &str = "application/json";
/// An origin that the server allows.
const FRIEND: &str = "http://friend.test";

/// The lines of a request after the first one. `Host` and `Connection: close` are added, unless they are among them.
type Fields = &'static [(&'static str, &'static str)];

const HANDSHAKE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
];

/// Sends a request as it is written, and reads until the server ends the connection or switches protocols.
async fn exchange(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut answer = Vec::new();
    soon("an HTTP answer", async {
        // The server may answer and leave before it has all of a large body.
        let _ = stream.write_all(request.as_bytes()).await;
        while stream.read_buf(&mut answer).await.is_ok_and(|read| read > 0) {
            if answer.starts_with(b"HTTP/1.1 101") && answer.ends_with(b"\r\n\r\n") {
                break;
            }
        }
    })
    .await;
    String::from_utf8(answer).unwrap()
}

/// The same on every answer that is ours: `every_answer_isolates_and_restricts` looks at what they say.
const POLICIES: [&str; 6] = [
    "content-security-policy: ",
    "cross-origin-embedder-policy: ",
    "cross-origin-opener-policy: ",
    "permissions-policy: ",
    "referrer-policy: ",
    "x-content-type-options: ",
];

/// An answer without what changes from run to run. Its fields are sorted, as their order means nothing.
fn steady(answer: &str, port: u16) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines = head.split("\r\n");
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    let is_policy = |field: &&str| POLICIES.iter().any(|policy| field.starts_with(policy));
    let (policies, mut fields): (Vec<_>, Vec<_>) =
        lines.filter(|line| !line.starts_with("date: ")).partition(is_policy);
    fields.sort_unstable();
    let is_live = body.contains("uptime_seconds");
    for field in fields {
        match field {
            _ if is_live && field.starts_with("content-length: ") => text += "content-length\n",
            _ => writeln!(text, "{field}").unwrap(),
        }
    }
    writeln!(text, "and {} policies", policies.len()).unwrap();
    if is_live {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        return format!("{text}\nkeys {keys:?}\n");
    }
    let body = body.replace(&port.to_string(), "PORT");
    if body.is_empty() { text } else { format!("{text}\n{}\n", body.trim_end()) }
}

/// Requests in the order in which they are made: a method, a target, fields, a body.
const REQUESTS: &[(&str, &str, Fields, &str)] = &[
    // The page.
    ("GET", "/", &[], ""),
    ("GET", "/index.html", &[("Accept-Encoding", "br")], ""),
    ("HEAD", "/web-0123456789abcdef.js", &[("Accept-Encoding", "gzip")], ""),
    ("GET", "/web-0123456789abcdef.js", &[("If-None-Match", "*")], ""),
    ("GET", "http://localhost/worker.js", &[], ""),
    ("GET", "//worker.js", &[], ""),
    ("GET", "/nothing", &[], ""),
    ("GET", "/worker%2ejs", &[], ""),
    ("POST", "/", &[], ""),
    ("OPTIONS", "/worker.js", &[], ""),
    ("OPTIONS", "*", &[], ""),
    ("CONNECT", "localhost:80", &[], ""),
    ("GET", "/", &[("Host", "evil.test")], ""),
    ("DELETE", "/", &[("Origin", "http://evil.test")], ""),
    ("GET", "/", &[("Origin", "http://evil.test")], ""),
    // The API.
    ("GET", "/api", &[], ""),
    ("GET", "/api/", &[], ""),
    ("GET", "/api/nothing", &[], ""),
    ("GET", "/api/stats/", &[], ""),
    ("GET", "//api/stats", &[], ""),
    ("GET", "/apix", &[], ""),
    ("GET", "/api/health", &[], ""),
    ("HEAD", "/api/fragments", &[], ""),
    ("GET", "/api/health", &[("Origin", FRIEND)], ""),
    ("GET", "/api/stats", &[("Origin", "http://evil.test")], ""),
    ("POST", "/api/health", &[], ""),
    ("DELETE", "/api/stats", &[], ""),
    ("BREW", "/api/fragments", &[], ""),
    ("GET", "/api/fragments?doc=none", &[], ""),
    ("POST", "/api/jobs?takes=60s", &[("Content-Type", "text/plain")], "hello world"),
    ("GET", "/api/jobs/job-2", &[], ""),
    ("POST", "/api/jobs?takes=2m", &[], ""),
    ("GET", "/api/jobs", &[], ""),
    ("POST", "/api/login", &[("Content-Type", JSON)], r#"{"user":"a;b"}"#),
    ("POST", "/api/login", &[("Content-Type", JSON)], r#"{"user":"anna","fault":"other"}"#),
    ("POST", "/api/login", &[("Content-Type", JSON)], r#"{"user":"anna","fault":"cookie"}"#),
    ("GET", "/api/login", &[], ""),
    ("GET", "/api/session", &[], ""),
    ("GET", "/api/session", &[("Cookie", "sockscope_session=anna.00")], ""),
    ("GET", "/ws/echo?session=required", &HANDSHAKE, ""),
    ("GET", "/ws/echo?session=maybe", &HANDSHAKE, ""),
    ("GET", "/api/events", &[], ""),
    ("POST", "/api/events", &[], ""),
    ("POST", "/api/events", &[("Content-Type", JSON)], "{}"),
    ("POST", "/api/events", &[("Content-Type", JSON)], r#"{"type":""}"#),
    ("POST", "/api/events", &[("Content-Type", "text/plain")], r#"{"type":"news","data":[1]}"#),
    ("POST", "/api/events", &[("Origin", "http://evil.test")], r#"{"type":"news"}"#),
    ("POST", "/api/events", &[("Origin", FRIEND), ("Origin", FRIEND)], r#"{"type":"news"}"#),
    ("POST", "/api/events", &[("Sec-Fetch-Site", "cross-site")], r#"{"type":"news"}"#),
    ("GET", "/api/recordings", &[], ""),
    ("GET", "/api/recordings/none", &[], ""),
    ("POST", "/api/recordings", &[], ""),
    ("DELETE", "/api/recordings/none", &[], ""),
    ("DELETE", "/api/recordings/none", &[("Origin", "http://evil.test")], ""),
    ("GET", "/api/folder", &[], ""),
    ("GET", "/api/folder", &[("Origin", "http://evil.test")], ""),
    ("GET", "/api/folder", &[("Sec-Fetch-Site", "cross-site")], ""),
    ("PUT", "/api/folder/file", &[], r#"{"name":"a.json","text":"{}"}"#),
    ("PUT", "/api/folder/file", &[("Origin", "http://evil.test")], r#"{"name":"a.json","text":"{}"}"#),
    ("GET", "/api/folder/file", &[], ""),
    ("GET", "/api/reset", &[], ""),
    ("POST", "/api/reset", &[("Origin", FRIEND)], ""),
    ("POST", "/api/reset", &[], r#"{"close":1}"#),
    ("POST", "/api/reset", &[], r#"{"close":true}"#),
    ("OPTIONS", "/api/reset", &[("Origin", FRIEND)], ""),
    ("OPTIONS", "/api/reset", &[("Origin", "http://evil.test")], ""),
    ("OPTIONS", "/api/nothing", &[], ""),
    ("OPTIONS", "/api/reset", &[("Origin", FRIEND), ("Host", "evil.test")], ""),
    // The API of the proxy.
    ("GET", "/api/proxy", &[], ""),
    ("GET", "/api/proxy/", &[], ""),
    ("GET", "/api/proxyx", &[], ""),
    ("POST", "/api/proxy", &[], ""),
    ("GET", "/api/proxy/toxics", &[], ""),
    ("POST", "/api/proxy/toxics", &[], r#"{"type":"slow"}"#),
    ("POST", "/api/proxy/toxics", &[], r#"{"type":"latency","attributes":{"latency":5}}"#),
    ("POST", "/api/proxy/toxics", &[], r#"{"type":"latency","attributes":{"latency":6}}"#),
    ("PUT", "/api/proxy/toxics", &[], "{}"),
    ("GET", "/api/proxy/toxics/latency_downstream", &[], ""),
    ("HEAD", "/api/proxy/toxics/latency_downstream", &[], ""),
    ("GET", "/api/proxy/toxics/latency_downstream?key=me", &[], ""),
    ("PATCH", "/api/proxy/toxics/latency_downstream", &[], ""),
    ("GET", "/api/proxy/toxics/", &[], ""),
    ("GET", "/api/proxy/toxics/a%20b", &[], ""),
    ("GET", "/api/proxy/toxics/%ff", &[], ""),
    ("GET", "/api/proxy/toxics/a/b", &[], ""),
    ("DELETE", "/api/proxy/toxics/latency_downstream", &[], ""),
    ("DELETE", "/api/proxy/toxics/latency_downstream", &[], ""),
    ("DELETE", "/api/proxy/toxics?key=me", &[], ""),
    ("GET", "/api/proxy/target", &[], ""),
    ("POST", "/api/proxy/target", &[], ""),
    ("POST", "/api/proxy/target", &[], r#"{"to":"http://localhost"}"#),
    ("POST", "/api/proxy/target", &[], r#"{"to":"ws://192.0.2.1:9"}"#),
    // The look at another server.
    ("GET", "/api/probe", &[], ""),
    ("POST", "/api/probe", &[], "[]"),
    ("POST", "/api/probe", &[], r#"{"url":"http://localhost"}"#),
    ("POST", "/api/probe", &[], r#"{"url":"ws://localhost","protocols":["a,b"]}"#),
    ("POST", "/api/probe", &[], r#"{"url":"ws://192.0.2.1:9"}"#),
    ("GET", "/api/relay", &[], ""),
    ("POST", "/api/relay", &[], r#"{"url":"ws://localhost","headers":[["Host","x"]]}"#),
    ("POST", "/api/relay", &[], r#"{"url":"ws://localhost","headers":[["X-A","x\r\nX-B: y"]]}"#),
    ("POST", "/api/relay", &[], r#"{"url":"ws://192.0.2.1:9"}"#),
    ("POST", "/api/relay", &[("Origin", "http://evil.test")], r#"{"url":"ws://localhost"}"#),
    // Handshakes.
    ("GET", "/ws/nothing", &[], ""),
    ("GET", "/ws/", &[], ""),
    ("GET", "/wsx", &[], ""),
    ("GET", "/ws", &[], ""),
    ("POST", "/ws/echo", &[], ""),
    ("OPTIONS", "/ws/echo", &[], ""),
    ("POST", "/ws/echo", &HANDSHAKE, ""),
    ("GET", "/ws/echo", &HANDSHAKE, ""),
    (
        "GET",
        "/ws/echo",
        &[HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[2], HANDSHAKE[3], ("Sec-WebSocket-Protocol", "echo.v2")],
        "",
    ),
    (
        "GET",
        "/ws/echo",
        &[HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[2], HANDSHAKE[3], ("Sec-WebSocket-Protocol", "x")],
        "",
    ),
    ("GET", "/ws/echo", &[HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[2], ("Sec-WebSocket-Key", "short")], ""),
    ("GET", "/ws/echo", &[HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[3], ("Sec-WebSocket-Version", "8")], ""),
    ("GET", "/ws/rooms", &HANDSHAKE, ""),
    ("GET", "/ws/fault?x=1", &HANDSHAKE, ""),
    ("GET", "/ws/fault?refuse=418", &HANDSHAKE, ""),
    ("GET", "/ws/fault?refuse=599", &[], ""),
    (
        "GET",
        "/ws/fault",
        &[HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[2], HANDSHAKE[3], ("Origin", "http://evil.test")],
        "",
    ),
    ("GET", "/ws/proxy?to=ws://127.0.0.1:PORT/ws/echo", &HANDSHAKE, ""),
    ("GET", "/ws/proxy?to=ws://127.0.0.1:PORT/ws/fault%3Frefuse=503", &HANDSHAKE, ""),
    ("GET", "/ws/proxy?to=ws://127.0.0.1:PORT/api/nothing", &HANDSHAKE, ""),
    ("GET", "/ws/proxy?to=ws://192.0.2.1:9", &HANDSHAKE, ""),
    ("GET", "/ws/relay", &HANDSHAKE, ""),
    ("GET", "/ws/relay?id=0", &HANDSHAKE, ""),
    ("GET", "/ws/recordings", &HANDSHAKE, ""),
];

/// Bytes that are hardly a request.
const ODDITIES: &[&str] = &[
    "nonsense\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "GET /ws/echo HTTP/1.0\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "POST /api/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

#[tokio::test]
async fn every_answer_is_as_it_was_published() {
    let config = Config { origins: vec![FRIEND.parse().unwrap()], ..Config::default() };
    let server = Server::start_with(config, Box::new(PAGE)).await.unwrap();
    let port = port(&server);
    let mut text = String::new();
    for (method, target, fields, body) in REQUESTS {
        let target = target.replace("PORT", &port.to_string());
        let mut request = format!("{method} {target} HTTP/1.1\r\n");
        let has = |name: &str| fields.iter().any(|(known, _)| *known == name);
        if !has("Host") {
            request += "Host: localhost\r\n";
        }
        if !has("Connection") {
            request += "Connection: close\r\n";
        }
        for (name, value) in *fields {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() {
            write!(request, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        // A refused handshake leaves the connection open.
        let closes = if has("Connection") { "Connection: close\r\n" } else { "" };
        let request = format!("{request}{closes}\r\n{body}");
        let answer = exchange(port, &request).await;
        let asked = request.trim_end().replace("\r\n", "\n> ").replace(&port.to_string(), "PORT");
        writeln!(text, "> {asked}\n{}", steady(&answer, port)).unwrap();
    }
    for request in ODDITIES {
        let answer = exchange(port, request).await;
        writeln!(text, "> {request:?}\n{}", steady(&answer, port)).unwrap();
    }
    expect_file!["./answers.txt"].assert_eq(&text);
}

#[tokio::test]
async fn a_client_that_sends_its_request_too_slowly_is_given_up() {
    let server = server().await;
    let port = port(&server);
    let began = Instant::now();
    let body =
        "POST /api/reset HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{";
    let (head, body) = tokio::join!(exchange(port, "GET / HTTP/1.1\r\nHo"), exchange(port, body));
    assert_eq!(head, "");
    assert!(body.starts_with("HTTP/1.1 400 ") && body.contains("\"broken_body\""), "{body}");
    assert!((Duration::from_secs(9)..Duration::from_secs(15)).contains(&began.elapsed()));
}
