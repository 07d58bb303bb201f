//! The recipe of `docs/guide/ci.md`: suites inside the headless tests of a project that is not ours. In a page's window, where
//! `web_run.rs` runs in a worker.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test of another project has no rule against it")]

use std::time::Duration;

use sockscope::testing;
use sockscope::testing::{Options, assert_passed, run_suite};
use sockscope_engine::report::Verdict;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const SUITE: &str = include_str!("../suites/first-contact.json");
const SERVER: &str = match option_env!("SOCKSCOPE_TEST_WS") {
    Some(url) => url,
    // The lints compile this without a server.
    None => "ws://never-started.invalid",
};

fn server() -> Options {
    Options::new().env("WS_URL", SERVER).limit(Duration::from_secs(60))
}

#[wasm_bindgen_test]
async fn the_server_passes_its_suite() {
    let report = run_suite(SUITE, server()).await.unwrap();
    assert_passed(&report);
}

/// A suite that wants an answer which the server does not give.
const WRONG: &str = r#"{ "sockscope": 1, "suite": "wrong", "vars": { "ws_url": "{{env.WS_URL}}", "text": "hello" },
  "clients": { "a": { "url": "{{ws_url}}/echo" } },
  "checks": [
    { "check": "it greets", "tags": ["greeting"], "steps": [
      { "connect": "a" },
      { "send": { "type": "{{text}}" }, "expect": { "subset": { "type": "welcome" }, "within": "200ms" } } ] },
    { "check": "it waits", "tags": ["slow"], "steps": [ { "connect": "a" }, { "wait": "1m" } ] } ],
  "thresholds": { "missing": "== 0" } }"#;

#[wasm_bindgen_test]
async fn a_failure_says_what_was_wanted_and_what_came() {
    let report = run_suite(WRONG, server().check("it greets").var("text", "hi").seed(7)).await.unwrap();
    let words = testing::explain(&report);
    for wanted in [
        r#"suite "wrong": fail, 0 of 1 checks passed (seed 7)"#,
        "\nfail it greets\n    ",
        "(steps[1], line 6)",
        r#"timeout: JSON containing {"type":"welcome"} did not come within 200 ms; 1 other message came"#,
        r#"$.type: expected "welcome", found "hi""#,
        "\nfail threshold missing == 0, measured 1",
    ] {
        assert!(words.contains(wanted), "{wanted} is not in\n{words}");
    }
    let environment = report.environment;
    assert!(environment.browser.contains(' ') && environment.origin.starts_with("http"), "{environment:?}");
    assert!(environment.timer_step_us > 0.0, "{environment:?}");
}

#[wasm_bindgen_test]
#[should_panic(expected = "fail it greets")]
async fn a_failure_fails_the_test() {
    assert_passed(&run_suite(WRONG, server().tag("greeting")).await.unwrap());
}

#[wasm_bindgen_test]
async fn a_run_beyond_its_limit_is_stopped_and_no_pass() {
    let report = run_suite(WRONG, server().tag("slow").limit(Duration::from_millis(300))).await.unwrap();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let words = testing::explain(&report);
    assert!(words.contains("stopped while this step ran"), "{words}");
}

#[wasm_bindgen_test]
async fn a_mistake_is_said_with_its_place() {
    let text = WRONG.replace(r#""connect": "a" }, { "wait""#, r#""conect": "a" }, { "wait""#);
    let error = run_suite(&text, server()).await.unwrap_err();
    let words = format!("{error:?}");
    assert!(words.starts_with("the suite cannot be read:\n  7:"), "{words}");
    assert!(words.contains("connect"), "{words}");

    let error = run_suite(WRONG, server().var("txt", 1)).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the suite cannot run with these values:\n  variable \"txt\""),
        "{error}"
    );
    let error = run_suite(WRONG, server().check("nothing")).await.unwrap_err();
    assert!(error.to_string().contains("no check has the requested tags or name"), "{error}");
}
