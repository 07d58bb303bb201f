//! The measuring chain: a delay that the network adds on purpose is what the page says that it measured, on the bench and in
//! a report.
//!
//! The lower bound is strict: an answer cannot be there before it was sent. The upper one leaves room for a timer that counts whole
//! milliseconds and a machine that does other things. A busy moment is tried again, and the best of all tries counts: a page that
//! measures too much does so each time.

use serde_json::json;

use super::checks::run;
use support::page::{Browser, Practice, test_page};

/// Milliseconds that the proxy holds back what the server answers; without any, what is left is the way itself.
const INJECTED: [f64; 4] = [0.0, 5.0, 20.0, 100.0];
/// Milliseconds that a timer of the server and a thread that has to be woken may add.
const ROOM: f64 = 3.0;
/// A machine may be busy this many times.
const TRIES: usize = 12;

const SUITE: &str = r#"{ "sockscope": 1, "suite": "chain", "vars": { "url": "ws://localhost:9000/ws/echo" },
  "clients": { "a": { "url": "{{url}}" } },
  "checks": [ { "check": "echoes", "steps": [
    { "connect": "a" },
    { "on": "a", "repeat": { "times": 25 }, "send": "n-{{i}}", "expect": { "echo": true } } ] } ] }"#;

fn through_the_proxy(practice: &Practice, delay: f64) -> String {
    format!("{0}/proxy?to={0}/echo&latency={delay}ms", practice.ws)
}

/// What was measured for each delay, as the smallest and the middle figure in milliseconds.
#[track_caller]
fn judge(measured: &[(f64, f64)]) -> Result<(), String> {
    let (_, way) = measured[0];
    for (&delay, &(min, middle)) in INJECTED.iter().zip(measured).skip(1) {
        // A figure has three digits, and the clock its step.
        let least = delay * 0.999 - 0.1;
        assert!(min >= least, "{delay} ms were added, and {min} ms measured: {measured:?}");
        if middle > delay + way + ROOM || min > delay + ROOM {
            return Err(format!("{delay} ms were added, and {min} to {middle} ms measured: {measured:?}"));
        }
    }
    Ok(())
}

async fn until_quiet(mut measure: impl AsyncFnMut() -> Vec<(f64, f64)>) {
    let (mut told, mut best) = (Ok(()), [(f64::INFINITY, f64::INFINITY); INJECTED.len()]);
    for _ in 0..TRIES {
        for (best, measured) in best.iter_mut().zip(measure().await) {
            *best = (best.0.min(measured.0), best.1.min(measured.1));
        }
        told = judge(&best);
        if told.is_ok() {
            return;
        }
    }
    panic!("{}", told.expect_err("no try was good"));
}

#[test]
fn a_report_says_the_latency_that_was_added() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        until_quiet(async || {
            let mut measured = Vec::new();
            for delay in INJECTED {
                let vars = json!({ "vars": { "url": through_the_proxy(practice, delay) } });
                let report = run(browser, SUITE, vars).await;
                assert_eq!(report["verdict"], "pass", "{report:#}");
                let rtt = &report["metrics"]["rtt"];
                assert_eq!((&rtt["unit"], &rtt["count"]), (&json!("us"), &json!(25)), "{report:#}");
                let millis = |name: &str| rtt[name].as_f64().expect("a figure") / 1e3;
                measured.push((millis("min"), millis("p50")));
            }
            measured
        })
        .await;
    });
}

/// A figure of the bench, such as `412 µs` or `20.3 ms`, in milliseconds.
async fn figure(browser: &Browser, name: &str) -> f64 {
    let text = browser.text(name).await;
    let (number, unit) = text.split_once('\u{2009}').unwrap_or_else(|| panic!("{name}: {text:?}"));
    let number: f64 = number.parse().unwrap_or_else(|_| panic!("{name}: {text:?}"));
    match unit {
        "µs" => number / 1e3,
        "ms" => number,
        "s" => number * 1e3,
        other => panic!("{name}: unit {other}"),
    }
}

#[test]
fn the_bench_says_the_latency_that_was_added() {
    test_page(async |practice, browser| {
        until_quiet(async || {
            let mut measured = Vec::new();
            for delay in INJECTED {
                // What was set up before is kept; an address of its own starts from zero.
                browser.open("about:blank").await;
                browser.open(&practice.page).await;
                browser.type_into("url", &through_the_proxy(practice, delay)).await;
                browser.connect().await;
                browser.type_into("message", "chain").await;
                for sent in 1..=11 {
                    browser.click("send").await;
                    let all = sent.to_string();
                    browser
                        .until_script(&format!(
                            "return document.querySelector('[data-testid=samples]').textContent === '{all}'"
                        ))
                        .await;
                }
                measured.push((figure(browser, "min").await, figure(browser, "p50").await));
            }
            measured
        })
        .await;
    });
}

#[test]
fn the_judge_sees_what_came_too_early_and_what_came_too_late() {
    let good = [(0.2, 0.4), (5.1, 5.9), (20.2, 21.0), (100.1, 101.0)];
    assert_eq!(judge(&good), Ok(()));
    let mut late = good;
    late[2].1 = 24.0;
    assert!(judge(&late).is_err());
    let mut early = good;
    early[3].0 = 99.0;
    assert!(std::panic::catch_unwind(|| judge(&early)).is_err());
}
