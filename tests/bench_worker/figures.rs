//! What the bench says of round trips and of their absence, and what leaves it as a file.

use std::time::Duration;

use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Answer, Offer, Phase, PlotOf, Question, Request, Variable};
use sockscope::worker::bench::beat;
use sockscope_engine::FrameKind;
use sockscope_engine::base::close::Codes;
use sockscope_engine::bench::backoff::Backoff;
use sockscope_engine::bench::filter::{FilterMode, FilterSpec};
use sockscope_engine::bench::pairing::PairBy;
use sockscope_engine::report::EventFormat;

const SECOND: Duration = Duration::from_secs(1);

/// Connected, in a worker whose timer beats as the real one's does.
async fn beating(page: &Page) {
    page.sim.spawn(Box::pin(beat(page.worker.clone())));
    page.connect(ALICE);
    page.pass(TICK).await;
}

fn samples(page: &Page) -> u64 {
    page.connection(ALICE).latency.map_or(0, |latency| latency.count)
}

#[test]
fn what_gets_no_answer_is_counted_once_it_has_waited_and_when_the_connection_ends() {
    with_page(Echo::default(), |page| async move {
        beating(&page).await;
        page.send(ALICE, "answered");
        page.send(ALICE, "mute");
        page.send(ALICE, "mute");
        page.pass(SECOND / 2).await;
        assert_eq!((samples(&page), page.connection(ALICE).unanswered), (1, 0), "they may still come");
        page.pass(2 * SECOND).await;
        assert_eq!((page.connection(ALICE).unanswered, page.connection(ALICE).given_up), (2, 0));
        assert_eq!(page.changes.borrow().totals.unanswered, 2);
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        assert_eq!((page.connection(ALICE).unanswered, page.connection(ALICE).given_up), (3, 3));
        page.ask(Request::Forget { connection: ALICE });
        page.pass(TICK).await;
        assert_eq!(page.changes.borrow().totals.unanswered, 3, "the sum outlives the connection");
    });
}

#[test]
fn figures_restart_with_another_server_and_when_asked_to_and_not_with_a_clearing() {
    with_page(Echo::default(), |page| async move {
        beating(&page).await;
        let all = || page.changes.borrow().totals.latency.map_or(0, |latency| latency.count);
        let again = async |url: &str| {
            page.sim.end_all(1006);
            page.pass(TICK).await;
            page.set_up(ALICE, |setup| setup.url = url.into());
            page.connect(ALICE);
            page.pass(TICK).await;
            page.send(ALICE, "x");
            page.pass(TICK).await;
        };
        again("ws://sim/echo").await;
        assert_eq!(samples(&page), 1);
        again("ws://sim/echo").await;
        assert_eq!(samples(&page), 2, "the same server");
        again("ws://sim/echo?t={{uuid}}").await;
        again("ws://sim/echo?t={{uuid}}").await;
        assert_eq!(samples(&page), 2, "another token is the same server");
        again("ws://sim/other").await;
        assert_eq!((samples(&page), all()), (1, 5));
        page.ask(Request::Clear);
        page.pass(TICK).await;
        assert_eq!((samples(&page), all()), (1, 5));
        page.ask(Request::ResetFigures(PlotOf::One(ALICE)));
        page.pass(TICK).await;
        assert_eq!((samples(&page), all()), (0, 5));
        page.ask(Request::ResetFigures(PlotOf::All));
        page.pass(TICK).await;
        assert_eq!(all(), 0);
    });
}

#[test]
fn now_is_now_also_when_nothing_comes() {
    with_page(Echo::default(), |page| async move {
        beating(&page).await;
        page.ask(Request::Plot(Some(PlotOf::All)));
        page.send(ALICE, "x");
        page.pass(25 * SECOND).await;
        let plot = page.plot.borrow().clone().expect("asked for");
        let silent = plot.now - plot.trend.last().expect("one answer").from;
        assert!((24 * SECOND..26 * SECOND).contains(&silent), "{silent:?}");
    });
}

#[test]
fn a_close_of_the_application_is_not_a_loss_unless_it_is_set_up_as_one() {
    with_page(Echo::default(), |page| async move {
        let backoff = Backoff { jitter_percent: 0, ..Backoff::default() };
        page.set_up(ALICE, |setup| setup.reconnect = Some(backoff.clone()));
        page.connect(ALICE);
        page.pass(TICK).await;
        page.sim.end_all(4001);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);
        let last = page.rows.borrow().last().cloned().expect("rows");
        assert_eq!(
            (last.kind, last.preview.as_str()),
            (FrameKind::Failed, "not reconnected: 4001 is a code after which it stays closed")
        );
        page.pass(60 * SECOND).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);

        page.connect(ALICE);
        page.pass(TICK).await;
        page.sim.end_all(1006);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting, "a loss is one");
        page.pass(SECOND).await;
        page.set_up(ALICE, |setup| {
            setup.reconnect = Some(Backoff { not_after: Codes::default(), ..backoff });
        });
        page.sim.end_all(4001);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting);
    });
}

#[test]
fn a_value_that_comes_back_is_offered_and_measured_by_once_it_is_taken() {
    with_page(Echo::default(), |page| async move {
        beating(&page).await;
        let ask = async |number: u32| {
            page.send(ALICE, &format!(r#"{{"op":"quote","request_id":"{number}"}}"#));
            page.pass(TICK).await;
        };
        ask(1).await;
        assert_eq!(page.connection(ALICE).offer, None, "one may be chance");
        ask(2).await;
        let name = || "request_id".to_owned();
        assert_eq!(page.connection(ALICE).offer, Some(Offer { sent: name(), received: name(), replies: 2 }));
        assert_eq!(samples(&page), 0);
        page.set_up(ALICE, |setup| {
            setup.pairing = PairBy::Field { sent: "$.request_id".into(), received: "$.request_id".into() };
        });
        page.pass(TICK).await;
        assert_eq!(samples(&page), 2, "the messages that are held count");
        page.draw();
        let trips = |page: &Page| page.rows.borrow().iter().filter(|row| row.round_trip.is_some()).count();
        assert_eq!(trips(&page), 2, "and their rows have it");
        // Connecting, opened, and then each question with its answer.
        let answer = |page: &Page| page.question(Question::Unanswered(PlotOf::One(ALICE)));
        assert!(matches!(&answer(&page)[..], [Answer::Unanswered(all)] if all.is_empty()));
        ask(3).await;
        assert_eq!((samples(&page), page.connection(ALICE).offer), (3, None));
        page.draw();
        assert_eq!(trips(&page), 3);
        // Another member answers nothing: what was paired before is no pair any more.
        page.set_up(ALICE, |setup| {
            setup.pairing = PairBy::Field { sent: "$.nothing".into(), received: "$.nothing".into() };
        });
        page.pass(TICK).await;
        page.draw();
        assert_eq!((samples(&page), trips(&page)), (0, 0));
    });
}

#[test]
fn an_empty_path_is_not_a_filter_and_a_hidden_frame_differs_from_one_that_is_gone() {
    with_page(Echo::default(), |page| async move {
        beating(&page).await;
        page.send(ALICE, "x");
        page.pass(TICK).await;
        let spec = FilterSpec { mode: FilterMode::Path, match_case: true, ..FilterSpec::default() };
        page.ask(Request::Filter { spec, hides: true });
        page.pass(TICK).await;
        assert_eq!(page.changes.borrow().list.hits, None);
        let find = |frame| page.question(Question::Find { frame });
        assert_eq!(find(2), [Answer::Found { frame: 2, position: 2, nth: None }]);
        let spec = FilterSpec { text: "nothing has this".into(), ..FilterSpec::default() };
        page.ask(Request::Filter { spec, hides: true });
        page.pass(TICK).await;
        assert_eq!((find(2), find(99)), (vec![Answer::Hidden], vec![Answer::Nothing]));
    });
}

#[test]
fn pins_and_remarks_are_in_every_export_without_secrets() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "token".into(), value: "s3cr3t".into(), is_secret: true }];
        });
        beating(&page).await;
        page.send(ALICE, "x");
        page.pass(TICK).await;
        page.ask(Request::Pin { frame: 2, note: "asked, with s3cr3t".into() });
        page.ask(Request::Pin { frame: 1, note: String::new() });
        let export = |format| {
            let answers = page.question(Question::Export { format, filtered: false, masks_suspects: false });
            let bytes = answers.into_iter().flat_map(|answer| match answer {
                Answer::Piece(bytes) | Answer::File { bytes, .. } => bytes,
                other => panic!("{other:?}"),
            });
            String::from_utf8(bytes.collect()).expect("UTF-8")
        };
        let lines = export(EventFormat::JsonLines);
        let lines: Vec<&str> = lines.lines().collect();
        assert!(lines[2].ends_with(r#","pinned":true,"remark":"asked, with ***"}"#), "{}", lines[2]);
        assert!(lines[1].ends_with(r#","pinned":true}"#) && !lines[3].contains("pinned"), "{lines:#?}");
        let table = export(EventFormat::Csv);
        let rows: Vec<&str> = table.lines().collect();
        assert!(rows[0].ends_with("data,pinned,remark"), "{}", rows[0]);
        assert!(rows[3].ends_with(r#",x,true,"asked, with ***""#), "{}", rows[3]);
        assert!(rows[2].ends_with(",true,") && rows[4].ends_with(",,"), "{rows:#?}");
        let har: serde_json::Value = serde_json::from_str(&export(EventFormat::Har)).expect("JSON");
        let pins = &har["log"]["entries"][0]["_sockscope"]["pins"];
        assert_eq!(
            *pins,
            serde_json::json!([{"number": 1, "remark": ""}, {"number": 2, "remark": "asked, with ***"}])
        );
    });
}
