//! Suites against the real practice server, in a real browser's worker: the same runner that the simulation tests.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
}

use std::time::Duration;

use serde_json::{Value, json};
use sockscope::browser::clock;
use sockscope::testing::{self, Options, assert_passed as passed};
use sockscope_engine::report::{FailureKind, Report, Verdict};
use sockscope_engine::run::Stop;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::{address, api_address};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn run_suite(suite: Value, stop: Stop) -> Report {
    let options = Options::new().env("WS_URL", address("")).env("API_URL", api_address("")).stop(stop);
    testing::run_suite(&suite.to_string(), options).await.expect("the suite is sound")
}

/// A suite with the shared variables, these clients and this check.
fn suite(clients: Value, check: Value) -> Value {
    json!({
        "sockscope": 1, "suite": "web",
        "vars": {
            "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}",
            "api_url": "{{env.API_URL ?? http://localhost:9000/api}}",
            "me": "u-{{uuid}}"
        },
        "clients": clients, "checks": [check]
    })
}

#[test]
async fn a_config_is_acknowledged_and_a_message_answered() {
    let check = json!({"check": "c", "strict": true, "steps": [
        {"connect": "a"},
        {"send": {"type": "config", "config": {"model": "x"}}, "expect": {"subset": {"type": "config_ack", "config": {"model": "x"}}}},
        {"send": {"type": "message", "id": "{{seq}}", "content": "hi"}, "expect": {"correlate": "$.id", "subset": {"type": "response"}}},
        {"close": {}, "expect": {"closed": {"code": 1000, "clean": true}}}
    ], "thresholds": {"rtt.count": "== 2", "success": ">= 100%"}});
    passed(&run_suite(suite(json!({"a": {"url": "{{ws_url}}"}}), check), Stop::default()).await);
}

#[test]
async fn rooms_are_apart_and_a_fan_out_is_timed_on_one_clock() {
    let user = |name: &str| json!({"url": format!("{{{{ws_url}}}}/rooms?user={name}")});
    let clients = json!({"alice": user("alice"), "bob": user("bob"), "mallory": user("mallory")});
    let check = json!({"check": "c", "steps": [
        {"set": {"room": "r-{{uuid}}"}},
        {"connect": "*"},
        {"on": ["alice", "bob"], "send": {"type": "join", "room": "{{room}}"}, "expect": {"subset": {"type": "joined", "user": "{{client}}"}}},
        {"on": "alice", "mark": "said", "send": {"type": "say", "room": "{{room}}", "text": "hi"}},
        {"all": [
            {"on": "bob", "expect": {"subset": {"type": "said", "from": "alice"}, "since": "said", "metric": "fanout"}},
            {"on": "mallory", "silence": {"for": "200ms", "matching": {"subset": {"type": "said"}}}}
        ]}
    ], "thresholds": {"fanout.count": "== 1"}});
    passed(&run_suite(suite(clients, check), Stop::default()).await);
}

#[test]
async fn an_http_call_causes_an_event() {
    let check = json!({"check": "c", "steps": [
        {"connect": "a"},
        {"http": {"method": "POST", "url": "{{api_url}}/events", "json": {"user": "{{me}}", "type": "done", "data": {"n": 1}}},
         "mark": "published", "expect": {"status": 202, "capture": {"event": "$.id"}}},
        {"on": "a", "expect": {"subset": {"type": "done", "id": "{{event}}"}, "since": "published", "metric": "event"}}
    ]});
    passed(
        &run_suite(suite(json!({"a": {"url": "{{ws_url}}/events?user={{me}}"}}), check), Stop::default())
            .await,
    );
}

#[test]
async fn the_life_of_an_agent_goes_on_across_a_reconnect() {
    let mut text = suite(
        json!({"a": {"url": "{{ws_url}}/agent?user={{me}}&pace=1&heartbeat=20"}}),
        json!({"check": "c", "steps": [
            {"connect": "a"},
            {"send": {"type": "chat", "text": "hi"}, "expect": {"in_order": [
                {"subset": {"type": "agent_started"}}, {"subset": {"type": "agent_thinking"}},
                {"subset": {"type": "tool_executing"}}, {"subset": {"type": "tool_completed"}},
                {"subset": {"type": "agent_completed"}, "capture": {"last": "$.seq"}}
            ]}},
            {"reconnect": "a"},
            {"send": {"type": "resume", "last_seq": "{{last}}"}, "expect": {"subset": {"type": "resumed", "missed": 0}}}
        ]}),
    );
    text["ignore"] = json!([{"subset": {"type": "heartbeat"}}]);
    text["invariants"] = json!([{"on": "a", "increasing": "$.seq"}, {"on": "a", "max_gap": "5s"}]);
    passed(&run_suite(text, Stop::default()).await);
}

#[test]
async fn a_crowd_opens_at_a_pace_that_browsers_do_not_punish() {
    let check = json!({"check": "{{n}}", "each": {"n": [1, 5, 21]}, "steps": [
        {"connect": "crowd"},
        {"on": "crowd", "send": {"type": "message", "id": "{{client}}"}, "expect": {"subset": {"id": "{{client}}"}}},
        {"on": "crowd", "close": {}}
    ], "thresholds": {"missing": "== 0", "opened": "== {{n}}"}});
    let report =
        run_suite(suite(json!({"crowd": {"url": "{{ws_url}}", "count": "{{n}}"}}), check), Stop::default())
            .await;
    passed(&report);
    assert_eq!(report.totals.sent, 27);
}

#[test]
async fn load_is_sent_on_the_clock() {
    let check = json!({"check": "c", "steps": [
        {"connect": "crowd"},
        {"on": "crowd", "repeat": {"for": "1s", "every": "20ms", "schedule": "open"},
         "send": {"type": "message", "id": "{{client}}-{{i}}"}, "expect": {"correlate": "$.id", "subset": {"type": "response"}, "within": "5s"}}
    ], "thresholds": {"success": ">= 100%", "sent": "== 250", "rtt.intended.count": "== 250", "duplicates": "== 0"}});
    passed(
        &run_suite(suite(json!({"crowd": {"url": "{{ws_url}}", "count": 5}}), check), Stop::default()).await,
    );
}

/// Against a fault the same steps fail, and say how.
async fn fails(query: &str, kind: FailureKind, words: &str) {
    let check = json!({"check": "c", "strict": true, "steps": [
        {"connect": "a"},
        {"send": "hello {{uuid}}", "expect": {"echo": true, "within": "300ms"}},
        {"silence": {"for": "100ms"}}
    ]});
    let url = format!("{{{{ws_url}}}}/fault?{query}");
    let report = run_suite(suite(json!({"a": {"url": url}}), check), Stop::default()).await;
    let failure = report.checks[0].steps.iter().find_map(|step| step.failure.clone());
    let failure = failure.unwrap_or_else(|| panic!("{query} passed"));
    assert_eq!((report.verdict, failure.kind), (Verdict::Fail, kind), "{query}: {}", failure.message);
    assert!(failure.message.contains(words), "{query}: {}", failure.message);
}

#[test]
async fn every_fault_turns_the_check_red() {
    fails("drop=1", FailureKind::Timeout, "did not come within 300\u{2009}ms; no other message came").await;
    fails("silent=true", FailureKind::Timeout, "did not come within 300\u{2009}ms").await;
    fails("latency=600ms", FailureKind::Timeout, "did not come within 300\u{2009}ms").await;
    fails("corrupt=1", FailureKind::Timeout, "1 other message came").await;
    fails("duplicate=1", FailureKind::Unexpected, "expected no message for 100\u{2009}ms").await;
    fails("refuse=401", FailureKind::Refused, "the handshake with").await;
    fails("close_after=1&close_code=4001", FailureKind::Closed, "closed with 4001").await;
    fails("abort_after=1", FailureKind::Closed, "closed with 1006").await;
}

#[test]
async fn stopping_ends_a_run_and_still_reports() {
    let stop = Stop::default();
    let later = stop.clone();
    let began = clock::now();
    wasm_bindgen_futures::spawn_local(async move {
        gloo_timers::future::sleep(Duration::from_millis(300)).await;
        later.stop();
    });
    let check = json!({"check": "c", "steps": [{"connect": "a"}, {"wait": "1m"}]});
    let report = run_suite(suite(json!({"a": {"url": "{{ws_url}}"}}), check), stop).await;
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(
        report.checks[0].steps[1].failure.as_ref().map(|f| f.message.as_str()),
        Some("stopped while this step ran")
    );
    assert!(clock::now() - began < Duration::from_secs(20));
}
