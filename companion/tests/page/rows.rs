//! Rows that differ: types, columns, what can be done with a value, saved filters and highlights, against the trading feed.

use std::time::Duration;

use serde_json::Value;
use support::feed::log_into_feed;
use support::page::{Browser, Practice, open_echo, test_page};
use support::servers::Server;

const SELECT_ALL: &str = "\u{e009}a\u{e000}";
const AT_ONCE: Duration = Duration::ZERO;
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const ENTER: &str = "\u{e007}";
const DELETE: &str = "\u{e017}";

/// A feed of ticks that stands still.
async fn ticks(practice: &Practice, browser: &Browser) -> Server {
    browser.resize(1440, 900).await;
    let feed = log_into_feed(practice, browser).await;
    browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
    browser.until_rows(|rows| rows.iter().filter(|row| row.contains("tick")).count() > 10).await;
    browser.click("pause").await;
    browser.until_script("return document.querySelector('[data-testid=pause]').ariaPressed === 'true'").await;
    feed
}

/// The rows that are seen, from top to bottom.
const ROWS: &str = "[...document.querySelectorAll('.row:not([hidden])')]
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)";

/// What the rows of ticks have in a part.
async fn parts(browser: &Browser, selector: &str) -> Vec<String> {
    let script = format!(
        "return {ROWS}.filter(row => row.querySelector('.row-kind').textContent === 'tick')
            .map(row => [...row.querySelectorAll('{selector}')].map(it => it.textContent).join('|'))"
    );
    serde_json::from_value(browser.run(&script).await).expect("texts")
}

async fn until_kind(browser: &Browser, kind: &str) {
    let script = format!(
        "return [...document.querySelectorAll('.row:not([hidden]) .row-kind')].some(it => it.textContent === '{kind}')"
    );
    browser.until_script(&script).await;
}

/// Clicks what has this name and text.
async fn choose(browser: &Browser, name: &str, text: &str) {
    let script = format!(
        "const found = [...document.querySelectorAll('[data-testid={name}]')].find(it => it.textContent.trim() === '{text}');
         found?.click(); return Boolean(found)"
    );
    browser.until_script(&script).await;
}

#[test]
fn the_type_is_chosen_in_the_head_of_its_column_and_kept() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        until_kind(browser, "tick").await;
        assert_eq!(browser.text("type-menu").await, "type");
        browser.click("type-menu").await;
        choose(browser, "type-member", "$.data.symbol").await;
        until_kind(browser, "AAPL").await;
        browser.until_text("type-menu", "symbol").await;
        browser.click("type-none").await;
        until_kind(browser, "text").await;
        browser.until_text("type-menu", "Kind").await;
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.reload().await;
        browser.until_text("type-menu", "Kind").await;
        browser.click("type-menu").await;
        browser
            .until_script("return document.querySelector('[data-testid=type-none]').ariaPressed === 'true'")
            .await;
        browser.click("type-found").await;
        browser
            .until_script("return document.querySelector('[data-testid=type-none]').ariaPressed === 'false'")
            .await;
    });
}

#[test]
fn members_become_columns_that_move_by_mouse_and_keys_and_are_kept() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        browser.click("columns-menu").await;
        for path in ["$.data.symbol", "$.data.price", "$.seq"] {
            choose(browser, "column-member", path).await;
        }
        browser.press("\u{e00c}", AT_ONCE).await;
        let heads =
            "return [...document.querySelectorAll('[data-testid=column]')].map(it => it.textContent).join()";
        let until = async |names: &str| {
            browser.until_script(&format!("return (() => {{ {heads} }})() === '{names}'")).await;
        };
        until("symbol,price,seq").await;
        browser
            .until_script("return [...document.querySelectorAll('.row:not([hidden])')].map(row => [...row.querySelectorAll('.timeline-cell')]).filter(cells => cells.length === 3 && cells.every(it => it.textContent)).length > 10")
            .await;
        let cells = parts(browser, ".timeline-cell").await;
        assert!(
            cells.len() > 10 && cells.iter().all(|it| it.split('|').all(|cell| !cell.is_empty())),
            "{cells:?}"
        );
        let members = parts(browser, ".row-member i").await;
        assert!(members.iter().all(|names| !names.contains("symbol")), "{members:?}");
        // The cells of all rows and the heads have the same left edges.
        let edges = "const at = it => Math.round(it.getBoundingClientRect().x);
            const heads = [...document.querySelectorAll('.timeline-column')].map(at).join();
            return [...document.querySelectorAll('.row:not([hidden])')].map(row => [...row.querySelectorAll('.timeline-cell')].map(at).join())
                .every(it => it === heads)";
        assert_eq!(browser.run(edges).await, true, "columns do not line up");
        // The first one over the middle of the second.
        browser.drag("column", 0.5, 1.4).await;
        until("price,symbol,seq").await;
        browser.run("document.querySelectorAll('[data-testid=column]')[2].focus()").await;
        browser.press(&format!("\u{e00a}{LEFT}\u{e000}"), AT_ONCE).await;
        until("price,seq,symbol").await;
        let focused = "return document.activeElement.dataset.path === '$.seq'";
        browser.until_script(focused).await;
        let width = "return Math.round(document.activeElement.closest('.timeline-column').getBoundingClientRect().width)";
        let before = browser.run(width).await.as_u64().expect("a width");
        browser.press(&format!("\u{e008}{RIGHT}\u{e000}"), AT_ONCE).await;
        browser.until_script(&format!("return (() => {{ {width} }})() === {}", before + 16)).await;
        browser.until_script(focused).await;
        browser.press(DELETE, AT_ONCE).await;
        until("price,symbol").await;
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.reload().await;
        until("price,symbol").await;
    });
}

#[test]
fn a_member_of_the_detail_becomes_a_column_even_a_deep_one() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send(r#"{"a":[{"b":{"c":{"d":"far"}}}],"n":1}"#).await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.run(&format!("{ROWS}.at(-1).click()")).await;
        browser.until_script("return [...document.querySelectorAll('.detail .detail-line')].some(it => it.textContent.includes('far'))").await;
        browser.run("[...document.querySelectorAll('.detail .detail-line')].find(it => it.textContent.includes('far')).click()").await;
        browser.until_text("node-path", "$.a[0].b.c.d").await;
        browser.click("column-value").await;
        browser
            .until_script("return [...document.querySelectorAll('.row:not([hidden]) .timeline-cell')].filter(it => it.textContent === 'far').length === 2")
            .await;
    });
}

#[test]
fn the_menu_key_on_a_row_filters_by_a_value_excludes_it_and_copies_it() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        // By the pointer: the value that it points at.
        let symbol = browser
            .run(&format!(
                "const list = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
                 // A row at the edge may lie under the heads.
                 const isWhole = ({{ top, bottom }}) => top > list.top + 5 && bottom < list.bottom - 5;
                 const isTick = row => row?.querySelector('.row-kind').textContent === 'tick';
                 // The row above it is chosen by a key later.
                 const row = {ROWS}.find((row, at, all) => isTick(row) && isTick(all[at - 1]) && isWhole(row.getBoundingClientRect()));
                 const value = [...row.querySelectorAll('.row-member')].find(it => it.querySelector('i').textContent === 'symbol').querySelector('b');
                 const box = value.getBoundingClientRect();
                 value.dispatchEvent(new MouseEvent('contextmenu', {{ bubbles: true, cancelable: true, clientX: box.x, clientY: box.y }}));
                 return value.textContent"
            ))
            .await;
        let symbol = symbol.as_str().expect("a symbol").to_owned();
        let checked =
            "return document.querySelector('[data-testid=row-value][aria-checked=true]')?.textContent ?? ''";
        browser.until_script(&format!("return (() => {{ {checked} }})().startsWith('symbol')")).await;
        browser.until_script("return document.activeElement.dataset.testid === 'row-copy'").await;
        browser.press(&format!("{DOWN}{ENTER}"), AT_ONCE).await;
        let filter = "return document.querySelector('[data-testid=filter]').value";
        browser
            .until_script(&format!("return (() => {{ {filter} }})() === '$.data.symbol == \"{symbol}\"'"))
            .await;
        browser
            .until_script(&format!(
                "const rows = {ROWS}; return rows.length > 2 && rows.every(row => row.textContent.includes('{symbol}'))"
            ))
            .await;
        browser.until_script("return document.activeElement.dataset.testid === 'timeline'").await;
        // By keys alone: the type is the first value of a row.
        browser.click("clear-filter").await;
        browser
            .until_script(&format!("return {ROWS}.some(row => !row.textContent.includes('{symbol}'))"))
            .await;
        browser.until_script("return document.querySelector('.row[aria-selected=true]') !== null").await;
        browser.run("document.querySelector('[data-testid=timeline]').focus()").await;
        browser.press("k", AT_ONCE).await;
        browser.until_script("return document.querySelector('.row[aria-selected=true]') !== null").await;
        browser.press("\u{e008}\u{e03a}\u{e000}", AT_ONCE).await;
        browser.until_script(&format!("return (() => {{ {checked} }})().startsWith('type')")).await;
        browser.until_script("return document.activeElement.dataset.testid === 'row-copy'").await;
        browser.press(&format!("{RIGHT}{LEFT}{DOWN}{DOWN}{ENTER}"), AT_ONCE).await;
        browser
            .until_script("const kinds = [...document.querySelectorAll('.row:not([hidden]) .row-kind')]; return kinds.length > 0 && kinds.every(it => it.textContent !== 'tick')")
            .await;
        browser.until_text("toast", "Frames with this value are hidden").await;
        // Escape closes it, and the list has the focus again.
        browser.press("k", AT_ONCE).await;
        browser.press("\u{e008}\u{e03a}\u{e000}", AT_ONCE).await;
        browser.until_script("return document.activeElement.dataset.testid === 'row-copy'").await;
        browser.press("\u{e00c}", AT_ONCE).await;
        browser.until_script("return document.querySelector('[data-testid=row-menu]') === null && document.activeElement.dataset.testid === 'timeline'").await;
    });
}

#[test]
fn a_saved_filter_comes_back_after_a_reload_and_is_renamed_and_removed() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        browser.click("mode-path").await;
        browser.type_into("filter", r#"$.data.symbol == "AAPL""#).await;
        browser.click("kinds").await;
        browser.type_into("filter-name", "only AAPL").await;
        browser.click("save-filter").await;
        choose(browser, "saved-filter", "only AAPL").await;
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.reload().await;
        browser.until_script("return document.querySelector('[data-testid=filter]')?.value === ''").await;
        browser.connect().await;
        browser.click("kinds").await;
        choose(browser, "saved-filter", "only AAPL").await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=filter]').value === '$.data.symbol == \"AAPL\"'",
            )
            .await;
        browser.run("document.querySelector('[data-testid=rename-filter]').click()").await;
        browser.type_into("filter-rename", "Apple").await;
        browser.press(ENTER, AT_ONCE).await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=saved-filter]').textContent === 'Apple'",
            )
            .await;
        browser.run("document.querySelector('[data-testid=remove-filter]').click()").await;
        browser.until_script("return document.querySelector('[data-testid=saved-filter]') === null").await;
    });
}

#[test]
fn a_highlight_marks_its_rows_in_colour_shape_and_words() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        browser.click("mode-path").await;
        browser.type_into("filter", r#"$.data.symbol == "AAPL""#).await;
        browser.click("kinds").await;
        browser.click("add-highlight").await;
        browser.click("clear-filter").await;
        let marked =
            format!("return {ROWS}.filter(row => row.dataset.highlight).map(row => row.textContent)");
        browser
            .until_script(&format!(
                "return (() => {{ {marked} }})().length > 1 && {ROWS}.some(row => !row.dataset.highlight)"
            ))
            .await;
        let texts: Vec<String> = serde_json::from_value(browser.run(&marked).await).expect("texts");
        assert!(
            texts.iter().all(|it| it.contains("AAPL") && it.contains("Watch: $.data.symbol")),
            "{texts:#?}"
        );
        browser.click("kinds").await;
        browser
            .run("const tone = document.querySelector('[data-testid=highlight-tone]'); tone.value = 'wrong'; tone.dispatchEvent(new Event('change', { bubbles: true }))")
            .await;
        browser
            .until_script("return document.querySelectorAll('.row[data-highlight=wrong]').length > 1")
            .await;
        browser.run("document.querySelector('[data-testid=remove-highlight]').click()").await;
        browser.until_script("return document.querySelectorAll('.row[data-highlight]').length === 0").await;
    });
}

#[test]
fn rows_are_announced_in_order() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        let places = browser
            .run(&format!(
                "return {ROWS}.map(row => [row.ariaPosInSet, row.ariaSetSize, row.getAttribute('role')])"
            ))
            .await;
        let places: Vec<(String, String, String)> = serde_json::from_value(places).expect("three texts each");
        let first: u64 = places[0].0.parse().expect("a place");
        for (at, (place, size, role)) in (first..).zip(&places) {
            assert_eq!((place.as_str(), role.as_str()), (at.to_string().as_str(), "option"));
            assert!(size.parse::<u64>().expect("a length") >= at, "{size}");
        }
        assert_ne!(Value::from(places.len()), 0);
    });
}

#[test]
fn two_saved_filters_never_have_one_name() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        for (text, name) in [("one", "first"), ("two", "second"), ("three", "third")] {
            browser.type_into("filter", text).await;
            browser.click("kinds").await;
            browser.type_into("filter-name", name).await;
            browser.press(ENTER, AT_ONCE).await;
            choose(browser, "saved-filter", name).await;
        }
        browser.click("kinds").await;
        let names = "[...document.querySelectorAll('[data-testid=saved-filter]')].map(it => it.textContent.trim()).join()";
        let until = async |expected: &str| {
            browser.until_script(&format!("return {names} === '{expected}'")).await;
        };
        // The second is called like the first: the field stays open, and says why.
        let pencil = "document.querySelectorAll('[data-testid=rename-filter]')[1]";
        browser.run(&format!("{pencil}.focus()")).await;
        browser.press(ENTER, AT_ONCE).await;
        browser.until_script("return document.activeElement.dataset.testid === 'filter-rename'").await;
        browser.press(&format!("{SELECT_ALL}first{ENTER}"), AT_ONCE).await;
        browser.until_text("toast", "Another saved filter has the name first").await;
        until("first,second,third").await;
        // The list changes meanwhile: the field is still that of the second, and not of what stands in its place.
        browser.run("document.querySelectorAll('[data-testid=remove-filter]')[0].click()").await;
        until("second,third").await;
        browser
            .until_script("return [...document.querySelectorAll('[data-testid=filter-rename]')].map(it => it.hidden).join() === 'false,true'")
            .await;
        browser.click("kinds").await;
        browser.run("document.querySelector('[data-testid=rename-filter]').focus()").await;
        browser.press(ENTER, AT_ONCE).await;
        browser.until_script("return document.activeElement.dataset.testid === 'filter-rename'").await;
        browser.press(&format!("{SELECT_ALL}middle{ENTER}"), AT_ONCE).await;
        until("middle,third").await;
        browser.until_script("return document.activeElement.textContent.trim() === 'middle'").await;
        browser.until_script("return document.querySelector('[data-testid=undo]') !== null").await;
        browser.click("undo").await;
        until("first,middle,third").await;
    });
}

#[test]
fn keys_in_the_row_menu_stay_in_it_and_the_focus_stays_on_what_does_nothing() {
    test_page(async |practice, browser| {
        let _feed = ticks(practice, browser).await;
        browser.run("document.querySelector('[data-testid=timeline]').focus()").await;
        browser.press("k", AT_ONCE).await;
        browser.until_script("return document.querySelector('.row[aria-selected=true]') !== null").await;
        browser.press("\u{e008}\u{e03a}\u{e000}", AT_ONCE).await;
        let focused = async |name: &str| {
            browser.until_script(&format!("return document.activeElement.dataset.testid === '{name}'")).await;
        };
        focused("row-copy").await;
        // None of them is a key of the page: no new connection, no lanes, no pause, no message, no pin.
        browser.press("nlmtyo/p", AT_ONCE).await;
        let menu =
            "return document.querySelector('[data-testid=row-menu]')?.matches(':popover-open') === true";
        browser.until_script(menu).await;
        focused("row-copy").await;
        assert_eq!(browser.count("[data-testid=pick]").await, 1, "n opened no connection");
        assert_eq!(browser.count("[data-testid=pinned]").await, 0);
        assert_eq!(
            browser.run("return document.querySelector('[data-testid=lanes]').ariaPressed").await,
            "false"
        );
        // A letter goes to the deed that begins with it.
        browser.press("h", AT_ONCE).await;
        focused("row-highlight").await;
        browser.press("s", AT_ONCE).await;
        focused("row-column").await;
        // The last value is the direction, which no column can show: the focus stays, and a press does nothing.
        browser.press(LEFT, AT_ONCE).await;
        browser
            .until_script("return document.querySelector('[data-testid=row-value][aria-checked=true]').textContent.startsWith('direction')")
            .await;
        browser
            .until_script("return document.activeElement.dataset.testid === 'row-column' && document.activeElement.ariaDisabled === 'true'")
            .await;
        browser.press(ENTER, AT_ONCE).await;
        browser.until_script(menu).await;
        assert_eq!(browser.count("[data-testid=column]").await, 0);
        browser.press(&format!("{RIGHT}{ENTER}"), AT_ONCE).await;
        browser.until_script("return document.querySelectorAll('[data-testid=column]').length === 1").await;
        focused("timeline").await;
    });
}

#[test]
fn an_excluded_connection_hides_its_own_frames_and_none_of_a_later_one() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("of the first").await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.run(&format!("{ROWS}.at(-1).click()")).await;
        browser.press("\u{e00c}", AT_ONCE).await;
        browser.run("document.querySelector('[data-testid=timeline]').focus()").await;
        browser.press("\u{e008}\u{e03a}\u{e000}", AT_ONCE).await;
        choose(browser, "row-value", "connection alice").await;
        browser.click("row-exclude").await;
        browser.until_rows(|rows| rows.is_empty()).await;
        browser.click("kinds").await;
        browser.until_text("excluded", "connection alice").await;
        browser.press("\u{e00c}", AT_ONCE).await;
        browser.run("document.activeElement.blur()").await;
        browser.press("n", AT_ONCE).await;
        browser.until_script("return document.querySelectorAll('[data-testid=pick]').length === 2").await;
        browser.connect().await;
        browser.send("of the second").await;
        let rows = browser.until_rows(|rows| rows.len() == 4).await;
        assert!(rows.iter().all(|row| row.contains("bob")), "{rows:#?}");
        browser.click("kinds").await;
        browser.click("excluded").await;
        browser.until_rows(|rows| rows.len() == 8).await;
    });
}

#[test]
fn a_saved_filter_has_the_name_of_a_secret_and_works_after_a_reload() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        let give = async || {
            let values = ["variable-name", "variable-value"];
            for (name, text) in values.iter().zip(["token", "tok-4711"]) {
                browser.type_into(name, text).await;
            }
        };
        browser.click("rail-variable-add").await;
        give().await;
        browser.run("const secret = document.querySelector('[data-testid=variable-secret]'); if (!secret.checked) secret.click()").await;
        browser.send(r#"{"auth":"tok-4711"}"#).await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.click("mode-path").await;
        browser.type_into("filter", r#"$.auth == "tok-4711""#).await;
        browser.until_rows(|rows| rows.len() == 2).await;
        browser.click("kinds").await;
        browser.type_into("filter-name", "logins").await;
        browser.press(ENTER, AT_ONCE).await;
        browser.until_text("toast", "the name of a secret in place of its value").await;
        browser
            .until_script(
                r#"return document.querySelector('[data-testid=filter]').value === '$.auth == "{{token}}"'"#,
            )
            .await;
        browser.until_rows(|rows| rows.len() == 2).await;
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.run("location.reload()").await;
        browser.connect().await;
        browser.send(r#"{"auth":"tok-4711"}"#).await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.click("kinds").await;
        choose(browser, "saved-filter", "logins").await;
        browser.until_rows(|rows| rows.is_empty()).await;
        browser.type_into("variable-value", "tok-4711").await;
        browser.until_rows(|rows| rows.len() == 2).await;
    });
}
