//! The worker of the bench on real sockets: as in `tests/bench_worker`, with the browser's world instead of a simulated one.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
}

use std::cell::RefCell;
use std::rc::Rc;

use sockscope::browser::{BrowserWorld, clock};
use sockscope::wire;
use sockscope::wire::bench::{
    Changes, ConnectionId, ConnectionState, Look, Phase, Question, Ready, Request, Row, Setup, Update,
    Workspace,
};
use sockscope::worker::PageWorker;
use sockscope::worker::bench::BenchWorker;
use sockscope_engine::bench::draft::Draft;
use sockscope_engine::{Closing, HttpRequest, Payload, World};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::{address, api_address, eventually};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const ALICE: ConnectionId = ConnectionId(1);

/// A page that draws whenever it is asked what it sees.
struct Page {
    worker: BenchWorker<BrowserWorld>,
    posts: Rc<RefCell<Vec<Vec<u8>>>>,
    seen: RefCell<Changes>,
    connection: RefCell<Option<ConnectionState>>,
}

impl Page {
    fn new() -> Self {
        let posts: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let outbox = posts.clone();
        let ready = Ready {
            clock_step: clock::step(),
            isolated: clock::is_isolated(),
            clock_began: clock::began(),
            most_sockets: 255,
        };
        let worker = BenchWorker::new(BrowserWorld::new(), ready, Rc::new(spawn_local), move |bytes| {
            outbox.borrow_mut().push(bytes);
        });
        let page = Self { worker, posts, seen: RefCell::default(), connection: RefCell::default() };
        page.worker.announce();
        page.ask(&Request::Seen);
        page
    }

    fn ask(&self, request: &Request) {
        self.worker.receive(&wire::encode(request));
    }

    /// Reads one round of posts and draws.
    fn connect_to(&self, url: String) {
        let setup = Setup { id: ALICE, name: "alice".into(), url, ..Setup::default() };
        let workspace = Workspace { connections: vec![setup], ..Workspace::default() };
        self.ask(&Request::Arrange(Box::new(workspace)));
        self.ask(&Request::Connect { connection: ALICE });
    }

    fn draw(&self) {
        for bytes in self.posts.take() {
            if let Update::Changes(changes) = wire::decode(&bytes).expect("our own version") {
                let connection = changes.connections.iter().find(|state| state.id == ALICE).cloned();
                if connection.is_some() {
                    *self.connection.borrow_mut() = connection;
                }
                let rows = changes.rows.clone().or_else(|| self.seen.borrow().rows.clone());
                *self.seen.borrow_mut() = Changes { rows, ..*changes };
            }
        }
        self.ask(&Request::Seen);
    }

    async fn open(&self, path: &str) {
        self.connect_to(address(path));
        self.until("the connection to open", |page| page.phase() == Some(Phase::Open)).await;
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        eventually(what, || {
            self.draw();
            holds(self).then_some(())
        })
        .await;
    }

    fn phase(&self) -> Option<Phase> {
        self.connection.borrow().as_ref().map(|state| state.phase)
    }

    fn rows(&self) -> Vec<Row> {
        self.seen.borrow().rows.clone().map(|rows| rows.rows).unwrap_or_default()
    }
}

#[test]
async fn two_thousand_in_a_burst_are_all_logged_in_order() {
    let page = Page::new();
    page.open("/echo").await;
    for i in 0..2000 {
        page.ask(&Request::Question {
            id: 0,
            question: Question::Send { to: vec![ALICE], draft: Draft::plain(format!("{i}")) },
        });
    }
    page.until("2000 replies", |page| page.connection.borrow().as_ref().is_some_and(|l| l.received == 2000))
        .await;
    assert_eq!(page.seen.borrow().totals.frames, 2 + 4000, "connecting, opened, sent and received");

    let mut replies = Vec::new();
    let mut from = 0;
    while from < 4002 {
        page.ask(&Request::Look(Look { from: Some(from), rows: 500 }));
        page.until("the rows", |page| page.rows().first().is_some_and(|row| row.number == from)).await;
        let rows = page.rows();
        from += rows.len() as u64;
        replies.extend(rows.into_iter().filter(|row| row.kind.is_received()));
    }
    assert_eq!(replies.len(), 2000);
    for (i, row) in replies.iter().enumerate() {
        assert_eq!(row.preview, i.to_string());
        assert!(row.round_trip.is_some(), "each reply is paired with its question");
    }
    assert!(replies.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[test]
async fn a_reconnect_keeps_log_and_counts() {
    let page = Page::new();
    for round in 1..=3 {
        page.open("/echo").await;
        page.ask(&Request::Question {
            id: 0,
            question: Question::Send { to: vec![ALICE], draft: Draft::plain("x") },
        });
        page.until("the reply", |page| {
            page.connection.borrow().as_ref().is_some_and(|l| l.received == round)
        })
        .await;
        page.ask(&Request::Close { connection: ALICE, closing: Closing::normal() });
        page.until("the close", |page| page.phase() == Some(Phase::Closed)).await;
    }
    page.ask(&Request::Look(Look { from: Some(0), rows: 100 }));
    page.until("all rows", |page| page.rows().len() == 18).await;
    assert_eq!(page.seen.borrow().totals.sockets, 0);
}

#[test]
async fn an_address_that_the_browser_refuses_is_said_in_its_words() {
    let page = Page::new();
    // Our own check leaves it to the browser.
    page.connect_to("ws://[half/".to_owned());
    page.until("the trouble", |page| page.connection.borrow().as_ref().is_some_and(|l| l.trouble.is_some()))
        .await;
    let trouble =
        page.connection.borrow().as_ref().and_then(|l| l.trouble.clone()).expect("it was just there");
    assert!(trouble.contains("the browser refused"), "{trouble}");
    assert_eq!(page.phase(), Some(Phase::Closed));
}

#[test]
async fn an_http_call_causes_a_websocket_event() {
    let page = Page::new();
    page.open("/events?user=web-session-test").await;
    let answer = BrowserWorld::new()
        .http(HttpRequest {
            method: "POST".into(),
            url: api_address("/events"),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: Some(Payload::from(r#"{"user":"web-session-test","type":"greeting","data":{"n":1}}"#)),
            ..HttpRequest::default()
        })
        .await
        .expect("the practice server allows this origin");
    assert_eq!(answer.status, 202, "{}", answer.body);
    page.ask(&Request::Look(Look { from: Some(0), rows: 50 }));
    page.until("the event", |page| page.rows().iter().any(|row| row.preview.contains("greeting"))).await;
}
