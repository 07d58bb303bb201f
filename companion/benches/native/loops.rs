//! Messages with expectations, against a bare loop on the same socket library.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bare;
use crate::{Stage, by_turns, number, payload};
use support::figures::{Aim, Figure, compared};

/// What connections get through a suite in a second, and the round trips in microseconds.
pub struct Ours {
    /// Answers in a second.
    pub rate: f64,
    p50: f64,
    p99: f64,
}

/// This many connections for this long, each sends when it has its answer.
pub fn ours(stage: &Stage, connections: usize, lasting: Duration) -> Ours {
    let suite = json!({
        "sockscope": 1, "suite": "bench", "clients": { "c": { "url": stage.echo(), "count": connections } },
        "checks": [{ "check": "c", "timeout": "5m", "steps": [
            { "connect": "c" },
            { "measure": "all", "steps": [
                { "on": "c", "repeat": { "for": format!("{}ms", lasting.as_millis()) }, "send": payload("{{i}}"),
                  "expect": { "echo": true, "within": "20s" } }
            ] }
        ] }]
    });
    let report = stage.report(&suite, &[]);
    let metrics = &report["metrics"];
    let of = |name: &str| number(&metrics["rtt"][name]);
    let seconds = number(&metrics["all"]["mean"]) / 1e6;
    Ours { rate: number(&matched(&report)) / seconds, p50: of("p50"), p99: of("p99") }
}

fn matched(report: &Value) -> Value {
    let totals = &report["totals"];
    assert_eq!(totals["matched"], totals["expected"], "every message has its answer: {totals}");
    totals["matched"].clone()
}

/// One connection, ten, a thousand.
pub fn against_bare(stage: &Stage) -> Vec<Figure> {
    let lasting = Duration::from_secs(stage.of(5) as u64);
    let mut figures = Vec::new();
    for connections in [1, 10, 1000] {
        let (mut rates, mut middles, mut tails) = (Vec::new(), Vec::new(), Vec::new());
        for pair in 0..stage.pairs() {
            let (ours, bare) = by_turns(
                pair,
                || ours(stage, connections, lasting),
                || bare::loops(&stage.echo(), connections, lasting),
            );
            rates.push((ours.rate, bare.rate));
            middles.push((ours.p50, bare.p50));
            tails.push((ours.p99, bare.p99));
        }
        let name = |what: &str| format!("native, {connections} connections, {what} against a bare loop");
        // Under full load on many connections a round trip is the wait for the other connections, which the rate says already.
        let aim = if connections == 1 { Aim::AtMost(1.15) } else { Aim::None };
        figures.push(compared(&name("send and expect"), "/s", &rates, Aim::AtLeast(0.75)));
        figures.push(compared(&name("round trip p50"), "µs", &middles, aim));
        figures.push(compared(&name("round trip p99"), "µs", &tails, aim));
    }
    figures
}
