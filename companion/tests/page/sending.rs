//! The composer by hand: what a person sends goes out, or the page says why not.

use std::time::Duration;

use support::feed::{FEED_TOKEN, connect_to_feed};
use support::page::{Browser, Practice, eventually_within, test_page};

const SEND: &str = "\u{e009}\u{e007}\u{e000}";
const SELECT_ALL: &str = "\u{e009}a\u{e000}";
const UP: &str = "\u{e013}";
const ENTER: &str = "\u{e007}";
const AT_ONCE: Duration = Duration::ZERO;
const FAST: Duration = Duration::from_millis(5);

async fn connect_to(browser: &Browser, url: &str) {
    browser.type_into("url", url).await;
    browser.connect().await;
}

async fn connect_to_echo(practice: &Practice, browser: &Browser) {
    browser.open(&practice.page).await;
    connect_to(browser, &format!("{}/echo", practice.ws)).await;
}

/// Keeps the page busy more than half of the time, as a flood or a slow machine does.
async fn load(browser: &Browser) {
    browser
        .run(
            "setInterval(() => { const end = performance.now() + 12; while (performance.now() < end); }, 20);
             document.querySelector('[data-testid=message]').focus();",
        )
        .await;
}

async fn until_sent(browser: &Browser, count: u32) {
    let words = format!("↑ {count} ");
    eventually_within(Duration::from_secs(60), &format!("{count} messages sent"), async || {
        let counts = browser
            .run("return document.querySelector('.connection[data-selected] .connection-counts').textContent")
            .await;
        counts.as_str().is_some_and(|counts| counts.starts_with(&words)).then_some(())
    })
    .await;
}

#[test]
fn two_hundred_messages_typed_and_sent_by_keys_all_go_out() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        load(browser).await;
        let mut sent = 0;
        for form in ["form-json", "form-hex"] {
            browser.click(form).await;
            browser.run("document.querySelector('[data-testid=message]').focus()").await;
            for ten in 0..10 {
                let message = |number: u32| match form {
                    "form-json" => format!(r#"{SELECT_ALL}{{"k":{number}}}{SEND}"#),
                    _ => format!("{SELECT_ALL}0a {number:02} ff{SEND}"),
                };
                let keys: String = (ten * 10..ten * 10 + 10).map(message).collect();
                browser.press(&keys, FAST).await;
            }
            sent += 100;
            until_sent(browser, sent).await;
        }
        assert!(!browser.text("draft-note").await.contains("Not sent"));
    });
}

#[test]
fn a_valid_text_over_an_invalid_one_goes_out_at_once() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        load(browser).await;
        for (form, wrong, right) in [("form-json", "{\"k\":", "{\"k\":1}"), ("form-hex", "0", "0a0b")] {
            browser.click(form).await;
            browser.run("document.querySelector('[data-testid=message]').focus()").await;
            for _ in 0..20 {
                browser.press(&format!("{SELECT_ALL}{wrong}{SELECT_ALL}"), AT_ONCE).await;
                // As a paste does: one event for the whole text.
                browser.insert_text(right).await;
                browser.press(SEND, AT_ONCE).await;
            }
        }
        until_sent(browser, 40).await;
    });
}

#[test]
fn a_refusal_is_said_beside_the_field() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        browser.type_into("message", "hello").await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_text("draft-note", "Not sent: alice is not connected.").await;
        connect_to(browser, &format!("{}/echo", practice.ws)).await;
        browser.until_text("draft-note", "5\u{2009}B, text").await;
        browser.click("form-json").await;
        browser.type_into("message", "{\"a\":1,}").await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_text("draft-note", "Not sent: Line 1, column 8: not JSON").await;
        browser.press(&format!("{SELECT_ALL}{{}}"), AT_ONCE).await;
        browser.until_text("draft-note", "2\u{2009}B, text").await;
        assert_eq!(browser.count(".row:not([hidden])").await, 2, "nothing was sent");
    });
}

#[test]
fn a_quoted_placeholder_is_the_same_here_and_in_a_suite() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        browser.click("form-json").await;
        browser.type_into("message", r#"{"id":"{{seq}}","who":"{{client}}-{{seq}}"}"#).await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_row("id 1 who alice-1").await;
    });
}

#[test]
fn enter_in_a_field_of_a_panel_sends_nothing() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        browser.click("panel-variables").await;
        browser.click("variable-add").await;
        browser.type_into("variable-name", "room").await;
        browser.press(ENTER, AT_ONCE).await;
        browser.type_into("variable-value", "blue").await;
        browser.press(ENTER, AT_ONCE).await;
        browser.type_into("message", "{{room}}").await;
        browser.press(SEND, AT_ONCE).await;
        let rows = browser.until_row("↓").await;
        assert_eq!(rows.len(), 4, "one message and its echo: {rows:#?}");
    });
}

#[test]
fn a_secret_is_masked_in_previews_and_missed_when_it_is_gone() {
    test_page(async |practice, browser| {
        let _feed = connect_to_feed(practice, browser).await;
        browser.click("panel-variables").await;
        browser.click("variable-add").await;
        browser.type_into("variable-name", "token").await;
        browser.type_into("variable-value", FEED_TOKEN).await;
        browser.click("variable-secret").await;
        browser.click("form-json").await;
        browser.type_into("message", r#"{"op":"auth","token":"{{token}}","request_id":"1"}"#).await;
        browser.until_text("draft-note", r#""token":"***""#).await;
        browser.press(SEND, AT_ONCE).await;
        let rows = browser.until_row("ok true").await;
        assert!(rows.iter().any(|row| row.contains("token ***")), "{rows:#?}");
        let shown = browser.run("return document.querySelector('main').innerText").await;
        assert!(
            !shown.as_str().is_some_and(|shown| shown.contains(FEED_TOKEN)),
            "the token is on the screen"
        );
        until_kept(browser).await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        browser.connect().await;
        browser.until_text("draft-note", "the secret token has no value").await;
        browser.run("document.querySelector('[data-testid=message]').focus()").await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_text("draft-note", "Not sent: Line 1, column 23: the secret token has no value").await;
        let rows = browser.until_rows(|rows| rows.len() >= 2).await;
        assert!(!rows.iter().any(|row| row.contains('↑')), "nothing went out: {rows:#?}");
    });
}

/// Waits until the browser has kept the set-up; the page says nothing of it.
async fn until_kept(browser: &Browser) {
    browser.answer("new Promise(done => setTimeout(done, 900))").await;
}

#[test]
fn a_draft_that_was_never_sent_survives_a_reload() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        // Past the time in which the set-up of the first visit is kept.
        until_kept(browser).await;
        browser.click("form-json").await;
        browser.type_into("message", "{\"half\": ").await;
        until_kept(browser).await;
        browser.reload().await;
        browser.until_text("note", "Not connected yet").await;
        assert_eq!(browser.value("message").await, "{\"half\": ");
        browser
            .until_script("return document.querySelector('[data-testid=form-json]').ariaPressed === 'true'")
            .await;
    });
}

#[test]
fn what_looks_like_a_placeholder_and_is_none_is_said() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        browser.click("form-json").await;
        browser.type_into("message", r#"{"{{uuid}}":1}"#).await;
        browser.until_text("draft-note", "Names of members are not filled in").await;
        browser.type_into("message", r#"{"id":"{{uuid}}"}"#).await;
        browser.click("templates").await;
        browser.until_text("draft-note", "{{…}} is off: braces are sent as typed.").await;
        browser.click("templates").await;
        // What is edited comes without braces, so the box stays on for what is written next.
        browser.type_into("message", r#"{"id":1}"#).await;
        browser.press(SEND, AT_ONCE).await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.run("[...document.querySelectorAll('.row:not([hidden])')].find(it => it.innerText.includes('id 1')).click()").await;
        browser.click("edit-again").await;
        browser.until_script("return document.activeElement.dataset.testid === 'message'").await;
        assert_eq!(browser.value("message").await, r#"{"id":1}"#);
        assert_eq!(
            browser.run("return document.querySelector('[data-testid=templates]').checked").await,
            true
        );
        browser
            .until_script("return document.querySelector('[data-testid=form-json]').ariaPressed === 'true'")
            .await;
    });
}

#[test]
fn a_row_of_a_connections_life_offers_only_what_makes_sense() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        connect_to(
            browser,
            &format!("{}/fault?close_after=1&close_code=4001&close_reason=session+revoked", practice.ws),
        )
        .await;
        browser.click("send").await;
        browser.until_text("note", "Closed with 4001").await;
        browser.connect().await;
        for (words, offers) in [
            ("session revoked", [false, false, true]),
            ("hello", [true, true, true]),
            ("open", [false, false, false]),
            ("connect", [false, false, true]),
        ] {
            browser
                .run(&format!(
                    "[...document.querySelectorAll('.row:not([hidden])')].find(it => it.innerText.includes('{words}')).click()"
                ))
                .await;
            let wanted = serde_json::json!(offers);
            browser
                .until_script(&format!(
                    "return JSON.stringify(['send-again', 'edit-again', 'copy-step'].map(name =>
                       document.querySelector(`[data-testid=${{name}}]`).checkVisibility())) === '{wanted}'"
                ))
                .await;
        }
    });
}

#[test]
fn what_was_removed_comes_back_and_clearing_asks() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.click("clear").await;
        browser.until_text("clear", "Delete 4 frames?").await;
        assert_eq!(browser.count(".row:not([hidden])").await, 4, "one click forgets nothing");
        browser.run("document.querySelector('[data-testid=clear]').blur()").await;
        browser.until_text("clear", "Clear").await;
        browser.click("add").await;
        browser.type_into("name", "second").await;
        browser.run("document.querySelector(\"[aria-label='Remove second']\").click()").await;
        browser.until_text("toast", "second was removed.").await;
        assert_eq!(browser.count(".connection").await, 1);
        browser.click("undo").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        assert_eq!(browser.value("name").await, "second");
        // It is a whole connection again, also when the word with the button has gone.
        browser.connect().await;
        // As is a copy whose original was removed.
        browser.click("connect").await;
        browser.until_text("note", "Closed with 1000").await;
        browser.run("document.querySelector(\"[aria-label='Duplicate second']\").click()").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 3").await;
        browser.run("document.querySelector(\"[aria-label='Remove second']\").click()").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        browser.type_into("name", "copy").await;
        browser.connect().await;
        browser.assert_quiet_console().await;
        browser.click("panel-variables").await;
        browser.click("variable-add").await;
        browser.type_into("variable-name", "room").await;
        browser.click("remove-item").await;
        browser.until_script("return !document.querySelector('[data-testid=variable-name]')").await;
        browser.click("undo").await;
        browser
            .until_script("return document.querySelector('[data-testid=variable-name]')?.value === 'room'")
            .await;
        browser.click("clear").await;
        browser.until_text("clear", "Delete").await;
        browser.click("clear").await;
        browser.until_rows(|rows| rows.is_empty()).await;
    });
}

#[test]
fn the_history_comes_back_right_after_sending() {
    test_page(async |practice, browser| {
        connect_to_echo(practice, browser).await;
        browser.type_into("message", "first").await;
        browser.press(&format!("{SEND}{SELECT_ALL}\u{e017}{UP}"), AT_ONCE).await;
        assert_eq!(browser.value("message").await, "first");
    });
}
