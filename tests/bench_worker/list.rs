//! The list: filter, hits, pause, totals, pins.

use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Answer, ContentForm, Look, Question, Request};
use sockscope_engine::bench::filter::{FilterMode, FilterSpec};

/// A page with a hundred messages, every tenth of them `hit`.
pub(super) async fn hundred(page: &Page) {
    page.connect(ALICE);
    page.pass(TICK).await;
    for i in 0..50 {
        page.send(ALICE, if i % 5 == 0 { "a hit" } else { "a miss" });
        page.pass(TICK).await;
    }
}

pub(super) fn looks_for(text: &str) -> FilterSpec {
    FilterSpec { text: text.into(), ..FilterSpec::default() }
}

#[test]
fn a_filter_hides_or_marks_and_counts_while_frames_come() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        page.ask(Request::Filter { spec: looks_for("HIT"), hides: true });
        page.pass(TICK).await;
        assert_eq!(page.shown().len(), 20);
        assert!(page.shown().iter().all(|shown| shown == "a hit"));
        let list = page.changes.borrow().list.clone();
        assert_eq!(list.hits.map(|hits| (hits.count, hits.unseen)), Some((20, 0)));
        page.send(ALICE, "one more hit");
        page.pass(TICK).await;
        assert_eq!(page.shown().last().map(String::as_str), Some("one more hit"));
        page.ask(Request::Filter { spec: looks_for("HIT"), hides: false });
        page.pass(TICK).await;
        let marked = page.rows.borrow().iter().filter(|row| row.is_hit).count();
        assert_eq!((page.rows.borrow().len(), marked), (50, 10));
    });
}

#[test]
fn a_filter_that_cannot_be_read_is_reported_and_hides_nothing() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        let spec = FilterSpec { mode: FilterMode::Regex, ..looks_for("a(") };
        page.ask(Request::Filter { spec, hides: true });
        page.pass(TICK).await;
        let hits = page.changes.borrow().list.hits.clone().expect("a filter was asked for");
        let wrong = hits.wrong.expect("told");
        assert!(wrong.contains("group"), "{wrong}");
        assert_eq!(page.shown().len(), 50);
    });
}

#[test]
fn hits_are_found_forwards_and_backwards_and_around_the_end() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        page.ask(Request::Filter { spec: looks_for("hit"), hides: false });
        page.pass(TICK).await;
        let seek = |from, forward| match page.question(Question::Seek { from, forward })[..] {
            [Answer::Found { frame, nth, .. }] => (frame, nth),
            ref other => panic!("{other:?}"),
        };
        assert_eq!(seek(Some(0), true), (2, Some(1)));
        assert_eq!(seek(Some(2), true), (3, Some(2)));
        assert_eq!(seek(Some(2), false), (93, Some(20)), "around the beginning");
        assert_eq!(seek(Some(93), true), (2, Some(1)), "around the end");
    });
}

#[test]
fn a_paused_list_stands_still_while_frames_come() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        page.ask(Request::Pause(true));
        page.send(ALICE, "unseen");
        page.pass(TICK).await;
        assert!(!page.shown().contains(&"unseen".to_owned()));
        let changes = page.changes.borrow().clone();
        assert_eq!((changes.list.paused, changes.totals.frames), (Some(2), 104));
        page.ask(Request::Pause(false));
        page.draw();
        assert_eq!(page.shown().last().map(String::as_str), Some("unseen"));
    });
}

#[test]
fn totals_add_up_and_a_pin_survives_the_clearing() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        page.ask(Request::Pin { frame: 2, note: "the first".into() });
        page.ask(Request::Clear);
        page.pass(TICK).await;
        let totals = page.changes.borrow().totals;
        assert_eq!((totals.frames, totals.cleared, totals.dropped), (102, 102, 0));
        assert_eq!(page.shown(), Vec::<String>::new());
        let content = page.question(Question::Content { frame: 2, form: ContentForm::Raw });
        assert_eq!(content, [Answer::Text("a hit".into())]);
        assert_eq!(page.pins.borrow()[0].note, "the first");
        let again = Question::SendAgain { to: vec![ALICE], frame: 2 };
        assert_eq!(page.question(again), [Answer::Sent]);
        page.pass(TICK).await;
        assert_eq!(page.shown(), ["a hit", "a hit"]);
        page.ask(Request::Unpin { frame: 2 });
        page.draw();
        assert!(page.pins.borrow().is_empty());
    });
}

#[test]
fn one_may_look_anywhere_in_what_passes() {
    with_page(Echo::default(), |page| async move {
        hundred(&page).await;
        page.ask(Request::Filter { spec: looks_for("hit"), hides: true });
        page.pass(TICK).await;
        let first = page.changes.borrow().list.first;
        page.ask(Request::Look(Look { from: Some(first + 5), rows: 3 }));
        page.draw();
        let positions: Vec<_> = page.rows.borrow().iter().map(|row| row.position).collect();
        assert_eq!(positions, [first + 5, first + 6, first + 7]);
    });
}
