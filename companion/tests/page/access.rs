//! What axe-core finds in every view and panel, light and dark, wide and narrow: nothing.

use std::time::Duration;

use serde_json::Value;

use support::page::{Browser, test_page, until_checks};

/// The engine, which is put into the page by the driver and not by the page.
const AXE: &str = include_str!("../../../tests/vendor/axe-core/axe.min.js");

const RUN: &str = "
    globalThis.found = undefined;
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
       .then(all => { globalThis.found = all.violations.map(it =>
          it.id + ': ' + it.help + '\\n    ' + it.nodes.slice(0, 4).map(node => node.html.slice(0, 200)).join('\\n    ')); })
       .catch(error => { globalThis.found = ['axe did not run: ' + error]; });";

pub async fn check(browser: &Browser, what: &str) {
    if browser.run("return typeof axe").await == "undefined" {
        browser.run(AXE).await;
    }
    browser.run(RUN).await;
    browser.until_script("return globalThis.found !== undefined").await;
    let found = browser.run("return globalThis.found").await;
    let found: Vec<_> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

async fn everything(browser: &Browser, page: &str, ws: &str, how: &str) {
    browser.open(&format!("{page}#/bench")).await;
    browser.until_text("clock", "µs").await;
    check(browser, &format!("{how}, empty bench")).await;
    browser.type_into("url", "ws://127.0.0.1:59/nobody").await;
    browser.click("connect").await;
    browser.until_text("explained", "Nothing listens").await;
    check(browser, &format!("{how}, a failure explained")).await;
    browser.type_into("url", &format!("{ws}/echo")).await;
    browser.connect().await;
    browser.send("{\"a\": [1, true, null, \"x\"]}").await;
    browser.until_rows(|rows| rows.iter().filter(|row| row.contains("a [4]")).count() == 2).await;
    browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
    browser.until_text("facts", "round trip").await;
    let is_narrow = browser.run("return innerWidth <= 760").await == true;
    if is_narrow {
        // It lies over the list.
        check(browser, &format!("{how}, a frame over the list")).await;
        browser.click("close-detail").await;
    }
    browser.click("plots").await;
    browser.until_text("plot", "Distribution").await;
    browser.type_into("filter", "x").await;
    browser.until_text("hits", "hit").await;
    check(browser, &format!("{how}, busy bench")).await;
    support::page::unfold_list(browser).await;
    browser.click("lanes").await;
    browser.until_script("return !!document.querySelector('.lanes-lines')").await;
    check(browser, &format!("{how}, lanes")).await;
    browser.click("lanes").await;
    for (panel, adds) in [
        ("repeat", None),
        ("saved", Some("saved-add")),
        ("variables", Some("variable-add")),
        ("rules", Some("rule-add")),
    ] {
        // The lists at the left have no room there.
        let place = if is_narrow && panel != "repeat" { "-here" } else { "" };
        browser.click(&format!("panel-{panel}{place}")).await;
        if let Some(add) = adds {
            browser.click(add).await;
        }
        check(browser, &format!("{how}, {panel}")).await;
    }
    for (opener, inside) in
        [("options", "connection-options"), ("share", "link-address"), ("keys-sheet", "keys")]
    {
        // On a narrow screen the tools of the page are behind a button.
        if opener != "options"
            && browser.run("return document.querySelector('[data-testid=more]').checkVisibility()").await
                == true
        {
            browser.click("more").await;
            check(browser, &format!("{how}, more")).await;
        }
        browser.click(opener).await;
        browser.until_script(&format!("return !!document.querySelector('[data-testid={inside}]')")).await;
        check(browser, &format!("{how}, {opener}")).await;
        browser.click("close-dialog").await;
    }
    browser.run("document.querySelector('[data-testid=sessions]').click()").await;
    browser.until_script("return !!document.querySelector('[data-testid=sessions-row]')").await;
    check(browser, &format!("{how}, sessions")).await;
    browser.click("close-dialog").await;
    browser.click("open-palette").await;
    browser.until_text("palette-count", "commands").await;
    check(browser, &format!("{how}, palette")).await;
    browser.type_into("palette-input", "zzzz").await;
    browser.until_text("palette-count", "No command matches").await;
    check(browser, &format!("{how}, palette without a match")).await;
    browser.press("\u{e00c}", Duration::ZERO).await;
    for view in ["checks", "faults", "practice"] {
        browser.run(&format!("location.hash = '#/{view}'")).await;
        browser.until_script(&format!("return document.title.toLowerCase().startsWith('{view}')")).await;
        check(browser, &format!("{how}, {view}")).await;
    }
    browser.run("location.hash = '#/faults'").await;
    browser.until_text("reach", "A server listens there").await;
    check(browser, &format!("{how}, faults that are there")).await;
    browser.run("location.hash = '#/checks'").await;
    until_checks(browser).await;
    check(browser, &format!("{how}, checks that are there")).await;
}

async fn in_theme(browser: &Browser, page: &str, ws: &str, theme: &str, size: (u32, u32)) {
    browser.resize(size.0, size.1).await;
    browser.open(page).await;
    browser.run(&format!("localStorage.setItem('sockscope.theme', '{theme}')")).await;
    browser.reload().await;
    everything(browser, page, ws, &format!("{theme}, {} wide", size.0)).await;
}

#[test]
fn axe_finds_nothing_in_light() {
    test_page(async |practice, browser| {
        in_theme(browser, &practice.page, &practice.ws, "light", (1440, 900)).await;
    });
}

#[test]
fn axe_finds_nothing_in_dark() {
    test_page(async |practice, browser| {
        in_theme(browser, &practice.page, &practice.ws, "dark", (1440, 900)).await;
    });
}

#[test]
fn axe_finds_nothing_on_a_narrow_screen() {
    test_page(async |practice, browser| {
        in_theme(browser, &practice.page, &practice.ws, "light", (400, 800)).await;
    });
}
