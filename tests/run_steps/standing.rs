//! Answers and heartbeats beside the steps.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use sockscope_engine::Payload;
use sockscope_engine::report::{Standing, StepReport};
use sockscope_engine::run::Shard;
use sockscope_engine::sim::{Act, Peer, Server};
use support::simulated::{run_in, world};

use super::*;

/// Asks as often as it is told, and writes down what it hears. What it is told goes back, if it echoes.
#[derive(Clone)]
struct Asking {
    texts: Vec<String>,
    every: Duration,
    echoes: bool,
    /// Asks again whenever it hears something.
    insists: bool,
    heard: Rc<RefCell<Vec<String>>>,
    peer: Option<Peer>,
}

impl Asking {
    fn of(texts: &[&str]) -> Self {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            texts,
            every: Duration::from_millis(100),
            echoes: false,
            insists: false,
            heard: Rc::default(),
            peer: None,
        }
    }
}

impl Server for Asking {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
    fn on_open(&mut self, peer: Peer) {
        for (at, text) in (1..).zip(&self.texts) {
            peer.after(self.every * at, Act::Send(text.as_str().into()));
        }
        self.peer = Some(peer);
    }
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        self.heard.borrow_mut().push(String::from_utf8_lossy(payload.as_bytes()).into_owned());
        let soon = Duration::from_micros(10);
        match (self.echoes, self.insists) {
            (true, _) => vec![(soon, Act::Send(payload))],
            (false, true) => vec![(soon, Act::Send("again".into()))],
            (false, false) => Vec::new(),
        }
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
}

/// A suite on one client whose other keys are `more`.
fn of(steps: Value, more: Value) -> Value {
    let mut suite = json!({
        "sockscope": 1, "suite": "standing",
        "clients": {"a": {"url": "ws://ask/"}},
        "checks": [{"check": "check", "strict": true, "steps": steps}]
    });
    for (key, value) in more.as_object().expect("an object") {
        suite[key] = value.clone();
    }
    suite
}

/// The same, whatever is left over: a strict check waits for that a little.
fn lax(steps: Value, more: Value) -> Value {
    let mut suite = of(steps, more);
    suite["checks"][0]["strict"] = false.into();
    suite
}

#[track_caller]
fn run(server: &Asking, suite: &Value) -> Outcome {
    run_with(server, suite, &Setting { seed: 42, ..Setting::default() })
}

#[track_caller]
fn run_with(server: &Asking, suite: &Value, setting: &Setting) -> Outcome {
    let sim = world(42, Faults::default());
    let server = server.clone();
    sim.serve("ws://ask/", move || server.clone());
    let outcome = run_in(sim, &suite.to_string(), setting);
    assert_eq!(outcome.open, 0, "every socket is closed in the end");
    outcome
}

fn line<'r>(outcome: &'r Outcome, path: &str) -> &'r StepReport {
    outcome.report.checks[0].steps.iter().find(|step| step.path == path).expect("a line of its own")
}

fn did(outcome: &Outcome, path: &str) -> (u64, u64) {
    let Standing { matched, sent } = line(outcome, path).standing.expect("figures");
    (matched, sent)
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_message_is_answered_while_a_step_waits_and_no_step_sees_it() {
    let server = Asking::of(&["2", "2", "2"]);
    let steps = json!([{"connect": "a"}, {"on": "a", "silence": {"for": "500ms"}}]);
    let outcome = run(&server, &of(steps, json!({"answers": [{"to": {"text": "2"}, "send": "3"}]})));
    assert_eq!(told(&outcome), NOTHING);
    assert_eq!(*server.heard.borrow(), ["3", "3", "3"]);
    assert_eq!(did(&outcome, "answers[0]"), (3, 3));
    let line = line(&outcome, "answers[0]");
    assert_eq!((line.title.as_str(), line.runs), (r#"answer text "2" with "3""#, 3));
    assert_eq!((line.verdict, line.on.as_slice()), (Verdict::Pass, ["a".to_owned()].as_slice()));
    assert_eq!(outcome.report.checks[0].leftovers.len(), 0);
}

#[test]
fn an_answer_names_members_and_items_of_what_came() {
    let server = Asking::of(&[r#"{"id":7,"who":{"names":["x","y"]}}"#]);
    let answer = json!({"to": {"subset": {"id": {"$any": true}}},
        "send": {"id": "{{message.id}}", "name": "{{message.who.names[1]}}", "all": "{{message}}", "n": "{{seq}}", "by": "{{client}}"}});
    let steps = json!([{"connect": "a"}, {"wait": "300ms"}]);
    let outcome = run(&server, &of(steps, json!({"answers": [answer]})));
    assert_eq!(told(&outcome), NOTHING);
    let heard: Value = serde_json::from_str(&server.heard.borrow()[0]).expect("JSON");
    assert_eq!(
        heard,
        json!({"id": 7, "name": "y", "all": {"id": 7, "who": {"names": ["x", "y"]}}, "n": 1, "by": "a"})
    );
}

#[test]
fn what_is_answered_of_a_stream_is_a_frame() {
    let server = Asking::of(&["pi", "ng\npong", "\nping\n"]);
    let steps = json!([{"connect": "a"}, {"on": "a", "expect": {"text": "pong"}}, {"wait": "300ms"}]);
    let suite = of(
        steps,
        json!({"clients": {"a": {"url": "ws://ask/", "framing": {"delimiter": "\n"},
            "answers": [{"to": {"text": "ping"}, "send": "here {{seq}}"}]}}}),
    );
    let outcome = run(&server, &suite);
    assert_eq!(told(&outcome), NOTHING);
    assert_eq!(*server.heard.borrow(), ["here 1", "here 2"]);
    assert_eq!(did(&outcome, "clients.a.answers[0]"), (2, 2));
}

#[test]
fn an_answer_names_groups_of_its_regex() {
    let server = Asking::of(&["ask 17 please"]);
    let answer = json!({"to": {"regex": r"^ask (?<n>\d+) (\w+)"}, "send": "{{message.2}} {{message.n}}"});
    let outcome =
        run(&server, &of(json!([{"connect": "a"}, {"wait": "300ms"}]), json!({"answers": [answer]})));
    assert_eq!(told(&outcome), NOTHING);
    assert_eq!(*server.heard.borrow(), ["please 17"]);
}

#[test]
fn the_first_rule_that_fits_answers_those_of_the_client_first() {
    let server = Asking::of(&["one", "two", "three"]);
    let mut suite = of(
        json!([{"connect": "a"}, {"wait": "500ms"}]),
        json!({"answers": [{"to": {"any": true}, "send": "suite"}]}),
    );
    suite["clients"]["a"]["answers"] = json!([{"to": {"text": "one"}, "send": "client"}]);
    suite["checks"][0]["answers"] = json!([{"to": {"regex": "^(one|two)$"}, "send": "check"}]);
    let outcome = run(&server, &suite);
    assert_eq!(told(&outcome), NOTHING);
    assert_eq!(*server.heard.borrow(), ["client", "check", "suite"]);
    for path in ["clients.a.answers[0]", "check.answers[0]", "answers[0]"] {
        assert_eq!(did(&outcome, path), (1, 1), "{path}");
    }
}

#[test]
fn after_so_many_times_the_steps_see_the_messages() {
    let server = Asking::of(&["2", "2", "2"]);
    let answers = json!({"answers": [{"to": {"text": "2"}, "send": "3", "times": 2}]});
    let steps = json!([{"connect": "a"}, {"on": "a", "expect": {"text": "2"}}]);
    let outcome = run(&server, &of(steps, answers.clone()));
    assert_eq!((told(&outcome), did(&outcome, "answers[0]")), (Vec::new(), (2, 2)));
    let outcome = run(&server, &of(json!([{"connect": "a"}, {"wait": "500ms"}]), answers));
    assert_eq!(
        told(&outcome),
        ["strict unexpected: the check is strict, and 1 message came that no step selected"]
    );
}

#[test]
fn a_late_answer_goes_out_later_and_not_on_the_next_connection() {
    let server = Asking::of(&["2"]);
    let answers = json!({"answers": [{"to": {"text": "2"}, "send": "3", "after": "200ms"}]});
    let outcome = run(&server, &lax(json!([{"connect": "a"}, {"wait": "250ms"}]), answers.clone()));
    assert_eq!((told(&outcome), did(&outcome, "answers[0]")), (Vec::new(), (1, 0)));
    let steps = json!([{"connect": "a"}, {"wait": "150ms"}, {"reconnect": "a"}, {"wait": "350ms"}]);
    let outcome = run(&server, &lax(steps, answers));
    assert_eq!((told(&outcome), did(&outcome, "answers[0]")), (Vec::new(), (2, 1)));
    assert_eq!(*server.heard.borrow(), ["3"]);
}

#[test]
fn the_seq_and_the_moments_of_the_steps_stay() {
    let server = Asking { echoes: true, ..Asking::of(&["2"]) };
    let steps = json!([
        {"connect": "a"},
        {"on": "a", "send": "{{seq}}", "expect": {"text": "1"}},
        {"wait": "300ms"},
        {"on": "a", "send": "{{seq}}", "expect": {"text": "2nd"}}
    ]);
    let mut suite = of(steps, json!({"answers": [{"to": {"text": "2"}, "send": "ok"}]}));
    suite["checks"][0]["steps"][3]["send"] = "{{seq}}nd".into();
    suite["checks"][0]["strict"] = false.into();
    let outcome = run(&server, &suite);
    assert_eq!((told(&outcome), did(&outcome, "answers[0]")), (Vec::new(), (1, 1)));
}

#[test]
fn an_expectation_of_what_was_answered_is_told_so() {
    let server = Asking::of(&["2"]);
    let steps = json!([{"connect": "a"}, {"on": "a", "expect": {"text": "2", "within": "300ms"}}]);
    let outcome = run(&server, &of(steps, json!({"answers": [{"to": {"text": "2"}, "send": "3"}]})));
    let failure = line(&outcome, "steps[1]").failure.clone().expect("a failure");
    assert!(failure.closest.as_ref().is_some_and(|near| near.answered), "{failure:?}");
    let mut text = String::new();
    sockscope_engine::report::write_html(&outcome.report, &mut text).expect("a string");
    assert!(text.contains("taken by an answer or a heartbeat"), "{text}");
    assert!(text.contains("1 message taken, 1 sent"), "{text}");
}

#[test]
fn an_answer_that_answers_itself_ends_the_check() {
    let server = Asking { echoes: true, ..Asking::of(&[]) };
    let steps =
        json!([{"connect": "a"}, {"on": "a", "send": "x"}, {"wait": "10s"}, {"remark": "not reached"}]);
    let outcome = run(&server, &of(steps.clone(), json!({"answers": [{"to": {"any": true}, "send": "y"}]})));
    assert_eq!(
        told(&outcome),
        [
            "answers[0] script: it seems to answer itself: what it sends came back 100 times in a row, and it answers \
             that too; make \"to\" narrower, or give it \"times\""
        ]
    );
    assert_eq!(outcome.report.verdict, Verdict::Error);
    let other = json!({"answers": [{"to": {"any": true}, "send": "{{seq}}"}]});
    let server = Asking { insists: true, ..Asking::of(&[]) };
    let outcome = run(&server, &of(steps, other));
    assert_eq!(
        told(&outcome),
        [
            "answers[0] script: it seems to answer itself: it answered 10000 messages within a second; make \"to\" \
             narrower, or give it \"times\""
        ]
    );
    assert!(server.heard.borrow().len() < 10_010);
}

#[test]
fn an_answer_that_answers_itself_is_known_by_its_frame() {
    for (framing, send) in [
        (json!({"delimiter": "\n"}), json!("y\n")),
        (json!({"length": "u8", "strip": true, "as": "text"}), json!({"$hex": "01 79"})),
    ] {
        let server = Asking { echoes: true, ..Asking::of(&[]) };
        let steps = json!([{"connect": "a"}, {"on": "a", "send": send}, {"wait": "10s"}]);
        let mut suite = of(steps, json!({"answers": [{"to": {"text": "y"}, "send": send}]}));
        suite["clients"]["a"]["framing"] = framing;
        let told = told(&run(&server, &suite));
        let sign = "answers[0] script: it seems to answer itself: what it sends came back 100 times in a row";
        assert!(told.iter().any(|line| line.starts_with(sign)), "{told:?}");
        assert!(server.heard.borrow().len() < 110);
    }
}

#[test]
fn an_answer_that_lacks_a_member_says_which() {
    let server = Asking::of(&["{}"]);
    let answers = json!({"answers": [{"to": {"any": true}, "send": "{{message.id}}"}]});
    let outcome = run(&server, &of(json!([{"connect": "a"}, {"wait": "300ms"}]), answers));
    assert_eq!(told(&outcome), ["answers[0] script: the message that came has no id"]);
    assert_eq!(line(&outcome, "answers[0]").failure.as_ref().and_then(|it| it.client.as_deref()), Some("a"));
}

#[test]
fn members_of_a_group_answer_for_themselves_in_every_shard() {
    let server = Asking::of(&["2", "2"]);
    let mut suite = of(
        json!([{"connect": "crowd"}, {"wait": "300ms"}]),
        json!({"answers": [{"to": {"text": "2"}, "send": "3 from {{client}}"}]}),
    );
    suite["clients"] = json!({"crowd": {"url": "ws://ask/", "count": 5}});
    let whole = run(&server, &suite);
    assert_eq!((told(&whole), did(&whole, "answers[0]")), (Vec::new(), (10, 10)));
    assert!(server.heard.borrow().contains(&"3 from crowd[4]".to_owned()));
    let shards: Vec<_> = (0..2)
        .map(|index| {
            let mut setting = Setting { seed: 42, ..Setting::default() };
            setting.options.shard = Shard::new(index, 2).expect("a shard");
            Some(run_with(&server, &suite, &setting).report)
        })
        .collect();
    let merged = sockscope_engine::run::merge(&shards).expect("two shards");
    let line = merged.checks[0].steps.iter().find(|step| step.path == "answers[0]").expect("a line");
    assert_eq!(line.standing, Some(Standing { matched: 10, sent: 10 }));
    assert_eq!((line.on.len(), merged.verdict), (5, Verdict::Pass));
}

#[test]
fn a_heart_beats_while_the_connection_is_open_and_again_after_a_reconnect() {
    let server = Asking::of(&[]);
    let steps = json!([
        {"connect": "a"}, {"wait": "350ms"}, {"on": "a", "close": {}}, {"wait": "1s"}, {"reconnect": "a"}, {"wait": "150ms"}
    ]);
    let mut suite = lax(steps, json!({}));
    suite["clients"]["a"]["heartbeat"] = json!({"every": "100ms", "send": "beat {{seq}}"});
    let outcome = run(&server, &suite);
    assert_eq!(told(&outcome), NOTHING);
    assert_eq!(*server.heard.borrow(), ["beat 1", "beat 2", "beat 3", "beat 4"]);
    assert_eq!(did(&outcome, "clients.a.heartbeat"), (0, 4));
    assert_eq!(plain(&line(&outcome, "clients.a.heartbeat").title), r#"a sends "beat {{seq}}" every 100 ms"#);
}

#[test]
fn the_reply_to_a_beat_must_come_in_time() {
    let beat = json!({"every": "100ms", "send": "beat", "expect": {"text": "beat"}, "within": "50ms"});
    let suite = |steps| {
        let mut suite = of(steps, json!({}));
        suite["clients"]["a"]["heartbeat"] = beat.clone();
        suite
    };
    let steps = json!([{"connect": "a"}, {"on": "a", "silence": {"for": "350ms"}}]);
    let outcome = run(&Asking { echoes: true, ..Asking::of(&[]) }, &suite(steps));
    assert_eq!((told(&outcome), did(&outcome, "clients.a.heartbeat")), (Vec::new(), (4, 4)));
    let steps = json!([{"connect": "a"}, {"wait": "400ms"}, {"wait": "400ms"}]);
    let outcome = run(&Asking::of(&[]), &suite(steps));
    assert_eq!(
        told(&outcome),
        [r#"clients.a.heartbeat timeout: text "beat" did not come within 50 ms after beat 1 at 101 ms"#]
    );
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    // A reply too many is a message like any other.
    let mut suite = suite(json!([{"connect": "a"}, {"wait": "90ms"}]));
    suite["clients"]["a"]["heartbeat"]["every"] = "1s".into();
    let outcome = run(&Asking { every: Duration::from_millis(50), ..Asking::of(&["beat"]) }, &suite);
    let stray = "strict unexpected: the check is strict, and 1 message came that no step selected";
    assert_eq!(told(&outcome), [stray]);
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    let heard = |seed| {
        let server = Asking::of(&["2", "2"]);
        let suite = of(
            json!([{"connect": "a"}, {"wait": "300ms"}]),
            json!({"answers": [{"to": {"text": "2"}, "send": "{{uuid}} {{random 1 1000000}}"}]}),
        );
        run_with(&server, &suite, &Setting { seed, ..Setting::default() });
        server.heard.take()
    };
    assert_eq!(heard(1), heard(1));
    assert_ne!(heard(1), heard(2));
}

#[test]
fn a_secret_that_an_answer_makes_something_of_stands_in_no_report() {
    let server = Asking::of(&[r#"{"token":"hunter2-hunter2"}"#, "{}"]);
    let suite = of(
        json!([{"connect": "a"}, {"wait": "300ms"}]),
        json!({
            "vars": {"key": "hunter2-hunter2"}, "secrets": ["key"],
            "answers": [{"to": {"subset": {"token": {"$any": true}}}, "send": "{{hex key}}"}]
        }),
    );
    let outcome = run(&server, &suite);
    let hex = "68756e746572322d68756e74657232";
    assert_eq!(*server.heard.borrow(), [hex]);
    let text = serde_json::to_string(&outcome.report).expect("JSON");
    assert!(!text.contains("hunter2-hunter2") && !text.contains(hex), "{text}");
}

/// What stands beside the steps, two imports away.
const BESIDE: &str = r#"{ "sockscope": 1, "suite": "beside",
  "clients": {
    "asked": { "url": "{{env.WS_URL}}/echo" },
    "beats": { "url": "{{env.WS_URL}}/echo",
      "heartbeat": { "every": "20ms", "send": "beat", "expect": { "text": "pulse" }, "within": "10ms" } },
    "cut": { "url": "{{env.WS_URL}}/echo", "framing": { "length": "u16", "max": 4 } } },
  "answers": [
    { "to": { "text": "name?" }, "send": "{{message.name}}" } ],
  "define": {} }"#;

#[test]
fn a_failure_beside_the_steps_names_its_file_and_where_that_is_imported() {
    let suite = |client: &str, send: &str| {
        format!(
            r#"{{ "sockscope": 1, "suite": "s",
  "import": ["lib/all.json"],
  "checks": [ {{ "check": "c", "steps": [ {{ "connect": "{client}" }}, {{ "on": "{client}", "send": {send} }}, {{ "wait": "100ms" }} ] }} ] }}"#
        )
    };
    let all =
        "{ \"sockscope\": 1, \"suite\": \"all\", \"define\": {},\n\n\n  \"import\": [\"beside.json\"] }";
    for (client, send, path, line) in [
        ("asked", r#""name?""#, "answers[0]", 8),
        ("beats", r#""hello""#, "clients.beats.heartbeat", 5),
        ("cut", r#"{ "$hex": "00ff" }"#, "clients.cut.framing", 6),
    ] {
        let texts = [("lib/all.json", all), ("lib/beside.json", BESIDE)];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let files = sockscope_engine::suite::Files::of_texts(texts);
        let outcome = run_text(&suite(client, send), &Setting { files, ..Setting::default() });
        let steps = &outcome.report.checks[0].steps;
        let failed: Vec<_> = steps.iter().filter(|step| step.failure.is_some()).collect();
        assert_eq!(failed.iter().map(|step| step.path.as_str()).collect::<Vec<_>>(), [path]);
        let told = sockscope_engine::report::explain_checks(&outcome.report.checks);
        let place = format!(
            "({path}, line {line} of lib/beside.json, imported in line 4 of lib/all.json, from line 2)"
        );
        assert!(told[0].1.contains(&place), "{}", told[0].1);
        assert_eq!((failed[0].line, failed[0].file.as_deref()), (line, Some("lib/beside.json")));
    }
}
