//! The timeline and its figures on the release page, beside a trading feed that others might have written.

use std::time::Duration;

use serde_json::Value;

use support::feed::log_into_feed;
use support::page::{Browser, eventually, open_echo, test_page};

async fn go_to(browser: &Browser, view: &str) {
    browser.run(&format!("location.hash = '#/{view}'")).await;
    let shown = if view == "bench" {
        "return !!document.querySelector('[data-testid=timeline]').clientHeight"
    } else {
        "return !document.querySelector('[data-testid=timeline]').clientHeight"
    };
    browser.until_script(shown).await;
}

async fn pressed(browser: &Browser, name: &str) -> bool {
    browser
        .run(&format!("return document.querySelector('[data-testid={name}]').ariaPressed === 'true'"))
        .await
        == true
}

/// Waits until the chosen row has this text and stands within the list.
async fn until_chosen_in_view(browser: &Browser, text: &str) {
    browser
        .until_script(&format!(
            "const row = document.querySelector('.row[aria-selected=true]:not([hidden])'), box = row?.getBoundingClientRect();
             const list = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
             return !!row?.textContent.includes('{text}') && box.top >= list.top - 1 && box.bottom <= list.bottom + 1"
        ))
        .await;
}

/// Waits until a frame with this text stands within the list.
async fn until_in_view(browser: &Browser, text: &str) {
    browser
        .until_script(&format!(
            "const list = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
             return [...document.querySelectorAll('.row:not([hidden])')].some(row => {{
               const box = row.getBoundingClientRect();
               return row.textContent.includes(`{text}`) && box.top >= list.top - 1 && box.bottom <= list.bottom + 1;
             }})"
        ))
        .await;
}

#[test]
fn following_survives_another_view_and_a_scroll_event_that_comes_late() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"burst","count":200,"request_id":"2"}"#).await;
        until_in_view(browser, "n 200 ").await;
        for view in ["practice", "checks", "faults"] {
            go_to(browser, view).await;
            // What the browser does when the list is hidden between its last move and the event of it.
            browser
                .run("document.querySelector('[data-testid=timeline]').dispatchEvent(new Event('scroll'))")
                .await;
            go_to(browser, "bench").await;
            until_in_view(browser, "n 200 ").await;
            assert!(pressed(browser, "follow").await, "after {view}");
        }
        browser.send(r#"{"op":"burst","count":300,"request_id":"3"}"#).await;
        until_in_view(browser, "n 300 ").await;
    });
}

#[test]
fn choosing_a_row_stops_following_and_says_so() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"burst","count":40,"request_id":"2"}"#).await;
        until_in_view(browser, "n 40 ").await;
        assert!(pressed(browser, "follow").await);
        let click = async |text: &str| {
            let row = format!(
                "[...document.querySelectorAll('.row:not([hidden])')].find(it => it.textContent.includes('{text}'))"
            );
            browser.until_script(&format!("{row}?.click(); return !!document.querySelector('.row[aria-selected=true]')?.textContent.includes('{text}')")).await;
        };
        let stays = async |text: &str, request: u8| {
            browser.send(&format!(r#"{{"op":"burst","count":200,"request_id":"{request}"}}"#)).await;
            browser.until_text("missed", " new · follow").await;
            until_chosen_in_view(browser, text).await;
            assert!(!pressed(browser, "follow").await, "{text}");
        };
        // By a click, then by a key.
        click("n 38 ").await;
        stays("n 38 ", 3).await;
        browser.click("follow").await;
        until_in_view(browser, "n 200 ").await;
        click("n 198 ").await;
        browser.run("document.querySelector('[data-testid=timeline]').focus()").await;
        browser.press("\u{e013}", Duration::ZERO).await;
        until_chosen_in_view(browser, "n 197 ").await;
        stays("n 197 ", 4).await;
        browser.until_text("follow-stopped", "Following has stopped, since a row is chosen").await;
        // A list that becomes lower keeps it in sight, too.
        browser.click("plots").await;
        browser.until_script("return !!document.querySelector('.bench-plots .chart')").await;
        until_chosen_in_view(browser, "n 197 ").await;
        browser.click("missed").await;
        until_in_view(browser, "n 200 ").await;
        assert!(pressed(browser, "follow").await);
        assert_eq!(browser.text("follow-stopped").await, "");
    });
}

#[test]
fn what_is_selected_stays_in_view_when_the_filter_goes_and_is_shown_when_asked() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"burst","count":3000,"request_id":"2"}"#).await;
        browser.until_text("frames", "3\u{2009}00").await;
        // An empty path filters nothing.
        browser.click("mode-path").await;
        assert_eq!(browser.text("hits").await, "");
        browser.type_into("filter", "$.n == 1234").await;
        browser.until_text("hits", "1 hit").await;
        browser.run("document.querySelector('.row:not([hidden])').click()").await;
        browser.until_text("content", "1234").await;
        let stays = async |what: &str| {
            until_in_view(browser, "n 1234 ").await;
            until_in_view(browser, "n 1235 ").await;
            assert!(!pressed(browser, "follow").await, "{what}");
        };
        browser.click("hides").await;
        stays("marks only").await;
        browser.click("hides").await;
        browser.until_rows(|rows| rows.len() == 1).await;
        browser.click("clear-filter").await;
        stays("no filter").await;
        browser.click("follow").await;
        until_in_view(browser, "n 3000 ").await;
        browser.click("show-in-list").await;
        stays("asked for").await;
        // Also when a filter hides it: then the others come back around it.
        browser.click("mode-text").await;
        browser.type_into("filter", "order").await;
        browser.until_text("hits", "0 hits").await;
        browser.click("show-in-list").await;
        stays("hidden by the filter").await;
    });
}

#[test]
fn bars_stay_in_their_lines_and_menus_on_the_screen_at_every_width() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
        browser.until_text("facts", "alice").await;
        browser.click("pin").await;
        browser.until_text("pins", "1 pinned").await;
        browser.type_into("remark", "a remark").await;
        browser.run("document.activeElement.blur()").await;
        for (width, height) in [(1280, 720), (1366, 768), (1440, 900), (1680, 1050), (1920, 1080), (500, 844)]
        {
            browser.resize(width, height).await;
            browser.until_script(&format!("return Math.abs(innerWidth - {width}) < 40")).await;
            let heights = browser
                .run("return ['.timeline .head', '.filter', '.detail .bench-views', '.detail .deeds'].map(it => document.querySelector(it).offsetHeight)")
                .await;
            let heights: Vec<u64> = serde_json::from_value(heights).expect("numbers");
            if width > 1000 {
                let most = [35, 35, 35, 35];
                assert!(
                    heights.iter().zip(most).all(|(height, most)| *height < most),
                    "{heights:?} at {width}"
                );
            }
            // The detail: nothing lies over another thing, and there is room to read.
            let parts = browser
                .run(
                    "const box = it => document.querySelector(it).getBoundingClientRect();
                      const [note, content] = [box('.detail .note'), box('[data-testid=content]')];
                      return [content.top - note.bottom, content.height, note.height]",
                )
                .await;
            let [gap, content, note]: [f64; 3] = serde_json::from_value(parts).expect("numbers");
            assert!(gap >= 0.0 && content >= 95.0 && note < 50.0, "{gap} {content} {note} at {width}");
            if width <= 760 {
                // The detail lies over the list there.
                browser.click("close-detail").await;
            }
            for (menu, choice) in [("export", "export-csv"), ("kinds", "kind-binary"), ("pins", "go-pin")] {
                if width <= 760 && menu == "export" {
                    browser.click("timeline-more").await;
                }
                browser.click(menu).await;
                let reached = format!(
                    "const it = document.querySelector('[data-testid={choice}]'); const box = it.getBoundingClientRect();
                     const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                     const sheet = it.closest('.sheet').getBoundingClientRect();
                     return sheet.left >= 0 && sheet.right <= innerWidth && !!at && it.contains(at)"
                );
                browser.until_script(&reached).await;
                browser.click(menu).await;
            }
        }
    });
}

#[test]
fn nothing_in_a_row_or_a_bar_runs_under_another_or_moves_with_what_is_said() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.send("one").await;
        browser.until_rows(|rows| rows.len() == 4).await;
        for times in ["absolute", "relative", "delta"] {
            browser
                .run(&format!(
                    "const it = document.querySelector('[data-testid=times]'); it.value = '{times}'; it.dispatchEvent(new Event('change'))"
                ))
                .await;
            browser
                .until_script(&format!(
                    "const row = document.querySelector('.row:not([hidden])'); const range = document.createRange();
                     range.selectNodeContents(row.querySelector('.row-time'));
                     return document.querySelector('.timeline').dataset.times === '{times}'
                       && range.getBoundingClientRect().right < row.querySelector('.dot').getBoundingClientRect().left"
                ))
                .await;
        }
        let places = "return ['mode-text', 'kinds', 'hides', 'timeline'].map(it => {
            const box = document.querySelector(`[data-testid=${it}]`).getBoundingClientRect(); return [box.x, box.y]; })";
        let before = browser.run(places).await;
        browser.click("mode-path").await;
        assert_eq!(browser.run(places).await, before);
        browser.type_into("filter", "$.[").await;
        browser.until_text("hits", "at character").await;
        assert_eq!(browser.run(places).await, before, "also while something is wrong");
        browser.type_into("filter", "$.a").await;
        browser.until_text("hits", "0 hits").await;
        assert_eq!(browser.run(places).await, before);
        browser.click("clear-filter").await;
        // What is one of a list says which, since the elements stand in the order of their slots.
        browser.until_rows(|rows| rows.len() == 4).await;
        let seats = browser
            .run(
                "return [...document.querySelectorAll('.row:not([hidden])')]
                    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
                    .map(row => `${row.ariaPosInSet}/${row.ariaSetSize}`)",
            )
            .await;
        assert_eq!(seats, serde_json::json!(["1/4", "2/4", "3/4", "4/4"]));
        browser.click("pause").await;
        browser
            .until_script("return document.querySelector('[data-testid=follow]').ariaPressed === 'false'")
            .await;
        browser.click("follow").await;
        browser
            .until_script("return document.querySelector('[data-testid=pause]').ariaPressed === 'false'")
            .await;
        assert!(pressed(browser, "follow").await);
        browser.click("clear").await;
        browser.until_text("clear", "Delete 4 frames?").await;
        browser.click("clear").await;
        browser.until_text("dropped", "4 cleared").await;
        assert_eq!(browser.text("frames").await, "0 frames");
        // No sign depends on a font that may lack it.
        let typed = browser.run("return [...document.querySelectorAll('.bench button, .bench summary')].map(it => it.textContent).join('')").await;
        assert!(!typed.as_str().unwrap_or("⧉").contains(['⧉', '◐', '☆', '×', '▾']), "{typed}");
    });
}

#[test]
fn a_request_id_is_offered_and_what_stays_unanswered_is_seen_while_time_runs_on() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"quote","symbol":"AAPL","request_id":"2"}"#).await;
        browser.until_text("pairing-offer", "2 replies match by request_id.").await;
        assert_eq!(browser.text("samples").await, "0");
        browser.click("pairing-use").await;
        browser.until_script("return !document.querySelector('[data-testid=pairing-offer]')").await;
        browser.send(r#"{"op":"order","symbol":"AAPL","quantity":1,"request_id":"3"}"#).await;
        // Two came before it was asked for.
        browser.until_text("samples", "3").await;
        // A percentile of three is a guess, and says so.
        let p99 = browser.run("return document.querySelector('[data-testid=p99]').title").await.to_string();
        assert!(p99.contains(" of 3 samples; p99 takes 100"), "{p99}");
        browser.click("plots").await;
        browser.send(r#"{"op":"audit","request_id":"4"}"#).await;
        browser.until_text("unanswered", "1").await;
        // Nothing comes but heartbeats, which answer nothing.
        // Time runs on in the chart.
        let ends = "return Number(/ to ([0-9.]+)\\u2009s/.exec(document.querySelector('[data-testid=plot-trips] [role=img]')?.ariaLabel)?.[1])";
        browser.until_script(&format!("{ends} > 0")).await;
        let ended = browser.run(ends).await.as_f64().unwrap_or_default();
        browser.until_script(&format!("{ends} > {}", ended + 2.0)).await;
        browser.click("reset-figures").await;
        browser.until_text("samples", "0").await;
        assert_eq!(browser.text("unanswered").await, "0");
        // An unexpected end does not look like an ordinary row.
        browser.send(r#"{"op":"revoke","request_id":"5"}"#).await;
        browser.until_text("note", "4001").await;
        let closed = "return document.querySelector('.row[data-direction=trouble]:not([hidden])')?.textContent.includes('4001') === true";
        browser.until_script(closed).await;
    });
}

#[test]
fn a_connection_through_the_proxy_keeps_its_set_up_and_says_that_faults_are_on() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("name", "trader").await;
        browser.type_into("url", &format!("{}/echo", practice.ws)).await;
        browser.click("options").await;
        browser.click("on-open-add").await;
        browser.type_into("on-open", "hello from the start").await;
        browser.click("close-dialog").await;
        go_to(browser, "faults").await;
        browser.until_text("reach", "A server listens there").await;
        browser.click("connect-through").await;
        browser.until_text("note", "Open").await;
        assert_eq!(browser.value("name").await, "trader-faults");
        browser
            .until_rows(|rows| {
                rows.iter().any(|row| row.contains("↓") && row.contains("hello from the start"))
            })
            .await;
        browser.until_text("through-faults", "fault proxy, nothing is on").await;
        go_to(browser, "faults").await;
        browser.click("black-hole").await;
        go_to(browser, "bench").await;
        browser.until_text("through-faults", "fault proxy, 1 fault on").await;
        go_to(browser, "faults").await;
        browser.click("all-off").await;
        browser.until_text("on-count", "Nothing is on").await;
    });
}

/// Every element that has a text of its own in a monospaced face, also in shadow roots, with what it makes of `==`.
const MONOSPACED: &str = "
    const all = root => [...root.querySelectorAll('*')].flatMap(it => it.shadowRoot ? [it, ...all(it.shadowRoot)] : [it]);
    return all(document).filter(it => {
        const has = [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || 'value' in it;
        return has && /mono/i.test(getComputedStyle(it).fontFamily);
    }).map(it => {
        const style = getComputedStyle(it);
        return [it.className || it.tagName, style.fontVariantLigatures, style.fontFeatureSettings];
    });";

#[test]
fn two_signs_are_drawn_as_two_wherever_content_is_shown() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.send(r#"{"a":"== != => -> ffi"}"#).await;
        browser.until_rows(|rows| rows.len() == 4).await;
        browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
        browser.until_text("content", "==").await;
        for view in ["bench", "checks", "faults", "practice"] {
            go_to(browser, view).await;
            if view == "checks" {
                browser.click("suite").await;
                // A suite that was just chosen shows its checks first.
                const EDITOR: &str = "return !!document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-line')";
                eventually("the editor", async || {
                    browser.click("part-edit").await;
                    (browser.run(EDITOR).await == true).then_some(())
                })
                .await;
            }
            let found: Vec<[Value; 3]> = eventually("monospaced content", async || {
                let found = serde_json::from_value::<Vec<_>>(browser.run(MONOSPACED).await).expect("a list");
                (found.len() > 3).then_some(found)
            })
            .await;
            for [name, ligatures, features] in found {
                let features = features.as_str().unwrap_or_default();
                let are_off =
                    ["\"liga\" 0", "\"calt\" 0", "\"clig\" 0"].iter().all(|it| features.contains(it));
                assert!(ligatures == "none" && are_off, "{name} in {view}: {ligatures}, {features}");
            }
        }
    });
}

#[test]
fn where_one_chart_is_read_the_other_says_its_values_too() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("hello").await;
        browser.click("plots").await;
        let filled = |name: &str| {
            format!(
                "return /to [0-9]/.test(document.querySelector('[data-testid={name}] [role=img]')?.ariaLabel ?? '')"
            )
        };
        browser.until_script(&filled("plot-messages")).await;
        browser.until_script(&filled("plot-trips")).await;
        let read = "[...document.querySelectorAll('[data-testid=plot] .chart-tip:not([hidden]) > b')].length";
        browser.run("document.querySelector('[data-testid=plot-messages] .chart-field').focus()").await;
        browser.press("\u{e011}", Duration::ZERO).await;
        browser.until_script(&format!("return {read} === 2")).await;
        browser.press("\u{e004}", Duration::ZERO).await;
        browser.until_script(&format!("return {read} === 0")).await;
    });
}

#[test]
fn a_span_that_is_dragged_over_a_chart_narrows_the_timeline_to_it() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
        browser.click("plots").await;
        let ends = "return Number(/ to ([0-9.]+)\\u2009s/.exec(document.querySelector('[data-testid=plot-messages] [role=img]')?.ariaLabel)?.[1])";
        browser.until_script(&format!("{ends} > 4")).await;
        browser.drag("plot-messages", 0.5, 0.7).await;
        let is_narrow = "return document.querySelector('[data-testid=spanned]')?.textContent.trim()";
        browser.until_script(&format!("{is_narrow} > ''")).await;
        browser.until_text("hits", "hit").await;
        // Every row lies in the span, and more exist.
        let seconds =
            |text: &str| text.trim().replace(['+', '\u{2009}', ' '], "").parse::<f64>().unwrap_or(f64::NAN);
        let said = browser.run(is_narrow).await.as_str().unwrap_or_default().to_owned();
        let (from, to) = said.split_once(" to ").unwrap_or_else(|| panic!("expected a span, found {said}"));
        let (from, to) = (seconds(from), seconds(to));
        assert!(0.5 < from && from < to, "{said}");
        browser.until_script("return document.querySelectorAll('.row:not([hidden])').length > 5").await;
        let times = browser
            .run(
                "return [...document.querySelectorAll('.row:not([hidden]) .row-time')].map(it => it.textContent)",
            )
            .await;
        let times: Vec<_> = times
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| seconds(it.as_str().unwrap_or_default()))
            .collect();
        assert!(times.iter().all(|at| (from..=to).contains(at)), "{said}: {times:?}");
        // Clearing takes the span along: what comes now is seen.
        browser.click("clear").await;
        browser.click("clear").await;
        browser.until_script("return document.querySelectorAll('.row:not([hidden])').length > 5").await;
        browser.until_script(&format!("{ends} > {}", to + 3.0)).await;
        browser.drag("plot-messages", 0.6, 0.9).await;
        browser
            .until_script(
                "return !document.querySelector('[data-testid=spanned]').closest('fieldset').hidden",
            )
            .await;
        browser.click("kinds").await;
        browser.click("spanned").await;
        browser
            .until_script("return document.querySelector('[data-testid=spanned]').closest('fieldset').hidden")
            .await;
        browser.until_script("return !document.querySelector('[data-testid=hits]').textContent.trim()").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_values_of_a_chart_are_changed_in_place_and_stand_still_while_they_are_read() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("hello").await;
        browser.click("plots").await;
        let table = "document.querySelector('[data-testid=plot-messages] details')";
        browser.until_script(&format!("return {table} !== null")).await;
        browser.run(&format!("{table}.open = true")).await;
        let rows = format!("{table}.querySelectorAll('tbody tr').length");
        let count = async || browser.run(&format!("return {rows}")).await.as_u64().unwrap_or_default();
        browser.until_script(&format!("return {rows} > 1")).await;
        let before = count().await;
        browser.run(&format!("globalThis.first = {table}.querySelector('tbody th').firstChild")).await;
        browser.until_script(&format!("return {rows} > {}", before + 1)).await;
        assert_eq!(
            browser.run("return globalThis.first.isConnected").await,
            true,
            "a cell stays the same cell"
        );
        // The focus is in the table, and time runs on in the chart.
        browser.run(&format!("{table}.querySelector('div').focus()")).await;
        let held = count().await;
        browser
            .until_script(&format!("return {table}.textContent.includes('stands still while you read')"))
            .await;
        let ends = "Number(/ to ([0-9.]+)\\u2009s/.exec(document.querySelector('[data-testid=plot-messages] [role=img]')?.ariaLabel)?.[1])";
        let ended = browser.run(&format!("return {ends}")).await.as_f64().unwrap_or_default();
        browser.until_script(&format!("return {ends} > {}", ended + 2.0)).await;
        assert_eq!(count().await, held);
        browser.run("document.activeElement.blur()").await;
        browser.until_script(&format!("return {rows} > {held}")).await;
        // A selection in it counts too.
        browser.run(&format!("getSelection().selectAllChildren({table}.querySelector('tbody tr'))")).await;
        browser.until_script(&format!("return {table}.textContent.includes('stands still')")).await;
        browser.run("getSelection().removeAllRanges()").await;
        browser.until_script(&format!("return !{table}.textContent.includes('stands still')")).await;
        browser.assert_quiet_console().await;
    });
}
