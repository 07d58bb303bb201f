//! Recordings of conversations become suites that pass twenty times of twenty against the same server, and fail when that
//! server drops a type of message.

use std::rc::Rc;
use std::time::Duration;

use sockscope_companion::{Config, Server as Practice};
use sockscope_engine::recorder::{Drafted, suite_of};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::Suite;
use sockscope_engine::{HttpRequest, Payload, World};

use super::bench::Bench;
use sockscope_companion::native::NativeWorld;
use support::block_on;
use support::broken::{Broken, Fault};
use support::feed::{FEED_TOKEN, TRADING_FEED};
use support::servers::{GRAPHQL, Target};
use support::shipped::story;

const RUNS: usize = 20;

/// Runs until something is learned of the server: a machine that stood still says nothing of it.
async fn run_conclusively(drafted: &Drafted, more: &[(String, String)]) -> Report {
    for _ in 1..super::TRIES {
        let report = run_once(drafted, more).await;
        if report.verdict != Verdict::Inconclusive {
            return report;
        }
    }
    run_once(drafted, more).await
}

async fn run_once(drafted: &Drafted, more: &[(String, String)]) -> Report {
    let suite = Suite::parse(&drafted.text).unwrap_or_else(|errors| panic!("{}\n{errors:?}", drafted.text));
    let overrides = drafted.secrets.iter().chain(more).cloned().collect();
    // An environment as the page and the command have it: it is not to be used.
    let env = [("WS_URL".to_owned(), "ws://127.0.0.1:9/nobody".to_owned())].into();
    let plan = Plan::new(Rc::new(suite), Options { env, overrides, seed: 7, ..Options::default() }, 0)
        .unwrap_or_else(|errors| panic!("{}\n{errors:?}", drafted.text));
    let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
    tokio::time::timeout(Duration::from_secs(100), report).await.expect("every wait has a bound")
}

/// It passes, again and again.
async fn passes(drafted: &Drafted) {
    for nth in 1..=RUNS {
        let report = run_conclusively(drafted, &[]).await;
        assert_eq!(
            report.verdict,
            Verdict::Pass,
            "run {nth}: {}\n{}\n{:#?}",
            story(&report),
            drafted.text,
            drafted.remarks
        );
    }
}

/// It fails at another address.
async fn fails(drafted: &Drafted, ws_url: &str, why: &str) {
    let report = run_conclusively(drafted, &[("ws_url".to_owned(), ws_url.to_owned())]).await;
    assert_eq!(report.verdict, Verdict::Fail, "without {why}: {}\n{}", story(&report), drafted.text);
}

/// The address of the suite with another host.
fn elsewhere(drafted: &Drafted, host: &str) -> String {
    let suite: serde_json::Value = serde_json::from_str(&drafted.text).expect("JSON");
    let url = suite["vars"]["ws_url"].as_str().expect("an address");
    let (scheme, rest) = url.split_once("://").expect("a scheme");
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    format!("{scheme}://{host}{path}")
}

async fn fails_without(drafted: &Drafted, target: &Target, types: &[&str], more: &[&str]) {
    for dropped in types {
        let arguments: Vec<_> = ["--drop", dropped].iter().chain(more).map(Into::into).collect();
        let server = target.start(&arguments);
        fails(drafted, &server.urls[0], dropped).await;
    }
}

async fn fails_behind_a_proxy_without(drafted: &Drafted, behind: &str, parts: &'static [&'static str]) {
    for (nth, part) in parts.iter().enumerate() {
        let broken = Broken::start(behind, Some(Fault::Drop { on: "", with: &parts[nth..=nth] })).await;
        let host = broken.ws_url.trim_start_matches("ws://").trim_end_matches("/ws");
        fails(drafted, &elsewhere(drafted, host), part).await;
    }
}

/// An evening on the feed: a token, ticks, an order, a quote, a heartbeat.
async fn trade(bench: &Bench) {
    bench.connect(1).await;
    bench.until_row("welcome").await;
    bench.send(1, r#"{"op":"auth","token":"{{token}}","request_id":"1"}"#);
    bench.until_row("trader-1").await;
    bench.send(1, r#"{"op":"subscribe","channel":"ticks.*","request_id":"2"}"#);
    bench.until_rows(r#""type":"tick""#, 20).await;
    bench.until_row("heartbeat\",\"ts").await;
    bench.send(1, r#"{"op":"order","symbol":"AAPL","quantity":3,"request_id":"3"}"#);
    bench.send(1, r#"{"op":"quote","symbol":"TSLA","request_id":"4"}"#);
    bench.until_row(r#""type":"quote""#).await;
    bench.until_row(r#""type":"order_ack""#).await;
    bench.send(1, r#"{"op":"unsubscribe","channel":"ticks.*","request_id":"5"}"#);
    bench.until_row(r#""request_id":"5"}"#).await;
    bench.close(1).await;
}

const FEED_OPTIONS: [&str; 2] = ["--heartbeat", "300"];

#[test]
fn a_ticker_with_orders_passes_and_misses_each_type() {
    block_on(async {
        let server = TRADING_FEED.start(&FEED_OPTIONS.map(Into::into));
        let bench = Bench::new(&[("trader", &server.urls[0], "")], &[("token", FEED_TOKEN)]);
        trade(&bench).await;
        let drafted = suite_of(&bench.record(0).0).expect("a recording");
        assert!(!drafted.text.contains(FEED_TOKEN) && drafted.text.contains("{{token}}"), "{}", drafted.text);
        assert!(drafted.text.contains(r#""secrets": ["token"]"#), "{}", drafted.text);
        assert!(
            drafted.text.contains(r#""any_order""#) && drafted.text.lines().count() < 30,
            "{}",
            drafted.text
        );
        assert_eq!(drafted.secrets, [("token".to_owned(), FEED_TOKEN.to_owned())]);
        passes(&drafted).await;
        let types = ["welcome", "response", "tick", "heartbeat", "order_ack", "quote"];
        fails_without(&drafted, &TRADING_FEED, &types, &FEED_OPTIONS).await;
    });
}

#[test]
fn two_recordings_of_a_ticker_show_what_varies() {
    block_on(async {
        let server = TRADING_FEED.start(&FEED_OPTIONS.map(Into::into));
        let bench = Bench::new(&[("trader", &server.urls[0], "")], &[("token", FEED_TOKEN)]);
        trade(&bench).await;
        let (first, next) = bench.record(0);
        // Each wait is for a row, and must not be met by one of the first time.
        bench.clear();
        trade(&bench).await;
        let (second, _) = bench.record(next);
        let drafted = suite_of(&format!("{first}{{\"event\":\"again\"}}\n{second}")).expect("two recordings");
        let remark =
            "`$.order_id` varies (it differed between the two recordings): not compared in 1 message.";
        assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
        assert!(drafted.text.contains(r#""status": "accepted""#), "{}", drafted.text);
        passes(&drafted).await;
    });
}

#[test]
fn a_subscription_with_a_mutation_passes_and_misses_each_type() {
    block_on(async {
        let server = GRAPHQL.start(&[]);
        let bench = Bench::new(&[("c", &server.urls[0], "graphql-transport-ws")], &[]);
        bench.connect(1).await;
        bench.send(1, r#"{"type":"connection_init"}"#);
        bench.until_row("connection_ack").await;
        bench.send(
            1,
            r#"{"id":"s1","type":"subscribe","payload":{"query":"subscription { said { id text at } }"}}"#,
        );
        // A subscription has no answer of its own; a person takes a moment before the next message.
        tokio::time::sleep(Duration::from_millis(100)).await;
        bench.send(1, r#"{"id":"m1","type":"subscribe","payload":{"query":"mutation { say(text: \"hi\") { id text at } }"}}"#);
        bench.until_row(r#""id":"s1","type":"next""#).await;
        bench.until_row(r#""id":"m1","type":"complete""#).await;
        bench.send(1, r#"{"id":"s1","type":"complete"}"#);
        bench.close(1).await;
        let drafted = suite_of(&bench.record(0).0).expect("a recording");
        let send = drafted.text.find("mutation {").expect("the mutation is sent");
        let event = drafted.text.find(r#""said": "#).expect("the event is expected");
        assert!(send < event, "an effect does not stand before its cause: {}", drafted.text);
        passes(&drafted).await;
        fails_without(&drafted, &GRAPHQL, &["connection_ack", "next", "complete"], &[]).await;
    });
}

async fn practice() -> (sockscope_companion::Running, String) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let practice = Practice::start(Config::default()).await.expect("a free port");
    let ws = practice.urls().ws.replace("localhost", "127.0.0.1");
    (practice, ws)
}

#[test]
fn an_agent_passes_and_misses_each_type() {
    block_on(async {
        let (practice, ws) = practice().await;
        let url = format!("{ws}/agent?user=recorded&pace=5&heartbeat=100");
        let bench = Bench::new(&[("anna", &url, "")], &[]);
        bench.connect(1).await;
        bench.send(1, r#"{"type":"ping"}"#);
        bench.until_row("pong").await;
        bench.send(1, r#"{"type":"chat","id":"c-1","text":"hello","fail_times":1}"#);
        bench.until_row("agent_completed").await;
        bench.until_rows("heartbeat", 2).await;
        bench.close(1).await;
        let drafted = suite_of(&bench.record(0).0).expect("a recording");
        passes(&drafted).await;
        let types = &[
            "\"pong\"",
            "\"agent_started\"",
            "\"agent_thinking\"",
            "\"tool_executing\"",
            "\"tool_completed\"",
            "\"agent_retrying\"",
            "\"agent_completed\"",
            "\"heartbeat\"",
            "\"error\"",
        ];
        fails_behind_a_proxy_without(&drafted, &practice.urls().http, types).await;
    });
}

#[test]
fn rooms_pass_and_miss_each_type() {
    block_on(async {
        let (practice, ws) = practice().await;
        let (alice, bob) = (format!("{ws}/rooms?user=alice"), format!("{ws}/rooms?user=bob"));
        let bench = Bench::new(&[("alice", &alice, ""), ("bob", &bob, "")], &[]);
        bench.connect(1).await;
        bench.connect(2).await;
        bench.send(1, r#"{"type":"join","room":"recorded"}"#);
        bench.until_rows("\"joined\"", 1).await;
        bench.send(2, r#"{"type":"join","room":"recorded"}"#);
        bench.until_rows("\"joined\"", 3).await;
        bench.send(1, r#"{"type":"say","room":"recorded","text":"hi"}"#);
        bench.until_rows("\"said\"", 2).await;
        bench.send(2, r#"{"type":"leave","room":"recorded"}"#);
        bench.until_rows("\"left\"", 2).await;
        bench.close(2).await;
        bench.close(1).await;
        let drafted = suite_of(&bench.record(0).0).expect("a recording");
        passes(&drafted).await;
        let types = &["\"joined\"", "\"said\"", "\"left\""];
        fails_behind_a_proxy_without(&drafted, &practice.urls().http, types).await;
    });
}

#[test]
fn an_event_that_an_http_call_causes_is_said_to_have_no_cause_in_the_recording() {
    block_on(async {
        let (practice, ws) = practice().await;
        let bench = Bench::new(&[("anna", &format!("{ws}/events?user=recorded"), "")], &[]);
        bench.connect(1).await;
        // Longer than a server takes for an answer, as it takes a person to call an API.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let called = NativeWorld::default().http(HttpRequest {
            method: "POST".to_owned(),
            url: format!("{}/api/events", practice.urls().http.trim_end_matches('/')),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(Payload::from(r#"{"type":"deployed","data":1}"#)),
            ..HttpRequest::default()
        });
        assert_eq!(called.await.expect("an answer").status, 202);
        bench.until_row("deployed").await;
        bench.close(1).await;
        let drafted = suite_of(&bench.record(0).0).expect("a recording");
        let is_said = |remark: &String| {
            remark.contains("deployed") && remark.contains("nothing in the recording seems to have caused it")
        };
        assert!(drafted.remarks.iter().any(is_said), "{:#?}", drafted.remarks);
        let report = run_conclusively(&drafted, &[]).await;
        assert_eq!(report.verdict, Verdict::Fail, "the call is never made");
    });
}
