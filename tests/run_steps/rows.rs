//! Rows from files and over the members of a group, pairing that is switched off, and checks that are left out.

use std::rc::Rc;

use serde_json::{Value, json};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::{Files, Suite};
use support::simulated::{BEGAN, Faults, world};

fn files(texts: &[(&str, &str)]) -> Files {
    Files::of_texts(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

#[track_caller]
fn report(suite: &Value, files: &Files) -> Report {
    let sim = world(42, Faults::default());
    let suite =
        Suite::parse_with(&suite.to_string(), files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let env = [("WS_URL", "ws://sim/ws"), ("API_URL", "http://sim/api")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let options = Options { seed: 42, origin_millis: BEGAN, env, ..Options::default() };
    let plan = Plan::new(Rc::new(suite), options, BEGAN).unwrap_or_else(|errors| panic!("{errors:?}"));
    let report =
        sim.run(run(plan, sim.clone(), Stop::default(), Box::new(|_| {}))).expect("every wait has a bound");
    sim.settle();
    report
}

fn verdicts(report: &Report) -> Vec<(&str, Verdict)> {
    report.checks.iter().map(|check| (check.name.as_str(), check.verdict)).collect()
}

fn with_checks(checks: Value) -> Value {
    json!({
        "sockscope": 1, "suite": "rows", "vars": {"pin": ""}, "secrets": ["pin"],
        "clients": {"a": {"url": "ws://sim/ws/echo"}}, "checks": checks,
    })
}

#[test]
fn a_check_runs_once_for_each_row_of_a_file() {
    let suite = with_checks(json!([{
        "check": "{{user}}", "each": {"file": "data/users.csv"},
        "steps": [
            {"connect": "a"},
            {"on": "a", "send": {"user": "{{user}}", "pin": "{{pin}}"}, "expect": {"subset": {"pin": {"$type": "string"}}}},
            {"on": "a", "send": "{{pin}}", "expect": {"text": "wrong", "within": "10ms"}}],
    }]));
    let report =
        report(&suite, &files(&[("data/users.csv", "user,pin\nann,0071234\n\"{{bob}}\",0099876\n")]));
    assert_eq!(verdicts(&report), [("ann", Verdict::Fail), ("{{bob}}", Verdict::Fail)]);
    let text = serde_json::to_string(&report).expect("JSON");
    assert!(!text.contains("0071234") && !text.contains("0099876"), "the column is a secret: {text}");
}

#[test]
fn each_member_of_a_group_knows_the_values_of_its_row() {
    let suite = |count: Option<u64>| {
        let mut suite = json!({
            "sockscope": 1, "suite": "rows",
            "clients": {"crowd": {"url": "ws://sim/ws/rooms?user={{user}}", "each": {"file": "users.jsonl"}}},
            "checks": [{"check": "all", "steps": [
                {"connect": "crowd"},
                {"on": "crowd", "send": {"type": "join", "room": "r{{index}}", "n": "{{n}}"}, "expect": {"subset": {"user": "{{user}}"}}},
                {"on": "crowd[2]", "assert": {"var": "n", "eq": 3}},
                {"assert": {"var": "crowd[0].user", "eq": "ann"}}]}],
        });
        if let Some(count) = count {
            suite["clients"]["crowd"]["count"] = count.into();
        }
        suite
    };
    let files = files(&[(
        "users.jsonl",
        "{\"user\": \"ann\", \"n\": 1}\n{\"user\": \"bob\", \"n\": 2}\n{\"user\": \"cy\", \"n\": 3}\n",
    )]);
    for (count, opened) in [(None, 3), (Some(7), 7)] {
        let report = report(&suite(count), &files);
        assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks[0].steps);
        assert_eq!(report.checks[0].metrics["opened"].count, opened);
    }
}

#[test]
fn err_rows_that_cannot_be_read() {
    let suite = with_checks(
        json!([{"check": "c", "each": {"file": "users.csv", "n": [1]}, "steps": [{"wait": "1ms"}]}]),
    );
    let told = |files: &Files| {
        let problems = Suite::parse_with(&suite.to_string(), files).expect_err("mistakes");
        problems.iter().map(|it| format!("{}: {}", it.path, it.message)).collect::<Vec<_>>()
    };
    let beside = "$.checks[0].each.n: \"n\" stands beside a file, which has all columns itself";
    let read = |why: &str| vec![format!("$.checks[0].each.file: {why}"), beside.to_owned()];
    assert_eq!(told(&Files::default()), read("users.csv: there is no such file here"));
    assert_eq!(
        told(&files(&[("users.csv", "a b,c\n1,2")])),
        read("\"a b\" is not a valid column name; a name is a letter or _, then letters, digits, _ and -")
    );
    assert_eq!(
        told(&files(&[("users.csv", "a,b\n1")])),
        read("users.csv: line 2 has 1 fields, and the first line has 2")
    );
}

#[test]
fn false_switches_pairing_off() {
    let suite = |client: Value, expect: Value| {
        let mut suite = with_checks(json!([{"check": "c", "steps": [
            {"connect": "a"},
            {"on": "a", "repeat": {"times": 2}, "send": {"id": "{{i}}"}},
            {"on": "a", "send": {"id": 2}, "expect": expect}]}]));
        suite["defaults"] = json!({"correlate": "$.id", "within": "50ms"});
        suite["clients"]["a"]["correlate"] = client;
        suite
    };
    let verdict = |client: Value, expect: Value| report(&suite(client, expect), &Files::default()).verdict;
    // The first message since the send that is of this kind may be the answer to an earlier one.
    let other = json!({"subset": {"id": {"$lt": 2}}});
    let (mut off, mut on) = (other.clone(), other.clone());
    off["correlate"] = false.into();
    on["correlate"] = "$.id".into();
    assert_eq!(verdict(json!("$.id"), other.clone()), Verdict::Fail);
    assert_eq!(verdict(json!("$.id"), off), Verdict::Pass);
    assert_eq!(verdict(json!(false), other), Verdict::Pass, "of a client for the default");
    assert_eq!(verdict(json!(false), on), Verdict::Fail);
}

#[test]
fn checks_are_left_out_with_a_reason() {
    let check = |name: &str| json!({"check": name, "steps": [{"connect": "a"}]});
    let (mut skipped, mut only) = (check("one"), check("two"));
    skipped["skip"] = "waits for ABC-12".into();
    let first = report(&with_checks(json!([skipped, only])), &Files::default());
    assert_eq!(verdicts(&first), [("one", Verdict::Skipped), ("two", Verdict::Pass)]);
    assert_eq!(
        (first.checks[0].reasons.clone(), first.verdict),
        (vec!["waits for ABC-12".to_owned()], Verdict::Pass)
    );
    assert_eq!(first.metrics["opened"].count, 1, "nothing of it ran");
    only["only"] = "in the works".into();
    let second = report(&with_checks(json!([check("zero"), only, skipped])), &Files::default());
    assert_eq!(
        verdicts(&second),
        [("zero", Verdict::Skipped), ("two", Verdict::Pass), ("one", Verdict::Skipped)]
    );
    assert_eq!(second.checks[0].reasons, ["only \"two\" runs: in the works"]);
    assert_eq!(second.checks[2].reasons, ["waits for ABC-12"]);
}
