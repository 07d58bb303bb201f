//! `/ws/rooms`.

use serde_json::json;

use support::client::{Client, server, server_with};
use support::raw::post;

async fn join(client: &mut Client, room: &str) {
    client.send(&json!({ "type": "join", "room": room }).to_string()).await;
    assert_eq!(client.json().await["type"], "joined");
}

#[tokio::test]
async fn everybody_in_the_room_sees_who_joins() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    let mut bob = Client::connect(&server, "/ws/rooms?user=bob").await;
    join(&mut alice, "r").await;
    bob.send(r#"{"type":"join","room":"r","id":5}"#).await;
    let joined = json!({ "type": "joined", "room": "r", "user": "bob", "members": 2 });
    assert_eq!(alice.json().await, joined);
    let mut own = joined;
    own["id"] = json!(5);
    assert_eq!(bob.json().await, own);
}

#[tokio::test]
async fn what_is_said_reaches_the_members_of_that_room_only_the_speaker_included() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    let mut bob = Client::connect(&server, "/ws/rooms?user=bob").await;
    let mut eve = Client::connect(&server, "/ws/rooms?user=eve").await;
    join(&mut alice, "r").await;
    join(&mut bob, "r").await;
    alice.json().await;
    join(&mut eve, "elsewhere").await;
    alice.send(r#"{"type":"say","room":"r","text":"hi"}"#).await;
    let said = json!({ "type": "said", "room": "r", "from": "alice", "text": "hi" });
    assert_eq!(alice.json().await, said);
    assert_eq!(bob.json().await, said);
    eve.nothing_more().await;
}

#[tokio::test]
async fn leaving_is_seen_by_the_leaver_and_the_others() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    let mut bob = Client::connect(&server, "/ws/rooms?user=bob").await;
    join(&mut alice, "r").await;
    join(&mut bob, "r").await;
    alice.json().await;
    bob.send(r#"{"type":"leave","room":"r"}"#).await;
    let left = json!({ "type": "left", "room": "r", "user": "bob", "members": 1, "reason": "left" });
    assert_eq!(alice.json().await, left);
    assert_eq!(bob.json().await, left);
    alice.send(r#"{"type":"say","room":"r","text":"alone"}"#).await;
    alice.json().await;
    bob.nothing_more().await;
}

#[tokio::test]
async fn a_member_that_disconnects_has_left() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    let mut bob = Client::connect(&server, "/ws/rooms?user=bob").await;
    join(&mut alice, "r").await;
    join(&mut bob, "r").await;
    alice.json().await;
    drop(bob);
    let left = alice.json().await;
    assert_eq!(
        (&left["type"], &left["user"], &left["reason"]),
        (&json!("left"), &json!("bob"), &json!("disconnected"))
    );
}

#[tokio::test]
async fn speaking_in_a_room_one_has_not_joined_is_an_error() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    alice.send(r#"{"type":"say","room":"r","text":"hi","id":"x"}"#).await;
    let error = alice.json().await;
    assert_eq!(
        (&error["type"], &error["code"], &error["id"]),
        (&json!("error"), &json!("not_joined"), &json!("x"))
    );
}

#[tokio::test]
async fn what_is_not_a_request_is_answered_with_an_error_and_the_connection_stays() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    for (sent, code) in [
        ("garbage", "bad_message"),
        ("{}", "bad_message"),
        (r#"{"type":"shout"}"#, "unknown_type"),
        (r#"{"type":"join"}"#, "missing_field"),
        (r#"{"type":"join","room":""}"#, "missing_field"),
    ] {
        alice.send(sent).await;
        assert_eq!(alice.json().await["code"], code, "{sent}");
    }
    join(&mut alice, "r").await;
    alice.send(r#"{"type":"say","room":"r"}"#).await;
    assert_eq!(alice.json().await["code"], "missing_field");
}

#[tokio::test]
async fn no_user_is_refused() {
    let server = server().await;
    for path in ["/ws/rooms", "/ws/rooms?user="] {
        let (status, words) = Client::refusal(&server, path).await;
        assert_eq!(status, 400);
        assert!(words.contains("user"), "{words}");
    }
}

#[tokio::test]
async fn one_room_more_than_the_limit_is_an_error() {
    let server = server_with(|limits| limits.rooms = 1).await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    join(&mut alice, "first").await;
    alice.send(r#"{"type":"join","room":"second"}"#).await;
    assert_eq!(alice.json().await["code"], "too_many_rooms");
}

#[tokio::test]
async fn one_member_more_than_the_limit_is_an_error() {
    let server = server_with(|limits| limits.members = 1).await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    let mut bob = Client::connect(&server, "/ws/rooms?user=bob").await;
    join(&mut alice, "r").await;
    bob.send(r#"{"type":"join","room":"r"}"#).await;
    assert_eq!(bob.json().await["code"], "room_full");
}

#[tokio::test]
async fn a_reset_empties_the_rooms_and_keeps_the_connections() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/rooms?user=alice").await;
    join(&mut alice, "r").await;
    assert_eq!(post(&server, "/api/reset", "").await.status, 200);
    alice.send(r#"{"type":"say","room":"r","text":"?"}"#).await;
    assert_eq!(alice.json().await["code"], "not_joined");
}
