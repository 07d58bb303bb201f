//! Several connections at once.

use serde_json::json;

use crate::stage::{Stage, by_turns, number, payload};
use support::figures::{Aim, Figure, alone, compared};

/// What ten connections get through a suite in a second.
pub async fn ours(stage: &Stage) -> f64 {
    let seconds = stage.of(5);
    let suite = json!({
        "sockscope": 1, "suite": "bench", "clients": { "c": { "url": stage.echo(), "count": 10 } },
        "checks": [{ "check": "c", "timeout": "2m", "steps": [
            { "connect": "c" },
            { "measure": "all", "steps": [
                { "on": "c", "repeat": { "for": format!("{seconds}s") }, "send": payload("{{i}}"), "expect": { "echo": true } }
            ] }
        ] }]
    });
    let report = stage.ours(&suite, "").await;
    number(&report["totals"]["matched"]) / (number(&report["metrics"]["all"]["mean"]) / 1e6)
}

/// Ten connections, each sends when it has its answer.
pub async fn ten(stage: &Stage) -> Vec<Figure> {
    let options = json!({
        "url": stage.echo(), "connections": 10, "millis": stage.of(5) * 1000, "payload": payload("#")
    });
    let mut pairs = Vec::new();
    for pair in 0..stage.pairs() {
        let bare = async || number(&stage.bare("closedLoops", &options, "").await);
        pairs.push(by_turns(pair, async || ours(stage).await, bare).await);
    }
    vec![compared("10 connections, send and expect", "/s", &pairs, Aim::AtLeast(0.90))]
}

/// The top of the ladder, each ten messages a second.
pub async fn hundred_forty_four(stage: &Stage) -> Vec<Figure> {
    let rounds = stage.of(200);
    let suite = json!({
        "sockscope": 1, "suite": "bench", "clients": { "c": { "url": stage.echo(), "count": 144 } },
        "checks": [{ "check": "c", "timeout": "3m", "steps": [
            { "connect": "c" },
            { "on": "c", "repeat": { "times": rounds, "every": "100ms", "schedule": "open" },
              "send": payload("{{i}}"), "expect": { "echo": true, "within": "10s" } }
        ], "thresholds": { "missing": "== 0" } }]
    });
    let options = json!({
        "url": stage.echo(), "connections": 144, "pace": 6, "every": 100, "rounds": rounds, "payload": payload("#")
    });
    let (mut pairs, mut lost) = (Vec::new(), Vec::new());
    for pair in 0..stage.pairs().min(5) {
        let bare = async || stage.bare("crowd", &options, "").await;
        let (report, bare) = by_turns(pair, async || stage.ours(&suite, "").await, bare).await;
        lost.push((144 * rounds) as f64 - number(&report["totals"]["matched"]));
        pairs.push((number(&report["metrics"]["rtt"]["p95"]), number(&bare["p95"]) * 1e3));
    }
    vec![
        compared("144 connections, 10 messages a second each, p95", "µs", &pairs, Aim::AtMost(1.15)),
        alone("144 connections, messages lost", "", &lost, Aim::AtMost(0.0)),
    ]
}
