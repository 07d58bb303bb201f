//! Where things are on the screen: nothing lies on what it belongs to, and nothing is too short to be read.

use support::feed::log_into_feed;
use support::page::test_page;

/// A script that gives the box of an element.
const BOXES: &str = "const box = it => document.querySelector(it).getBoundingClientRect();
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;";

#[test]
fn the_bench_keeps_its_parts_apart_with_the_detail_open() {
    test_page(async |practice, browser| {
        browser.resize(1280, 720).await;
        let _feed = log_into_feed(practice, browser).await;
        browser.send(r#"{"op":"quote","symbol":"AAPL","request_id":"2"}"#).await;
        browser.until_text("pairing-offer", "replies match by request_id.").await;
        browser.run("document.querySelector('.row[data-direction=received]').click()").await;
        browser.until_text("facts", "text").await;
        let field = browser.run("return document.querySelector('[data-testid=filter]').clientWidth").await;
        assert!(field.as_u64() >= Some(180), "the filter is {field} px wide");
        // A pin mark stands clear of the time.
        browser.click("pin").await;
        browser.until_script("return !!document.querySelector('.row[data-marks*=pinned]')").await;
        let gap = browser
            .run(
                "const row = document.querySelector('.row[data-marks*=pinned]'), mark = getComputedStyle(row, '::before');
                 const diagonal = parseFloat(mark.width) * Math.SQRT2;
                 const right = row.getBoundingClientRect().left + parseFloat(mark.left) + parseFloat(mark.width) / 2 + diagonal / 2;
                 return row.querySelector('.row-time').getBoundingClientRect().left - right",
            )
            .await;
        assert!(gap.as_f64() >= Some(3.0), "{gap} px between the mark and the time");
        // Comparing takes no place from the buttons.
        let rows = "return new Set([...document.querySelectorAll('.detail .deeds button')].filter(it => it.checkVisibility()).map(it => Math.round(it.getBoundingClientRect().top))).size";
        let before = browser.run(rows).await;
        browser.run("document.querySelector('.row[data-direction=sent]').click()").await;
        browser
            .until_script("return document.querySelector('[data-testid=compare]')?.checkVisibility()")
            .await;
        assert_eq!(browser.run(rows).await, before);
        // What is said covers neither what was clicked nor the line beside it.
        browser.click("close-detail").await;
        let hint = browser.run("return document.querySelector('[data-testid=pairing-use]').title").await;
        assert!(
            hint.as_str().is_some_and(|it| it.contains("figures of this connection are counted again")),
            "{hint}"
        );
        for size in [(1440, 900), (1280, 720), (390, 844)] {
            browser.resize(size.0, size.1).await;
            browser.click("pairing-use").await;
            browser.until_text("toast", "also among the messages in the timeline").await;
            let is_apart = format!("{BOXES} return apart(box('[data-testid=toast]'), box('.latencies'))");
            assert_eq!(browser.run(&is_apart).await, true, "at {size:?}");
            browser.click("undo").await;
            browser.send(r#"{"op":"quote","symbol":"AAPL","request_id":"5"}"#).await;
            browser.send(r#"{"op":"quote","symbol":"AAPL","request_id":"6"}"#).await;
            browser.until_text("pairing-offer", "replies match by request_id.").await;
        }
    });
}
