//! `/ws`.

use tokio_tungstenite::tungstenite::Message;

use support::client::{Client, server};

async fn check(sent: &str, expected: &str) {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws").await;
    client.send(sent).await;
    assert_eq!(client.text().await, expected);
}

#[tokio::test]
async fn a_config_is_acknowledged_with_the_same_config() {
    check(
        r#"{"type":"config","config":{"z":1,"a":[1.50,null]}}"#,
        r#"{"type":"config_ack","config":{"z":1,"a":[1.50,null]}}"#,
    )
    .await;
}

#[tokio::test]
async fn a_message_gets_a_response_with_its_id_and_content() {
    check(
        r#"{"type":"message","id":"m-1","content":"hello","payload":{"n":1}}"#,
        r#"{"type":"response","id":"m-1","content":"hello","payload":{"n":1}}"#,
    )
    .await;
}

#[tokio::test]
async fn a_ping_gets_a_pong_with_its_id() {
    check(r#"{"type":"ping","id":7}"#, r#"{"type":"pong","id":7}"#).await;
}

#[tokio::test]
async fn other_json_and_broken_json_are_echoed() {
    for text in [r#"{"type":"hello"}"#, r#"{"type":"ping""#, "[1, 2]", "plain", "", " \u{feff}{"] {
        check(text, text).await;
    }
}

#[tokio::test]
async fn binary_is_echoed_even_when_it_looks_like_a_message() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws").await;
    let ping = Message::binary(&br#"{"type":"ping"}"#[..]);
    client.send_message(ping.clone()).await;
    assert_eq!(client.message().await, ping);
}
