use std::rc::Rc;
use std::time::Duration;

use serde_json::json;

use super::super::pair::{Key, content_key, field_key};
use super::super::waiter::{Mode, Stage};
use super::*;
use crate::matcher::{Pick, Subject};

/// An inbox with a clock that goes on by a millisecond with each message.
struct Fixture {
    inbox: Inbox,
    came: Cell<u64>,
}

impl Fixture {
    fn new() -> Self {
        Self { inbox: Inbox::new(Sequence::default(), Budget::default()), came: Cell::new(0) }
    }

    fn now(&self) -> Instant {
        Instant::ORIGIN + Duration::from_millis(self.came.get())
    }

    fn arrive(&self, text: &str) -> Arrival {
        self.came.set(self.came.get() + 1);
        self.inbox.arrive(self.inbox.stamp(self.now(), text.into()))
    }

    /// An expectation of texts, from now on for a second.
    fn expect(&self, mode: Mode, texts: &[&str]) -> Rc<Waiter> {
        self.expect_since(0, mode, texts)
    }

    fn expect_since(&self, since: u64, mode: Mode, texts: &[&str]) -> Rc<Waiter> {
        let slots = texts.iter().map(|text| matcher(text)).collect();
        let deadline = self.now() + Duration::from_secs(1);
        let waiter = Waiter::new(mode, slots, since, deadline, None, None);
        self.inbox.register(&waiter);
        waiter
    }

    /// An expectation that is paired by `$.id`.
    fn correlated(&self, pick: &Rc<Pick>, id: u64, kind: &str) -> Rc<Waiter> {
        let key = field_key(pick, &Subject::of_value(json!({"id": id}))).unwrap();
        self.paired(Pair::Field(pick.clone()), key, json!({"subset": {"type": kind}}), None)
    }

    fn paired(&self, pair: Pair, key: Key, spec: serde_json::Value, sent: Option<&str>) -> Rc<Waiter> {
        let slots = vec![Some(Rc::new(Matcher::compile(&spec).unwrap()))];
        let deadline = self.now() + Duration::from_secs(1);
        let sent = sent.map(|sent| Rc::new(Payload::from(sent)));
        let waiter = Waiter::new(Mode::First, slots, 0, deadline, sent, Some((pair, key)));
        self.inbox.register(&waiter);
        waiter
    }

    #[track_caller]
    fn left(&self, expected: &[&str]) {
        let (left, _) = self.inbox.leftovers();
        assert_eq!(left.iter().map(|message| text(message)).collect::<Vec<_>>(), expected);
    }
}

/// `*` is any message, `a|b` one of several.
fn matcher(text: &str) -> Option<Rc<Matcher>> {
    let spec = match text {
        "*" => return None,
        text => {
            let any: Vec<_> = text.split('|').map(|text| json!({"text": text})).collect();
            json!({"any_of": any})
        }
    };
    Some(Rc::new(Matcher::compile(&spec).unwrap()))
}

fn text(message: &Message) -> String {
    String::from_utf8(message.subject.payload().as_bytes().to_vec()).unwrap()
}

#[track_caller]
fn selected(waiter: &Waiter, expected: &[&str]) {
    assert_eq!(waiter.selected().iter().map(|(_, message)| text(message)).collect::<Vec<_>>(), expected);
}

#[test]
fn a_message_that_came_before_a_listener_is_there() {
    let inbox = Fixture::new();
    inbox.arrive("a");
    inbox.arrive("b");
    let waiter = inbox.expect(Mode::First, &["b"]);
    assert!(matches!(waiter.stage(), Stage::Complete));
    selected(&waiter, &["b"]);
    inbox.left(&["a"]);
}

#[test]
fn a_message_goes_to_the_first_that_waits_and_to_no_other() {
    let inbox = Fixture::new();
    let (first, second) = (inbox.expect(Mode::First, &["a"]), inbox.expect(Mode::First, &["a"]));
    assert_eq!(inbox.arrive("a"), Arrival::Taken);
    assert!(first.is_done() && !second.is_done());
    assert_eq!(inbox.arrive("a"), Arrival::Taken);
    assert!(second.is_done());
    assert_eq!(inbox.arrive("a"), Arrival::Left);
    inbox.left(&["a"]);
}

#[test]
fn a_mark_hides_what_came_before() {
    let inbox = Fixture::new();
    inbox.arrive("a");
    let mark = inbox.inbox.sequence.next();
    let waiter = inbox.expect_since(mark, Mode::First, &["a"]);
    assert!(!waiter.is_done());
    inbox.arrive("a");
    assert!(waiter.is_done());
    inbox.left(&["a"]);
}

#[test]
fn the_stamp_decides_what_is_in_time() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::First, &["a"]);
    inbox.came.set(999);
    assert_eq!(inbox.arrive("a"), Arrival::Taken, "on the deadline");
    let late = inbox.expect(Mode::First, &["a"]);
    inbox.came.set(2000);
    assert_eq!(inbox.arrive("a"), Arrival::Left, "a millisecond after it");
    assert!(waiter.is_done() && !late.is_done());
}

#[test]
fn an_exact_count_is_known_only_in_the_end() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::Exactly(2), &["a"]);
    inbox.arrive("a");
    assert!(matches!(waiter.stage(), Stage::Short));
    inbox.arrive("a");
    assert!(matches!(waiter.stage(), Stage::Full));
    assert_eq!(inbox.arrive("a"), Arrival::Left, "the surplus stays");
    assert!(matches!(waiter.stage(), Stage::Exceeded(message) if text(&message) == "a"));
    selected(&waiter, &["a", "a"]);
}

#[test]
fn exactly_none() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::Exactly(0), &["a"]);
    assert!(matches!(waiter.stage(), Stage::Full));
    inbox.arrive("b");
    assert!(matches!(waiter.stage(), Stage::Full));
    inbox.arrive("a");
    assert!(matches!(waiter.stage(), Stage::Exceeded(_)));
}

#[test]
fn after_a_surplus_others_still_get_theirs() {
    let inbox = Fixture::new();
    let full = inbox.expect(Mode::Exactly(0), &["a"]);
    let next = inbox.expect(Mode::First, &["a"]);
    assert_eq!(inbox.arrive("a"), Arrival::Taken);
    assert!(matches!(full.stage(), Stage::Exceeded(_)) && next.is_done());
    inbox.inbox.forget(&full);
    assert!(inbox.inbox.inner.borrow().waiters.is_empty());
}

#[test]
fn in_order_means_one_after_the_other() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::InOrder, &["a", "b", "a"]);
    for text in ["b", "a", "a", "b", "b"] {
        inbox.arrive(text);
    }
    assert_eq!(waiter.wanted(), Some(2));
    inbox.arrive("a");
    assert!(matches!(waiter.stage(), Stage::Complete));
    selected(&waiter, &["a", "b", "a"]);
    inbox.left(&["b", "a", "b"]);
}

#[test]
fn in_any_order_the_vague_one_makes_room_for_the_strict_one() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::AnyOrder, &["*", "a|b", "a"]);
    for text in ["a", "b", "c"] {
        assert_eq!(inbox.arrive(text), Arrival::Taken, "{text}");
    }
    assert!(matches!(waiter.stage(), Stage::Complete));
    selected(&waiter, &["c", "b", "a"]);
}

#[test]
fn in_any_order_unwanted_messages_are_left() {
    let inbox = Fixture::new();
    let waiter = inbox.expect(Mode::AnyOrder, &["a", "b"]);
    for text in ["a", "a", "c"] {
        inbox.arrive(text);
    }
    assert!(matches!(waiter.stage(), Stage::Short));
    assert_eq!(waiter.wanted(), Some(1));
    inbox.left(&["a", "c"]);
}

/// For every small case: a place is found for as many messages as there is a way to place.
#[test]
fn in_any_order_as_many_are_placed_as_can_be() {
    let texts = ["a", "b", "c"];
    let kinds = ["a", "b", "c", "a|b", "b|c", "*"];
    for slots in 0..6 * 6 * 6 {
        let slots = [kinds[slots % 6], kinds[slots / 6 % 6], kinds[slots / 36]];
        for messages in 0..27 {
            let messages = [texts[messages % 3], texts[messages / 3 % 3], texts[messages / 9]];
            let inbox = Fixture::new();
            let waiter = inbox.expect(Mode::AnyOrder, &slots);
            for text in messages {
                inbox.arrive(text);
            }
            let fits = |slot: usize, at: usize| {
                slots[slot] == "*" || slots[slot].split('|').any(|text| text == messages[at])
            };
            let sequence = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            let best =
                sequence.iter().map(|order| (0..3).filter(|slot| fits(*slot, order[*slot])).count()).max();
            assert_eq!(Some(waiter.selected().len()), best, "{slots:?} {messages:?}");
        }
    }
}

#[test]
fn a_reply_is_found_by_its_field() {
    let inbox = Fixture::new();
    let id = Rc::new(Pick::read(&"$.id".into()).unwrap());
    let (one, two) = (inbox.correlated(&id, 1, "re"), inbox.correlated(&id, 2, "re"));
    assert_eq!(inbox.arrive(r#"{"id":2.0,"type":"re"}"#), Arrival::Taken);
    assert!(two.is_done() && !one.is_done());
    assert_eq!(inbox.arrive(r#"{"id":1,"type":"other"}"#), Arrival::Left);
    assert_eq!(inbox.arrive(r#"{"id":3,"type":"re"}"#), Arrival::Left);
    assert_eq!(inbox.arrive(r#"{"id":1,"type":"re"}"#), Arrival::Taken);
    assert!(one.is_done());
}

#[test]
fn a_second_reply_is_a_duplicate_and_one_after_its_time_is_late() {
    let inbox = Fixture::new();
    let id = Rc::new(Pick::read(&"$.id".into()).unwrap());
    let answered = inbox.correlated(&id, 1, "re");
    let given_up = inbox.correlated(&id, 2, "re");
    inbox.arrive(r#"{"id":1,"type":"re"}"#);
    inbox.inbox.forget(&given_up);
    assert!(answered.is_done());
    assert_eq!(inbox.arrive(r#"{"id":1,"type":"re"}"#), Arrival::Duplicate);
    assert_eq!(inbox.arrive(r#"{"id":1,"type":"other"}"#), Arrival::Left);
    assert_eq!(inbox.arrive(r#"{"id":2,"type":"re"}"#), Arrival::Late);
    assert_eq!(inbox.arrive(r#"{"id":2,"type":"re"}"#), Arrival::Duplicate);
}

#[test]
fn past_questions_do_not_fill_the_memory_and_are_known_all_the_same() {
    let inbox = Fixture::new();
    let id = Rc::new(Pick::read(&"$.id".into()).unwrap());
    let mut matchers = Vec::new();
    for i in 0..5000 {
        let waiter = inbox.correlated(&id, i, "re");
        matchers.extend(waiter.slots()[0].as_ref().map(Rc::downgrade));
        inbox.inbox.forget(&waiter);
    }
    assert_eq!(matchers.iter().filter(|matcher| matcher.strong_count() > 0).count(), 1024);
    assert_eq!(inbox.arrive(r#"{"id":0,"type":"re"}"#), Arrival::Late);
    assert_eq!(inbox.arrive(r#"{"id":0,"type":"re"}"#), Arrival::Duplicate);
    assert_eq!(inbox.arrive(r#"{"id":4999,"type":"other"}"#), Arrival::Left);
}

#[test]
fn an_echo_is_found_by_its_content() {
    let inbox = Fixture::new();
    let echo = |text: &str| {
        let key = content_key(&text.into());
        inbox.paired(Pair::Content, key, json!({"echo": true}), Some(text))
    };
    let (x, y) = (echo("x"), echo("y"));
    assert_eq!(inbox.arrive("y"), Arrival::Taken);
    assert_eq!(inbox.arrive("y"), Arrival::Duplicate);
    assert_eq!(inbox.arrive("x"), Arrival::Taken);
    assert!(x.is_done() && y.is_done());
    assert_eq!(inbox.arrive("z"), Arrival::Left);
}

#[test]
fn a_paired_reply_is_found_by_its_field_also_among_older_messages() {
    let inbox = Fixture::new();
    let id = Rc::new(Pick::read(&"$.id".into()).unwrap());
    inbox.arrive(r#"{"id":1,"type":"re"}"#);
    inbox.arrive(r#"{"id":2,"type":"re"}"#);
    let two = inbox.correlated(&id, 2, "re");
    selected(&two, &[r#"{"id":2,"type":"re"}"#]);
    inbox.left(&[r#"{"id":1,"type":"re"}"#]);
}

/// What a matcher has refused it is not asked about again; that must not hide a message from any waiter.
#[test]
fn rounds_of_one_matcher_find_what_rounds_of_many_find() {
    let rounds = |shares: bool| {
        let inbox = Fixture::new();
        let shared = matcher("a|b");
        let mut found = Vec::new();
        for round in 0..40_u64 {
            for i in 0..10 + round % 7 {
                inbox.arrive(["x", "y", "a", "x", "b", "z", "x"][((round * 31 + i * i) % 7) as usize]);
            }
            let since = [0, round, inbox.inbox.sequence.next() / 2][(round % 3) as usize];
            let slot = if shares { shared.clone() } else { matcher("a|b") };
            let deadline = inbox.now() + Duration::from_millis(if round % 5 == 0 { 3 } else { 1000 });
            let waiter = Waiter::new(Mode::First, vec![slot], since, deadline, None, None);
            inbox.inbox.register(&waiter);
            found.push(waiter);
        }
        let found = found.iter().map(|waiter| waiter.selected().first().map(|(_, message)| message.order));
        (found.collect::<Vec<_>>(), inbox.inbox.leftovers().0.len())
    };
    assert_eq!(rounds(true), rounds(false));
}

#[test]
fn the_nearest_message_is_named_with_what_differs() {
    let inbox = Fixture::new();
    inbox.arrive(r#"{"type":"left","room":"red"}"#);
    inbox.arrive(r#"{"type":"joined","room":"red"}"#);
    inbox.arrive("noise");
    let matcher = Matcher::compile(&json!({"subset": {"type": "joined", "room": "blue"}})).unwrap();
    let waiter = inbox.expect(Mode::First, &["nothing like it"]);
    let (count, near) = inbox.inbox.nearest(&waiter, Some(&matcher), &kind);
    let near = near.unwrap();
    assert_eq!((count, text(&near.message).as_str()), (3, r#"{"type":"joined","room":"red"}"#));
    assert_eq!(near.mismatch.unwrap().differences[0].to_string(), r#"$.room: expected "blue", found "red""#);
}

/// The type of a message.
fn kind(message: &Message) -> String {
    message.subject.json().and_then(|json| json["type"].as_str()).unwrap_or_default().to_owned()
}

#[test]
fn of_equally_near_messages_the_nearest_is_of_the_kind_that_came_most_often() {
    let inbox = Fixture::new();
    for place in 0..3 {
        inbox.arrive(&format!(r#"{{"type":"error","code":"UNAUTHENTICATED","n":{place}}}"#));
    }
    inbox.arrive(r#"{"type":"heartbeat","ts":1795911728393}"#);
    let matcher = Matcher::compile(&json!({"subset": {"type": "response"}})).unwrap();
    let waiter = inbox.expect(Mode::First, &["nothing like it"]);
    let (count, near) = inbox.inbox.nearest(&waiter, Some(&matcher), &kind);
    assert_eq!((count, kind(&near.unwrap().message).as_str()), (4, "error"));
}

#[test]
fn an_error_tells_more_of_what_is_missing_than_messages_of_another_kind() {
    let inbox = Fixture::new();
    inbox.arrive(r#"{"type":"error","code":"UNAUTHENTICATED","message":"send auth first"}"#);
    for ts in 0..5 {
        inbox.arrive(&format!(r#"{{"type":"heartbeat","ts":{ts}}}"#));
    }
    let waiter = inbox.expect(Mode::First, &["nothing like it"]);
    let nearest = |wanted: serde_json::Value| {
        let matcher = Matcher::compile(&json!({ "subset": wanted })).unwrap();
        kind(&inbox.inbox.nearest(&waiter, Some(&matcher), &kind).1.unwrap().message)
    };
    assert_eq!(nearest(json!({"type": "config_ack"})), "error");
    // Of the wanted kind, with another value: that is the one to compare with.
    inbox.arrive(r#"{"type":"config_ack","model":"large"}"#);
    assert_eq!(nearest(json!({"type": "config_ack", "model": "small"})), "config_ack");
}

#[test]
fn a_message_that_fits_and_was_taken_is_the_nearest() {
    let inbox = Fixture::new();
    inbox.expect(Mode::First, &["a"]);
    inbox.arrive("a");
    inbox.arrive("b");
    let waiter = inbox.expect(Mode::First, &["a"]);
    let (count, near) = inbox.inbox.nearest(&waiter, matcher("a").as_deref(), &kind);
    let near = near.unwrap();
    assert_eq!((count, text(&near.message).as_str()), (1, "a"));
    assert!(near.taken && near.mismatch.is_none());
}

#[test]
fn a_watch_sees_only_unselected_messages() {
    let inbox = Fixture::new();
    let watch = Watch::new(None, 0, inbox.now() + Duration::from_secs(1));
    inbox.inbox.watch(&watch);
    inbox.expect(Mode::First, &["a"]);
    inbox.arrive("a");
    assert!(watch.seen().is_none());
    inbox.arrive("b");
    assert_eq!(watch.seen().map(|message| text(&message)), Some("b".into()));
}

#[test]
fn too_much_is_let_go_from_the_oldest_on_and_counted() {
    let inbox = Fixture::new();
    let large = "x".repeat(MOST_LIVE / 16);
    for _ in 0..6 {
        inbox.arrive(&large);
    }
    let (left, let_go) = inbox.inbox.leftovers();
    assert_eq!((left.len(), let_go), (3, 3));
}

#[test]
fn what_was_taken_does_not_fill_the_memory() {
    let inbox = Fixture::new();
    let large = "x".repeat(MOST_RECENT / 16);
    for _ in 0..50 {
        inbox.expect(Mode::First, &["*"]);
        inbox.arrive(&large);
    }
    let inner = inbox.inbox.inner.borrow();
    assert!(inner.recent.len() <= 4 && inner.live.is_empty() && inner.waiters.is_empty());
}

#[test]
fn what_was_taken_on_many_connections_is_shared_out_among_them() {
    let budget = Budget::default();
    let crowd: Vec<Fixture> = (0..5_000)
        .map(|_| Fixture { inbox: Inbox::new(Sequence::default(), budget.clone()), came: Cell::new(0) })
        .collect();
    for _ in 0..200 {
        crowd[0].expect(Mode::First, &["*"]);
        crowd[0].arrive("an answer of some bytes");
    }
    let kept = crowd[0].inbox.inner.borrow();
    let share = MOST_RECENT_TOGETHER / crowd.len();
    assert!(kept.recent_bytes <= share && kept.recent_bytes * 2 > share, "{} of {share}", kept.recent_bytes);
    assert!(kept.recent.len() < 200 && !kept.recent.is_empty());
}

#[test]
fn the_newest_is_kept_however_large_it_is() {
    let inbox = Fixture::new();
    let giant = "x".repeat(MOST_LIVE);
    inbox.arrive("a");
    inbox.arrive(&giant);
    let (left, let_go) = inbox.inbox.leftovers();
    assert_eq!((left.len(), let_go), (1, 1));
    assert!(inbox.expect(Mode::First, &["*"]).is_done());
}

#[test]
fn a_flood_on_one_connection_costs_another_none_of_its_messages() {
    let (sequence, budget) = (Sequence::default(), Budget::default());
    let [flood, quiet] = [(); 2].map(|()| Inbox::new(sequence.clone(), budget.clone()));
    let bytes = MOST_LIVE / 8;
    let arrive = |inbox: &Inbox, bytes: usize| {
        inbox.arrive(inbox.stamp(Instant::ORIGIN, Payload::Binary(vec![0; bytes])));
    };
    arrive(&quiet, 10);
    for _ in 0..20 {
        arrive(&flood, bytes);
    }
    arrive(&quiet, 10);
    let count = |inbox: &Inbox| (inbox.leftovers().0.len(), inbox.leftovers().1);
    assert_eq!((count(&flood), count(&quiet)), ((7, 13), (2, 0)));
    assert!(budget.0.bytes.get() <= MOST_LIVE);
}
