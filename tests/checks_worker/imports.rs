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
    OwnSuite { id: id.into(), title: title.into(), text: text.into(), ..OwnSuite::default() }
}

fn examine(suite: &str, text: &str) -> Question {
    Question::Examine { suite: suite.into(), text: text.into() }
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
        let Answer::Examined(examined) = page.ask(examine("", &importing("shared/common.jsonc"))).await
        else {
            panic!("what is in it")
        };
        assert!(
            examined.mistakes[0].message.contains(
                "the library has no such file; it has mine.json. Import the file, or give a suite the name \"common\""
            ),
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

#[test]
fn a_suite_is_found_by_the_file_that_it_came_from_whatever_it_calls_itself() {
    with_page(|page| async move {
        let keep = async |id: &str, file: &str, text: &str| {
            page.ask(Question::Keep(OwnSuite { file: file.into(), ..own(id, "", text) })).await
        };
        let find = async |suite: &str, path: &str| match page
            .ask(Question::Find { suite: suite.into(), path: path.into() })
            .await
        {
            Answer::Found(id) => id,
            other => panic!("{other:?}"),
        };
        let named = |name: &str| COMMON.replace("common parts", name);
        keep("own-1", "common.jsonc", &named("one")).await;
        assert_eq!(find("", "shared/common.jsonc").await.as_deref(), Some("own-1"), "no other is called so");
        // A change in the editor says nothing of the file.
        page.ask(Question::Keep(own("own-1", "", &named("one again")))).await;
        keep("folder-1", "deep/common.jsonc", &named("two")).await;
        keep("folder-2", "shared/common.jsonc", &named("three")).await;
        let importing = importing("../shared/common.jsonc");
        keep("folder-3", "deep/team.json", &importing).await;
        for (suite, path, found) in [
            ("", "common.jsonc", "own-1"),
            ("", "shared/common.jsonc", "folder-2"),
            ("", "lib/shared/common.jsonc", "folder-2"),
            ("folder-3", "common.jsonc", "folder-1"),
            ("folder-3", "../shared/common.jsonc", "folder-2"),
            ("folder-3", "../common.jsonc", "own-1"),
        ] {
            assert_eq!(find(suite, path).await.as_deref(), Some(found), "{path} in {suite}");
        }
        assert_eq!(problems_of(&page, "folder-3").await, 0);
        let Answer::Examined(examined) = page
            .ask(examine("folder-3", &importing.replace("shared", "other").replace("common", "parts")))
            .await
        else {
            panic!("what is in it")
        };
        let words = &examined.mistakes[0].message;
        let has = "it has ../common.jsonc, ../shared/common.jsonc, common.jsonc. Import the file";
        assert!(words.contains(has), "{words}");
        let offset = importing.find("../shared").expect("an import");
        let text = importing.replace("../shared/common.jsonc", "");
        page.ask(Question::Keep(own("folder-3", "", &text))).await;
        let Answer::Suggestions(found) = page.ask(Question::Complete { text, offset }).await else {
            panic!("suggestions")
        };
        let offered: Vec<_> = found.iter().map(|one| one.insert.as_str()).collect();
        assert!(
            offered.contains(&"\"../shared/common.jsonc\"") && offered.contains(&"\"common.jsonc\""),
            "{offered:?}"
        );
    });
}
