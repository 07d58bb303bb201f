//! Why a connection was not opened or not kept: the native engine has seen it, and says it.

use std::net::TcpListener;

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
