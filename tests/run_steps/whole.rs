//! Strictness, teardown, timeouts and thresholds of a check.

use super::*;

#[test]
fn a_strict_check_wants_nothing_left_over() {
    let steps = json!([open(), {"on": "a", "send": "x"}, {"wait": "5ms"}]);
    let mut suite = suite("/ws", &steps);
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
    suite["checks"][0]["strict"] = true.into();
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["strict unexpected: the check is strict, and 1 message came that no step selected"]
    );
    suite["ignore"] = json!([{"text": "x"}]);
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
}

#[test]
fn teardown_runs_after_a_failure() {
    let mut suite =
        suite("/ws", &json!([open(), {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}}]));
    suite["setup"] = json!([{"wait": "1ms"}]);
    suite["teardown"] = json!([{"on": "a", "send": "bye", "expect": {"text": "bye"}}]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    let steps: Vec<_> =
        outcome.report.checks[0].steps.iter().map(|step| (step.path.as_str(), step.verdict)).collect();
    assert_eq!(
        steps,
        [
            ("setup[0]", Verdict::Pass),
            ("steps[0]", Verdict::Pass),
            ("steps[1]", Verdict::Fail),
            ("teardown[0]", Verdict::Pass)
        ]
    );
}

#[test]
fn a_strict_check_hears_what_comes_right_after_its_last_step() {
    let steps = json!([open(), {"on": "a", "send": "x", "expect": {"text": "x"}}]);
    let mut suite = suite("/ws", &steps);
    suite["checks"][0]["strict"] = true.into();
    let told_with =
        |faults: Faults| told(&run_text(&suite.to_string(), &Setting { faults, ..Setting::default() }));
    assert_eq!(told_with(Faults::default()), Vec::<String>::new());
    assert_eq!(
        told_with(Faults { repeats: Some(0), ..Faults::default() }),
        ["strict unexpected: the check is strict, and 1 message came that no step selected"]
    );
    suite["checks"][0]["steps"] = json!([
        open(), {"on": "a", "send": "x", "expect": {"text": "x"}}, {"on": "a", "send": "late"}
    ]);
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["strict unexpected: the check is strict, and 1 message came that no step selected"]
    );
}

#[test]
fn teardown_leaves_out_who_never_got_connected() {
    let mut suite = suite("/ws/refused", &json!([{"connect": "a"}]));
    suite["teardown"] = json!([
        {"on": "a", "send": "bye"},
        {"on": "*", "close": {}},
        {"set": {"x": 1}}
    ]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    let verdicts: Vec<_> = outcome.report.checks[0].steps.iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Skipped, Verdict::Skipped, Verdict::Pass]);
    // Without a failure before it, it is a mistake of the script as ever.
    suite["checks"][0]["steps"] = json!([{"wait": "1ms"}]);
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["teardown[0] script: a is not connected; connect it first"]
    );
}

#[test]
fn what_teardown_runs_into_does_not_outweigh_the_failure_before_it() {
    let mut suite = suite(
        "/ws",
        &json!([
            open(),
            {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms", "capture": {"sid": "$.sid"}}}
        ]),
    );
    suite["teardown"] = json!([{"on": "a", "send": "{{sid}}"}]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail, "{:?}", told(&outcome));
    assert_eq!(outcome.report.checks[0].steps[2].verdict, Verdict::Error, "it is reported all the same");
}

#[test]
fn what_a_timeout_cuts_off_is_missing() {
    let mut suite = suite("/ws/silent", &json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}]));
    suite["checks"][0]["timeout"] = "50ms".into();
    let metrics = run_text(&suite.to_string(), &Setting::default()).report.metrics;
    let count = |name: &str| metrics[name].count;
    assert_eq!((count("expected"), count("matched"), count("missing")), (1, 0, 1));
}

#[test]
fn a_check_has_a_timeout() {
    let mut suite = suite("/ws", &json!([open(), {"all": [{"wait": "1s"}, {"wait": "1ms"}]}]));
    suite["checks"][0]["timeout"] = "50ms".into();
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        ["steps[1].all[0] timeout: the check's timeout of 50 ms passed while this step ran"]
    );
    assert_eq!(outcome.report.checks[0].steps[1].verdict, Verdict::Fail);
    assert_eq!(outcome.open, 0);
}

#[test]
fn thresholds_judge_and_want_samples() {
    let mut suite = suite("/ws", &json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}]));
    suite["checks"][0]["thresholds"] = json!({"rtt.p95": "<= 1ms", "missing": "== 0", "success": ">= 99.9%"});
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
    suite["checks"][0]["thresholds"] = json!({"rtt.p95": "< 1ms"});
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["threshold rtt.p95 < 1ms: rtt.p95 is 1ms, expected < 1ms"]
    );
    let step = suite["checks"][0]["steps"][1].clone();
    suite["checks"][0]["steps"][1] =
        json!({"if": "{{never}}", "on": "a", "send": "x", "expect": step["expect"]});
    suite["vars"] = json!({"never": false});
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["threshold rtt.p95 < 1ms: no sample of rtt was taken"]
    );
}
