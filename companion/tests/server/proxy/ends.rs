//! Toxics that end connections, or do not let them end.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use support::client::{Client, Seen, eventually, server, soon};
use support::proxied::{Target, to_own, unmasked};
use support::raw::{Raw, frame, get, http, post};

#[tokio::test]
async fn reset_peer_is_a_tcp_reset_of_the_side_that_the_stream_leads_to() {
    let (server, target) = (server().await, Target::listen().await);
    for (query, page_is_reset, target_is_reset) in [
        ("reset_peer=0", true, false),
        ("upstream.reset_peer=0", false, true),
        ("both.reset_peer=0", true, true),
    ] {
        let (mut page, mut side) = target.connect(&server, query).await;
        let (page, side) = tokio::join!(page.ended(), side.ended());
        for (end, is_reset) in [(page, page_is_reset), (side, target_is_reset)] {
            match end {
                Ok(0) => assert!(!is_reset, "{query}"),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => assert!(is_reset, "{query}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn reset_peer_waits_for_its_time_and_its_messages() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "reset_peer=60ms&after=1").await;
    side.stream.write_all(&unmasked(0x81, b"first")).await.unwrap();
    let begun = Instant::now();
    assert_eq!(page.frame().await, Some((0x81, b"first".to_vec())));
    assert_eq!(page.ended().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(begun.elapsed() >= Duration::from_millis(40), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_close_is_sent_with_its_code_and_the_target_gets_the_page_s_answer() {
    let (server, target) = (server().await, Target::listen().await);
    for code in [1000u16, 1012, 4000, 999] {
        let query = format!("close_code={code}&close_reason=enough%20now&after=1");
        let (mut page, mut side) = target.connect(&server, &query).await;
        side.stream.write_all(&unmasked(0x81, b"first")).await.unwrap();
        assert_eq!(page.frame().await, Some((0x81, b"first".to_vec())));
        assert_eq!(page.closed().await, (code, "enough now".to_owned()));
        // What the target sends after that does not come.
        side.stream.write_all(&unmasked(0x81, b"too late")).await.unwrap();
        let answer = frame(0x88, &code.to_be_bytes());
        page.stream.write_all(&answer).await.unwrap();
        side.expect(&answer).await;
        drop(side);
        assert_eq!(page.frame().await, None, "{code}");
    }
}

#[tokio::test]
async fn a_close_upstream_is_one_of_the_page_s_and_the_page_gets_the_target_s_answer() {
    let server = server().await;
    let path = to_own(&server, "/ws/echo", "close_code=4001&close_reason=bye&direction=upstream");
    let mut client = Client::connect(&server, &path).await;
    assert_eq!(client.end().await, Seen::Close(4001, "bye".to_owned()));
    drop(client);
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn a_close_waits_for_the_end_of_the_frame_that_is_under_way() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "key=me").await;
    let message = unmasked(0x82, &[1; 1000]);
    side.stream.write_all(&message[..500]).await.unwrap();
    let mut half = [0; 500];
    soon("half of it", page.stream.read_exact(&mut half)).await.unwrap();
    let toxic = r#"{"type":"close","attributes":{"code":4002},"key":"me"}"#;
    assert_eq!(post(&server, "/api/proxy/toxics", toxic).await.status, 201);
    side.stream.write_all(&message[500..]).await.unwrap();
    let mut rest = vec![0; message.len() - 500];
    soon("the rest", page.stream.read_exact(&mut rest)).await.unwrap();
    assert_eq!([&half[..], &rest].concat(), message);
    assert_eq!(page.closed().await, (4002, String::new()));
}

#[tokio::test]
async fn slow_close_passes_the_end_on_late() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, side) = target.connect(&server, "slow_close=100ms").await;
    let begun = Instant::now();
    drop(side);
    assert_eq!(page.ended().await.unwrap(), 0);
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn half_open_downstream_the_target_is_gone_and_the_page_hears_nothing() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "half_open=true&after=1").await;
    side.stream.write_all(&unmasked(0x81, b"first")).await.unwrap();
    assert_eq!(page.frame().await, Some((0x81, b"first".to_vec())));
    assert_eq!(side.ended().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    // It may still send, ping and close, and hears nothing.
    for first in [0x81, 0x89, 0x88] {
        page.send(first, b"\x03\xe8").await;
    }
    let mut byte = [0];
    let read = tokio::time::timeout(Duration::from_millis(50), page.stream.read(&mut byte)).await;
    assert!(read.is_err(), "{read:?}");
    let state = get(&server, "/api/proxy").await.json()["connections"][0]["state"].clone();
    assert_eq!(state, "half_open");
    drop(page);
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn half_open_upstream_the_page_is_gone_and_the_target_hears_nothing() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "half_open=150ms&direction=upstream").await;
    assert_eq!(page.ended().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let begun = Instant::now();
    side.stream.write_all(&unmasked(0x81, b"anyone in here?")).await.unwrap();
    // Until the time is over.
    assert_eq!(side.ended().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn a_half_open_connection_ends_when_its_toxic_is_taken_away_or_the_server_is_reset() {
    let (server, target) = (server().await, Target::listen().await);
    let toxic = r#"{"name":"dark","type":"half_open"}"#;
    for (method, path, body) in
        [("DELETE", "/api/proxy/toxics/dark", ""), ("POST", "/api/reset", "{\"close\":true}")]
    {
        let (mut page, _side) = target.connect(&server, "").await;
        post(&server, "/api/proxy/toxics", toxic).await;
        eventually("it to be half open", async || {
            let all = get(&server, "/api/proxy").await.json();
            (all["connections"][0]["state"] == "half_open").then_some(())
        })
        .await;
        assert_eq!(http(&server, method, path, &[], body).await.status, 200);
        assert_eq!(page.ended().await.unwrap_err().kind(), ErrorKind::ConnectionReset, "{method}");
    }
}

#[tokio::test]
async fn refuse_answers_the_handshake_with_the_status() {
    let server = server().await;
    for status in [401, 403, 429, 503] {
        let query = format!("refuse={status}");
        assert_eq!(Client::refusal(&server, &to_own(&server, "/ws/echo", &query)).await.0, status);
    }
    // The target is not even asked.
    let path = format!("/ws/proxy?to=ws://127.0.0.1:1&{}", "refuse=418");
    assert_eq!(Client::refusal(&server, &path).await.0, 418);
}

#[tokio::test]
async fn a_server_reset_closes_proxied_connections_too() {
    let server = server().await;
    let mut raw = Raw::connect(&server, &to_own(&server, "/ws/echo", "")).await;
    post(&server, "/api/reset", r#"{"close":true}"#).await;
    let (code, reason) = raw.closed().await;
    assert_eq!((code, reason.as_str()), (1012, "the server was reset"));
    raw.send(0x88, &1012u16.to_be_bytes()).await;
    raw.ended().await.unwrap();
    drop(raw);
    crate::api::no_connections_are_left(&server).await;
}
