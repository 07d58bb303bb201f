//! Replays in virtual time, against servers with a script.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Value, json};

use super::*;
use crate::base::mask::Masker;
use crate::recording::run_recording::Recorded;
use crate::session::diff::{Masks, diff, write_text};
use crate::session::read::{Alone, open};
use crate::sim::{Act, Peer, Server, Sim};
use crate::{Closing, Endpoint, FrameKind, Payload};

/// What is wrong with the server of today.
#[derive(Clone, Copy, Default)]
struct Faults {
    drops: Option<u64>,
    swaps: Option<u64>,
    closes_at: Option<u64>,
    mute_at: Option<u64>,
}

/// It gives a token, and answers only who sends that back.
struct Shop {
    faults: Faults,
    token: String,
    asked: u64,
    kept: Option<Payload>,
}

impl Server for Shop {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(3))
    }

    fn on_open(&mut self, peer: Peer) {
        let welcome = json!({"type": "welcome", "token": self.token});
        peer.after(Duration::from_millis(1), Act::Send(Payload::Text(welcome.to_string())));
    }

    fn on_message(&mut self, payload: Payload, random: u64) -> Vec<(Duration, Act)> {
        let Payload::Text(text) = payload else { return Vec::new() };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if message["token"] != self.token.as_str() {
            return vec![(Duration::ZERO, Act::Close(1008, "who are you?".to_owned()))];
        }
        self.asked += 1;
        let (nth, faults) = (self.asked, self.faults);
        let mut answer = json!({"type": "price", "id": message["id"], "price": nth * 10, "currency": "EUR"});
        if faults.drops == Some(nth) {
            answer.as_object_mut().expect("an object").remove("currency");
        }
        if faults.closes_at == Some(nth) {
            return vec![(Duration::ZERO, Act::Close(1011, "broken".to_owned()))];
        }
        if faults.mute_at == Some(nth) {
            return Vec::new();
        }
        let answer = Payload::Text(answer.to_string());
        if faults.swaps == Some(nth) {
            self.kept = Some(answer);
            return Vec::new();
        }
        let took = Duration::from_micros(2000 + random % 500);
        let mut acts = vec![(took, Act::Send(answer))];
        acts.extend(self.kept.take().map(|kept| (took + Duration::from_micros(1), Act::Send(kept))));
        acts
    }
}

/// A world with the shop in it; each connection gets another token.
fn world(seed: u64, faults: &Rc<Cell<Faults>>) -> Sim {
    let sim = Sim::with_seed(seed);
    let (faults, next) = (faults.clone(), Cell::new(seed * 1000));
    sim.serve("ws://", move || {
        next.set(next.get() + 1);
        Shop {
            faults: faults.get(),
            token: format!("t0k3n-{:08x}-{}", next.get() * 7_919, seed),
            asked: 0,
            kept: None,
        }
    });
    sim
}

/// A session as a person clicked it together: thirty questions, a tenth of a second apart.
fn recorded(pipelined: bool) -> Session {
    let sim = world(1, &Rc::default());
    let world = Recorded::new(sim.clone(), 1 << 20, Origin::from_millis(1e12));
    let token = Rc::new(RefCell::new(String::new()));
    let heard = token.clone();
    let endpoint = Endpoint::parse("ws://old.example/ws/shop?lang=en").expect("an address");
    let sink = Box::new(move |_, event| {
        if let crate::Event::Received(Payload::Text(text)) = event {
            let message: Value = serde_json::from_str(&text).expect("JSON");
            if let Some(token) = message["token"].as_str() {
                token.clone_into(&mut heard.borrow_mut());
            }
        }
    });
    let socket = world.connect("alice", &endpoint, sink).expect("simulated");
    let talking = world.clone();
    sim.run(async move {
        talking.sleep(Duration::from_millis(100)).await;
        for nth in 0..30 {
            let question = json!({"type": "ask", "id": nth, "token": *token.borrow()});
            crate::Socket::send(&socket, &Payload::Text(question.to_string())).expect("open");
            talking
                .sleep(if pipelined { Duration::from_micros(10) } else { Duration::from_millis(100) })
                .await;
        }
        talking.sleep(Duration::from_millis(100)).await;
        crate::Socket::close(&socket, &Closing::normal()).expect("open");
        talking.sleep(Duration::from_millis(100)).await;
        drop(socket);
    })
    .expect("it ends");
    let mut text = String::new();
    world
        .read(|transcript| crate::report::write_jsonl(transcript, &Masker::default(), &mut text))
        .expect("a string takes all");
    open("recorded", text.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0)
}

fn options(to: &str, speed: Speed) -> Options {
    Options {
        target: Target::parse(to).expect("an address"),
        speed,
        budget: 1 << 20,
        origin: Origin::from_millis(2e12),
        quiet: Duration::from_millis(200),
        secrets: Secrets::default(),
    }
}

fn again(session: &Session, speed: Speed, seed: u64, faults: Faults) -> (Replayed, Duration) {
    let sim = world(seed, &Rc::new(Cell::new(faults)));
    let future = replay(sim.clone(), session, &options("ws://new.example:81", speed)).expect("a script");
    let began = sim.now();
    let replayed = sim.run(future).expect("it ends");
    assert_eq!(sim.open_connections(), 0);
    (replayed, sim.now() - began)
}

fn told(first: &Session, second: &Session) -> Vec<String> {
    let found = diff(first, second, &Masks::default());
    let mut text = String::new();
    write_text(&found, &Masker::default(), &mut text).expect("a string takes all");
    text.lines().take(found.differences.len()).map(str::to_owned).collect()
}

const SPEEDS: [Speed; 3] = [Speed::Times(1.0), Speed::Times(10.0), Speed::Answers];

#[test]
fn the_same_server_gives_the_same_session_whatever_the_speed() {
    let session = recorded(false);
    for (seed, speed) in (2..22).zip(SPEEDS.into_iter().cycle()) {
        let (replayed, took) = again(&session, speed, seed, Faults::default());
        assert_eq!(told(&session, &replayed.session), Vec::<String>::new(), "{speed:?}");
        assert_eq!(replayed.opened, (1, 1));
        assert_eq!(replayed.session.messages(), (30, 31));
        let expected = ["30 values in what was sent came from the server and were replaced by those of now."];
        assert_eq!(replayed.remarks, expected);
        let url = &replayed.session.connections()[0].url;
        assert_eq!(url, "ws://new.example:81/ws/shop?lang=en");
        let (least, most) = match speed {
            Speed::Times(times) => (3.2 / times, 3.6 / times + 0.3),
            Speed::Answers => (0.06, 0.5),
        };
        assert!((least..most).contains(&took.as_secs_f64()), "{speed:?} took {took:?}");
    }
}

#[test]
fn each_fault_is_one_line() {
    let session = recorded(false);
    let with = |faults: Faults| told(&session, &again(&session, Speed::Times(10.0), 3, faults).0.session);
    let dropped = with(Faults { drops: Some(7), ..Faults::default() });
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert!(dropped[0].contains("$.currency was \"EUR\", is nothing"), "{dropped:?}");
    let mute = with(Faults { mute_at: Some(30), ..Faults::default() });
    assert_eq!(mute.len(), 1, "{mute:?}");
    assert!(mute[0].starts_with("missing   {\"type\":\"price\"} to alice"), "{mute:?}");
    let pipelined = recorded(true);
    let (replayed, _) =
        again(&pipelined, Speed::Times(1.0), 3, Faults { swaps: Some(12), ..Faults::default() });
    let swapped = told(&pipelined, &replayed.session);
    assert_eq!(
        swapped.iter().filter(|line| line.starts_with("reordered")).count(),
        swapped.len(),
        "{swapped:?}"
    );
}

#[test]
fn what_does_not_come_is_told_and_the_replay_ends() {
    let session = recorded(false);
    let (replayed, took) =
        again(&session, Speed::Answers, 3, Faults { mute_at: Some(30), ..Faults::default() });
    let expected = "The replay waited in vain for a message of the kind \"type=price;\" to alice (1 time).";
    assert!(replayed.remarks.contains(&expected.to_owned()), "{:?}", replayed.remarks);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let closed = again(&session, Speed::Answers, 3, Faults { closes_at: Some(5), ..Faults::default() }).0;
    let found = told(&session, &closed.session);
    assert!(found.iter().any(|line| line.starts_with("new       end of alice")), "{found:?}");
    assert!(
        closed.remarks.iter().any(|it| it.contains("Not sent, since alice was not open: ")),
        "{:?}",
        closed.remarks
    );
}

#[test]
fn a_server_that_is_not_there_ends_the_replay_in_order() {
    let session = recorded(false);
    let sim = Sim::with_seed(1);
    let future =
        replay(sim.clone(), &session, &options("ws://gone.example", Speed::Answers)).expect("a script");
    let replayed = sim.run(future).expect("it ends");
    assert_eq!(replayed.opened, (0, 1));
    let kinds: Vec<_> = replayed.session.log.from(0).map(|frame| frame.kind).collect();
    assert_eq!(kinds[0], FrameKind::Connecting);
    assert!(kinds.contains(&FrameKind::Failed), "{kinds:?}");
}

#[test]
fn err_what_cannot_be_replayed_is_said_before_anything_is_opened() {
    let empty = Session::new("empty", Origin::default(), 0);
    let sim = Sim::with_seed(1);
    let why = |session: &Session, speed| {
        replay(sim.clone(), session, &options("ws://h", speed)).err().map(|error| error.to_string())
    };
    let expected = "the session has no connection that could be opened again";
    assert_eq!(why(&empty, Speed::Answers).as_deref(), Some(expected));
    let expected = "a speed is a number above 0, found 0";
    assert_eq!(why(&recorded(false), Speed::Times(0.0)).as_deref(), Some(expected));
}

#[test]
fn several_connections_keep_their_names_and_take_values_from_each_other() {
    let lines = concat!(
        r#"{"event":"connecting","at_ms":0,"connection":1,"name":"alice","url":"ws://old/ws/shop","protocols":[]}"#,
        "\n",
        r#"{"event":"received","at_ms":4,"connection":1,"name":"alice","text":"{\"type\":\"welcome\",\"token\":\"t0k3n-00001234-9\"}"}"#,
        "\n",
        r#"{"event":"connecting","at_ms":10,"connection":2,"name":"bob","url":"ws://old/ws/shop?of=t0k3n-00001234-9","protocols":[]}"#,
        "\n",
        r#"{"event":"received","at_ms":14,"connection":2,"name":"bob","text":"{\"type\":\"welcome\",\"token\":\"t0k3n-0000abcd-9\"}"}"#,
        "\n",
        r#"{"event":"sent","at_ms":15,"connection":2,"name":"bob","text":"{\"type\":\"ask\",\"id\":1,\"token\":\"t0k3n-0000abcd-9\"}"}"#,
        "\n",
        r#"{"event":"received","at_ms":17,"connection":2,"name":"bob","text":"{\"type\":\"price\",\"id\":1,\"price\":10,\"currency\":\"EUR\"}"}"#,
        "\n",
    );
    let session = open("two", lines.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0);
    for speed in SPEEDS {
        let replayed = again(&session, speed, 5, Faults::default()).0;
        let connections = replayed.session.connections();
        let names: Vec<_> = connections.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob"]);
        let token = connections[1].url.strip_prefix("ws://new.example:81/ws/shop?of=").expect("its query");
        assert!(token != "t0k3n-00001234-9" && token.starts_with("t0k3n-"), "{token}");
        assert_eq!(told(&session, &replayed.session), Vec::<String>::new(), "{speed:?}");
    }
}

#[test]
fn how_far_a_replay_is_is_told_after_each_step() {
    let sim = world(2, &Rc::default());
    let session = recorded(false);
    let told = Rc::<RefCell<Vec<Progress>>>::default();
    let heard = told.clone();
    let options = options("ws://new.example:81", Speed::Answers);
    let tell = move |progress| heard.borrow_mut().push(progress);
    let future = replay_and_tell(sim.clone(), &session, &options, tell).expect("a script");
    let done = sim.run(future).expect("it ends");
    let told = told.borrow();
    // A handshake, thirty questions, a close.
    let steps: Vec<_> = told.iter().map(|it| it.steps).collect();
    assert_eq!(steps, (1..=32).map(|nth| (nth, 32)).collect::<Vec<_>>());
    let last = told.last().expect("32 of them");
    assert_eq!((last.sent, last.opened), (30, (1, 1)));
    assert_eq!((last.sent, last.received), done.session.messages());
}

/// What a bench keeps when `key` is a secret variable, and `token` came from the server and became one.
const MASKED: &str = concat!(
    r#"{"event":"connecting","at_ms":0,"connection":1,"name":"alice","url":"ws://old/ws/shop?key=***","protocols":[]}"#,
    "\n",
    r#"{"event":"received","at_ms":4,"connection":1,"name":"alice","text":"{\"type\":\"welcome\",\"token\":\"***\"}"}"#,
    "\n",
    r#"{"event":"sent","at_ms":5,"connection":1,"name":"alice","text":"{\"type\":\"ask\",\"id\":1,\"token\":\"***\",\"card\":\"Nr ***\"}"}"#,
    "\n",
    r#"{"event":"received","at_ms":7,"connection":1,"name":"alice","text":"{\"type\":\"price\",\"id\":1,\"price\":10,\"currency\":\"EUR\"}"}"#,
    "\n",
);

#[test]
fn a_session_without_its_secrets_takes_them_by_name_and_its_replay_is_without_them_too() {
    let session = open("kept", MASKED.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0);
    let lines_of = |transcript: &crate::report::Transcript<'_>| {
        let mut lines = String::new();
        crate::report::write_jsonl(transcript, &Masker::default(), &mut lines).expect("a string");
        lines
    };
    for speed in SPEEDS {
        let sim = world(5, &Rc::default());
        let world = Recorded::new(sim.clone(), 1 << 20, Origin::from_millis(1e12));
        let values =
            vec![("KEY".to_owned(), "k&1/secret".to_owned()), ("card".to_owned(), "4000-1234".to_owned())];
        let options = Options {
            secrets: Secrets { values, sends_masks: false },
            ..options("ws://new.example:81", speed)
        };
        let replayed =
            sim.run(replay(world.clone(), &session, &options).expect("a script")).expect("it ends");
        let sent = world.read(lines_of);
        assert!(sent.contains("ws://new.example:81/ws/shop?key=k%261%2Fsecret"), "{sent}");
        assert!(
            sent.contains(r#"\"card\":\"Nr 4000-1234\""#) && sent.contains(r#"1,\"token\":\"t0k3n-"#),
            "{sent}"
        );
        assert_eq!(replayed.session.messages(), (1, 2), "the shop knows its token");
        let lines = lines_of(&replayed.session.transcript());
        assert!(!lines.contains("4000-1234") && !lines.contains("k%261"), "{lines}");
        assert!(lines.contains(r#"\"card\":\"Nr ***\""#) && lines.contains("key=***"), "{lines}");
    }
}

#[test]
fn err_a_secret_that_is_missing_is_said_before_anything_is_opened_unless_masks_may_go_out() {
    let session = open("kept", MASKED.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0);
    let sim = world(5, &Rc::default());
    let to = options("ws://new.example:81", Speed::Answers);
    let error = replay(sim.clone(), &session, &to).err().expect("two values are missing");
    let expected = "the session was kept without its secrets: 2 frames to be sent have *** in place of a value: frame 0 key, frame 2 card";
    assert_eq!(error.to_string(), expected);
    let ReplayError::Masked(unfilled) = error else { panic!("{error}") };
    assert_eq!(unfilled.names(), ["key", "card"]);
    let to = Options { secrets: Secrets { sends_masks: true, ..Secrets::default() }, ..to };
    let replayed = sim.run(replay(sim.clone(), &session, &to).expect("a script")).expect("it ends");
    let expected = "2 frames with a masked value (***) went out as the session has it.";
    assert!(replayed.remarks.contains(&expected.to_owned()), "{:?}", replayed.remarks);
    assert_eq!(replayed.session.messages(), (1, 2));
}
