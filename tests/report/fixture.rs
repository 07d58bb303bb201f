//! Reports made by hand, with something of everything in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sockscope_engine::explain::{Opener, logged};
use sockscope_engine::report::{
    CheckReport, Difference, EngineKind, Environment, Failure, FailureKind, Instead, Leftover, Millis,
    NearMiss, NearbyEvent, Report, Second, ShardReport, TargetReport, ThresholdReport, Totals, Unmet,
    Verdict,
};

use crate::pieces::{check, counter, failure, round_trips, step, target, threshold, timing};

/// A run without a single check.
pub fn nothing() -> Report {
    Report {
        sockscope: "0.1.0".to_owned(),
        format: 1,
        suite: "nothing".to_owned(),
        about: None,
        verdict: Verdict::Pass,
        reasons: Vec::new(),
        seed: 0,
        started: "2026-11-21T03:01:06.123Z".to_owned(),
        duration_ms: Millis(0.0),
        environment: Environment::default(),
        vars: Map::new(),
        targets: Vec::new(),
        totals: Totals { success: 100.0, ..Totals::default() },
        metrics: BTreeMap::new(),
        thresholds: Vec::new(),
        checks: Vec::new(),
        seconds: Vec::new(),
        server: None,
        server_stopped: None,
        capacity: None,
        shards: Vec::new(),
        part: None,
    }
}

/// A small run in which all held.
pub fn passed() -> Report {
    let steps = vec![
        step("steps[0]", "alice connects", Verdict::Pass, 3.215),
        step("steps[1]", "alice sends {\"type\":\"ping\"}, expects its echo", Verdict::Pass, 0.845),
        step("steps[2]", "alice closes with 1000", Verdict::Pass, 1.02),
    ];
    Report {
        suite: "echo".to_owned(),
        verdict: Verdict::Pass,
        seed: 42,
        duration_ms: Millis(5.08),
        environment: environment(),
        targets: vec![target("ws://localhost:9000/ws/echo", "written in the suite")],
        totals: Totals {
            checks: 1,
            passed: 1,
            sent: 1,
            received: 1,
            expected: 1,
            matched: 1,
            success: 100.0,
            ..Totals::default()
        },
        metrics: [("rtt".to_owned(), timing(1, 845.0))].into(),
        thresholds: vec![threshold("rtt.p95 < 10ms", "845us", Verdict::Pass)],
        checks: vec![check("a message comes back", Verdict::Pass, steps)],
        ..nothing()
    }
}

fn environment() -> Environment {
    Environment {
        engine: EngineKind::Browser,
        browser: "Chrome 156".to_owned(),
        origin: "http://localhost:9000".to_owned(),
        timer_step_us: 5.0,
        loop_lag_p99_ms: 0.4,
        hidden: false,
        generator: None,
    }
}

fn that_differs() -> CheckReport {
    let mut hears = step(
        "steps[3].all[0]",
        "bob expects a message with subset {\"type\":\"said\"}",
        Verdict::Fail,
        500.0,
    );
    hears.note = Some("whoever is in the room must hear it".to_owned());
    hears.on = vec!["bob".to_owned()];
    hears.failure = Some(Failure {
        client: Some("bob".to_owned()),
        expected: Some(
            "a message with subset {\"type\":\"said\",\"from\":\"alice\",\"text\":\"hi <b>there</b>\"}"
                .to_owned(),
        ),
        closest: Some(NearMiss {
            client: "bob".to_owned(),
            at_ms: Millis(12.34),
            message: "{\"type\":\"said\",\"from\":\"mallory\",\"text\":null}".to_owned(),
            taken: true,
            answered: false,
        }),
        diff: vec![
            Difference {
                path: "$.from".to_owned(),
                wanted: "\"alice\"".to_owned(),
                got: "\"mallory\"".to_owned(),
            },
            Difference {
                path: "$.text".to_owned(),
                wanted: "\"hi <b>there</b>\"".to_owned(),
                got: "null".to_owned(),
            },
            Difference { path: "$.at".to_owned(), wanted: "a number".to_owned(), got: "nothing".to_owned() },
        ],
        ..failure(
            FailureKind::Mismatch,
            "no message was as expected within 500 ms; the closest of 3 differs in 3 places",
        )
    });
    let mut one = check(
        "bob hears alice, mallory does not",
        Verdict::Fail,
        vec![
            step("setup[0]", "rooms are emptied", Verdict::Pass, 8.0),
            step("steps[0]", "all connect", Verdict::Pass, 4.2),
            step("steps[1]", "alice and bob join", Verdict::Pass, 2.1),
            step("steps[3]", "two branches at once", Verdict::Fail, 500.0),
            hears,
            step("steps[3].all[1]", "mallory hears nothing for 500 ms", Verdict::Pass, 500.0),
            step("steps[4]", "all close with 1000", Verdict::Skipped, 0.0),
            step("teardown[0]", "rooms are emptied", Verdict::Pass, 6.5),
        ],
    );
    one.about = Some("A room is a wall: who is in it hears all,\nwho is not hears nothing.".to_owned());
    one.tags = vec!["isolation".to_owned(), "rooms".to_owned()];
    one.metrics =
        [("fanout".to_owned(), timing(4, 1200.0)), ("received".to_owned(), counter(7, 13.7))].into();
    one.thresholds = vec![
        threshold("fanout.p95 < 100ms", "3ms", Verdict::Pass),
        ThresholdReport {
            message: Some("1 expected message never came".to_owned()),
            ..threshold("missing == 0", "1", Verdict::Fail)
        },
    ];
    one.leftovers = vec![
        Leftover {
            client: "bob".to_owned(),
            at_ms: Millis(3.5),
            message: "{\"type\":\"welcome\"}".to_owned(),
            bytes: 18,
        },
        Leftover {
            client: "mallory".to_owned(),
            at_ms: Millis(12.4),
            message: "00 ff 10…".to_owned(),
            bytes: 65_536,
        },
    ];
    one.leftovers_omitted = 1200;
    one.close_code = Some(4001);
    one
}

fn that_times_out() -> CheckReport {
    let mut repeats =
        step("steps[1].steps[0]", "alice sends \"ping\", expects \"pong\"", Verdict::Fail, 30_125.0);
    (repeats.runs, repeats.failed_runs, repeats.failed_clients) = (300, 17, 4);
    repeats.on = (0..5).map(|i| format!("crowd[{i}]")).collect();
    let came = |shape: &str, count: u64, message: &str| Instead {
        shape: shape.to_owned(),
        count,
        first: NearMiss {
            client: "crowd[3]".to_owned(),
            at_ms: Millis(41.5),
            message: message.to_owned(),
            taken: false,
            answered: false,
        },
    };
    repeats.unmet = Some(Unmet {
        expected: 300,
        met: 283,
        borne: false,
        instead: vec![
            came("{\"type\":\"error\",\"id\":…}", 16, "{\"type\":\"error\",\"id\":<7>}"),
            came("busy", 1, "busy"),
        ],
        instead_omitted: 2,
        first: None,
    });
    repeats.failure = Some(Failure {
        client: Some("crowd[3]".to_owned()),
        round: Some(41),
        expected: Some("text \"pong\"".to_owned()),
        ..failure(FailureKind::Timeout, "nothing came within 2 s")
    });
    let nearby = |at_ms: f64, event: &str, message: &str| NearbyEvent {
        client: "crowd[3]".to_owned(),
        at_ms: Millis(at_ms),
        event: event.to_owned(),
        message: message.to_owned(),
        bytes: message.len() as u64,
        after: at_ms > 30_000.0,
    };
    repeats.around = vec![
        nearby(28_001.5, "sent", "ping"),
        nearby(28_002.125, "received", "<busy & \"late\">"),
        nearby(30_124.0, "received", "pong"),
    ];
    let mut refused = step("teardown[0]", "bob connects", Verdict::Fail, 3.5);
    let words = "Error during WebSocket handshake: Unexpected response code: 403";
    refused.failure = Some(Failure {
        client: Some("bob".to_owned()),
        browser: Some(words.to_owned()),
        causes: logged(words, Opener::Page).into_iter().collect(),
        ..failure(FailureKind::Refused, "the handshake with ws://h/ failed after 3.00\u{2009}ms")
    });
    let mut one = check("every ping has its pong (n=300)", Verdict::Fail, vec![repeats, refused]);
    one.duration_ms = Millis(30_125.0);
    one
}

/// A run with every verdict, every kind of figure and texts that need escapes.
pub fn everything() -> Report {
    let mut broken = check(
        "a script that names nobody",
        Verdict::Error,
        vec![step("steps[0]", "ghost connects", Verdict::Error, 0.0)],
    );
    broken.steps[0].failure = Some(failure(FailureKind::Script, "{{ghost.sid}} was never captured"));
    let mut unclear = check("a message comes back", Verdict::Inconclusive, Vec::new());
    unclear.reasons = vec!["the page was hidden for 12 s, so its timers ran once a second".to_owned()];
    let mut twin = check("a message comes back", Verdict::Pass, passed().checks[0].steps.clone());
    twin.reasons = vec![
        "the server ended alice with 1001 (going away) at 12.0\u{2009}ms, and no step looked at it"
            .to_owned(),
    ];
    twin.steps[1].unmet = Some(Unmet {
        expected: 10,
        met: 9,
        borne: true,
        instead: Vec::new(),
        instead_omitted: 0,
        first: Some(Box::new(failure(FailureKind::Timeout, "text \"pong\" did not come within 2\u{2009}s"))),
    });
    twin.steps[2].forgiven = Some("the close was not answered within 2\u{2009}s".to_owned());
    let setup = |name: &str, after: &str| {
        let mut one =
            check(name, Verdict::Fail, vec![step("setup[0]", "alice connects", Verdict::Fail, 3.1)]);
        one.steps[0].failure =
            Some(failure(FailureKind::Refused, &format!("the handshake with ws://h/ failed after {after}")));
        one
    };
    let seconds = (0..40u32).map(|i| Second {
        sent: u64::from(100 + i % 7 * 10),
        received: u64::from(98 + i % 5 * 12),
        rtt_p50: (i % 13 != 5).then(|| 800.0 + f64::from(i) * 10.0),
        rtt_p95: None,
        rtt_p99: (i % 13 != 5).then(|| 4000.0 + f64::from(i * i % 37) * 300.0),
        ..Second::default()
    });
    Report {
        suite: "rooms & <friends>".to_owned(),
        about: Some("What a chat server owes its users.".to_owned()),
        verdict: Verdict::Error,
        reasons: vec!["the page was hidden for 12 s".to_owned()],
        seed: 18_446_744_073_709_551_615,
        duration_ms: Millis(40_812.4),
        environment: Environment { hidden: true, ..environment() },
        targets: vec![
            target("ws://localhost:9000/ws", "from WS_URL"),
            TargetReport {
                via: Some("ws://near/ws/proxy".to_owned()),
                ..target("ws://far/<ws>", "from ws_url in Values")
            },
            target("http://localhost:9000/api/rooms", "the practice server of this page"),
        ],
        vars: [
            ("ws_url", json!("ws://localhost:9000/ws")),
            ("num_clients", json!(5)),
            ("token", json!("***")),
            ("room", json!({"name": "r-1", "tags": ["a", "b"]})),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Map<String, Value>>(),
        totals: Totals {
            checks: 5,
            passed: 1,
            failed: 2,
            errors: 1,
            inconclusive: 1,
            skipped: 0,
            sent: 5200,
            received: 5183,
            expected: 320,
            matched: 302,
            success: 94.375,
        },
        metrics: [
            ("open".to_owned(), timing(24, 3200.0)),
            ("rtt".to_owned(), round_trips()),
            ("sent".to_owned(), counter(5200, 127.4)),
            ("received".to_owned(), counter(5183, 127.0)),
            ("missing".to_owned(), counter(18, 0.44)),
        ]
        .into(),
        thresholds: vec![
            threshold("rtt.p95 < 10ms", "2.1ms", Verdict::Pass),
            threshold("success >= 99.9%", "94.375%", Verdict::Fail),
            ThresholdReport {
                message: Some("the clock's step is 100us".to_owned()),
                ..threshold("rtt.p50 < 50us", "no samples", Verdict::Inconclusive)
            },
        ],
        checks: vec![
            that_differs(),
            that_times_out(),
            twin,
            unclear,
            broken,
            setup("one", "3ms"),
            setup("two", "12.5ms"),
        ],
        seconds: seconds.collect(),
        shards: vec![shard(0), lost_shard(1)],
        ..nothing()
    }
}

fn shard(index: u32) -> ShardReport {
    ShardReport {
        index,
        verdict: Verdict::Fail,
        reasons: Vec::new(),
        browser: "Chrome 156".to_owned(),
        started: "2026-11-21T03:01:06.123Z".to_owned(),
        late_ms: None,
        duration_ms: Millis(40_812.4),
        loop_lag_p99_ms: 0.4,
        hidden: true,
        opened: 24,
        sent: 5200,
        received: 5183,
        missing: 18,
        rtt: Some(timing(302, 845.0)),
    }
}

fn lost_shard(index: u32) -> ShardReport {
    ShardReport {
        index,
        verdict: Verdict::Error,
        reasons: vec!["it gave no report".to_owned()],
        browser: String::new(),
        started: String::new(),
        late_ms: None,
        duration_ms: Millis(0.0),
        loop_lag_p99_ms: 0.0,
        hidden: false,
        opened: 0,
        sent: 0,
        received: 0,
        missing: 0,
        rtt: None,
    }
}

/// A run of many checks, of which every fortieth failed.
pub fn many(count: usize) -> Report {
    let kinds = [that_differs(), that_times_out()];
    let checks = (0..count).map(|i| {
        let name = format!(
            "case {}.{} of the conformance suite: fragmented text with a control frame between (n={i})",
            i / 20 + 1,
            i % 20 + 1
        );
        match i % 40 {
            17 => CheckReport { name, ..kinds[i / 40 % 2].clone() },
            _ => CheckReport { name, tags: vec!["conformance".to_owned()], ..passed().checks[0].clone() },
        }
    });
    let checks: Vec<_> = checks.collect();
    let failed = checks.iter().filter(|one| one.verdict == Verdict::Fail).count() as u64;
    Report {
        suite: "conformance".to_owned(),
        verdict: Verdict::Fail,
        reasons: Vec::new(),
        totals: Totals {
            checks: count as u64,
            passed: count as u64 - failed,
            failed,
            errors: 0,
            inconclusive: 0,
            ..everything().totals
        },
        checks,
        ..everything()
    }
}

/// The report with every string replaced that is not a keyword. It goes through JSON, so that no field is forgotten.
pub fn with_texts(report: &Report, text: &mut impl FnMut(&str) -> String) -> Report {
    let json = serde_json::to_value(report).expect("a report is JSON");
    serde_json::from_value(replaced("", json, text)).expect("a report has its fields")
}

fn replaced(name: &str, value: Value, text: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::String(old) if !matches!(name, "verdict" | "kind" | "likelihood" | "engine") => {
            Value::String(text(&old))
        }
        Value::Array(items) => items.into_iter().map(|item| replaced(name, item, text)).collect(),
        Value::Object(entries) => {
            let are_names_data = matches!(name, "metrics" | "vars");
            let entries = entries.into_iter().map(|(key, entry)| {
                let entry = replaced(if are_names_data { "" } else { &key }, entry, text);
                (if are_names_data { text(&key) } else { key }, entry)
            });
            Value::Object(entries.collect())
        }
        other => other,
    }
}
