//! What was kept of suites, values and runs and cannot be read: it is said, and nothing is written over it.

use super::page::{self, Page, TestStore};
use sockscope::wire::checks::{Answer, Forms, OwnSuite, Question, RunRequest};

fn hostile() -> TestStore {
    let store = TestStore::default();
    let good = r#"{"id":"own-1","title":"<img src=x onerror=alert(1)>","text":"{}"}"#;
    for (name, text) in [
        ("suite/own-1", good),
        ("suite/own-2", "not JSON"),
        ("suite/own-3", r#"{"id":"own-3"}"#),
        ("suite/conformance", r#"{"id":"conformance","title":"mine","text":"{}"}"#),
        ("suite/own-4", r#"{"id":"own-1","title":"another","text":"{}"}"#),
        ("runs", r#"[{"id":1},5,null]"#),
        ("forms", r#"{"environments":7}"#),
        ("toString", "[]"),
        ("__proto__", "[]"),
    ] {
        store.texts.borrow_mut().insert(name.to_owned(), text.to_owned());
    }
    store
}

#[test]
fn what_cannot_be_read_is_named_and_stays() {
    let store = hostile();
    let kept = store.clone();
    page::with_store(store.clone(), |page: Page| async move {
        let restored = page.restored();
        assert_eq!(restored.trouble, None);
        let own: Vec<_> =
            restored.library.iter().filter(|card| !card.is_shipped).map(|card| card.id.as_str()).collect();
        assert_eq!(own, ["own-1"]);
        assert_eq!(restored.library.iter().filter(|card| card.id == "conformance").count(), 1);
        let mut places: Vec<_> = restored.unread.iter().map(|it| it.place.as_str()).collect();
        places.sort_unstable();
        let expected = [
            "suite/conformance",
            "suite/own-2",
            "suite/own-3",
            "suite/own-4",
            "unread/forms/1",
            "unread/runs/1",
        ];
        assert_eq!(places, expected);
        assert_eq!(restored.forms, Forms::default());
        // Later writes leave all of it alone.
        page.ask(Question::KeepForms(Forms { selected: "own-1".into(), ..Forms::default() })).await;
        page.run(RunRequest { times: 2, ..super::run_request(super::PASSING) }).await;
        let texts = kept.texts.borrow();
        assert_eq!(texts["unread/runs/1"], r#"[{"id":1},5,null]"#);
        assert_eq!(texts["unread/forms/1"], r#"{"environments":7}"#);
        assert_eq!(texts["suite/own-2"], "not JSON");
    });
    page::with_store(store, |page: Page| async move {
        let restored = page.restored();
        assert_eq!(restored.past.len(), 2);
        assert_eq!(restored.unread.len(), 4, "the suites are still named: {:?}", restored.unread);
    });
}

#[test]
fn a_title_cannot_turn_the_line_around_or_fill_the_list() {
    page::with_page(|page: Page| async move {
        let title = format!("\u{202e}gpj.exe\n\0{}", "x".repeat(1 << 20));
        let suite = OwnSuite { id: "own-1".into(), title, text: "{}".into(), ..OwnSuite::default() };
        let Answer::Library(cards) = page.ask(Question::Keep(suite)).await else { panic!("the library") };
        let card = cards.iter().find(|card| card.id == "own-1").expect("listed");
        assert!(card.title.starts_with("\u{fffd}gpj.exe␊␀xx"), "{}", card.title);
        assert_eq!(card.title.chars().count(), 120);
    });
}
