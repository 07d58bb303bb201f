//! Texts that are meant to break the reader of suites: deep, long, many.
#![cfg(not(target_arch = "wasm32"))]

use std::time::{Duration, Instant};

use sockscope_engine::base::random::Random;
use sockscope_engine::suite::Suite;

/// What takes this long does not end; it does not measure speed.
const BOUND: Duration = Duration::from_secs(120);

fn problems(text: &str) -> Vec<String> {
    Suite::parse(text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// A step in a suite with one client. It stands alone in the second line.
fn around(step: &str) -> String {
    let head = r#"{"sockscope": 1, "suite": "x", "vars": {"room": "r"}, "clients": {"alice": {"url": "ws://x"}}, "checks": [{"check": "c", "steps": ["#;
    format!("{head}\n{step}\n]}}]}}")
}

/// The first problem, in reasonable time.
#[track_caller]
fn check(text: &str, expected: &str) {
    let began = Instant::now();
    let told = problems(text);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    let first = told.first().map_or("", String::as_str);
    assert!(first.starts_with(expected), "{first}");
    assert!(told.len() <= 201, "{}", told.len());
    assert!(told.iter().all(|problem| problem.len() < 4000), "a giant message");
}

fn suite_with(part: &str) -> String {
    format!(
        r#"{{"sockscope": 1, "suite": "x", {part} "checks": [{{"check": "c", "steps": [{{"wait": "1s"}}]}}]}}"#
    )
}

#[test]
fn brackets_without_end() {
    check(&"[".repeat(16 << 20), "1:101: $: nested deeper than 100 levels");
    check(&r#"{"a":"#.repeat(3 << 20), "1:501: $: nested deeper than 100 levels");
    check(&"]".repeat(16 << 20), "1:1: $: a ] that closes nothing");
}

#[test]
fn more_than_is_read() {
    let text = " ".repeat((16 << 20) + 1);
    check(&text, "1:1: $: a suite of 16777217 bytes; the limit is 16MiB");
    check(&format!("[{}", "1,".repeat(2_000_000)), "1:2000001: $: more than 1000000 values");
}

#[test]
fn as_deep_as_may_be() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let send = |levels| around(&format!(r#"{{"on": "alice", "send": {}}}"#, deep(levels)));
    assert!(Suite::parse(&send(95)).is_ok());
    check(&send(96), "2:");
    let matcher = format!("{}{}{}", r#"{"not":"#.repeat(90), r#"{"any":true}"#, "}".repeat(90));
    assert!(Suite::parse(&around(&format!(r#"{{"on": "alice", "expect": {matcher}}}"#))).is_ok());
    let steps =
        format!("{}{}{}", r#"{"measure":"m","steps":["#.repeat(45), r#"{"wait":"1s"}"#, "]}".repeat(45));
    assert!(Suite::parse(&around(&steps)).is_ok());
}

#[test]
fn a_million_keys() {
    let keys: String = (0..900_000).map(|i| format!("\"k{i}\":1,")).collect();
    check(&suite_with(&keys), "1:32: $.k0: \"k0\" is not a key of a suite");
    let same = "\"k\":1,".repeat(900_000);
    check(&suite_with(&same), "1:38: $: the key \"k\" appears twice");
    let vars: String = (0..100_000).map(|i| format!("\"k{i}\":1,")).collect();
    assert!(Suite::parse(&suite_with(&format!("\"vars\": {{{vars}}},"))).is_ok());
}

#[test]
fn long_strings() {
    let long = "x".repeat(8 << 20);
    check(&suite_with(&format!("\"{long}\": 1,")), "1:32: $.xxxx");
    check(&suite_with(&format!("\"secrets\": [\"{long}\"],")), "1:44: $.secrets[0]: no variable");
    check(&around(&format!(r#"{{"on": "{long}", "send": 1}}"#)), "2:8: $.checks[0].steps[0].on: no client");
    check(&around(&format!(r#"{{"on": "alice", "send": "{{{{{long}}}}}"}}"#)), "2:25:");
    check(&around(&format!(r#"{{"on": "alice", "expect": {{"{long}": 1}}}}"#)), "2:28:");
    check(&around(&format!(r#"{{"on": "alice", "expect": {{"regex": "{long}"}}}}"#)), "2:");
    check(&around(&format!(r#"{{"on": "alice", "expect": {{"path": "$.{long}["}}}}"#)), "2:");
    assert!(Suite::parse(&around(&format!(r#"{{"on": "alice", "send": "{long}"}}"#))).is_ok());
}

#[test]
fn problems_without_end() {
    let steps = "{},".repeat(300_000);
    let text = around(steps.trim_end_matches(','));
    let told = Suite::parse(&text).expect_err("a broken suite");
    assert_eq!(told.len(), 201);
    assert_eq!(told[200].message, "and 299800 more");
    check(&around(&format!(r#"{{"on": "alice", "send": "{}"}}"#, "{{".repeat(4 << 20))), "2:");
    let placeholders = r#""{{nobody}}","#.repeat(900_000);
    let send = format!(r#"{{"on": "alice", "send": [{}]}}"#, placeholders.trim_end_matches(','));
    check(&around(&send), "2:26: $.checks[0].steps[0].send[0]: no variable is called \"nobody\"");
}

#[test]
fn setup_for_every_check() {
    let step = r#"{"wait": "1s"},"#.repeat(50_000);
    let check = |i| format!(r#"{{"check": "{i}", "steps": [{{"wait": "{{{{x}}}}"}}]}}"#);
    let checks: Vec<String> = (0..50_000).map(check).collect();
    let text = format!(
        r#"{{"sockscope": 1, "suite": "x", "setup": [{}], "checks": [{}]}}"#,
        step.trim_end_matches(','),
        checks.join(",")
    );
    let began = Instant::now();
    assert!(!problems(&text).is_empty());
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

#[test]
fn everybody_for_everybody() {
    let clients: Vec<String> = (0..20_000).map(|i| format!(r#""c{i}": {{"url": "ws://x"}}"#)).collect();
    let steps =
        r#"{"on": "*", "send": "{{sid}}", "expect": {"any": true, "capture": {"sid": "$"}}},"#.repeat(200);
    let checks: Vec<String> = (0..20)
        .map(|i| format!(r#"{{"check": "{i}", "steps": [{}]}}"#, steps.trim_end_matches(',')))
        .collect();
    let text = format!(
        r#"{{"sockscope": 1, "suite": "x", "clients": {{{}}}, "checks": [{}]}}"#,
        clients.join(","),
        checks.join(",")
    );
    let began = Instant::now();
    problems(&text);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

#[test]
fn no_cut_and_no_changed_byte_breaks_it() {
    let good = include_str!("golden/suite-valid/rooms.json");
    for end in (0..good.len()).filter(|end| good.is_char_boundary(*end)) {
        problems(&good[..end]);
    }
    let mut random = Random::with_seed(7);
    let pieces =
        ["{", "}", "[", "]", ",", ":", "\"", "{{", "}}", "null", "1e9", "\\", "é", "\n", "//", "$", ""];
    for _ in 0..3000 {
        let mut text = good.to_owned();
        for _ in 0..=random.next_u64() % 3 {
            let at = (random.next_u64() as usize) % text.len();
            let piece = pieces[(random.next_u64() as usize) % pieces.len()];
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, piece);
            }
        }
        problems(&text);
    }
}
