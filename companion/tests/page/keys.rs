//! What keys do and do not: in a field every key is a letter.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use support::page::{Browser, Practice, eventually, open_checks, open_echo, test_page};

const SELECT_ALL: &str = "\u{e009}a\u{e000}";
const FIND: &str = "\u{e009}f\u{e000}";
const ALT_DOWN: &str = "\u{e00a}\u{e015}\u{e000}";
const DELETE: &str = "\u{e017}";
const ESCAPE: &str = "\u{e00c}";
const AT_ONCE: Duration = Duration::ZERO;

/// Every character of ASCII that can be printed.
fn printable() -> String {
    (' '..='~').collect()
}

/// What the editor of suites writes more than one sign for: it closes what was opened.
const PAIRED: &str = "\"'(){}[]";

async fn prepare(browser: &Browser) {
    browser.run(include_str!("keys.js")).await;
}

async fn rest(browser: &Browser) -> Value {
    browser.run("return keysTest.rest()").await
}

/// Empties the field that has the focus, as people do.
async fn empty(browser: &Browser) {
    browser.press(&format!("{SELECT_ALL}{DELETE}"), AT_ONCE).await;
}

/// Characters of a connection's name.
const LONGEST_NAME: usize = 40;

/// Types all characters into one field; they must stand there, and nothing else may have happened.
async fn type_into_field(practice: &Practice, browser: &Browser, name: &str) {
    let named = json!(name);
    let value = async || {
        let value = browser.run(&format!("return keysTest.value({named})")).await;
        value.as_str().unwrap_or_default().to_owned()
    };
    let before = rest(browser).await;
    let open = practice.connections().await;
    let field = browser.run(&format!("return keysTest.focus({named})")).await;
    assert!(field.is_object(), "{name} is gone");
    let is_editor = field["isEditor"] == true;
    let all: Vec<char> = printable().chars().filter(|c| !is_editor || !PAIRED.contains(*c)).collect();
    let longest = field["longest"].as_i64().filter(|longest| *longest > 0).unwrap_or(1000) as usize;
    // The name of a connection is cut by the page, which says so, and not by the field.
    let longest = if name.starts_with("name") { LONGEST_NAME } else { longest };
    let mut pieces: Vec<String> = all.chunks(longest).map(|piece| piece.iter().collect()).collect();
    if is_editor {
        pieces.extend(PAIRED.chars().map(String::from));
    }
    for piece in pieces {
        empty(browser).await;
        browser.press(&piece, AT_ONCE).await;
        let found = value().await;
        let is_there = match is_editor {
            // An address is trimmed by the browser itself.
            false => found == piece || found == piece.trim(),
            true => found.starts_with(&piece),
        };
        assert!(is_there, "{name}: expected {piece:?}, found {found:?}");
        assert_eq!(
            browser.run(&format!("return keysTest.isFocused({named})")).await,
            true,
            "{name} has lost the focus"
        );
    }
    let (before, after) = match FILTERING.iter().any(|field| name.starts_with(field)) {
        true => (without_follow(before), without_follow(rest(browser).await)),
        false => (before, rest(browser).await),
    };
    assert_eq!(after, before, "something else happened while {name} was typed into");
    assert_eq!(practice.connections().await, open, "a socket was opened or closed by typing into {name}");
    empty(browser).await;
}

/// Fields that change the filter. It keeps the chosen frame at its place where it can, and follows the newest where it cannot.
const FILTERING: [&str; 3] = ["filter", "least", "most"];

fn without_follow(mut rest: Value) -> Value {
    if let Some(pressed) = rest["pressed"].as_array_mut() {
        pressed.retain(|button| button != "follow");
    }
    rest
}

/// Types into every field that there is now, but for those that are known.
async fn type_everywhere(
    practice: &Practice,
    browser: &Browser,
    known: &mut BTreeSet<String>,
    is_meant: impl Fn(&str) -> bool,
) {
    prepare(browser).await;
    let names = browser.run("return keysTest.names()").await;
    for name in names.as_array().expect("a list").iter().filter_map(Value::as_str).filter(|it| is_meant(it)) {
        type_into_field(practice, browser, name).await;
        known.insert(name.to_owned());
    }
}

#[track_caller]
fn assert_covers(known: &BTreeSet<String>, expected: &[&str]) {
    for name in expected {
        assert!(known.iter().any(|it| it.starts_with(name)), "{name} was not among the fields: {known:#?}");
    }
}

/// A connection that is open, with a pinned frame in the detail, and another one that is selected and not open.
async fn furnish(practice: &Practice, browser: &Browser) {
    // Room for all frames, so that a filter bar of two lines scrolls nothing.
    browser.resize(1440, 1200).await;
    open_echo(practice, browser).await;
    browser.click("send").await;
    browser.until_rows(|rows| rows.len() == 4).await;
    browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
    browser.until_script("return document.querySelector('[data-testid=detail]')?.hidden === false").await;
    browser.click("pin").await;
    browser.until_text("pins", "1 pinned").await;
    browser.click("add").await;
    browser.until_text("note", "Not connected yet").await;
}

#[test]
fn every_letter_goes_into_every_field_of_the_bench_and_does_nothing_else() {
    test_page(async |practice, browser| {
        furnish(practice, browser).await;
        prepare(browser).await;
        browser.run("keysTest.unfold()").await;
        let mut known = BTreeSet::new();
        type_everywhere(practice, browser, &mut known, |_| true).await;
        browser.run("keysTest.fold()").await;
        for form in ["form-json", "form-hex", "form-base64"] {
            browser.click(form).await;
            type_everywhere(practice, browser, &mut known, |name| name.starts_with("message")).await;
        }
        for (panel, add) in [
            ("panel-repeat", None),
            ("panel-saved", Some("saved-add")),
            ("panel-variables", Some("variable-add")),
            ("panel-rules", Some("rule-add")),
        ] {
            browser.click(panel).await;
            if let Some(add) = add {
                browser.click(add).await;
            }
            let before = known.clone();
            type_everywhere(practice, browser, &mut known, |name| !before.contains(name)).await;
            assert!(known.len() > before.len(), "{panel} has fields");
        }
        browser.click("panel-variables").await;
        // The one from before has no name, so it went when it was left.
        browser.click("variable-add").await;
        browser.click("variable-secret").await;
        type_everywhere(practice, browser, &mut known, |name| name.starts_with("variable-value")).await;
        browser.click("options").await;
        for press in ["on-open-add", "reconnect", "heartbeat"] {
            browser.click(press).await;
        }
        browser
            .run(
                "const it = document.querySelector('[data-testid=pair-by]');
                 it.value = 'field'; it.dispatchEvent(new Event('change', { bubbles: true }));",
            )
            .await;
        type_everywhere(practice, browser, &mut known, |_| true).await;
        assert_covers(
            &known,
            &[
                "url",
                "name",
                "protocols",
                "filter",
                "least",
                "budget",
                "message",
                "remark",
                "repeat-every",
                "saved-name",
                "variable-name",
                "variable-value",
                "rule-when",
                "rule-reply",
                "on-open",
                "reconnect-first",
                "heartbeat-message",
                "heartbeat-reply",
                "pair-sent",
            ],
        );
    });
}

#[test]
fn every_letter_goes_into_every_field_of_the_other_views_and_does_nothing_else() {
    test_page(async |practice, browser| {
        furnish(practice, browser).await;
        let mut known = BTreeSet::new();
        open_checks(practice, browser).await;
        prepare(browser).await;
        browser.run("keysTest.unfold()").await;
        type_everywhere(practice, browser, &mut known, |_| true).await;
        browser.open(&format!("{}#/checks/server", practice.page)).await;
        browser.until_script("return !!document.querySelector('[data-testid=server]')").await;
        prepare(browser).await;
        browser.run("keysTest.unfold()").await;
        type_everywhere(practice, browser, &mut known, |name| name.starts_with("server-")).await;
        browser.click("suite-new").await;
        browser.until_text("edit-state", "No mistakes").await;
        // The values of its variables come before its text: they go when the text does.
        browser.click("part-values").await;
        prepare(browser).await;
        type_everywhere(practice, browser, &mut known, |name| name.starts_with("var-")).await;
        browser.click("part-edit").await;
        browser.until_text("edit-state", "No mistakes").await;
        prepare(browser).await;
        browser.run("keysTest.unfold()").await;
        let before = known.clone();
        type_everywhere(practice, browser, &mut known, |name| !before.contains(name)).await;
        // The search within the editor.
        browser.run("keysTest.focus('Suite. Tab indents; Escape, then Tab leaves the editor. 1')").await;
        browser.press(FIND, AT_ONCE).await;
        eventually("the search of the editor", async || {
            let names = browser.run("return keysTest.names()").await.to_string();
            names.contains("cm-textfield").then_some(()).or(names.contains("Find").then_some(()))
        })
        .await;
        let before = known.clone();
        type_everywhere(practice, browser, &mut known, |name| !before.contains(name)).await;
        browser.click("part-values").await;
        prepare(browser).await;
        browser.run("keysTest.unfold()").await;
        let before = known.clone();
        type_everywhere(practice, browser, &mut known, |name| {
            !before.contains(name) && !name.starts_with("var-")
        })
        .await;
        browser.open(&format!("{}#/faults", practice.page)).await;
        browser
            .until_script("return !!document.querySelector('#faults input[type=text]')?.checkVisibility()")
            .await;
        type_everywhere(practice, browser, &mut known, |_| true).await;
        browser.open(&format!("{}#/practice", practice.page)).await;
        type_everywhere(practice, browser, &mut known, |_| true).await;
        assert_covers(
            &known,
            &[
                "suite-search",
                "import-paste",
                "import-url",
                "server-url",
                "server-protocol",
                "suite-title",
                "var-",
                "Suite",
                "how-often",
                "seed",
                "Find",
            ],
        );
    });
}

#[test]
fn keys_of_one_letter_act_on_the_bench_only_and_can_be_switched_off() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        let press = async |keys: &str| {
            browser.run("document.activeElement?.blur()").await;
            browser.press(keys, AT_ONCE).await;
        };
        press("n").await;
        eventually("a second connection", async || (browser.count(".connection").await == 2).then_some(()))
            .await;
        browser.run("location.hash = '#/practice'").await;
        browser.until_script("return document.querySelector('.practice-offers')?.checkVisibility()").await;
        press("no t/my").await;
        browser.press(ALT_DOWN, AT_ONCE).await;
        assert_eq!(
            browser.count(".connection").await,
            2,
            "n makes no connection on a bench that is not shown"
        );
        assert!(browser.text("sockets").await.starts_with("0/"), "o opens none");
        assert_eq!(practice.connections().await, 0);
        press("?").await;
        browser.until_text("keys", "Send the composer's content").await;
        browser.click("one-letter-keys").await;
        browser.press(ESCAPE, AT_ONCE).await;
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        browser.run("location.hash = '#/bench'").await;
        browser.until_script("return document.querySelector('[data-testid=url]').checkVisibility()").await;
        press("n?/").await;
        assert_eq!(browser.count(".connection").await, 2, "switched off");
        assert_eq!(browser.count("dialog[open]").await, 0);
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        press("n").await;
        assert_eq!(browser.count(".connection").await, 2, "the browser has kept that they are off");
        browser.click("keys-sheet").await;
        browser.click("one-letter-keys").await;
        browser.press(ESCAPE, AT_ONCE).await;
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        press("n").await;
        eventually("a third connection", async || (browser.count(".connection").await == 3).then_some(()))
            .await;
    });
}

#[test]
fn escape_leaves_the_composer_for_the_timeline_where_keys_act_again() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("over there").await;
        browser.press("m", AT_ONCE).await;
        let has_focus = |name: &str| format!("return document.activeElement?.dataset.testid === '{name}'");
        browser.until_script(&has_focus("message")).await;
        browser.press(ESCAPE, AT_ONCE).await;
        browser.until_script(&has_focus("timeline")).await;
        browser.press("l", AT_ONCE).await;
        browser.until_script("return !!document.querySelector('.timeline[data-lanes]')").await;
        browser.press("m", AT_ONCE).await;
        browser.until_script(&has_focus("message")).await;
        assert_eq!(browser.value("message").await, "over there");
    });
}
