//! What the headless tests share: the practice server's address, listening to a socket, waiting with a bound.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use sockscope::browser::{BrowserSocket, clock};
use sockscope_engine::{Endpoint, Event, EventSink, Instant, Payload, Socket};

/// The practice server that the test command has started.
pub fn address(path: &str) -> String {
    format!("{}{path}", given("SOCKSCOPE_TEST_WS", option_env!("SOCKSCOPE_TEST_WS")))
}

/// The address of the practice server's API.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn api_address(path: &str) -> String {
    format!("{}{path}", given("SOCKSCOPE_TEST_API", option_env!("SOCKSCOPE_TEST_API")))
}

/// The practice server without a path, as the page would see it that it serves.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn page_server() -> String {
    address("").trim_end_matches("/ws").to_owned()
}

/// The server of the tests' own page, which has no API and no practice server.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn no_server() -> String {
    let host = web_sys::window().and_then(|window| window.location().host().ok()).expect("a page has a host");
    format!("ws://{host}")
}

/// Not `env!`, so that the tests compile for a lint without a server.
fn given(name: &str, value: Option<&'static str>) -> &'static str {
    value.unwrap_or_else(|| panic!("{name} was not set at compile time; `cargo xtask test --web` does that"))
}

/// Waits until `probe` has an answer. The bound is generous: it decides when to give up, not whether it was fast.
pub async fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    for _ in 0..2000 {
        if let Some(answer) = probe() {
            return answer;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {what}");
}

/// A socket with everything that it told.
pub struct Ear {
    pub socket: BrowserSocket,
    heard: Heard,
}

#[allow(dead_code, reason = "each test file uses its own part")]
impl Ear {
    pub fn connect(path: &str) -> Self {
        Self::connect_to(&Endpoint::parse(&address(path)).expect("a valid address"))
    }

    pub fn connect_to(endpoint: &Endpoint) -> Self {
        let (sink, heard) = recorder();
        let socket = BrowserSocket::open(endpoint, sink).expect("the browser tries");
        Self { socket, heard }
    }

    /// Connects, and waits until it is open.
    pub async fn open(path: &str) -> Self {
        let ear = Self::connect(path);
        ear.opened().await;
        ear
    }

    pub async fn opened(&self) -> (Instant, String) {
        self.find("the handshake", |(at, event)| match event {
            Event::Opened { protocol, .. } => Some((*at, protocol.clone())),
            _ => None,
        })
        .await
    }

    pub async fn closed(&self) -> (u16, String, bool) {
        self.find("the close", |(_, event)| match event {
            Event::Closed { code, reason, clean } => Some((*code, reason.clone(), *clean)),
            _ => None,
        })
        .await
    }

    /// The message number `index`, counted from 0, with its time.
    pub async fn message(&self, index: usize) -> (Instant, Payload) {
        eventually(&format!("message {index}"), || self.messages().get(index).cloned()).await
    }

    pub fn messages(&self) -> Vec<(Instant, Payload)> {
        let is_message = |(at, event): &(Instant, Event)| match event {
            Event::Received(payload) => Some((*at, payload.clone())),
            _ => None,
        };
        self.heard.borrow().iter().filter_map(is_message).collect()
    }

    pub fn events(&self) -> Vec<Event> {
        self.heard.borrow().iter().map(|(_, event)| event.clone()).collect()
    }

    pub fn send(&self, payload: impl Into<Payload>) -> Instant {
        self.socket.send(&payload.into()).expect("an open socket sends")
    }

    /// A second handle on what is heard, for after the socket is dropped.
    pub fn split(self) -> (BrowserSocket, Heard) {
        (self.socket, self.heard)
    }

    async fn find<T>(&self, what: &str, pick: impl Fn(&(Instant, Event)) -> Option<T>) -> T {
        eventually(what, || self.heard.borrow().iter().find_map(&pick)).await
    }
}

type Heard = Rc<RefCell<Vec<(Instant, Event)>>>;

fn recorder() -> (EventSink, Heard) {
    let heard = Heard::default();
    let sink = heard.clone();
    (Box::new(move |at, event| sink.borrow_mut().push((at, event))), heard)
}

/// Lets the browser run everything that is due by now.
#[allow(dead_code, reason = "each test file uses its own part")]
pub async fn breathe(time: Duration) {
    let until = clock::now() + time;
    while clock::now() < until {
        sleep(Duration::from_millis(5)).await;
    }
}
