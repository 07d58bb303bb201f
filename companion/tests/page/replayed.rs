//! Replays and comparisons from the page, against a real server with one fault at a time. With real keys.

use std::time::Duration;

use support::page::{Browser, Practice, test_page};
use support::shop::{Fault, Shop};

use super::access;

const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
const CONTROL_K: &str = "\u{e009}k\u{e000}";
/// Questions that a person asks the shop.
const QUESTIONS: usize = 4;

/// Connects to the shop, asks for prices with the token that it gave, and disconnects.
async fn visit(practice: &Practice, browser: &Browser, shop: &Shop) {
    browser.open(&practice.page).await;
    browser.type_into("url", &shop.url).await;
    browser.connect().await;
    let rows = browser.until_row("t0k").await;
    let welcome = rows.iter().find(|row| row.contains("t0k")).expect("a welcome");
    let token = &welcome[welcome.find("t0k").expect("it is there")..][..16];
    for id in 0..QUESTIONS {
        browser.send(&format!("{{\"type\":\"ask\",\"id\":{id},\"token\":\"{token}\"}}")).await;
        let answered = id + 1;
        browser
            .until_rows(|rows| {
                rows.iter().filter(|row| row.contains("price") && row.contains('↓')).count() == answered
            })
            .await;
    }
    browser.click("connect").await;
    browser.until_text("note", "Closed with").await;
}

/// Runs a command of the palette.
async fn command(browser: &Browser, words: &str) {
    browser.press(CONTROL_K, Duration::ZERO).await;
    browser.until_text("palette-count", "commands").await;
    browser.press(words, Duration::ZERO).await;
    browser.press(ENTER, Duration::ZERO).await;
}

async fn choose(browser: &Browser, name: &str, value: &str) {
    browser
        .run(&format!(
            "const it = document.querySelector('[data-testid={name}]'); it.value = '{value}'; it.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        ))
        .await;
}

/// Replays the present session as fast as answers come.
async fn replay(browser: &Browser, to: Option<&str>) {
    command(browser, "replay session").await;
    browser.until_text("replay-dialog", "Connections, 1 of").await;
    if let Some(to) = to {
        browser.type_into("replay-to", to).await;
    }
    choose(browser, "replay-pace", "answers").await;
    browser.click("replay-start").await;
}

async fn lines(browser: &Browser) -> Vec<String> {
    let script =
        "return [...document.querySelectorAll('[data-testid=difference-line]')].map(it => it.innerText)";
    let lines = browser.run(script).await;
    lines.as_array().into_iter().flatten().map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_session_is_replayed_and_each_fault_of_the_server_is_exactly_one_line() {
    test_page(async |practice, browser| {
        let shop = Shop::open().await;
        visit(practice, browser, &shop).await;
        let faults = [
            (Fault::None, ""),
            (Fault::DropsField(2), "changed"),
            (Fault::Swaps(2), "reordered"),
            (Fault::Mute(2), "missing"),
        ];
        for (run, (fault, expected)) in (1..).zip(faults) {
            shop.break_as(fault);
            replay(browser, None).await;
            browser.until_text_within("replay-line", &format!("Replay {run}"), 30).await;
            browser.until_text_within("replay-words", "Done", 60).await;
            browser.until_text("replay-words", &format!("{QUESTIONS} of {QUESTIONS} sent")).await;
            browser.until_text("replay-remarks", "replaced by those of now").await;
            browser.click("replay-compare").await;
            browser.until_text("difference-words", "in both").await;
            let found = lines(browser).await;
            match expected {
                "" => {
                    assert_eq!(found, [""; 0], "the same server does the same");
                    browser.until_text("difference-none", "Nothing differs").await;
                }
                expected => {
                    assert_eq!(found.len(), 1, "{fault:?}: {found:#?}");
                    assert!(found[0].starts_with(expected) && found[0].contains("price"), "{found:#?}");
                }
            }
            browser.click("sessions-back").await;
            browser.until_script("return !document.querySelector('[data-testid=difference]')").await;
            // The replay stands in the present timeline.
            browser.until_row(&format!("replay {run}")).await;
        }
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_difference_is_followed_to_both_frames_into_lanes_and_to_a_mask_with_the_keyboard() {
    test_page(async |practice, browser| {
        let shop = Shop::open().await;
        visit(practice, browser, &shop).await;
        shop.break_as(Fault::DropsField(2));
        replay(browser, None).await;
        browser.until_text_within("replay-words", "Done", 60).await;
        access::check(browser, "the end of a replay").await;
        browser.run("document.querySelector('[data-testid=replay-compare]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("difference-words", "1 difference").await;
        let active = "return document.activeElement.dataset.testid";
        browser.until_script(&format!("{active} === 'difference-summary-tab'")).await;
        access::check(browser, "the summary of a difference").await;
        // Behind the views and the exports stands the way back, then the list.
        browser.run("document.querySelector('[data-testid=difference-show]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser
            .until_script(
                "return document.querySelectorAll('[data-testid=difference-row][data-differs]').length === 1",
            )
            .await;
        let row = "document.querySelector('[data-testid=difference-row][data-differs]')";
        browser.until_script(&format!("return {row}.getAttribute('aria-selected') === 'true'")).await;
        let text = browser.run(&format!("return {row}.innerText")).await;
        let text = text.as_str().expect("a text");
        assert!(text.contains("EUR") && text.contains("changed"), "{text}");
        // The detail shows both messages.
        browser.until_script("return document.querySelector('.bench').hasAttribute('data-comparing')").await;
        for size in [(1440, 900), (1280, 720)] {
            browser.resize(size.0, size.1).await;
            let bar = "const bar = document.querySelector('[data-testid=difference-bar]'), name = bar.querySelector('b');
                const parts = [...bar.children].filter(it => it.checkVisibility()).map(it => it.getBoundingClientRect());
                return [bar.getBoundingClientRect().height, name.checkVisibility() ? name.scrollWidth - name.clientWidth : 0, parts.at(-1).right - bar.getBoundingClientRect().right]";
            let [height, cut, beyond]: [f64; 3] =
                serde_json::from_value(browser.run(bar).await).expect("numbers");
            assert!(height < 40.0, "the bar is {height} px high at {size:?}");
            assert!(cut <= 0.0, "{cut} px of the names are cut at {size:?}");
            assert!(beyond <= 0.0, "{beyond} px stand beyond the bar at {size:?}");
        }
        access::check(browser, "both sessions side by side").await;
        browser.run("document.querySelector('[data-testid=difference-rows]').focus()").await;
        browser.press("\u{e011}", Duration::ZERO).await;
        browser.press(DOWN, Duration::ZERO).await;
        browser.until_script("return document.querySelector('[data-testid=difference-rows]').getAttribute('aria-activedescendant') === 'difference-row-1'").await;
        browser.click("difference-next").await;
        browser.until_script(&format!("return {row}.getAttribute('aria-selected') === 'true'")).await;
        browser.click("difference-only").await;
        browser
            .until_script("return document.querySelectorAll('[data-testid=difference-row]').length === 1")
            .await;

        browser.run("document.querySelector('[data-testid=difference-lanes-tab]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("lanes-head", "(second)").await;
        browser
            .until_script(
                "return document.querySelectorAll('.row[data-direction=trouble]:not([hidden])').length === 2",
            )
            .await;
        access::check(browser, "a difference in lanes").await;

        browser.click("difference-summary-tab").await;
        browser.run("document.querySelector('[data-testid=difference-mask]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("difference-words", "No difference").await;
        browser.until_text("difference-remarks", "Masked: 1 differing value").await;
        browser.click("difference-masks-tab").await;
        browser.until_text("difference-masks", "$.currency").await;
        access::check(browser, "the masks").await;
        browser.click("mask-remove").await;
        browser.until_text("difference-words", "1 difference").await;
        browser.until_text("masks-none", "Nothing is masked").await;
        browser.click("difference-export").await;
        browser.click("difference-json").await;
        browser.until_text("toast", "difference.json").await;
        browser.click("difference-export").await;
        browser.click("difference-html").await;
        browser.until_text("toast", "difference.html").await;
        browser.run("document.querySelector('[data-testid=sessions-back]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_script("return !document.querySelector('.lanes-lines')").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn an_earlier_session_is_replayed_compared_and_its_masks_are_learnt_from_a_second_run() {
    test_page(async |practice, browser| {
        let shop = Shop::open().await;
        visit(practice, browser, &shop).await;
        let kept = "document.querySelector('[data-testid=session-frames]')";
        browser.click("sessions").await;
        browser.until_script(&format!("return {kept} && +{kept}.innerText.replace(/\\D/g, '') >= 12")).await;
        access::check(browser, "the sessions with what is done with them").await;
        browser.click("close-dialog").await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.click("sessions-notice-open").await;
        browser.until_text("sessions-shown", "Read only.").await;
        browser.click("sessions-replay").await;
        browser.until_text("replay-dialog", "Connections, 1 of 1").await;
        assert_eq!(browser.value("replay-to").await, shop.url);
        access::check(browser, "the dialog of a replay").await;
        choose(browser, "replay-pace", "answers").await;
        shop.break_as(Fault::DropsField(2));
        browser.click("replay-start").await;
        // It comes into the present session, which is shown again.
        browser.until_text_within("replay-words", "Done", 60).await;
        browser.until_row("replay 1").await;
        browser.click("replay-compare").await;
        browser.until_text("difference-words", "1 difference").await;
        browser.click("sessions-back").await;

        command(browser, "compare sessions").await;
        browser.until_text("compare-dialog", "First session").await;
        access::check(browser, "the dialog of a comparison").await;
        let earlier = "[...document.querySelector('[data-testid=compare-first]').options].at(-1).value";
        let id = browser.run(&format!("return {earlier}")).await;
        choose(browser, "compare-first", id.as_str().expect("an earlier session")).await;
        choose(browser, "compare-second", "").await;
        browser.click("compare-start").await;
        browser.until_text("difference-words", "1 difference").await;
        browser.click("difference-masks-tab").await;
        choose(browser, "masks-again", "").await;
        browser.click("masks-learn").await;
        browser.until_text("difference-words", "No difference").await;
        browser.until_text("mask", "Against this session").await;
        // What was learnt is there at the next comparison.
        browser.click("sessions-back").await;
        browser.until_text("replay-line", "Replay 1").await;
        browser.click("replay-compare").await;
        browser.until_text("difference-words", "No difference").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn err_a_wrong_address_a_server_that_is_gone_and_a_stop_are_said() {
    test_page(async |practice, browser| {
        let shop = Shop::open().await;
        visit(practice, browser, &shop).await;
        command(browser, "replay session").await;
        browser.until_text("replay-dialog", "Connections, 1 of 1").await;
        browser.type_into("replay-to", "ftp://here").await;
        browser.until_text("replay-wrong", "The server: ").await;
        browser.click("replay-connection").await;
        browser.until_text("replay-wrong", "Choose a connection.").await;
        browser.click("replay-cancel").await;
        replay(browser, Some("ws://127.0.0.1:59")).await;
        browser.until_text_within("replay-words", "Not replayed", 30).await;
        browser.until_text("replay-words", "no process listens").await;
        browser.click("replay-close").await;
        browser.until_script("return !document.querySelector('[data-testid=replay-line]')").await;

        command(browser, "replay session").await;
        browser.until_text("replay-dialog", "Connections, 1 of").await;
        choose(browser, "replay-pace", "times").await;
        browser.run("const it = document.querySelector('[data-testid=replay-times]'); it.value = '0.001'; it.dispatchEvent(new Event('change', { bubbles: true }))").await;
        browser.click("replay-start").await;
        browser.until_text("replay-words", "against").await;
        browser.click("replay-stop").await;
        browser.until_text("replay-words", "Stopped").await;
        browser.until_text("sockets", "0/").await;
    });
}

#[test]
fn earlier_sessions_are_told_apart_and_two_are_chosen() {
    test_page(async |practice, browser| {
        let shop = Shop::open().await;
        for _ in 0..2 {
            visit(practice, browser, &shop).await;
            browser.open("about:blank").await;
        }
        browser.open(&practice.page).await;
        browser.until_text("sessions-notice", "frames").await;
        command(browser, "sessions").await;
        browser.until_text("sessions-dialog", "Frames").await;
        browser.click("close-dialog").await;
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        command(browser, "compare sessions").await;
        browser.until_text("compare-dialog", "First session").await;
        let list = "[...document.querySelector('[data-testid=compare-first]').options]";
        let told = browser.run(&format!("return {list}.map((it) => it.text).join('\\n')")).await;
        let told = told.as_str().expect("texts");
        assert_eq!(told.lines().count(), 3, "{told}");
        for line in told.lines().skip(1) {
            assert!(line.contains(" frames, ") && line.contains(&shop.url), "{line}");
        }
        // The present one is empty. The one before is right, the newest is compared with it.
        let chosen = "['first', 'second'].map((it) => document.querySelector(`[data-testid=compare-${it}]`).selectedIndex)";
        assert_eq!(browser.run(&format!("return {chosen}.join()")).await, "2,1");
        browser.click("compare-start").await;
        browser.until_text("difference-words", "No difference").await;
        browser.assert_quiet_console().await;
    });
}
