//! Rounds and calls that end when something holds; variables that are compared.

use std::time::Duration;

use super::*;

#[test]
fn rounds_end_when_the_last_message_is_as_wanted() {
    let steps = |until: Value| json!([open(), {"on": "a", "repeat": {"times": 10, "until": until}, "send": {"n": "{{i}}"}, "expect": {"any": true}}]);
    let outcome = outcome("/ws/echo", &steps(json!({"path": "$.n", "gte": 3})), Faults::default());
    assert_eq!((told(&outcome), outcome.report.totals.sent), (Vec::new(), 4));
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        steps(json!({"subset": {"n": 99}})),
        "steps[1] timeout: after 10 rounds in 10.0 ms, expected JSON containing {\"n\":99}, found {\"n\":9}",
    );
    assert_eq!(failure.client.as_deref(), Some("a"));
    assert_eq!((failure.diff[0].path.as_str(), failure.diff[0].got.as_str()), ("$.n", "9"));
}

#[test]
fn rounds_end_when_a_variable_is_as_wanted() {
    let steps = |until: Value| {
        json!([
            open(),
            {"repeat": {"for": "1s", "every": "100ms", "until": until}, "steps": [
                {"on": "a", "send": {"n": "{{i}}"}, "expect": {"any": true, "capture": {"n": "$.n"}}}
            ]}
        ])
    };
    holds("/ws/echo", steps(json!({"var": "a.n", "eq": 5})));
    fails(
        "/ws/echo",
        Faults::default(),
        steps(json!({"var": "a.n", "gt": 50})),
        "steps[1] timeout: after 10 rounds in 901 ms, expected a.n greater than 50, found 9",
    );
}

#[test]
fn a_round_that_gets_nothing_does_not_end_the_rounds() {
    fails(
        "/ws/echo",
        Faults::default(),
        json!([open(), {"repeat": {"times": 2, "until": {"any": true}}, "steps": [{"on": "a", "send": "x"}]}]),
        "steps[1] timeout: after 2 rounds in 0 µs, expected any message, found no message in the last round",
    );
}

#[test]
fn rounds_within_rounds_tell_those_around_them_what_they_got() {
    let inner = json!({"on": "a", "repeat": {"times": 5, "until": {"path": "$.n", "gte": 2}}, "send": {"n": "{{i}}"}, "expect": {"any": true}});
    holds(
        "/ws/echo",
        json!([open(), {"repeat": {"times": 3, "until": {"subset": {"n": 2}}}, "steps": [inner]}]),
    );
}

#[test]
fn a_failure_in_a_round_ends_the_rounds() {
    fails(
        "/ws/echo",
        Faults::default(),
        json!([open(), {"on": "a", "repeat": {"times": 9, "until": {"any": true}}, "send": "x", "expect": {"text": "y", "within": "5ms"}}]),
        "steps[1].send timeout: text \"y\" did not come within 5 ms; 1 other message came",
    );
}

#[test]
fn each_client_of_a_repeat_ends_by_itself() {
    let steps = json!([
        {"connect": "*"},
        {"on": ["a", "b"], "repeat": {"times": 10, "until": {"var": "n", "gte": 2}}, "steps": [
            {"send": {"n": "{{i}}"}, "expect": {"any": true, "capture": {"n": "$.n"}}}
        ]}
    ]);
    let outcome = outcome("/ws/echo", &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.totals.sent), (Vec::new(), 6));
}

#[test]
fn a_call_is_made_again_until_its_answer_is_as_wanted() {
    let call = |until: Value, every: &str| {
        json!([
            {"http": {"url": "http://sim/api/jobs/1"}, "expect": {"until": until, "every": every, "within": "2s", "capture": {"asked": "$.asked"}}},
            {"assert": {"var": "asked", "eq": 3}}
        ])
    };
    holds("/ws", call(json!({"subset": {"state": "done"}}), "100ms"));
    fails(
        "/ws",
        Faults::default(),
        call(json!({"subset": {"state": "gone"}}), "600ms"),
        "steps[0] timeout: GET http://sim/api/jobs/1 did not become JSON containing {\"state\":\"gone\"} within 2 s, in 4 \
         calls; the last answer was {\"id\":1,\"state\":\"done\",\"asked\":4}",
    );
    // The time is up while a call is on its way.
    fails(
        "/ws",
        Faults { delay: Duration::from_millis(800), ..Faults::default() },
        call(json!({"subset": {"state": "gone"}}), "100ms"),
        "steps[0] timeout: GET http://sim/api/jobs/1 did not become JSON containing {\"state\":\"gone\"} within 2 s, in 3 \
         calls; the last answer was {\"id\":1,\"state\":\"running\",\"asked\":2}",
    );
    fails(
        "/ws",
        Faults { status: Some(500), ..Faults::default() },
        call(json!({"subset": {"state": "done"}}), "100ms"),
        "steps[0] http: GET http://sim/api/jobs/1 was answered with status 500, expected a status below 400: \
         {\"error\":\"as told\"}",
    );
}

#[test]
fn variables_are_compared() {
    let set = json!({"set": {"state": "open", "n": 7, "user": {"name": "ann"}}});
    let with = |step: Value| json!([set, step]);
    holds("/ws", with(json!({"assert": {"var": "n", "gte": 7, "lt": 8}})));
    holds("/ws", with(json!({"assert": {"var": "user", "subset": {"name": "ann"}}})));
    holds("/ws", with(json!({"assert": {"var": "state", "contains": "pe"}})));
    holds("/ws", with(json!({"assert": {"var": "user", "path": "$.name", "eq": "ann"}})));
    fails(
        "/ws",
        Faults::default(),
        with(json!({"assert": {"var": "state", "eq": "done"}})),
        "steps[1] mismatch: expected state equal to \"done\", found \"open\"",
    );
    fails(
        "/ws",
        Faults::default(),
        with(json!({"assert": {"var": "user", "equals": {"name": "bob"}}})),
        "steps[1] mismatch: expected user JSON equal to {\"name\":\"bob\"}, found {\"name\":\"ann\"}",
    );
}

#[test]
fn a_step_runs_only_where_its_comparison_holds() {
    let outcome = outcome(
        "/ws",
        &json!([
            {"set": {"n": 7}},
            {"if": {"var": "n", "eq": 7}, "remark": "seven"},
            {"unless": {"var": "n", "eq": 7}, "remark": "not seven"},
            {"if": {"var": "n", "in": [1, 2]}, "remark": "small"}
        ]),
        Faults::default(),
    );
    assert_eq!(outcome.report.checks[0].reasons, ["seven"]);
}

#[test]
fn the_captures_of_the_only_client_are_compared() {
    let mut suite = suite(
        "/ws/echo",
        &json!([
            open(),
            {"send": {"n": 1}, "expect": {"any": true, "capture": {"n": "$.n"}}},
            {"assert": {"var": "n", "eq": 1}},
            {"if": {"var": "n", "eq": 2}, "skip": "never"}
        ]),
    );
    suite["clients"] = json!({"a": suite["clients"]["a"]});
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
}

#[test]
fn a_variable_without_a_value_does_not_exist() {
    holds(
        "/ws/echo",
        json!([
            {"connect": "a"},
            {"if": {"var": "a.sid", "exists": false}, "on": "a", "send": {"id": 7},
             "expect": {"any": true, "capture": {"sid": "$.id"}}},
            {"if": {"var": "a.sid", "exists": false}, "on": "a", "assert": {"var": "sid", "eq": "never run"}},
            {"on": "a", "assert": {"var": "sid", "exists": true, "gt": 6}},
            {"unless": {"var": "flag", "exists": true}, "set": {"flag": true}},
            {"assert": {"var": "flag", "exists": true}},
            {"on": "a", "repeat": {"times": 3, "until": {"var": "found", "exists": true}}, "steps": [
                {"if": {"var": "found", "exists": false}, "send": {"n": "{{i}}"},
                 "expect": {"any": true, "capture": {"n": "$.n"}}},
                {"if": {"var": "n", "eq": 1}, "set": {"found": "{{n}}"}}]},
        ]),
    );
    fails(
        "/ws/echo",
        Faults::default(),
        json!([{"if": false, "set": {"x": 1}}, {"assert": {"var": "x", "exists": true}}]),
        "steps[1] mismatch: expected x with a value, found no value",
    );
    fails(
        "/ws/echo",
        Faults::default(),
        json!([{"set": {"x": null}}, {"assert": {"var": "x", "exists": false}}]),
        "steps[1] mismatch: expected x without a value, found null",
    );
}

#[test]
fn what_the_named_client_has_captured_decides() {
    let capture =
        json!({"on": "a", "send": {"sid": "s-1"}, "expect": {"any": true, "capture": {"sid": "$.sid"}}});
    holds(
        "/ws/echo",
        json!([
            {"connect": ["a", "b"]},
            {"set": {"who": "a"}},
            {"if": {"var": "sid", "exists": true}, "on": "a", "set": {"who": "too early"}},
            capture,
            {"unless": {"var": "sid", "exists": true}, "on": "a", "set": {"who": "it is captured"}},
            {"if": {"var": "sid", "regex": "^s"}, "on": "a", "set": {"regex": true}},
            {"if": "{{sid}}", "on": "a", "set": {"truthy": true}},
            {"if": {"var": "sid", "eq": "{{sid}}"}, "on": "a", "wait": "1ms"},
            {"if": {"var": "sid", "exists": true}, "on": "a", "set": {"exists": true}},
            {"if": {"var": "sid", "exists": true}, "on": "{{who}}", "set": {"who": "found"}},
            {"assert": {"var": "regex", "eq": true}},
            {"assert": {"var": "truthy", "eq": true}},
            {"assert": {"var": "exists", "eq": true}},
            {"assert": {"var": "who", "eq": "found"}},
        ]),
    );
}

/// The suite with these steps in a check that ends after this time.
#[track_caller]
fn is_cut(steps: Value, expected: &[&str]) {
    let mut suite = suite("/ws/echo", &steps);
    suite["checks"][0]["timeout"] = json!("2s");
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(told(&outcome), expected);
}

#[test]
fn the_last_value_is_told_when_the_time_of_the_check_is_up() {
    let until = json!({"var": "n", "eq": 100});
    is_cut(
        json!([
            open(),
            {"set": {"n": 0}},
            {"on": "a", "repeat": {"times": 50, "every": "300ms", "until": until}, "steps": [{"set": {"n": "{{i}}"}}]}
        ]),
        &[
            "steps[2] timeout: the check's timeout of 2 s passed while this step ran: expected n equal to 100, found 6",
        ],
    );
    // Within a round both lines say what they know.
    is_cut(
        json!([
            open(),
            {"set": {"n": 0}},
            {"on": "a", "repeat": {"times": 50, "until": until}, "steps": [{"set": {"n": "{{i}}"}}, {"wait": "300ms"}]}
        ]),
        &[
            "steps[2] timeout: the check's timeout of 2 s passed while this step ran: expected n equal to 100, found 5",
            "steps[2].steps[1] timeout: the check's timeout of 2 s passed while this step ran",
        ],
    );
    let call = json!({"url": "http://sim/api/jobs/1"});
    is_cut(
        json!([{"http": call, "expect": {"until": {"subset": {"state": "gone"}}, "every": "300ms", "within": "1m"}}]),
        &[
            "steps[0] timeout: the check's timeout of 2 s passed while this step ran: expected JSON containing {\"state\":\"gone\"}, \
             found {\"id\":1,\"state\":\"done\",\"asked\":7}",
        ],
    );
}

#[test]
fn a_remark_about_a_client_may_name_its_capture() {
    let steps = json!([
        {"connect": ["a", "b"]},
        {"on": "a", "send": {"sid": "s-1"}, "expect": {"any": true, "capture": {"sid": "$.sid"}}},
        {"on": "a", "remark": "session {{sid}}"},
    ]);
    let outcome = outcome("/ws/echo", &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (vec!["session s-1".to_owned()], Verdict::Pass));
}
