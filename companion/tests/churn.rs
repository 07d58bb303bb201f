//! Thousands of connections through the fault proxy that come and go in all ways. Alone in its process, whose memory and open
//! files it looks at.
//!
//! `SOCKSCOPE_CHURN_SECONDS` says for how long; `cargo xtask test` asks for half a minute.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, and not what they call")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sockscope_companion::Running;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use support::client::{Client, eventually, port, server};
use support::proxied::to_own;
use support::raw::{Raw, frame, get, http, post};

const AT_ONCE: usize = 20;
/// At least this many, however short the time.
const ROUNDS: usize = 160;

/// One connection, which ends in one of many ways.
async fn come_and_go(server: &Running, way: usize) {
    let echo = |query: &str| to_own(server, "/ws/echo", query);
    match way % 12 {
        0 => {
            let mut client = Client::connect(server, &echo("")).await;
            client.send("hello").await;
            client.text().await;
            client.close(1000, "bye").await;
        }
        1 => drop(Client::connect(server, &echo("")).await),
        2 => {
            let raw = Raw::connect(server, &echo("latency=20ms&direction=both")).await;
            socket2::SockRef::from(&raw.stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
        3 => {
            let mut client = Client::connect(server, &to_own(server, "/ws/fault?abort_after=1", "")).await;
            client.send("x").await;
            client.end().await;
        }
        4 => {
            let path = to_own(server, "/ws/fault?close_after=1&close_code=4000", "duplicate=1");
            let mut client = Client::connect(server, &path).await;
            client.send("x").await;
            client.end().await;
        }
        5 => {
            Client::connect(server, &echo("both.reset_peer=5ms")).await.end().await;
        }
        6 => {
            Client::connect(server, &echo("timeout=10ms")).await.end().await;
        }
        7 => {
            Client::connect(server, &echo("half_open=20ms")).await.end().await;
        }
        8 => drop(Raw::connect(server, &echo("half_open=20ms&direction=upstream")).await),
        9 => {
            Client::refusal(server, &echo("refuse=503")).await;
        }
        10 => {
            // Half a message, and gone.
            let mut raw = Raw::connect(server, &echo("drop=0.5&key=churn")).await;
            raw.stream.write_all(&frame(0x82, &[0; 5000])[..2000]).await.unwrap();
        }
        _ => {
            // Gone before the handshake is answered.
            let mut stream = TcpStream::connect(("127.0.0.1", port(server))).await.unwrap();
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                echo("")
            );
            stream.write_all(request.as_bytes()).await.unwrap();
        }
    }
}

/// How long connections come and go; no time at all by default.
fn lasting() -> Duration {
    let seconds = std::env::var("SOCKSCOPE_CHURN_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// How many files and sockets this process has open; none where the system does not tell.
fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

async fn resident(server: &Running) -> u64 {
    get(server, "/api/stats").await.json()["resident_bytes"].as_u64().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_connections_leave_nothing_behind() {
    let server = server().await;
    let (begun, lasting) = (Instant::now(), lasting());
    let files = open_files();
    let (mut before, mut round) = (0, 0);
    while round < ROUNDS || begun.elapsed() < lasting {
        if round == ROUNDS / 4 {
            before = resident(&server).await;
        }
        join_all((0..AT_ONCE).map(|number| come_and_go(&server, round * AT_ONCE + number))).await;
        if round % 10 == 0 {
            post(&server, "/api/proxy/toxics", r#"{"type":"latency","attributes":{"latency":1}}"#).await;
        }
        if round % 10 == 5 {
            http(&server, "DELETE", "/api/proxy/toxics", &[], "").await;
        }
        round += 1;
    }
    eventually("the connections to be gone", async || {
        let stats = get(&server, "/api/stats").await.json();
        (stats["connections"]["total"] == 0).then_some(())
    })
    .await;
    let all = get(&server, "/api/proxy").await.json();
    assert_eq!(all["total"], 0, "{all}");
    let stats = get(&server, "/api/stats").await.json();
    assert_eq!(stats["opened"], stats["closed"]);
    // What the allocator keeps varies by some megabytes; a leak of 2 KiB a connection would be more.
    let grown = resident(&server).await.saturating_sub(before);
    println!("{} connections, grown by {grown} from {before}", round * AT_ONCE);
    assert!(grown < 4 << 20, "{grown} bytes more after {round} rounds than after {}", ROUNDS / 4);
    eventually("no more open files than at the start", async || (open_files() <= files).then_some(())).await;
    // A task that was left would be waited for.
    let begun = Instant::now();
    server.shutdown().await;
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}
