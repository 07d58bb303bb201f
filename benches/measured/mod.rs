//! What both benchmarks measure.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::matcher::{Matcher, Pick};
use sockscope_engine::recording::run_recording::Recorded;
use sockscope_engine::report::{Origin, Report, Verdict};
use sockscope_engine::run::inbox_probe::{Mode, Pairing, Probe, Waiting, Wanting};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::sim::{Act, Server, Sim};
use sockscope_engine::suite::Suite;
use sockscope_engine::template::Scope;
use sockscope_engine::{Instant, Payload, World};

/// A moment in 2026.
const BEGAN: u64 = 1_795_230_000_000;

/// What is in the inbox before anything is measured.
#[derive(Clone, Copy)]
pub enum Before {
    /// Messages that expectations have taken.
    Consumed(u64),
    /// Messages that no expectation selected.
    Left(u64),
    /// Expectations that wait, each for a reply of its own.
    Waiting(u64, Pairs),
}

/// How replies are found.
#[derive(Clone, Copy, PartialEq)]
pub enum Pairs {
    Field,
    Content,
    OwnMatchers,
    /// By one and the same matcher, as the rounds of a step have.
    OneMatcher,
}

/// An inbox to be measured.
pub struct Bench {
    probe: Probe,
    pairs: Pairs,
    query: Rc<Pick>,
    matcher: Rc<Matcher>,
    echo: Rc<Matcher>,
    waiting: Vec<Waiting>,
    next: u64,
}

impl Bench {
    pub fn of(before: Before, pairs: Pairs) -> Self {
        let compile = |spec: Value| Rc::new(Matcher::compile(&spec).expect("a good matcher"));
        let mut bench = Self {
            probe: Probe::new(),
            pairs,
            query: Rc::new(Pick::read(&"$.id".into()).expect("a good path")),
            matcher: compile(json!({"subset": {"type": "reply"}})),
            echo: compile(json!({"echo": true})),
            waiting: Vec::new(),
            next: 0,
        };
        match before {
            Before::Consumed(count) => (0..count).for_each(|_| bench.round_trip()),
            Before::Left(count) => (0..count).for_each(|i| {
                bench.probe.arrive(Instant::ORIGIN, text("news", 1_000_000_000 + i));
            }),
            Before::Waiting(count, pairs) => {
                for i in 0..count {
                    let waiting = bench.expect(2_000_000_000 + i, pairs);
                    bench.waiting.push(waiting);
                }
            }
        }
        bench
    }

    fn expect(&self, id: u64, pairs: Pairs) -> Waiting {
        let sent = text("reply", id);
        let (matcher, pairing) = match pairs {
            Pairs::Field => (self.matcher.clone(), Pairing::Field(self.query.clone())),
            Pairs::Content => (self.echo.clone(), Pairing::Content),
            Pairs::OwnMatchers => {
                let own = Matcher::compile(&json!({"subset": {"id": id}})).expect("a good matcher");
                (Rc::new(own), Pairing::None)
            }
            Pairs::OneMatcher => (self.matcher.clone(), Pairing::None),
        };
        let wanting = Wanting {
            mode: Mode::First,
            slots: vec![Some(matcher)],
            since: self.probe.next(),
            deadline: Instant::ORIGIN + Duration::from_secs(2),
            sent: Some(sent),
            pairing,
        };
        self.probe.expect(wanting).expect("what was sent has an id")
    }

    /// A question, and its answer.
    pub fn round_trip(&mut self) {
        let id = self.next;
        self.next += 1;
        let waiting = self.expect(id, self.pairs);
        self.probe.arrive(Instant::ORIGIN, text("reply", id));
        assert!(waiting.is_done());
    }

    /// An expectation that begins with what is there already, as one that stands alone does, and a message that it takes.
    pub fn take_next(&mut self) {
        let wanting = Wanting {
            mode: Mode::First,
            slots: vec![Some(self.matcher.clone())],
            since: 0,
            deadline: Instant::ORIGIN + Duration::from_secs(2),
            sent: None,
            pairing: Pairing::None,
        };
        let waiting = self.probe.expect(wanting).expect("it is not paired");
        self.probe.arrive(Instant::ORIGIN, text("reply", self.next));
        assert!(waiting.is_done());
    }

    /// A message that no expectation wants, and that each of them must refuse.
    pub fn arrival(&mut self) {
        self.probe.arrive(Instant::ORIGIN, text("news", 1));
    }
}

fn text(kind: &str, id: u64) -> Payload {
    Payload::Text(format!("{{\"type\":\"{kind}\",\"id\":{id},\"room\":\"blue\"}}"))
}

/// A server that says what it hears, after a millisecond.
struct Echo;

impl Server for Echo {
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        vec![(Duration::from_millis(1), Act::Send(payload))]
    }
}

fn echo_suite(messages: u64) -> String {
    let round = json!({"repeat": {"times": messages}, "on": "a", "send": {"n": "{{i}}", "who": "{{client}}"}, "expect": {"echo": true}});
    suite_of(round).to_string()
}

/// A suite whose client goes through one step.
fn suite_of(step: Value) -> Value {
    json!({
        "sockscope": 1, "suite": "echo", "clients": {"a": {"url": "ws://sim/"}},
        "checks": [{"check": "echo", "steps": [{"connect": "a"}, step, {"on": "a", "close": {}}]}]
    })
}

/// How the rounds of a run are written.
#[derive(Clone, Copy)]
pub enum Rounds {
    /// A question and its echo, in steps.
    Plain,
    /// The same through `use`.
    Used,
    /// The same, until the last echo has come.
    Until,
    /// The same, beside an answer that no message wants.
    Idle,
    /// A question, its echo, what answers that, and the echo of it: by an answer of the suite.
    Answered,
    /// The same by a step.
    AnsweredByStep,
}

/// The text of a suite with this many rounds.
pub fn suite_of_rounds(rounds: u64, written: Rounds) -> String {
    let say = |kind: &str| json!({"type": kind, "n": "{{i}}"});
    let ask = json!({"on": "a", "send": say("ping"), "expect": {"subset": say("ping")}});
    let reply = json!({"on": "a", "send": say("pong"), "expect": {"subset": say("pong")}});
    let steps = match written {
        Rounds::Used => json!([{"use": "ask", "on": "a"}]),
        Rounds::Answered => json!([{"on": "a", "send": say("ping"), "expect": {"subset": say("pong")}}]),
        Rounds::AnsweredByStep => json!([ask.clone(), reply]),
        Rounds::Plain | Rounds::Until | Rounds::Idle => json!([ask.clone()]),
    };
    let mut repeat = json!({"repeat": {"times": rounds}, "steps": steps});
    if let Rounds::Until = written {
        repeat["repeat"]["until"] = json!({"subset": {"n": rounds - 1}});
    }
    let mut suite = suite_of(repeat);
    match written {
        Rounds::Used => suite["define"] = json!({"ask": {"steps": [ask]}}),
        Rounds::Idle => {
            suite["answers"] = json!([{"to": {"subset": {"type": "never"}}, "send": "never"}]);
        }
        Rounds::Answered => {
            let answer = json!({"type": "pong", "n": "{{message.n}}"});
            suite["answers"] = json!([{"to": {"subset": {"type": "ping"}}, "send": answer}]);
        }
        Rounds::Plain | Rounds::Until | Rounds::AnsweredByStep => {}
    }
    suite.to_string()
}

/// A whole run of this many echo messages in virtual time.
pub fn run_echo(messages: u64) -> Report {
    let report = run_text(&echo_suite(messages));
    assert_eq!(report.verdict, Verdict::Pass);
    report
}

pub fn run_text(text: &str) -> Report {
    let sim = Sim::with_seed(1);
    run_in(&sim, sim.clone(), text)
}

fn run_in<W: World>(sim: &Sim, world: W, text: &str) -> Report {
    sim.serve("ws", || Echo);
    let options = Options { origin_millis: BEGAN, ..Options::default() };
    let suite = Rc::new(Suite::parse(text).expect("a good suite"));
    let plan = Plan::new(suite, options, BEGAN).expect("a good plan");
    sim.run(run(plan, world, Stop::default(), Box::new(|_| {}))).expect("it ends")
}

/// A run of this many echo messages that was recorded: twice as many events.
pub fn recorded_echo(messages: u64) -> (Report, Recorded<Sim>) {
    let sim = Sim::with_seed(1);
    let world = Recorded::new(sim.clone(), 256 << 20, Origin::from_millis(BEGAN as f64));
    let report = run_in(&sim, world.clone(), &echo_suite(messages));
    (report, world)
}

/// The text of a suite with this many checks of five steps.
pub fn large_suite(checks: usize) -> String {
    let check = |number: usize| {
        json!({
            "check": format!("check {number}"), "tags": ["large"],
            "steps": [
                {"connect": "*"},
                {"on": "a", "mark": "said", "send": {"type": "join", "room": "{{room}}-{{i2}}", "n": number},
                 "expect": {"subset": {"type": "joined", "n": {"$gte": number}}, "within": "500ms", "capture": {"sid": "$.session"}}},
                {"on": "b", "expect": {"path": "$.items[0].id", "eq": number, "since": "said", "metric": "fanout"}},
                {"on": "b", "silence": {"for": "100ms", "matching": {"regex": "^err(or)?"}}},
                {"on": "*", "close": {"code": 1000}, "expect": {"closed": {"clean": true}}}
            ],
            "thresholds": {"fanout.p95": "< 100ms", "missing": "== 0"}
        })
    };
    let suite = json!({
        "sockscope": 1, "suite": "large", "vars": {"room": "r-{{uuid}}", "i2": 1},
        "clients": {"a": {"url": "ws://sim/a"}, "b": {"url": "ws://sim/b"}},
        "checks": (0..checks).map(check).collect::<Vec<_>>()
    });
    serde_json::to_string_pretty(&suite).expect("a value is JSON")
}

/// Knows a variable.
pub struct Known(pub u64);

impl Scope for Known {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        (name == "room").then(|| Cow::Owned(Value::from("blue")))
    }
    fn capture(&self, _: &str, _: &str) -> Option<Cow<'_, Value>> {
        None
    }
    fn env(&self, _: &str) -> Option<&str> {
        None
    }
    fn client(&self) -> Option<&str> {
        Some("crowd[3]")
    }
    fn index(&self) -> Option<u64> {
        Some(3)
    }
    fn iteration(&self) -> Option<u64> {
        Some(7)
    }
    fn seq(&self) -> Option<u64> {
        Some(7)
    }
    fn now_millis(&self) -> u64 {
        BEGAN
    }
    fn random(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }
}

/// A payload with five placeholders.
pub fn payload() -> Value {
    json!({"type": "say", "room": "{{room}}", "n": "{{seq}}", "who": "{{client}}", "id": "m-{{uuid}}", "x": "{{random 1 100}}"})
}

/// A message as most are, 60 bytes.
pub fn small_message() -> String {
    r#"{"type":"joined","room":"blue","id":42,"user":"alice"}"#.to_owned()
}

/// A message of 30 members in three levels, 700 bytes.
pub fn message() -> String {
    let user =
        |i: u64| json!({"id": i, "name": format!("user-{i}"), "tags": ["a", "b"], "score": i as f64 / 3.0});
    json!({
        "type": "state", "id": 42, "room": {"name": "blue", "open": true, "users": (0..6).map(user).collect::<Vec<_>>()},
        "at": 1_795_230_000_000_u64, "text": "the quick brown fox jumps over the lazy dog"
    })
    .to_string()
}
