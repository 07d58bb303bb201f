//! The release page and `sockscope check` in Firefox: one of each kind of thing, since Chromium has them all.
//!
//! Run by `cargo xtask test`, which builds the page and the binary and says where they and the browser are.

use std::time::Duration;

use serde_json::json;

use support::call::Call;
use support::page::{Browser, Kind, Practice, open_checks, test_page_in};

/// Control and the key that goes to the end.
const TO_THE_END: &str = "\u{e009}\u{e010}\u{e000}";

fn test_page(test: impl AsyncFnOnce(&Practice, &Browser)) {
    test_page_in(Kind::Firefox, test);
}

#[test]
fn a_message_goes_out_and_comes_back_and_a_filter_finds_it() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        assert_eq!(browser.value("url").await, practice.ws, "the address of the serving host is offered");
        assert_eq!(browser.run("return crossOriginIsolated").await, true);
        browser.click("connect").await;
        browser.until_text("note", "Open; the handshake took").await;
        for text in ["hello from Firefox", "something else"] {
            browser.send(text).await;
        }
        let rows = browser.until_rows(|rows| rows.iter().filter(|row| row.contains('↓')).count() == 2).await;
        let of_hello = rows.iter().filter(|row| row.contains("hello from Firefox")).count();
        assert_eq!(of_hello, 2, "{rows:#?}");
        browser.type_into("filter", "hello from").await;
        browser.until_rows(|rows| rows.len() == 2 && rows.iter().all(|row| row.contains("hello"))).await;
        browser.click("connect").await;
        browser.until_text("note", "Closed with 1000 (normal closure)").await;
        practice.until_connections(0).await;
    });
}

const UNFINISHED: &str = r#"{ "sockscope": 1, "suite": "mine", "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" }, "clients": { "a": { "url": "{{ws_url}}" } }, "checks": [ { "check": "the answer is as wanted", "steps": [ { "connect": "a" }, { "send": { "type": "message", "id": 1, "content": "hi" }, "expect": { "subset": { "type": "response" } } } ] } ]"#;

#[test]
fn a_suite_is_finished_by_keys_in_the_editor_and_runs() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        browser.type_into("import-paste", UNFINISHED).await;
        browser.click("import-pasted").await;
        let content =
            "document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-content')";
        browser.until_script(&format!("return !!{content}")).await;
        browser.until_script("return document.querySelectorAll('[data-testid=mistake]').length > 0").await;
        browser.run(&format!("{content}.focus()")).await;
        browser.press(TO_THE_END, Duration::ZERO).await;
        browser.press(" }", Duration::ZERO).await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
    });
}

#[test]
fn a_suite_that_ships_runs_in_the_page() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let text = sockscope_engine::suite::shipped::SHIPPED.iter().find(|(name, _)| *name == "rooms");
        let (_, text) = text.expect("a suite that ships");
        // Firefox runs a driver's scripts in a world of its own: what one leaves in `globalThis` the next does not find.
        let report = browser.answer(&format!("sockscope.run({}, {{ seed: 7 }})", json!(text))).await;
        assert_eq!(report["verdict"], "pass", "{report:#}");
        assert!(report["environment"]["browser"].to_string().contains("Firefox"), "{report:#}");
        practice.until_connections(0).await;
    });
}

#[test]
fn suites_run_by_the_command_and_nothing_stays() {
    let firefox = std::env::var("FIREFOX").expect("FIREFOX is set by `cargo xtask test`");
    let arguments = [
        "first-contact",
        "rooms",
        "events",
        "agent",
        "--browser",
        &firefox,
        "--seed",
        "7",
        "--json",
        "OUT/r.json",
    ];
    // Its end proves that no process of the call is left.
    let ended = Call::new(&arguments).run();
    ended.assert_code(0);
    let runs = ended.json("r.json");
    let runs = runs["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 4);
    for run in runs {
        assert_eq!(run["verdict"], "pass", "{run:#}");
        assert!(run["environment"]["browser"].to_string().contains("Firefox"), "{run:#}");
    }
}
