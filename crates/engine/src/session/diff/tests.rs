//! What counts as a difference, with sessions as a server would make them.

use serde_json::json;

use super::*;
use crate::base::mask::Masker;
use crate::report::{Closed, Connection, Opened, Origin};
use crate::{Entry, FrameKind, Instant};

/// A conversation that is written down as it goes on.
struct Talk {
    session: Session,
    at: u64,
}

impl Talk {
    fn new() -> Self {
        let mut talk = Self { session: Session::new("talk", Origin::from_millis(1e12), 1 << 22), at: 0 };
        talk.open(1, "alice");
        talk
    }

    fn open(&mut self, id: u32, name: &str) {
        let at = Instant::from_nanos(self.at);
        self.session.connect(Connection {
            id,
            name: name.to_owned(),
            url: "ws://h/ws".to_owned(),
            offered: Vec::new(),
            by_relay: false,
            asked: at,
            opened: Some(Opened { at, protocol: String::new(), extensions: String::new() }),
            closed: None,
        });
        self.session.tell(at, id, FrameKind::Connecting, "ws://h/ws");
        self.session.tell(at, id, FrameKind::Opened, "");
    }

    fn push(&mut self, wait_us: u64, id: u32, kind: FrameKind, text: &str) {
        self.at += wait_us * 1000;
        let (at, bytes) = (Instant::from_nanos(self.at), text.as_bytes());
        self.session.push(Entry { at, connection: id, kind, bytes, round_trip: None, is_tainted: false });
    }

    fn sent(&mut self, message: &serde_json::Value) {
        self.push(1000, 1, FrameKind::SentText, &message.to_string());
    }

    fn came(&mut self, wait_us: u64, message: &serde_json::Value) {
        self.push(wait_us, 1, FrameKind::ReceivedText, &message.to_string());
    }

    fn closed(&mut self, code: u16) {
        let at = Instant::from_nanos(self.at);
        if let Some(connection) = self.session.latest(1) {
            connection.closed = Some(Closed { at, code, reason: String::new(), clean: true });
        }
        self.session.tell(at, 1, FrameKind::Closed, &code.to_string());
    }
}

/// Thirty questions with their answers, on a server whose ids and times begin elsewhere with each run.
fn prices(run: u64, change: &dyn Fn(u64, &mut serde_json::Value) -> u64) -> Session {
    let mut talk = Talk::new();
    talk.came(500, &json!({"type": "welcome", "session": format!("a{run}b7c9d0e1f2a3b4c5d6"), "at": 1_795_230_066_000_u64 + run}));
    for nth in 0..30 {
        talk.sent(&json!({"type": "quote", "id": nth, "item": format!("item {nth}")}));
        let mut answer = json!({"type": "price", "id": nth, "price": nth * 10, "currency": "EUR", "ts": 1_795_230_066_000_u64 + run * 1000 + nth});
        let late = change(nth, &mut answer);
        talk.came(2000 + (nth * 37 + run * 11) % 900 + late * 1000, &answer);
    }
    talk.session
}

fn as_it_is(_: u64, _: &mut serde_json::Value) -> u64 {
    0
}

fn told(diff: &Diff) -> Vec<String> {
    let mut text = String::new();
    write_text(diff, &Masker::default(), &mut text).expect("a string takes all");
    text.lines().take(diff.differences.len()).map(str::to_owned).collect()
}

#[track_caller]
fn check(first: &Session, second: &Session, expected: &[&str]) {
    assert_eq!(told(&diff(first, second, &Masks::default())), expected);
}

#[test]
fn the_same_server_makes_no_difference() {
    for run in 1..20 {
        let found = diff(&prices(0, &as_it_is), &prices(run, &as_it_is), &Masks::default());
        assert_eq!(told(&found), Vec::<String>::new());
        assert_eq!((found.matched, found.messages), (61, [61, 61]));
        assert!(found.guessed > 0);
    }
}

#[test]
fn a_member_that_is_gone_is_one_line_however_many_messages_lack_it() {
    let drops = |nth: u64, answer: &mut serde_json::Value| {
        if nth == 7 {
            answer.as_object_mut().expect("an object").remove("currency");
        }
        0
    };
    check(
        &prices(0, &as_it_is),
        &prices(1, &drops),
        &[
            "changed   {\"type\":\"price\"} to alice: $.currency was \"EUR\", is nothing  [frame 18 and frame 18]",
        ],
    );
    let all = |_: u64, answer: &mut serde_json::Value| {
        answer["price"] = json!(answer["price"].as_u64().expect("a number") + 1);
        0
    };
    check(
        &prices(0, &as_it_is),
        &prices(1, &all),
        &[
            "changed   {\"type\":\"price\"} to alice (30 messages): $.price was 0, is 1  [frame 4 and frame 4]",
        ],
    );
}

#[test]
fn a_member_that_made_the_kind_is_still_one_line() {
    let talk = |has_it: bool| {
        let mut talk = Talk::new();
        talk.sent(&json!({"ask": 1}));
        talk.came(10, &if has_it { json!({"a": 1, "b": 2, "c": 3}) } else { json!({"a": 1, "b": 2}) });
        talk.session
    };
    check(
        &talk(true),
        &talk(false),
        &["changed   {\"a\":1,\"b\":2,\"c\":3} to alice: $.c was 3, is nothing  [frame 3 and frame 3]"],
    );
}

#[test]
fn a_value_under_a_secret_name_is_not_shown() {
    let of = |token: Option<&str>| {
        let mut talk = Talk::new();
        talk.came(1000, &json!({ "type": "welcome", "session": { "token": token, "name": token } }));
        talk.session
    };
    let found = diff(&of(Some("short")), &of(None), &Masks::default());
    let masker = Masker::default();
    masker.mask_suspects();
    let mut text = String::new();
    write_text(&found, &masker, &mut text).expect("a string takes all");
    assert!(text.contains("$.session.token differs, and both values are masked"), "{text}");
    assert!(text.contains("$.session.name was \"short\", is null"), "{text}");
    assert!(told(&found).iter().any(|line| line.contains("$.session.token was \"short\", is null")));
}

#[test]
fn one_late_message_of_thirty_is_one_line() {
    let late = |nth: u64, _: &mut serde_json::Value| if nth == 12 { 50 } else { 0 };
    let found = told(&diff(&prices(0, &as_it_is), &prices(1, &late), &Masks::default()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("slower    {\"type\":\"price\"} to alice: one answer took 52"), "{found:?}");
    assert!(found[0].contains("(N = 30)  [frame 28 of the second]"), "{found:?}");
}

#[test]
fn an_answer_that_is_late_and_so_comes_behind_others_is_one_line() {
    let talk = |late_ms: u64| {
        let mut events = Vec::new();
        for nth in 0..30_u64 {
            let asked = 10_000 * nth;
            let late = if nth == 12 { late_ms * 1000 } else { 0 };
            events.push((asked, true, json!({"type": "get", "id": nth})));
            events.push((
                asked + 2000 + nth * 7 + late,
                false,
                json!({"type": "got", "id": nth, "value": nth * 2}),
            ));
        }
        events.sort_by_key(|(at, ..)| *at);
        let mut talk = Talk::new();
        let mut before = 0;
        for (at, is_sent, message) in events {
            let kind = if is_sent { FrameKind::SentText } else { FrameKind::ReceivedText };
            talk.push(at - before, 1, kind, &message.to_string());
            before = at;
        }
        talk.session
    };
    let found = told(&diff(&talk(0), &talk(50), &Masks::default()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("slower    {\"type\":\"got\"} to alice: one answer took 52"), "{found:?}");
}

#[test]
fn two_answers_that_are_swapped_are_one_line() {
    let talk = |swapped: bool| {
        let mut talk = Talk::new();
        for nth in 0..6 {
            talk.sent(&json!({"type": "get", "id": nth}));
        }
        let mut order = vec![0, 1, 2, 3, 4, 5];
        if swapped {
            order.swap(2, 3);
        }
        order
            .into_iter()
            .for_each(|nth| talk.came(100, &json!({"type": "got", "id": nth, "value": nth * 2})));
        talk.session
    };
    check(&talk(false), &talk(false), &[]);
    let found = told(&diff(&talk(false), &talk(true), &Masks::default()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("reordered {\"type\":\"got\"} to alice: other messages came before it"),
        "{found:?}"
    );
}

#[test]
fn ids_of_our_own_may_differ_and_an_answer_to_another_question_is_told() {
    let talk = |ids: [&str; 2], swapped: bool| {
        let mut talk = Talk::new();
        talk.sent(&json!({"type": "get", "id": ids[0], "key": "a"}));
        talk.sent(&json!({"type": "get", "id": ids[1], "key": "b"}));
        let (a, b) = if swapped { (ids[1], ids[0]) } else { (ids[0], ids[1]) };
        talk.came(100, &json!({"type": "got", "id": a, "value": "for a"}));
        talk.came(100, &json!({"type": "got", "id": b, "value": "for b"}));
        talk.session
    };
    check(&talk(["q-1", "q-2"], false), &talk(["q-8", "q-9"], false), &[]);
    let found = told(&diff(&talk(["q-1", "q-2"], false), &talk(["q-8", "q-9"], true), &Masks::default()));
    assert!(!found.is_empty());
}

#[test]
fn messages_that_are_missing_or_new_are_told() {
    let talk = |kinds: &[&str]| {
        let mut talk = Talk::new();
        talk.sent(&json!({"type": "join"}));
        kinds.iter().for_each(|kind| talk.came(100, &json!({"type": kind, "n": 1})));
        talk.session
    };
    check(
        &talk(&["a", "b", "c"]),
        &talk(&["a", "c"]),
        &["missing   {\"type\":\"b\"} to alice  [frame 4 of the first]"],
    );
    check(
        &talk(&["a", "c"]),
        &talk(&["a", "b", "c"]),
        &["new       {\"type\":\"b\"} to alice  [frame 4 of the second]"],
    );
}

#[test]
fn how_many_of_a_feed_come_is_no_difference_and_a_feed_that_is_gone_is_one() {
    let talk = |ticks: u64| {
        let mut talk = Talk::new();
        talk.sent(&json!({"type": "subscribe"}));
        talk.came(100, &json!({"type": "subscribed"}));
        for nth in 0..ticks {
            talk.came(200_000, &json!({"type": "tick", "price": 17 + nth * 31 % 7}));
        }
        talk.session
    };
    check(&talk(10), &talk(14), &[]);
    let found = told(&diff(&talk(10), &talk(0), &Masks::default()));
    assert_eq!(found, ["missing   {\"type\":\"tick\"} to alice (10 messages)  [frame 4 of the first]"]);
}

#[test]
fn connections_and_their_ends_are_compared() {
    let mut two = Talk::new();
    two.open(2, "bob");
    two.push(10, 2, FrameKind::ReceivedText, "hello");
    check(
        &two.session,
        &Talk::new().session,
        &["missing   connection of bob to ws://h/ws  [frame 2 of the first]"],
    );
    let ends = |code| {
        let mut talk = Talk::new();
        talk.closed(code);
        talk.session
    };
    check(
        &ends(1000),
        &ends(1011),
        &["changed   end of alice: was closed with 1000, is closed with 1011  [frame 2 and frame 2]"],
    );
    check(&Talk::new().session, &ends(1011), &["new       end of alice  [frame 2 of the second]"]);
}

#[test]
fn masks_are_learnt_from_two_runs_and_hide_nothing_else() {
    let talk = |word: &str, price: u64, has_extra: bool| {
        let mut talk = Talk::new();
        talk.sent(&json!({"type": "join"}));
        talk.came(
            100,
            &json!({"type": "joined", "greeting": word, "price": price, "list": [{"word": word}]}),
        );
        if has_extra {
            talk.came(100, &json!({"type": "tip"}));
        }
        talk.session
    };
    let (first, second) = (talk("red", 1, false), talk("blue", 1, true));
    assert_eq!(diff(&first, &second, &Masks::default()).differences.len(), 3);
    let mut masks = Masks::default();
    masks.learn(&first, &second);
    assert_eq!(diff(&first, &second, &masks).judgement(), Judgement::Same);
    let mut written = String::new();
    masks.write(&mut written).expect("a string takes all");
    assert!(written.contains("\"$.greeting\", \"$.list[*].word\""), "{written}");
    assert_eq!(Masks::parse(&written).expect("masks"), masks);
    let found = told(&diff(&first, &talk("green", 2, false), &masks));
    assert_eq!(
        found,
        ["changed   {\"type\":\"joined\"} to alice: $.price was 1, is 2  [frame 3 and frame 3]"]
    );
}

#[test]
fn texts_and_bytes_are_compared_as_they_are() {
    let talk = |text: &str, bytes: &[u8]| {
        let mut talk = Talk::new();
        talk.push(1, 1, FrameKind::ReceivedText, text);
        let at = Instant::from_nanos(talk.at);
        let kind = FrameKind::ReceivedBinary;
        talk.session.push(Entry { at, connection: 1, kind, bytes, round_trip: None, is_tainted: false });
        talk.session
    };
    check(&talk("hello you", &[1, 2]), &talk("hello you", &[1, 2]), &[]);
    let found = told(&diff(&talk("hello you", &[1, 2]), &talk("hello me", &[1, 2, 3]), &Masks::default()));
    assert!(found.iter().any(|line| line.contains("was binary AQI=, is binary AQID")), "{found:?}");
}

#[test]
fn machines_get_the_same_as_people() {
    let drops = |nth: u64, answer: &mut serde_json::Value| {
        if nth == 7 {
            answer.as_object_mut().expect("an object").remove("currency");
        }
        0
    };
    let found = diff(&prices(0, &as_it_is), &prices(1, &drops), &Masks::default());
    let masker = Masker::new(["EUR"]);
    let mut json = String::new();
    write_json(&found, &masker, &mut json).expect("a string takes all");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["same"], false);
    assert_eq!(
        value["differences"][0],
        json!({
            "what": "changed", "client": "alice", "direction": "received", "subject": "{\"type\":\"price\"}",
            "kind": "type=price;", "times": 1, "first_frame": 18, "second_frame": 18, "path": "$.currency",
            "before": "\"***\"", "after": null,
            "text": "{\"type\":\"price\"} to alice: $.currency was \"***\", is nothing"
        })
    );
    let mut xml = String::new();
    write_junit(&found, &masker, &mut xml).expect("a string takes all");
    assert!(xml.contains("tests=\"1\" failures=\"1\"") && !xml.contains("EUR"), "{xml}");
    let mut html = String::new();
    write_html(&found, &masker, &mut html).expect("a string takes all");
    assert!(html.contains("$.currency") && !html.contains("EUR") && !html.contains("<script"), "{html}");
    let mut none = String::new();
    write_junit(&diff(&prices(0, &as_it_is), &prices(1, &as_it_is), &Masks::default()), &masker, &mut none)
        .expect("a string");
    assert!(none.contains("tests=\"1\" failures=\"0\""), "{none}");
}

#[test]
fn messages_that_were_left_out_are_never_called_the_same() {
    let (one, other) = (prices(0, &as_it_is), prices(1, &as_it_is));
    let of = |most| compare(&[&one], &[&other], &Masks::default(), most).0;
    assert_eq!(of(61).judgement(), Judgement::Same);
    let found = of(60);
    assert_eq!(found.judgement(), Judgement::Inconclusive);
    let masker = Masker::default();
    let written = |write: fn(&Diff, &Masker, &mut dyn std::fmt::Write) -> std::fmt::Result| {
        let mut text = String::new();
        write(&found, &masker, &mut text).expect("a string takes all");
        text
    };
    let text = written(write_text);
    assert!(text.starts_with("inconclusive: no difference in 60 messages of both"), "{text}");
    let left_out = "Not compared: 1 message at the end of the first session; the limit is 60 messages.";
    assert!(text.contains(left_out), "{text}");
    let json: serde_json::Value = serde_json::from_str(&written(write_json)).expect("JSON");
    assert_eq!((&json["same"], &json["judgement"]), (&json!(false), &json!("inconclusive")));
    let xml = written(write_junit);
    assert!(xml.contains("failures=\"0\" errors=\"1\"") && xml.contains("type=\"inconclusive\""), "{xml}");
    let html = written(write_html);
    assert!(html.contains("data-verdict=\"inconclusive\"") && html.contains(left_out), "{html}");
    // A difference among what was compared is one.
    let drops = |nth: u64, answer: &mut serde_json::Value| {
        answer.as_object_mut().filter(|_| nth == 2).map(|it| it.remove("currency"));
        0
    };
    let other = prices(1, &drops);
    assert_eq!(compare(&[&one], &[&other], &Masks::default(), 9).0.judgement(), Judgement::Different);
}

#[test]
fn a_session_without_its_oldest_frames_is_never_called_the_same() {
    let talk = |budget| {
        let mut talk = Talk::new();
        talk.session = Session::new("talk", Origin::from_millis(1e12), budget);
        talk.open(1, "alice");
        (0..4000).for_each(|nth| talk.came(100, &json!({"type": "note", "n": nth, "text": "x".repeat(500)})));
        talk.session
    };
    assert_eq!(diff(&talk(1 << 22), &talk(1 << 22), &Masks::default()).judgement(), Judgement::Same);
    let cut = talk(1 << 20);
    assert!(cut.log.dropped() > 0);
    let found = diff(&cut, &cut, &Masks::default());
    assert_eq!(found.judgement(), Judgement::Inconclusive);
    assert!(found.left_out[0].starts_with("Not compared: the oldest "), "{found:?}");
}

#[test]
fn several_runs_give_the_samples_that_one_has_not() {
    let once = |run: u64, late: u64| {
        let mut talk = Talk::new();
        talk.sent(&json!({"type": "join"}));
        talk.came(2000 + run * 13 % 700 + late * 1000, &json!({"type": "joined"}));
        talk.session
    };
    let runs = |late| (0..30).map(|run| once(run, late)).collect::<Vec<_>>();
    let (before, after) = (runs(0), runs(50));
    let found = diff(&before[0], &after[0], &Masks::default());
    assert!(found.differences.is_empty(), "one sample says nothing");
    let (before, after): (Vec<&Session>, Vec<&Session>) = (before.iter().collect(), after.iter().collect());
    let found = told(&diff_runs(&before, &after, &Masks::default()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("slower    {\"type\":\"joined\"} to alice: the median was 2"), "{found:?}");
}
