//! Runs as a whole: rows, stopping, what is inconclusive, progress, secrets, and that the same seed gives the same report.
#![cfg(not(target_arch = "wasm32"))]

mod closing;
mod engines;
mod inconclusive;
mod load;
mod ramp;
mod reported;
mod stopping;
mod what_runs;

use serde_json::{Value, json};
use sockscope_engine::report::Report;
use sockscope_engine::run::{Options, Plan};
use sockscope_engine::suite::Suite;
use std::rc::Rc;
use support::simulated::BEGAN;
fn echo_steps() -> Value {
    json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true}}])
}

fn names(report: &Report) -> Vec<&str> {
    report.checks.iter().map(|check| check.name.as_str()).collect()
}

#[track_caller]
fn plan(text: &Value, options: Options) -> Result<Plan, Vec<String>> {
    let suite = Suite::parse(&text.to_string()).expect("a good suite");
    Plan::new(Rc::new(suite), options, BEGAN)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// A check that passes at once.
fn idle() -> Value {
    json!([{"wait": "1ms"}])
}
