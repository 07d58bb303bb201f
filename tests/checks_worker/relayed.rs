//! A client that says what a page cannot: opened by the companion's relay, measured apart, and told what the server answered.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope::wire::checks::{RunEvent, RunRequest, SuiteRequest};
use sockscope_engine::Payload;
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::sim::{Act, Server};
use support::relay::{self, Refusing, taken};

use super::page::{Page, with_page};

struct Echo;

impl Server for Echo {
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        vec![(Duration::from_millis(2), Act::Send(payload))]
    }
}

/// Serves the page by a companion whose relay answers this, and whose target opens or not. What the relay was asked.
fn companion(page: &Page, answer: (u16, Value), facts: Vec<Value>, opens: bool) -> Rc<RefCell<Vec<Value>>> {
    match opens {
        true => relay::companion(&page.sim, answer, facts, || Echo),
        false => relay::companion(&page.sim, answer, facts, || Refusing),
    }
}

/// A client with a header, and one without.
const SUITE: &str = r#"{ "sockscope": 1, "suite": "relayed", "vars": { "token": "s3cret-of-the-test" }, "secrets": ["token"],
  "clients": {
    "a": { "url": "ws://guarded/chat", "headers": { "Authorization": "Bearer {{token}}" }, "cookies": { "session": "s-1" },
           "origin": "https://app.example.com", "tls": { "insecure": true } },
    "b": { "url": "ws://sim/echo" } },
  "checks": [ { "check": "an echo", "thresholds": { "rtt.relay.p95": "< 1s", "rtt.p95": "< 1s", "open.relay.count": "== 1" },
    "steps": [
      { "connect": ["a"], "expect": { "status": 101, "headers": { "server": "tests" } } },
      { "connect": "b" },
      { "on": ["a", "b"], "send": "hello", "expect": { "text": "hello" } },
      { "on": "a", "close": {} } ] } ] }"#;

async fn run(page: &Page, text: &str) -> (Report, Vec<RunEvent>) {
    let suite = SuiteRequest { id: "own-1".into(), text: text.into(), ..SuiteRequest::default() };
    let request = RunRequest { suites: vec![suite], seed: Some(7), times: 1, ..RunRequest::default() };
    let told = page.run(request).await;
    let report = told.iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some((**report).clone()),
        _ => None,
    });
    (report.expect("the run has ended"), told)
}

fn answered(status: u16, body: &str) -> Value {
    json!({ "fact": "answered", "at_ms": 1.0, "status": status, "reason": "Unauthorized", "address": "127.0.0.1:1",
        "headers": [["Server", "tests"]], "took_ms": 2.0, "body": body, "body_is_cut": false })
}

#[test]
fn a_client_with_headers_runs_in_a_page_and_its_latencies_are_apart() {
    with_page(|page| async move {
        let mut inside = Histogram::new();
        inside.record(Duration::from_micros(20));
        let whole = json!({ "count": 1, "p50_ms": 0.02, "p99_ms": 0.02, "max_ms": 0.02, "histogram": inside.to_base64() });
        let ended = json!({ "fact": "ended", "how": "closed", "delay": { "out": whole, "in": null } });
        let asked = companion(&page, taken(), vec![answered(101, ""), ended], true);
        let (report, _) = run(&page, SUITE).await;
        assert_eq!(report.verdict, Verdict::Pass, "{:#?}", report.checks[0]);
        let expected = json!({ "url": "ws://guarded/chat", "tls": { "insecure": true }, "headers": [
            ["Authorization", "Bearer s3cret-of-the-test"], ["Origin", "https://app.example.com"], ["Cookie", "session=s-1"] ] });
        assert_eq!(*asked.borrow(), [expected]);
        let count = |name: &str| report.metrics.get(name).map_or(0, |metric| metric.count);
        let names = ["rtt", "rtt.relay", "open", "open.relay", "close.relay", "relay.delay"];
        assert_eq!(names.map(count), [1, 1, 1, 1, 1, 1]);
        assert_eq!(report.metrics["relay.delay"].p50, Some(20.0));
        let trips: Vec<_> =
            report.seconds.iter().map(|it| (it.rtt_p50.is_some(), it.rtt_relay_p50.is_some())).collect();
        assert_eq!(trips, [(true, true)]);
    });
}

#[test]
fn a_refusal_is_said_word_for_word() {
    with_page(|page| async move {
        companion(&page, taken(), vec![answered(401, "no key: {\"a\": 1}\nask ann")], false);
        let text = SUITE.replace(r#", "expect": { "status": 101, "headers": { "server": "tests" } }"#, "");
        let (report, _) = run(&page, &text).await;
        let failure = report.checks[0].steps[0].failure.as_ref().expect("a failure");
        let said =
            "the server answered the handshake with status 401 Unauthorized: no key: {\"a\": 1}\nask ann";
        assert!(failure.message.contains(said), "{}", failure.message);
        assert_eq!((report.verdict, report.checks[0].verdict), (Verdict::Fail, Verdict::Fail));
        let text = SUITE.replace(
            r#""status": 101, "headers": { "server": "tests" }"#,
            r#""refused": true, "status": 401"#,
        );
        let (report, _) = run(&page, &text).await;
        assert_eq!(report.checks[0].steps[0].failure, None, "what was to be refused is");
    });
}

#[test]
fn what_the_relay_refuses_is_a_mistake_of_set_up() {
    with_page(|page| async move {
        let words = "this target is not allowed: --allow-target guarded";
        let refusal = (403, json!({ "error": { "code": "not_allowed", "message": words } }));
        companion(&page, refusal, Vec::new(), true);
        let text = SUITE.replace(r#""status": 101, "headers": { "server": "tests" }"#, r#""refused": true"#);
        let (report, _) = run(&page, &text).await;
        let failure = report.checks[0].steps[0].failure.as_ref().expect("a failure");
        assert!(failure.message.contains(&format!("not opened by relay: {words}")), "{}", failure.message);
        assert_eq!(report.checks[0].verdict, Verdict::Error);
        assert_eq!(report.metrics["errors"].count, 1);
    });
}

#[test]
fn without_a_companion_the_check_is_skipped_and_says_what_it_needs() {
    with_page(|page| async move {
        let (report, _) = run(&page, SUITE).await;
        let check = &report.checks[0];
        assert_eq!(check.verdict, Verdict::Skipped);
        let why = check.reasons.join(" ");
        assert!(
            why.starts_with(
                "needs the native engine or a relay: the handshake of a says what a page cannot say"
            ),
            "{why}"
        );
    });
}

#[test]
fn a_limit_on_latencies_that_went_by_relay_is_left_out_with_the_name_to_write() {
    with_page(|page| async move {
        companion(&page, taken(), vec![answered(101, "")], true);
        let text = SUITE.replace(r#""on": ["a", "b"]"#, r#""on": "a""#);
        let (report, _) = run(&page, &text).await;
        let rtt =
            report.checks[0].thresholds.iter().find(|it| it.expr.starts_with("rtt.p95")).expect("a limit");
        assert_eq!(rtt.verdict, Verdict::Skipped);
        let why = rtt.message.as_deref().unwrap_or_default();
        assert!(why.ends_with("a quantity of its own: rtt.relay"), "{why}");
        assert_eq!(report.verdict, Verdict::Pass);
    });
}
