//! `--capacity`: servers whose limit is known, and a generator that is the limit itself.

use serde_json::{Value, json};
use support::call::Ended;
use support::practice::Practice;

use super::{BINARY, native};

fn search(suite: &Value, range: &str, more: &[&str]) -> Ended {
    let arguments = [
        "OUT/s.json",
        "--capacity",
        range,
        "--json",
        "OUT/r.json",
        "--html",
        "OUT/r.html",
        "--junit",
        "OUT/r.xml",
    ];
    native(&[&arguments[..], more].concat()).with_file("s.json", suite.to_string()).run()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number, found {value}"))
}

/// Opens this many connections, and each of them speaks once.
fn crowd(url: &str) -> Value {
    json!({
        "sockscope": 1, "suite": "crowd", "vars": { "clients": 1 },
        "clients": { "crowd": { "url": url, "count": "{{clients}}" } },
        "checks": [ { "check": "all are served", "steps": [
            { "connect": "crowd" }, { "on": "crowd", "send": "x", "expect": { "echo": true } } ] } ]
    })
}

#[test]
fn the_limit_of_a_server_in_connections_is_found_to_one() {
    let server = Practice::start_of(BINARY, &["--max-connections", "23"]);
    let ended =
        search(&crowd(&format!("{}/echo", server.ws)), "clients=2..200", &["--capacity-within", "0%"]);
    ended.assert_code(0);
    let report = ended.json("r.json");
    let capacity = &report["capacity"];
    assert_eq!((number(&capacity["held"]), number(&capacity["broke"])), (23, 24), "{capacity:#}");
    assert_eq!((&capacity["verdict"], &report["verdict"]), (&"pass".into(), &"pass".into()));
    let first = capacity["first"].as_str().expect("what broke first");
    assert!(first.contains("503"), "{first}");
    // The rest of the report is that of the run which held.
    assert_eq!((number(&report["metrics"]["opened"]["count"]), &report["vars"]["clients"]), (23, &23.into()));
    let trials = capacity["trials"].as_array().expect("the runs");
    let values: Vec<u64> = trials.iter().map(|trial| number(&trial["value"])).collect();
    assert_eq!(values[..6], [2, 4, 8, 16, 32, 32], "what breaks is tried again");
    if cfg!(target_os = "linux") {
        assert!(trials.iter().all(|trial| trial["generator"]["busy_peak"].is_number()), "{trials:#?}");
        assert!(number(&report["environment"]["generator"]["ports_used"]) >= 23);
    }
    let sentence = capacity["sentence"].as_str().expect("a sentence");
    assert!(ended.stdout.contains(sentence), "{}", ended.stdout);
    assert!(ended.file("r.html").contains("Capacity: clients"));
    assert!(ended.file("r.xml").contains("the capacity in clients"));
}

#[test]
fn the_limit_of_a_line_in_messages_a_second_is_found() {
    let server = Practice::start_of(BINARY, &[]);
    // 20 000 bytes a second let 19 messages of 1000 bytes and their heads through.
    let url = format!("{}/proxy?bandwidth=20&to={}/echo", server.ws, server.ws);
    let suite = json!({
        "sockscope": 1, "suite": "line", "vars": { "rate": 1 }, "clients": { "one": { "url": url, "count": 1 } },
        "checks": [ { "check": "it keeps up", "thresholds": { "rtt.intended.p95": "< 250ms" }, "steps": [
            { "connect": "one" },
            { "on": "one", "ramp": { "stages": [ { "for": "0s", "rate": "{{rate}}" }, { "for": "2s" } ] },
              "send": { "$chars": { "size": 1000 } }, "expect": { "echo": true, "within": "20s" } } ] } ]
    });
    let ended = search(&suite, "rate=4..200", &["--capacity-within", "10%"]);
    let report = ended.json("r.json");
    let capacity = &report["capacity"];
    // On a machine that does other things the generator may be late; that is said and not called the server's limit.
    if capacity["verdict"] == "inconclusive" {
        ended.assert_code(5);
        assert!(
            capacity["sentence"].as_str().is_some_and(|text| text.contains("the generator was the limit"))
        );
        return;
    }
    ended.assert_code(0);
    let (held, broke) = (number(&capacity["held"]), number(&capacity["broke"]));
    assert!((14..=23).contains(&held) && broke > 19, "{capacity:#}");
    assert!(
        capacity["first"].as_str().is_some_and(|first| first.contains("rtt.intended.p95 < 250ms")),
        "{capacity:#}"
    );
}

#[test]
fn a_generator_at_its_limit_is_inconclusive() {
    let server = Practice::start_of(BINARY, &[]);
    // A thread that sends without a pause is busy all the time, and no server could meet the threshold.
    let suite = json!({
        "sockscope": 1, "suite": "flood", "vars": { "clients": 1 },
        "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": "{{clients}}" } },
        "checks": [ { "check": "flood", "thresholds": { "sent.rate": "> 1000000000/s" }, "steps": [
            { "connect": "crowd" }, { "on": "crowd", "repeat": { "for": "1500ms" }, "send": "x" } ] } ]
    });
    let ended = search(&suite, "clients=4..8", &[]);
    ended.assert_code(5);
    let capacity = &ended.json("r.json")["capacity"];
    assert_eq!(
        (&capacity["verdict"], &capacity["held"]),
        (&"inconclusive".into(), &Value::Null),
        "{capacity:#}"
    );
    let limits = capacity["trials"][0]["limits"].to_string();
    assert!(limits.contains("busy for") || limits.contains("late by"), "{capacity:#}");
    ended.assert_says(&["the generator was the limit, not the server"]);
}

#[test]
fn nothing_that_holds_is_a_failure_and_mistakes_are_said() {
    let server = Practice::start_of(BINARY, &["--max-connections", "3"]);
    let suite = crowd(&format!("{}/echo", server.ws));
    let ended = search(&suite, "clients=10..20", &[]);
    ended.assert_code(1);
    let capacity = &ended.json("r.json")["capacity"];
    assert_eq!((&capacity["verdict"], &capacity["held"]), (&"fail".into(), &Value::Null));
    ended.assert_says(&["not even clients = 10 held"]);
    let ended = search(&suite, "client=1..2", &[]);
    ended.assert_code(2);
    ended.assert_says(&["none of the given suites has a variable of this name; did you mean \"clients\"?"]);
    let ended = search(&suite, "clients=5..2", &[]);
    ended.assert_code(2);
    ended.assert_says(&["5 is not below 2"]);
}
