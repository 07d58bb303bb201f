//! "Insert a step": each ready-made step goes into a suite without a mistake, in the words of that suite.

use std::time::Duration;

use support::page::{Browser, drop_on, eventually, open_checks, test_page};

const ONE: &str = r#"{ "sockscope": 1, "suite": "one", "clients": { "user": { "url": "ws://localhost:9000/ws" } },
  "checks": [ { "check": "c", "steps": [
    { "connect": "user" } ] } ] }"#;

const TWO: &str = r#"{ "sockscope": 1, "suite": "two", "vars": { "hall": "h" },
  "clients": { "dora": { "url": "ws://localhost:9000/ws" }, "many": { "url": "ws://localhost:9000/ws", "count": 3 } },
  "define": { "enter": { "with": ["hall"], "steps": [ { "send": "{{hall}}" } ] } },
  "checks": [ { "check": "c", "steps": [
    { "connect": "dora" } ] } ] }"#;

const NONE: &str = r#"{ "sockscope": 1, "suite": "none", "checks": [ { "check": "c", "steps": [
    { "wait": "1ms" } ] } ] }"#;

const UNDO: &str = "\u{e009}z\u{e000}";

async fn document(browser: &Browser) -> String {
    let text = "return document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-content')?.innerText ?? ''";
    browser.run(text).await.as_str().expect("a text").to_owned()
}

/// Inserts each of them alone, and tells those that did not go in with what was said.
async fn insert_each(browser: &Browser, name: &str, suite: &str) -> Vec<String> {
    drop_on(browser, ".library", &[(name, suite)]).await;
    let stem = name.split('.').next().expect("a name");
    browser
        .until_script(&format!(
            "return document.querySelector('input[data-testid=suite-title]')?.value === '{stem}'"
        ))
        .await;
    let begin = eventually("the document", async || {
        let text = document(browser).await;
        text.contains(&format!("\"{stem}\"")).then_some(text)
    })
    .await;
    browser.until_text("edit-state", "No mistakes.").await;
    browser.run("document.querySelector('[data-testid=insert]').open = true").await;
    browser.until_script("return document.querySelectorAll('[data-testid=example]').length > 20").await;
    let titles = "return [...document.querySelectorAll('[data-testid=example]')].map(it => it.textContent)";
    let titles: Vec<String> = serde_json::from_value(browser.run(titles).await).expect("titles");
    assert_eq!(titles.len(), 28);
    let mut refused = Vec::new();
    for (at, title) in titles.iter().enumerate() {
        browser
            .run(&format!(
                "const view = document.querySelector('[data-testid=editor]').shadowRoot;
                 document.querySelector('[data-testid=notice] button:last-child')?.click();
                 const line = [...view.querySelectorAll('.cm-line')].find(it => it.textContent.startsWith('    {{ '));
                 getSelection().collapse(line, 0);
                 document.querySelectorAll('[data-testid=example]')[{at}].click()"
            ))
            .await;
        let said = eventually(format_args!("{title} to go in, or why not"), async || {
            let notice = "return document.querySelector('[data-testid=notice]')?.innerText ?? ''";
            let said = browser.run(notice).await.as_str().unwrap_or_default().to_owned();
            if document(browser).await != begin {
                Some(String::new())
            } else {
                Some(said).filter(|it| !it.is_empty())
            }
        })
        .await;
        if !said.is_empty() {
            refused.push(format!("{title}: {said}"));
            continue;
        }
        browser.until_text("edit-state", "Saved in this browser.").await;
        let state = browser.text("edit-state").await;
        let mistakes = "return [...document.querySelectorAll('[data-testid=mistake]')].map(it => it.textContent).join('; ')";
        let mistakes = browser.run(mistakes).await;
        assert!(
            state.starts_with("No mistakes."),
            "{title} into {name}: {mistakes}\n{}",
            document(browser).await
        );
        browser.press(UNDO, Duration::ZERO).await;
        eventually(format_args!("{title} to be undone"), async || {
            (document(browser).await == begin).then_some(())
        })
        .await;
        browser.until_text("edit-state", "Saved in this browser.").await;
    }
    refused
}

#[test]
fn each_ready_made_step_goes_into_a_suite_without_a_mistake_or_says_what_is_missing() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let refused = insert_each(browser, "one.jsonc", ONE).await;
        let titles: Vec<_> = refused.iter().map(|it| it.split(':').next().expect("a title")).collect();
        assert_eq!(
            titles,
            ["Use a definition", "Raise the load", "Keep a value for later checks"],
            "{refused:#?}"
        );
        assert!(refused[1].contains("give it a \"count\""), "{refused:#?}");
        assert!(refused.iter().all(|it| it.contains("first") || it.contains("count")), "{refused:#?}");
        assert_eq!(insert_each(browser, "two.jsonc", TWO).await, [""; 0]);
        let refused = insert_each(browser, "none.jsonc", NONE).await;
        assert!(refused.iter().all(|it| it.contains("first")), "{refused:#?}");
        assert!(
            refused.iter().any(|it| it.starts_with("Open connections") && it.contains("add \"clients\"")),
            "{refused:#?}"
        );
        assert!(
            !refused.iter().any(|it| it.starts_with("Wait") || it.starts_with("A whole check")),
            "{refused:#?}"
        );
    });
}
