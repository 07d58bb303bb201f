//! The measuring chain: a delay that the network adds on purpose is what the page says that it measured, on the bench and in
//! a report.
//!
//! The lower bound is strict: an answer cannot be there before it was sent. The upper one leaves room for a timer that counts whole
//! milliseconds and a machine that does other things. A busy moment is tried again, and the best of all tries counts: a page that
//! measures too much does so each time.

use serde_json::json;

use super::checks::run;
use support::chain::{INJECTED, SUITE, until_quiet};
use support::page::{Browser, Practice, test_page};

fn through_the_proxy(practice: &Practice, delay: f64) -> String {
    format!("{0}/proxy?to={0}/echo&latency={delay}ms", practice.ws)
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
