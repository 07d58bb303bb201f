//! What leaves the bench: copies of a frame, a second recording, and what is kept for the next visit.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::page::{ALICE, Echo, OneText, Only, Page, TICK, with_page};
use sockscope::wire::bench::{Answer, ContentForm, Question, Recorded, Request, Variable};
use sockscope::worker::PageWorker as _;
use sockscope_engine::Closing;
use sockscope_engine::base::storage::StoreError;
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::bench::draft::{Draft, Form};

const SECRET: &str = "tok-4711/secret";

async fn login(page: &Page) -> u64 {
    page.arrange(|workspace| {
        workspace.variables = vec![Variable { name: "token".into(), value: SECRET.into(), is_secret: true }];
    });
    page.connect(ALICE);
    page.pass(TICK).await;
    page.send(ALICE, &format!(r#"{{"op":"auth","token":"{SECRET}"}}"#));
    page.pass(TICK).await;
    page.rows.borrow().iter().find(|row| row.kind.is_sent()).expect("it was sent").number
}

fn content(page: &Page, frame: u64, form: ContentForm) -> Answer {
    page.question(Question::Content { frame, form }).pop().expect("an answer")
}

#[test]
fn a_copy_a_step_and_a_draft_of_a_message_have_the_name_of_a_secret_and_not_its_value() {
    with_page(Echo::default(), |page| async move {
        let frame = login(&page).await;
        let with_name = r#"{"op":"auth","token":"{{token}}"}"#;
        assert_eq!(content(&page, frame, ContentForm::Raw), Answer::Text(with_name.into()));
        let Answer::Text(readable) = content(&page, frame, ContentForm::Readable) else { panic!("text") };
        assert!(readable.contains(r#""token": "{{token}}""#), "{readable}");
        let Answer::Text(step) = content(&page, frame, ContentForm::Step) else { panic!("a step") };
        assert!(step.contains(r#""token": "{{token}}""#) && !step.contains("4711"), "{step}");
        let draft = Draft { form: Form::Json, text: with_name.into(), is_plain: false };
        assert_eq!(content(&page, frame, ContentForm::Draft), Answer::Draft(draft.clone()));
        // Edited or not, it goes out as it did.
        page.send_draft(ALICE, draft);
        page.pass(TICK).await;
        let sizes: Vec<_> =
            page.rows.borrow().iter().filter(|row| row.kind.is_sent()).map(|row| row.size).collect();
        assert_eq!(sizes[0], sizes[1]);
    });
}

#[test]
fn a_copy_without_secrets_is_as_it_was() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"a":"{{x}}"}"#);
        page.pass(TICK).await;
        let frame = page.rows.borrow().last().expect("a reply").number;
        let text = r#"{"a":"{{x}}"}"#.to_owned();
        assert_eq!(content(&page, frame, ContentForm::Raw), Answer::Text(text.clone()));
        let draft = Draft { form: Form::Json, text, is_plain: true };
        assert_eq!(content(&page, frame, ContentForm::Draft), Answer::Draft(draft));
    });
}

#[test]
fn the_end_of_the_first_recording_is_not_part_of_the_second() {
    with_page(Echo::default(), |page| async move {
        let second = |page: &Page| page.changes.borrow().totals.second;
        let record =
            |page: &Page, from: u64| match page.question(Question::Record { filtered: false, from }).pop() {
                Some(Answer::Recording { recorded, next, .. }) => (recorded, next),
                other => panic!("{other:?}"),
            };
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        assert_eq!(second(&page), None, "none was asked for");
        let (first, next) = record(&page, 0);
        assert_eq!(first, Recorded { frames: 4, sent: 1, received: 1 });
        page.ask(Request::RecordAgain(Some(next)));
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK).await;
        assert_eq!(second(&page), Some(Recorded::default()), "only the first one has ended");
        assert_eq!(record(&page, next).0, Recorded::default());
        page.connect(ALICE);
        page.pass(TICK).await;
        assert_eq!(second(&page), Some(Recorded { frames: 2, ..Recorded::default() }));
        page.send(ALICE, "hello");
        page.pass(TICK).await;
        assert_eq!(second(&page), Some(first));
        assert_eq!(record(&page, next).0, first);
        page.ask(Request::Clear);
        page.pass(TICK).await;
        assert_eq!(second(&page), Some(Recorded::default()), "nothing is held of it");
        page.ask(Request::RecordAgain(None));
        page.pass(TICK).await;
        assert_eq!(second(&page), None);
    });
}

/// Counts how often it was written to.
#[derive(Clone, Default)]
struct Drawer(Rc<RefCell<Vec<String>>>);

impl OneText for Drawer {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>> {
        self.0.borrow_mut().push(text);
        Box::pin(async { Ok(()) })
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Drawer {
    fn has(&self, part: &str) -> bool {
        self.0.borrow().last().is_some_and(|text| text.contains(part))
    }
}

fn draft(text: &str) -> Request {
    Request::Draft(Draft { text: text.into(), ..Draft::default() })
}

#[test]
fn a_draft_is_kept_within_a_second_while_a_person_goes_on_typing() {
    let drawer = Drawer::default();
    let kept = drawer.clone();
    with_page(Echo::default(), |page| async move {
        page.worker.restore(Only(kept.clone())).await;
        page.set_up(ALICE, |_| {});
        page.pass(Duration::from_secs(2)).await;
        kept.0.borrow_mut().clear();
        // A key every 100 ms for 3 s: it never rests for as long as the worker waits for rest.
        for key in 0..30 {
            page.ask(draft(&format!("typed {key}.")));
            page.pass(Duration::from_millis(100)).await;
            if key >= 10 {
                let recent = (key - 10..=key).any(|key| kept.has(&format!("typed {key}.")));
                assert!(recent, "after key {key}: {:?}", kept.0.borrow().last());
            }
        }
        assert!(kept.0.borrow().len() <= 4, "not with every key: {} times", kept.0.borrow().len());
        page.pass(Duration::from_secs(1)).await;
        assert!(kept.has("typed 29."), "the last key");
    });
}

#[test]
fn a_draft_is_kept_at_once_when_the_page_goes_out_of_sight() {
    let drawer = Drawer::default();
    let kept = drawer.clone();
    with_page(Echo::default(), |page| async move {
        page.worker.restore(Only(kept.clone())).await;
        page.set_up(ALICE, |_| {});
        page.pass(Duration::from_secs(2)).await;
        page.ask(draft("the last word"));
        page.ask(Request::Hidden(true));
        page.pass(Duration::from_millis(1)).await;
        assert!(kept.has("the last word"), "{:?}", kept.0.borrow().last());
    });
}
