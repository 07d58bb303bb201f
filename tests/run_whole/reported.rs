//! What leaves a run: progress, reports, secrets that do not.

use crate::echo_steps;
use serde_json::json;
use sockscope_engine::World;
use sockscope_engine::metrics::{Counters, Histogram};
use sockscope_engine::report::Verdict;
use sockscope_engine::run::{Options, Progress};
use std::time::Duration;
use support::simulated::{Faults, Outcome, Setting, run_in, run_text, suite, world};

#[test]
fn a_client_that_opens_again_is_told_apart_from_one_that_opens() {
    let text = json!({
        "sockscope": 1, "suite": "back", "clients": {"a": {"url": "ws://sim/ws/echo"}, "b": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "c", "steps": [
            {"connect": "*"}, {"wait": "600ms"}, {"on": "a", "close": {}, "expect": {"closed": {}}},
            {"connect": "a"}, {"wait": "600ms"}
        ]}]
    });
    let Outcome { told, report, .. } = run_text(&text.to_string(), &Setting::default());
    assert_eq!(report.verdict, Verdict::Pass);
    let seen = told.iter().filter_map(|it| match it {
        Progress::Tick { reopened, .. } => Some(*reopened),
        _ => None,
    });
    let seen: Vec<_> = seen.collect();
    assert!(seen.first() == Some(&0) && seen.last() == Some(&1) && seen.is_sorted(), "{seen:?}");
}

#[test]
fn progress_adds_up_to_the_report() {
    let text = json!({
        "sockscope": 1, "suite": "load", "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "c", "tags": ["t"], "steps": [
            {"connect": "a"},
            {"on": "a", "repeat": {"for": "2s", "every": "1ms"}, "send": "x", "expect": {"echo": true}}
        ]}]
    });
    let Outcome { report, told, .. } = run_text(&text.to_string(), &Setting::default());
    let mut rtt = Histogram::new();
    let mut last = Counters::default();
    let mut ticks = 0;
    for progress in &told {
        if let Progress::Tick { samples, counters, .. } = progress {
            ticks += 1;
            last = *counters;
            if let Some(delta) = samples.get("rtt") {
                rtt.add(delta);
            }
        }
    }
    assert_eq!(last.sent, report.totals.sent);
    assert_eq!(Some(rtt.to_base64()), report.metrics["rtt"].histogram);
    assert!((8..=10).contains(&ticks), "four a second: {ticks}");
    assert!(told.len() < 40, "rounds are not told one by one: {}", told.len());
    assert!(matches!(&told[0], Progress::RunStarted { checks, .. } if checks[0].steps.len() == 3));
    assert!(matches!(told.last(), Some(Progress::RunEnded { verdict: Verdict::Pass })));
}

#[test]
fn secrets_are_nowhere() {
    let mut text = suite(
        "/ws",
        &json!([
            {"connect": "a"},
            {"note": "with hunter2-and-more", "on": "a", "send": {"token": "{{token}}"}, "expect": {"subset": {"token": "no"}, "within": "5ms"}}
        ]),
    );
    text["vars"] = json!({"token": "hunter2-and-more"});
    text["secrets"] = json!(["token"]);
    let Outcome { report, told, .. } = run_text(&text.to_string(), &Setting::default());
    assert_eq!(report.verdict, Verdict::Fail);
    let all = format!("{}{told:?}", serde_json::to_string(&report).unwrap());
    assert!(!all.contains("hunter2"), "{all}");
    assert!(all.contains("***"));
}

/// All that leaves a run: its report and what was told meanwhile.
fn all_of(outcome: &Outcome) -> String {
    let told: Vec<_> = outcome.told.iter().map(|progress| format!("{progress:?}")).collect();
    format!("{}{}", serde_json::to_string(&outcome.report).expect("a report is JSON"), told.join("\n"))
}

#[test]
fn a_secret_that_becomes_known_while_it_runs_is_nowhere() {
    let steps = json!([
        {"connect": "a"},
        {"on": "a", "send": {"token": "captured-4711"}, "expect": {"any": true, "capture": {"token": "$.token"}}},
        {"http": {"method": "POST", "url": "http://sim/api/events", "json": {"type": "t"}},
         "expect": {"capture": {"event": "$.id"}}},
        {"set": {"made": "set-4711-{{row}}"}},
        {"on": "a", "send": {"a": "{{token}} {{made}} {{row}} {{event}}"}},
        {"on": "a", "send": "x", "expect": {"text": "{{token}} {{made}}", "within": "5ms"}}
    ]);
    let mut text = suite("/ws", &steps);
    text["vars"] = json!({"token": "none-yet", "made": "none-yet", "row": "none-yet", "event": "none-yet"});
    text["secrets"] = json!(["token", "made", "row", "event"]);
    text["checks"][0]["each"] = json!({"row": ["row-4711", "row-4712"]});
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    // What is sent itself is a text of the suite and becomes known as a secret only when it comes back.
    let all = all_of(&outcome);
    for secret in ["set-4711", "row-4711", "row-4712", "\"e-1\"", " e-1"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    let report = serde_json::to_string(&outcome.report).unwrap();
    assert!(!report.contains("captured-4711") && report.contains("***"), "{report}");
}

#[test]
fn what_a_function_makes_of_a_value_that_holds_a_secret_is_nowhere() {
    let steps = json!([
        {"connect": "a"},
        {"set": {"auth": "Bearer {{token}}"}},
        {"on": "a", "send": {"a": "{{upper auth}}", "b": "{{slice auth 7 15}}"}, "expect": {"text": "no", "within": "5ms"}}
    ]);
    let mut text = suite("/ws/echo", &steps);
    text["vars"] = json!({"token": "quite-s3cr3t", "auth": ""});
    text["secrets"] = json!(["token"]);
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    let all = all_of(&outcome);
    for secret in ["quite-s3", "S3CR3T"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn no_part_of_a_secret_stands_at_a_cut() {
    let secret = "Qz7Kw9Jx4Vb2Hf8Gd3Mp6Tn5Rc1Ls0YqZw7Pk9Xj4Bv2";
    for before in [0, 100, 110, 120, 130, 140, 150, 156, 160, 250, 270, 280, 290, 297] {
        let padding = "x".repeat(before);
        let text = json!({
            "sockscope": 1, "suite": "s", "vars": {"token": secret}, "secrets": ["token"],
            "clients": {"a": {"url": "ws://sim/ws"}},
            "checks": [
                {"check": "near", "steps": [{"connect": "a"},
                    {"send": {"t": format!("{padding}{{{{token}}}}")}, "expect": {"subset": {"t": "y"}, "within": "5ms"}}]},
                {"check": "differs late", "steps": [{"connect": "a"},
                    {"send": {"t": format!("{padding}{{{{token}}}}{padding}")},
                     "expect": {"any": true, "check": {"subset": {"t": format!("{padding}{{{{token}}}}!{padding}")}}}}]},
                {"check": "left", "steps": [{"connect": "a"},
                    {"send": {"$text": format!("{padding}{{{{token}}}}{padding}")}},
                    {"send": {"$bytes": {"size": 10}}}, {"wait": "5ms"}]}
            ]
        });
        let outcome = run_text(&text.to_string(), &Setting::default());
        let all = all_of(&outcome);
        for part in secret.as_bytes().windows(4) {
            let part = std::str::from_utf8(part).unwrap();
            let at = all.find(part).map(|at| &all[at.saturating_sub(60)..]);
            assert_eq!(at.map(|text| text.chars().take(120).collect::<String>()), None, "{before} before it");
        }
    }
}

#[test]
fn leftovers_are_listed_with_their_client() {
    let steps = json!([{"connect": "*"}, {"on": "b", "send": "left"}, {"wait": "5ms"}]);
    let report = run_text(&suite("/ws", &steps).to_string(), &Setting::default()).report;
    let left = &report.checks[0].leftovers;
    assert_eq!((left.len(), left[0].client.as_str(), left[0].message.as_str()), (1, "b", "left"));
    assert_eq!((left[0].at_ms.0, left[0].bytes), (24.0, 4));
    assert_eq!(report.metrics["leftovers"].count, 1);
}

#[test]
fn duplicates_and_late_replies_are_counted() {
    let steps = json!([
        {"connect": "a"},
        {"on": "a", "repeat": {"times": 5, "every": "10ms"}, "send": "n{{i}}", "expect": {"echo": true}}
    ]);
    let repeats = Setting { faults: Faults { repeats: Some(2), ..Faults::default() }, ..Setting::default() };
    let report = run_text(&suite("/ws/echo", &steps).to_string(), &repeats).report;
    assert_eq!((report.verdict, report.metrics["duplicates"].count), (Verdict::Pass, 1));
    let late = json!([
        {"connect": "a"},
        {"on": "a", "send": "x", "expect": {"echo": true, "within": "5ms"}},
    ]);
    let mut text = suite("/ws/echo", &late);
    text["teardown"] = json!([{"wait": "100ms"}]);
    let slow = Setting {
        faults: Faults { delay: Duration::from_millis(50), ..Faults::default() },
        ..Setting::default()
    };
    let report = run_text(&text.to_string(), &slow).report;
    assert_eq!(
        (report.verdict, report.metrics["late"].count, report.metrics["missing"].count),
        (Verdict::Fail, 1, 1)
    );
}

#[test]
fn the_report_says_where_and_when() {
    let report =
        run_text(&suite("/ws/echo", &echo_steps()).to_string(), &Setting { seed: 7, ..Setting::default() })
            .report;
    assert_eq!((report.format, report.seed, report.suite.as_str()), (1, 7, "test"));
    assert_eq!(report.started, "2026-11-21T03:00:00.000Z");
    assert_eq!(report.metrics["rtt"].max, Some(1000.0));
    assert_eq!(report.metrics["open"].max, Some(3000.0));
    let steps: Vec<_> = report.checks[0].steps.iter().map(|step| (step.path.as_str(), step.line)).collect();
    assert_eq!(steps, [("steps[0]", 1), ("steps[1]", 1)]);
}

#[test]
fn rounds_that_take_no_time_come_to_an_end() {
    let instant = Faults { is_instant: true, ..Faults::default() };
    let steps = json!([{"connect": "a"}, {"on": "a", "repeat": {"for": "40ms"}, "send": "x", "expect": {"echo": true}}]);
    let text = suite("/ws/echo", &steps).to_string();
    let outcome = run_text(&text, &Setting { faults: instant, ..Setting::default() });
    assert_eq!((outcome.report.verdict, outcome.report.totals.sent > 10_000), (Verdict::Pass, true));
}

#[test]
fn giant_counts_are_refused_in_words() {
    let mut text = suite("/ws", &json!([{"connect": "crowd"}]));
    text["clients"] = json!({"crowd": {"url": "ws://sim/ws", "count": "{{n}}"}});
    text["vars"] = json!({"n": "{{env.N ?? 1}}"});
    let options = Options { env: [("N".to_owned(), "1000000000".to_owned())].into(), ..Options::default() };
    let report = run_text(&text.to_string(), &Setting { options, ..Setting::default() }).report;
    assert_eq!(report.checks[0].reasons, ["crowd would have 1000000000 members; 10000 is the most"]);
    let orders = json!([
        {"connect": "a"},
        {"on": "a", "expect": {"in_order": [{"any": true, "times": 5}, {"any": true, "times": u64::MAX}]}}
    ]);
    let report = run_text(&suite("/ws", &orders).to_string(), &Setting::default()).report;
    let failure = report.checks[0].steps[1].failure.as_ref().expect("a failure");
    assert_eq!(failure.message, "a list expects more than 1000 messages");
}

#[test]
fn a_stop_when_all_is_done_changes_nothing() {
    let setting = Setting::default();
    let sim = world(1, Faults::default());
    let (stop, clock) = (setting.stop.clone(), sim.clone());
    sim.spawn(Box::pin(async move {
        // The steps end after 4 ms, the close is answered after 5.
        clock.sleep(Duration::from_micros(4_500)).await;
        stop.stop();
    }));
    let report = run_in(sim, &suite("/ws/echo", &echo_steps()).to_string(), &setting).report;
    assert_eq!((report.verdict, report.reasons), (Verdict::Pass, Vec::new()));
}
