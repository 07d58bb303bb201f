//! A practice server in virtual time, for tests of the engine: the routes that the real one has, answered after a millisecond.
//!
//! Owns good behaviour. Faults are put in front of it by [`Faults`], so that a test says what is wrong and nothing else is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::report::Report;
use sockscope_engine::run::{Options, Plan, Progress, Stop, run};
use sockscope_engine::sim::{Act, Peer, Server, Sim};
use sockscope_engine::suite::{Files, Suite};
use sockscope_engine::{HttpResponse, Payload};

/// How long everything takes.
pub const LATENCY: Duration = Duration::from_millis(1);
/// How long a handshake takes.
pub const HANDSHAKE: Duration = Duration::from_millis(3);

/// A moment in 2026 that every simulated run begins at.
pub const BEGAN: u64 = 1_795_230_000_000;

/// What the server does wrong, from nothing on.
#[derive(Clone, Default)]
pub struct Faults {
    /// Refuses the handshake.
    pub refuses: bool,
    /// Refuses every handshake after this many.
    pub refuses_after: Option<u64>,
    /// Answers in no time at all.
    pub is_instant: bool,
    /// Takes this much longer for each answer.
    pub delay: Duration,
    /// Does not send this one of its messages, counted from 0 over each connection.
    pub drops: Option<u64>,
    /// Sends this one twice.
    pub repeats: Option<u64>,
    /// Sends this one after the next one.
    pub swaps: Option<u64>,
    /// Changes the last byte of this one.
    pub corrupts: Option<u64>,
    /// Sends text as binary.
    pub mistypes: bool,
    /// Closes with this code instead of sending the message of this number.
    pub closes: Option<(u64, u16)>,
    /// How long it takes until the client is told of that close. Nothing can be sent meanwhile.
    pub is_closing_for: Duration,
    /// Drops the connection instead of sending the message of this number.
    pub aborts: Option<u64>,
    /// Does not answer a close.
    pub keeps_open: bool,
    /// Sends to everybody what only some should get.
    pub leaks: bool,
    /// Sends this when a connection opens.
    pub greets: Option<String>,
    /// Answers HTTP calls with this status.
    pub status: Option<u16>,
    /// The network takes this many bytes a second on the way to it.
    pub takes: Option<u64>,
    /// Chooses this subprotocol whatever is offered.
    pub protocol: Option<String>,
}

/// Everybody who is connected, by path and user.
#[derive(Default)]
struct Town {
    people: Vec<Resident>,
    next: u64,
    /// Handshakes.
    asked: u64,
}

struct Resident {
    number: u64,
    path: String,
    user: String,
    rooms: Vec<String>,
    mouth: Mouth,
}

/// What a connection says, faults and all.
#[derive(Clone)]
struct Mouth {
    peer: Peer,
    faults: Rc<Faults>,
    said: Rc<std::cell::Cell<u64>>,
    held: Rc<RefCell<Option<Payload>>>,
}

impl Mouth {
    fn say(&self, payload: Payload) {
        let number = self.said.get();
        self.said.set(number + 1);
        let wait = if self.faults.is_instant { Duration::ZERO } else { LATENCY + self.faults.delay };
        let mut payload = payload;
        if self.faults.corrupts == Some(number) {
            payload = corrupt(payload);
        }
        if self.faults.mistypes {
            payload = Payload::Binary(payload.as_bytes().to_vec());
        }
        let send = |payload: &Payload| self.peer.after(wait, Act::Send(payload.clone()));
        match self.faults.closes {
            Some((at, code)) if at == number => {
                let (lasting, reason) = (self.faults.is_closing_for, "as told".to_owned());
                let act = if lasting.is_zero() {
                    Act::Close(code, reason)
                } else {
                    Act::Closing(lasting, code, reason)
                };
                return self.peer.after(wait, act);
            }
            _ => {}
        }
        if self.faults.aborts == Some(number) {
            return self.peer.after(wait, Act::Abort);
        }
        if self.faults.drops == Some(number) {
            return;
        }
        if self.faults.swaps == Some(number) {
            *self.held.borrow_mut() = Some(payload);
            return;
        }
        send(&payload);
        if let Some(held) = self.held.borrow_mut().take() {
            send(&held);
        }
        if self.faults.repeats == Some(number) {
            send(&payload);
        }
    }

    fn tell(&self, value: &Value) {
        self.say(Payload::Text(value.to_string()));
    }
}

fn corrupt(payload: Payload) -> Payload {
    let flip = |bytes: &mut Vec<u8>| match bytes.last_mut() {
        Some(last) => *last ^= 1,
        None => bytes.push(0),
    };
    match payload {
        Payload::Text(text) => {
            let mut bytes = text.into_bytes();
            flip(&mut bytes);
            Payload::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        Payload::Binary(mut bytes) => {
            flip(&mut bytes);
            Payload::Binary(bytes)
        }
    }
}

/// One connection of the practice server.
struct Practice {
    town: Rc<RefCell<Town>>,
    faults: Rc<Faults>,
    path: String,
    user: String,
    number: u64,
    mouth: Option<Mouth>,
}

impl Server for Practice {
    fn accepts_after(&mut self) -> Option<Duration> {
        let mut town = self.town.borrow_mut();
        town.asked += 1;
        let is_full = self.faults.refuses_after.is_some_and(|most| town.asked > most);
        let is_refused = self.faults.refuses || is_full || self.path == "/ws/refused";
        (!is_refused).then_some(HANDSHAKE)
    }

    fn takes(&self) -> Option<u64> {
        self.faults.takes
    }

    fn chooses(&mut self, offered: &[String]) -> String {
        let known = |name: &&String| ["echo.v1", "echo.v2"].contains(&name.as_str());
        let chosen = self.faults.protocol.clone();
        chosen.or_else(|| offered.iter().find(known).cloned()).unwrap_or_default()
    }

    fn on_open(&mut self, peer: Peer) {
        let mouth = Mouth { peer, faults: self.faults.clone(), said: Rc::default(), held: Rc::default() };
        if let Some(greeting) = &self.faults.greets {
            mouth.say(greeting.as_str().into());
        }
        if self.path == "/ws/full" {
            mouth.peer.after(LATENCY, Act::Close(4029, "too many connections".to_owned()));
        }
        let mut town = self.town.borrow_mut();
        self.number = town.next;
        town.next += 1;
        town.people.push(Resident {
            number: self.number,
            path: self.path.clone(),
            user: self.user.clone(),
            rooms: Vec::new(),
            mouth: mouth.clone(),
        });
        self.mouth = Some(mouth);
    }

    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        let Some(mouth) = self.mouth.clone() else { return Vec::new() };
        if self.path == "/ws/silent" {
            return Vec::new();
        }
        let json = match &payload {
            Payload::Text(text) => serde_json::from_str::<Value>(text).ok(),
            Payload::Binary(_) => None,
        };
        match (self.path.as_str(), json) {
            ("/ws/rooms", Some(json)) => self.in_rooms(&json),
            ("/ws", Some(json)) => match json["type"].as_str() {
                Some("config") => mouth.tell(&json!({"type": "config_ack", "config": json["config"]})),
                Some("message") => {
                    mouth.tell(&json!({"type": "response", "id": json["id"], "text": json["text"]}));
                }
                Some("ping") => mouth.tell(&json!({"type": "pong"})),
                _ => mouth.say(payload),
            },
            _ => mouth.say(payload),
        }
        Vec::new()
    }

    fn on_end(&mut self) {
        self.town.borrow_mut().people.retain(|resident| resident.number != self.number);
    }

    fn answers_close_after(&mut self) -> Option<Duration> {
        (!self.faults.keeps_open).then_some(LATENCY)
    }
}

impl Practice {
    fn in_rooms(&mut self, json: &Value) {
        let room = json["room"].as_str().unwrap_or_default().to_owned();
        let verb = json["type"].as_str().unwrap_or_default();
        let mut town = self.town.borrow_mut();
        let me = town.people.iter_mut().find(|resident| resident.number == self.number);
        let Some(me) = me else { return };
        match verb {
            "join" => me.rooms.push(room.clone()),
            "leave" => me.rooms.retain(|known| *known != room),
            _ => {}
        }
        let said = match verb {
            "join" => json!({"type": "joined", "room": room, "user": self.user}),
            "leave" => json!({"type": "left", "room": room, "user": self.user}),
            "say" => json!({"type": "said", "room": room, "from": self.user, "text": json["text"]}),
            _ => json!({"type": "error", "message": "unknown"}),
        };
        let leaks = self.faults.leaks;
        let hears =
            |resident: &&Resident| resident.path == "/ws/rooms" && (leaks || resident.rooms.contains(&room));
        town.people.iter().filter(hears).for_each(|resident| resident.mouth.tell(&said));
    }
}

/// A world with a practice server at `ws://sim/ws` and `http://sim/api`.
pub fn world(seed: u64, faults: Faults) -> Sim {
    let sim = Sim::with_seed(seed);
    let town: Rc<RefCell<Town>> = Rc::default();
    let faults = Rc::new(faults);
    let people = town.clone();
    let faulty = faults.clone();
    sim.serve_by_address("ws://sim/", move |url| {
        let rest = url.strip_prefix("ws://sim").unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let user = query.split('&').find_map(|pair| pair.strip_prefix("user=")).unwrap_or_default();
        Practice {
            town: people.clone(),
            faults: faulty.clone(),
            path: path.to_owned(),
            user: user.to_owned(),
            number: 0,
            mouth: None,
        }
    });
    let asked = std::cell::Cell::new(0);
    sim.answer("http://sim/api/", move |request| {
        let answer = |status, body: Value| {
            Ok(HttpResponse {
                status,
                headers: Vec::new(),
                body: body.to_string(),
                url: request.url.clone(),
                ..HttpResponse::default()
            })
        };
        if let Some(status) = faults.status {
            return (LATENCY, answer(status, json!({"error": "as told"})));
        }
        let body: Value = request
            .body
            .as_ref()
            .and_then(|body| serde_json::from_slice(body.as_bytes()).ok())
            .unwrap_or_default();
        if request.url.ends_with("/events") && request.method == "POST" {
            let event = json!({"type": body["type"], "data": body["data"], "id": "e-1"});
            let wanted = body["user"].as_str().map(str::to_owned);
            for resident in town.borrow().people.iter().filter(|resident| resident.path == "/ws/events") {
                if wanted.as_ref().is_none_or(|user| *user == resident.user) || faults.leaks {
                    resident.mouth.tell(&event);
                }
            }
            return (LATENCY, answer(202, json!({"id": "e-1"})));
        }
        if request.url.ends_with("/jobs") && request.method == "POST" {
            let bytes = request.body.as_ref().map_or(0, |body| body.as_bytes().len());
            return (LATENCY, answer(202, json!({"id": "1", "state": "running", "bytes": bytes})));
        }
        if request.url.ends_with("/jobs/1") {
            asked.set(asked.get() + 1);
            let state = if asked.get() < 3 { "running" } else { "done" };
            let wait = LATENCY + faults.delay;
            return (wait, answer(200, json!({"id": 1, "state": state, "asked": asked.get()})));
        }
        match request.url.ends_with("/health") {
            true => (LATENCY, answer(200, json!({"status": "ok", "connections": 0}))),
            false => (LATENCY, answer(404, json!({"error": "no such path"}))),
        }
    });
    sim
}

/// A run that has ended, with what was told meanwhile.
pub struct Outcome {
    pub report: Report,
    pub told: Vec<Progress>,
    /// Connections that were still there after everything had settled.
    pub open: usize,
}

/// What a run is given.
#[derive(Clone, Default)]
pub struct Setting {
    pub faults: Faults,
    pub seed: u64,
    pub options: Options,
    pub stop: Stop,
    /// The files that the suite names.
    pub files: Files,
}

/// Reads a suite and runs it against the practice server.
#[track_caller]
pub fn run_text(text: &str, setting: &Setting) -> Outcome {
    run_in(world(setting.seed, setting.faults.clone()), text, setting)
}

/// The same in a world that is given.
#[track_caller]
pub fn run_in(sim: Sim, text: &str, setting: &Setting) -> Outcome {
    let suite = Suite::parse_with(text, &setting.files).unwrap_or_else(|problems| {
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("the suite does not read:\n{}\n{text}", all.join("\n"))
    });
    let mut options = setting.options.clone();
    options.seed = setting.seed;
    options.origin_millis = BEGAN;
    let mut env = BTreeMap::from([
        ("WS_URL".to_owned(), "ws://sim/ws".to_owned()),
        ("API_URL".to_owned(), "http://sim/api".to_owned()),
    ]);
    env.extend(options.env);
    options.env = env;
    let plan = Plan::new(Rc::new(suite), options, BEGAN).unwrap_or_else(|errors| panic!("{errors:?}"));
    let told: Rc<RefCell<Vec<Progress>>> = Rc::default();
    let hears = told.clone();
    let listener = Box::new(move |progress| hears.borrow_mut().push(progress));
    let report =
        sim.run(run(plan, sim.clone(), setting.stop.clone(), listener)).expect("every wait has a bound");
    sim.settle();
    let told = told.borrow().clone();
    Outcome { report, told, open: sim.open_connections() }
}

/// A suite with one check of these steps, on a client `a` at `path` below `ws://sim`, and `b` beside it.
pub fn suite(path: &str, steps: &Value) -> Value {
    json!({
        "sockscope": 1,
        "suite": "test",
        "clients": {"a": {"url": format!("ws://sim{path}")}, "b": {"url": format!("ws://sim{path}")}},
        "checks": [{"check": "check", "steps": steps}]
    })
}
