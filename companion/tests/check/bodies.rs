//! What calls send from files, as a server of another library reads it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use serde_json::{Value, json};
use support::call::Call;

/// What has come, request by request.
type Heard = Arc<Mutex<Vec<Value>>>;

const SUITE: &str = r#"{ "sockscope": 1, "suite": "photos", "import": ["lib/send.jsonc"],
  "vars": { "api_url": "{{env.API_URL}}", "title": "a cat" },
  "checks": [ { "check": "photos arrive", "steps": [
    { "http": { "url": "{{api_url}}/photo", "method": "PUT", "body": { "file": "cat.png", "type": "image/png" } } },
    { "use": "send", "title": "{{title}} \u00e9" } ] } ] }"#;

const SEND: &str = r#"{ "sockscope": 1, "suite": "send", // comments are fine
  "define": { "send": { "with": ["title"], "steps": [
    { "http": { "url": "{{env.API_URL}}/form", "multipart": [
        { "name": "title", "text": "{{title}}" },
        { "name": "tags", "json": ["{{title}}", 1] },
        { "name": "photo", "file": "../cat.png", "type": "image/png", "filename": "the \"cat\".png" } ] } } ] } } }"#;

/// Bytes that are not text, with what could be taken for the end of a part among them.
fn photo() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    bytes.extend(b"\r\n--sockscope--\r\n");
    bytes
}

/// Tells every page that it may read the answers.
fn open(status: StatusCode, body: &'static str) -> Response {
    let fields = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "PUT, POST"),
    ];
    (status, fields, body).into_response()
}

async fn take_photo(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers[header::CONTENT_TYPE].to_str().expect("text").to_owned();
    heard.lock().expect("unpoisoned").push(json!({ "type": kind, "is_whole": body[..] == photo() }));
    open(StatusCode::OK, "")
}

async fn take_form(State(heard): State<Heard>, mut form: Multipart) -> Response {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.expect("a form that can be read") {
        let head = json!([field.name(), field.file_name(), field.content_type()]);
        let content = field.bytes().await.expect("a part that can be read");
        let content =
            if content[..] == photo() { "the photo".into() } else { String::from_utf8_lossy(&content) };
        parts.push(json!([head, content]));
    }
    heard.lock().expect("unpoisoned").push(parts.into());
    open(StatusCode::OK, "")
}

#[test]
fn a_server_of_another_library_reads_what_calls_send_from_files() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let heard = Heard::default();
    let allowed = || async { open(StatusCode::OK, "") };
    let router = Router::new()
        .route("/photo", put(take_photo).options(allowed))
        .route("/form", get(allowed).post(take_form).options(allowed))
        .with_state(Arc::clone(&heard));
    let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("it listens"));
    runtime.spawn(async move { axum::serve(listener, router).await });

    let ended = Call::new(&["OUT/s.json", "--har", "OUT/r.har"])
        .with_env("API_URL", &address)
        .with_file("s.json", SUITE)
        .with_file("lib/send.jsonc", SEND)
        .with_file("cat.png", photo())
        .run();
    ended.assert_code(0);
    let photo = json!([["photo", "the %22cat%22.png", "image/png"], "the photo"]);
    assert_eq!(
        *heard.lock().expect("unpoisoned"),
        [
            json!({ "type": "image/png", "is_whole": true }),
            json!([
                [["title", null, null], "a cat é"],
                [["tags", null, "application/json"], "[\"a cat é\",1]"],
                photo
            ]),
        ]
    );
    // A recording says how much was sent, and has no bytes that are not text.
    let har = ended.json("r.har");
    let entries = har["log"]["entries"].as_array().expect("entries");
    let sent = entries.iter().find(|it| it["request"]["method"] == "PUT").expect("the call");
    assert_eq!(
        (&sent["request"]["bodySize"], &sent["request"]["postData"]["text"]),
        (&100_017.into(), &"".into())
    );
}

#[test]
fn err_a_file_that_lies_outside_is_not_sent() {
    let suite = SUITE.replace("\"cat.png\"", "\"../../../../etc/hostname\"");
    let ended = Call::new(&["OUT/s.json"])
        .with_env("API_URL", "http://localhost:1")
        .with_file(".git/HEAD", "")
        .with_file("s.json", suite)
        .with_file("lib/send.jsonc", SEND)
        .with_file("cat.png", photo())
        .run();
    ended.assert_code(2);
    ended.assert_says(&["etc/hostname: lies outside of "]);
}
