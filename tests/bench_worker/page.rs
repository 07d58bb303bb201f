//! A page in front of the bench's worker, in virtual time, and a server that echoes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire;
use sockscope::wire::bench::{
    Answer, Changes, ConnectionId, ConnectionState, Detail, DifferenceUpdate, DraftSeen, Look, OutsideUpdate,
    Pin, Plot, Question, ReadingSeen, Ready, RepeatSeen, ReplayUpdate, Request, Row, RuleSeen,
    SessionsRequest, SessionsSeen, SessionsUpdate, Setup, ShownSeen, Update, Workspace,
};
use sockscope::worker::PageWorker;
use sockscope::worker::bench::BenchWorker;
use sockscope_engine::base::storage::{KeyValueStore, StoreError};
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::bench::draft::Draft;
use sockscope_engine::sim::{Act, Server, Sim};
use sockscope_engine::{FrameKind, Payload, World};

pub const ALICE: ConnectionId = ConnectionId(1);
pub const BOB: ConnectionId = ConnectionId(2);

/// Echoes after 412 µs; `flood` sends many messages for one. `drop` drops the connection, `mute` has no answer, `ping` has
/// `pong` for one, and a JSON object with a `request_id` an answer with the same.
#[derive(Clone, Default)]
pub struct Echo {
    pub refuses: bool,
    pub flood: u32,
    pub never_answers_close: bool,
}

impl Server for Echo {
    fn accepts_after(&mut self) -> Option<Duration> {
        (!self.refuses).then_some(Duration::from_millis(3))
    }
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        let count = self.flood.max(1);
        let pong = |text: &str| vec![(Duration::from_millis(1), Act::Send(text.into()))];
        match payload.as_bytes() {
            b"drop" => return vec![(Duration::from_millis(1), Act::Abort)],
            b"mute" => return Vec::new(),
            b"ping" => return pong("pong"),
            _ => {}
        }
        let asked = serde_json::from_slice::<serde_json::Value>(payload.as_bytes()).unwrap_or_default();
        if let Some(id) = asked.get("request_id") {
            return pong(&serde_json::json!({ "ok": true, "request_id": id }).to_string());
        }
        (0..count).map(|_| (Duration::from_micros(412), Act::Send(payload.clone()))).collect()
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        (!self.never_answers_close).then_some(Duration::from_millis(1))
    }
}

/// A page that draws at once, or never.
#[derive(Clone)]
pub struct Page {
    pub sim: Sim,
    pub worker: BenchWorker<Sim>,
    pub posts: Rc<RefCell<Vec<Vec<u8>>>>,
    /// What the page knows by now.
    pub connections: Rc<RefCell<BTreeMap<ConnectionId, ConnectionState>>>,
    pub rows: Rc<RefCell<Vec<Row>>>,
    pub changes: Rc<RefCell<Changes>>,
    pub shown: Rc<RefCell<Option<ShownSeen>>>,
    pub gone: Rc<RefCell<Vec<ConnectionId>>>,
    pub workspace: Rc<RefCell<Workspace>>,
    pub updates: Rc<Cell<usize>>,
    pub answers: Rc<RefCell<Vec<Answer>>>,
    pub detail: Rc<RefCell<Option<Detail>>>,
    pub pins: Rc<RefCell<Vec<Pin>>>,
    pub replies: Rc<RefCell<Vec<RuleSeen>>>,
    pub repeat: Rc<RefCell<RepeatSeen>>,
    pub draft: Rc<RefCell<DraftSeen>>,
    pub plot: Rc<RefCell<Option<Plot>>>,
    /// How often it was told that a part is missing.
    pub missing: Rc<Cell<usize>>,
    pub sessions: Rc<RefCell<SessionsSeen>>,
    pub reading: Rc<RefCell<ReadingSeen>>,
    /// The worker has said that it may be ended.
    pub ended: Rc<Cell<bool>>,
    /// What was said of replays, and of a comparison.
    pub replays: Rc<RefCell<Vec<ReplayUpdate>>>,
    pub differences: Rc<RefCell<Vec<DifferenceUpdate>>>,
    /// What was said of sessions that could not be changed.
    pub refused: Rc<RefCell<Vec<String>>>,
    /// What was said of the folder and of followed recordings, and not looked at yet.
    pub outside: Rc<RefCell<Vec<OutsideUpdate>>>,
}

pub fn page(server: Echo, most_sockets: u16) -> Page {
    let sim = Sim::with_seed(1);
    sim.serve("ws://sim", move || server.clone());
    page_in(&sim, most_sockets)
}

/// Another tab in the same world.
pub fn page_in(sim: &Sim, most_sockets: u16) -> Page {
    let sim = sim.clone();
    let posts: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
    let (spawner, outbox) = (sim.clone(), posts.clone());
    let ready =
        Ready { clock_step: Duration::from_micros(5), isolated: true, clock_began: 0.0, most_sockets };
    let worker =
        BenchWorker::new(sim.clone(), ready, Rc::new(move |task| spawner.spawn(task)), move |bytes| {
            outbox.borrow_mut().push(bytes)
        });
    let page = Page {
        sim,
        worker,
        posts,
        connections: Rc::default(),
        rows: Rc::default(),
        changes: Rc::default(),
        shown: Rc::default(),
        gone: Rc::default(),
        workspace: Rc::default(),
        updates: Rc::default(),
        answers: Rc::default(),
        detail: Rc::default(),
        pins: Rc::default(),
        replies: Rc::default(),
        repeat: Rc::default(),
        draft: Rc::default(),
        plot: Rc::default(),
        missing: Rc::default(),
        sessions: Rc::default(),
        reading: Rc::default(),
        ended: Rc::default(),
        replays: Rc::default(),
        differences: Rc::default(),
        refused: Rc::default(),
        outside: Rc::default(),
    };
    page.worker.announce();
    page.ask(Request::Seen);
    page.ask(Request::Look(Look { from: None, rows: 50 }));
    page
}

impl Page {
    pub fn ask(&self, request: Request) {
        self.worker.receive(&wire::encode(&request));
    }

    /// Reads what was posted; does not say that it was drawn.
    pub fn read(&self) -> usize {
        let posts = self.posts.take();
        for bytes in &posts {
            let changes = match wire::decode(bytes).expect("our own version") {
                Update::Changes(changes) => changes,
                Update::Answer { answer, .. } => {
                    self.answers.borrow_mut().push(answer);
                    continue;
                }
                Update::Missing => {
                    self.missing.set(self.missing.get() + 1);
                    continue;
                }
                Update::Sessions(update) => {
                    match wire::decode(&update).expect("our own version") {
                        SessionsUpdate::Seen(sessions) => *self.sessions.borrow_mut() = *sessions,
                        SessionsUpdate::Failed(words) => self.refused.borrow_mut().push(words),
                        SessionsUpdate::Reading(reading) => *self.reading.borrow_mut() = *reading,
                        SessionsUpdate::Ended => self.ended.set(true),
                    }
                    continue;
                }
                Update::Outside(update) => {
                    self.outside.borrow_mut().push(wire::decode(&update).expect("our own version"));
                    continue;
                }
                Update::Replay(update) => {
                    self.replays.borrow_mut().push(wire::decode(&update).expect("our own version"));
                    continue;
                }
                Update::Difference(update) => {
                    self.differences.borrow_mut().push(wire::decode(&update).expect("our own version"));
                    continue;
                }
                Update::Ready(_) | Update::Restored(_) | Update::Unkept(_) => continue,
            };
            keep(&self.detail, changes.detail.clone().map(|detail| Some(*detail)));
            keep(&self.pins, changes.pins.clone());
            keep(&self.replies, changes.replies.clone());
            keep(&self.repeat, changes.repeat.clone());
            keep(&self.draft, changes.draft.clone());
            keep(&self.plot, changes.plot.clone().map(|plot| Some(*plot)));
            self.updates.set(self.updates.get() + 1);
            for state in &changes.connections {
                self.connections.borrow_mut().insert(state.id, state.clone());
            }
            if let Some(rows) = &changes.rows {
                *self.rows.borrow_mut() = rows.rows.clone();
            }
            if changes.shown.is_some() {
                self.shown.borrow_mut().clone_from(&changes.shown);
            }
            self.gone.borrow_mut().extend(&changes.gone);
            *self.changes.borrow_mut() = *changes;
        }
        posts.len()
    }

    /// Reads and draws until there is nothing new.
    pub fn draw(&self) {
        while self.read() > 0 {
            self.ask(Request::Seen);
        }
    }

    pub fn connect(&self, connection: ConnectionId) {
        self.set_up(connection, |_| {});
        self.ask(Request::Connect { connection });
    }

    /// Asks something of kept sessions.
    pub fn sessions(&self, request: &SessionsRequest) {
        self.ask(Request::Sessions(wire::encode(request)));
    }

    /// Asks a question; the answers to it, the last one last.
    pub fn question(&self, question: Question) -> Vec<Answer> {
        self.answers.borrow_mut().clear();
        self.ask(Request::Question { id: 1, question });
        self.draw();
        self.answers.take()
    }

    /// The contents of the rows on the screen.
    pub fn shown(&self) -> Vec<String> {
        self.rows.borrow().iter().map(|row| row.preview.clone()).collect()
    }

    /// Sets a connection up, beside those that are.
    pub fn set_up(&self, connection: ConnectionId, change: impl FnOnce(&mut Setup)) {
        self.arrange(|workspace| {
            if !workspace.connections.iter().any(|setup| setup.id == connection) {
                let name = format!("c{}", connection.0);
                let url = "ws://sim/echo".to_owned();
                workspace.connections.push(Setup { id: connection, name, url, ..Setup::default() });
            }
            let setup = workspace.connections.iter_mut().find(|setup| setup.id == connection);
            change(setup.expect("it was just added"));
        });
    }

    pub fn arrange(&self, change: impl FnOnce(&mut Workspace)) {
        change(&mut self.workspace.borrow_mut());
        self.ask(Request::Arrange(Box::new(self.workspace.borrow().clone())));
    }

    pub fn send(&self, connection: ConnectionId, text: &str) {
        self.send_draft(connection, Draft::plain(text));
    }

    pub fn send_draft(&self, connection: ConnectionId, draft: Draft) {
        self.ask(Request::Question { id: 0, question: Question::Send { to: vec![connection], draft } });
    }

    pub async fn pass(&self, time: Duration) {
        self.sim.sleep(time).await;
        self.draw();
    }

    pub fn connection(&self, id: ConnectionId) -> ConnectionState {
        self.connections.borrow().get(&id).cloned().expect("the page has heard of it")
    }

    pub fn kinds(&self) -> Vec<FrameKind> {
        self.rows.borrow().iter().map(|row| row.kind).collect()
    }
}

fn keep<T>(cell: &RefCell<T>, changes: Option<T>) {
    if let Some(changes) = changes {
        *cell.borrow_mut() = changes;
    }
}

/// Runs a test of a page in virtual time.
pub fn with_page<F: Future<Output = ()> + 'static>(server: Echo, test: impl FnOnce(Page) -> F) {
    let page = page(server, 255);
    page.sim.clone().run(test(page)).expect("every wait has a bound");
}

pub const TICK: Duration = Duration::from_millis(10);

/// A store of the one text that the bench keeps.
pub trait OneText {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>>;
    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>>;
    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>>;
}

/// As the worker asks for it; any other name or question fails the test.
pub struct Only<T>(pub T);

impl<T: OneText> KeyValueStore for Only<T> {
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        assert_eq!(name, "bench");
        self.0.load()
    }

    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), StoreError>> {
        assert_eq!(name, "bench");
        self.0.save(text)
    }

    fn remove(&self, name: &str) -> LocalFuture<Result<(), StoreError>> {
        panic!("the bench never forgets {name}")
    }

    fn set_aside(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        assert_eq!(name, "bench");
        self.0.set_aside()
    }

    fn names(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        panic!("the bench keeps one text")
    }
}

/// A text message as it is written.
pub fn text(text: &str) -> Draft {
    Draft { text: text.into(), ..Draft::default() }
}
