//! Servers that others have written, as targets of the suites that ship: those that fit pass, and one that is really
//! wrong does not.
//!
//! Run by `cargo xtask test`, which installs Python's and Node's packages first and says where they are.

mod bench;
mod compressed;
mod conformance;
mod cors;
mod in_pytest;
mod recipes;
mod recipes_binary;
mod recordings;
mod scraped;
mod tls;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sockscope_companion::native::NativeWorld;
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::shipped::SHIPPED;
use sockscope_host::process::Signal;
use support::block_on;
use support::servers::{Language, PATIENCE, Server, Target};
use support::shipped::{red, story, suite};
use support::short::SHORT;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const WEBSOCKETS: Target =
    Target { name: "websockets", language: Language::Python, file: "websockets_server.py", arguments: &[] };
const AIOHTTP: Target =
    Target { name: "aiohttp", language: Language::Python, file: "aiohttp_server.py", arguments: &[] };
const UVICORN: Target =
    Target { name: "uvicorn", language: Language::Python, file: "uvicorn_server.py", arguments: &[] };
const WSPROTO: Target = Target {
    name: "uvicorn with wsproto",
    language: Language::Python,
    file: "uvicorn_server.py",
    arguments: &["--ws", "wsproto"],
};
const WS: Target = Target { name: "ws", language: Language::Node, file: "ws_server.mjs", arguments: &[] };

/// Node's own JSON, which has no numbers but doubles.
const WS_WITH_PLAIN_JSON: Target = Target { arguments: &["--json", "plain"], ..WS };

/// Runs of which one has to be conclusive.
const TRIES: usize = 4;

/// Beside [`SHORT`]: a bound of time, and where these servers have what the practice server has elsewhere, as the guide says.
const OVERRIDES: &[(&str, &str, &str)] = &[
    ("ladder", "max_p95", "4s"),
    ("auth-and-limits", "accepted_url", "{{ws_url}}/private?user=guest&token={{token}}"),
    ("auth-and-limits", "refused_url", "{{ws_url}}/private?user=guest&token=wrong"),
    ("auth-and-limits", "limited_url", "{{ws_url}}/private?user=limited&token={{token}}"),
];

/// Runs a suite against a server of its own.
fn run_suite(name: &str, server: &Server) -> Report {
    block_on(async {
        let ws_url = server.urls[0].clone();
        let api_url = ws_url.replace("ws://", "http://").replace("/ws", "/api");
        let bound_to = |(suite, variable, value): &(&str, &str, &str)| {
            (*suite == name).then(|| ((*variable).to_owned(), (*value).to_owned()))
        };
        let options = Options {
            env: [("WS_URL".to_owned(), ws_url), ("API_URL".to_owned(), api_url)].into(),
            overrides: SHORT.iter().chain(OVERRIDES).filter_map(bound_to).collect(),
            seed: 7,
            ..Options::default()
        };
        let plan = Plan::new(Rc::new(suite(name)), options, 0).unwrap_or_else(|errors| panic!("{errors:?}"));
        let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
        tokio::time::timeout(Duration::from_secs(100), report).await.expect("every wait has a bound")
    })
}

/// Runs a suite until something is learned of the server, and demands that exactly these checks are red.
#[track_caller]
fn check(target: &Target, name: &str, expected: &[&str]) {
    // Both ends of the top of the ladder are open on this machine.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let expected: BTreeSet<_> = expected.iter().map(|check| ((*check).to_owned(), "fail")).collect();
    for attempt in 1..=TRIES {
        let server = target.start(&[]);
        let report = run_suite(name, &server);
        let is_open = report.checks.iter().any(|check| check.verdict == Verdict::Inconclusive);
        if is_open && attempt < TRIES {
            continue;
        }
        let words = format!("{} under {name}: {}{}", target.name, story(&report), server.said());
        return assert_eq!(red(&report), expected, "{words}");
    }
}

macro_rules! passes {
    ($($module:ident $target:ident: $($test:ident $suite:literal)*;)*) => {
        $(mod $module {
            $(#[test]
            fn $test() {
                super::check(&super::$target, $suite, &[]);
            })*
        })*

        /// The suites that fit each server.
        const FITTING: &[(&Target, &[&str])] = &[$((&$target, &[$($suite),*])),*];
    };
}

passes! {
    python_websockets WEBSOCKETS:
        first_contact "first-contact" integration "integration" load "load" rooms "rooms" ladder "ladder"
        throughput "throughput" auth_and_limits "auth-and-limits" subprotocols "subprotocols";
    python_aiohttp AIOHTTP:
        first_contact "first-contact" integration "integration" events "events" load "load" rooms "rooms"
        ladder "ladder" throughput "throughput" auth_and_limits "auth-and-limits" subprotocols "subprotocols";
    python_uvicorn UVICORN:
        first_contact "first-contact" integration "integration" events "events" load "load" rooms "rooms"
        ladder "ladder" throughput "throughput" auth_and_limits "auth-and-limits" subprotocols "subprotocols";
    python_uvicorn_with_wsproto WSPROTO:
        first_contact "first-contact" integration "integration" events "events" load "load" rooms "rooms"
        ladder "ladder" throughput "throughput" auth_and_limits "auth-and-limits" subprotocols "subprotocols";
    node_ws WS:
        first_contact "first-contact" integration "integration" events "events" load "load" rooms "rooms"
        ladder "ladder" throughput "throughput" auth_and_limits "auth-and-limits" subprotocols "subprotocols";
}

#[test]
fn a_server_that_rounds_large_numbers_is_caught() {
    check(&WS_WITH_PLAIN_JSON, "first-contact", &["the config comes back as it was sent"]);
}

#[test]
fn a_server_without_events_fails_their_suite() {
    let server = WEBSOCKETS.start(&[]);
    let report = run_suite("events", &server);
    let bad = red(&report);
    assert!(!bad.iter().any(|(check, _)| check == "the API is healthy"), "{}", story(&report));
    assert_eq!(bad.len(), report.checks.len() - 1, "{}", story(&report));
}

#[test]
fn each_server_says_goodbye_and_ends_when_it_is_asked_to() {
    for (target, _) in FITTING {
        let mut server = target.start(&[]);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (mut client, _) = runtime.block_on(connect_async(&server.urls[0])).expect("it accepts");
        // It answers the goodbye meanwhile, as a client does that is at home.
        let goodbye = runtime.spawn(async move {
            let mut code = None;
            while let Some(Ok(message)) = client.next().await {
                if let Message::Close(frame) = message {
                    code = frame.map(|frame| u16::from(frame.code));
                }
            }
            code
        });
        let asked = Instant::now();
        server.running.signal(Signal::Terminate);
        let status = server.running.ended_within(PATIENCE).expect("it is ours");
        assert!(status.is_some(), "{} goes on: {}", target.name, server.said());
        assert!(asked.elapsed() < Duration::from_secs(10), "{} took {:?}", target.name, asked.elapsed());
        let code = runtime.block_on(goodbye).expect("it does not panic");
        assert!(matches!(code, Some(1001 | 1012)), "{} said {code:?}", target.name);
    }
}

#[test]
fn the_guide_gives_the_addresses_that_are_tested() {
    let guide = include_str!("../../../docs/development/targets.md");
    for (_, variable, value) in OVERRIDES.iter().filter(|(suite, ..)| *suite == "auth-and-limits") {
        let option = format!("--var '{variable}={value}'");
        assert!(guide.contains(&option), "docs/development/targets.md is to have {option}");
    }
}

/// The guide's table of what fits what, as it follows from the table above.
fn table() -> String {
    let columns: Vec<_> = FITTING.iter().filter(|(target, _)| target.name != WSPROTO.name).collect();
    let names: Vec<_> = columns.iter().map(|(target, _)| format!("`{}`", target.name)).collect();
    let mut table = format!("| suite | {} |\n|{}\n", names.join(" | "), " --- |".repeat(columns.len() + 1));
    for (suite, _) in SHIPPED {
        let fits = columns.iter().map(|(_, suites)| if suites.contains(suite) { "passes" } else { "—" });
        table += &format!("| {suite} | {} |\n", fits.collect::<Vec<_>>().join(" | "));
    }
    table
}

#[test]
fn the_guide_says_which_suites_pass() {
    let guide = include_str!("../../../docs/development/targets.md");
    assert!(guide.contains(&table()), "docs/development/targets.md is to have this table:\n{}", table());
}
