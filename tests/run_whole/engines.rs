//! What a check needs of the engine that runs it: where that is not there, it is skipped with its reason.

use serde_json::{Value, json};
use sockscope_engine::report::{EngineKind, Environment, Report, Verdict};
use sockscope_engine::run::Options;
use support::simulated::{Setting, run_text};

/// A run of one check by this engine.
fn report(engine: EngineKind, client: &Value, steps: &Value) -> Report {
    let mut client = client.clone();
    client["url"] = "ws://sim/ws".into();
    let text = json!({ "sockscope": 1, "suite": "s", "clients": { "a": client, "b": { "url": "ws://sim/ws" } },
        "checks": [ { "check": "c", "steps": steps } ] });
    let options =
        Options { environment: Environment { engine, ..Environment::default() }, ..Options::default() };
    run_text(&text.to_string(), &Setting { options, ..Setting::default() }).report
}

#[track_caller]
fn is_skipped(engine: EngineKind, client: &Value, steps: &Value, why: &str) {
    let report = report(engine, client, steps);
    assert_eq!(report.environment.engine, engine);
    let check = &report.checks[0];
    assert_eq!((check.verdict, check.reasons.as_slice()), (Verdict::Skipped, &[why.to_owned()][..]));
}

#[test]
fn an_extension_needs_a_browser_and_the_absence_of_one_does_not() {
    let connect = |extensions: Value| json!([ { "connect": "a", "expect": { "extensions": extensions } } ]);
    let why =
        "needs a browser: the native engine offers an extension only for a client with \"compression\": true";
    let wanted = json!({ "contains": "permessage-deflate" });
    is_skipped(EngineKind::Native, &json!({}), &connect(wanted.clone()), why);
    let tried = json!([ { "try": connect(wanted.clone()), "else": [ { "remark": "none" } ] } ]);
    is_skipped(EngineKind::Native, &json!({}), &tried, why);
    is_skipped(EngineKind::Native, &json!({ "compression": false }), &connect(wanted.clone()), why);
    let (plain, offering) = (json!({}), json!({ "compression": true }));
    for (engine, client, wanted) in [
        (EngineKind::Native, &plain, json!("")),
        (EngineKind::Native, &offering, wanted.clone()),
        (EngineKind::Browser, &plain, wanted),
    ] {
        let report = report(engine, client, &connect(wanted));
        assert_ne!(report.checks[0].verdict, Verdict::Skipped);
    }
}

#[test]
fn what_a_page_cannot_do_needs_the_native_engine() {
    let connect = json!({ "connect": "a" });
    let check = |client: Value, steps: Value, why: &str| {
        let why = format!("needs the native engine: {why}");
        is_skipped(EngineKind::Browser, &client, &steps, &why);
    };
    check(json!({}), json!([connect, { "on": "a", "ping": "x" }]), "a page sends no pings");
    let frame = json!({ "on": "a", "send": { "$frame": { "fin": false } } });
    check(json!({}), json!([connect, frame]), "a page sends messages, and no frames of its own");
    let close = json!([connect, { "all": [ { "on": "a", "close": { "raw": 1002 } } ] }]);
    check(json!({}), close, "a page closes with 1000 or 3000 to 4999");
    let status = json!([{ "connect": "a", "expect": { "status": 101 } }]);
    check(json!({}), status, "a page sees no status and no header fields of a handshake");
    let of_a = "needs the native engine or a relay: the handshake of a says what a page cannot say, and this page was \
                not served by the command sockscope";
    for client in [
        json!({ "headers": { "X-Key": "1" } }),
        json!({ "cookies": { "session": "1" } }),
        json!({ "origin": "https://x.test" }),
        json!({ "tls": { "insecure": true } }),
    ] {
        is_skipped(EngineKind::Browser, &client, &json!([connect]), of_a);
        is_skipped(EngineKind::Browser, &client, &json!([{ "connect": "*" }]), of_a);
        // A client that is not opened needs nothing.
        let other = report(EngineKind::Browser, &client, &json!([{ "connect": "b" }]));
        assert_eq!(other.checks[0].verdict, Verdict::Pass, "{:?}", other.checks[0].reasons);
    }
}

#[test]
fn a_limit_on_latencies_by_relay_is_left_out_natively() {
    let text = json!({ "sockscope": 1, "suite": "s",
        "clients": { "a": { "url": "ws://sim/ws", "headers": { "X-Key": "1" } } },
        "checks": [ { "check": "c", "thresholds": { "rtt.relay.p95": "< 1s" }, "steps": [
            { "connect": "a" }, { "send": { "type": "ping" }, "expect": { "any": true } } ] } ] });
    let environment = Environment { engine: EngineKind::Native, ..Environment::default() };
    let options = Options { environment, ..Options::default() };
    let report = run_text(&text.to_string(), &Setting { options, ..Setting::default() }).report;
    let limit = &report.checks[0].thresholds[0];
    assert_eq!((report.verdict, limit.verdict), (Verdict::Pass, Verdict::Skipped), "{:#?}", report.checks[0]);
    let why = "rtt.relay is of a page: the native engine opens each connection itself";
    assert_eq!(limit.message.as_deref(), Some(why));
}
