//! Round trips on one connection, and many at once: what a report says, against bare JavaScript in a Worker.

use serde_json::{Value, json};

use crate::stage::{Stage, by_turns, number, payload};
use support::figures::{Aim, Figure, compared};

/// Keeps the main thread busy for 60 % of the time, in pieces that are longer than a frame should be.
const BUSY: &str = "
    setInterval(() => { const until = performance.now() + 12; while (performance.now() < until); }, 20);";

fn suite(url: &str, steps: Value) -> Value {
    let mut all = vec![json!({ "connect": "a" })];
    all.extend(steps.as_array().cloned().unwrap_or_default());
    json!({
        "sockscope": 1, "suite": "bench", "clients": { "a": { "url": url } },
        "checks": [{ "check": "c", "timeout": "3m", "steps": all }]
    })
}

/// Of our report and of the bare page, in microseconds.
struct Trip {
    p50: (f64, f64),
    p95: (f64, f64),
    p99: (f64, f64),
}

impl Trip {
    fn new(report: &Value, bare: &Value, samples: usize) -> Self {
        let rtt = &report["metrics"]["rtt"];
        assert_eq!(rtt["count"], samples, "every answer is a sample");
        let of = |name: &str| (number(&rtt[name]), number(&bare[name]) * 1e3);
        Self { p50: of("p50"), p95: of("p95"), p99: of("p99") }
    }
}

/// A pair: the first run in a page that has just been opened, while the browser still compiles what runs often, and the next.
struct Trips {
    first: Trip,
    next: Trip,
}

async fn trips(stage: &Stage, before: &str) -> Vec<Trips> {
    let samples = stage.of(5000);
    let steps = json!([{
        "on": "a", "repeat": { "times": samples }, "send": payload("{{i}}"), "expect": { "echo": true }
    }]);
    let suite = suite(&stage.echo(), steps);
    let options = json!({ "url": stage.echo(), "samples": samples, "payload": payload("#") });
    let mut all = Vec::new();
    for pair in 0..stage.pairs() {
        let ours = async || (stage.ours(&suite, before).await, stage.again(&suite).await);
        let bare = async || {
            let first = stage.bare("roundTrips", &options, before).await;
            (first, stage.bare_again("roundTrips", &options).await)
        };
        let (ours, bare) = by_turns(pair, ours, bare).await;
        all.push(Trips {
            first: Trip::new(&ours.0, &bare.0, samples),
            next: Trip::new(&ours.1, &bare.1, samples),
        });
    }
    all
}

fn figure(name: &str, trips: &[Trips], of: fn(&Trips) -> (f64, f64), aim: Aim) -> Figure {
    compared(&format!("echo round trip, {name}"), "µs", &trips.iter().map(of).collect::<Vec<_>>(), aim)
}

/// One message after the other.
pub async fn one_by_one(stage: &Stage) -> Vec<Figure> {
    let trips = trips(stage, "").await;
    vec![
        figure("p50", &trips, |it| it.next.p50, Aim::AtMost(1.05)),
        figure("p95", &trips, |it| it.next.p95, Aim::AtMost(1.10)),
        figure("p99", &trips, |it| it.next.p99, Aim::AtMost(1.25)),
        figure("first run of a page, p50", &trips, |it| it.first.p50, Aim::None),
        figure("first run of a page, p95", &trips, |it| it.first.p95, Aim::None),
        figure("first run of a page, p99", &trips, |it| it.first.p99, Aim::None),
    ]
}

/// The same while the page has no time.
pub async fn while_busy(stage: &Stage) -> Vec<Figure> {
    let trips = trips(stage, BUSY).await;
    vec![
        figure("p99, main thread 60 % busy", &trips, |it| it.next.p99, Aim::AtMost(1.10)),
        figure("first run of a page, p99, main thread 60 % busy", &trips, |it| it.first.p99, Aim::None),
    ]
}

/// A thousand on their way at once, each recorded and paired with its answer.
pub async fn pipelined(stage: &Stage) -> Vec<Figure> {
    let (batches, window) = (stage.of(60), 1000);
    let steps = json!([{
        "repeat": { "times": batches }, "steps": [{ "measure": "batch", "steps": [{
            "on": "a", "repeat": { "times": window, "every": "1us", "schedule": "open" },
            "send": payload("{{i}}"), "expect": { "echo": true, "within": "60s" }
        }] }]
    }]);
    let suite = suite(&stage.echo(), steps);
    let options =
        json!({ "url": stage.echo(), "batches": batches, "window": window, "payload": payload("#") });
    let mut pairs = Vec::new();
    for pair in 0..stage.pairs() {
        let ours = async || {
            let report = stage.ours(&suite, "").await;
            assert_eq!(report["totals"]["matched"], batches * window, "each is paired");
            f64::from(window as u32) / (number(&report["metrics"]["batch"]["mean"]) / 1e6)
        };
        let bare = async || {
            let took = stage.bare("batches", &options, "").await;
            let took: Vec<f64> = took.as_array().into_iter().flatten().map(number).collect();
            f64::from(window as u32) / (took.iter().sum::<f64>() / took.len() as f64 / 1e3)
        };
        pairs.push(by_turns(pair, ours, bare).await);
    }
    vec![compared("pipelined echo, window 1000", "/s", &pairs, Aim::AtLeast(0.95))]
}
