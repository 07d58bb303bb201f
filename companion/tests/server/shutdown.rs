//! Stopping a server that runs in this process.

use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use support::client::{Client, Seen, port, server};
use support::raw::Raw;

#[tokio::test]
async fn every_client_gets_1001() {
    let server = server().await;
    let mut clients = Vec::new();
    for path in
        ["/ws", "/ws/echo", "/ws/rooms?user=a", "/ws/agent?user=a", "/ws/fault", "/ws/fault?silent=true"]
    {
        clients.push(Client::connect(&server, path).await);
    }
    let ends = async {
        for client in &mut clients {
            assert_eq!(client.end().await, Seen::Close(1001, "server going away".to_owned()));
        }
    };
    tokio::join!(server.shutdown(), ends);
}

#[tokio::test]
async fn clients_that_do_not_answer_are_not_waited_for() {
    let server = server().await;
    let mut raw = Raw::connect(&server, "/ws/echo").await;
    let begun = Instant::now();
    server.shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(raw.closed().await.0, 1001);
}

#[tokio::test]
async fn the_port_is_free_again() {
    let server = server().await;
    let port = port(&server);
    server.shutdown().await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
