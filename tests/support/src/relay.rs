//! A companion with a relay, in the simulated world: what it is asked, and the facts that it tells.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::sim::{Act, Server, Sim};
use sockscope_engine::{HttpResponse, Payload};

/// How long a fact takes.
const TELLS_AFTER: Duration = Duration::from_millis(1);

/// Tells these facts of every connection that it is asked to watch, and one more for a ping.
struct Facts(Vec<Value>);

impl Server for Facts {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(TELLS_AFTER)
    }
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        let asked: Value = serde_json::from_slice(payload.as_bytes()).expect("JSON");
        let said = |mut fact: Value, id: &Value| {
            fact["id"] = id.clone();
            (TELLS_AFTER, Act::Send(fact.to_string().as_str().into()))
        };
        match (&asked["watch"], &asked["ping"]) {
            (id @ Value::String(_), _) => self.0.iter().map(|fact| said(fact.clone(), id)).collect(),
            (_, id) => {
                let pong = json!({ "fact": "pong", "at_ms": 2.0, "from": "server", "to": "relay", "rtt_ms": 1.5, "payload": "x" });
                vec![said(pong, id)]
            }
        }
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        Some(TELLS_AFTER)
    }
}

/// A target that refuses each handshake.
pub struct Refusing;

impl Server for Refusing {
    fn accepts_after(&mut self) -> Option<Duration> {
        None
    }
    fn on_message(&mut self, _: Payload, _: u64) -> Vec<(Duration, Act)> {
        Vec::new()
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        None
    }
}

/// What the relay answers when it takes a profile.
#[must_use]
pub fn taken() -> (u16, Value) {
    (201, json!({ "id": "7", "path": "/ws/relay?id=7", "expires_in_seconds": 30 }))
}

/// Serves the page by a companion whose relay answers this and tells these facts; `target` serves what it opens. What the relay
/// was asked.
pub fn companion<S: Server + 'static>(
    sim: &Sim,
    (status, answer): (u16, Value),
    facts: Vec<Value>,
    target: impl FnMut() -> S + 'static,
) -> Rc<RefCell<Vec<Value>>> {
    let asked: Rc<RefCell<Vec<Value>>> = Rc::default();
    let log = asked.clone();
    sim.answer("/api/", move |request| {
        let (status, body) = match request.url.as_str() {
            "/api/health" => (200, r#"{"status":"ok","name":"sockscope"}"#.to_owned()),
            "/api/relay" => {
                let body = request.body.as_ref().map(Payload::as_bytes).unwrap_or_default();
                log.borrow_mut().push(serde_json::from_slice(body).expect("JSON"));
                (status, answer.to_string())
            }
            other => panic!("{other} was asked"),
        };
        let url = format!("http://relay{}", request.url);
        (Duration::from_millis(5), Ok(HttpResponse { status, body, url, ..HttpResponse::default() }))
    });
    sim.serve("ws://relay/ws/relay/events", move || Facts(facts.clone()));
    sim.serve("ws://relay/ws/relay?", target);
    asked
}
