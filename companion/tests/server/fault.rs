//! `/ws/fault`.

use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Message;

use sockscope_companion::Running;
use support::client::{Client, Seen, eventually, server};
use support::raw::{Raw, get};

/// Sends the numbers 0 to `count` and a last message, and reads all that comes back until the server closes.
async fn pass(server: &Running, query: &str, count: usize) -> Vec<String> {
    let mut client = Client::connect(server, &format!("/ws/fault?{query}&close_after={count}")).await;
    for number in 0..count {
        client.feed(Message::text(number.to_string())).await;
    }
    client.flush().await;
    client.texts_until_closed().await
}

fn all(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn without_faults_it_is_an_echo() {
    let server = server().await;
    assert_eq!(pass(&server, "", 100).await, all(100));
}

#[tokio::test]
async fn drop_loses_every_message_or_some() {
    let server = server().await;
    assert_eq!(pass(&server, "drop=1", 50).await, Vec::<String>::new());
    let got = pass(&server, "drop=0.5", 200).await;
    assert!((50..150).contains(&got.len()), "{} of 200", got.len());
}

#[tokio::test]
async fn duplicate_sends_every_message_twice() {
    let server = server().await;
    assert_eq!(pass(&server, "duplicate=1", 3).await, ["0", "0", "1", "1", "2", "2"]);
}

#[tokio::test]
async fn reorder_swaps_neighbours() {
    let server = server().await;
    assert_eq!(pass(&server, "reorder=1", 6).await, ["1", "0", "3", "2", "5", "4"]);
}

#[tokio::test]
async fn a_message_that_no_other_one_overtakes_still_comes() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?reorder=1").await;
    client.send("alone").await;
    assert_eq!(client.text().await, "alone");
}

#[tokio::test]
async fn corrupt_changes_one_byte_and_text_stays_text() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?corrupt=1").await;
    for sent in ["hello", "é", "\u{10ffff}"] {
        client.send(sent).await;
        let got = client.text().await;
        assert_eq!(
            got.bytes().zip(sent.bytes()).filter(|(a, b)| a != b).count(),
            1,
            "{sent:?} became {got:?}"
        );
        assert_eq!(got.len(), sent.len());
    }
    client.send_message(Message::binary(vec![0; 100])).await;
    assert_eq!(client.message().await.into_data().iter().filter(|byte| **byte != 0).count(), 1);
}

#[tokio::test]
async fn latency_delays_every_message() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?latency=50ms").await;
    for _ in 0..3 {
        let sent = Instant::now();
        client.send("late").await;
        client.text().await;
        assert!(sent.elapsed() >= Duration::from_millis(50), "{:?}", sent.elapsed());
    }
}

#[tokio::test]
async fn messages_under_way_together_share_the_latency() {
    let server = server().await;
    let begun = Instant::now();
    assert_eq!(pass(&server, "latency=100ms", 50).await, all(50));
    let took = begun.elapsed();
    // One after the other they would take five seconds.
    assert!((Duration::from_millis(100)..Duration::from_secs(4)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn jitter_does_not_reorder() {
    let server = server().await;
    assert_eq!(pass(&server, "jitter=20ms", 100).await, all(100));
}

#[tokio::test]
async fn throttle_limits_the_bytes_a_second() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?throttle=10000").await;
    let sent = Instant::now();
    for _ in 0..4 {
        client.send_message(Message::binary(vec![0; 500])).await;
    }
    for _ in 0..4 {
        client.message().await;
    }
    assert!(sent.elapsed() >= Duration::from_millis(200), "{:?}", sent.elapsed());
}

#[tokio::test]
async fn a_silent_server_answers_neither_messages_nor_pings_nor_a_close() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/fault?silent=true").await;
    raw.send(0x81, b"hello").await;
    raw.send(0x89, b"ping").await;
    raw.send(0x88, &1000u16.to_be_bytes()).await;
    // It does read, though: that it takes these bytes is the only sign of life to wait for.
    for _ in 0..64 {
        raw.send(0x82, &[0; 65536]).await;
    }
    let mut byte = [0];
    assert_eq!(raw.stream.try_read(&mut byte).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(get(&server, "/api/stats").await.json()["connections"]["routes"]["/ws/fault"], 1);
    drop(raw);
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn a_server_silent_about_data_answers_pings_and_a_close() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/fault?silent=data").await;
    raw.send(0x81, b"hello").await;
    raw.send(0x89, b"ping").await;
    assert_eq!(raw.frame().await, Some((0x8a, b"ping".to_vec())));
    raw.send(0x88, &1000u16.to_be_bytes()).await;
    assert_eq!(raw.closed().await.0, 1000);
}

#[tokio::test]
async fn close_after_sends_the_code_and_the_reason() {
    let server = server().await;
    let mut client =
        Client::connect(&server, "/ws/fault?close_after=2&close_code=4321&close_reason=enough%20now").await;
    client.send("1").await;
    client.send("2").await;
    assert_eq!(client.text().await, "1");
    assert_eq!(client.text().await, "2");
    assert_eq!(client.end().await, Seen::Close(4321, "enough now".to_owned()));
}

#[tokio::test]
async fn close_after_nothing_closes_at_once() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?close_after=0&close_code=1013").await;
    assert_eq!(client.end().await, Seen::Close(1013, String::new()));
}

#[tokio::test]
async fn codes_that_no_library_would_send_are_sent() {
    let server = server().await;
    for code in [0, 999, 1005, 1006, 1015, 2999, 5000, 65535] {
        let mut raw =
            Raw::connect(&server, &format!("/ws/fault?close_after=0&close_code={code}&close_reason=x")).await;
        assert_eq!(raw.closed().await, (code, "x".to_owned()));
    }
}

#[tokio::test]
async fn a_close_frame_without_a_body_is_sent() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?close_after=0&close_code=none").await;
    assert_eq!(client.end().await, Seen::EmptyClose);
}

#[tokio::test]
async fn abort_is_a_tcp_reset_without_a_close_frame() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/fault?abort_after=1").await;
    raw.send(0x81, b"x").await;
    assert_eq!(raw.frame().await, Some((0x81, b"x".to_vec())));
    assert_eq!(raw.ended().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn abort_is_seen_by_a_client_as_a_dropped_connection() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?abort_after=0").await;
    assert_eq!(client.end().await, Seen::Dropped);
}

#[tokio::test]
async fn refuse_answers_the_handshake_with_the_status() {
    let server = server().await;
    for status in [401, 403, 404, 429, 503] {
        assert_eq!(Client::refusal(&server, &format!("/ws/fault?refuse={status}")).await.0, status);
    }
}

#[tokio::test]
async fn an_unknown_or_bad_parameter_is_refused_by_name() {
    let server = server().await;
    let (status, words) = Client::refusal(&server, "/ws/fault?latncy=5").await;
    assert_eq!(status, 400);
    assert!(words.contains("latncy") && words.contains("latency, jitter"), "{words}");
    let (status, words) = Client::refusal(&server, "/ws/fault?drop=often").await;
    assert_eq!(status, 400);
    assert!(words.contains("drop=\"often\" is not a probability"), "{words}");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_faults() {
    let server = server().await;
    let query = |seed| format!("drop=0.3&duplicate=0.3&corrupt=0.2&seed={seed}");
    let first = pass(&server, &query(7), 100).await;
    assert_eq!(pass(&server, &query(7), 100).await, first);
    assert_ne!(pass(&server, &query(8), 100).await, first);
}

#[tokio::test]
async fn a_client_that_leaves_with_messages_under_way_leaves_nothing_behind() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/fault?latency=30s").await;
    client.send("never").await;
    drop(client);
    eventually("the connection to be gone", async || {
        let stats = get(&server, "/api/stats").await.json();
        (stats["connections"]["total"] == 0).then_some(())
    })
    .await;
}
