//! What comes faster than a person reads: the bench under a flood, and with a million frames in it.

use serde_json::{Value, json};

use crate::stage::{Stage, by_turns, number};
use support::figures::{Aim, Figure, alone, compared};

/// All frames that the timeline has taken: those that it holds, and those that its memory had no room for.
const TAKEN: &str = "['frames', 'dropped'].map(it => document.querySelector(`[data-testid=${it}]`))
    .reduce((sum, it) => sum + Number(it.textContent.replace(/\\D/g, '')), 0)";

/// Watches the frames of the page, and when the timeline has taken `wanted`.
const WATCH: &str = "
    globalThis.gaps = []; globalThis.reached = null;
    const wanted = WANTED;
    let last = null;
    const next = now => {
        if (last !== null) gaps.push(now - last);
        last = now;
        if (TAKEN >= wanted) { reached = performance.now(); return; }
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    globalThis.began = performance.now();
    document.querySelector('[data-testid=send]').click();";

fn percentile(values: &Value, share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.as_array().into_iter().flatten().map(number).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// One flood into our bench: messages a second, the frames of the page, and how many messages were lost.
pub struct Flood {
    pub rate: f64,
    pub gaps: Value,
    pub lost: f64,
}

pub async fn pour(stage: &Stage, count: usize, size: usize) -> Flood {
    let browser = &stage.browser;
    browser.open("about:blank").await;
    browser.open(&stage.practice.page).await;
    browser.type_into("url", &stage.flood).await;
    browser.click("connect").await;
    browser.until_text("note", "Open").await;
    browser.type_into("message", &format!("go {count} {size}")).await;
    let taken = async || number(&browser.run(&format!("return {TAKEN}")).await);
    // What we send is a frame, too.
    let wanted = taken().await + 1.0 + count as f64;
    browser.run(&WATCH.replace("WANTED", &wanted.to_string()).replace("TAKEN", TAKEN)).await;
    browser.until_script("return globalThis.reached !== null").await;
    let took = number(&browser.run("return reached - began").await);
    let all = taken().await;
    Flood { rate: count as f64 / (took / 1e3), gaps: browser.run("return gaps").await, lost: wanted - all }
}

/// Small and large messages, the list following, against a Worker that only counts.
pub async fn followed(stage: &Stage) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (words, size, count) in [("64 B", 64, 400_000), ("16 KiB", 16 << 10, 30_000)] {
        let count = stage.of(count);
        let (mut pairs, mut kept, mut gaps, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for pair in 0..stage.pairs() {
            let bare = async |keeps: bool| {
                let options = json!({ "url": stage.flood, "count": count, "size": size, "keeps": keeps });
                count as f64 / (number(&stage.bare("flood", &options, "").await) / 1e3)
            };
            let (ours, (counted, keeping)) = by_turns(
                pair,
                async || pour(stage, count, size).await,
                async || (bare(false).await, bare(true).await),
            )
            .await;
            pairs.push((ours.rate, counted));
            kept.push((ours.rate, keeping));
            gaps.push(percentile(&ours.gaps, 0.95));
            lost.push(ours.lost);
        }
        figures.push(compared(&format!("flood, {words}"), "/s", &pairs, Aim::AtLeast(0.90)));
        let keeping = format!("flood, {words}, against one that keeps it");
        figures.push(compared(&keeping, "/s", &kept, Aim::None));
        figures.push(alone(
            &format!("flood, {words}: frames of the page, p95"),
            "ms",
            &gaps,
            Aim::AtMost(20.0),
        ));
        figures.push(alone(&format!("flood, {words}: messages lost"), "", &lost, Aim::AtMost(0.0)));
    }
    figures
}

/// Types a filter and notes when the first rows are there, and when all is searched.
const FILTER: &str = "
    globalThis.first = null; globalThis.whole = null;
    const hits = document.querySelector('[data-testid=hits]'), mark = MARK;
    const began = performance.now();
    const field = document.querySelector('[data-testid=filter]');
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, FILTER_TEXT);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    const next = () => {
        const rows = [...document.querySelectorAll('.row:not([hidden])')];
        if (first === null && rows.length > 0 && rows.every(row => mark.test(row.textContent))) first = performance.now() - began;
        if (first !== null && /hit/.test(hits.textContent) && !/to search/.test(hits.textContent)) { whole = performance.now() - began; return; }
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);";

const SCROLL: &str = "
    globalThis.gaps = []; globalThis.isOver = false;
    const list = document.querySelector('[data-testid=timeline]');
    let last = null, left = 240;
    const next = now => {
        if (last !== null) gaps.push(now - last);
        last = now;
        list.scrollTop -= 90;
        if (--left > 0) requestAnimationFrame(next); else isOver = true;
    };
    requestAnimationFrame(next);";

/// A million frames in the log.
pub async fn filtered(stage: &Stage) -> Vec<Figure> {
    let browser = &stage.browser;
    let count = stage.of(1_000_000);
    let loaded = pour(stage, count, 64).await;
    assert!(loaded.lost.abs() < 1.0, "all frames are there");
    browser.click("mode-regex").await;
    let mut figures = Vec::new();
    // What all hits have in common is looked for first, where there is such a thing. The last ones are hit only among the first tenth of
    // all frames, which are looked at last: the first row comes with the last one.
    for (words, filters, nearby) in [
        ("regex with a literal", ["[0-4][0-9]777,", "[1-5][0-9]333,", "[2-6][0-9]888,"], Aim::AtMost(50.0)),
        (
            "regex without a literal",
            ["[0-9]{4}[1-3]2[0-9]", "[0-9]{4}[2-4]3[0-9]", "[0-9]{4}[5-7]1[0-9]"],
            Aim::AtMost(50.0),
        ),
        (
            "regex with hits far away",
            ["\"n\":00[1-7]2[0-9]+5,", "\"n\":00[1-6]3[0-9]+7,", "\"n\":00[1-5]1[0-9]+3,"],
            Aim::None,
        ),
    ] {
        let (mut first, mut whole) = (Vec::new(), Vec::new());
        for filter in filters {
            let script = FILTER
                .replace("MARK", &format!("new RegExp({})", json!(filter)))
                .replace("FILTER_TEXT", &json!(filter).to_string());
            browser.run(&script).await;
            browser.until_script("return globalThis.whole !== null").await;
            first.push(number(&browser.run("return first").await));
            whole.push(number(&browser.run("return whole").await));
        }
        let name = |what: &str| format!("{count} frames, {words}: {what}");
        figures.push(alone(&name("first rows"), "ms", &first, nearby));
        figures.push(alone(&name("whole result"), "ms", &whole, Aim::AtMost(300.0)));
    }
    browser.type_into("filter", "").await;
    let mut gaps = Vec::new();
    for _ in 0..3 {
        browser.run("document.querySelector('[data-testid=timeline]').scrollTop -= 100000").await;
        browser.run(SCROLL).await;
        browser.until_script("return globalThis.isOver").await;
        gaps.push(percentile(&browser.run("return gaps").await, 0.95));
    }
    figures.push(alone(&format!("{count} frames, a scroll frame, p95"), "ms", &gaps, Aim::AtMost(16.7)));
    figures
}
