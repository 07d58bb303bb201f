//! A shop on `tokio-tungstenite`: it gives each client a token, and tells prices to those that send it back. One thing may be
//! wrong with it, which is switched while it runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// What is wrong with the shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The answer to this question has no currency.
    DropsField(u64),
    /// The answer to this question comes 50 ms later.
    Late(u64),
    /// The answer to this question comes after that to the next one.
    Swaps(u64),
    /// This question has no answer.
    Mute(u64),
}

/// A running shop.
#[derive(Clone)]
pub struct Shop {
    /// Where it is.
    pub url: String,
    fault: Arc<Mutex<Fault>>,
}

impl Shop {
    /// Opens a shop on a free port; it is there as long as the runtime.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}", listener.local_addr().expect("an address"));
        let fault = Arc::<Mutex<Fault>>::default();
        let (shop, clients) = (fault.clone(), AtomicU64::new(1));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let nth = clients.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, nth, shop.clone()));
            }
        });
        Self { url, fault }
    }

    /// Breaks it, or makes it whole.
    pub fn break_as(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

async fn serve(stream: TcpStream, nth: u64, fault: Arc<Mutex<Fault>>) {
    let _ = stream.set_nodelay(true);
    let Ok(mut socket) = accept_async(stream).await else { return };
    let token = format!("t0k{:013x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
    let welcome =
        json!({"type": "welcome", "token": token, "server_time": 1_795_230_066_000_u64 + nth * 977});
    if socket.send(Message::text(welcome.to_string())).await.is_err() {
        return;
    }
    let mut asked = 0;
    let mut kept = None;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let question: Value = serde_json::from_str(&text).unwrap_or_default();
        if question["token"] != token.as_str() {
            let _ = socket.close(None).await;
            return;
        }
        asked += 1;
        let fault = *fault.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer =
            json!({"type": "price", "id": question["id"], "price": asked * 10, "currency": "EUR"});
        match fault {
            Fault::DropsField(which) if which == asked => {
                answer.as_object_mut().expect("an object").remove("currency");
            }
            Fault::Late(which) if which == asked => sleep(Duration::from_millis(50)).await,
            Fault::Mute(which) if which == asked => continue,
            Fault::Swaps(which) if which == asked => {
                kept = Some(answer);
                continue;
            }
            _ => {}
        }
        for answer in [Some(answer), kept.take()].into_iter().flatten() {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// Asks thirty questions, two at a time, as an application would.
pub async fn shopping(url: &str) {
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("the shop is open");
    let first = socket.next().await.expect("it stays open").expect("a message");
    let welcome: Value = serde_json::from_str(first.to_text().expect("a text")).expect("JSON");
    let token = welcome["token"].clone();
    for pair in 0..15_u64 {
        for id in [pair * 2, pair * 2 + 1] {
            let question = json!({"type": "ask", "id": id, "token": token});
            socket.feed(Message::text(question.to_string())).await.expect("it is open");
        }
        // Both leave in one segment, so the second one never waits for the first answer.
        socket.flush().await.expect("it is open");
        for _ in 0..2 {
            let answer = socket.next().await.expect("it stays open").expect("a message");
            assert!(answer.is_text());
        }
    }
    socket.close(None).await.expect("it is open");
    while let Some(Ok(_)) = socket.next().await {}
}
