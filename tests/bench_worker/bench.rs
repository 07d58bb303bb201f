//! What the bench promises beside sending and receiving: it comes back, beats, repeats, answers, filters, keeps.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::page::{ALICE, BOB, Echo, OneText, Only, Page, TICK, page, with_page};
use sockscope::wire;
use sockscope::wire::bench::{
    Answer, ContentForm, Heartbeat, Inspect, Look, Match, MatchBy, Phase, PlotOf, Question, Repeat, Request,
    Rule, SavedMessage, Update, Variable, Workspace,
};
use sockscope_engine::base::storage::StoreError;
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::bench::backoff::Backoff;
use sockscope_engine::bench::compare::Side;
use sockscope_engine::bench::draft::{Draft, Form};
use sockscope_engine::bench::filter::{FilterMode, FilterSpec};
use sockscope_engine::bench::pairing::PairBy;
use sockscope_engine::explain::{HostKind, Surroundings};
use sockscope_engine::report::EventFormat;
use sockscope_engine::{Closing, FrameKind, Payload};

fn text(text: &str) -> Draft {
    Draft { text: text.into(), ..Draft::default() }
}

fn steady() -> Backoff {
    Backoff { jitter_percent: 0, ..Backoff::default() }
}

#[test]
fn a_lost_connection_comes_back_and_waits_longer_each_time() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(steady()));
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting);
        assert_eq!(page.connection(ALICE).retry.map(|retry| retry.attempt), Some(1));
        page.pass(Duration::from_millis(505)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open, "500 ms later");
        page.send(ALICE, "drop");
        page.pass(Duration::from_millis(520)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting, "this time it waits 1 s");
        page.pass(Duration::from_millis(520)).await;
        assert_eq!((page.connection(ALICE).phase, page.connection(ALICE).sent), (Phase::Open, 2));
        let total = page.changes.borrow().totals.frames;
        assert_eq!(page.kinds().iter().filter(|kind| **kind == FrameKind::Waiting).count(), 2);
        assert_eq!(page.rows.borrow().len() as u64, total, "nothing is wiped by a reconnect");
    });
}

#[test]
fn what_a_person_closed_stays_closed() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(steady()));
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_secs(5)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_secs(60)).await;
        assert_eq!((page.connection(ALICE).phase, page.sim.open_connections()), (Phase::Closed, 0));
    });
}

#[test]
fn attempts_that_are_used_up_are_reported() {
    with_page(Echo { refuses: true, ..Echo::default() }, |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(Backoff { attempts: Some(2), ..steady() }));
        page.connect(ALICE);
        page.pass(Duration::from_secs(10)).await;
        let connection = page.connection(ALICE);
        assert_eq!(connection.phase, Phase::Closed);
        assert!(connection.trouble.expect("told").contains("all attempts failed"));
        assert_eq!(page.kinds().iter().filter(|kind| **kind == FrameKind::Connecting).count(), 3);
    });
}

#[test]
fn messages_on_opening_go_out_with_their_placeholders_filled_in() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "room".into(), value: "blue".into(), is_secret: false }];
        });
        page.set_up(ALICE, |setup| {
            setup.on_open = vec![text("join {{room}} as {{client}}"), text("{{seq}}")]
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        let sent: Vec<_> = page
            .rows
            .borrow()
            .iter()
            .filter(|row| row.kind.is_sent())
            .map(|row| row.preview.clone())
            .collect();
        assert_eq!(sent, ["join blue as c1", "2"]);
    });
}

#[test]
fn a_placeholder_in_the_address_is_filled_in_or_named() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.url = "ws://{{host}}/echo".into());
        page.draw();
        assert!(page.connection(ALICE).typed.wrong.expect("no such variable").contains("host"));
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "host".into(), value: "sim".into(), is_secret: false }];
        });
        page.draw();
        assert_eq!(
            (page.connection(ALICE).typed.url.as_str(), page.connection(ALICE).typed.wrong),
            ("ws://sim/echo", None)
        );
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
    });
}

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
fn what_stands_in_the_composer_is_told_as_it_would_go_out() {
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

/// A page with a hundred messages, every tenth of them `hit`.
async fn hundred(page: &Page) {
    page.connect(ALICE);
    page.pass(TICK).await;
    for i in 0..50 {
        page.send(ALICE, if i % 5 == 0 { "a hit" } else { "a miss" });
        page.pass(TICK).await;
    }
}

fn looks_for(text: &str) -> FilterSpec {
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
fn a_filter_that_cannot_be_read_is_told_and_hides_nothing() {
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
fn a_frame_is_opened_in_its_views_and_two_are_compared() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"n":1.0,"a":1}"#);
        page.send(ALICE, r#"{"a":1,"n":2}"#);
        page.pass(TICK).await;
        let open = |frame, with, view: &str| {
            page.ask(Request::Inspect(Some(Inspect { frame, with, view: view.into(), from: 0, lines: 50 })));
            page.draw();
            page.detail.borrow().clone().expect("opened")
        };
        let detail = open(2, None, "");
        let lines: Vec<_> = detail.shown.iter().map(|line| line.text()).collect();
        assert_eq!(
            (detail.view.as_str(), lines),
            ("json", ["{", "\"n\": 1.0,", "\"a\": 1", "}"].map(String::from).to_vec())
        );
        assert_eq!(detail.views.len(), 4);
        assert!(open(2, None, "hex").shown[0].text().starts_with("00000000  7b 22 6e"));
        let compared = open(3, Some(2), "");
        assert_eq!(compared.changes, 1);
        let left: Vec<_> = compared.compared.iter().filter(|line| line.side == Side::Left).collect();
        assert_eq!(
            (left[0].place.as_str(), left[0].line.text().as_str()),
            ("$.n", "\"n\": 1.0,"),
            "the older is left"
        );
        assert_eq!(open(99, None, "").row, None);
    });
}

#[test]
fn sixteen_megabytes_are_opened_in_slices_and_read_from_anywhere() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Attach(Payload::Text(format!("[{}0]", "12345,".repeat(2 << 20)))));
        page.send_draft(ALICE, Draft { form: Form::File, text: "x".into(), is_plain: true });
        page.pass(TICK).await;
        let inspect = Inspect { frame: 3, with: None, view: String::new(), from: 2_000_000, lines: 3 };
        page.ask(Request::Inspect(Some(inspect)));
        page.pass(TICK).await;
        let detail = page.detail.borrow().clone().expect("opened");
        assert_eq!((detail.is_opening, detail.lines), (false, (2 << 20) + 3));
        assert_eq!(detail.shown[0].text(), "12345,");
    });
}

fn exported(page: &Page, format: EventFormat, filtered: bool, masks_suspects: bool) -> (String, u64) {
    let mut text = Vec::new();
    let mut frames = 0;
    for answer in page.question(Question::Export { format, filtered, masks_suspects }) {
        match answer {
            Answer::Piece(bytes) => text.extend(bytes),
            Answer::File { bytes, frames: count, .. } => {
                text.extend(bytes);
                frames = count;
            }
            other => panic!("{other:?}"),
        }
    }
    (String::from_utf8(text).expect("UTF-8"), frames)
}

#[test]
fn what_looks_like_a_secret_in_frames_is_told_and_masked_if_asked() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "pw".into(), value: "s3cr3t".into(), is_secret: true }];
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"op":"auth","token":"tok-4711-abc","password":"s3cr3t"}"#);
        page.send(ALICE, r#"{"seen":"tok-4711-abc"}"#);
        page.pass(TICK).await;
        let [Answer::Suspects(places)] = &page.question(Question::Suspects { filtered: false })[..] else {
            panic!("suspects")
        };
        // Sent and echoed. The value of a variable is masked in any case, so it is not asked about.
        assert_eq!(places, &[("`$.token`".to_owned(), 2)]);
        for format in EventFormat::ALL {
            let (plain, _) = exported(&page, format, false, false);
            assert!(plain.contains("tok-4711-abc") && !plain.contains("s3cr3t"), "{plain}");
            let (masked, frames) = exported(&page, format, false, true);
            assert_eq!(frames, 6);
            assert!(masked.contains("auth") && !masked.contains("tok-4711-abc"), "{masked}");
        }
    });
}

#[test]
fn exports_have_all_or_what_passes_and_no_secret() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "token".into(), value: "s3cr3t".into(), is_secret: true }];
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send_draft(ALICE, text("my {{token}}"));
        page.send(ALICE, "a hit");
        page.pass(TICK).await;
        page.ask(Request::Filter { spec: looks_for("hit"), hides: true });
        page.pass(TICK).await;
        let export = |format, filtered| exported(&page, format, filtered, false);
        for format in EventFormat::ALL {
            let (all, count) = export(format, false);
            assert_eq!(count, 6);
            assert!(all.contains("a hit") && !all.contains("s3cr3t"), "{all}");
            let (some, count) = export(format, true);
            assert_eq!(count, 2);
            assert!(some.contains("a hit") && !some.contains("my "), "{some}");
        }
    });
}

#[test]
fn a_failure_is_explained_by_what_was_known() {
    with_page(Echo { refuses: true, ..Echo::default() }, |page| async move {
        let around = Surroundings { page_host: HostKind::Loopback, ..Surroundings::default() };
        page.ask(Request::Surroundings(around));
        page.set_up(ALICE, |setup| setup.url = "wss://localhost:9443/".into());
        page.draw();
        assert_eq!(page.connection(ALICE).typed.warnings[0].id, "certificate");
        page.set_up(ALICE, |setup| setup.url = "ws://sim/x".into());
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        let explained = page.connection(ALICE).why.expect("explained");
        assert_eq!(explained.causes[0].id, "nothing_listens");
    });
}

#[test]
fn a_hidden_tab_taints_what_it_measures() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "seen");
        page.pass(TICK).await;
        page.ask(Request::Hidden(true));
        page.send(ALICE, "unseen");
        page.pass(TICK).await;
        page.ask(Request::Hidden(false));
        let tainted: Vec<_> =
            page.rows.borrow().iter().filter(|row| row.is_tainted).map(|row| row.preview.clone()).collect();
        assert_eq!((tainted, page.connection(ALICE).tainted), (vec!["unseen".to_owned()], 1));
        page.ask(Request::Plot(Some(PlotOf::All)));
        page.read();
        let plot = page.changes.borrow().plot.clone().expect("asked for");
        assert_eq!((plot.bars.iter().sum::<u64>(), plot.trend[0].tainted), (2, 1));
    });
}

#[test]
fn replies_are_recognised_as_the_set_up_says() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.pairing = PairBy::Off);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "x");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).latency, None);
        page.set_up(ALICE, |setup| setup.pairing = PairBy::Order);
        page.send(ALICE, "ping");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).latency.map(|latency| latency.max), Some(Duration::from_millis(1)));
    });
}

#[test]
fn a_link_brings_the_set_up_without_its_secrets() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.url = "ws://h/ws?token=abc&user=a".into());
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "pw".into(), value: "s3cr3t".into(), is_secret: true }];
            workspace.messages =
                vec![SavedMessage { name: "join".into(), draft: text("hi"), ..SavedMessage::default() }];
        });
        let workspace = Box::new(page.workspace.borrow().clone());
        let [Answer::Parts(parts)] = &page.question(Question::Share(workspace.clone()))[..] else {
            panic!("parts")
        };
        let parts = parts.iter().filter(|it| it.is_ticked).map(|it| it.part).collect();
        let [Answer::Link { fragment, left_out }] = &page.question(Question::Link { workspace, parts })[..]
        else {
            panic!("a link")
        };
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        let [Answer::Offer(offered)] = &page.question(Question::OpenShared(fragment.clone()))[..] else {
            panic!("an offer")
        };
        assert_eq!(&offered.left_out, left_out, "the recipient reads what was left out");
        let offered = &offered.workspace;
        assert_eq!(offered.connections[0].url, "ws://h/ws?token=&user=a");
        assert_eq!((offered.variables[0].value.as_str(), offered.messages[0].name.as_str()), ("", "join"));
        assert_eq!(page.sim.open_connections(), 0, "nothing connects");
        let [Answer::Failed(words)] = &page.question(Question::OpenShared("1.!".into()))[..] else {
            panic!("told")
        };
        assert!(words.contains("damaged"));
    });
}

/// A drawer that lasts longer than a page.
#[derive(Clone, Default)]
pub(super) struct Drawer(pub(super) Rc<RefCell<Option<String>>>);

impl OneText for Drawer {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let kept = self.0.borrow().clone();
        Box::pin(async move { Ok(kept) })
    }

    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>> {
        *self.0.borrow_mut() = Some(text);
        Box::pin(async { Ok(()) })
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let place = self.0.borrow().clone().map(|text| format!("aside: {text}"));
        Box::pin(async move { Ok(place) })
    }
}

fn restored(page: &Page) -> Option<Workspace> {
    page.posts.take().iter().find_map(|bytes| match wire::decode(bytes) {
        Ok(Update::Restored(restored)) => Some(restored.workspace),
        _ => None,
    })?
}

#[test]
fn a_set_up_survives_the_page() {
    let drawer = Drawer::default();
    let kept = drawer.clone();
    with_page(Echo::default(), |page| async move {
        page.read();
        page.worker.restore(Only(kept)).await;
        assert_eq!(restored(&page), None, "the first visit");
        page.set_up(ALICE, |setup| setup.name = "anna".into());
        page.arrange(|workspace| workspace.budget = 64 << 20);
        page.pass(Duration::from_secs(1)).await;
        // Nothing else changes after it.
        page.ask(Request::Draft(text("half a mess")));
        page.pass(Duration::from_secs(1)).await;
    });
    let again = page(Echo::default(), 255);
    let sim = again.sim.clone();
    let test = async move {
        again.read();
        again.worker.restore(Only(drawer)).await;
        let workspace = restored(&again).expect("it was kept");
        assert_eq!((workspace.connections[0].name.as_str(), workspace.budget), ("anna", 64 << 20));
        assert_eq!(workspace.draft.text, "half a mess");
    };
    sim.run(test).expect("every wait has a bound");
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
