//! What the worker downloads after its start.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire::bench::{Answer, Inspect, Question, Request};
use sockscope::worker::bench::Later;
use sockscope_engine::World;

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
