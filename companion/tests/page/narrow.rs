//! A narrow list: its controls stay, and what messages say has the room.

use support::feed::{FEED_TOKEN, connect_to_feed, log_into_feed};
use support::page::{Browser, test_page};

use super::access;

/// Pauses the list, pins a row and compares it with another one.
async fn compare(browser: &Browser) {
    browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
    browser
        .until_script(
            "return document.querySelectorAll('.row[data-direction=received]:not([hidden])').length > 6",
        )
        .await;
    browser.click("pause").await;
    browser.run("document.querySelectorAll('.row[data-direction=received]:not([hidden])')[2].click()").await;
    browser.until_text("facts", "text").await;
    browser.click("pin").await;
    browser
        .run(
            "const other = [...document.querySelectorAll('.row[data-direction=received]:not([hidden])')].find(it => it.ariaSelected !== 'true');
             other.dispatchEvent(new MouseEvent('click', { ctrlKey: true, bubbles: true }))",
        )
        .await;
    browser.until_script("return !!document.querySelector('.bench[data-comparing]')").await;
}

/// The widths of what has these test ids, as they are seen.
async fn widths(browser: &Browser, names: &[&str]) -> Vec<f64> {
    let names = serde_json::to_string(names).expect("JSON");
    let script = format!(
        "return {names}.map(it => document.querySelector(`[data-testid=${{it}}]`)).map(it => it.checkVisibility({{ visibilityProperty: true }}) ? it.getBoundingClientRect().width : 0)"
    );
    serde_json::from_value(browser.run(&script).await).expect("widths")
}

#[test]
fn a_narrow_list_keeps_pause_and_follow_and_unfolds_the_rest() {
    test_page(async |practice, browser| {
        for size in [(1440, 900), (1280, 720)] {
            browser.resize(size.0, size.1).await;
            let _feed = log_into_feed(practice, browser).await;
            compare(browser).await;
            browser.type_into("filter", "tick").await;
            browser.until_text("hits", "hits").await;
            let stays = widths(browser, &["pause", "follow", "timeline-more", "kinds", "filter"]).await;
            assert!(stays.iter().all(|width| *width >= 24.0), "{stays:?} at {size:?}");
            assert_eq!(widths(browser, &["clear", "lanes"]).await, [0.0, 0.0], "folded at {size:?}");
            browser.click("timeline-more").await;
            let unfolded = widths(browser, &["export", "lanes", "rows-menu", "clear"]).await;
            assert!(unfolded.iter().all(|width| *width >= 24.0), "{unfolded:?} at {size:?}");
            browser.click("pause").await;
            browser
                .until_script("return document.querySelector('[data-testid=pause]').ariaPressed === 'false'")
                .await;
            browser.open("about:blank").await;
        }
    });
}

#[test]
fn beside_two_compared_frames_a_row_still_says_what_its_message_says() {
    test_page(async |practice, browser| {
        browser.resize(1280, 720).await;
        let _feed = log_into_feed(practice, browser).await;
        compare(browser).await;
        let seen = "const box = it => it.getBoundingClientRect();
            const preview = [...document.querySelectorAll('.row:not([hidden]) .row-preview')].map(it => box(it).width);
            const heads = box(document.querySelector('[data-testid=columns-menu]')), size = box(document.querySelector('.timeline-columns > :last-child'));
            return [Math.min(...preview), size.left - heads.right]";
        let [preview, apart]: [f64; 2] = serde_json::from_value(browser.run(seen).await).expect("numbers");
        assert!(preview >= 120.0 && apart >= 0.0, "{preview} px, heads {apart} px apart");
    });
}

#[test]
fn a_member_that_has_changed_stands_in_one_row_as_it_was_and_as_it_is() {
    test_page(async |practice, browser| {
        browser.resize(1280, 720).await;
        let _feed = log_into_feed(practice, browser).await;
        compare(browser).await;
        browser.until_text("facts", "difference").await;
        let seen = "const lines = [...document.querySelectorAll('.detail-line[data-sign]')];
            const sides = it => [...it.querySelectorAll('.detail-side')].map(side => side.textContent.replace(/,$/, ''));
            const key = side => side.split(':')[0];
            return {
                changed: lines.filter(it => it.dataset.sign === 'changed').map(sides),
                split: lines.filter((it, at) => it.dataset.sign === 'left' && lines[at + 1]?.dataset.sign === 'right' && key(sides(it)[0]) === key(sides(lines[at + 1])[1])).length,
            }";
        browser.until_script("return !!document.querySelector('.detail-line[data-sign=changed]')").await;
        let found = browser.run(seen).await;
        assert_eq!(found["split"], 0, "{found}");
        let changed: Vec<[String; 2]> = serde_json::from_value(found["changed"].clone()).expect("two sides");
        let is_same_member =
            |[was, is]: &[String; 2]| was.split(':').next() == is.split(':').next() && was != is;
        assert!(changed.iter().all(is_same_member) && !changed.is_empty(), "{changed:?}");
    });
}

#[test]
fn at_twice_the_size_the_head_of_an_opened_frame_is_in_sight() {
    test_page(async |practice, browser| {
        browser.resize(640, 360).await;
        let _feed = log_into_feed(practice, browser).await;
        let scroll = "document.querySelector('section.view:not([hidden])').scrollTop = 400;";
        browser.run(scroll).await;
        browser.run("document.querySelector('.row[data-direction=received]').click()").await;
        browser.until_text("facts", "text").await;
        browser.run(scroll).await;
        let seen = "const head = document.querySelector('[data-testid=detail] .head').getBoundingClientRect();
            return head.top - document.querySelector('section.view:not([hidden])').getBoundingClientRect().top";
        let below = browser.run(seen).await;
        assert!(below.as_f64() >= Some(0.0), "{below} px below the bar of the page");
    });
}

#[test]
fn figures_at_the_foot_keep_their_places_when_no_reply_is_recognised() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        let _feed = connect_to_feed(practice, browser).await;
        let place =
            "return document.querySelector('.bench-figure[data-of=p50]').getBoundingClientRect().left";
        let before = browser.run(place).await;
        browser.send(&format!(r#"{{"op":"auth","token":"{FEED_TOKEN}","request_id":"1"}}"#)).await;
        browser
            .until_script("return document.querySelector('.bench-figure[data-of=unanswered]').textContent.includes('no reply')")
            .await;
        assert_eq!(browser.run(place).await, before);
    });
}

#[test]
fn on_a_phone_the_lists_of_the_rail_unfold_and_fold_when_something_was_chosen() {
    test_page(async |practice, browser| {
        browser.resize(390, 844).await;
        browser.open(&practice.page).await;
        let lists = ["panel-saved", "panel-variables", "panel-rules", "sessions"];
        browser.until_script("return !!document.querySelector('[data-testid=rail-more]')").await;
        assert_eq!(widths(browser, &lists).await, [0.0; 4]);
        browser.click("rail-more").await;
        let unfolded = widths(browser, &lists).await;
        assert!(unfolded.iter().all(|width| *width >= 24.0), "{unfolded:?}");
        let is_wider = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(browser.run(is_wider).await, false);
        access::check(browser, "the lists of the rail on a phone").await;
        browser.click("sessions").await;
        browser.until_text("dialog", "Sessions").await;
        browser.click("close-dialog").await;
        assert_eq!(widths(browser, &lists).await, [0.0; 4], "they lie in the way of the traffic");
        // Below the field there are two lines at most.
        let lines = "return new Set([...document.querySelectorAll('.composer-bar > *')].filter(it => it.checkVisibility())
            .map(it => { const box = it.getBoundingClientRect(); return Math.round((box.top + box.bottom) / 20); })).size";
        assert!(browser.run(lines).await.as_u64() <= Some(2), "{}", browser.run(lines).await);
    });
}

#[test]
fn on_a_phone_the_median_at_the_foot_is_whole() {
    test_page(async |practice, browser| {
        browser.resize(390, 844).await;
        let _feed = log_into_feed(practice, browser).await;
        for number in 10..14 {
            browser.send(&format!(r#"{{"op":"ping","request_id":"{number}"}}"#)).await;
        }
        browser.click("pairing-use").await;
        browser
            .until_script(
                "return /\\d.(ms|µs|s)$/.test(document.querySelector('[data-testid=p50]').textContent)",
            )
            .await;
        let cut = "const box = document.querySelector('.bench-latency'), bar = document.querySelector('.bench-status-bar');
            return [box.scrollWidth - box.clientWidth, bar.scrollWidth - bar.clientWidth]";
        let cut: [f64; 2] = serde_json::from_value(browser.run(cut).await).expect("numbers");
        assert!(cut[0] <= 0.0 && cut[1] <= 0.0, "{cut:?} px are cut");
    });
}

#[test]
fn what_is_being_made_in_a_panel_is_neither_wrong_nor_left_behind() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.click("rail-rule-add").await;
        let until_at = async |name: &str| {
            browser
                .until_script(&format!("return document.activeElement?.dataset.testid === '{name}'"))
                .await;
        };
        until_at("rule-when").await;
        assert_eq!(browser.text("rule-note").await, "");
        browser.run("document.querySelector('[data-testid=rule-reply]').focus()").await;
        browser.until_text("rule-note", "Enter the text to match").await;
        browser.click("rail-variable-add").await;
        until_at("variable-name").await;
        browser.run("document.querySelector('[data-testid=message]').focus()").await;
        browser
            .until_script(
                "return !document.querySelector('[data-testid=variable-name], [data-testid=rail-variable]')",
            )
            .await;
    });
}
