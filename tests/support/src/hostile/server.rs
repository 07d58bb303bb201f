//! A server that says what it likes, when it likes, and closes as it likes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use sockscope_engine::base::random::Random;
use sockscope_engine::sim::{Act, Peer, Server, Sim};
use sockscope_engine::{HttpError, HttpResponse, Payload};

use super::choices::Choices;
use super::json;

/// What a hostile server is like, the same for all its connections.
pub struct Manners {
    seed: u64,
    messages: Vec<Payload>,
    /// In thousandths.
    refuses: u64,
    echoes: u64,
    chatters: u64,
    closes: u64,
    aborts: u64,
    answers_close: u64,
    slowest: u64,
    most_at_once: u64,
}

impl Manners {
    pub fn of(choices: &Choices<'_>) -> Self {
        let seed = choices.number();
        let (refuses, echoes) =
            (choices.pick(&[0, 0, 0, 0, 0, 100, 1000]), choices.pick(&[1000, 1000, 1000, 500, 0]));
        let chatters = choices.pick(&[0, 0, 10, 100, 500, 1000]);
        let (closes, aborts) = (choices.pick(&[0, 0, 0, 10, 100]), choices.pick(&[0, 0, 0, 10, 100]));
        let answers_close = choices.pick(&[1000, 500, 0]);
        let slowest = choices.pick(&[0, 1, 1, 50, 2000]);
        let most_at_once = choices.pick(&[1, 3, 40]);
        let messages = (0..1 + choices.below(8)).map(|_| message(choices)).collect();
        Self {
            seed,
            messages,
            refuses,
            echoes,
            chatters,
            closes,
            aborts,
            answers_close,
            slowest,
            most_at_once,
        }
    }
}

/// One message, well-formed or not.
pub fn message(choices: &Choices<'_>) -> Payload {
    match choices.below(8) {
        0 => Payload::Binary(choices.bytes(12)),
        1 => Payload::Text(String::from_utf8_lossy(&choices.bytes(12)).into_owned()),
        2 => {
            let depth = choices.pick(&[1, 100, 127, 128, 129, 5000]);
            Payload::Text("[".repeat(depth) + &"]".repeat(depth))
        }
        3 => Payload::Text(format!("{{\"id\":{},\"type\":\"ping\"}}", json::number(choices))),
        4 => Payload::Text(json::text(choices)),
        5 => Payload::Text("x".repeat(choices.pick(&[0, 1, 125, 126, 65_536]))),
        _ => Payload::Text(json::value(choices, 3).to_string()),
    }
}

struct Hostile {
    manners: Rc<Manners>,
    random: Rc<RefCell<Random>>,
}

impl Hostile {
    fn draw(&self) -> u64 {
        self.random.borrow_mut().next_u64()
    }

    fn happens(&self, thousandths: u64) -> bool {
        self.draw() % 1000 < thousandths
    }

    fn wait(&self) -> Duration {
        Duration::from_micros(self.draw() % (self.manners.slowest * 1000 + 1))
    }

    fn acts(&self) -> Vec<(Duration, Act)> {
        let mut acts = Vec::new();
        if self.happens(self.manners.chatters) {
            for _ in 0..1 + self.draw() % self.manners.most_at_once {
                let at = self.draw() as usize % self.manners.messages.len();
                acts.push((self.wait(), Act::Send(self.manners.messages[at].clone())));
            }
        }
        if self.happens(self.manners.closes) {
            let code = [1000, 1001, 1005, 1006, 1011, 3000, 4999, 0, 65_535][self.draw() as usize % 9];
            let reason = ["", "bye", "\u{0}\u{202e}"][self.draw() as usize % 3];
            acts.push((self.wait(), Act::Close(code, reason.to_owned())));
        }
        if self.happens(self.manners.aborts) {
            acts.push((self.wait(), Act::Abort));
        }
        acts
    }
}

impl Server for Hostile {
    fn accepts_after(&mut self) -> Option<Duration> {
        if self.happens(self.manners.refuses) { None } else { Some(self.wait() / 50) }
    }

    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        let mut acts = self.acts();
        if self.happens(self.manners.echoes) {
            acts.push((self.wait(), Act::Send(payload)));
        }
        acts
    }

    fn chooses(&mut self, offered: &[String]) -> String {
        match self.draw() % 3 {
            0 => "unheard-of".to_owned(),
            _ => offered.first().cloned().unwrap_or_default(),
        }
    }

    fn on_open(&mut self, peer: Peer) {
        self.acts().into_iter().for_each(|(wait, act)| peer.after(wait, act));
    }

    fn answers_close_after(&mut self) -> Option<Duration> {
        self.happens(self.manners.answers_close).then(|| self.wait())
    }
}

/// A world with such a server at every address.
pub fn world(manners: Manners) -> Sim {
    let sim = Sim::with_seed(manners.seed);
    let manners = Rc::new(manners);
    let random = Rc::new(RefCell::new(Random::with_seed(manners.seed)));
    let server = Hostile { manners, random };
    let answering = Hostile { manners: server.manners.clone(), random: server.random.clone() };
    sim.serve("ws", move || Hostile { manners: server.manners.clone(), random: server.random.clone() });
    sim.answer("http", move |_| {
        let wait = answering.wait();
        if answering.happens(answering.manners.aborts) {
            return (wait, Err(HttpError { message: "\u{0}cut".to_owned() }));
        }
        let at = answering.draw() as usize % answering.manners.messages.len();
        let body = String::from_utf8_lossy(answering.manners.messages[at].as_bytes()).into_owned();
        let status = [200, 204, 404, 500, 0, 999][answering.draw() as usize % 6];
        (
            wait,
            Ok(HttpResponse {
                status,
                headers: vec![("X".into(), "\r\n".into())],
                body,
                ..HttpResponse::default()
            }),
        )
    });
    sim
}
