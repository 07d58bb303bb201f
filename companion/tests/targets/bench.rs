//! The bench's worker over real sockets, as the page drives it: what a test records, a person could have recorded.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire;
use sockscope::wire::bench::{
    Answer, ConnectionId, Look, Phase, Question, Ready, Request, Setup, Update, Variable, Workspace,
};
use sockscope::worker::PageWorker;
use sockscope::worker::bench::BenchWorker;
use sockscope_engine::Closing;
use sockscope_engine::bench::draft::Draft;

use sockscope_companion::native::NativeWorld;

/// A bench with one connection or several.
pub struct Bench {
    worker: BenchWorker<NativeWorld>,
    posts: Rc<RefCell<Vec<Vec<u8>>>>,
    phases: RefCell<std::collections::BTreeMap<ConnectionId, Phase>>,
    /// What the newest rows of the timeline begin with.
    rows: RefCell<Vec<String>>,
    total: std::cell::Cell<u64>,
    answers: RefCell<Vec<Answer>>,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Bench {
    /// With connections to these addresses, and these secret variables.
    pub fn new(urls: &[(&str, &str, &str)], secrets: &[(&str, &str)]) -> Self {
        let posts: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let outbox = posts.clone();
        let ready = Ready {
            clock_step: Duration::from_micros(5),
            isolated: true,
            clock_began: 0.0,
            most_sockets: 255,
        };
        let spawn = Rc::new(|task| drop(tokio::task::spawn_local(task)));
        let worker = BenchWorker::new(NativeWorld::default(), ready, spawn, move |bytes| {
            outbox.borrow_mut().push(bytes)
        });
        let bench = Self {
            worker,
            posts,
            phases: RefCell::default(),
            rows: RefCell::default(),
            total: std::cell::Cell::default(),
            answers: RefCell::default(),
        };
        bench.worker.announce();
        bench.ask(Request::Seen);
        bench.ask(Request::Look(Look { from: None, rows: 60 }));
        let connections = urls.iter().enumerate().map(|(nth, (name, url, protocols))| Setup {
            id: ConnectionId(nth as u32 + 1),
            name: (*name).to_owned(),
            url: (*url).to_owned(),
            protocols: (*protocols).to_owned(),
            ..Setup::default()
        });
        let variables = secrets.iter().map(|(name, value)| Variable {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            is_secret: true,
        });
        let workspace = Workspace {
            connections: connections.collect(),
            variables: variables.collect(),
            ..Workspace::default()
        };
        bench.ask(Request::Arrange(Box::new(workspace)));
        bench
    }

    fn ask(&self, request: Request) {
        self.worker.receive(&wire::encode(&request));
    }

    /// Reads and draws what was posted.
    fn draw(&self) {
        loop {
            let posts = self.posts.take();
            if posts.is_empty() {
                return;
            }
            for bytes in posts {
                match wire::decode(&bytes).expect("our own version") {
                    Update::Changes(changes) => {
                        for line in &changes.connections {
                            self.phases.borrow_mut().insert(line.id, line.phase);
                        }
                        if let Some(rows) = &changes.rows {
                            *self.rows.borrow_mut() =
                                rows.rows.iter().map(|row| row.preview.clone()).collect();
                        }
                        self.total.set(changes.totals.frames);
                    }
                    Update::Answer { answer, .. } => self.answers.borrow_mut().push(answer),
                    _ => {}
                }
            }
            self.ask(Request::Seen);
        }
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            self.draw();
            if holds() {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "waited in vain for {what}: {:#?}",
                self.rows.borrow()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn connect(&self, nth: u32) {
        self.ask(Request::Connect { connection: ConnectionId(nth) });
        self.until_phase(nth, Phase::Open).await;
    }

    pub async fn close(&self, nth: u32) {
        self.ask(Request::Close { connection: ConnectionId(nth), closing: Closing::normal() });
        self.until_phase(nth, Phase::Closed).await;
    }

    async fn until_phase(&self, nth: u32, phase: Phase) {
        let is_there = || self.phases.borrow().get(&ConnectionId(nth)) == Some(&phase);
        self.until(&format!("{phase:?} of {nth}"), is_there).await;
    }

    /// Sends a text in which `{{…}}` stands for variables.
    pub fn send(&self, nth: u32, text: &str) {
        let draft = Draft { text: text.to_owned(), ..Draft::default() };
        self.ask(Request::Question {
            id: 0,
            question: Question::Send { to: vec![ConnectionId(nth)], draft },
        });
    }

    /// Waits until a row has this in it, and comes after all rows that were there before the last call of this.
    pub async fn until_row(&self, part: &str) {
        let has = || self.rows.borrow().iter().any(|row| row.contains(part));
        self.until(part, has).await;
    }

    /// Waits until this many rows have it.
    pub async fn until_rows(&self, part: &str, times: usize) {
        let has = || self.rows.borrow().iter().filter(|row| row.contains(part)).count() >= times;
        self.until(part, has).await;
    }

    /// Forgets the rows; connections stay, and frames go on being counted.
    pub fn clear(&self) {
        self.ask(Request::Clear);
        self.draw();
    }

    /// What **Export → As a suite** hands to the checks, from a frame on, and the number of the frame after it.
    pub fn record(&self, from: u64) -> (String, u64) {
        self.draw();
        self.answers.borrow_mut().clear();
        self.ask(Request::Question { id: 1, question: Question::Record { filtered: false, from } });
        self.draw();
        let (mut lines, mut after) = (Vec::new(), 0);
        for answer in self.answers.take() {
            match answer {
                Answer::Piece(bytes) => lines.extend(bytes),
                Answer::Recording { bytes, next, .. } => {
                    lines.extend(bytes);
                    after = next;
                }
                other => panic!("{other:?}"),
            }
        }
        (String::from_utf8(lines).expect("JSON Lines are UTF-8"), after)
    }
}
