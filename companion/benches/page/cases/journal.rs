//! What keeping frames costs: the bench with its journal on, against the bench with its journal off.

use serde_json::json;

use crate::stage::{Stage, by_turns, number};
use support::figures::{Aim, Figure, alone, compared};

use super::flood::pour;

/// Switches the journal; the page keeps that for its next visits. Off, all that was kept is removed.
async fn switch(stage: &Stage, is_on: bool) {
    let browser = &stage.browser;
    browser.open("about:blank").await;
    browser.open(&stage.practice.page).await;
    browser.click("sessions").await;
    browser.until_text("sessions-keeping", "kept").await;
    let state = "document.querySelector('[data-testid=journal-on]').checked";
    if browser.run(&format!("return {state}")).await != is_on {
        browser.click("journal-on").await;
    }
    let words = if is_on { "This session is kept" } else { "This session is not kept" };
    browser.until_text("sessions-keeping", words).await;
    let is_empty = "return document.querySelectorAll('[data-testid=sessions-row]').length === 0";
    if browser.run(is_empty).await != true {
        browser.click("sessions-delete-all").await;
        browser.click("sessions-delete-all").await;
        browser.until_script(is_empty).await;
    }
    // The set-up is written down by then.
    browser.run("return new Promise(done => setTimeout(done, 1500))").await;
    browser.click("close-dialog").await;
}

/// The median of round trips on the bench, one message each 4 ms, in microseconds.
async fn trips(stage: &Stage, count: usize) -> f64 {
    let browser = &stage.browser;
    browser.open("about:blank").await;
    browser.open(&stage.practice.page).await;
    browser.type_into("url", &stage.echo()).await;
    browser.click("connect").await;
    browser.until_text("note", "Open").await;
    browser.type_into("message", &crate::stage::payload("{{i}}")).await;
    // The page remembers which panel was open.
    if browser.run("return document.querySelector('[data-testid=repeat-every]') === null").await == true {
        browser.click("panel-repeat").await;
    }
    for (field, value) in [("repeat-every", "4ms".to_owned()), ("repeat-count", count.to_string())] {
        browser.type_into(field, &value).await;
        let change =
            format!("document.querySelector('[data-testid={field}]').dispatchEvent(new Event('change'))");
        browser.run(&change).await;
    }
    browser.click("repeat").await;
    let all = format!(
        "return document.querySelector('[data-testid=samples]').textContent.replace(/\\D/g, '') === '{count}'"
    );
    browser.until_script(&all).await;
    let exact = "return document.querySelector('[data-testid=p50]').title";
    let exact = browser.run(exact).await.as_str().unwrap_or_default().to_owned();
    let number: String = exact.chars().filter(|it| it.is_ascii_digit() || *it == '.').collect();
    let number: f64 = number.parse().unwrap_or(f64::NAN);
    if exact.contains('µ') { number } else { number * 1e3 }
}

/// A flood and round trips, on and off in turns.
pub async fn on_and_off(stage: &Stage) -> Vec<Figure> {
    let (messages, large, echoes) = (stage.of(400_000), stage.of(30_000), stage.of(2500));
    let (mut floods, mut large_floods, mut medians, mut lost) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut bare, mut against_bare) = (Vec::new(), Vec::new());
    for pair in 0..stage.pairs() {
        let one = async |is_on: bool| {
            switch(stage, is_on).await;
            (pour(stage, messages, 64).await, pour(stage, large, 16 << 10).await, trips(stage, echoes).await)
        };
        let (on, off) = by_turns(pair, async || one(true).await, async || one(false).await).await;
        floods.push((on.0.rate, off.0.rate));
        large_floods.push((on.1.rate, off.1.rate));
        medians.push((on.2, off.2));
        lost.push(on.0.lost + on.1.lost);
        // What any page pays that writes what it keeps.
        let keep = async |writes: bool| {
            let options = json!({ "url": stage.flood, "count": large, "size": 16 << 10, "keeps": true, "writes": writes });
            large as f64 / (number(&stage.bare("flood", &options, "").await) / 1e3)
        };
        let (writing, keeping) = by_turns(pair, async || keep(true).await, async || keep(false).await).await;
        bare.push((writing, keeping));
        against_bare.push((on.1.rate, writing));
    }
    switch(stage, true).await;
    vec![
        compared("flood, 64 B, journal on against off", "/s", &floods, Aim::AtLeast(0.95)),
        compared("flood, 16 KiB, journal on against off", "/s", &large_floods, Aim::AtLeast(0.95)),
        compared("round trip on the bench, p50, journal on against off", "µs", &medians, Aim::AtMost(1.05)),
        compared(
            "flood, 16 KiB, a bare Worker that writes what it keeps, against one that does not",
            "/s",
            &bare,
            Aim::None,
        ),
        compared(
            "flood, 16 KiB, journal on, against a bare Worker that writes what it keeps",
            "/s",
            &against_bare,
            Aim::None,
        ),
        alone("flood with the journal: messages lost", "", &lost, Aim::AtMost(0.0)),
    ]
}
