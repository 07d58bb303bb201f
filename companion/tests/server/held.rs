//! What is held for all clients together, and for clients that have gone.

use std::time::{Duration, Instant};

use sockscope_companion::Running;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::api::no_connections_are_left;
use support::client::{Client, Seen, port, server_with, soon};
use support::raw::{Raw, frame, get};

const MIB: usize = 1 << 20;

/// Sends messages of 1 MiB until this many are out or the client takes no more; returns their number.
async fn pour(raw: &mut Raw, most: usize) -> usize {
    let message = frame(0x82, &vec![7; MIB]);
    for sent in 0..most {
        match timeout(Duration::from_secs(2), raw.stream.write_all(&message)).await {
            Ok(Ok(())) => {}
            _ => return sent,
        }
    }
    most
}

/// The close code and the reason of a connection, if it gets a close frame.
async fn close_of(raw: &mut Raw) -> Option<(u16, String)> {
    while let Some((first, body)) = soon("a frame", raw.frame()).await {
        if first == 0x88 {
            let code = u16::from_be_bytes([body[0], body[1]]);
            return Some((code, String::from_utf8(body[2..].to_vec()).expect("words")));
        }
    }
    None
}

fn proxied(server: &Running, query: &str) -> String {
    format!("/ws/proxy?to=ws%3A%2F%2F127.0.0.1%3A{}%2Fws%2Fecho&{query}", port(server))
}

#[tokio::test]
async fn beyond_what_is_held_for_all_a_client_is_closed_and_the_others_go_on() {
    for is_proxied in [false, true] {
        let server = server_with(|limits| limits.held = 8 * MIB).await;
        let path = match is_proxied {
            true => proxied(&server, "upstream.latency=60s"),
            false => "/ws/fault?latency=60s".to_owned(),
        };
        let mut small = Client::connect(&server, "/ws/fault?latency=50ms").await;
        let mut all = Vec::new();
        for _ in 0..3 {
            let mut raw = Raw::connect(&server, &path).await;
            pour(&mut raw, 3).await;
            all.push(raw);
        }
        // Of nine messages the server holds seven, and one more is under way.
        let (code, reason) = close_of(all.last_mut().expect("three")).await.expect("a close frame");
        assert_eq!(code, 1013, "{path}");
        assert!(reason.contains("holds as much"), "{reason}");
        small.send("unhurt").await;
        assert_eq!(small.text().await, "unhurt");
        assert!(matches!(small.close(1000, "").await, Seen::Close(1000, _)));
    }
}

#[tokio::test]
async fn a_message_of_which_the_end_does_not_come_counts_as_well() {
    let server = server_with(|limits| limits.held = 8 * MIB).await;
    let message = frame(0x82, &vec![7; 6 * MIB]);
    let mut first = Raw::connect(&server, "/ws/echo").await;
    first.stream.write_all(&message[..message.len() - 1]).await.expect("it is read");
    let mut second = Raw::connect(&server, "/ws/echo").await;
    let _ = timeout(Duration::from_secs(2), second.stream.write_all(&message[..message.len() - 1])).await;
    let mut closed = Vec::new();
    for raw in [&mut first, &mut second] {
        if let Ok(Some((code, _))) = timeout(Duration::from_secs(3), close_of(raw)).await {
            closed.push(code);
        }
    }
    assert_eq!(closed, [1013], "there is room for one of them");
}

#[tokio::test]
async fn a_client_that_has_gone_is_noticed_though_nothing_is_read_from_it() {
    let server = server_with(|limits| limits.held = 256 * MIB).await;
    let paths = [
        "/ws/fault?latency=60s".to_owned(),
        "/ws/fault?latency=60s&close_after=5".to_owned(),
        proxied(&server, "upstream.latency=60s"),
    ];
    for path in paths {
        let mut raw = Raw::connect(&server, &path).await;
        let sent = pour(&mut raw, 64).await;
        assert!(sent < 64, "{path}: it is held up at some point, after {sent}");
        drop(raw);
        let left = Instant::now();
        soon("the client to be missed", no_connections_are_left(&server)).await;
        assert!(left.elapsed() < Duration::from_secs(5), "{path}: {:?}", left.elapsed());
    }
}

#[tokio::test]
async fn a_client_that_is_held_up_and_stays_gets_everything() {
    let server = server_with(|limits| limits.held = 256 * MIB).await;
    // Some eight seconds for all of it, during which the client is asked several times whether it is there.
    for path in ["/ws/fault?latency=4s".to_owned(), proxied(&server, "upstream.latency=4s")] {
        let mut client = Client::connect(&server, &path).await;
        let message = tokio_tungstenite::tungstenite::Message::binary(vec![7; 4 * MIB]);
        for _ in 0..9 {
            client.feed(message.clone()).await;
        }
        let mut got = 0;
        while got < 9 {
            let back = client.message().await;
            // A ping is not a message.
            if back.is_binary() {
                assert_eq!(back.len(), 4 * MIB);
                got += 1;
            }
        }
        assert!(matches!(client.close(1000, "").await, Seen::Close(1000, _)));
    }
}

#[tokio::test]
async fn what_was_held_is_given_back() {
    let server = server_with(|limits| limits.held = 8 * MIB).await;
    for _ in 0..4 {
        let mut client = Client::connect(&server, "/ws/echo").await;
        client.send_message(tokio_tungstenite::tungstenite::Message::binary(vec![7; 6 * MIB])).await;
        assert_eq!(client.message().await.len(), 6 * MIB);
        client.close(1000, "").await;
    }
    assert_eq!(get(&server, "/api/stats").await.json()["held_bytes"], 0);
}
