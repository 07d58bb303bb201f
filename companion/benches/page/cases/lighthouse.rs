//! What Lighthouse says of the start of the page: on a telephone on a slow line, and on a desk.
//!
//! Lighthouse opens a browser of its own. It works out what a slow line and processor would make of what it measured, so a busy machine
//! makes every figure worse.

use std::process::Command;

use serde_json::Value;

use crate::stage::{Stage, number};
use support::figures::{Aim, Figure, alone};

const FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync";

/// One report. `preset` is empty for a telephone.
async fn report(stage: &Stage, preset: &'static str) -> Value {
    let of = |name: &str| std::env::var_os(name).unwrap_or_else(|| panic!("`cargo xtask bench` sets {name}"));
    let folder = tempfile::tempdir().expect("a folder");
    let told = folder.path().join("told.json");
    let mut command = Command::new(of("SOCKSCOPE_NODE"));
    command.arg(of("SOCKSCOPE_LIGHTHOUSE")).arg(&stage.practice.page);
    command.args(["--quiet", "--output=json", "--no-enable-error-reporting"]);
    command.arg(format!("--output-path={}", told.display())).arg(format!("--chrome-flags={FLAGS}"));
    if !preset.is_empty() {
        command.arg(format!("--preset={preset}"));
    }
    command.env("CHROME_PATH", of("CHROME")).current_dir(folder.path());
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let ended = ended.expect("it is waited for").expect("Node starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let told = std::fs::read(&told).expect("it writes what it was told to");
    serde_json::from_slice(&told).expect("it is JSON")
}

/// The scores, and what the page is judged by most.
pub async fn judged(stage: &Stage) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (name, preset) in [("a telephone", ""), ("a desk", "desktop")] {
        let mut reports = Vec::new();
        for _ in 0..stage.pairs().min(3) {
            reports.push(report(stage, preset).await);
        }
        let is_phone = preset.is_empty();
        let all = |of: &dyn Fn(&Value) -> &Value| reports.iter().map(|it| number(of(it))).collect::<Vec<_>>();
        let mut add = |what: &str, unit, values: &[f64], aim| {
            figures.push(alone(&format!("Lighthouse, {name}: {what}"), unit, values, aim));
        };
        for (category, least) in [
            ("performance", if is_phone { 98.0 } else { 100.0 }),
            ("accessibility", 100.0),
            ("best-practices", 100.0),
        ] {
            let shares = all(&|it| &it["categories"][category]["score"]);
            let scores: Vec<f64> = shares.iter().map(|it| (it * 100.0).round()).collect();
            add(category, "of 100", &scores, Aim::AtLeast(least));
        }
        let millis = |audit: &'static str| all(&|it| &it["audits"][audit]["numericValue"]);
        let (paint, blocking) = match is_phone {
            true => (Aim::AtMost(2000.0), Aim::AtMost(60.0)),
            false => (Aim::None, Aim::None),
        };
        add("largest contentful paint", "ms", &millis("largest-contentful-paint"), paint);
        add("total blocking time", "ms", &millis("total-blocking-time"), blocking);
    }
    figures
}
