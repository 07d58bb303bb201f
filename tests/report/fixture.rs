//! Reports and a session made by hand, with something of everything in them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sockscope_engine::base::random::Random;
use sockscope_engine::explain::logged;
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::{
    CheckReport, Closed, Connection, Difference, Environment, Failure, FailureKind, Instead, Leftover,
    Metric, Millis, NearMiss, NearbyEvent, Note, Noted, Notes, Opened, Origin, Report, Second, ShardReport,
    StepReport, TargetReport, ThresholdReport, Totals, Transcript, Unmet, Verdict,
};
use sockscope_engine::{Entry, FrameKind, FrameLog, HttpError, HttpRequest, HttpResponse, Instant};

fn timing(count: u64, p50: f64) -> Metric {
    let times = |factor: f64| Some((p50 * factor * 1e3).round() / 1e3);
    Metric {
        unit: "us".to_owned(),
        count,
        rate: None,
        min: times(0.5),
        mean: times(1.1),
        p50: Some(p50),
        p90: times(2.0),
        p95: times(2.5),
        p99: times(6.0),
        p999: times(9.0),
        max: times(10.0),
        stddev: times(0.8),
        histogram: None,
    }
}

/// As a run would have it: most around 800 µs, a few far away.
fn round_trips() -> Metric {
    let mut random = Random::with_seed(3);
    let mut histogram = Histogram::new();
    for i in 0..302u64 {
        let spread: u64 = (0..6).map(|_| random.next_u64() % 200).sum();
        let far = if i % 75 == 40 { 5000 + i * 7 } else { 0 };
        histogram.record(Duration::from_micros(250 + spread + far));
    }
    let figures = histogram.summary().expect("302 durations");
    let us = |took: Duration| Some(took.as_nanos() as f64 / 1e3);
    Metric {
        unit: "us".to_owned(),
        count: figures.count,
        rate: None,
        min: us(figures.min),
        mean: us(figures.mean),
        p50: us(figures.p50),
        p90: us(figures.p90),
        p95: us(figures.p95),
        p99: us(figures.p99),
        p999: us(figures.p999),
        max: us(figures.max),
        stddev: us(figures.stddev),
        histogram: Some(histogram.to_base64()),
    }
}

fn counter(count: u64, rate: f64) -> Metric {
    Metric {
        unit: "count".to_owned(),
        count,
        rate: Some(rate),
        min: None,
        mean: None,
        p50: None,
        p90: None,
        p95: None,
        p99: None,
        p999: None,
        max: None,
        stddev: None,
        histogram: None,
    }
}

fn threshold(expr: &str, value: &str, verdict: Verdict) -> ThresholdReport {
    ThresholdReport { expr: expr.to_owned(), value: value.to_owned(), verdict, message: None }
}

fn step(path: &str, title: &str, verdict: Verdict, took: f64) -> StepReport {
    StepReport {
        path: path.to_owned(),
        line: 12,
        title: title.to_owned(),
        note: None,
        verdict,
        duration_ms: Millis(took),
        on: vec!["alice".to_owned()],
        runs: u64::from(verdict != Verdict::Skipped),
        failed_runs: u64::from(!matches!(verdict, Verdict::Pass | Verdict::Skipped)),
        failed_clients: 0,
        forgiven: None,
        failure: None,
        unmet: None,
        around: Vec::new(),
    }
}

fn target(url: &str, from: &str) -> TargetReport {
    TargetReport { url: url.to_owned(), from: from.to_owned(), via: None }
}

fn check(name: &str, verdict: Verdict, steps: Vec<StepReport>) -> CheckReport {
    CheckReport {
        name: name.to_owned(),
        about: None,
        tags: Vec::new(),
        verdict,
        reasons: Vec::new(),
        offset_ms: Millis(0.0),
        duration_ms: Millis(steps.iter().map(|step| step.duration_ms.0).fold(0.0, |sum, took| sum + took)),
        metrics: BTreeMap::new(),
        thresholds: Vec::new(),
        steps,
        leftovers: Vec::new(),
        leftovers_omitted: 0,
        close_code: None,
        harness: None,
    }
}

fn failure(kind: FailureKind, message: &str) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        client: None,
        round: None,
        expected: None,
        closest: None,
        diff: Vec::new(),
        browser: None,
        causes: Vec::new(),
        handshake: None,
    }
}

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
        shards: Vec::new(),
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
        browser: "Chrome 156".to_owned(),
        origin: "http://localhost:9000".to_owned(),
        timer_step_us: 5.0,
        loop_lag_p99_ms: 0.4,
        hidden: false,
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
        causes: logged(words).into_iter().collect(),
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
        rtt_p99: (i % 13 != 5).then(|| 4000.0 + f64::from(i * i % 37) * 300.0),
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

/// A recording that owns what a transcript borrows.
pub struct Recording {
    pub log: FrameLog,
    pub connections: Vec<Connection>,
    pub notes: Vec<Note>,
}

impl Recording {
    pub fn transcript(&self) -> Transcript<'_> {
        let origin = Origin::from_millis(1_795_230_066_123.456);
        Transcript {
            log: &self.log,
            only: None,
            pins: None,
            connections: &self.connections,
            notes: &self.notes,
            origin,
        }
    }

    pub fn push(&mut self, at_us: u64, connection: u32, kind: FrameKind, bytes: &[u8]) {
        self.push_paired(at_us, connection, kind, bytes, None);
    }

    pub fn push_paired(
        &mut self,
        at_us: u64,
        connection: u32,
        kind: FrameKind,
        bytes: &[u8],
        paired_us: Option<u64>,
    ) {
        let (at, round_trip) = (Instant::from_nanos(at_us * 1000), paired_us.map(Duration::from_micros));
        self.log.push(Entry { at, connection, kind, bytes, round_trip, is_tainted: false });
    }
}

pub fn connection(id: u32, name: &str, url: &str, asked_us: u64) -> Connection {
    Connection {
        id,
        name: name.to_owned(),
        url: url.to_owned(),
        offered: Vec::new(),
        asked: Instant::from_nanos(asked_us * 1000),
        opened: None,
        closed: None,
    }
}

pub fn opened(at_us: u64, protocol: &str, extensions: &str) -> Option<Opened> {
    let at = Instant::from_nanos(at_us * 1000);
    Some(Opened { at, protocol: protocol.to_owned(), extensions: extensions.to_owned() })
}

pub fn closed(at_us: u64, code: u16, reason: &str, clean: bool) -> Option<Closed> {
    Some(Closed { at: Instant::from_nanos(at_us * 1000), code, reason: reason.to_owned(), clean })
}

/// Two clients, a refusal and a reconnect.
pub fn session() -> Recording {
    use FrameKind::{
        Closed, Closing, Connecting, Failed, Opened, ReceivedBinary, ReceivedText, SentBinary, SentText,
    };
    let alice = "ws://localhost:9000/ws/rooms?user=alice&q=a%20b&flag";
    let mut recording = Recording {
        log: FrameLog::with_budget(0),
        connections: vec![
            Connection {
                offered: vec!["chat.v2".to_owned(), "chat.v1".to_owned()],
                opened: opened(4215, "chat.v1", "permessage-deflate"),
                closed: closed(20_000, 1000, "", true),
                ..connection(1, "alice", alice, 1000)
            },
            Connection {
                closed: closed(3000, 1006, "", false),
                ..connection(2, "=bob, \"the\" 2nd", "wss://localhost:1/", 1500)
            },
            Connection {
                opened: opened(26_000, "", ""),
                closed: closed(90_000, 4029, "slow down, please", true),
                ..connection(1, "alice", alice, 25_000)
            },
        ],
        notes: Vec::new(),
    };
    recording.push(1000, 1, Connecting, alice.as_bytes());
    recording.push(1500, 2, Connecting, b"wss://localhost:1/");
    recording.push(3000, 2, Failed, b"the handshake failed; the browser does not say why");
    recording.push(3000, 2, Closed, b"1006 no close frame came");
    recording.push(4215, 1, Opened, "chat.v1 · permessage-deflate".as_bytes());
    recording.push(5000, 1, SentText, b"{\"id\":7,\"type\":\"ping\"}");
    recording.push_paired(5412, 1, ReceivedText, b"{\"id\":7,\"type\":\"pong\"}", Some(412));
    recording.push(6000, 1, SentBinary, &[0, 255, 16, 62, 63]);
    recording.push_paired(6100, 1, ReceivedBinary, &[251, 240], Some(100));
    recording.push(
        7000,
        1,
        ReceivedText,
        "=HYPERLINK(\"http://x\",\"é😀\")\nsecond line\u{0}\u{1b}[31m".as_bytes(),
    );
    recording.push(8000, 1, ReceivedText, b"");
    recording.push(19_000, 1, Closing, b"1000");
    recording.push(20_000, 1, Closed, b"1000 normal closure");
    recording.push(25_000, 1, Connecting, alice.as_bytes());
    recording.push(26_000, 1, Opened, b"no subprotocol, no extensions");
    recording.push(30_000, 1, SentText, b"hello again");
    recording.push(90_000, 1, Closed, b"4029 the application's own code: slow down, please");
    recording
}

/// A session of two checks, with calls.
pub fn run() -> Recording {
    let mut notes = Notes::default();
    let at = |us: u64| Instant::from_nanos(us * 1000);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let call = |method: &str, url: &str, body: Option<&str>| HttpRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: vec![header("content-type", "application/json"), header("Authorization", "Bearer abc")],
        body: body.map(str::to_owned),
    };
    notes.check(at(500), 0, "alice is told");
    let login = "{\"user\":\"anna\",\"password\":\"geheim\"}";
    let number =
        notes.call(at(600), 0, &call("POST", "http://localhost:9000/api/login?retry=1", Some(login)));
    let headers = vec![header("content-type", "application/json"), header("set-cookie", "sid=1")];
    let body = "{\"access_token\":\"eyJ\",\"expires\":60}".to_owned();
    notes.answered(number, at(900), &Ok(HttpResponse { status: 201, headers, body }));
    let number = notes.call(at(9000), 11, &call("GET", "http://localhost:9000/api/gone", None));
    notes.answered(number, at(9500), &Err(HttpError { message: "Failed to fetch".to_owned() }));
    notes.check(at(25_000), 13, "alice comes back");
    notes.call(at(95_000), 17, &call("DELETE", "http://localhost:9000/api/rooms/1", None));
    Recording { notes: notes.as_slice().to_vec(), ..session() }
}

/// Notes with this text wherever there can be one.
pub fn notes(text: &str) -> Vec<Note> {
    let mut notes = Notes::default();
    notes.check(Instant::ORIGIN, 0, text);
    let headers = vec![("x-any".to_owned(), text.to_owned())];
    for body in [text.to_owned(), format!("a={text}"), serde_json::json!({ text: [text] }).to_string()] {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: format!("http://h/{text}?{text}&a={text}"),
            headers: headers.clone(),
            body: Some(body.clone()),
        };
        let number = notes.call(Instant::ORIGIN, 0, &request);
        notes.answered(
            number,
            Instant::ORIGIN,
            &Ok(HttpResponse { status: 200, headers: headers.clone(), body }),
        );
        let number = notes.call(Instant::ORIGIN, 0, &request);
        notes.answered(number, Instant::ORIGIN, &Err(HttpError { message: text.to_owned() }));
    }
    assert!(notes.as_slice().iter().any(|note| matches!(note.what, Noted::Call(_))));
    notes.as_slice().to_vec()
}

/// The report with every string replaced that is not a keyword. It goes through JSON, so that no field is forgotten.
pub fn with_texts(report: &Report, text: &mut impl FnMut(&str) -> String) -> Report {
    let json = serde_json::to_value(report).expect("a report is JSON");
    serde_json::from_value(replaced("", json, text)).expect("a report has its fields")
}

fn replaced(name: &str, value: Value, text: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::String(old) if !matches!(name, "verdict" | "kind" | "likelihood") => Value::String(text(&old)),
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
