//! How the bench shares the screen: traffic gets it, and nothing moves when something happens.

use std::time::Duration;

use serde_json::Value;
use support::feed::{address_feed, log_into_feed};
use support::page::{Browser, open_echo, test_page};

/// Rows that stand wholly within the list.
const ROWS: &str = "const list = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
    return [...document.querySelectorAll('.row:not([hidden])')].filter(row => {
        const box = row.getBoundingClientRect(); return box.top >= list.top - 0.5 && box.bottom <= list.bottom + 0.5; }).length";

async fn rows(browser: &Browser) -> u64 {
    browser.run(ROWS).await.as_u64().expect("a number")
}

/// A feed that fills the list, with a frame of it opened.
async fn fill_and_open(browser: &Browser) {
    browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
    browser
        .until_script(
            "return +document.querySelector('[data-testid=frames]').textContent.replace(/\\D/g, '') > 60",
        )
        .await;
    browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
    browser.until_text("facts", "text").await;
}

#[test]
fn rows_have_the_screen_with_the_detail_open_and_a_failure_takes_none() {
    test_page(async |practice, browser| {
        for (size, least) in [((1440, 900), 28), ((1280, 720), 18)] {
            // A window has a head of its own, so its inside is smaller than the size that was asked for.
            browser.resize(size.0, size.1).await;
            let missing: (i64, i64) = serde_json::from_value(
                browser.run(&format!("return [{} - innerWidth, {} - innerHeight]", size.0, size.1)).await,
            )
            .expect("two numbers");
            browser.resize((size.0 as i64 + missing.0) as u32, (size.1 as i64 + missing.1) as u32).await;
            let _feed = log_into_feed(practice, browser).await;
            fill_and_open(browser).await;
            let before = rows(browser).await;
            assert!(before >= least, "{before} rows at {size:?}");
            browser.send(r#"{"op":"revoke","request_id":"9"}"#).await;
            browser.until_text("note", "4001").await;
            let after = rows(browser).await;
            assert!(after >= before, "{before} rows, and {after} after a failure, at {size:?}");
        }
    });
}

/// Writes down where each part of the bench stands, with every frame of the screen; rows and what a person opens are let out.
const WATCH: &str = "
    globalThis.places = new Map(); globalThis.moves = [];
    const parts = ['.rail', '.rail-head', '.connect', '[data-testid=connect]', '[data-testid=options]', '.connect .note', '.timeline-bar', '.timeline-search',
        '[data-testid=pause]', '[data-testid=follow]', '[data-testid=export]', '[data-testid=timeline]', '.composer', '[data-testid=message]',
        '[data-testid=send]', '[data-testid=panel-repeat]', '.bench-status', '[data-testid=rate-received]', '[data-testid=rate-sent]',
        '.bench-latency', '[data-testid=plots]', '[data-testid=frames]', '.connection'];
    const look = () => {
        for (const part of parts) document.querySelectorAll(part).forEach((it, at) => {
            if (!it.checkVisibility()) return;
            const box = it.getBoundingClientRect(), now = [box.x, box.y].map(Math.round).join(), name = `${part} ${at}`;
            const before = places.get(name);
            if (before !== undefined && before !== now) moves.push(`${name}: ${before} -> ${now}`);
            places.set(name, now);
        });
        requestAnimationFrame(look);
    };
    look();";

#[test]
fn nothing_moves_while_a_connection_opens_fails_comes_back_and_floods() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        let feed = address_feed(practice, browser).await;
        browser.run(WATCH).await;
        let nowhere = feed.urls[0].replace("/v1/feed", "/nowhere");
        browser.type_into("url", &nowhere).await;
        browser.click("connect").await;
        browser.until_text("note", "404").await;
        browser.type_into("url", &feed.urls[0]).await;
        browser.connect().await;
        browser.send(&support::feed::auth()).await;
        browser.until_row("ok true").await;
        browser.send(r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#).await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=rate-received] b').textContent.length > 3",
            )
            .await;
        browser.send(r#"{"op":"revoke","request_id":"9"}"#).await;
        browser.until_text("note", "4001").await;
        browser.connect().await;
        let moves = browser.run("return moves").await;
        assert_eq!(moves, Value::Array(Vec::new()));
    });
}

#[test]
fn panes_are_resized_by_keys_and_mouse_and_remembered() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        browser.open(&practice.page).await;
        browser.connect().await;
        let width = "return Math.round(document.querySelector('.rail').getBoundingClientRect().width)";
        assert_eq!(browser.run(width).await, 216);
        browser.run("document.querySelector('[data-testid=resize-rail]').focus()").await;
        browser.press("\u{E014}", Duration::ZERO).await;
        browser.until_script(&format!("return (() => {{ {width} }})() === 232")).await;
        let now = "return document.querySelector('[data-testid=resize-rail]').ariaValueNow";
        assert_eq!(browser.run(now).await, "232");
        // By as many widths of the border as make 68 px.
        browser.drag("resize-rail", 0.5, 0.5 + 68.0 / 7.0).await;
        browser.until_script(&format!("return (() => {{ {width} }})() === 300")).await;
        // Kept a moment after the last change.
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.reload().await;
        browser
            .until_script(&format!(
                "return document.querySelector('.rail') && (() => {{ {width} }})() === 300"
            ))
            .await;
        browser.run("document.querySelector('[data-testid=resize-rail]').dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))").await;
        browser.until_script(&format!("return (() => {{ {width} }})() === 216")).await;
    });
}

#[test]
fn lists_of_the_rail_load_fold_and_stay_folded() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.type_into("message", "good morning").await;
        browser.click("rail-save").await;
        browser.until_text("rail-saved", "good morning").await;
        browser.until_text("rail-saved", "Alt+1").await;
        browser.type_into("message", "something else").await;
        browser.click("rail-saved").await;
        browser
            .until_script("return document.querySelector('[data-testid=message]').value === 'good morning'")
            .await;
        browser.click("rail-variable-add").await;
        browser.type_into("variable-name", "token").await;
        browser.type_into("variable-value", "t0p-secret").await;
        browser.click("variable-secret").await;
        browser.until_text("rail-variable", "••••••").await;
        assert!(!browser.text("rail-variable").await.contains("t0p"));
        let fold = "const it = [...document.querySelectorAll('.rail-fold')].find(it => it.textContent === 'Variables');";
        browser.run(&format!("{fold} it.click()")).await;
        browser
            .until_script("return !document.querySelector('[data-testid=rail-variable]').checkVisibility()")
            .await;
        browser.run("return new Promise(done => setTimeout(done, 1500))").await;
        browser.reload().await;
        browser.until_script(&format!("{fold} return it?.ariaExpanded === 'false'")).await;
    });
}

#[test]
fn a_question_and_its_answer_lead_to_each_other_and_what_waits_is_listed() {
    test_page(async |practice, browser| {
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"quote","symbol":"AAPL","request_id":"2"}"#).await;
        browser.until_text("pairing-offer", "replies match by request_id.").await;
        browser.click("pairing-use").await;
        // The replies that came before are recognised, too.
        let samples = "Number(document.querySelector('[data-testid=samples]').textContent)";
        browser.until_script(&format!("return {samples} >= 2")).await;
        let before = browser.run(&format!("return {samples}")).await.as_u64().expect("a count");
        browser.send(r#"{"op":"order","symbol":"AAPL","quantity":1,"request_id":"3"}"#).await;
        browser.until_script(&format!("return {samples} === {}", before + 1)).await;
        browser.run("[...document.querySelectorAll('.row[data-direction=received]:not([hidden])')].findLast(it => it.querySelector('.row-trip').textContent).click()").await;
        browser.until_text("related", "the question").await;
        let answer = browser.text("detail-title").await;
        browser.click("related-go").await;
        browser.until_text("related", "the answer").await;
        browser.click("related-go").await;
        browser.until_text("related", "the question").await;
        assert_eq!(browser.text("detail-title").await, answer);
        browser.click("previous-frame").await;
        browser
            .until_script(&format!(
                "return document.querySelector('[data-testid=detail-title]').textContent !== '{answer}'"
            ))
            .await;
        browser.send(r#"{"op":"audit","request_id":"4"}"#).await;
        browser.until_text("unanswered", "1").await;
        browser.click("unanswered").await;
        browser.until_text("unanswered-list", "audit").await;
        browser.until_text("unanswered-list", "waits").await;
        let apart = "const box = it => document.querySelector(it).getBoundingClientRect();
            return box('.bench-status-bar').top - box('[data-testid=unanswered-list]').bottom";
        let apart = browser.run(apart).await.as_f64().expect("a number");
        assert!((0.0..40.0).contains(&apart), "the list is {apart} px over the bar that it belongs to");
        // Of few samples a percentile is a guess, which it says.
        let told = "const it = document.querySelector('[data-of=p99]');
            return it.dataset.guess === 'true' && it.querySelector('dd').title.includes('p99 takes 100')";
        assert!(browser.run(told).await == true);
        browser.click("unanswered-go").await;
        browser.until_text("content", "audit").await;
        browser.until_text("related", "no answer recognised yet").await;
    });
}

#[test]
fn an_empty_bench_connects_by_what_is_pasted_and_names_what_goes_by_relay() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("paste", "wscat --listen").await;
        browser.until_text("paste-note", "expected an address after wscat").await;
        let line = format!("wscat -c {}/echo -s echo.v1 -H 'Authorization: Bearer x'", practice.ws);
        browser.type_into("paste", &line).await;
        browser.until_text("paste-note", "so the relay does: Authorization").await;
        browser.click("paste-connect").await;
        browser.until_text("note", "Subprotocol echo.v1").await;
        browser.until_script("return !document.querySelector('[data-testid=bench-start]')").await;
    });
}

#[test]
fn a_message_folds_is_searched_and_filters_by_a_value_of_it() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        open_echo(practice, browser).await;
        browser.send(r#"{"type":"tick","data":{"symbol":"AAPL","price":1.50}}"#).await;
        browser.send(r#"{"type":"order","data":{"symbol":"NVDA","price":2}}"#).await;
        browser.until_rows(|rows| rows.len() == 6).await;
        browser.run("document.querySelectorAll('.row:not([hidden])').forEach(it => { if (it.textContent.includes('order')) it.click(); })").await;
        browser.until_text("content", "NVDA").await;
        // Folded and unfolded by the mouse, then by keys.
        browser.run("document.querySelectorAll('.detail-fold')[1].click()").await;
        browser.until_text("content", "{ 2 lines }").await;
        assert!(!browser.text("content").await.contains("NVDA"));
        browser.type_into("within", "nvda").await;
        browser.until_text("within-count", "1/1").await;
        browser.until_text("content", "NVDA").await;
        browser.until_text("node-path", "$.data.symbol").await;
        browser.run("document.querySelector('[data-testid=content]').focus()").await;
        browser.press("\u{e013}\u{e012}", Duration::from_millis(50)).await;
        browser.until_text("content", "{ 2 lines }").await;
        browser.press("\u{e014}", Duration::ZERO).await;
        browser.until_text("content", "NVDA").await;
        // The type, by which all others go.
        browser.run("document.querySelectorAll('.detail .detail-line')[1].click()").await;
        browser.until_text("node-path", "$.type").await;
        browser.click("filter-value").await;
        browser.until_text("hits", "2 hits").await;
        assert_eq!(browser.value("filter").await, "$.type == \"order\"");
        browser.click("clear-filter").await;
        browser.until_rows(|rows| rows.len() == 6).await;
        browser.click("exclude-value").await;
        browser.until_rows(|rows| rows.len() == 4 && rows.iter().all(|row| !row.contains("order"))).await;
        browser.click("undo").await;
        browser.until_rows(|rows| rows.len() == 6).await;
    });
}

#[test]
fn sixteen_megabytes_fold_and_are_searched_while_the_page_stays_alive() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser
            .run(
                "const text = `{\"list\":[${'{\"a\":12345},'.repeat(1300000)}{\"needle\":1}]}`;
                 const data = new DataTransfer(); data.items.add(new File([text], 'large.json', { type: 'application/json' }));
                 const field = document.querySelector('[data-testid=message]');
                 field.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));",
            )
            .await;
        browser.until_text("draft-note", "14.9\u{2009}MiB").await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.len() >= 3).await;
        browser.run("document.querySelectorAll('.row:not([hidden])')[2].click()").await;
        browser.run("globalThis.longest = 0; let last = performance.now(); const beat = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; requestAnimationFrame(beat); }; beat()").await;
        browser.run("document.querySelector('[data-view=json]')?.click()").await;
        browser.until_text_within("facts", "3\u{2009}900\u{2009}007 lines", 60).await;
        browser.type_into("within", "needle").await;
        browser.until_text_within("within-count", "1/1", 30).await;
        browser.until_text("node-path", "$.list[1300000].needle").await;
        browser.run("document.querySelector('[data-testid=content]').scrollTop = 0").await;
        browser.until_script("return document.querySelectorAll('.detail-fold').length > 1").await;
        browser.run("document.querySelectorAll('.detail-fold')[1].click()").await;
        browser.until_text("facts", "3 lines").await;
        let longest = browser.run("return longest").await;
        assert!(
            longest.as_f64().is_some_and(|longest| longest < 1000.0),
            "the page stood still for {longest} ms"
        );
    });
}
