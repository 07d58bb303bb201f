//! How connections end.

use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use support::client::{Client, Seen, server, server_with};
use support::raw::{Raw, frame};

#[tokio::test]
async fn our_close_code_and_reason_come_back() {
    let server = server().await;
    for code in [1000, 3000, 4999] {
        let client = Client::connect(&server, "/ws/echo").await;
        let reason = "ü".repeat(61);
        assert_eq!(client.close(code, &reason).await, Seen::Close(code, reason));
    }
}

#[tokio::test]
async fn a_close_without_a_code_is_answered_likewise() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    raw.send(0x88, b"").await;
    assert_eq!(raw.frame().await, Some((0x88, vec![])));
    assert_eq!(raw.ended().await.unwrap(), 0);
}

#[tokio::test]
async fn a_message_before_a_close_still_comes_back() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    let both = [frame(0x81, b"last"), frame(0x88, &1000u16.to_be_bytes())].concat();
    raw.stream.write_all(&both).await.unwrap();
    assert_eq!(raw.frame().await, Some((0x81, b"last".to_vec())));
    assert_eq!(raw.closed().await, (1000, String::new()));
}

#[tokio::test]
async fn nothing_is_answered_after_a_close() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    let both = [frame(0x88, &1000u16.to_be_bytes()), frame(0x81, b"too late")].concat();
    raw.stream.write_all(&both).await.unwrap();
    assert_eq!(raw.closed().await, (1000, String::new()));
    assert_eq!(raw.frame().await, None);
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_closed_with_1007() {
    let server = server().await;
    for text in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"] {
        let mut raw = Raw::connect(&server, "/ws/echo").await;
        raw.send(0x81, text).await;
        assert_eq!(raw.closed().await, (1007, "text is not valid UTF-8".to_owned()), "{text:x?}");
    }
}

#[tokio::test]
async fn a_close_reason_that_is_not_utf_8_is_closed_with_1007() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    raw.send(0x88, b"\x03\xe8\xff").await;
    assert_eq!(raw.closed().await.0, 1007);
}

#[tokio::test]
async fn what_breaks_the_protocol_is_closed_with_1002() {
    let server = server().await;
    for (what, bytes) in [
        ("reserved bits", frame(0xc1, b"x")),
        ("an unknown opcode", frame(0x83, b"x")),
        ("a frame without a mask", vec![0x81, 1, b'x']),
        ("a split ping", frame(0x09, b"")),
        ("a long ping", frame(0x89, &[0; 126])),
        ("a continuation of nothing", frame(0x80, b"x")),
        ("a message in a message", [frame(0x01, b"x"), frame(0x81, b"y")].concat()),
        ("half a close code", frame(0x88, b"\x03")),
        ("close code 1005", frame(0x88, &1005u16.to_be_bytes())),
        ("close code 999", frame(0x88, &999u16.to_be_bytes())),
    ] {
        let mut raw = Raw::connect(&server, "/ws/echo").await;
        raw.stream.write_all(&bytes).await.unwrap();
        assert_eq!(raw.closed().await.0, 1002, "{what}");
        assert_eq!(raw.ended().await.unwrap(), 0, "{what}");
    }
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_comes_back() {
    let server = server_with(|limits| limits.message = 1000).await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    client.send(&"x".repeat(1000)).await;
    assert_eq!(client.text().await.len(), 1000);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_closed_with_1009_and_the_limit_in_words() {
    let server = server_with(|limits| limits.message = 1000).await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    client.send(&"x".repeat(1001)).await;
    assert_eq!(client.end().await, Seen::Close(1009, "message is larger than 1000 bytes".to_owned()));
}

#[tokio::test]
async fn parts_that_together_are_beyond_the_limit_are_closed_with_1009() {
    let server = server_with(|limits| limits.message = 1000).await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    raw.send(0x02, &[0; 600]).await;
    raw.send(0x80, &[0; 600]).await;
    assert_eq!(raw.closed().await.0, 1009);
}

#[tokio::test]
async fn a_client_that_goes_on_sending_a_large_message_still_reads_1009() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    // Far more than TCP buffers hold: this send ends only because the server reads on and throws away.
    client.send_message(Message::binary(vec![1; 64 << 20])).await;
    assert!(matches!(client.end().await, Seen::Close(1009, _)));
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_nothing_behind() {
    let server = server().await;
    let raw = Raw::connect(&server, "/ws/echo").await;
    drop(raw);
    crate::api::no_connections_are_left(&server).await;
}
