//! What the relay tells of frames, and that it changes none.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Follower, id, path};
use support::client::{server, soon};
use support::proxied::{Side, Target};
use support::raw::{Raw, frame, read_frame};

/// A page and a target without a library, connected by the relay and followed.
async fn connected(server: &sockscope_companion::Running, target: &Target) -> (Raw, Side, Follower) {
    let id = id(server, &json!({ "url": format!("ws://127.0.0.1:{}", target.port) })).await;
    let follower = Follower::of(server, &id).await;
    let local = path(&id);
    let accepted = async {
        let mut side = target.accept().await;
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\
            Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
        side.answer("101 Switching Protocols", fields).await;
        side
    };
    let ((page, answer), side) = tokio::join!(Raw::handshake(server, &local, ""), accepted);
    assert_eq!(answer.status, 101);
    (page, side, follower)
}

/// Reads exactly these bytes.
async fn comes(stream: &mut (impl tokio::io::AsyncRead + Unpin), expected: &[u8]) {
    let mut read = vec![0; expected.len()];
    soon("the bytes", stream.read_exact(&mut read)).await.unwrap();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn the_server_s_pings_fragments_and_raw_close_are_told_and_pass_unchanged() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side, mut follower) = connected(&server, &target).await;
    let answered = follower.fact("answered").await;
    let extensions = json!(["sec-websocket-extensions", "permessage-deflate; server_no_context_takeover"]);
    assert!(answered["headers"].as_array().unwrap().contains(&extensions), "{answered}");

    let ping = [0x89, 4, b'b', b'e', b'a', b't'];
    let parts = [&[0x01, 2, b'a', b'b'][..], &ping, &[0x00, 1, b'c'], &[0x80, 1, b'd']].concat();
    side.stream.write_all(&parts).await.unwrap();
    comes(&mut page.stream, &parts).await;
    let told = follower.fact("ping").await;
    assert_eq!((&told["from"], &told["payload"]), (&json!("server"), &json!("beat")));
    let told = follower.fact("fragments").await;
    assert_eq!(
        (&told["from"], &told["message"], &told["frames"], &told["bytes"]),
        (&json!("server"), &json!(1), &json!(3), &json!(4))
    );

    let pong = frame(0x8a, b"beat");
    page.stream.write_all(&pong).await.unwrap();
    comes(&mut side.stream, &pong).await;
    let told = follower.fact("pong").await;
    assert_eq!((&told["from"], &told["to"]), (&json!("page"), &json!("server")));
    assert!(told["rtt_ms"].as_f64().unwrap() > 0.0, "{told}");

    // A code that no browser shows as it is, with a reason that is not text.
    let close = [0x88, 4, 0x03, 0xe7, 0xff, 0xfe];
    side.stream.write_all(&close).await.unwrap();
    comes(&mut page.stream, &close).await;
    let told = follower.fact("close").await;
    assert_eq!(
        (&told["from"], &told["code"], &told["reason"]),
        (&json!("server"), &json!(999), &json!("0xfffe"))
    );
    drop((page, side));
    assert!(follower.fact("ended").await["delay"]["in"]["p50_ms"].is_number());
}

#[tokio::test]
async fn a_ping_of_the_relay_is_measured_and_the_page_gets_no_byte_of_it() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side, mut follower) = connected(&server, &target).await;
    // Half of a frame is on its way: a ping within it would be part of the message.
    let message = frame(0x82, &[9; 1000]);
    page.stream.write_all(&message[..500]).await.unwrap();
    comes(&mut side.stream, &message[..500]).await;
    follower.ping().await;
    page.stream.write_all(&message[500..]).await.unwrap();
    comes(&mut side.stream, &message[500..]).await;

    let mut head = [0; 2];
    soon("the ping", side.stream.read_exact(&mut head)).await.unwrap();
    assert_eq!((head[0], head[1] & 0x80), (0x89, 0x80), "a masked ping");
    let mut rest = vec![0; 4 + usize::from(head[1] & 0x7f)];
    side.stream.read_exact(&mut rest).await.unwrap();
    let payload: Vec<u8> =
        rest[4..].iter().zip(rest[..4].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let pong = [&[0x8a, payload.len() as u8][..], &payload, &[0x81, 2, b'h', b'i']].concat();
    side.stream.write_all(&pong).await.unwrap();
    assert_eq!(read_frame(&mut page.stream).await, Some((0x81, b"hi".to_vec())), "and not the pong");
    let told = follower.fact("pong").await;
    assert_eq!((&told["from"], &told["to"]), (&json!("server"), &json!("relay")));
    assert!(told["rtt_ms"].as_f64().unwrap() > 0.0, "{told}");
    let told = follower.fact("delay").await;
    assert!(told["out"]["count"].as_u64().unwrap() >= 1, "{told}");
}

#[tokio::test]
async fn a_connection_that_the_target_resets_is_reset_for_the_page() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, side, mut follower) = connected(&server, &target).await;
    socket2::SockRef::from(&side.stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(side);
    assert!(page.ended().await.is_err(), "a reset");
    let told = follower.fact("ended").await;
    assert_eq!((&told["how"], &told["first"]), (&json!("broken"), &json!("server")));
}

#[tokio::test]
async fn what_was_told_before_is_told_to_a_page_that_asks_later() {
    let (server, target) = (server().await, Target::listen().await);
    let (page, side, follower) = connected(&server, &target).await;
    drop((page, side));
    let mut late = Follower::of(&server, &follower.id).await;
    assert_eq!(late.fact("answered").await["status"], 101);
    late.fact("ended").await;
}

#[tokio::test]
async fn a_server_that_stops_ends_relayed_connections() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, _side, _follower) = connected(&server, &target).await;
    let stopped = server.shutdown();
    let closed = async { page.closed().await };
    let (_, (code, _)) = tokio::join!(stopped, closed);
    assert_eq!(code, 1001);
}
