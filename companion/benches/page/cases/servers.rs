//! The servers themselves: ours against Node's `ws`, what the proxy adds when no fault is set and when it records, and what the relay adds.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use support::servers::{Language, Target};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::stage::{Stage, by_turns};
use support::figures::{Aim, Figure, alone, compared, median};

const CONNECTIONS: usize = 8;
const WINDOW: usize = 100;

/// Node's own.
const NODE: Target = Target { name: "ws", language: Language::Node, file: "ws_server.mjs", arguments: &[] };

async fn connect(url: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let (socket, _) = connect_async(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_nodelay(true).expect("a socket has that");
    }
    socket
}

/// Echoed messages a second over some connections with many on their way.
async fn rate(url: &str, lasting: Duration) -> f64 {
    let began = Instant::now();
    let loads = (0..CONNECTIONS).map(|_| async {
        let mut socket = connect(url).await;
        let message = Message::text("x".repeat(64));
        let mut count = 0_u64;
        while began.elapsed() < lasting {
            for _ in 0..WINDOW {
                socket.feed(message.clone()).await.expect("it is open");
            }
            socket.flush().await.expect("it is open");
            for _ in 0..WINDOW {
                socket.next().await.expect("it is open").expect("it is open");
            }
            count += WINDOW as u64;
        }
        count
    });
    let count: u64 = join_all(loads).await.into_iter().sum();
    count as f64 / began.elapsed().as_secs_f64()
}

/// The practice server and `ws`, both with the same client.
pub async fn against_node(stage: &Stage) -> Vec<Figure> {
    let node = NODE.start(&[]);
    let theirs = format!("{}/echo", node.urls[0]);
    let lasting = Duration::from_millis(stage.of(3000) as u64);
    let mut pairs = Vec::new();
    for pair in 0..stage.pairs() {
        let (ours, theirs) =
            (async || rate(&stage.echo(), lasting).await, async || rate(&theirs, lasting).await);
        pairs.push(by_turns(pair, ours, theirs).await);
    }
    vec![compared("practice server, echoes, against Node ws", "/s", &pairs, Aim::AtLeast(1.5))]
}

/// The median of round trips, in milliseconds.
async fn middle(url: &str, samples: usize) -> f64 {
    let mut socket = connect(url).await;
    let mut took = Vec::with_capacity(samples);
    for _ in 0..samples {
        let began = Instant::now();
        socket.send(Message::text("x".repeat(64))).await.expect("it is open");
        socket.next().await.expect("it is open").expect("it is open");
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    median(&took)
}

/// What the relay adds to a round trip, with the authorization that a page cannot send.
pub async fn through_the_relay(stage: &Stage) -> Vec<Figure> {
    let samples = stage.of(5000);
    let mut added = Vec::new();
    for _ in 0..stage.pairs() {
        let without = middle(&stage.echo(), samples).await;
        let profile = json!({ "url": stage.echo(), "bearer": "a token", "headers": [["X-Tenant", "7"]] });
        let told = stage.practice.post("/relay", &profile).await;
        let id = told["id"].as_str().expect("an id").to_owned();
        added.push(middle(&format!("{}/relay?id={id}", stage.practice.ws), samples).await - without);
    }
    vec![alone("relay: added to a round trip, p50", "ms", &added, Aim::AtMost(0.1))]
}

/// What the proxy adds to a round trip: without a fault, and recording what a follower reads as it comes.
pub async fn through_the_proxy(stage: &Stage) -> Vec<Figure> {
    let plain = added_by(stage, "").await;
    let recorded = added_by(stage, "&record=bench").await;
    follow(format!("{}/recordings?name=bench", stage.practice.ws));
    let followed = added_by(stage, "&record=bench").await;
    vec![
        alone("fault proxy without a fault: added to a round trip, p50", "ms", &plain, Aim::AtMost(0.2)),
        alone("recording proxy: added to a round trip, p50", "ms", &recorded, Aim::AtMost(0.1)),
        alone(
            "recording proxy that is followed: added to a round trip, p50",
            "ms",
            &followed,
            Aim::AtMost(0.1),
        ),
    ]
}

/// Reads a recording as it comes, until its server ends. On a thread of its own, so that reading takes no time of the client.
fn follow(url: String) {
    std::thread::spawn(move || {
        support::block_on(async {
            let mut follower = connect(&url).await;
            while let Some(Ok(_)) = follower.next().await {}
        });
    });
}

async fn added_by(stage: &Stage, more: &str) -> Vec<f64> {
    let samples = stage.of(5000);
    let (direct, proxied) = (stage.echo(), format!("{0}/proxy?to={0}/echo{more}", stage.practice.ws));
    let mut added = Vec::new();
    for _ in 0..stage.pairs() {
        let without = middle(&direct, samples).await;
        added.push(middle(&proxied, samples).await - without);
    }
    added
}
