//! A shop that gives each connection a token and answers only who sends it back, with one fault at a time; and a person who
//! asks it for prices.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope::wire;
use sockscope::wire::bench::{
    ConnectionId, ReplayLooked, ReplayPace, ReplayPhase, ReplayRequest, ReplaySeen, ReplayStart,
    ReplayUpdate, Request,
};
use sockscope_engine::Payload;
use sockscope_engine::sim::{Act, Peer, Server};

use super::page::{ALICE, Page, TICK};

/// What is wrong with it, at which question.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub drops_currency: Option<u64>,
    pub swaps: Option<u64>,
    pub is_mute: Option<u64>,
    pub closes: Option<u64>,
    pub refuses: bool,
    pub knows_no_protocol: bool,
}

/// The shop that listens on an address, whose fault can be changed.
pub type Fault = Rc<Cell<Faults>>;

struct Shop {
    faults: Faults,
    token: String,
    asked: u64,
    kept: Option<Payload>,
}

impl Server for Shop {
    fn accepts_after(&mut self) -> Option<Duration> {
        (!self.faults.refuses).then_some(Duration::from_millis(3))
    }

    fn chooses(&mut self, offered: &[String]) -> String {
        let known = offered.first().cloned().unwrap_or_default();
        if self.faults.knows_no_protocol { String::new() } else { known }
    }

    fn on_open(&mut self, peer: Peer) {
        let welcome = json!({"type": "welcome", "token": self.token});
        peer.after(Duration::from_millis(1), Act::Send(Payload::Text(welcome.to_string())));
    }

    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        let Payload::Text(text) = payload else { return Vec::new() };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if message["token"] != self.token.as_str() {
            return vec![(Duration::ZERO, Act::Close(1008, "who are you?".to_owned()))];
        }
        self.asked += 1;
        let (nth, faults) = (self.asked, self.faults);
        let mut answer = json!({"type": "price", "id": message["id"], "price": nth * 10, "currency": "EUR"});
        if faults.drops_currency == Some(nth) {
            answer.as_object_mut().expect("an object").remove("currency");
        }
        if faults.closes == Some(nth) {
            return vec![(Duration::ZERO, Act::Close(1011, "broken".to_owned()))];
        }
        if faults.is_mute == Some(nth) {
            return Vec::new();
        }
        let answer = Payload::Text(answer.to_string());
        if faults.swaps == Some(nth) {
            self.kept = Some(answer);
            return Vec::new();
        }
        let took = Duration::from_millis(2);
        let mut acts = vec![(took, Act::Send(answer))];
        acts.extend(self.kept.take().map(|kept| (took + Duration::from_micros(1), Act::Send(kept))));
        acts
    }

    fn answers_close_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
}

/// Opens the shop at `ws://shop`, or another address.
pub fn shop(page: &Page, address: &str) -> Fault {
    let faults = Fault::default();
    let (known, next) = (faults.clone(), Cell::new(0_u64));
    // Two shops never give the same token.
    let salt: u64 = address.bytes().map(u64::from).sum();
    page.sim.serve(address, move || {
        next.set(next.get() + 1);
        Shop {
            faults: known.get(),
            token: format!("t0k3n-{:08x}", next.get() * 7_919_113 + salt * 104_729),
            asked: 0,
            kept: None,
        }
    });
    faults
}

/// Questions that a person asks.
pub const QUESTIONS: u64 = 8;

/// Connects to the shop, asks for prices with the token that it gave, and closes.
pub async fn visit(page: &Page) {
    page.set_up(ALICE, |setup| {
        setup.name = "c1".to_owned();
        setup.url = "ws://shop/ws/prices?lang=en".to_owned();
        setup.protocols = "prices.v1".to_owned();
    });
    page.ask(Request::Connect { connection: ALICE });
    page.pass(TICK).await;
    let rows = page.shown();
    let welcome: Value = serde_json::from_str(rows.last().expect("a welcome")).expect("JSON");
    for id in 0..QUESTIONS {
        page.send(ALICE, &json!({"type": "ask", "id": id, "token": welcome["token"]}).to_string());
        page.pass(TICK).await;
    }
    page.ask(Request::Close { connection: ALICE, closing: sockscope_engine::Closing::normal() });
    page.pass(TICK).await;
}

pub fn ask(page: &Page, request: &ReplayRequest) {
    page.ask(Request::Replay(wire::encode(request)));
}

/// What was said of the latest replay.
pub fn seen(page: &Page) -> ReplaySeen {
    page.draw();
    let replays = page.replays.borrow();
    let seen = replays.iter().rev().find_map(|update| match update {
        ReplayUpdate::Seen(seen) => Some((**seen).clone()),
        ReplayUpdate::Looked(_) => None,
    });
    seen.expect("a replay was told of")
}

/// The connections of a session.
pub async fn looked(page: &Page, of: Option<String>) -> ReplayLooked {
    ask(page, &ReplayRequest::Look(of));
    page.pass(TICK).await;
    match page.replays.borrow().last() {
        Some(ReplayUpdate::Looked(looked)) => (**looked).clone(),
        other => panic!("expected connections, found {other:?}"),
    }
}

/// Replays and waits for the end, in virtual time.
pub async fn replay(page: &Page, of: Option<String>, to: &str, pace: ReplayPace) -> ReplaySeen {
    start(page, of, to, pace);
    for _ in 0..10_000 {
        page.pass(TICK).await;
        let seen = seen(page);
        if !matches!(seen.phase, ReplayPhase::Reading | ReplayPhase::Running) {
            return seen;
        }
    }
    panic!("the replay does not end: {:?}", seen(page))
}

/// Starts a replay of what a person did.
pub fn start(page: &Page, of: Option<String>, to: &str, pace: ReplayPace) {
    let connections = vec![ConnectionId(1)];
    let start = ReplayStart { of, connections, to: to.to_owned(), pace, sends_masks: false };
    ask(page, &ReplayRequest::Start(Box::new(start)));
}
