//! HTTP calls and the beginnings of checks in the files of a run.

use serde_json::{Value, json};
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::EventFormat;

use crate::{exported, recorded};

fn archive() -> Value {
    let text = exported(&recorded::run().transcript(), EventFormat::Har, &Masker::default());
    serde_json::from_str(&text).expect("a HAR is JSON")
}

fn lines() -> Vec<Value> {
    let text = exported(&recorded::run().transcript(), EventFormat::JsonLines, &Masker::default());
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

#[test]
fn the_checks_are_the_pages_of_an_archive_and_every_entry_says_its_own() {
    let har = archive();
    let pages: Vec<_> = har["log"]["pages"]
        .as_array()
        .expect("pages")
        .iter()
        .map(|page| (&page["id"], &page["title"]))
        .collect();
    assert_eq!(
        pages,
        [(&json!("check_0"), &json!("alice is told")), (&json!("check_1"), &json!("alice comes back"))]
    );
    let entries = har["log"]["entries"].as_array().expect("entries");
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry["request"]["method"].as_str().expect("a method"),
                entry["pageref"].as_str().expect("a page"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("POST", "check_0"),
            ("GET", "check_0"),
            ("GET", "check_0"),
            ("GET", "check_0"),
            ("GET", "check_1"),
            ("DELETE", "check_1")
        ]
    );
}

#[test]
fn a_call_is_an_entry_with_its_bodies_and_without_what_is_called_like_a_secret() {
    let har = archive();
    let entry = &har["log"]["entries"][0];
    assert_eq!(entry["_resourceType"], "fetch");
    assert_eq!(entry["time"].to_string(), "0.300");
    let request = &entry["request"];
    assert_eq!(request["postData"]["text"], "{\"user\":\"anna\",\"password\":\"***\"}");
    assert_eq!(request["headers"][1], json!({ "name": "Authorization", "value": "***" }));
    assert_eq!(request["queryString"], json!([{ "name": "retry", "value": "1" }]));
    let response = &entry["response"];
    assert_eq!((&response["status"], &response["content"]["size"]), (&json!(201), &json!(35)));
    assert_eq!(response["content"]["text"], "{\"access_token\":\"***\",\"expires\":60}");
    let gone = har["log"]["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .find(|it| it["_sockscope"]["error"] == "Failed to fetch");
    assert_eq!(gone.expect("the call that failed")["response"]["status"], 0);
    assert_eq!(har["log"]["entries"][5]["_sockscope"]["error"], "no answer came before the step ended");
}

#[test]
fn marks_and_calls_stand_among_the_lines_where_they_happened() {
    let lines = lines();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().expect("an event")).collect();
    assert_eq!(events[..3], ["check", "http", "connecting"]);
    assert_eq!(events.last(), Some(&"http"));
    let second = events.iter().rposition(|event| *event == "check").expect("a second check");
    assert_eq!((events[second - 1], events[second + 1]), ("closed", "connecting"));
    assert_eq!(lines[second]["check"], "alice comes back");
    let moments: Vec<_> = lines.iter().map(|line| line["at_ms"].as_f64().expect("a moment")).collect();
    assert!(moments.is_sorted(), "{moments:?}");
    assert_eq!(lines[0]["at_ms"].to_string(), "0.000");
    let call = &lines[1];
    assert_eq!((&call["method"], &call["status"]), (&json!("POST"), &json!(201)));
    assert_eq!(call["took_ms"].to_string(), "0.300");
    assert_eq!(call["request"]["text"], "{\"user\":\"anna\",\"password\":\"***\"}");
    assert_eq!(call["response"]["headers"][1], json!({ "name": "set-cookie", "value": "***" }));
}

#[test]
fn calls_of_a_recording_become_steps_and_marks_become_nothing() {
    let of = |recording: &recorded::Recording| {
        let text = exported(&recording.transcript(), EventFormat::JsonLines, &Masker::default());
        sockscope_engine::recorder::suite_of(&text).expect("a suite").text
    };
    let (with, without) = (of(&recorded::run()), of(&recorded::session()));
    let calls: Vec<_> = with.lines().filter(|line| line.contains("\"http\":")).map(str::trim).collect();
    let expected = [
        r#"{ "http": { "url": "{{api_url}}/api/login?retry=1", "json": { "user": "anna", "password": "{{password}}" } }, "expect": { "status": 201 } },"#,
        r#"{ "http": { "method": "DELETE", "url": "{{api_url}}/api/rooms/1" } } ] }"#,
    ];
    assert_eq!(calls, expected);
    let talk = |suite: &str| -> Vec<String> {
        let steps = suite.lines().filter(|line| line.contains("alice\"") && !line.contains("\"url\""));
        steps.map(|line| line.trim().trim_end_matches([',', ']', '}', ' ']).to_owned()).collect()
    };
    assert_eq!(talk(&with), talk(&without));
    assert!(talk(&with).len() > 5, "{with}");
}
