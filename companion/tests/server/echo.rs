//! `/ws/echo`, and what every WebSocket of the server does.

use tokio_tungstenite::tungstenite::{Error, Message};

use support::client::{Client, server, url};
use support::raw::{Raw, http};

const SIZES: [usize; 11] = [0, 1, 125, 126, 127, 128, 8191, 8192, 65535, 65536, 131_072];

#[tokio::test]
async fn texts_of_every_length_form_come_back() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    for size in SIZES {
        let text = "aé\u{10ffff}\u{feff}".chars().cycle().take(size).collect::<String>();
        client.send(&text).await;
        assert_eq!(client.text().await, text, "{size} characters");
    }
}

#[tokio::test]
async fn bytes_of_every_value_and_length_form_come_back() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    for size in SIZES {
        let bytes: Vec<u8> = (0..=255).cycle().take(size).collect();
        client.send_message(Message::binary(bytes.clone())).await;
        assert_eq!(client.message().await, Message::binary(bytes), "{size} bytes");
    }
}

#[tokio::test]
async fn thousands_of_messages_sent_without_waiting_come_back_in_order() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    for number in 0..5000 {
        client.feed(Message::text(number.to_string())).await;
    }
    client.flush().await;
    for number in 0..5000 {
        assert_eq!(client.text().await, number.to_string());
    }
}

#[tokio::test]
async fn a_small_message_does_not_overtake_a_large_one() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    client.feed(Message::binary(vec![7; 1 << 20])).await;
    client.feed(Message::text("small")).await;
    client.flush().await;
    assert_eq!(client.message().await.len(), 1 << 20);
    assert_eq!(client.text().await, "small");
}

#[tokio::test]
async fn sixteen_mebibytes_come_back() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    let bytes: Vec<u8> = (0..16 << 20).map(|at: u32| (at ^ (at >> 8)) as u8).collect();
    client.send_message(Message::binary(bytes.clone())).await;
    assert!(client.message().await == Message::binary(bytes), "the echo differs");
}

#[tokio::test]
async fn a_message_in_parts_comes_back_whole_and_a_ping_between_them_is_answered() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    // The parts cut a character in two: only the whole has to be UTF-8.
    raw.send(0x01, b"caf\xc3").await;
    raw.send(0x89, b"are you there").await;
    raw.send(0x00, b"").await;
    raw.send(0x80, b"\xa9").await;
    assert_eq!(raw.frame().await, Some((0x8a, b"are you there".to_vec())));
    assert_eq!(raw.frame().await, Some((0x81, "café".into())));
}

#[tokio::test]
async fn an_unsolicited_pong_is_ignored() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    raw.send(0x8a, b"pong").await;
    raw.send(0x81, b"text").await;
    assert_eq!(raw.frame().await, Some((0x81, b"text".to_vec())));
}

#[tokio::test]
async fn a_message_that_comes_byte_by_byte_comes_back() {
    use tokio::io::AsyncWriteExt;
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    raw.stream.set_nodelay(true).unwrap();
    for byte in support::raw::frame(0x81, b"slowly") {
        raw.stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.frame().await, Some((0x81, b"slowly".to_vec())));
}

#[tokio::test]
async fn two_connections_never_see_each_other_s_messages() {
    let server = server().await;
    let mut alice = Client::connect(&server, "/ws/echo").await;
    let mut bob = Client::connect(&server, "/ws/echo").await;
    for number in 0..100 {
        alice.send(&format!("alice {number}")).await;
        bob.send(&format!("bob {number}")).await;
    }
    for number in 0..100 {
        assert_eq!(alice.text().await, format!("alice {number}"));
        assert_eq!(bob.text().await, format!("bob {number}"));
    }
}

#[tokio::test]
async fn the_first_offered_subprotocol_that_is_spoken_is_chosen() {
    let server = server().await;
    for (offer, chosen) in
        [("echo.v1", "echo.v1"), ("echo.v2, echo.v1", "echo.v2"), ("x, echo.v1", "echo.v1")]
    {
        let client = Client::try_connect(&url(&server, "/ws/echo"), Some(offer)).await.unwrap();
        assert_eq!(client.response.headers()["sec-websocket-protocol"], chosen);
    }
}

#[tokio::test]
async fn no_offered_subprotocol_is_answered_with_none() {
    let server = server().await;
    let client = Client::connect(&server, "/ws/echo").await;
    assert_eq!(client.response.headers().get("sec-websocket-protocol"), None);
}

#[tokio::test]
async fn only_unknown_subprotocols_are_refused() {
    let server = server().await;
    match Client::try_connect(&url(&server, "/ws/echo"), Some("echo.v3, x")).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("{:?}", other.map(|client| client.response)),
    }
}

#[tokio::test]
async fn other_routes_answer_no_subprotocol() {
    let server = server().await;
    for path in [
        "/ws",
        "/ws/rooms?user=a",
        "/ws/fragments?doc=a",
        "/ws/agent?user=a",
        "/ws/events?user=a",
        "/ws/fault",
    ] {
        let (_, answer) = Raw::handshake(&server, path, "Sec-WebSocket-Protocol: echo.v1\r\n").await;
        assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, None), "{path}");
    }
}

#[tokio::test]
async fn an_ordinary_request_gets_426_upgrade_required() {
    let server = server().await;
    let answer = http(&server, "GET", "/ws/echo", &[], "").await;
    assert_eq!((answer.status, answer.header("upgrade").as_deref()), (426, Some("websocket")));
}

#[tokio::test]
async fn another_version_of_the_protocol_gets_the_one_that_is_spoken() {
    let server = server().await;
    let headers = [
        ("Upgrade", "websocket"),
        ("Connection", "upgrade"),
        ("Sec-WebSocket-Version", "8"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    let answer = http(&server, "GET", "/ws/echo", &headers, "").await;
    assert_eq!((answer.status, answer.header("sec-websocket-version").as_deref()), (426, Some("13")));
}

#[tokio::test]
async fn a_key_of_the_wrong_length_is_refused() {
    let server = server().await;
    let headers = [
        ("Upgrade", "websocket"),
        ("Connection", "upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAA"),
    ];
    assert_eq!(http(&server, "GET", "/ws/echo", &headers, "").await.status, 400);
}

#[tokio::test]
async fn an_unknown_route_is_refused() {
    let server = server().await;
    let (status, words) = Client::refusal(&server, "/ws/nowhere").await;
    assert_eq!(status, 404);
    assert!(words.contains("/ws/echo"), "{words}");
}

#[tokio::test]
async fn a_query_of_eight_kibibytes_is_accepted() {
    let server = server().await;
    let mut client = Client::connect(&server, &format!("/ws/echo?token={}", "x".repeat(8192))).await;
    client.send("in").await;
    assert_eq!(client.text().await, "in");
}
