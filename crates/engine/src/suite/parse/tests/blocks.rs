//! Steps that contain others, each in a suite of its own.

use super::*;

#[test]
fn err_all() {
    check_step_err(
        r#"{"all": []}"#,
        &[r#"9 .all: an empty list of branches; write [{"wait": "1s"}, [{"wait": "1s"}, {"wait": "2s"}]]"#],
    );
    check_step_err(
        r#"{"all": {}}"#,
        &[
            r#"9 .all: expected a list of branches, found {}; write [{"wait": "1s"}, [{"wait": "1s"}, {"wait": "2s"}]]"#,
        ],
    );
    check_step_err(
        r#"{"all": [5, [], {"wait": "1s"}]}"#,
        &[
            r#"10 .all[0]: expected a step, found 5; write an object with one verb, such as {"connect": "alice"}"#,
            r#"13 .all[1]: expected at least one step; write [{"connect": "alice"}]"#,
        ],
    );
    check_step_err(
        r#"{"all": [[{"wait": "1s"}, {"wiat": "1s"}]]}"#,
        &[r#"28 .all[0][1].wiat: "wiat" is not a key of a step; did you mean "wait"?"#],
    );
}

#[test]
fn ok_all() {
    check_step(r#"{"all": [{"wait": "1s"}]}"#, "one branch at once");
}

#[test]
fn err_repeat() {
    for (head, at) in [(r#"{"times": 0}"#, "times"), (r#"{"for": "0s"}"#, "for")] {
        let column = if at == "times" { 22 } else { 20 };
        check_step_err(
            &format!(r#"{{"repeat": {head}, "steps": [{{"wait": "1s"}}]}}"#),
            &[&format!(
                "{column} .repeat.{at}: a repeat without a round checks nothing; to leave it out, write \"if\": false"
            )],
        );
    }
    check_step_err(
        r#"{"repeat": {"times": 10}}"#,
        &[r#"1 : a repeat needs a round; write "steps": [{"wait": "10ms"}], or "send""#],
    );
    check_step_err(
        r#"{"repeat": {}, "steps": [{"wait": "1s"}]}"#,
        &[
            r#"12 .repeat: a repeat ends after some rounds or after a while; write "times": 10 or "for": "30s""#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "schedule": "open"}, "steps": [{"wait": "{{i}}ms"}]}"#,
        &[
            r#"37 .repeat.schedule: an open schedule starts rounds on the clock; say how often, such as "every": "100ms""#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "schedule": "opne", "every": "1s"}, "steps": [{"wait": "1s"}]}"#,
        &[r#"37 .repeat.schedule: "opne" is not a schedule; did you mean "open"?"#],
    );
    check_step_err(
        r#"{"repeat": {"times": "{{i}}"}, "steps": [{"wait": "1s"}]}"#,
        &["22 .repeat.times: {{i}} has no value here, because no repeat is around it"],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "steps": [{"wait": "1s"}], "send": 1}"#,
        &[r#"53 .send: "send" is one round itself; put it into "steps""#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "send": 1}"#,
        &[r#"1 : this step does not say who acts; add "on": one of alice, bob, crowd, a list, or "*""#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "on": "alice", "expect": {"echo": true}}"#,
        &[r#"52 .expect.echo: "echo" works only in the expect of a send; nothing is sent here"#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "steps": []}"#,
        &[r#"35 .steps: expected at least one step; write [{"connect": "alice"}]"#],
    );
    check_step_err(
        r#"{"repeat": 10, "steps": [{"wait": "1s"}]}"#,
        &[r#"12 .repeat: a repeat is an object such as {"times": 10}, not 10"#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1.5, "for": "x", "evry": 1}, "steps": [{"wait": "1s"}]}"#,
        &[
            "22 .repeat.times: expected a non-negative integer, found 1.5; write 10",
            r#"34 .repeat.for: "x" is not a duration; write a number with a unit, such as 200ms or 1.5s"#,
            r#"39 .repeat.evry: "evry" is not a key of a repeat; did you mean "every"?"#,
        ],
    );
}

#[test]
fn ok_repeat() {
    check_step(
        r#"{"repeat": {"times": 1}, "on": "alice", "send": "{{i}}", "expect": {"echo": true}}"#,
        r#"repeat once: alice sends "{{i}}" and expects an echo of what was sent"#,
    );
    check_step(
        r#"{"repeat": {"times": 1}, "on": "alice", "steps": [{"send": "{{client}}"}, {"silence": {"for": "1s"}}]}"#,
        "repeat once",
    );
    check_step(
        r#"{"repeat": {"for": "30s", "every": "100ms", "schedule": "open"}, "on": "alice", "send": {"n": "{{i}}"}, "expect": {"echo": true}}"#,
        "repeat for 30\u{2009}s every 100\u{2009}ms: alice sends {\"n\":\"{{i}}\"} and expects an echo of what was sent",
    );
    check_step(r#"{"repeat": {"times": 10}, "steps": [{"wait": "1s"}]}"#, "repeat 10 times");
}

#[test]
fn err_how_many_of_whom() {
    let message = r#"34 .count: "count" goes with the name of a group, such as "connect": "crowd""#;
    check_step_err(r#"{"connect": "crowd[1]", "count": 2}"#, &[message]);
}
