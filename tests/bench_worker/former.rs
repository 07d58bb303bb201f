//! Secrets that are gone: their values stay masked for the rest of the visit, and are kept and shared nowhere.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::page::{ALICE, Echo, Only, Page, TICK, with_page};
use super::shared::Drawer;
use sockscope::wire::bench::{Answer, ContentForm, Highlight, Question, Request, Variable};
use sockscope::worker::PageWorker as _;
use sockscope_engine::bench::draft::Draft;
use sockscope_engine::bench::filter::{FilterMode, FilterSpec};
use sockscope_engine::report::EventFormat;

const SECRET: &str = "IDBSECRET4711";
const LOGIN: &str = r#"{"op":"auth","token":"IDBSECRET4711"}"#;
/// Longer than the worker waits before it keeps a change.
const UNTIL_KEPT: Duration = Duration::from_secs(3);

fn variable(name: &str, value: &str, is_secret: bool) -> Variable {
    Variable { name: name.into(), value: value.into(), is_secret }
}

async fn login(page: &Page) -> (u64, Rc<RefCell<Option<String>>>) {
    let drawer = Drawer::default();
    let kept = drawer.0.clone();
    page.worker.restore(Only(drawer)).await;
    page.arrange(|workspace| workspace.variables = vec![variable("zz", SECRET, true)]);
    page.connect(ALICE);
    page.pass(TICK).await;
    page.send(ALICE, LOGIN);
    page.arrange(|workspace| {
        workspace.sent = vec![Draft::plain(LOGIN), Draft { text: LOGIN.into(), ..Draft::default() }]
    });
    page.ask(Request::Draft(Draft { text: LOGIN.into(), ..Draft::default() }));
    page.pass(UNTIL_KEPT).await;
    let frame = page.rows.borrow().iter().find(|row| row.kind.is_sent()).expect("it was sent").number;
    (frame, kept)
}

/// Everything that the page shows, exports, copies and keeps.
async fn told(
    page: &Page,
    (frame, kept): &(u64, Rc<RefCell<Option<String>>>),
) -> Vec<(&'static str, String)> {
    page.pass(UNTIL_KEPT).await;
    let mut told = vec![
        ("rows", format!("{:?}", page.rows.borrow())),
        ("preview", format!("{:?}", page.changes.borrow().draft)),
        ("kept", kept.borrow().clone().expect("the set-up was kept")),
    ];
    for form in [ContentForm::Raw, ContentForm::Readable, ContentForm::Step, ContentForm::Draft] {
        told.push(("copy", format!("{:?}", page.question(Question::Content { frame: *frame, form }))));
    }
    for format in [EventFormat::JsonLines, EventFormat::Har, EventFormat::Csv] {
        let question = Question::Export { format, filtered: false, masks_suspects: false };
        let pieces = page.question(question);
        let bytes: Vec<u8> = pieces
            .into_iter()
            .flat_map(|piece| match piece {
                Answer::Piece(bytes) | Answer::File { bytes, .. } => bytes,
                other => panic!("{other:?}"),
            })
            .collect();
        told.push(("export", String::from_utf8(bytes).expect("text")));
    }
    told
}

#[track_caller]
fn none_has_it(told: &[(&'static str, String)]) {
    for (what, text) in told {
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
}

#[test]
fn the_value_of_a_removed_secret_stays_masked_and_is_not_kept() {
    with_page(Echo::default(), |page| async move {
        let of = login(&page).await;
        none_has_it(&told(&page, &of).await);
        page.arrange(|workspace| workspace.variables.clear());
        none_has_it(&told(&page, &of).await);
        // The removal is undone, and the variable is removed once more.
        page.arrange(|workspace| workspace.variables = vec![variable("zz", SECRET, true)]);
        none_has_it(&told(&page, &of).await);
        page.arrange(|workspace| workspace.variables.clear());
        none_has_it(&told(&page, &of).await);
    });
}

#[test]
fn a_secret_that_gets_another_value_or_name_stays_masked() {
    with_page(Echo::default(), |page| async move {
        let of = login(&page).await;
        page.arrange(|workspace| workspace.variables[0].name = "token".into());
        none_has_it(&told(&page, &of).await);
        page.arrange(|workspace| workspace.variables[0].value = "another one".into());
        none_has_it(&told(&page, &of).await);
    });
}

#[test]
fn a_secret_that_is_unticked_is_shown() {
    with_page(Echo::default(), |page| async move {
        let of = login(&page).await;
        page.arrange(|workspace| workspace.variables[0].is_secret = false);
        let told = told(&page, &of).await;
        let shown = told.iter().filter(|(what, _)| ["rows", "kept", "export"].contains(what));
        shown.for_each(|(what, text)| assert!(text.contains(SECRET), "{what}: {text}"));
    });
}

#[test]
fn the_keys_that_typed_a_secret_mask_nothing_alone() {
    let typed: Vec<String> = (1..=SECRET.len()).map(|keys| SECRET[..keys].to_owned()).collect();
    let mut former = Vec::new();
    let mut before = Vec::new();
    for value in typed.iter().chain(typed.iter().rev()).map(String::as_str).chain([""]) {
        let now = vec![variable("zz", value, true)];
        Variable::retire(&mut former, &before, &now);
        before = now;
    }
    assert_eq!(former, [variable("zz", SECRET, true)]);
}

#[test]
fn a_highlight_with_the_name_of_a_secret_marks_rows_with_its_value() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            let text = r#"$.token == "{{zz}}""#.to_owned();
            let spec = FilterSpec { text, mode: FilterMode::Path, ..FilterSpec::default() };
            workspace.highlights = vec![Highlight { spec, ..Highlight::default() }];
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, &format!(r#"{{"token":"{SECRET}"}}"#));
        page.pass(TICK).await;
        let marked = |page: &Page| page.rows.borrow().iter().filter(|row| row.highlight.is_some()).count();
        assert_eq!(marked(&page), 0, "the variable has no value yet");
        page.arrange(|workspace| workspace.variables = vec![variable("zz", SECRET, true)]);
        page.pass(TICK).await;
        assert_eq!(marked(&page), 2, "the message and its echo");
    });
}
