//! What is bounded.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::api::no_connections_are_left;
use support::client::{Client, Seen, eventually, port, server, server_with, soon};
use support::raw::{Raw, frame, get, post};

#[tokio::test]
async fn one_connection_more_than_the_limit_is_refused_before_the_upgrade() {
    let server = server_with(|limits| limits.connections = 2).await;
    let first = Client::connect(&server, "/ws/echo").await;
    let _second = Client::connect(&server, "/ws").await;
    let (status, words) = Client::refusal(&server, "/ws/echo").await;
    assert_eq!(status, 503);
    assert!(words.contains("limit 2"), "{words}");
    first.close(1000, "").await;
    eventually("a place to be free", async || {
        (get(&server, "/api/stats").await.json()["connections"]["total"] == 1).then_some(())
    })
    .await;
    Client::connect(&server, "/ws/echo").await;
}

#[tokio::test]
async fn a_listener_that_does_not_read_is_closed_and_the_others_get_everything() {
    let server = server_with(|limits| limits.queue = 256 * 1024).await;
    let mut reader = Client::connect(&server, "/ws/events?user=reader").await;
    reader.send("?").await;
    reader.text().await;
    let mut sleeper = Raw::connect(&server, "/ws/events?user=sleeper").await;
    sleeper.send(0x81, b"?").await;
    sleeper.frame().await;

    let event = json!({ "type": "bulk", "data": "x".repeat(60_000) }).to_string();
    let mut sent = 0;
    // Past the buffers of TCP, which grow to several megabytes on loopback, the server's own bound shows.
    loop {
        let receipt = post(&server, "/api/events", &event).await.json();
        sent += 1;
        reader.text().await;
        if receipt["delivered"] == 1 {
            break;
        }
        assert!(sent < 2000, "the sleeper is never let go");
    }
    // Once it reads, it finds what was queued and then the reason.
    let (mut code, mut reason) = (0, String::new());
    while let Some((first, body)) = sleeper.frame().await {
        if first == 0x88 {
            code = u16::from_be_bytes([body[0], body[1]]);
            reason = String::from_utf8(body[2..].to_vec()).unwrap();
        }
    }
    assert_eq!(code, 1013);
    assert!(reason.contains("too slowly"), "{reason}");
}

#[tokio::test]
async fn a_listener_that_never_reads_is_gone_in_bounded_time() {
    let server = server_with(|limits| limits.queue = 64 * 1024).await;
    let mut sleeper = Raw::connect(&server, "/ws/events?user=sleeper").await;
    sleeper.send(0x81, b"?").await;
    sleeper.frame().await;
    let event = json!({ "type": "bulk", "data": "x".repeat(60_000) }).to_string();
    while post(&server, "/api/events", &event).await.json()["delivered"] == 1 {}
    no_connections_are_left(&server).await;
}

#[tokio::test]
async fn a_client_that_sends_and_never_reads_is_stopped_and_not_kept_in_memory() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    let message = frame(0x82, &[0; 65536]);
    let mut sent = 0usize;
    // An echo that read on would take all of it.
    while sent < 256 << 20 {
        match tokio::time::timeout(Duration::from_secs(1), raw.stream.write_all(&message)).await {
            Ok(written) => written.unwrap(),
            Err(_) => break,
        }
        sent += message.len();
    }
    assert!(sent < 64 << 20, "the server took {sent} bytes");
    let others = async {
        let mut other = Client::connect(&server, "/ws/echo").await;
        other.send("unhurt").await;
        other.text().await
    };
    assert_eq!(soon("another connection", Box::pin(others)).await, "unhurt");
}

#[tokio::test]
async fn a_flood_of_pings_without_reading_is_stopped() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    let pings = frame(0x89, &[0; 125]).repeat(1000);
    let mut sent = 0usize;
    while sent < 256 << 20 {
        match tokio::time::timeout(Duration::from_secs(1), raw.stream.write_all(&pings)).await {
            Ok(written) => written.unwrap(),
            Err(_) => break,
        }
        sent += pings.len();
    }
    assert!(sent < 64 << 20, "the server took {sent} bytes");
}

#[tokio::test]
async fn a_limit_of_users_makes_room_by_forgetting_those_away() {
    let server = server_with(|limits| limits.users = 1).await;
    let mut alice = Client::connect(&server, "/ws/agent?user=alice&heartbeat=0").await;
    alice.nothing_more().await;
    let mut bob = Client::connect(&server, "/ws/agent?user=bob&heartbeat=0").await;
    assert!(matches!(bob.end().await, Seen::Close(1013, _)));
    alice.close(1000, "").await;
    no_connections_are_left(&server).await;
    let mut bob = Client::connect(&server, "/ws/agent?user=bob&heartbeat=0").await;
    bob.nothing_more().await;
}

#[tokio::test]
async fn a_client_that_never_reads_its_answers_loses_its_place() {
    let server = server().await;
    let mut sleeper = tokio::net::TcpStream::connect(("127.0.0.1", port(&server))).await.unwrap();
    let request = "GET /api/stats HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(64);
    // Answers fill the buffers of both sides, then the server reads no further request, then it has had enough.
    let ended = tokio::time::timeout(Duration::from_secs(60), async {
        while sleeper.write_all(request.as_bytes()).await.is_ok() {}
    });
    ended.await.expect("the server ends the connection");
}
