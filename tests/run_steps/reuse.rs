//! Steps that are written once and used in several places.

use sockscope_engine::report::{ReportFormat, Verdict};
use support::simulated::{Outcome, Setting, run_text};

use super::{plain, told};

const ROOMS: &str = r#"{ "sockscope": 1, "suite": "rooms",
  "vars": { "room": "outside", "ws": "{{env.WS_URL}}/rooms" }, "secrets": ["password"],
  "clients": { "alice": { "url": "{{ws}}?user=alice&{{room}}" }, "crowd": { "url": "{{ws}}?user={{client}}", "count": 3 } },
  "define": {
    "enter": { "with": ["room"], "steps": [
      { "connect": "{{client}}" },
      { "send": { "type": "join", "room": "{{room}}" }, "expect": { "subset": { "type": "joined", "room": "{{room}}", "user": "{{client}}" } } },
      { "use": "greet", "text": "{{room}}!", "where": "{{room}}", "times": 2 } ] },
    "greet": { "with": ["text", "times", "where"], "steps": [
      { "repeat": { "times": "{{times}}" }, "send": { "type": "say", "room": "{{where}}", "text": "{{text}}" },
        "expect": { "subset": { "type": "said", "text": "{{text}}", "from": "{{client}}" }, "within": "500ms" } } ] } },
  "checks": [ { "check": "all", "steps": [
    STEPS ] } ] }"#;

fn run(steps: &str) -> Outcome {
    let text = ROOMS.replace(r#""secrets": ["password"],"#, "").replace("STEPS", steps);
    run_text(&text, &Setting { seed: 42, ..Setting::default() })
}

fn passes(outcome: &Outcome) {
    assert_eq!((told(outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
}

#[test]
fn each_client_of_a_use_goes_through_the_steps_with_arguments_of_its_own() {
    let outcome = run(r#"{ "use": "enter", "on": ["alice", "crowd"], "room": "r-{{client}}" },
                         { "on": "alice", "send": { "type": "say", "room": "{{room}}", "text": "x" } }"#);
    passes(&outcome);
    let steps = &outcome.report.checks[0].steps;
    let runs: Vec<_> = steps.iter().map(|step| (step.path.as_str(), step.line, step.runs)).collect();
    assert_eq!(
        runs,
        [
            ("steps[0]", 13, 1),
            ("steps[0].use[0]", 6, 4),
            ("steps[0].use[1]", 7, 4),
            ("steps[0].use[2]", 8, 4),
            ("steps[0].use[2].use[0]", 10, 4),
            ("steps[0].use[2].use[0].send", 10, 8),
            ("steps[1]", 14, 1),
        ]
    );
    // The address is the client's: a parameter of the same name is not seen there.
    assert!(outcome.report.targets.iter().any(|target| target.url.ends_with("/rooms")));
}

#[test]
fn an_argument_is_read_once() {
    let text = r#"{ "connect": "alice" },
      { "on": "alice", "send": { "type": "join", "room": "outside" } },
      { "use": "greet", "on": "alice", "text": "{{uuid}}", "where": "outside", "times": 2 }"#;
    let outcome = run(text);
    passes(&outcome);
}

#[test]
fn a_failure_names_the_line_of_the_step_and_those_of_its_uses() {
    let outcome = run(r#"{ "connect": "alice" },
      { "on": "alice", "use": "greet", "text": "hi", "where": "{{room}}", "times": 1 }"#);
    let step = outcome.report.checks[0].steps.iter().find(|step| step.failure.is_some()).expect("a failure");
    assert_eq!((step.line, step.used_at.len(), step.used_at[0].line), (10, 1, 14));
    let mut text = String::new();
    ReportFormat::Junit.write(&outcome.report, &mut text).expect("a string takes it");
    assert!(plain(&text).contains("(steps[1].use[0].send, line 10, used in line 14)"), "{text}");
    let nested = run(r#"{ "on": "alice", "use": "enter", "room": "{{nothing ?? 1}}" }"#.replace("{{nothing ?? 1}}", "a").as_str());
    passes(&nested);
}
