//! What is asked before the browser's storage was read, and where there is none.

use std::time::Duration;

use super::page::{PASSING, Page, TestStore, with_early_page};
use sockscope::wire::checks::{Answer, Forms, OwnSuite, Question, Request};

const KEEP: u32 = 1;
const FORMS: u32 = 2;
const FORGET: u32 = 3;

fn mine() -> OwnSuite {
    OwnSuite { id: "own-1".into(), title: "mine".into(), text: PASSING.into(), ..OwnSuite::default() }
}

fn ask(page: &Page, id: u32, question: Question) {
    page.request(Request::Question { id, question });
}

#[test]
fn what_is_kept_before_the_storage_was_read_is_kept_and_reported_after_it() {
    with_early_page(|page| async move {
        let store = TestStore::default();
        // An older text of the same suite must not come over the newer one.
        let older = OwnSuite { title: "older".into(), ..mine() };
        let text = serde_json::to_string(&older).expect("plain data");
        store.texts.borrow_mut().insert("suite/own-1".to_owned(), text);
        ask(&page, KEEP, Question::Keep(mine()));
        ask(&page, FORMS, Question::KeepForms(Forms { selected: "own-1".into(), ..Forms::default() }));
        page.pass(Duration::from_millis(5)).await;
        assert_eq!((page.answer(KEEP), page.answer(FORMS)), (None, None), "it is not known yet");
        page.restore(store.clone()).await;
        page.pass(Duration::from_millis(5)).await;
        let Some(Answer::Library(library)) = page.answer(KEEP) else { panic!("kept") };
        assert!(library.iter().any(|card| card.title == "mine"));
        assert_eq!(page.answer(FORMS), Some(Answer::Done));
        assert!(store.texts.borrow()["suite/own-1"].contains("mine"), "{:?}", store.texts.borrow());
        assert!(store.texts.borrow()["forms"].contains("own-1"));
        ask(&page, FORGET, Question::Forget("own-1".into()));
        page.pass(Duration::from_millis(5)).await;
        assert!(matches!(page.answer(FORGET), Some(Answer::Library(_))));
        assert!(!store.texts.borrow().contains_key("suite/own-1"));
    });
}

#[test]
fn without_storage_nothing_is_said_to_be_kept() {
    with_early_page(|page| async move {
        ask(&page, KEEP, Question::Keep(mine()));
        page.restore_nothing();
        ask(&page, FORMS, Question::KeepForms(Forms::default()));
        page.pass(Duration::from_millis(5)).await;
        let Some(Answer::Unkept { library, why }) = page.answer(KEEP) else { panic!("not kept") };
        assert!(library.iter().any(|card| card.id == "own-1"), "it is there for this visit");
        assert_eq!(why, "access is denied");
        assert!(matches!(page.answer(FORMS), Some(Answer::Unkept { .. })));
        ask(&page, FORGET, Question::Forget("own-1".into()));
        page.pass(Duration::from_millis(5)).await;
        let Some(Answer::Unkept { library, .. }) = page.answer(FORGET) else { panic!("not kept") };
        assert!(library.iter().all(|card| card.id != "own-1"));
    });
}
