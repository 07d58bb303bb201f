//! What the worker downloads after its start.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire::bench::{Answer, Inspect, Phase, Question, Request, Variable};
use sockscope::worker::bench::Later;
use sockscope_engine::World;
use sockscope_engine::bench::draft::Draft;

use crate::page::{ALICE, Echo, Page, TICK, with_page};

const TAKES: Duration = Duration::from_millis(100);

/// The parts come after a while; the first `failing` downloads fail. Says how many there were.
fn far_away(page: &Page, failing: u32) -> Rc<Cell<u32>> {
    let (tries, sim) = (Rc::new(Cell::new(0)), page.sim.clone());
    let counted = tries.clone();
    page.worker.comes_from(Rc::new(move || {
        let (sim, tries) = (sim.clone(), counted.clone());
        Box::pin(async move {
            sim.sleep(TAKES).await;
            tries.set(tries.get() + 1);
            (tries.get() > failing).then(Later::all)
        })
    }));
    tries
}

fn formatted(text: &str) -> Question {
    Question::Format(text.to_owned())
}

fn opening(frame: u64) -> Request {
    let folds = Vec::new();
    Request::Inspect(Some(Inspect { frame, with: None, view: String::new(), from: 0, lines: 10, folds }))
}

#[test]
fn what_waits_for_a_download_is_answered_in_order_and_a_message_does_not_wait() {
    with_page(Echo::default(), |page| async move {
        far_away(&page, 0);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Question { id: 1, question: formatted("[1]") });
        page.ask(Request::Question { id: 2, question: formatted("nothing") });
        page.send(ALICE, "at once");
        page.draw();
        assert!(page.shown().iter().any(|it| it == "at once"), "{:?}", page.shown());
        page.answers.borrow_mut().retain(|it| !matches!(it, Answer::Sent));
        page.pass(TAKES * 2).await;
        let answers = page.answers.take();
        assert!(matches!(&answers[..], [Answer::Text(_), Answer::Failed(_)]), "{answers:?}");
    });
}

#[test]
fn a_download_that_fails_is_said_and_the_next_question_tries_again() {
    with_page(Echo::default(), |page| async move {
        let tries = far_away(&page, 1);
        page.question(formatted("[1]"));
        page.pass(TAKES + TICK).await;
        let said = page.answers.take();
        assert!(
            matches!(&said[..], [Answer::Failed(words)] if words.contains("could not be loaded")),
            "{said:?}"
        );
        page.question(formatted("[1]"));
        page.pass(TAKES + TICK).await;
        assert!(matches!(page.answers.take()[..], [Answer::Text(_)]));
        assert_eq!(tries.get(), 2);
    });
}

#[test]
fn a_frame_is_opened_when_what_opens_it_has_come_at_the_second_try() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        far_away(&page, 1);
        page.ask(opening(2));
        page.pass(TAKES * 2).await;
        assert!(page.detail.borrow().is_none());
        page.pass(Duration::from_secs(3)).await;
        assert_eq!(page.detail.borrow().as_ref().map(|it| it.of.frame), Some(2));
    });
}

#[test]
fn a_second_try_does_not_open_an_older_frame_over_a_newer_one() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        far_away(&page, 1);
        page.ask(opening(2));
        page.pass(TAKES * 2).await;
        page.ask(opening(3));
        page.pass(TAKES * 2).await;
        assert_eq!(page.detail.borrow().as_ref().map(|it| it.of.frame), Some(3));
        page.pass(Duration::from_secs(3)).await;
        assert_eq!(page.detail.borrow().as_ref().map(|it| it.of.frame), Some(3));
    });
}

#[test]
fn they_come_by_themselves_when_the_start_is_over() {
    with_page(Echo::default(), |page| async move {
        let tries = far_away(&page, 0);
        page.pass(Duration::from_secs(1)).await;
        assert_eq!(tries.get(), 1);
        assert!(matches!(page.question(formatted("[1]"))[..], [Answer::Text(_)]));
    });
}

/// A draft whose placeholder is filled in by what comes later.
fn numbered() -> Draft {
    Draft { text: "number {{seq}}".to_owned(), ..Draft::default() }
}

#[test]
fn a_message_with_a_placeholder_goes_out_when_what_fills_it_in_has_come() {
    with_page(Echo::default(), |page| async move {
        far_away(&page, 0);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Question {
            id: 1,
            question: Question::Send { to: vec![ALICE], draft: numbered() },
        });
        page.draw();
        assert!(page.answers.borrow().is_empty());
        page.pass(TAKES * 2).await;
        assert!(page.shown().iter().any(|it| it == "number 1"), "{:?}", page.shown());
        assert!(matches!(page.answers.take()[..], [Answer::Sent]));
    });
}

#[test]
fn a_set_up_that_needs_what_comes_later_is_taken_before_what_is_asked_after_it() {
    with_page(Echo::default(), |page| async move {
        far_away(&page, 0);
        let host = Variable { name: "host".to_owned(), value: "sim".to_owned(), is_secret: false };
        page.workspace.borrow_mut().variables = vec![host];
        page.set_up(ALICE, |setup| setup.url = "ws://{{host}}/".to_owned());
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TAKES * 2).await;
        page.pass(TICK).await;
        let connection = page.connection(ALICE);
        assert_eq!((connection.phase, connection.url.as_str()), (Phase::Open, "ws://sim/"));
    });
}

#[test]
fn a_set_up_that_could_not_be_taken_is_said_once_and_tried_again() {
    with_page(Echo::default(), |page| async move {
        let tries = far_away(&page, 2);
        page.set_up(ALICE, |setup| setup.url = "ws://sim/{{seq}}".to_owned());
        page.pass(TAKES * 2).await;
        assert_eq!(page.missing.get(), 1);
        page.pass(Duration::from_secs(6)).await;
        assert_eq!((tries.get(), page.missing.get()), (3, 1));
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).url, "ws://sim/1");
    });
}

#[test]
fn a_set_up_that_waits_to_be_tried_again_does_not_replace_a_newer_one() {
    with_page(Echo::default(), |page| async move {
        far_away(&page, 1);
        page.set_up(ALICE, |setup| setup.url = "ws://sim/{{seq}}".to_owned());
        page.pass(TAKES * 2).await;
        page.set_up(ALICE, |setup| setup.url = "ws://sim/new".to_owned());
        page.pass(Duration::from_secs(6)).await;
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).url, "ws://sim/new");
    });
}

#[test]
fn no_message_overtakes_one_whose_placeholders_wait() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        far_away(&page, 0);
        for text in ["first {{seq}}", "second", "third {{seq}}", "fourth"] {
            page.send_draft(ALICE, crate::page::text(text));
        }
        page.pass(TAKES * 3).await;
        page.draw();
        let shown = page.shown();
        let at = |text: &str| {
            shown.iter().position(|it| it == text).unwrap_or_else(|| panic!("{text}: {shown:?}"))
        };
        let places = [at("first 1"), at("second"), at("third 3"), at("fourth")];
        assert!(places.is_sorted(), "{shown:?}");
    });
}

#[test]
fn a_frame_that_cannot_be_opened_is_said() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        far_away(&page, 9);
        page.ask(opening(2));
        page.pass(TAKES * 2).await;
        assert!(page.detail.borrow().is_none());
        assert_eq!(page.missing.get(), 1);
    });
}

#[test]
fn a_new_secret_is_masked_as_it_is_written_while_what_knows_its_forms_has_not_come() {
    with_page(Echo::default(), |page| async move {
        far_away(&page, u32::MAX);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "my s3cr3t is out");
        page.pass(TICK).await;
        page.draw();
        assert!(page.shown().iter().any(|row| row == "my s3cr3t is out"), "it was none: {:?}", page.shown());
        page.arrange(|workspace| {
            let value = "s3cr3t".to_owned();
            workspace.variables = vec![Variable { name: "token".into(), value, is_secret: true }];
        });
        page.pass(TICK).await;
        page.draw();
        let rows = page.shown();
        assert_eq!(rows.iter().filter(|row| *row == "my *** is out").count(), 2, "{rows:?}");
        assert!(rows.iter().all(|row| !row.contains("s3cr3t")), "{rows:?}");
    });
}
