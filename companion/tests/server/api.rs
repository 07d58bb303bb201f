//! `/api/health`, `/api/stats`, `/api/reset`.

use serde_json::json;
use sockscope_companion::Running;
use tokio_tungstenite::tungstenite::Message;

use support::client::{Client, Seen, eventually, server};
use support::raw::{get, http, post};

/// Waits until the server counts no connection.
pub async fn no_connections_are_left(server: &Running) {
    eventually("the connections to be gone", async || {
        let stats = get(server, "/api/stats").await.json();
        (stats["connections"]["total"] == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn health_says_who_and_how_long() {
    let server = server().await;
    let health = get(&server, "/api/health").await.json();
    assert_eq!((&health["status"], &health["name"]), (&json!("ok"), &json!("sockscope")));
    assert!(health["uptime_seconds"].as_f64().unwrap() >= 0.0);
}

#[tokio::test]
async fn stats_count_connections_messages_and_bytes() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    client.send("12345").await;
    client.send_message(Message::binary(vec![0; 10])).await;
    client.message().await;
    client.message().await;
    let stats = get(&server, "/api/stats").await.json();
    assert_eq!(
        (&stats["connections"]["total"], &stats["connections"]["routes"]["/ws/echo"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(stats["messages"], json!({ "in": 2, "out": 2 }));
    assert_eq!(stats["bytes"], json!({ "in": 15, "out": 15 }));
    assert_eq!((&stats["opened"], &stats["closed"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn stats_return_to_zero_after_the_clients_go() {
    let server = server().await;
    let mut clients = Vec::new();
    for path in [
        "/ws",
        "/ws/echo",
        "/ws/rooms?user=a",
        "/ws/fragments?doc=a",
        "/ws/agent?user=a",
        "/ws/events?user=a",
    ] {
        clients.push(Client::connect(&server, path).await);
    }
    assert_eq!(get(&server, "/api/stats").await.json()["connections"]["total"], 6);
    let polite = clients.split_off(3);
    drop(clients);
    for client in polite {
        client.close(1000, "").await;
    }
    no_connections_are_left(&server).await;
    let stats = get(&server, "/api/stats").await.json();
    assert_eq!((&stats["opened"], &stats["closed"]), (&json!(6), &json!(6)));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stats_know_the_resident_memory() {
    let server = server().await;
    let resident = get(&server, "/api/stats").await.json()["resident_bytes"].as_u64().unwrap();
    assert!(resident > 1 << 20, "{resident}");
}

#[tokio::test]
async fn a_reset_keeps_connections() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    assert_eq!(post(&server, "/api/reset", "").await.json(), json!({ "reset": true, "closed": false }));
    client.send("still here").await;
    assert_eq!(client.text().await, "still here");
}

#[tokio::test]
async fn a_reset_closes_connections_when_asked_to() {
    let server = server().await;
    let mut client = Client::connect(&server, "/ws/echo").await;
    post(&server, "/api/reset", r#"{"close":true}"#).await;
    assert_eq!(client.end().await, Seen::Close(1012, "the server was reset".to_owned()));
    let mut again = Client::connect(&server, "/ws/echo").await;
    again.send("back").await;
    assert_eq!(again.text().await, "back");
}

#[tokio::test]
async fn an_unknown_path_or_method_is_refused_in_json() {
    let server = server().await;
    let answer = get(&server, "/api/nothing").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_found")));
    let answer = http(&server, "DELETE", "/api/stats", &[], "").await;
    assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = server().await;
    let answer = http(&server, "HEAD", "/api/health", &[], "").await;
    assert_eq!((answer.status, answer.text()), (200, ""));
    assert!(answer.header("content-length").is_some_and(|length| length != "0"));
}
