//! The folder of `serve --dir`: what is read and written, what is refused, and what both sides see of a change.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sockscope_companion::folder::Folder;
use sockscope_companion::{Config, Server};
use support::client::{eventually, port};
use support::raw::{Answer, http};

const SUITE: &str = r#"{ "sockscope": 1, "suite": "one" }"#;

type Running = sockscope_companion::server::Running;

async fn serve(path: &Path, is_seed: bool) -> Running {
    let folder = Folder::open(path, is_seed).unwrap();
    Server::start(Config { folder: Some(Arc::new(folder)), ..Config::default() }).await.unwrap()
}

async fn with_suite() -> (tempfile::TempDir, Running) {
    let there = tempfile::tempdir().unwrap();
    std::fs::write(there.path().join("one.json"), SUITE).unwrap();
    let server = serve(there.path(), false).await;
    (there, server)
}

async fn file(server: &Running, method: &str, body: Value) -> Answer {
    http(server, method, "/api/folder/file", &[], &body.to_string()).await
}

async fn list(server: &Running, query: &str) -> Value {
    http(server, "GET", &format!("/api/folder{query}"), &[], "").await.json()
}

#[tokio::test]
async fn a_file_is_listed_read_written_and_removed() {
    let (there, server) = with_suite().await;
    let listed = list(&server, "").await;
    assert_eq!(listed["files"][0]["name"], "one.json");
    assert_eq!(listed["seed"], false);
    let read = file(&server, "POST", json!({ "name": "one.json" })).await.json();
    assert_eq!((&read["text"], &read["hash"]), (&SUITE.into(), &listed["files"][0]["hash"]));
    let text = "{\"bench\": 1, \"messages\": []}";
    let new = json!({ "name": "bench/messages.json", "text": text });
    assert_eq!(file(&server, "PUT", new.clone()).await.status, 200);
    assert_eq!(std::fs::read_to_string(there.path().join("bench/messages.json")).unwrap(), text);
    // It is there now, and the writer has not seen it.
    let again = file(&server, "PUT", new).await;
    assert_eq!((again.status, again.json()["error"]["code"].as_str().unwrap()), (409, "changed"));
    let gone = file(&server, "DELETE", json!({ "name": "one.json", "before": read["hash"] })).await;
    assert_eq!(gone.status, 200);
    assert!(!there.path().join("one.json").exists());
}

#[tokio::test]
async fn who_knows_the_folder_is_told_of_changes_alone() {
    let (there, server) = with_suite().await;
    let generation = list(&server, "").await["generation"].as_u64().unwrap();
    let query = format!("?after={generation}");
    assert_eq!(list(&server, &query).await["files"], Value::Null);
    std::fs::write(there.path().join("two.json"), SUITE).unwrap();
    let told = eventually("the new file", || async {
        let told = list(&server, &query).await;
        told["files"].is_array().then_some(told)
    });
    assert_eq!(told.await["files"][1]["name"], "two.json");
}

#[tokio::test]
async fn err_both_sides_have_changed_a_file_and_neither_change_is_lost() {
    let (there, server) = with_suite().await;
    let seen = file(&server, "POST", json!({ "name": "one.json" })).await.json();
    let theirs = SUITE.replace("one", "theirs");
    std::fs::write(there.path().join("one.json"), &theirs).unwrap();
    let mine = json!({ "name": "one.json", "text": SUITE.replace("one", "mine"), "before": seen["hash"] });
    let answer = file(&server, "PUT", mine).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("one.json has changed on the disk meanwhile"), "{}", answer.text());
    assert_eq!(std::fs::read_to_string(there.path().join("one.json")).unwrap(), theirs);
}

#[tokio::test]
async fn err_names_that_leave_the_folder_are_refused() {
    let (there, server) = with_suite().await;
    let outside = there.path().parent().unwrap().join("sockscope-test-outside.json");
    for name in [
        "../sockscope-test-outside.json",
        "a/../../sockscope-test-outside.json",
        outside.to_str().unwrap(),
        ".git/config.json",
        "a\\..\\..\\b.json",
        "one.txt",
        "",
    ] {
        for (method, body) in [
            ("POST", json!({ "name": name })),
            ("PUT", json!({ "name": name, "text": SUITE })),
            ("DELETE", json!({ "name": name, "before": "0" })),
        ] {
            let answer = file(&server, method, body).await;
            assert_eq!(
                (answer.status, answer.json()["error"]["code"].as_str()),
                (400, Some("bad_name")),
                "{method} {name}"
            );
        }
    }
    assert!(!outside.exists());
    for body in ["", "[]", "{}", r#"{"name":"a.json","more":1}"#] {
        assert_eq!(http(&server, "PUT", "/api/folder/file", &[], body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn err_only_our_own_page_uses_it() {
    let (there, server) = with_suite().await;
    let own = format!("http://localhost:{}", port(&server));
    let read = json!({ "name": "one.json" }).to_string();
    let write = json!({ "name": "two.json", "text": SUITE }).to_string();
    for (method, path, body) in [
        ("GET", "/api/folder", ""),
        ("POST", "/api/folder/file", read.as_str()),
        ("PUT", "/api/folder/file", write.as_str()),
        ("DELETE", "/api/folder/file", read.as_str()),
    ] {
        for fields in [
            [("Origin", "https://evil.test")],
            [("Origin", "null")],
            [("Origin", "http://localhost:1")],
            [("Sec-Fetch-Site", "cross-site")],
        ] {
            let answer = http(&server, method, path, &fields, body).await;
            assert_eq!(answer.status, 403, "{method} {path} {fields:?}");
            assert!(answer.text().contains("--allow-origin"), "{}", answer.text());
        }
        let answer = http(&server, method, path, &[("Host", "rebound.test")], body).await;
        assert_eq!(answer.status, 421, "{method} {path}");
    }
    assert!(!there.path().join("two.json").exists());
    let answer = http(&server, "GET", "/api/folder", &[("Origin", own.as_str())], "").await;
    assert_eq!(answer.status, 200);
    // No page of another origin may ask to write.
    let asked = [("Origin", own.as_str()), ("Access-Control-Request-Method", "PUT")];
    let answer = http(&server, "OPTIONS", "/api/folder/file", &asked, "").await;
    assert!(!answer.header("access-control-allow-methods").unwrap_or_default().contains("PUT"));
}

#[tokio::test]
async fn err_a_server_that_others_reach_has_no_folder() {
    let there = tempfile::tempdir().unwrap();
    let folder = Folder::open(there.path(), false).unwrap();
    let host = std::net::Ipv4Addr::UNSPECIFIED.into();
    let server =
        Server::start(Config { folder: Some(Arc::new(folder)), host, ..Config::default() }).await.unwrap();
    assert_eq!(list(&server, "").await["error"]["code"], "no_folder");
    let none = support::client::server().await;
    assert_eq!(list(&none, "").await["error"]["code"], "no_folder");
    assert_eq!(http(&none, "GET", "/", &[], "").await.header("server-timing"), None);
}

#[tokio::test]
async fn a_folder_to_start_from_is_read_and_never_written() {
    let (there, _) = with_suite().await;
    let server = serve(there.path(), true).await;
    assert_eq!(list(&server, "").await["seed"], true);
    let answer = file(&server, "PUT", json!({ "name": "two.json", "text": SUITE })).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (403, Some("seed")));
    assert!(!there.path().join("two.json").exists());
}

#[tokio::test]
async fn the_page_learns_from_its_own_answer_that_there_is_a_folder() {
    let (_there, server) = with_suite().await;
    let answer = http(&server, "GET", "/", &[], "").await;
    assert_eq!(answer.header("server-timing").as_deref(), Some("sockscope-folder"));
    assert_eq!(http(&server, "GET", "/api/health", &[], "").await.header("server-timing"), None);
}
