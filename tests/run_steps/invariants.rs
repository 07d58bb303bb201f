//! What always holds.

use super::*;

#[test]
fn increasing_holds_and_is_broken() {
    let rule = json!({"on": "a", "increasing": "$.seq"});
    invariant(rule.clone(), &[r#"{"seq":1}"#, r#"{"x":1}"#, r#"{"seq":1.5}"#, r#"{"seq":10}"#], &[]);
    invariant(
        rule.clone(),
        &[r#"{"seq":2}"#, r#"{"seq":2.0}"#],
        &["invariants[0] invariant: 2.0 came after 2, so it does not grow"],
    );
    invariant(
        rule,
        &[r#"{"seq":2}"#, r#"{"seq":1}"#],
        &["invariants[0] invariant: 1 came after 2, so it does not grow"],
    );
}

#[test]
fn unique_holds_and_is_broken() {
    let rule = json!({"unique": "$.id"});
    invariant(
        rule.clone(),
        &[
            r#"{"id":1}"#,
            r#"{"id":"1"}"#,
            r#"{"x":1}"#,
            r#"{"x":1,"id":10000000000000001}"#,
            r#"{"id":1e16}"#,
        ],
        &[],
    );
    invariant(rule, &[r#"{"id":1}"#, r#"{"id":1.0}"#], &["invariants[0] invariant: 1.0 came a second time"]);
}

#[test]
fn max_gap_holds_and_is_broken() {
    let rule = json!({"on": "a", "max_gap": "30ms"});
    let with = |wait: &str| {
        let mut suite = suite(
            "/ws/echo",
            &json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}, {"wait": wait}, {"on": "a", "close": {}}, {"wait": "1s"}]),
        );
        suite["invariants"] = json!([rule]);
        told(&run_text(&suite.to_string(), &Setting::default()))
    };
    assert_eq!(with("29ms"), Vec::<String>::new());
    assert_eq!(with("31ms"), ["invariants[0] invariant: nothing came for 31 ms; at most 30 ms is allowed"]);
}

#[test]
fn an_invariant_goes_on_across_reconnects() {
    let mut suite = suite(
        "/ws/echo",
        &json!([
            open(),
            {"on": "a", "send": {"seq": 1}, "expect": {"any": true}},
            {"reconnect": "a"},
            {"on": "a", "send": {"seq": 1}, "expect": {"any": true}}
        ]),
    );
    suite["invariants"] = json!([{"on": "a", "increasing": "$.seq"}]);
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["invariants[0] invariant: 1 came after 1, so it does not grow"]
    );
}

#[test]
fn an_invariant_that_never_saw_a_value_says_so() {
    let mut text = suite("/ws/echo", &json!([open(), {"on": "a", "send": "x", "expect": {"echo": true}}]));
    text["invariants"] =
        json!([{"on": "a", "unique": "$.id"}, {"on": "b", "max_gap": "1s"}, {"schema": {"type": "object"}}]);
    let outcome = run_text(&text.to_string(), &Setting::default());
    // A check that failed has other reasons why nothing was seen.
    assert_eq!(told(&outcome).len(), 1);
    assert!(told(&outcome)[0].starts_with("invariants[2] invariant: "), "{:?}", told(&outcome));
    text["invariants"].as_array_mut().expect("a list").pop();
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        [
            "invariants[0] matched no message, so it proves nothing",
            "invariants[1] matched no message, so it proves nothing"
        ]
    );
    assert_eq!(outcome.report.verdict, Verdict::Pass);
}
