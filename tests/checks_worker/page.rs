//! A page in front of the checks' worker, in virtual time, with a server that echoes and a store in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire::checks::{Answer, Question, Request, Restored, RunEvent, RunRequest, Update};
use sockscope::wire::{decode_json, encode_json};
use sockscope::worker::PageWorker;
use sockscope::worker::checks::{ChecksWorker, Site};
use sockscope_engine::base::storage::{KeyValueStore, StoreError};
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::sim::{Act, Server, Sim};
use sockscope_engine::{Payload, World};

/// Passes after a short while.
pub const PASSING: &str = r#"{ "sockscope": 1, "suite": "passing", "clients": { "a": { "url": "ws://sim/echo" } },
  "checks": [ { "check": "an echo", "steps": [
    { "connect": "a" }, { "wait": "250ms" }, { "send": "hello", "expect": { "any": true } } ] } ] }"#;

/// Fails after two seconds.
pub const FLAKY: &str = r#"{ "sockscope": 1, "suite": "flaky", "clients": { "a": { "url": "ws://sim/echo" } },
  "checks": [ { "check": "another word", "steps": [
    { "connect": "a" }, { "send": "hello", "expect": { "text": "goodbye", "within": "2s" } } ] } ] }"#;

struct Echo;

impl Server for Echo {
    fn on_message(&mut self, payload: Payload, _random: u64) -> Vec<(Duration, Act)> {
        vec![(Duration::from_micros(400), Act::Send(payload))]
    }
}

/// A store in memory; a clone is the same store.
#[derive(Clone, Default)]
pub struct TestStore {
    pub texts: Rc<RefCell<BTreeMap<String, String>>>,
    is_full: bool,
}

impl TestStore {
    fn answer<T: 'static>(&self, value: T) -> LocalFuture<Result<T, StoreError>> {
        let full = || StoreError { message: "the disk is full".to_owned() };
        Box::pin(ready(if self.is_full { Err(full()) } else { Ok(value) }))
    }
}

impl KeyValueStore for TestStore {
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        self.answer(self.texts.borrow().get(name).cloned())
    }

    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), StoreError>> {
        if !self.is_full {
            self.texts.borrow_mut().insert(name.to_owned(), text);
        }
        self.answer(())
    }

    fn remove(&self, name: &str) -> LocalFuture<Result<(), StoreError>> {
        self.texts.borrow_mut().remove(name);
        self.answer(())
    }

    fn set_aside(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        let place = format!("unread/{name}/1");
        let found = self.texts.borrow().get(name).cloned();
        let place = found.map(|text| {
            self.texts.borrow_mut().insert(place.clone(), text);
            place
        });
        self.answer(place)
    }

    fn names(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        self.answer(self.texts.borrow().keys().cloned().collect())
    }
}

#[derive(Clone)]
pub struct Page {
    pub sim: Sim,
    worker: ChecksWorker<Sim>,
    posts: Rc<RefCell<Vec<Update>>>,
}

impl Page {
    fn in_world(sim: &Sim) -> Self {
        let posts = Rc::new(RefCell::new(Vec::new()));
        let (heard, spawner) = (posts.clone(), sim.clone());
        let site = Site { most_sockets: 255, clock_step: Duration::from_micros(5), ..Site::default() };
        let worker =
            ChecksWorker::new(sim.clone(), site, Rc::new(move |task| spawner.spawn(task)), move |bytes| {
                heard.borrow_mut().push(decode_json(&bytes).expect("our own words"));
            });
        worker.announce();
        Self { sim: sim.clone(), worker, posts }
    }

    /// Another page of the same browser.
    pub async fn beside(&self, store: TestStore) -> Self {
        let other = Self::in_world(&self.sim);
        other.worker.restore(store).await;
        other
    }

    pub fn request(&self, request: Request) {
        self.worker.receive(&encode_json(&request));
    }

    /// The storage of the browser is there now.
    pub async fn restore(&self, store: TestStore) {
        self.worker.restore(store).await;
    }

    /// This browser has no storage.
    pub fn restore_nothing(&self) {
        self.worker.restore_nothing("access is denied".to_owned());
    }

    /// What was told of a question by now.
    pub fn answer(&self, asked: u32) -> Option<Answer> {
        self.take_answer(asked)
    }

    pub async fn pass(&self, time: Duration) {
        self.sim.sleep(time).await;
    }

    /// Posts that told of runs.
    pub fn live_posts(&self) -> usize {
        self.posts.borrow().iter().filter(|it| matches!(it, Update::RunEvent(_))).count()
    }

    pub fn restored(&self) -> Restored {
        let restored = self.posts.borrow().iter().find_map(|it| match it {
            Update::Restored(restored) => Some((**restored).clone()),
            _ => None,
        });
        restored.expect("told when the worker starts")
    }

    pub async fn ask(&self, question: Question) -> Answer {
        const ID: u32 = 4711;
        self.request(Request::Question { id: ID, question });
        for _ in 0..1000 {
            if let Some(answer) = self.take_answer(ID) {
                return answer;
            }
            self.pass(Duration::from_millis(1)).await;
        }
        panic!("no answer")
    }

    fn take_answer(&self, asked: u32) -> Option<Answer> {
        let mut posts = self.posts.borrow_mut();
        let at = posts.iter().position(|it| matches!(it, Update::Answer { id, .. } if *id == asked))?;
        match posts.remove(at) {
            Update::Answer { answer, .. } => Some(answer),
            _ => None,
        }
    }

    pub async fn run(&self, request: RunRequest) -> Vec<RunEvent> {
        self.request(Request::Run(Box::new(request)));
        self.until_over().await
    }

    /// Everything that was told of runs until they are over, drawing as it comes.
    pub async fn until_over(&self) -> Vec<RunEvent> {
        let mut answer = Vec::new();
        for _ in 0..100_000 {
            let posts: Vec<_> = self.posts.borrow_mut().drain(..).collect();
            for update in posts {
                match update {
                    Update::RunEvent(live) => {
                        answer.extend(live);
                        self.request(Request::Seen(Duration::ZERO));
                    }
                    other => self.posts.borrow_mut().push(other),
                }
            }
            if matches!(answer.last(), Some(RunEvent::Over)) {
                return answer;
            }
            self.pass(Duration::from_millis(5)).await;
        }
        panic!("never over: {answer:?}")
    }
}

/// A page whose worker has not read the storage yet.
pub fn with_early_page<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    let sim = Sim::with_seed(5);
    let page = Page::in_world(&sim);
    assert!(sim.run(test(page)).is_ok(), "nothing waits for ever");
}

pub fn with_page<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    with_store(TestStore::default(), test);
}

pub fn with_broken_store<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    with_store(TestStore { is_full: true, ..TestStore::default() }, test);
}

pub fn with_store<F: Future<Output = ()> + 'static>(
    store: TestStore,
    test: impl FnOnce(Page) -> F + 'static,
) {
    let sim = Sim::with_seed(5);
    sim.serve("ws://sim/echo", || Echo);
    let page = Page::in_world(&sim);
    let ran = sim.run(async move {
        page.worker.restore(store).await;
        test(page).await;
    });
    assert!(ran.is_ok(), "nothing waits for ever");
}
