//! `/ws/events` and `POST /api/events`.

use serde_json::json;

use sockscope_companion::Running;
use support::client::{Client, server, server_with};
use support::raw::{Answer, get, post};

async fn listen(server: &Running, user: &str) -> Client {
    Client::connect(server, &format!("/ws/events?user={user}")).await
}

async fn publish(server: &Running, event: serde_json::Value) -> Answer {
    post(server, "/api/events", &event.to_string()).await
}

#[tokio::test]
async fn an_event_for_a_user_reaches_all_connections_of_that_user_only() {
    let server = server().await;
    let mut alice = listen(&server, "alice").await;
    let mut also_alice = listen(&server, "alice").await;
    let mut bob = listen(&server, "bob").await;
    let answer = publish(&server, json!({ "user": "alice", "type": "mail", "data": { "n": 1 } })).await;
    assert_eq!(answer.status, 202);
    let receipt = answer.json();
    assert_eq!(receipt["delivered"], 2);
    let event = json!({ "type": "mail", "id": receipt["id"], "user": "alice", "data": { "n": 1 }, "priority": "normal" });
    assert_eq!(alice.json().await, event);
    assert_eq!(also_alice.json().await, event);
    nothing_for_bob(&mut bob).await;
}

/// This route answers everything with the same error.
async fn nothing_for_bob(bob: &mut Client) {
    bob.send("?").await;
    assert_eq!(bob.json().await["code"], "receive_only");
}

#[tokio::test]
async fn an_event_without_a_user_reaches_everybody() {
    let server = server().await;
    let mut alice = listen(&server, "alice").await;
    let mut bob = listen(&server, "bob").await;
    let receipt = publish(&server, json!({ "type": "news", "priority": "urgent" })).await.json();
    assert_eq!(receipt["delivered"], 2);
    assert_eq!(alice.json().await["priority"], "urgent");
    assert_eq!(bob.json().await["data"], json!(null));
}

#[tokio::test]
async fn an_event_for_an_absent_user_is_accepted() {
    let server = server().await;
    let answer = publish(&server, json!({ "user": "absent", "type": "x" })).await;
    assert_eq!((answer.status, &answer.json()["delivered"]), (202, &json!(0)));
}

#[tokio::test]
async fn every_event_has_an_id_of_its_own() {
    let server = server().await;
    let first = publish(&server, json!({ "type": "x" })).await.json();
    let second = publish(&server, json!({ "type": "x" })).await.json();
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn what_is_not_an_event_is_refused_in_json() {
    let server = server().await;
    for body in ["", "{", "[]", "{}", r#"{"type":""}"#, r#"{"type":7}"#, r#"{"type":"x","priority":"most"}"#]
    {
        let answer = post(&server, "/api/events", body).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("bad_body")), "{body}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let server = server_with(|limits| limits.body = 100).await;
    let answer = publish(&server, json!({ "type": "x", "data": "y".repeat(100) })).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (413, &json!("too_large")));
}

#[tokio::test]
async fn events_are_published_and_not_read() {
    let server = server().await;
    let answer = get(&server, "/api/events").await;
    assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("POST")));
}

#[tokio::test]
async fn a_user_is_needed() {
    let server = server().await;
    assert_eq!(Client::refusal(&server, "/ws/events").await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_client_whose_handshake_is_answered_is_counted() {
    let server = server().await;
    let of_one = async |n: usize| {
        for turn in 0..60 {
            let user = format!("user-{n}-{turn}");
            let _client = listen(&server, &user).await;
            let receipt = publish(&server, json!({ "user": user, "type": "news" })).await.json();
            assert_eq!(receipt["delivered"], 1, "{user}");
        }
    };
    futures_util::future::join_all((0..16).map(of_one)).await;
}
