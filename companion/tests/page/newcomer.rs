//! What a person who has the bench for the first time tries: a path in the filter, keys out of it, a look back, two frames side
//! by side, a fault that ends the connection.

use std::time::Duration;

use support::page::{Browser, Practice, test_page, unfold_list};

const AT_ONCE: Duration = Duration::ZERO;
const DOWN: &str = "\u{e015}";
const ENTER: &str = "\u{e007}";

/// Numbered messages to an echo and back.
async fn numbered(practice: &Practice, browser: &Browser, count: u32) {
    browser.open(&practice.page).await;
    browser.type_into("url", &format!("{}/echo", practice.ws)).await;
    browser.connect().await;
    for number in 1..=count {
        browser.send(&format!(r#"{{"n":{number}}}"#)).await;
        browser.until_row(&format!("n {number}")).await;
    }
}

fn is_pressed(name: &str) -> String {
    format!("return document.querySelector('[data-testid={name}]').ariaPressed === 'true'")
}

#[test]
fn a_path_in_the_filter_is_read_as_one_until_a_person_chooses_how() {
    test_page(async |practice, browser| {
        numbered(practice, browser, 3).await;
        browser.type_into("filter", "$.n == 2").await;
        browser.until_script(&is_pressed("mode-path")).await;
        browser.until_text("hits", "2 hits").await;
        // The next match is the next one; the field is left by a key.
        browser.press(ENTER, AT_ONCE).await;
        browser.until_text("hits", "1 / 2 hits").await;
        browser.press(ENTER, AT_ONCE).await;
        browser.until_text("hits", "2 / 2 hits").await;
        browser.press(DOWN, AT_ONCE).await;
        browser.until_script("return document.activeElement.dataset.testid === 'timeline'").await;
        browser.type_into("filter", "n").await;
        browser.until_script(&is_pressed("mode-text")).await;
        browser.click("mode-text").await;
        browser.type_into("filter", "$.n == 2").await;
        browser.until_text("hits", "0 hits").await;
        browser.until_script(&is_pressed("mode-text")).await;
    });
}

#[test]
fn what_is_newer_than_the_view_is_counted_by_a_button_that_leads_there() {
    test_page(async |practice, browser| {
        browser.resize(1280, 500).await;
        numbered(practice, browser, 12).await;
        browser.run("const it = document.querySelector('[data-testid=timeline]'); it.scrollTop = 0;").await;
        browser.until_text("missed", " new").await;
        browser.click("missed").await;
        browser.until_script(&is_pressed("follow")).await;
        browser.until_row("n 12").await;
        browser.until_script("return document.querySelector('[data-testid=missed]').hidden").await;
        // What the filter hides is not counted.
        browser.type_into("filter", "nothing has this").await;
        browser.until_text("hits", "0 hits").await;
        browser.click("pause").await;
        browser.send(r#"{"n":99}"#).await;
        browser.until_script("return document.querySelector('[data-testid=draft-note]') !== null").await;
        browser.until_script("return document.querySelector('[data-testid=missed]').hidden").await;
    });
}

#[test]
fn two_frames_are_compared_by_a_second_click_and_what_is_cleared_is_closed() {
    test_page(async |practice, browser| {
        numbered(practice, browser, 2).await;
        let row = |part: &str, second: bool| {
            format!(
                "const row = [...document.querySelectorAll('.row:not([hidden])')].find(it => it.textContent.includes('{part}'));
                 row?.dispatchEvent(new MouseEvent('click', {{ bubbles: true, ctrlKey: {second} }})); return Boolean(row)"
            )
        };
        browser.until_script(&row("n 1", false)).await;
        browser.until_text("detail-title", "Frame 2").await;
        browser.until_script(&row("n 2", true)).await;
        browser.until_text("detail-title", "Frame 2 → 4").await;
        unfold_list(browser).await;
        browser.click("clear").await;
        browser.until_text("clear", "Delete").await;
        browser.click("clear").await;
        browser.until_script("return document.querySelector('[data-testid=detail]')?.hidden !== false").await;
    });
}

#[test]
fn a_connection_that_the_fault_proxy_ended_is_not_blamed_on_idleness() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("{}/echo", practice.ws)).await;
        browser.run("location.hash = '#/faults'").await;
        browser.until_text("reach", "A server listens there").await;
        browser.run("document.querySelector('[data-testid=limit_data-on]').click()").await;
        browser.until_text("on-count", "1 toxic on").await;
        browser.click("connect-through").await;
        browser.until_text("note", "Open").await;
        for _ in 0..3 {
            browser.send(&"x".repeat(4000)).await;
        }
        browser.until_text("note", "1006").await;
        browser.click("why-causes").await;
        let first = "return document.querySelector('.bench-causes > li').dataset.cause === 'fault_proxy'
            && document.querySelector('.bench-causes > li').textContent.includes('Limit of data')";
        browser.until_script(first).await;
        browser.run("location.hash = '#/faults'").await;
        browser.click("all-off").await;
        browser.until_text("on-count", "Nothing is on").await;
    });
}
