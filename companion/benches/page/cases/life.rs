//! The start of the page, and what it holds after a long day.

use serde_json::{Value, json};

use crate::process::page_bytes;
use crate::stage::{Stage, number, payload};
use support::figures::{Aim, Figure, alone};

/// Notes when the bench can be used: its worker has told the clock's step, and there is a button to press.
const USABLE: &str = "
    new MutationObserver((_, observer) => {
        if (globalThis.usable) return;
        const clock = document.querySelector('[data-testid=clock]'), button = document.querySelector('[data-testid=connect]');
        if (clock?.textContent.includes('µs') && button && !button.disabled) { globalThis.usable = performance.now(); observer.disconnect(); }
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });";

/// What is transferred, and how long it takes until a person can connect.
pub async fn start(stage: &Stage) -> Vec<Figure> {
    let bytes = stage.first_load.expect("`cargo xtask bench` says what is loaded first");
    let browser = &stage.browser;
    browser.before_load(USABLE).await;
    let mut took = Vec::new();
    for _ in 0..stage.pairs() {
        browser.open("about:blank").await;
        browser.open(&stage.practice.page).await;
        browser.until_script("return globalThis.usable > 0").await;
        took.push(number(&browser.run("return usable").await));
    }
    vec![
        alone("start: first load in brotli", "kB", &[bytes / 1e3], Aim::AtMost(250.0)),
        alone("start: until it can be used", "ms", &took, Aim::AtMost(500.0)),
    ]
}

/// What a page holds.
struct Held {
    /// What JavaScript and the document hold, after a collection.
    scripts: f64,
    /// What its process holds.
    process: Option<f64>,
}

async fn held(stage: &Stage) -> Held {
    let bytes =
        stage.browser.answer("performance.measureUserAgentSpecificMemory().then(it => it.bytes)").await;
    Held { scripts: number(&bytes), process: page_bytes() }
}

/// Runs a suite, and takes its word only: the driver of a browser keeps what it is given.
async fn run(stage: &Stage, suite: &Value) {
    let promise = format!("sockscope.run({}, {{}}).then(it => it.verdict)", json!(suite.to_string()));
    assert_eq!(stage.browser.answer(&promise).await, "pass");
}

/// This many runs fill what is kept for people: the recordings of the latest ones, 128 MB, twenty reports at hand, and the list
/// of fifty earlier runs. WebAssembly never gives memory back, so the start is after them.
const FILLING: usize = 50;

/// A thousand connections that come and go, and ten runs of a hundred thousand frames.
pub async fn memory(stage: &Stage) -> Vec<Figure> {
    let (rounds, messages) = (stage.of(10), stage.of(50_000));
    let coming = json!({
        "sockscope": 1, "suite": "coming", "clients": { "c": { "url": stage.echo(), "count": 100 } },
        "checks": [{ "check": "c", "timeout": "2m", "steps": [
            { "connect": "c" }, { "on": "c", "send": "x", "expect": { "echo": true } }, { "on": "c", "close": {} }
        ] }]
    });
    let running = json!({
        "sockscope": 1, "suite": "running", "clients": { "a": { "url": stage.echo() } },
        "checks": [{ "check": "c", "timeout": "3m", "steps": [
            { "connect": "a" },
            { "on": "a", "repeat": { "times": messages, "every": "10us", "schedule": "open" },
              "send": payload("{{i}}"), "expect": { "echo": true, "within": "60s" } }
        ] }]
    });
    stage.ours(&coming, "").await;
    for _ in 0..FILLING {
        run(stage, &running).await;
    }
    let before = held(stage).await;
    for _ in 0..rounds {
        run(stage, &coming).await;
        run(stage, &running).await;
    }
    let after = held(stage).await;
    let done = format!("after {} connections and {rounds} runs of {} frames", rounds * 100, messages * 2);
    let figure = |what: &str, before: f64, after: f64| {
        let name = format!("memory of {what} {done}");
        // In place of a spread what it was, in megabytes.
        Figure {
            spread: (before / 1e6, after / 1e6),
            ..alone(&name, "× the start", &[after / before], Aim::AtMost(1.05))
        }
    };
    let process = before.process.zip(after.process);
    [
        Some(figure("scripts and document", before.scripts, after.scripts)),
        process.map(|(before, after)| figure("the page's process", before, after)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
