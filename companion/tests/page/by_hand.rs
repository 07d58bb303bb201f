//! What a new user tried by hand and found wanting: keys, drops, fields and words.

use std::time::Duration;

use support::page::{Browser, drop_on, eventually_within, open_checks, open_echo, test_page};

const SEND: &str = "\u{e009}\u{e007}\u{e000}";
const AT_ONCE: Duration = Duration::ZERO;

async fn until_sent(browser: &Browser, count: u32) {
    let words = format!("↑ {count} ");
    eventually_within(Duration::from_secs(30), &format!("{count} messages sent"), async || {
        let counts = browser
            .run("return document.querySelector('.connection[data-selected] .connection-counts').textContent")
            .await;
        counts.as_str().is_some_and(|counts| counts.starts_with(&words)).then_some(())
    })
    .await;
}

async fn focus(browser: &Browser, name: &str) {
    browser.run(&format!("document.querySelector('[data-testid={name}]').focus()")).await;
    until_focused(browser, name).await;
}

async fn until_focused(browser: &Browser, name: &str) {
    browser.until_script(&format!("return document.activeElement?.dataset.testid === '{name}'")).await;
}

#[test]
fn ctrl_enter_sends_wherever_the_focus_is_in_the_composer() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser
            .run(
                "const data = new DataTransfer();
                 data.setData('text/plain', 'x'.repeat(300000));
                 const area = document.querySelector('[data-testid=message]');
                 area.focus();
                 area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));",
            )
            .await;
        until_focused(browser, "send").await;
        browser.press(SEND, AT_ONCE).await;
        until_sent(browser, 1).await;
        focus(browser, "file").await;
        browser.press(SEND, AT_ONCE).await;
        until_sent(browser, 2).await;
        browser.click("form-text").await;
        browser.type_into("message", "hello").await;
        focus(browser, "send").await;
        browser.press(SEND, AT_ONCE).await;
        until_sent(browser, 3).await;
        focus(browser, "message").await;
        browser.press(SEND, AT_ONCE).await;
        until_sent(browser, 4).await;
    });
}

#[test]
fn a_row_without_a_round_trip_says_nothing_of_one() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("hello").await;
        browser.until_row("↓").await;
        let titles = "return [...document.querySelectorAll('.row:not([hidden]) .row-trip')].map(it => [it.textContent === '', it.title === ''])";
        browser.until_script(&format!("const all = (() => {{ {titles} }})(); return all.some(([empty]) => !empty) && all.every(([empty, silent]) => empty === silent)")).await;
    });
}

#[test]
fn what_is_added_has_the_cursor() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.click("panel-variables").await;
        for name in ["one", "two"] {
            browser.click("variable-add").await;
            until_focused(browser, "variable-name").await;
            browser.press(name, AT_ONCE).await;
        }
        let names =
            "return [...document.querySelectorAll('[data-testid=variable-name]')].map(it => it.value).join()";
        assert_eq!(browser.run(names).await, "one,two");
        browser.press(" ", AT_ONCE).await;
        browser.until_text("toast", "no spaces around it").await;
        focus(browser, "name").await;
        browser.press(&format!("\u{e009}a\u{e000}{}", "n".repeat(41)), AT_ONCE).await;
        browser.until_text("toast", "at most 40 characters").await;
        assert_eq!(browser.value("name").await, "n".repeat(40));
    });
}

#[test]
fn of_two_files_for_a_message_the_page_says_that_one_is_taken() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        drop_on(browser, ".composer", &[("a.bin", "one"), ("b.bin", "two")]).await;
        browser.until_text("file-name", "a.bin").await;
        browser.until_text("toast", "Only the first of the 2 files is attached").await;
    });
}

#[test]
fn a_suite_is_called_what_its_document_says_and_a_bad_line_is_told_in_words() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.click("suite-new").await;
        browser.until_text("edit-state", "Saved in this browser").await;
        browser.run("document.querySelector('[data-testid=editor] .cm-content, .cm-content')?.focus()").await;
        browser
            .until_script("const at = document.querySelector('[data-testid=editor]'); const inner = at?.shadowRoot?.querySelector('.cm-content') ?? document.querySelector('.cm-content'); inner?.focus(); return inner !== null && inner !== undefined")
            .await;
        browser.press("\u{e009}a\u{e000}", AT_ONCE).await;
        browser
            .insert_text(r#"{ "sockscope": 1, "suite": "one ping", "clients": { "a": { "url": "ws://localhost:1/ws" } }, "checks": [ { "check": "c", "steps": [ { "conect": "a" } ] } ] }"#)
            .await;
        browser.until_text("own", "one ping").await;
        browser
            .until_script(
                "return document.querySelector('input[data-testid=suite-title]').value === 'one ping'",
            )
            .await;
        browser.click("run").await;
        browser.until_text("refused", "one ping did not run").await;
        let line = r#"{"event":"sent","at_ms":1.5,"connection":"a","text":"x"}"#;
        drop_on(browser, ".library", &[("bad.jsonl", line)]).await;
        browser.until_text("notice", "column 44, expected a whole number from 0").await;
        drop_on(browser, ".library", &[("empty.json", "")]).await;
        browser.until_text("notice", "“empty.json” is empty.").await;
    });
}

#[test]
fn ctrl_enter_runs_the_suite_that_is_written_and_leaves_its_text_alone() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.click("suite-new").await;
        browser.until_text("edit-state", "Saved in this browser").await;
        let content =
            "document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-content')";
        browser.until_script(&format!("{content}?.focus(); return !!{content}")).await;
        let lines = format!("return {content}.querySelectorAll('.cm-line').length");
        let before = browser.run(&lines).await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_text("verdict", "Passed").await;
        browser.click("part-edit").await;
        assert_eq!(browser.run(&lines).await, before, "no line was added");
        // Wherever the focus is in the checks, and nowhere else.
        focus(browser, "part-values").await;
        browser.press(SEND, AT_ONCE).await;
        browser
            .until_script("return [...document.querySelectorAll('[data-testid=past-run]')].length === 2")
            .await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_failure_in_a_definition_names_its_line_and_that_of_its_use() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let suite = r#"{ "sockscope": 1, "suite": "defined",
  "clients": { "a": { "url": "{{env.WS_URL}}/echo" } },
  "answers": [ { "to": { "text": "never" }, "send": "x" } ],
  "define": { "ask": { "with": ["what"], "steps": [
    { "send": "{{what}}", "expect": { "text": "other", "within": "100ms" } } ] } },
  "checks": [ { "check": "c", "steps": [ { "connect": "a" },
    { "use": "ask", "on": "a", "what": "this" } ] } ] }"#;
        drop_on(browser, ".library", &[("defined.json", suite)]).await;
        browser
            .until_script(
                "return document.querySelector('input[data-testid=suite-title]')?.value === 'defined'",
            )
            .await;
        browser.click("run").await;
        browser.until_text("verdict", "Failed").await;
        browser.until_text("failure", "line 5, used in line 7").await;
        let steps = "return [...document.querySelectorAll('[data-testid=step]:not(.run-inner)')].length";
        assert_eq!(browser.run(steps).await, 3, "an answer is not part of the definition");
        browser.run("document.querySelector('.run-place').click()").await;
        browser.until_text("edit-state", "No mistakes").await;
        browser
            .until_script(
                "const view = document.querySelector('[data-testid=editor]')?.shadowRoot;
                 return view?.querySelector('.cm-activeLine')?.textContent.includes('other') === true",
            )
            .await;
    });
}
