//! Where messages come from, as lanes draw it: questions with their answers, and messages that arrive at other connections.

use std::time::Duration;

use super::page::{ALICE, BOB, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Request, Row, Shown, ShownFrame};
use sockscope_engine::FrameKind;
use sockscope_engine::FrameKind::{Closed, Opened, ReceivedText, SentText};
use sockscope_engine::bench::filter::FilterSpec;

/// Takes in frames of two connections, or more: whose, when in milliseconds, what.
fn take_in(page: &Page, frames: &[(u32, u64, FrameKind, &str)], wrong: &[u32]) {
    let frames = frames.iter().map(|(name, at, kind, text)| ShownFrame {
        name: *name,
        at: at * 1_000_000,
        kind: *kind,
        bytes: text.as_bytes().to_vec(),
    });
    page.ask(Request::Show(Box::new(Shown {
        names: ["alice", "bob", "mallory"].map(str::to_owned).to_vec(),
        frames: frames.collect(),
        wrong: wrong.to_vec(),
        in_lanes: true,
        ..Shown::default()
    })));
}

fn with_lanes(page: &Page) {
    page.arrange(|workspace| workspace.layout.lanes = true);
}

/// Of each row its origin: the position, and how long ago in milliseconds.
fn origins(page: &Page) -> Vec<Option<(u64, u128)>> {
    let of = |row: &Row| row.origin.map(|it| (it.position, it.took.as_millis()));
    page.rows.borrow().iter().map(of).collect()
}

#[test]
fn an_answer_names_the_position_of_its_question_and_the_question_that_of_its_answer() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "one");
        page.pass(TICK).await;
        let none = |row: &Row| row.origin.is_none() && row.answer.is_none();
        assert!(page.rows.borrow().iter().all(none), "a list draws no lines");
        with_lanes(&page);
        page.pass(TICK).await;
        let rows = page.rows.borrow().clone();
        let origin = rows[3].origin.expect("it answers the message before it");
        assert_eq!((rows[2].answer, origin.position, origin.connection), (Some(3), 2, ALICE));
        assert_eq!(Some(origin.took), rows[3].round_trip);
        // A question that the filter hides has no place to draw a line from.
        let spec = FilterSpec { sent: false, ..FilterSpec::default() };
        page.ask(Request::Filter { spec, hides: true });
        page.pass(TICK).await;
        let rows = page.rows.borrow().clone();
        assert_eq!((rows.len(), rows[2].number, rows[2].origin), (3, 3, None));
    });
}

#[test]
fn a_message_arrives_at_the_connections_that_receive_what_is_its_own() {
    with_page(Echo::default(), |page| async move {
        with_lanes(&page);
        let frames = [
            (0, 0, Opened, ""),
            (0, 1, SentText, r#"{"type":"join","room":"r-7","id":"a"}"#),
            (1, 2, SentText, r#"{"type":"join","room":"r-7","id":"b"}"#),
            (0, 3, ReceivedText, r#"{"type":"joined","room":"r-7","id":"a"}"#),
            (0, 10, SentText, r#"{"type":"say","room":"r-7","text":"hi"}"#),
            (1, 12, ReceivedText, r#"{"type":"said","room":"r-7","from":"alice","text":"hi"}"#),
            // Everyone says the room, so the room says nothing.
            (1, 13, ReceivedText, r#"{"type":"tick","room":"r-7","n":7}"#),
            (2, 500, ReceivedText, r#"{"type":"said","room":"r-7","from":"alice","text":"hi"}"#),
            (2, 1200, ReceivedText, r#"{"type":"said","room":"r-7","from":"alice","text":"hi"}"#),
            (2, 1300, Closed, "1006"),
        ];
        take_in(&page, &frames, &[7]);
        page.pass(TICK).await;
        let expected = [None, None, None, Some((1, 2)), None, Some((4, 2)), None, Some((4, 490)), None, None];
        assert_eq!(origins(&page), expected);
        let wrong: Vec<_> =
            page.rows.borrow().iter().filter(|row| row.is_wrong).map(|it| it.number).collect();
        assert_eq!(wrong, [7]);
        let totals = page.changes.borrow().totals;
        assert!(totals.latency.is_none(), "round trips of a check are none of the bench");
    });
}

#[test]
fn a_ticker_that_names_what_another_connection_asks_about_does_not_come_of_that() {
    with_page(Echo::default(), |page| async move {
        with_lanes(&page);
        let tick = r#"{"type":"tick","symbol":"NVDA","price":136.92}"#;
        let frames = [
            (1, 0, ReceivedText, tick),
            (0, 10, SentText, r#"{"op":"order","symbol":"NVDA"}"#),
            (1, 20, ReceivedText, tick),
            (2, 30, ReceivedText, tick),
            (2, 40, ReceivedText, tick),
        ];
        take_in(&page, &frames, &[]);
        page.pass(TICK).await;
        // Mallory hears of it for the first time, and only once.
        assert_eq!(origins(&page), [None, None, None, Some((1, 20)), None]);
    });
}

#[test]
fn plain_text_arrives_within_a_longer_one_and_never_from_another_when_the_receiver_sent_it() {
    with_page(Echo::default(), |page| async move {
        with_lanes(&page);
        let frames = [
            (0, 0, SentText, "good morning"),
            (1, 5, ReceivedText, "alice: good morning"),
            (1, 6, ReceivedText, "bob: good evening"),
            (0, 20, SentText, "x"),
            (1, 21, ReceivedText, "alice: x"),
            (0, 30, SentText, "twice"),
            (1, 31, SentText, "twice"),
            (1, 32, ReceivedText, "bob: twice"),
        ];
        take_in(&page, &frames, &[]);
        page.pass(Duration::from_secs(1)).await;
        assert_eq!(origins(&page), [None, Some((0, 5)), None, None, None, None, None, None]);
    });
}

#[test]
fn a_message_that_may_answer_the_receivers_own_question_comes_of_nothing_else() {
    with_page(Echo::default(), |page| async move {
        with_lanes(&page);
        let quote = r#"{"op":"quote","symbol":"NVDA","request_id":"k1"}"#;
        let answer = r#"{"type":"response","request_id":"k1","ok":true,"symbol":"NVDA","price":136.92}"#;
        let join = r#"{"type":"join","room":"r-7"}"#;
        let alice_joined = r#"{"type":"joined","room":"r-7","user":"alice","members":1}"#;
        let frames = [
            (0, 0, SentText, quote),
            (1, 1, SentText, quote),
            (0, 5, ReceivedText, answer),
            (1, 6, ReceivedText, answer),
            (0, 5000, SentText, join),
            (1, 5001, SentText, join),
            (2, 5002, SentText, join),
            (0, 5005, ReceivedText, alice_joined),
            (0, 5006, ReceivedText, r#"{"type":"joined","room":"r-7","user":"bob","members":2}"#),
            // The room is everyone's, and what is said in it is alice's: bob and mallory hear it of her.
            (0, 5010, SentText, r#"{"type":"say","room":"r-7","text":"a secret"}"#),
            (1, 5012, ReceivedText, r#"{"type":"said","room":"r-7","from":"alice","text":"a secret"}"#),
            (2, 5013, ReceivedText, r#"{"type":"said","room":"r-7","from":"alice","text":"a secret"}"#),
            (1, 5014, SentText, r#"{"type":"leave","room":"r-7"}"#),
            (1, 9000, SentText, "twice"),
            (0, 9001, SentText, "twice"),
            (1, 9002, ReceivedText, "twice, you said"),
        ];
        take_in(&page, &frames, &[]);
        page.pass(Duration::from_secs(1)).await;
        let said = [None, Some((9, 2)), Some((9, 3)), None];
        assert_eq!(origins(&page), [&[None; 9][..], &said, &[None; 3]].concat());
    });
}

#[test]
fn a_connection_that_has_ended_is_gone_with_its_last_frame() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.connect(BOB);
        page.pass(TICK).await;
        take_in(&page, &[(0, 0, SentText, "one"), (1, 5, ReceivedText, "two"), (2, 6, Opened, "")], &[]);
        page.arrange(|workspace| workspace.connections.retain(|it| it.id != BOB));
        page.ask(Request::Forget { connection: BOB });
        page.pass(Duration::from_secs(1)).await;
        let of_check = page.shown.borrow().clone().expect("frames of a check").names;
        assert_eq!(*page.gone.borrow(), [], "all have frames");
        let pinned = page.rows.borrow().iter().find(|row| row.preview == "two").map(|row| row.number);
        let pinned = pinned.expect("a row");
        page.ask(Request::Pin { frame: pinned, note: String::new() });
        page.ask(Request::Clear);
        page.pass(TICK).await;
        // Alice is open and may say more; a frame of bob of the check is pinned.
        let mut gone = page.gone.take();
        gone.sort();
        assert_eq!(gone, [BOB, of_check[0].0, of_check[2].0]);
        page.ask(Request::Unpin { frame: pinned });
        page.pass(TICK).await;
        assert_eq!(page.gone.take(), [of_check[1].0]);
        page.pass(TICK).await;
        assert_eq!(page.gone.take(), [], "each is told once");
    });
}
