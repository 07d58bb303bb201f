//! Thousands of runs against a server that does one thing wrong, each made of a seed. The verdict is the injected fault, and
//! every latency is exactly the simulated one.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::Payload;
use sockscope_engine::base::random::Random;
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::{Failure, FailureKind, Verdict};
use sockscope_engine::sim::{Act, Peer, Server, Sim};
use support::simulated::{Outcome, Setting, run_in};

const SEEDS: u64 = 2000;
const WITHIN: Duration = Duration::from_millis(200);

/// What the server does wrong with one of its replies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// Late, but in time.
    Slow,
    /// Later than the expectation waits.
    TooSlow,
    Drop,
    Duplicate,
    /// After the next one; only where rounds overlap.
    Reorder,
    /// Another value in it.
    Corrupt,
    Close(u16),
    Abort,
    /// Another message beside it.
    Chatter,
    /// A reply without a question.
    ForeignId,
}

/// How the same rounds are written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Plain,
    /// As a definition that the check uses, with its token as an argument.
    Used,
    /// Until the last one has come.
    Until,
    /// Beside answers and rows that have nothing to do.
    Beside,
}

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    form: Form,
    fault: Fault,
    /// Which reply.
    at: u64,
    rounds: u64,
    is_open: bool,
}

impl Case {
    fn of(seed: u64) -> Self {
        let mut random = Random::with_seed(seed.wrapping_mul(0x9e37_79b9));
        let mut below = |bound: u64| random.next_u64() % bound;
        let is_open = below(2) == 1;
        let rounds = 2 + below(12);
        let codes = [1000, 1001, 1008, 1011, 4000, 4029];
        let fault = match below(11) {
            0 => Fault::None,
            1 => Fault::Slow,
            2 => Fault::TooSlow,
            3 => Fault::Drop,
            4 => Fault::Duplicate,
            5 if is_open => Fault::Reorder,
            5 => Fault::None,
            6 => Fault::Corrupt,
            7 => Fault::Close(codes[below(6) as usize]),
            8 => Fault::Abort,
            9 => Fault::Chatter,
            _ => Fault::ForeignId,
        };
        // The last reply has none after it.
        let at = if fault == Fault::Reorder { below(rounds - 1) } else { below(rounds) };
        let form = match below(4) {
            0 => Form::Plain,
            1 => Form::Used,
            2 if is_open => Form::Plain,
            2 => Form::Until,
            _ => Form::Beside,
        };
        Self { seed, form, fault, at, rounds, is_open }
    }

    fn suite(&self) -> String {
        let schedule = if self.is_open { "open" } else { "closed" };
        let token = if self.form == Form::Used { "{{given}}" } else { "{{token}}" };
        let mut rounds = json!({"repeat": {"times": self.rounds, "every": "20ms", "schedule": schedule},
            "send": {"n": "{{i}}", "token": token, "noise": "{{random 1 1000000}}"},
            "expect": {"correlate": "$.n", "subset": {"token": token}, "within": "200ms"}});
        let step = match self.form {
            Form::Plain | Form::Beside => rounds.clone(),
            Form::Until => {
                rounds["repeat"]["until"] = json!({"path": "$.n", "gte": self.rounds - 1});
                rounds.clone()
            }
            Form::Used => json!({"use": "rounds", "given": "{{token}}"}),
        };
        let mut step = step;
        step["on"] = json!("a");
        let mut suite = json!({
            "sockscope": 1, "suite": "seeded",
            "vars": {"token": "t-{{uuid}}"},
            "clients": {"a": {"url": "ws://sim/"}},
            "invariants": [{"on": "a", "increasing": "$.n"}, {"on": "a", "unique": "$.serial"}],
            "checks": [{
                "check": "echo", "strict": true,
                "steps": [{"connect": "a"}, step, {"wait": "300ms"}],
                "thresholds": {"duplicates": "== 0", "rtt.max": "<= 200ms"}
            }]
        });
        match self.form {
            Form::Used => suite["define"] = json!({"rounds": {"with": ["given"], "steps": [rounds]}}),
            Form::Beside => {
                suite["answers"] = json!([{"to": {"subset": {"type": "never"}}, "send": "{{message.id}}"}]);
                suite["clients"]["a"]["each"] = json!([{"user": "ann"}]);
                suite["checks"][0]["each"] = json!([{"row": 1}]);
                suite["clients"]["a"]["answers"] =
                    json!([{"to": {"regex": "^never (?<what>.*)"}, "send": "{{message.what}}"}]);
            }
            Form::Plain | Form::Until => {}
        }
        suite.to_string()
    }
}

/// Echoes after a time of its own for each message, and remembers which.
struct Echo {
    case: Case,
    random: Random,
    said: u64,
    peer: Option<Peer>,
    held: Option<Payload>,
    latencies: Rc<RefCell<Vec<Duration>>>,
}

impl Echo {
    fn after(&self, wait: Duration, act: Act) {
        if let Some(peer) = &self.peer {
            peer.after(wait, act);
        }
    }
}

impl Server for Echo {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::from_micros(self.random.next_u64() % 9_000))
    }

    fn on_open(&mut self, peer: Peer) {
        self.peer = Some(peer);
    }

    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        // Below 10 ms, so that replies of rounds 20 ms apart keep their order.
        let mut wait = Duration::from_nanos(1_000 + self.random.next_u64() % 10_000_000);
        let number = self.said;
        self.said += 1;
        if let Some(held) = self.held.take() {
            // The one before comes right after this one.
            self.latencies.borrow_mut().push(wait + Duration::from_millis(20));
            self.after(wait, Act::Send(payload));
            self.after(wait, Act::Send(held));
            self.latencies.borrow_mut().push(wait);
            return Vec::new();
        }
        let mut json: Value = match &payload {
            Payload::Text(text) => serde_json::from_str(text).expect("what was sent is JSON"),
            Payload::Binary(_) => Value::Null,
        };
        json["serial"] = number.into();
        let reply = |json: &Value| Act::Send(Payload::Text(json.to_string()));
        if number != self.case.at {
            self.latencies.borrow_mut().push(wait);
            self.after(wait, reply(&json));
            return Vec::new();
        }
        match self.case.fault {
            Fault::None => self.after(wait, reply(&json)),
            Fault::Slow => {
                // As late as can be without overtaking: the next round waits or begins after 20 ms.
                wait += Duration::from_millis(9);
                self.after(wait, reply(&json));
            }
            // So late that the connection is closed by then.
            Fault::TooSlow => self.after(wait + WITHIN + Duration::from_secs(1), reply(&json)),
            Fault::Drop => {}
            Fault::Duplicate => {
                self.after(wait, reply(&json));
                json["serial"] = (1_000_000 + number).into();
                // Not for the invariant, which would be faster.
                let mut twin = json.clone();
                twin["n"] = json["n"].clone();
                self.after(wait, reply(&twin));
            }
            Fault::Reorder => {
                self.held = Some(Payload::Text(json.to_string()));
                return Vec::new();
            }
            Fault::Corrupt => {
                json["token"] = "other".into();
                self.after(wait, reply(&json));
            }
            Fault::Close(code) => self.after(wait, Act::Close(code, "told".to_owned())),
            Fault::Abort => self.after(wait, Act::Abort),
            Fault::Chatter => {
                self.after(wait, Act::Send("news".into()));
                self.after(wait, reply(&json));
            }
            Fault::ForeignId => {
                self.after(wait, reply(&json));
                self.after(wait, Act::Send(Payload::Text(json!({"m": 1}).to_string())));
            }
        }
        self.latencies.borrow_mut().push(wait);
        Vec::new()
    }
}

fn run(case: &Case) -> (Outcome, Vec<Duration>) {
    let sim = Sim::with_seed(case.seed);
    let latencies: Rc<RefCell<Vec<Duration>>> = Rc::default();
    let (shared, of_case) = (latencies.clone(), case.clone());
    sim.serve("ws://sim/", move || Echo {
        random: Random::with_seed(of_case.seed ^ 0xabcd),
        case: of_case.clone(),
        said: 0,
        peer: None,
        held: None,
        latencies: shared.clone(),
    });
    let outcome = run_in(sim, &case.suite(), &Setting { seed: case.seed, ..Setting::default() });
    let latencies = latencies.borrow().clone();
    (outcome, latencies)
}

/// The failure of a run: that of a step, else the first threshold that does not hold.
fn failures(outcome: &Outcome) -> Vec<(String, Failure)> {
    let steps = outcome.report.checks[0].steps.iter();
    steps.filter_map(|step| Some((step.path.clone(), step.failure.clone()?))).collect()
}

fn judge(case: &Case, outcome: &Outcome) {
    let told = format!("{case:?} {:#?}", failures(outcome));
    let verdict = outcome.report.verdict;
    let found = failures(outcome);
    let one = |path: &str, kind: FailureKind| {
        assert_eq!((found.len(), verdict), (1, Verdict::Fail), "{told}");
        assert_eq!((found[0].0.as_str(), found[0].1.kind), (path, kind), "{told}");
        found[0].1.clone()
    };
    let reply = if case.form == Form::Used { "steps[1].use[0].send" } else { "steps[1].send" };
    match case.fault {
        Fault::None | Fault::Slow => assert_eq!(verdict, Verdict::Pass, "{told}"),
        Fault::TooSlow | Fault::Drop => {
            let failure = one(reply, FailureKind::Timeout);
            assert_eq!(failure.round, Some(case.at), "{told}");
        }
        Fault::Corrupt => {
            let failure = one(reply, FailureKind::Timeout);
            assert_eq!((failure.round, failure.diff[0].path.as_str()), (Some(case.at), "$.token"), "{told}");
        }
        Fault::Close(code) => {
            let failure = one(reply, FailureKind::Closed);
            assert!(failure.message.contains(&format!("closed with {code} ")), "{told}");
        }
        Fault::Abort => {
            let failure = one(reply, FailureKind::Closed);
            assert!(failure.message.contains("closed with 1006 "), "{told}");
        }
        // The second one does not grow, and so is found before the threshold is asked.
        Fault::Duplicate | Fault::Reorder => {
            one("invariants[0]", FailureKind::Invariant);
        }
        Fault::Chatter | Fault::ForeignId => {
            one("strict", FailureKind::Unexpected);
        }
    }
    let duplicates = outcome.report.metrics["duplicates"].count;
    assert_eq!(duplicates, u64::from(case.fault == Fault::Duplicate), "{told}");
    assert_eq!(outcome.open, 0, "every socket is closed in the end: {told}");
    let totals = &outcome.report.totals;
    assert!(totals.matched <= totals.expected && totals.sent <= case.rounds, "{told}");
}

/// Exactly those that were simulated. Where a reply fails, later ones may or may not be awaited.
fn compare_latencies(case: &Case, outcome: &Outcome, latencies: &[Duration]) {
    if !matches!(case.fault, Fault::None | Fault::Slow | Fault::Chatter | Fault::ForeignId) {
        return;
    }
    let mut simulated = Histogram::new();
    latencies.iter().for_each(|latency| simulated.record(*latency));
    let rtt = &outcome.report.metrics["rtt"];
    assert_eq!(rtt.histogram.as_deref(), Some(simulated.to_base64().as_str()), "{case:?}");
    let micros = |latency: &Duration| (latency.as_nanos() as f64).round() / 1e3;
    assert_eq!(rtt.max, latencies.iter().max().map(micros), "{case:?}");
    assert_eq!(rtt.min, latencies.iter().min().map(micros), "{case:?}");
    if case.is_open {
        assert_eq!(rtt.histogram, outcome.report.metrics["rtt.intended"].histogram, "{case:?}");
    }
}

#[test]
fn the_verdict_is_the_fault_and_the_latencies_are_those_of_the_simulation() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..SEEDS {
        let case = Case::of(seed);
        let (outcome, latencies) = run(&case);
        judge(&case, &outcome);
        compare_latencies(&case, &outcome, &latencies);
        *seen.entry(format!("{:?}", case.fault)).or_insert(0) += 1;
        *seen.entry(format!("{:?}", case.form)).or_insert(0) += 1;
    }
    assert!(seen.len() >= 19 && seen.values().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_report_byte_for_byte() {
    let text = |case: &Case| serde_json::to_string(&run(case).0.report).expect("a report is JSON");
    for seed in 0..200 {
        let case = Case::of(seed);
        assert_eq!(text(&case), text(&case), "{case:?}");
    }
    let other = Case { seed: 1, ..Case::of(0) };
    assert_ne!(text(&Case::of(0)), text(&other), "another seed is another run");
}
