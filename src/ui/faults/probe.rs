//! What the proxy does to a round trip, live: a connection of this view through the proxy to the practice echo.
//!
//! Owns that connection, which lives only while the view is looked at. One rule: what was not answered is shown as lost, and never
//! left out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::store::{Api, Store};
use crate::browser::{BrowserSocket, clock, page};
use crate::engine::{Endpoint, Event, EventSink, Instant, Payload, Socket};
use crate::model::faults::link::FaultyLink;
use crate::model::faults::round_trips::{LOST_AFTER, RoundTrips};

/// How often it asks.
const EVERY: Duration = Duration::from_millis(500);
/// A connection that ended is opened again after this time.
const AGAIN: Duration = Duration::from_secs(2);
/// Where it leads. An echo at an address of its own, by which the list of connections leaves it out.
const PATH: &str = "/ws/fault";

/// Whether a connection that the proxy lists is one of these.
pub(super) fn is_probe(to: &str) -> bool {
    to == target()
}

fn target() -> String {
    page::own_socket_address(PATH)
}

/// Asks while the view is looked at and the proxy answers.
pub(super) fn follow(store: Store) {
    let link = Memo::new(move |_| {
        let is_there = store.is_seen.get() && store.api.with(|api| *api == Api::There);
        is_there.then(|| store.link.with(|link| link.key.clone()))
    });
    Effect::new(move || {
        let Some(key) = link.get() else { return };
        // It ends with the effect that made it.
        let looks = RwSignal::new(());
        store.trips.set(RoundTrips::default());
        spawn_local(async move {
            while !looks.is_disposed() {
                ask(store, &key, looks).await;
                page::pause(AGAIN).await;
            }
        });
    });
}

/// Asks on one connection until it ends.
async fn ask(store: Store, key: &str, looks: RwSignal<()>) {
    let to = target();
    let link = FaultyLink { is_insecure: true, to, key: key.to_owned(), ..FaultyLink::default() };
    let Ok(endpoint) = Endpoint::parse(&link.address(&page::own_socket_address(""))) else { return };
    let heard: Rc<RefCell<VecDeque<(Instant, Event)>>> = Rc::default();
    let tell = heard.clone();
    let sink: EventSink = Box::new(move |at, event| tell.borrow_mut().push_back((at, event)));
    let Ok(socket) = BrowserSocket::open(&endpoint, sink) else { return };
    let mut is_open = true;
    while is_open && !looks.is_disposed() {
        let mut trips = store.trips.get_untracked();
        for (at, event) in heard.borrow_mut().drain(..) {
            match event {
                Event::Received(Payload::Text(text)) => {
                    if let Ok(number) = text.parse() {
                        trips.answered(number, at);
                    }
                }
                Event::Answered(_) | Event::Ponged(_) => {}
                Event::Failed | Event::Closed { .. } => is_open = false,
                _ => {}
            }
        }
        if is_open {
            let number = trips.next();
            // Before the handshake is done nothing goes out, and nothing is counted.
            if let Ok(at) = socket.send(&Payload::Text(number.to_string())) {
                trips.sent(number, at);
            }
        } else {
            trips.ended(clock::now());
        }
        trips.look(clock::now());
        store.trips.set(trips);
        page::pause(EVERY).await;
    }
}

/// What stands under the plot.
pub(super) fn words(trips: &RoundTrips) -> (&'static str, String) {
    match (trips.waits(), trips.latest()) {
        _ if trips.is_down() => ("wrong", "The connection was refused or broke.".to_owned()),
        (Some(wait), _) if wait > Duration::from_secs(1) => {
            let seconds = wait.as_secs_f64();
            ("wrong", format!("No answer for {seconds:.1}\u{2009}s; lost after {} s.", LOST_AFTER.as_secs()))
        }
        (_, None) => ("", "Waiting for the first answer …".to_owned()),
        _ => ("", String::new()),
    }
}
