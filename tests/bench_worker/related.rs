//! Questions and answers, the frame beside another one, and what stands on a line of an opened frame.

use std::time::Duration;

use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Answer, Detail, Inspect, PlotOf, Question, Request, Variable};
use sockscope_engine::bench::filter::FilterSpec;

fn open(page: &Page, frame: u64, folds: &[u64]) -> Detail {
    let inspect =
        Inspect { frame, with: None, view: String::new(), from: 0, lines: 50, folds: folds.to_vec() };
    page.ask(Request::Inspect(Some(inspect)));
    page.draw();
    page.detail.borrow().clone().expect("opened")
}

fn answer(page: &Page, question: Question) -> Answer {
    page.question(question).pop().expect("each question has an answer")
}

#[test]
fn a_question_names_its_answer_also_when_that_comes_later() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "one");
        // Connecting, opened, sent: the answer is still on its way.
        assert_eq!(open(&page, 2, &[]).related, None);
        page.pass(TICK).await;
        let related = page.detail.borrow().clone().and_then(|it| it.related).expect("the answer has come");
        assert_eq!((related.row.number, related.is_answer), (3, true));
        let question = open(&page, 3, &[]).related.expect("it answers something");
        assert_eq!((question.row.number, question.is_answer), (2, false));
        assert_eq!(question.took, related.took);
        assert_eq!(question.row.preview, "one");
    });
}

#[test]
fn messages_without_an_answer_are_listed_with_whether_they_still_wait() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        for text in ["answered", "mute", "mute"] {
            page.send(ALICE, text);
        }
        page.pass(Duration::from_secs(3)).await;
        let listed = |of| match answer(&page, Question::Unanswered(of)) {
            Answer::Unanswered(all) => {
                all.iter().map(|it| (it.row.preview.clone(), it.is_pending)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let waits = vec![("mute".to_owned(), true), ("mute".to_owned(), true)];
        assert_eq!(listed(PlotOf::All), waits);
        assert_eq!(listed(PlotOf::One(ALICE)), waits);
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        assert!(listed(PlotOf::All).iter().all(|(_, is_pending)| !is_pending), "the connection has ended");
    });
}

#[test]
fn the_frame_beside_another_is_that_of_the_list() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        for text in ["a", "b"] {
            page.send(ALICE, text);
            page.pass(TICK).await;
        }
        let beside = |frame, forward| match answer(&page, Question::Beside { frame, forward }) {
            Answer::Found { frame, .. } => Some(frame),
            _ => None,
        };
        assert_eq!([beside(3, true), beside(3, false), beside(0, false)], [Some(4), Some(2), None]);
        let spec = FilterSpec { text: "b".to_owned(), life: false, ..FilterSpec::default() };
        page.ask(Request::Filter { spec, hides: true });
        page.pass(TICK).await;
        assert_eq!(
            [beside(2, true), beside(4, true), beside(5, true), beside(4, false)],
            [Some(4), Some(5), None, None]
        );
    });
}

#[test]
fn a_line_has_a_path_and_a_value_folds_and_is_found() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            let (name, value) = ("token".to_owned(), "t0p-secret".to_owned());
            workspace.variables.push(Variable { name, value, is_secret: true });
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"type":"auth","data":{"token":"t0p-secret","n":1.50},"tail":[1,2]}"#);
        page.pass(TICK).await;
        let whole = open(&page, 2, &[]);
        assert_eq!((whole.lines, whole.folds[2], whole.folds[3]), (11, (2, Some(false)), (3, None)));
        let node = |line| match answer(&page, Question::Node { line }) {
            Answer::Node { path, value, is_container } => (path, value, is_container),
            other => panic!("{other:?}"),
        };
        assert_eq!(node(4), ("$.data.n".to_owned(), "1.50".to_owned(), false));
        assert_eq!(
            node(3),
            ("$.data.token".to_owned(), r#""{{token}}""#.to_owned(), false),
            "a secret is its name"
        );
        assert_eq!(node(5).0, "$.data", "an end is of the whole");
        let folded = open(&page, 2, &[2]);
        assert_eq!((folded.lines, folded.shown[2].text().as_str()), (8, "\"data\": { 2 lines },"));
        assert_eq!(folded.folds[2..4], [(2, Some(true)), (6, Some(false))]);
        let within = |text: &str, nth| answer(&page, Question::Within { text: text.to_owned(), nth });
        // It stands in the folded part, which is to be unfolded.
        assert_eq!(
            within("1.50", 0),
            Answer::Within { count: 1, nth: 0, line: 4, position: 4, unfolds: vec![2] }
        );
        assert!(
            matches!(within("\"T", -1), Answer::Within { count: 4, nth: 3, line: 6, .. }),
            "in either case"
        );
        assert_eq!(within("nowhere", 0), Answer::Nothing);
    });
}
