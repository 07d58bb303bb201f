//! The HAR against the schema of HAR 1.2, and the messages against what Chrome writes.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::EventFormat;

use crate::{exported, recorded};

fn har() -> Value {
    let recording = recorded::session();
    let text = exported(&recording.transcript(), EventFormat::Har, &Masker::default());
    serde_json::from_str(&text).expect("a HAR is JSON")
}

#[test]
fn it_is_valid_by_the_schema_of_har_1_2() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/har_schema");
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    let mut schemas = boon::Schemas::new();
    for entry in std::fs::read_dir(&folder).expect("the schemas") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).expect("a schema");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let schema = serde_json::from_str(&text).expect("a schema is JSON");
            compiler.add_resource(&format!("http://har/{name}"), schema).expect("a schema of its own name");
        }
    }
    let schema = compiler.compile("http://har/har.json", &mut schemas).expect("the schema");
    if let Err(error) = schemas.validate(&har(), schema) {
        panic!("{error:#}");
    }
    let of_run = exported(&recorded::run().transcript(), EventFormat::Har, &Masker::default());
    let of_run: Value = serde_json::from_str(&of_run).expect("a HAR is JSON");
    if let Err(error) = schemas.validate(&of_run, schema) {
        panic!("{error:#}");
    }
    let mut broken = har();
    broken["log"]["entries"][0]["request"].as_object_mut().expect("a request").remove("url");
    assert!(schemas.validate(&broken, schema).is_err(), "the schema looks at nothing");
}

#[test]
fn messages_have_the_members_of_chrome_and_no_others() {
    let har = har();
    let entries = har["log"]["entries"].as_array().expect("entries");
    let mut messages = 0;
    for entry in entries {
        assert_eq!(entry["_resourceType"], "websocket");
        for message in entry["_webSocketMessages"].as_array().expect("messages") {
            messages += 1;
            let names: Vec<_> = message.as_object().expect("an object").keys().collect();
            assert_eq!(names, ["type", "time", "opcode", "data"]);
            assert!(message["type"] == "send" || message["type"] == "receive");
            let time = message["time"].as_f64().expect("a number");
            assert!(
                (1_795_230_066.0..1_795_230_067.0).contains(&time),
                "{time} is not a time in seconds since 1970"
            );
            match message["opcode"].as_u64() {
                Some(1) => {}
                Some(2) => {
                    STANDARD.decode(message["data"].as_str().expect("a text")).expect("base64");
                }
                other => panic!("opcode {other:?}"),
            }
        }
        let extras = &entry["_sockscope"];
        let count = entry["_webSocketMessages"].as_array().map(Vec::len);
        for row in ["number", "bytes", "round_trip_ms"] {
            assert_eq!(extras[row].as_array().map(Vec::len), count, "{row}");
        }
    }
    assert_eq!(messages, 7);
}

#[test]
fn each_handshake_is_an_entry_with_its_own_messages() {
    let har = har();
    let entries = har["log"]["entries"].as_array().expect("entries");
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let messages = entry["_webSocketMessages"].as_array().map_or(0, Vec::len);
            (
                entry["response"]["status"].as_u64().unwrap_or(999),
                messages,
                entry["_sockscope"]["code"].as_u64(),
            )
        })
        .collect();
    assert_eq!(told, [(101, 6, Some(1000)), (0, 0, Some(1006)), (101, 1, Some(4029))]);
    assert_eq!(entries[0]["request"]["url"], "ws://localhost:9000/ws/rooms?user=alice&q=a%20b&flag");
    assert_eq!(
        entries[0]["request"]["queryString"],
        serde_json::json!([
            {"name": "user", "value": "alice"}, {"name": "q", "value": "a%20b"}, {"name": "flag", "value": ""}
        ])
    );
    assert_eq!(entries[0]["timings"]["wait"].to_string(), "3.215");
    assert_eq!(entries[1]["_sockscope"]["failures"][0], "the handshake failed; the browser does not say why");
    assert_eq!(entries[0]["_webSocketMessages"][0]["time"].to_string(), "1795230066.128456");
}
