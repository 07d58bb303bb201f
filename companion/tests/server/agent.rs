//! `/ws/agent`.

use serde_json::{Value, json};

use support::client::{Client, Seen, server, server_with};
use support::raw::post;

/// Reads the events up to one of this type.
async fn until(client: &mut Client, kind: &str) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        events.push(client.event().await);
        if events.last().unwrap()["type"] == kind {
            return events;
        }
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

async fn connect(server: &sockscope_companion::Running, query: &str) -> Client {
    Client::connect(server, &format!("/ws/agent?pace=0&heartbeat=0&{query}")).await
}

async fn chat(client: &mut Client) -> Vec<Value> {
    client.send(r#"{"type":"chat","text":"hi"}"#).await;
    until(client, "agent_completed").await
}

#[tokio::test]
async fn a_chat_goes_through_its_stages_with_rising_numbers() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    alice.send(r#"{"type":"chat","text":"hi","id":"c1"}"#).await;
    let events = until(&mut alice, "agent_completed").await;
    let stages = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];
    assert_eq!(types(&events), stages);
    assert_eq!(numbers(&events), [1, 2, 3, 4, 5]);
    for event in &events {
        assert_eq!(
            (&event["run"], &event["user"], &event["id"]),
            (&json!("run-1"), &json!("alice"), &json!("c1"))
        );
    }
}

#[tokio::test]
async fn numbers_go_on_across_runs() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    chat(&mut alice).await;
    let events = chat(&mut alice).await;
    assert_eq!((numbers(&events), &events[0]["run"]), (vec![6, 7, 8, 9, 10], &json!("run-2")));
}

#[tokio::test]
async fn a_tool_that_fails_is_retried() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    alice.send(r#"{"type":"chat","fail_times":1}"#).await;
    let events = until(&mut alice, "agent_completed").await;
    let stages = [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "error",
        "agent_retrying",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    ];
    assert_eq!(types(&events), stages);
    assert_eq!((&events[3]["retryable"], &events[7]["attempts"]), (&json!(true), &json!(2)));
}

#[tokio::test]
async fn a_failure_is_an_error_with_its_priority() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    alice.send(r#"{"type":"fail","id":3}"#).await;
    let error = alice.event().await;
    assert_eq!(
        (&error["type"], &error["priority"], &error["seq"]),
        (&json!("error"), &json!("high"), &json!(1))
    );
    alice.send(r#"{"type":"fail","priority":"low","code":"mine"}"#).await;
    let error = alice.event().await;
    assert_eq!((&error["code"], &error["priority"]), (&json!("mine"), &json!("low")));
}

#[tokio::test]
async fn an_urgent_event_overtakes_waiting_ones_and_numbers_still_rise() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    // The pause after the first event is long enough for the failure to be there before the second.
    alice.send(r#"{"type":"chat","pace":300}"#).await;
    assert_eq!(alice.event().await["type"], "agent_started");
    alice.send(r#"{"type":"fail","priority":"urgent"}"#).await;
    let events = until(&mut alice, "agent_completed").await;
    assert_eq!(types(&events)[..2], ["error", "agent_thinking"]);
    assert_eq!(numbers(&events), [2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn users_never_see_each_other_s_events() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    let mut bob = connect(&server, "user=bob").await;
    bob.nothing_more().await;
    chat(&mut alice).await;
    bob.nothing_more().await;
    assert_eq!(numbers(&chat(&mut bob).await), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn all_connections_of_a_user_see_the_same_events() {
    let server = server().await;
    let mut first = connect(&server, "user=alice").await;
    let mut second = connect(&server, "user=alice").await;
    second.nothing_more().await;
    let events = chat(&mut first).await;
    assert_eq!(until(&mut second, "agent_completed").await, events);
}

#[tokio::test]
async fn one_connection_more_than_allowed_is_closed_with_4029() {
    let server = server().await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut client = connect(&server, "user=alice").await;
        client.nothing_more().await;
        kept.push(client);
    }
    let mut fourth = connect(&server, "user=alice").await;
    let reason = "too many connections: a user may have 3".to_owned();
    assert_eq!(fourth.end().await, Seen::Close(4029, reason));
    let mut other = connect(&server, "user=bob").await;
    other.nothing_more().await;
    for mut client in kept {
        client.nothing_more().await;
    }
}

#[tokio::test]
async fn a_connection_may_ask_for_a_lower_limit_and_not_for_a_higher_one() {
    let server = server_with(|limits| limits.user_connections = 2).await;
    let mut first = connect(&server, "user=alice").await;
    first.nothing_more().await;
    let mut second = connect(&server, "user=alice&max=1").await;
    assert!(matches!(second.end().await, Seen::Close(4029, _)));
    let mut second = connect(&server, "user=alice&max=9").await;
    second.nothing_more().await;
    let mut third = connect(&server, "user=alice&max=9").await;
    assert!(matches!(third.end().await, Seen::Close(4029, _)));
}

#[tokio::test]
async fn resume_replays_what_was_missed_without_gap_or_duplicate() {
    let server = server().await;
    let mut first = connect(&server, "user=alice").await;
    let mut second = connect(&server, "user=alice").await;
    second.nothing_more().await;
    let seen = chat(&mut first).await;
    first.close(1000, "").await;
    chat(&mut second).await;
    let mut back = connect(&server, "user=alice").await;
    back.send(r#"{"type":"resume","last_seq":5,"id":"r"}"#).await;
    let resumed = back.event().await;
    let expected = json!({
        "type": "resumed", "user": "alice", "from": 6, "to": 10, "missed": 5, "gap": false, "last_seq": 10, "id": "r",
    });
    assert_eq!(resumed, expected);
    let mut all = seen;
    all.extend(until(&mut back, "agent_completed").await);
    assert_eq!(numbers(&all), (1..=10).collect::<Vec<_>>());
    back.nothing_more().await;
}

#[tokio::test]
async fn resume_leaves_out_what_this_connection_has_got() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    chat(&mut alice).await;
    alice.send(r#"{"type":"resume","last_seq":2}"#).await;
    assert_eq!(alice.event().await["missed"], 0);
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_run_goes_on_while_its_user_is_away() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    alice.send(r#"{"type":"chat","pace":20}"#).await;
    assert_eq!(alice.event().await["seq"], 1);
    drop(alice);
    crate::api::no_connections_are_left(&server).await;
    // Missed ones come by replay and the rest as they happen: together each number once, in order.
    let mut back = connect(&server, "user=alice&last_seq=1").await;
    assert_eq!(back.event().await["type"], "resumed");
    assert_eq!(numbers(&until(&mut back, "agent_completed").await), [2, 3, 4, 5]);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap() {
    let server = server_with(|limits| limits.retained = 3).await;
    let mut alice = connect(&server, "user=alice").await;
    chat(&mut alice).await;
    alice.close(1000, "").await;
    let mut back = connect(&server, "user=alice&last_seq=1").await;
    let resumed = back.event().await;
    assert_eq!((&resumed["gap"], &resumed["from"], &resumed["to"]), (&json!(true), &json!(3), &json!(5)));
    assert_eq!(numbers(&until(&mut back, "agent_completed").await), [3, 4, 5]);
}

#[tokio::test]
async fn heartbeats_come_without_a_number() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/agent?user=alice&heartbeat=10").await;
    for _ in 0..3 {
        assert_eq!(alice.json().await, json!({ "type": "heartbeat", "user": "alice", "last_seq": 0 }));
    }
}

#[tokio::test]
async fn what_is_not_a_request_is_an_error_with_the_id() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    for (sent, code) in [
        (r#"{"type":"resume","id":1}"#, "missing_field"),
        (r#"{"type":"dance","id":1}"#, "unknown_type"),
        (r#"{"type":"chat","fail_times":11,"id":1}"#, "invalid_field"),
    ] {
        alice.send(sent).await;
        let error = alice.event().await;
        assert_eq!((&error["code"], &error["id"]), (&json!(code), &json!(1)), "{sent}");
    }
    alice.send("garbage").await;
    assert_eq!(alice.event().await["code"], "bad_message");
}

#[tokio::test]
async fn a_user_is_needed() {
    let server = server().await;
    assert_eq!(Client::refusal(&server, "/ws/agent").await.0, 400);
    assert_eq!(Client::refusal(&server, "/ws/agent?user=a&heartbeat=often").await.0, 400);
}

#[tokio::test]
async fn a_reset_lets_numbers_begin_again() {
    let server = server().await;
    let mut alice = connect(&server, "user=alice").await;
    chat(&mut alice).await;
    post(&server, "/api/reset", "").await;
    assert_eq!(numbers(&chat(&mut alice).await), [1, 2, 3, 4, 5]);
}
