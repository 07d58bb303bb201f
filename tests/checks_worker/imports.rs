//! Suites that import others: those of the library in the page, those that came along for the command.

use sockscope_engine::suite::Files;

use super::*;

const COMMON: &str = r#"{ "sockscope": 1, "suite": "common parts", "clients": { "a": { "url": "ws://sim/echo" } },
    "define": { "ask": { "with": ["what"], "steps": [
      { "connect": "a" },
      { "on": "a", "send": "{{what}}", "expect": { "any": true } } ] } } }"#;

fn importing(name: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "mine", "import": ["{name}"], "checks": [
             {{ "check": "one", "steps": [ {{ "use": "ask", "what": {{ "type": "ping" }} }} ] }} ] }}"#
    )
}

fn own(id: &str, title: &str, text: &str) -> OwnSuite {
    OwnSuite { id: id.into(), title: title.into(), text: text.into() }
}

async fn problems_of(page: &Page, id: &str) -> usize {
    let cards = match page.ask(Question::Keep(own("own-9", "", "{}"))).await {
        Answer::Library(cards) | Answer::Unkept { library: cards, .. } => cards,
        other => panic!("{other:?}"),
    };
    cards.iter().find(|card| card.id == id).expect("it is in the library").problems
}

async fn report(page: &Page, request: RunRequest) -> Report {
    let told = page.run(request).await;
    let ended = told.into_iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(*report),
        RunEvent::Refused { mistakes, reasons, .. } => panic!("{mistakes:?} {reasons:?}"),
        _ => None,
    });
    ended.expect("a report")
}

#[test]
fn an_import_is_found_in_the_library_by_the_names_of_a_suite() {
    with_page(|page| async move {
        page.ask(Question::Keep(own("own-1", "mine", &importing("shared/common.jsonc")))).await;
        assert!(problems_of(&page, "own-1").await > 0, "nothing has this name yet");
        let Answer::Examined(examined) = page.ask(Question::Examine(importing("shared/common.jsonc"))).await
        else {
            panic!("what is in it")
        };
        assert!(
            examined.mistakes[0].message.contains("the library has no suite \"common\""),
            "{:?}",
            examined.mistakes
        );
        page.ask(Question::Keep(own("own-2", "common", COMMON))).await;
        assert_eq!(problems_of(&page, "own-1").await, 0, "its card has been looked at again");
        for name in ["common", "shared/common.jsonc", "common parts"] {
            let report = report(&page, run_request(&importing(name))).await;
            assert_eq!(report.verdict, Verdict::Pass, "{name}: {:?}", report.reasons);
            assert_eq!(report.checks[0].steps[1].file.as_deref(), Some(name));
        }
    });
}

#[test]
fn a_run_has_the_files_that_came_with_it() {
    with_page(|page| async move {
        let mut request = run_request(&importing("b.json"));
        request.suites[0].files = Files::of_texts([("b.json".to_owned(), COMMON.to_owned())]);
        let report = report(&page, request).await;
        assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.reasons);
    });
}

#[test]
fn an_editor_completes_and_explains_what_the_library_brings_in() {
    with_page(|page| async move {
        page.ask(Question::Keep(own("own-2", "common", COMMON))).await;
        let text = importing("shared/common.jsonc");
        let offset = text.find("\"ask\"").expect("a use") + 1;
        let Answer::Suggestions(found) = page.ask(Question::Complete { text: text.clone(), offset }).await
        else {
            panic!("suggestions")
        };
        let labels: Vec<&str> = found.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels[..1], ["ask"]);
        let Answer::Explained(Some(explained)) =
            page.ask(Question::Explain { text: text.clone(), offset }).await
        else {
            panic!("prose")
        };
        assert_eq!(
            explained.about,
            "Its parameters: `what`.\n\nSteps, defined in `shared/common.jsonc`, line 2."
        );
        let at = text.find("shared/").expect("an import");
        let asked = Question::Complete { text: text.replace("shared/common.jsonc", ""), offset: at };
        let Answer::Suggestions(found) = page.ask(asked).await else { panic!("suggestions") };
        assert_eq!(found.iter().map(|one| one.insert.as_str()).collect::<Vec<_>>(), ["\"common.json\""]);
        let text = importing("nothing");
        let Answer::Suggestions(found) = page.ask(Question::Complete { text, offset: 0 }).await else {
            panic!("suggestions")
        };
        assert!(found.is_empty(), "before the suite nothing can stand: {found:?}");
    });
}
