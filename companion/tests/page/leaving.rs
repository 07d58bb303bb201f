//! What leaves a message or a set-up, and what stays for the next visit: with real keys and a real clipboard.

use std::time::Duration;

use support::feed::{auth, log_into_feed};
use support::page::{Browser, open_checks, test_page};

const SECRET: &str = "tok-4711/secret";

async fn name_the_secret(browser: &Browser) {
    browser.click("panel-variables").await;
    browser.click("variable-add").await;
    browser.type_into("variable-name", "token").await;
    browser.type_into("variable-value", SECRET).await;
    browser.click("variable-secret").await;
}

/// What a button has put into the clipboard.
async fn copied(browser: &Browser, name: &str) -> String {
    browser.run("globalThis.copied = null").await;
    browser.click(name).await;
    browser.until_script("return globalThis.copied !== null").await;
    browser.run("return globalThis.copied").await.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_copy_a_step_and_an_edit_have_the_name_of_a_secret() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.run("navigator.clipboard.writeText = async text => { globalThis.copied = text; }").await;
        name_the_secret(browser).await;
        browser.connect().await;
        browser.send(&format!(r#"{{"op":"auth","token":"{SECRET}"}}"#)).await;
        let rows = browser.until_row("↓").await;
        assert!(!rows.iter().any(|row| row.contains(SECRET)), "{rows:?}");
        browser.run("document.querySelector('.row[data-direction=sent]').click()").await;
        browser.until_text("facts", "text").await;
        let with_name = r#"{"op":"auth","token":"{{token}}"}"#;
        assert_eq!(copied(browser, "copy").await, with_name);
        assert!(copied(browser, "copy-readable").await.contains(r#""token": "{{token}}""#));
        let step = copied(browser, "copy-step").await;
        assert!(step.contains(r#""token": "{{token}}""#) && !step.contains(SECRET), "{step}");
        browser.click("edit-again").await;
        browser
            .until_script(&format!(
                "return document.querySelector('[data-testid=message]').value === {with_name:?}"
            ))
            .await;
        // It goes out with the value, as before.
        browser.click("send").await;
        let size = r"return [...document.querySelectorAll('.row[data-direction=sent]:not([hidden]) .row-size')].map(it => it.textContent)";
        browser
            .until_script(&format!(
                "const all = (() => {{ {size} }})(); return all.length === 2 && all[0] === all[1]"
            ))
            .await;
    });
}

#[test]
fn a_draft_survives_an_immediate_reload_beside_a_secret() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        name_the_secret(browser).await;
        browser.connect().await;
        browser.send("the message before").await;
        browser.until_row("the message before").await;
        browser.type_into("message", &format!("a new one with {SECRET}")).await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=message]')?.value === 'a new one with {{token}}'",
            )
            .await;
        let kept = browser.run("return JSON.stringify(localStorage)").await.to_string();
        assert!(!kept.contains("4711"), "{kept}");
    });
}

#[test]
fn the_last_key_before_a_tab_is_left_is_kept() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("message", "half a mess").await;
        // Kept by the worker, so that only the last keys are in question.
        browser.run("return new Promise(done => setTimeout(done, 600))").await;
        browser.press("age", Duration::ZERO).await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=message]')?.value === 'half a message'",
            )
            .await;
        // Once: what was typed later counts.
        browser.type_into("message", "another").await;
        browser.run("return new Promise(done => setTimeout(done, 600))").await;
        assert_eq!(
            browser.run("return localStorage.getItem('sockscope.draft')").await,
            serde_json::Value::Null
        );
        name_the_secret(browser).await;
        browser.type_into("message", SECRET).await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.until_script("return !!document.querySelector('[data-testid=message]')").await;
        let kept = browser.run("return JSON.stringify(localStorage)").await.to_string();
        assert!(!kept.contains("4711"), "{kept}");
    });
}

#[test]
fn a_second_recording_is_compared_once_something_was_sent_in_it() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.run("document.querySelector('[data-testid=export]').closest('details').open = true").await;
        browser.click("record").await;
        // The connection is open, so Record again ends it.
        browser.click("record-again").await;
        browser.until_text("note", "Closed with 1000").await;
        browser.until_text("second-recording", "Second recording: 0 frames").await;
        browser.click("second-recording").await;
        browser.until_text("record-lacks", "Connect, do the same as before").await;
        assert!(!browser.is_enabled("record-compare").await);
        browser.click("close-dialog").await;
        browser.connect().await;
        browser.type_into("message", &auth()).await;
        browser.click("second-recording").await;
        browser.until_text("record-lacks", "It has no message that you sent").await;
        assert!(!browser.is_enabled("record-compare").await);
        browser.click("close-dialog").await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.iter().filter(|row| row.contains("ok true")).count() == 2).await;
        browser.click("second-recording").await;
        browser.click("record-compare").await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.run("location.hash = '#/bench'").await;
        browser.until_script("return document.querySelector('[data-testid=second-recording]').hidden").await;
    });
}

#[test]
fn the_first_recording_stays_until_a_suite_is_made_of_it() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.send("hello").await;
        browser.until_row("↓").await;
        browser.run("document.querySelector('[data-testid=export]').closest('details').open = true").await;
        browser.click("record").await;
        browser.click("record-again").await;
        // The checks cannot be loaded, so no suite is made.
        browser.block("*checks.css*").await;
        browser.click("second-recording").await;
        browser.click("record-first").await;
        browser.run("location.hash = '#/bench'").await;
        browser
            .until_script("return document.querySelector('[data-testid=second-recording]').checkVisibility()")
            .await;
        browser.click("second-recording").await;
        browser.until_text("recording", "First recording: 4 frames.").await;
    });
}

#[test]
fn connections_that_a_link_adds_get_names_of_their_own() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", "ws://127.0.0.1:9/ws").await;
        browser.click("share").await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=link-address]')?.value.includes('?set=1.')",
            )
            .await;
        let link = browser.value("link-address").await;
        browser.click("close-dialog").await;
        browser.run(&format!("location.hash = {:?}", link.split_once('#').expect("a fragment").1)).await;
        browser.click("offer-add").await;
        browser
            .until_script(
                "return JSON.stringify([...document.querySelectorAll('.connection .connection-name')].map(it => it.textContent)) === '[\"alice\",\"alice2\"]'",
            )
            .await;
    });
}

#[test]
fn a_suite_with_a_secret_names_its_target_and_what_run_needs() {
    const SUITE: &str = r#"{ "sockscope": 1, "suite": "needs a secret", "secrets": ["token"],
        "vars": { "ws_url": "{{env.WS_URL}}", "token": "{{env.TOKEN}}" }, "clients": { "a": { "url": "PLACE" } },
        "checks": [ { "check": "opens", "steps": [ { "connect": "a" }, { "send": "{{token}}" } ] } ] }"#;
    const SAID: &str = "The secret token has no value: type it in Values, or set TOKEN.";
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        for (place, target) in [("{{ws_url}}", practice.ws.as_str()), ("{{ws_url}}/{{token}}", SAID)] {
            browser.run("document.querySelector('[data-testid=import]').open = true").await;
            browser.type_into("import-paste", &SUITE.replace('\n', " ").replace("PLACE", place)).await;
            browser.click("import-pasted").await;
            browser.until_text("edit-state", "No mistakes.").await;
            browser.until_text("suite-target", target).await;
        }
        browser.until_script("return document.querySelector('[data-testid=missing-values]').hidden").await;
        browser.back().await;
        browser.until_text("missing-values", SAID).await;
        browser.click("part-values").await;
        browser.type_into("var-token", "abc-4711").await;
        browser.until_script("return document.querySelector('[data-testid=missing-values]').hidden").await;
    });
}
