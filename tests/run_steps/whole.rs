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
fn a_check_has_a_timeout() {
    let mut suite = suite("/ws", &json!([open(), {"all": [{"wait": "1s"}, {"wait": "1ms"}]}]));
    suite["checks"][0]["timeout"] = "50ms".into();
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        ["steps[1].all[0] timeout: the check's timeout of 50ms passed while this step ran"]
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
        ["threshold rtt.p95 < 1ms: rtt.p95 is 1ms, wanted < 1ms"]
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
