//! What goes out by itself: heartbeats, rules, repeats; and what the composer says before it goes out.

use super::comes_back::steady;
use super::page::text;
use super::page::{ALICE, BOB, Echo, TICK, with_page};
use sockscope::wire::bench::{
    Answer, ContentForm, Heartbeat, Match, MatchBy, Phase, Question, Repeat, Request, Rule,
};
use sockscope_engine::bench::draft::{Draft, Form};
use sockscope_engine::{Closing, FrameKind, Payload};
use std::time::Duration;

fn beating(message: &str, closes_after: Option<u32>) -> Heartbeat {
    Heartbeat {
        every: Duration::from_secs(1),
        message: text(message),
        reply: Some(Match { by: MatchBy::Equals, text: "pong".into() }),
        within: Duration::from_millis(200),
        closes_after,
    }
}

#[test]
fn heartbeats_are_answered_or_missed_and_enough_missed_ones_close() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.heartbeat = Some(beating("ping", Some(3))));
        page.connect(ALICE);
        page.pass(Duration::from_millis(5_500)).await;
        let beats = page.connection(ALICE).beats.expect("it beats");
        assert_eq!((beats.sent, beats.answered, beats.missed), (5, 5, 0));
        page.set_up(ALICE, |setup| setup.heartbeat = Some(beating("mute", Some(3))));
        page.pass(Duration::from_millis(2_900)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open, "two missed are not enough");
        page.pass(Duration::from_millis(1_500)).await;
        assert_eq!(
            (page.connection(ALICE).phase, page.connection(ALICE).beats.expect("beats").missed),
            (Phase::Closed, 3)
        );
        let frames = page.changes.borrow().totals.frames;
        page.pass(Duration::from_secs(10)).await;
        assert_eq!(page.changes.borrow().totals.frames, frames, "a closed connection has no heartbeat");
    });
}

#[test]
fn a_half_open_connection_is_noticed_by_its_heartbeat_and_opened_again() {
    let server = Echo { never_answers_close: true, ..Echo::default() };
    with_page(server, |page| async move {
        page.set_up(ALICE, |setup| {
            setup.heartbeat = Some(beating("mute", Some(1)));
            setup.reconnect = Some(steady());
        });
        page.connect(ALICE);
        page.pass(Duration::from_millis(6_900)).await;
        assert_eq!(page.kinds().iter().filter(|kind| **kind == FrameKind::Opened).count(), 2);
    });
}

fn answering(when: &str, reply: &str) -> Rule {
    Rule {
        is_on: true,
        when: Match { by: MatchBy::Contains, text: when.into() },
        reply: Draft { form: Form::Text, text: reply.into(), is_plain: false },
        ..Rule::default()
    }
}

#[test]
fn a_rule_answers_with_what_the_message_says() {
    with_page(Echo::default(), |page| async move {
        let rule = Rule {
            when: Match { by: MatchBy::Subset, text: r#"{"type":"ask"}"#.into() },
            after: Duration::from_millis(50),
            ..answering("", "{{id}} was asked")
        };
        page.arrange(|workspace| workspace.rules = vec![rule]);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"type":"ask","id":7}"#);
        page.pass(TICK).await;
        assert!(!page.shown().contains(&"7 was asked".to_owned()), "not before its time");
        page.pass(Duration::from_millis(60)).await;
        assert!(page.shown().contains(&"7 was asked".to_owned()), "{:?}", page.shown());
        assert_eq!(page.replies.borrow()[0].sent, 1);
    });
}

#[test]
fn a_recording_knows_automatic_replies_and_heartbeats() {
    with_page(Echo::default(), |page| async move {
        let rule = Rule {
            when: Match { by: MatchBy::Subset, text: r#"{"type":"ask"}"#.into() },
            ..answering("", "{{id}} was asked")
        };
        page.arrange(|workspace| workspace.rules = vec![rule]);
        page.set_up(ALICE, |setup| setup.heartbeat = Some(beating("ping", None)));
        page.connect(ALICE);
        page.pass(TICK).await;
        for id in [7, 8] {
            page.send(ALICE, &format!(r#"{{"type":"ask","id":{id}}}"#));
            page.pass(TICK).await;
        }
        page.pass(Duration::from_millis(1_500)).await;
        let mut lines = Vec::new();
        for answer in page.question(Question::Record { filtered: false, from: 0 }) {
            match answer {
                Answer::Piece(bytes) | Answer::Recording { bytes, .. } => lines.extend(bytes),
                other => panic!("{other:?}"),
            }
        }
        let lines = String::from_utf8(lines).expect("JSON Lines");
        let drafted = sockscope_engine::recorder::suite_of(&lines).expect("a recording");
        let answer = r#""answers": [{ "to": { "subset": { "type": "ask" } }, "send": { "$text": "{{message.id}} was asked" } }]"#;
        assert!(drafted.text.contains(answer), "{}", drafted.text);
        let beat = r#""heartbeat": { "every": "1s", "send": "ping", "expect": { "text": "pong" }, "within": "200ms" }"#;
        assert!(drafted.text.contains(beat), "{}", drafted.text);
        assert!(!drafted.text.contains(r#""send": "ping" }"#), "{}", drafted.text);
    });
}

#[test]
fn a_rule_that_answers_itself_is_stopped() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| workspace.rules = vec![answering("x", "xx")]);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "x");
        page.pass(Duration::from_secs(30)).await;
        let seen = page.replies.borrow()[0].clone();
        assert_eq!(seen.sent, 500);
        assert!(seen.wrong.expect("told").contains("seems to answer itself"));
    });
}

#[test]
fn a_repeat_keeps_its_pace_and_its_count() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.connect(BOB);
        page.arrange(|workspace| {
            workspace.repeat =
                Repeat { every: Duration::from_millis(100), burst: 2, count: Some(10), ..Repeat::default() };
        });
        page.pass(TICK).await;
        page.ask(Request::Repeat { to: vec![ALICE, BOB], draft: text("n {{i}}") });
        page.pass(Duration::from_millis(250)).await;
        assert_eq!(
            (page.repeat.borrow().sent, page.connection(ALICE).sent),
            (12, 6),
            "three turns of two on each"
        );
        page.pass(Duration::from_secs(1)).await;
        let seen = page.repeat.borrow().clone();
        assert_eq!((seen.is_running, seen.sent, seen.of, seen.is_failed), (false, 20, Some(20), false));
        assert!(page.shown().contains(&"n 9".to_owned()));
    });
}

#[test]
fn a_repeat_ends_with_its_time_a_click_or_what_waits() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        let every = Duration::from_millis(100);
        let repeat =
            Repeat { every, count: None, lasts: Some(Duration::from_millis(450)), ..Repeat::default() };
        page.arrange(|workspace| workspace.repeat = repeat.clone());
        page.ask(Request::Repeat { to: vec![ALICE], draft: text("x") });
        page.pass(Duration::from_secs(2)).await;
        assert_eq!((page.repeat.borrow().sent, page.repeat.borrow().ended.as_str()), (5, "time is up"));
        page.arrange(|workspace| workspace.repeat = Repeat { lasts: None, ..repeat.clone() });
        page.ask(Request::Repeat { to: vec![ALICE], draft: text("x") });
        page.pass(Duration::from_millis(350)).await;
        page.ask(Request::StopRepeat);
        page.pass(Duration::from_secs(2)).await;
        assert_eq!((page.repeat.borrow().sent, page.repeat.borrow().ended.as_str()), (4, "stopped"));
        page.ask(Request::Repeat { to: vec![ALICE], draft: text("x") });
        page.pass(Duration::from_millis(250)).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_secs(2)).await;
        assert!(page.repeat.borrow().is_failed && page.repeat.borrow().ended.contains("c1"));
    });
}

#[test]
fn what_stands_in_the_composer_is_shown_as_it_would_go_out() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.arrange(|workspace| workspace.selected = ALICE);
        page.ask(Request::Draft(Draft { form: Form::Json, text: "{\n  \"a\": }".into(), is_plain: false }));
        page.draw();
        let seen = page.draft.borrow().clone();
        assert_eq!((seen.place, seen.wrong.is_some()), (Some((2, 8)), true));
        page.ask(Request::Draft(Draft { form: Form::Hex, text: "00 ff".into(), is_plain: false }));
        page.draw();
        assert_eq!((page.draft.borrow().size, page.draft.borrow().is_text), (2, false));
        page.ask(Request::Draft(text("{{random 5 5}} {{client}}")));
        page.draw();
        assert_eq!((page.draft.borrow().preview.as_str(), page.draft.borrow().varies), ("5 c1", true));
    });
}

#[test]
fn a_file_goes_out_byte_for_byte() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Attach(Payload::Binary((0..=255).collect())));
        let file = Draft { form: Form::File, text: "a.bin".into(), is_plain: true };
        page.send_draft(ALICE, file);
        page.pass(TICK).await;
        let frame = page.rows.borrow().last().expect("a reply").number;
        let content = page.question(Question::Content { frame, form: ContentForm::Raw });
        assert_eq!(content, [Answer::Bytes((0..=255).collect())]);
    });
}
