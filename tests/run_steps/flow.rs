//! Branches, rounds, conditions, variables, groups.

use super::*;

#[test]
fn branches_run_at_once_and_all_are_reported() {
    holds("/ws", json!([{"all": [{"wait": "10ms"}, [{"wait": "5ms"}, {"wait": "5ms"}]]}]));
    let outcome = outcome(
        "/ws",
        &json!([
            {"connect": "*"},
            {"all": [
                {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}},
                [{"on": "b", "send": "x", "expect": {"text": "x"}}, {"on": "b", "silence": {"for": "3ms"}}],
                {"on": "b", "expect": {"text": "z", "within": "7ms"}}
            ]}
        ]),
        Faults::default(),
    );
    assert_eq!(
        told(&outcome),
        [
            "steps[1].all[0] timeout: text \"y\" did not come within 5 ms; 1 other message came",
            "steps[1].all[2] timeout: text \"z\" did not come within 7 ms; no other message came",
        ]
    );
    assert_eq!(outcome.report.checks[0].duration_ms.0, 3.0 + 20.0 + 7.0 + 1.0);
}

#[test]
fn rounds_are_counted_and_their_failure_says_which() {
    holds(
        "/ws",
        json!([open(), {"on": "a", "repeat": {"times": 5}, "send": "n{{i}}", "expect": {"text": "n{{i}}"}}]),
    );
    let failure = fails(
        "/ws",
        Faults { drops: Some(3), ..Faults::default() },
        json!([open(), {"on": "a", "repeat": {"times": 5}, "send": "n{{i}}", "expect": {"text": "n{{i}}"}}]),
        "steps[1].send timeout: text \"n3\" did not come within 2 s; no other message came",
    );
    assert_eq!(failure.round, Some(3));
}

#[test]
fn rounds_for_a_while() {
    let steps = json!([open(), {"on": "a", "repeat": {"for": "100ms", "every": "10ms"}, "send": "x", "expect": {"any": true}}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(outcome.report.totals.sent, 10);
}

#[test]
fn a_repeat_of_several_clients_runs_for_each_by_itself() {
    let steps = json!([
        {"connect": "*"},
        {"on": ["a", "b"], "repeat": {"times": 3}, "steps": [
            {"send": "{{client}}{{i}}", "expect": {"text": "{{client}}{{i}}"}}
        ]}
    ]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    assert_eq!(outcome.report.totals.sent, 6);
    assert_eq!(outcome.report.checks[0].steps[2].runs, 6);
    assert_eq!(outcome.report.checks[0].steps[2].on, ["a", "b"]);
}

#[test]
fn conditions_choose_steps() {
    let steps = json!([
        {"set": {"yes": true, "no": "false"}},
        {"if": "{{no}}", "http": {"url": "http://nowhere/"}},
        {"if": "{{yes}}", "wait": "1ms"}
    ]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    let verdicts: Vec<_> = outcome.report.checks[0].steps.iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Skipped, Verdict::Pass]);
}

#[test]
fn what_follows_a_failure_is_skipped() {
    let steps = json!([{"http": {"url": "http://nowhere/"}}, {"wait": "1ms"}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(outcome.report.checks[0].steps[1].verdict, Verdict::Skipped);
}

#[test]
fn set_changes_variables() {
    holds(
        "/ws",
        json!([
            open(),
            {"set": {"room": "r-{{random 1 9}}"}},
            {"on": "a", "send": "{{room}}", "expect": {"text": "{{room}}"}}
        ]),
    );
}

#[test]
fn measure_takes_the_time_of_a_block() {
    let steps = json!([{"measure": "block", "steps": [{"wait": "10ms"}, {"wait": "5ms"}]}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    let block = &outcome.report.metrics["block"];
    assert_eq!((block.count, block.min, block.max), (1, Some(15000.0), Some(15000.0)));
}

#[test]
fn a_group_acts_together() {
    let text = json!({
        "sockscope": 1, "suite": "s", "vars": {"n": 20},
        "clients": {"crowd": {"url": "ws://sim/ws/rooms?user={{client}}", "count": "{{n}}"}},
        "checks": [{"check": "c", "steps": [
            {"connect": "crowd"},
            {"on": "crowd", "send": {"type": "join", "room": "r"}, "expect": {"subset": {"type": "joined", "user": "{{client}}"}}},
            {"on": "crowd[3]", "send": {"type": "say", "room": "r", "text": "{{index}}"}, "mark": "said"},
            {"on": "*", "expect": {"subset": {"type": "said", "from": "crowd[3]", "text": 3}, "since": "said", "metric": "fanout"}}
        ], "thresholds": {"fanout.count": "== 20", "fanout.max": "<= 1ms", "open.count": "== 20", "open.max": "<= 3ms"}}]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    let leak = Setting { faults: Faults { drops: Some(2), ..Faults::default() }, ..Setting::default() };
    assert_eq!(run_text(&text.to_string(), &leak).report.verdict, Verdict::Fail);
}

#[test]
fn measure_is_judged_by_a_threshold_and_its_steps_fail_in_it() {
    let mut text = suite("/ws", &json!([{"measure": "block", "steps": [{"wait": "10ms"}]}]));
    text["checks"][0]["thresholds"] = json!({"block.max": "< 10ms"});
    assert_eq!(
        told(&run_text(&text.to_string(), &Setting::default())),
        ["threshold block.max < 10ms: block.max is 10ms, expected < 10ms"]
    );
    fails(
        "/ws",
        Faults::default(),
        json!([{"measure": "block", "steps": [{"http": {"url": "http://nowhere/"}}]}]),
        "steps[0].steps[0] http: GET http://nowhere/ was not answered: nothing answers there",
    );
}

#[test]
fn a_repeat_without_a_round_checks_nothing() {
    let mut text = suite("/ws", &json!([{"repeat": {"for": "{{time}}"}, "steps": [{"wait": "1ms"}]}]));
    text["vars"] = json!({"time": "{{env.TIME ?? 0}}"});
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(
        (told(&outcome), outcome.report.verdict),
        (
            vec!["steps[0] script: the repeat has no round, so nothing would be checked".to_owned()],
            Verdict::Error
        )
    );
}
