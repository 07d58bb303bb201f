//! Connections that the companion opens for the page: what it is asked, what its facts become, and what stays apart.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use super::disk::Disk;
use super::import::{exported, held, import};
use super::journal::{WRITTEN, after_kill, keep_on, listed, open};
use super::page::{ALICE, BOB, Echo, Page, TICK, with_page};
use sockscope::engine::report::EventFormat;
use sockscope::wire::bench::{Look, Phase, Request, Variable};
use sockscope_engine::relay::{Authorization, Field, Profile};
use sockscope_engine::{Closing, FrameKind};
use support::relay::{self, Refusing, taken};

const NONE: Echo = Echo { refuses: false, flood: 0, never_answers_close: false };

/// Serves the page by a companion with a relay that tells this, and whose target opens or not. What the relay was asked.
fn companion(page: &Page, facts: Vec<Value>, opens: bool) -> Rc<RefCell<Vec<Value>>> {
    match opens {
        true => relay::companion(&page.sim, taken(), facts, || NONE),
        false => relay::companion(&page.sim, taken(), facts, || Refusing),
    }
}

fn profile() -> Profile {
    Profile {
        headers: vec![Field { name: "X-Tenant".to_owned(), value: "7".to_owned() }],
        authorization: Authorization::Bearer("{{token}}".to_owned()),
        ..Profile::default()
    }
}

fn set_up(page: &Page) {
    page.arrange(|workspace| {
        let (name, value) = ("token".to_owned(), "s3cret-of-the-test".to_owned());
        workspace.variables = vec![Variable { name, value, is_secret: true }];
    });
    page.set_up(ALICE, |setup| setup.profile = profile().to_text());
}

#[test]
fn a_connection_by_relay_opens_with_its_headers_and_its_round_trips_stay_apart() {
    with_page(NONE, |page| async move {
        let delay = json!({ "count": 3, "p50_ms": 0.02, "p99_ms": 0.04, "max_ms": 0.05 });
        let facts = vec![
            json!({ "fact": "answered", "at_ms": 1.0, "status": 101, "headers": [] }),
            json!({ "fact": "ping", "at_ms": 1.0, "from": "server", "payload": "beat" }),
            json!({ "fact": "delay", "at_ms": 1.0, "out": delay, "in": null }),
        ];
        let asked = companion(&page, facts, true);
        set_up(&page);
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
        let body = asked.borrow()[0].clone();
        let expected =
            json!({ "url": "ws://sim/echo", "headers": [["X-Tenant", "7"]], "bearer": "s3cret-of-the-test" });
        assert_eq!((body, asked.borrow().len()), (expected, 1));
        assert_eq!(page.shown()[0], "ws://sim/echo by relay");
        assert!(page.shown().contains(&"ping of the server: beat".to_owned()), "{:?}", page.shown());

        page.send(ALICE, "hello");
        page.pass(TICK).await;
        let state = page.connection(ALICE);
        assert_eq!(state.latency.expect("an echo").count, 1);
        assert_eq!(page.changes.borrow().totals.latency, None, "of the page's own connections");
        assert_eq!(state.relay.as_deref(), Some("20.0\u{2009}µs inside"));

        page.ask(Request::Ping { connection: ALICE });
        page.pass(TICK).await;
        let relay = page.connection(ALICE).relay.expect("by relay");
        assert!(relay.contains("ping 1.5"), "{relay}");
        assert!(page.shown().iter().any(|it| it.starts_with("pong of the server to the relay after 1.5")));

        // Another one is the page's own, and counted there.
        page.set_up(BOB, |_| {});
        page.connect(BOB);
        page.pass(TICK).await;
        page.send(BOB, "hello");
        page.pass(TICK).await;
        assert_eq!(page.connection(BOB).relay, None);
        assert_eq!(page.changes.borrow().totals.latency.expect("an echo").count, 1);
    });
}

#[test]
fn a_refusal_is_explained_by_what_the_relay_saw() {
    with_page(NONE, |page| async move {
        let facts = vec![json!({
            "fact": "answered", "at_ms": 1.0, "status": 401, "reason": "Unauthorized", "address": "127.0.0.1:1",
            "headers": [["www-authenticate", "Bearer"]], "took_ms": 2.0, "body": "no key", "body_is_cut": false
        })];
        companion(&page, facts, false);
        set_up(&page);
        page.connect(ALICE);
        page.pass(TICK * 10).await;
        let state = page.connection(ALICE);
        let why = state.why.expect("it is explained");
        assert_eq!(
            (state.phase, why.fact.as_str()),
            (Phase::Closed, "The server answered 401 Unauthorized: no key.")
        );
        let probed = why.probed.expect("all that was seen");
        assert_eq!((probed.body.as_str(), probed.headers.len()), ("no key", 1));
        assert_eq!(page.kinds().last(), Some(&FrameKind::Failed));
    });
}

#[test]
fn without_a_companion_no_profile_leaves_the_page_and_it_is_said() {
    with_page(NONE, |page| async move {
        set_up(&page);
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        let state = page.connection(ALICE);
        assert_eq!(state.phase, Phase::Closed);
        let fact = state.why.expect("it is explained").fact;
        assert_eq!(
            fact,
            "Not opened by relay: this page was not served by the command sockscope, and a browser alone sends no headers."
        );
    });
}

#[test]
fn an_empty_row_of_headers_leaves_a_connection_to_the_page() {
    with_page(NONE, |page| async move {
        let asked = companion(&page, Vec::new(), true);
        let empty_row = Profile { headers: vec![Field::default()], ..Profile::default() };
        page.set_up(ALICE, |setup| setup.profile = empty_row.to_text());
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        let state = page.connection(ALICE);
        assert_eq!((state.phase, state.relay), (Phase::Open, None));
        assert_eq!(page.shown()[0], "ws://sim/echo");
        assert!(asked.borrow().is_empty());
    });
}

#[test]
fn a_placeholder_without_a_value_is_a_mistake_and_nothing_is_asked() {
    with_page(NONE, |page| async move {
        let asked = companion(&page, Vec::new(), true);
        page.set_up(ALICE, |setup| setup.profile = profile().to_text());
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        let trouble = page.connection(ALICE).trouble.expect("a mistake");
        assert!(trouble.starts_with("not opened: token: ") && trouble.contains("token"), "{trouble}");
        assert!(asked.borrow().is_empty());
    });
}

#[test]
fn a_handshake_that_is_taken_back_while_the_relay_is_asked_ends() {
    with_page(NONE, |page| async move {
        companion(&page, Vec::new(), true);
        set_up(&page);
        page.connect(ALICE);
        page.pass(Duration::from_millis(2)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Connecting);
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK * 2).await;
        let state = page.connection(ALICE);
        assert_eq!((state.phase, state.trouble), (Phase::Closed, None));
        assert!(state.closed.expect("it has ended").cancelled_after.is_some());
    });
}

/// Which messages have the mark.
fn marks(page: &Page) -> Vec<bool> {
    let rows = page.rows.borrow();
    let messages = rows.iter().filter(|row| row.kind.is_sent() || row.kind.is_received());
    messages.map(|row| row.by_relay).collect()
}

#[test]
fn messages_by_relay_are_marked_also_where_the_session_was_kept_or_exported() {
    with_page(NONE, |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        companion(&page, Vec::new(), true);
        set_up(&page);
        page.set_up(BOB, |_| {});
        for id in [ALICE, BOB] {
            page.connect(id);
            page.pass(TICK * 2).await;
            page.send(id, "hello");
            page.pass(TICK).await;
        }
        page.pass(WRITTEN).await;
        let lines = exported(&page, EventFormat::JsonLines);
        assert_eq!(lines.matches("\"by_relay\":true").count(), 1, "{lines}");
        let csv = exported(&page, EventFormat::Csv);

        let next = after_kill(&page, &disk);
        let kept = listed(&next).await.remove(0);
        let kept = open(&next, &disk, &kept.id).await;
        assert_eq!(marks(&kept), [true, true, false, false]);
        assert_eq!(exported(&kept, EventFormat::JsonLines), lines);
        for (name, text) in [("a.jsonl", &lines), ("a.csv", &csv)] {
            let read = import(&next, &disk, vec![held(name, text.as_str())]).await;
            read.ask(Request::Look(Look { from: None, rows: 500 }));
            read.pass(TICK).await;
            assert_eq!(marks(&read), [true, true, false, false], "{name}");
            assert_eq!(read.shown()[0], "ws://sim/echo by relay", "{name}");
        }
    });
}

#[test]
fn messages_by_relay_are_marked_and_those_before_and_after_are_not() {
    with_page(NONE, |page| async move {
        companion(&page, Vec::new(), true);
        page.set_up(ALICE, |_| {});
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        assert_eq!(marks(&page), [false, false]);
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK).await;
        set_up(&page);
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        assert_eq!(marks(&page), [false, false, true, true]);
    });
}
