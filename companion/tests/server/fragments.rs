//! `/ws/fragments`.

use serde_json::json;

use support::client::{Client, server, server_with};
use support::raw::{get, post};

#[tokio::test]
async fn opening_shows_the_document() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    alice.send(r#"{"type":"open","id":1}"#).await;
    let ack = alice.json().await;
    assert_eq!((&ack["type"], &ack["operation"], &ack["id"]), (&json!("ack"), &json!("open"), &json!(1)));
    assert_eq!((&ack["version"], ack["fragments"].as_array().unwrap().len()), (&json!(1), 3));
}

#[tokio::test]
async fn a_change_is_acknowledged_to_its_sender_and_sent_to_the_other_editors_of_the_doc() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d&user=alice").await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=d&user=bob").await;
    let mut eve = Client::connect(&server, "/ws/fragments?doc=other").await;
    eve.nothing_more().await;
    bob.nothing_more().await;
    alice.send(r#"{"type":"update_content","fragment":"f1","content":"new","id":"a"}"#).await;
    let ack = alice.json().await;
    let expected = json!({ "type": "ack", "operation": "update_content", "doc": "d", "fragment": "f1", "version": 2, "id": "a" });
    assert_eq!(ack, expected);
    let told = bob.json().await;
    let expected = json!({
        "type": "content_updated", "doc": "d", "fragment": "f1", "content": "new", "version": 2, "by": "alice",
    });
    assert_eq!(told, expected);
    alice.nothing_more().await;
    eve.nothing_more().await;
}

#[tokio::test]
async fn metadata_is_merged_and_sent() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=d").await;
    bob.nothing_more().await;
    alice.send(r#"{"type":"update_metadata","fragment":"f2","metadata":{"tags":["x"]}}"#).await;
    assert_eq!(alice.json().await["type"], "ack");
    let told = bob.json().await;
    assert_eq!((&told["type"], &told["metadata"]), (&json!("metadata_updated"), &json!({ "tags": ["x"] })));
}

#[tokio::test]
async fn an_expansion_makes_children_that_can_be_changed() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=d").await;
    bob.nothing_more().await;
    alice.send(r#"{"type":"expand","fragment":"f3","children":["one","two"]}"#).await;
    let ack = alice.json().await;
    assert_eq!(ack["children"][1]["id"], "f3.2");
    assert_eq!(bob.json().await["type"], "expanded");
    bob.send(r#"{"type":"update_content","fragment":"f3.2","content":"changed"}"#).await;
    assert_eq!(bob.json().await["version"], 3);
}

#[tokio::test]
async fn an_editor_that_comes_late_sees_the_current_state() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    alice.send(r#"{"type":"update_content","fragment":"f1","content":"early"}"#).await;
    alice.json().await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=d").await;
    bob.send(r#"{"type":"open"}"#).await;
    let ack = bob.json().await;
    assert_eq!((&ack["version"], &ack["fragments"][0]["content"]), (&json!(2), &json!("early")));
}

#[tokio::test]
async fn editors_hear_of_each_other() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d&user=alice").await;
    alice.nothing_more().await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=d&user=bob").await;
    bob.send(r#"{"type":"open"}"#).await;
    let joined = json!({ "type": "editor_joined", "editors": 2, "doc": "d", "by": "bob" });
    assert_eq!(alice.json().await, joined);
    drop(bob);
    assert_eq!(alice.json().await, json!({ "type": "editor_left", "editors": 1, "doc": "d", "by": "bob" }));
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_with_a_code_and_the_id_and_the_connection_stays() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    for (sent, code) in [
        (r#"{"type":"update_content","fragment":"f9","content":"x","id":1}"#, "unknown_fragment"),
        (r#"{"type":"delete","fragment":"f1","id":1}"#, "unknown_type"),
        (r#"{"type":"update_content","fragment":"f1","id":1}"#, "missing_field"),
        (r#"{"type":"update_metadata","fragment":"f1","metadata":3,"id":1}"#, "invalid_field"),
        (r#"{"type":"fail","id":1}"#, "internal"),
    ] {
        alice.send(sent).await;
        let error = alice.json().await;
        assert_eq!(
            (&error["type"], &error["code"], &error["id"]),
            (&json!("error"), &json!(code), &json!(1))
        );
    }
    alice.send("not json").await;
    assert_eq!(alice.json().await["code"], "bad_message");
}

#[tokio::test]
async fn a_change_based_on_an_old_version_is_a_conflict() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    for code in [None, Some("conflict")] {
        alice.send(r#"{"type":"update_content","fragment":"f1","content":"x","base_version":1}"#).await;
        assert_eq!(alice.json().await["code"].as_str(), code);
    }
}

#[tokio::test]
async fn the_api_shows_one_document_or_all() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    alice.send(r#"{"type":"update_content","fragment":"f1","content":"seen"}"#).await;
    alice.json().await;
    let one = get(&server, "/api/fragments?doc=d").await.json();
    assert_eq!((&one["doc"], &one["fragments"][0]["content"]), (&json!("d"), &json!("seen")));
    assert_eq!(get(&server, "/api/fragments").await.json()["docs"][0], one);
    assert_eq!(get(&server, "/api/fragments?doc=other").await.status, 404);
}

#[tokio::test]
async fn a_reset_takes_documents_back_to_their_beginning() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=d").await;
    alice.send(r#"{"type":"update_content","fragment":"f1","content":"x"}"#).await;
    alice.json().await;
    post(&server, "/api/reset", "{}").await;
    alice.send(r#"{"type":"open"}"#).await;
    assert_eq!(alice.json().await["version"], 1);
}

#[tokio::test]
async fn no_doc_is_refused() {
    let server = server().await;
    assert_eq!(Client::refusal(&server, "/ws/fragments").await.0, 400);
}

#[tokio::test]
async fn a_document_too_many_is_closed_with_1013_unless_an_idle_one_can_go() {
    let server = server_with(|limits| limits.docs = 1).await;
    let mut alice = Client::connect(&server, "/ws/fragments?doc=a").await;
    alice.nothing_more().await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=b").await;
    assert!(matches!(bob.end().await, support::client::Seen::Close(1013, _)));
    alice.close(1000, "").await;
    crate::api::no_connections_are_left(&server).await;
    let mut bob = Client::connect(&server, "/ws/fragments?doc=b").await;
    bob.nothing_more().await;
}
