//! The worker of the bench in a world of virtual time: what a page sees when it asks.

#![cfg(not(target_arch = "wasm32"))]

mod automatic;
mod comes_back;
mod compared;
mod disk;
mod figures;
mod folder;
mod followed;
mod former;
mod import;
mod journal;
mod kept;
mod lanes;
mod later;
mod leaves;
mod list;
mod opened;
mod page;
mod related;
mod relayed;
mod replayed;
mod sending;
mod shared;
mod shop;
mod summaries;
mod why;

use std::time::Duration;

use page::{ALICE, BOB, Echo, TICK, page, with_page};
use sockscope::wire;
use sockscope::wire::bench::{Answer, Look, Phase, Request, Shown, ShownFrame, Update};
use sockscope::worker::PageWorker as _;
use sockscope_engine::{Closing, FrameKind, World};

#[test]
fn a_round_trip_is_seen_with_its_exact_time() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
        assert_eq!(page.connection(ALICE).opened_after, Some(Duration::from_millis(3)));
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        use FrameKind::{Connecting, Opened, ReceivedText, SentText};
        assert_eq!(page.kinds(), [Connecting, Opened, SentText, ReceivedText]);
        let reply = page.rows.borrow().last().cloned().expect("four rows");
        assert_eq!((reply.preview.as_str(), reply.size), ("hello", 5));
        assert_eq!(reply.round_trip, Some(Duration::from_micros(412)));
        let connection = page.connection(ALICE);
        assert_eq!((connection.sent, connection.received), (1, 1));
        assert_eq!(connection.latency.map(|l| l.max), Some(Duration::from_micros(412)));
    });
}

#[test]
fn closing_comes_back_with_its_code_and_reason() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Close {
            connection: ALICE,
            closing: Closing::new(4001, "enough").expect("sendable"),
        });
        page.pass(TICK).await;
        let closed = page.connection(ALICE).closed.expect("it has ended");
        assert_eq!((closed.code, closed.reason.as_str(), closed.clean), (4001, "enough", true));
        assert_eq!(page.changes.borrow().totals.sockets, 0);
    });
}

#[test]
fn a_send_after_close_is_refused_with_a_reason_and_not_logged_as_sent() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK).await;
        page.send(ALICE, "too late");
        page.pass(TICK).await;
        assert_eq!(page.answers.take(), [Answer::Failed("c1 is not connected".into())]);
        assert_eq!(page.connection(ALICE).sent, 0);
        assert_eq!(page.kinds().last(), Some(&FrameKind::Closed));
    });
}

#[test]
fn a_send_before_open_is_refused_with_a_reason() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.send(ALICE, "too early");
        page.pass(TICK).await;
        assert_eq!(page.answers.take(), [Answer::Failed("c1 is still connecting".into())]);
    });
}

#[test]
fn a_refused_handshake_says_that_it_never_opened() {
    with_page(Echo { refuses: true, ..Echo::default() }, |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        let closed = page.connection(ALICE).closed.expect("it has ended");
        assert_eq!((closed.code, closed.clean, closed.was_open), (1006, false, false));
    });
}

#[test]
fn a_close_that_is_never_answered_ends_by_itself_and_its_socket_stays_counted() {
    with_page(Echo { never_answers_close: true, ..Echo::default() }, |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_millis(4_900)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closing);
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);
        let words = page.connection(ALICE).trouble.expect("it says so");
        assert!(words.contains("did not answer the close within 5\u{2009}s"), "{words}");
        assert_eq!((page.sim.open_connections(), page.changes.borrow().totals.sockets), (1, 1));
        page.connect(ALICE);
        page.pass(TICK).await;
        assert_eq!((page.connection(ALICE).phase, page.changes.borrow().totals.sockets), (Phase::Open, 2));
        page.sim.end_all(1006);
        page.pass(TICK).await;
        assert_eq!((page.connection(ALICE).phase, page.changes.borrow().totals.sockets), (Phase::Closed, 0));
    });
}

#[test]
fn a_cancelled_handshake_is_not_a_failure_of_the_server() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(Duration::from_millis(1)).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK).await;
        let connection = page.connection(ALICE);
        assert_eq!(
            connection.closed.and_then(|closed| closed.cancelled_after),
            Some(Duration::from_millis(1))
        );
        assert_eq!(connection.trouble, None);
        assert_eq!(page.kinds(), [FrameKind::Connecting, FrameKind::Closing, FrameKind::Closed]);
    });
}

#[test]
fn a_reconnect_keeps_the_log_and_the_counts() {
    with_page(Echo::default(), |page| async move {
        for _ in 0..2 {
            page.connect(ALICE);
            page.pass(TICK).await;
            page.send(ALICE, "x");
            page.pass(TICK).await;
            page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
            page.pass(TICK).await;
        }
        assert_eq!(page.connection(ALICE).sent, 2);
        assert_eq!(page.kinds().len(), 12);
    });
}

#[test]
fn one_click_is_one_handshake() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.connect(ALICE);
        page.pass(TICK).await;
        assert_eq!(page.sim.open_connections(), 1);
    });
}

#[test]
fn each_connection_sees_only_its_own_messages() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.connect(BOB);
        page.pass(TICK).await;
        page.send(ALICE, "for alice");
        page.pass(TICK).await;
        assert_eq!((page.connection(ALICE).received, page.connection(BOB).received), (1, 0));
        let rows = page.rows.borrow();
        assert!(rows.iter().filter(|r| r.preview == "for alice").all(|r| r.connection == ALICE));
    });
}

#[test]
fn the_browsers_limit_is_said_before_the_browser_fails() {
    let page = page(Echo::default(), 1);
    let sim = page.sim.clone();
    sim.run(async move {
        page.connect(ALICE);
        page.connect(BOB);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
        assert_eq!(
            page.connection(BOB).trouble.as_deref(),
            Some("not opened: this browser allows 1 sockets at once, and all are in use")
        );
        assert_eq!(page.sim.open_connections(), 1);
    })
    .expect("every wait has a bound");
}

#[test]
fn under_a_flood_a_page_that_does_not_draw_gets_one_update() {
    with_page(Echo { flood: 2000, ..Echo::default() }, |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        let before = page.updates.get();
        page.send(ALICE, "x");
        page.sim.sleep(TICK).await;
        assert_eq!(page.read(), 2, "the answer and one update, nothing more until the page has drawn");
        page.ask(Request::Seen);
        page.draw();
        assert!(page.updates.get() - before <= 3);
        assert_eq!(page.connection(ALICE).received, 2000, "and yet nothing is lost");
        assert_eq!(page.changes.borrow().totals.frames, 2003);
    });
}

#[test]
fn the_page_may_look_anywhere_in_the_log() {
    with_page(Echo { flood: 2000, ..Echo::default() }, |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "x");
        page.pass(TICK).await;
        page.ask(Request::Look(Look { from: Some(1000), rows: 20 }));
        page.draw();
        assert!(page.rows.borrow().iter().map(|r| r.number).eq(1000..1020));
        let before = page.updates.get();
        page.send(ALICE, "y");
        page.pass(TICK).await;
        assert!(page.rows.borrow().iter().map(|r| r.number).eq(1000..1020), "it stays where it looks");
        assert!(page.updates.get() > before, "and still hears the counts");
        page.ask(Request::Look(Look { from: None, rows: 3 }));
        page.draw();
        assert!(page.rows.borrow().iter().map(|r| r.number).eq(4001..4004), "and follows when asked");
    });
}

#[test]
fn a_forgotten_connection_closes_and_is_never_heard_of_again() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.connections.borrow_mut().clear();
        page.ask(Request::Forget { connection: ALICE });
        page.pass(TICK).await;
        assert!(page.connections.borrow().is_empty());
        assert_eq!((page.sim.open_connections(), page.changes.borrow().totals.sockets), (0, 0));
    });
}

#[test]
fn frames_of_a_check_are_taken_in_under_their_names_and_count_as_no_messages() {
    with_page(Echo::default(), |page| async move {
        page.pass(TICK).await;
        let before = page.changes.borrow().totals;
        let frame = |name, at, text: &str| ShownFrame {
            name,
            at,
            kind: FrameKind::ReceivedText,
            bytes: text.as_bytes().to_vec(),
        };
        page.ask(Request::Show(Box::new(Shown {
            names: vec!["alice".into(), "bob".into()],
            frames: vec![frame(0, 0, "one"), frame(1, 5, "two"), frame(7, 5, "of no client")],
            chosen: 1,
            ..Shown::default()
        })));
        page.pass(TICK).await;
        let shown = page.shown.borrow().clone().expect("told once");
        let names: Vec<_> = shown.names.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["alice", "bob"]);
        assert!(shown.names.iter().all(|(id, _)| id.is_of_check()));
        let totals = page.changes.borrow().totals;
        assert_eq!((totals.frames, totals.messages), (before.frames + 2, before.messages));
        assert_eq!(shown.frame, totals.frames - 1);
    });
}

#[test]
fn a_page_of_another_version_is_answered_with_ours() {
    with_page(Echo::default(), |page| async move {
        page.draw();
        let mut bytes = wire::encode(&Request::Seen);
        bytes[6] ^= 0xff;
        page.worker.receive(&bytes);
        let posts = page.posts.take();
        assert!(matches!(wire::decode::<Update>(&posts[0]), Ok(Update::Ready(_))));
    });
}
