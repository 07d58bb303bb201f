//! A browser's HAR with a login becomes a suite that logs in: it passes against the real server, and fails without the login.

use std::fs;

use serde_json::json;
use support::practice::Practice;

use super::{run, sockscope};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_with_a_session_cookie_becomes_a_suite_that_logs_in() {
    let server = Practice::start_of(env!("CARGO_BIN_EXE_sockscope"), &[]);
    let field = |name: &str, value: &str| json!([{ "name": name, "value": value }]);
    let login = json!({ "user": "anna", "password": "hunter2" }).to_string();
    let entries = json!([
        { "_resourceType": "document", "startedDateTime": "2026-11-21T03:01:00.000Z",
          "request": { "method": "GET", "url": server.url("http"), "headers": [] }, "response": { "status": 200, "headers": [] } },
        { "_resourceType": "fetch", "startedDateTime": "2026-11-21T03:01:01.000Z", "timings": { "wait": 4 },
          "request": { "method": "POST", "url": format!("{}/login", server.url("api")),
            "headers": field("content-type", "application/json"), "postData": { "mimeType": "application/json", "text": login } },
          "response": { "status": 200, "headers": field("set-cookie", "session=s-1; HttpOnly"), "content": { "size": 2, "text": "{}" } } },
        { "_resourceType": "websocket", "startedDateTime": "2026-11-21T03:01:02.000Z",
          "request": { "method": "GET", "url": format!("{}/echo?session=required", server.ws), "headers": field("cookie", "session=s-1") },
          "response": { "status": 101, "headers": [] },
          "_webSocketMessages": [
            { "type": "send", "time": 1_795_230_063.1, "opcode": 1, "data": "hello" },
            { "type": "receive", "time": 1_795_230_063.2, "opcode": 1, "data": "hello" } ] } ]);
    let har = json!({ "log": { "version": "1.2", "creator": { "name": "WebInspector", "version": "537.36" }, "entries": entries } });
    let folder = tempfile::tempdir().expect("a folder");
    let (visit, suite) = (folder.path().join("visit.har"), folder.path().join("visit.json"));
    fs::write(&visit, har.to_string()).expect("a file");
    let (visit, suite) = (visit.to_str().expect("a path"), suite.to_str().expect("a path"));
    let ended = run(&["convert", visit, "--to", "suite", "--out", suite]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.told.contains("the suite wants PASSWORD in its environment"), "{ended:?}");
    let text = fs::read_to_string(suite).expect("a suite");
    assert!(
        text.contains("\"cookies\": true") && !text.contains("hunter2") && !text.contains("s-1"),
        "{text}"
    );
    let check = async || {
        let mut command = sockscope(&["check", suite, "--engine", "native"]);
        let output = command.env("PASSWORD", "hunter2").env("SESSION", "required").output().await;
        let output = output.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, told) = check().await;
    assert_eq!(code, Some(0), "{told}");
    let without: String =
        text.lines().filter(|line| !line.contains("\"http\":")).map(|line| format!("{line}\n")).collect();
    assert_ne!(without, text);
    fs::write(suite, without).expect("a file");
    let (code, told) = check().await;
    assert_eq!(code, Some(1), "the server wants the cookie: {told}");
}
