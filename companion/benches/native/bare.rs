//! The least that could do the same: connections on one thread, each sends when it has its answer, by the socket library of the
//! native engine.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::payload;

/// What a bare loop comes to.
pub struct Bare {
    /// Answers in a second.
    pub rate: f64,
    /// In microseconds.
    pub p50: f64,
    /// In microseconds.
    pub p99: f64,
}

/// This many connections for this long.
pub fn loops(url: &str, connections: usize, lasting: Duration) -> Bare {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, run(url.to_owned(), connections, lasting))
}

async fn run(url: String, connections: usize, lasting: Duration) -> Bare {
    let all_open = Rc::new(Barrier::new(connections + 1));
    let until = Rc::new(Cell::new(Instant::now()));
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (url, all_open, until) = (url.clone(), all_open.clone(), until.clone());
            spawn_local(async move { one(&url, &all_open, &until).await })
        })
        .collect();
    // The end is set before the last one of them goes on.
    until.set(Instant::now() + lasting + Duration::from_secs(3600));
    all_open.wait().await;
    let began = Instant::now();
    until.set(began + lasting);
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no loop breaks off"));
    }
    let seconds = began.elapsed().as_secs_f64();
    all.sort_unstable();
    let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    Bare { rate: all.len() as f64 / seconds, p50: at(0.50), p99: at(0.99) }
}

async fn one(url: &str, all_open: &Barrier, until: &Cell<Instant>) -> Vec<Duration> {
    let host = url.trim_start_matches("ws://").split('/').next().expect("a host");
    let tcp = TcpStream::connect(host).await.expect("the server accepts");
    tcp.set_nodelay(true).expect("a socket");
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let (socket, _) = client_async_with_config(url, tcp, Some(config)).await.expect("it opens");
    let mut socket = Box::new(socket);
    all_open.wait().await;
    let (mut took, mut round) = (Vec::new(), 0_u64);
    while Instant::now() < until.get() {
        let sent = payload(&round.to_string());
        let began = Instant::now();
        socket.send(Message::text(sent.as_str())).await.expect("it is open");
        let answer = socket.next().await.expect("an answer").expect("an answer");
        took.push(began.elapsed());
        assert!(matches!(answer, Message::Text(text) if text.as_str() == sent), "its own message comes back");
        round += 1;
    }
    took
}
