//! What one drawing of the timeline costs the page's thread, with few frames in the list and with a million.

use crate::cases::flood::pour;
use crate::stage::{Stage, number};
use support::figures::{Aim, Figure, alone, compared, median};

/// Sends a message again and again. Each is drawn, and so is its answer. A frame of the screen takes from the first callback to
/// the first task after the browser has laid out and painted; only those count in which rows changed.
const DRAWINGS: &str = "
    globalThis.drawings = []; globalThis.areDrawn = false;
    const list = document.querySelector('[data-testid=timeline]'), button = document.querySelector('[data-testid=send]');
    let changed = false, left = 60;
    const observer = new MutationObserver(() => { changed = true; });
    observer.observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
    const channel = new MessageChannel();
    let began = 0;
    channel.port1.onmessage = () => {
        const took = performance.now() - began;
        if (changed) { drawings.push(took); changed = false; }
    };
    const next = () => {
        if (areDrawn) return;
        requestAnimationFrame(next);
        began = performance.now();
        channel.port2.postMessage(0);
    };
    requestAnimationFrame(next);
    const again = setInterval(() => {
        if (--left > 0) return button.click();
        clearInterval(again);
        observer.disconnect();
        areDrawn = true;
    }, 120);";

/// The middle of the drawings with this many frames in the list, in milliseconds.
async fn drawing(stage: &Stage, frames: usize) -> f64 {
    let browser = &stage.browser;
    let loaded = pour(stage, frames, 64).await;
    assert!(loaded.lost.abs() < 1.0, "all frames are there");
    browser.type_into("message", "go 1 64").await;
    browser.run(DRAWINGS).await;
    browser.until_script("return globalThis.areDrawn").await;
    let drawings = browser.run("return drawings").await;
    let took: Vec<f64> = drawings.as_array().into_iter().flatten().map(number).collect();
    assert!(!took.is_empty(), "something was drawn");
    median(&took)
}

/// A list of a million frames against one of a thousand.
pub async fn of_timeline(stage: &Stage) -> Vec<Figure> {
    let (few, many) = (1000, stage.of(1_000_000));
    let mut pairs = Vec::new();
    for _ in 0..stage.pairs().min(3) {
        let short = drawing(stage, few).await;
        pairs.push((drawing(stage, many).await, short));
    }
    let short: Vec<f64> = pairs.iter().map(|(_, short)| *short).collect();
    vec![
        alone("timeline of 1000 frames: one drawing", "ms", &short, Aim::AtMost(2.0)),
        compared(
            &format!("timeline of {many} frames: one drawing, against 1000"),
            "ms",
            &pairs,
            Aim::AtMost(1.2),
        ),
    ]
}
