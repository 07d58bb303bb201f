//! The measuring chain: a delay that the network adds on purpose is what a native report says that it measured.

use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sockscope_companion::native::NativeWorld;
use sockscope_companion::{Config, Running, Server};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::Suite;
use support::block_on;
use support::chain::{INJECTED, SUITE, judge, until_quiet};
use support::shipped::story;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

/// Rounds that begin on the clock, whether or not the ones before have their answer.
const STALLED: &str = r#"{ "sockscope": 1, "suite": "stalled", "vars": { "url": "ws://localhost:9000/ws/echo" },
  "clients": { "a": { "url": "{{url}}" } },
  "checks": [ { "check": "echoes", "steps": [
    { "connect": "a" },
    { "on": "a", "repeat": { "times": 40, "every": "10ms", "schedule": "open" },
      "send": "n-{{i}}", "expect": { "echo": true, "within": "5s" } } ] } ] }"#;

async fn report(suite: &str, url: &str) -> Report {
    let suite = Rc::new(Suite::parse(suite).expect("a suite"));
    let overrides = vec![("url".to_owned(), url.to_owned())];
    let plan = Plan::new(suite, Options { overrides, ..Options::default() }, 0).expect("a plan");
    let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {})).await;
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
    report
}

/// A figure of the round trips, in milliseconds.
fn millis(report: &Report, figure: fn(&sockscope_engine::report::Metric) -> Option<f64>) -> f64 {
    figure(&report.metrics["rtt"]).expect("a figure") / 1e3
}

fn through_the_proxy(server: &Running, more: &str) -> String {
    let ws = &server.urls().ws;
    format!("{ws}/proxy?to={ws}/echo&{more}")
}

#[test]
fn a_report_says_the_latency_that_was_added() {
    block_on(async {
        let server = Server::start(Config::default()).await.expect("a free port");
        until_quiet(async || {
            let mut measured = Vec::new();
            for delay in INJECTED {
                let url = through_the_proxy(&server, &format!("latency={delay}ms"));
                let report = report(SUITE, &url).await;
                assert_eq!(report.metrics["rtt"].count, 25);
                measured.push((millis(&report, |it| it.min), millis(&report, |it| it.p50)));
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

/// Echoes, and stands still once for this long, before its fifth answer.
const STALL: Duration = Duration::from_millis(500);

async fn stalling() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    tokio::task::spawn_local(async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut socket = accept_async(tcp).await.expect("a handshake");
        let mut answers = 0;
        while let Some(Ok(message)) = socket.next().await {
            answers += 1;
            if answers == 5 {
                tokio::time::sleep(STALL).await;
            }
            // A client that has gone needs no answer.
            let _ = socket.send(message).await;
        }
    });
    url
}

/// One answer is late, and those behind it are late as well. They are measured from when they were to go out, so all of
/// them show it: of 40 rounds in 400 ms, those after the fourth.
#[test]
fn a_stalled_server_shows_in_the_intended_times() {
    block_on(async {
        let report = report(STALLED, &stalling().await).await;
        let intended = &report.metrics["rtt.intended"];
        assert_eq!(intended.count, 40);
        let (p50, max) = (intended.p50.expect("a figure"), intended.max.expect("a figure"));
        assert!(p50 >= 200_000.0 && max >= STALL.as_micros() as f64, "{intended:?}");
    });
}
