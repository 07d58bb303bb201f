//! Round trips on one connection, and many at once: what a report says, against bare JavaScript in a Worker.

use serde_json::{Value, json};

use crate::figures::{Aim, Figure, compared};
use crate::stage::{Stage, by_turns, number, payload};

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

struct Trip {
    p50: (f64, f64),
    p95: (f64, f64),
    p99: (f64, f64),
}

async fn trip(stage: &Stage, pair: usize, before: &str) -> Trip {
    let samples = stage.of(5000);
    let steps = json!([{
        "on": "a", "repeat": { "times": samples }, "send": payload("{{i}}"), "expect": { "echo": true }
    }]);
    let suite = suite(&stage.echo(), steps);
    let options = json!({ "url": stage.echo(), "samples": samples, "payload": payload("#") });
    let bare = async || stage.bare("roundTrips", &options, before).await;
    let (report, bare) = by_turns(pair, async || stage.ours(&suite, before).await, bare).await;
    let rtt = &report["metrics"]["rtt"];
    assert_eq!(rtt["count"], samples, "every answer is a sample");
    let of = |name: &str| (number(&rtt[name]), number(&bare[name]) * 1e3);
    Trip { p50: of("p50"), p95: of("p95"), p99: of("p99") }
}

async fn trips(stage: &Stage, before: &str) -> Vec<Trip> {
    let mut trips = Vec::new();
    for pair in 0..stage.pairs() {
        trips.push(trip(stage, pair, before).await);
    }
    trips
}

/// One message after the other.
pub async fn one_by_one(stage: &Stage) -> Vec<Figure> {
    let trips = trips(stage, "").await;
    let figure = |name: &str, of: fn(&Trip) -> (f64, f64), most: f64| {
        let pairs: Vec<_> = trips.iter().map(of).collect();
        compared(&format!("echo round trip, {name}"), "µs", &pairs, Aim::AtMost(most))
    };
    vec![figure("p50", |it| it.p50, 1.05), figure("p95", |it| it.p95, 1.10), figure("p99", |it| it.p99, 1.25)]
}

/// The same while the page has no time.
pub async fn while_busy(stage: &Stage) -> Vec<Figure> {
    let trips = trips(stage, BUSY).await;
    let pairs: Vec<_> = trips.iter().map(|it| it.p99).collect();
    vec![compared("echo round trip, p99, main thread 60 % busy", "µs", &pairs, Aim::AtMost(1.10))]
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
