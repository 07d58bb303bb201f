//! A page in front of an office, in virtual time, with a server that echoes and a shelf in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::rc::Rc;
use std::time::Duration;

use sockscope::wire::checks::{Ask, Errand, Live, Order, Restored, Tidings, Told};
use sockscope::wire::{decode_json, encode_json};
use sockscope::worker::checks::{Office, Shelf, ShelfError, Site};
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

/// A shelf in memory; a clone is the same shelf.
#[derive(Clone, Default)]
pub struct TestShelf {
    pub texts: Rc<RefCell<BTreeMap<String, String>>>,
    is_full: bool,
}

impl TestShelf {
    fn answer<T: 'static>(&self, value: T) -> LocalFuture<Result<T, ShelfError>> {
        let full = || ShelfError { message: "the disk is full".to_owned() };
        Box::pin(ready(if self.is_full { Err(full()) } else { Ok(value) }))
    }
}

impl Shelf for TestShelf {
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, ShelfError>> {
        self.answer(self.texts.borrow().get(name).cloned())
    }

    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), ShelfError>> {
        if !self.is_full {
            self.texts.borrow_mut().insert(name.to_owned(), text);
        }
        self.answer(())
    }

    fn remove(&self, name: &str) -> LocalFuture<Result<(), ShelfError>> {
        self.texts.borrow_mut().remove(name);
        self.answer(())
    }

    fn set_aside(&self, name: &str) -> LocalFuture<Result<Option<String>, ShelfError>> {
        let place = format!("unread/{name}/1");
        let found = self.texts.borrow().get(name).cloned();
        let place = found.map(|text| {
            self.texts.borrow_mut().insert(place.clone(), text);
            place
        });
        self.answer(place)
    }

    fn names(&self) -> LocalFuture<Result<Vec<String>, ShelfError>> {
        self.answer(self.texts.borrow().keys().cloned().collect())
    }
}

#[derive(Clone)]
pub struct Page {
    pub sim: Sim,
    office: Office<Sim>,
    posts: Rc<RefCell<Vec<Tidings>>>,
}

impl Page {
    fn in_world(sim: &Sim) -> Self {
        let posts = Rc::new(RefCell::new(Vec::new()));
        let (heard, spawner) = (posts.clone(), sim.clone());
        let site = Site { most_sockets: 255, clock_step: Duration::from_micros(5), ..Site::default() };
        let office = Office::new(sim.clone(), site, Rc::new(move |task| spawner.spawn(task)), move |bytes| {
            heard.borrow_mut().push(decode_json(&bytes).expect("our own words"));
        });
        office.announce();
        Self { sim: sim.clone(), office, posts }
    }

    /// Another page of the same browser.
    pub async fn beside(&self, shelf: TestShelf) -> Self {
        let other = Self::in_world(&self.sim);
        other.office.restore(shelf).await;
        other
    }

    pub fn errand(&self, errand: Errand) {
        self.office.receive(&encode_json(&errand));
    }

    /// The storage of the browser is there now.
    pub async fn restore(&self, shelf: TestShelf) {
        self.office.restore(shelf).await;
    }

    /// This browser has no storage.
    pub fn restore_nothing(&self) {
        self.office.restore_nothing("access is denied".to_owned());
    }

    /// What was told of a question by now.
    pub fn told(&self, asked: u32) -> Option<Told> {
        self.take_answer(asked)
    }

    pub async fn pass(&self, time: Duration) {
        self.sim.sleep(time).await;
    }

    /// Posts that told of runs.
    pub fn live_posts(&self) -> usize {
        self.posts.borrow().iter().filter(|it| matches!(it, Tidings::Live(_))).count()
    }

    pub fn restored(&self) -> Restored {
        let restored = self.posts.borrow().iter().find_map(|it| match it {
            Tidings::Restored(restored) => Some((**restored).clone()),
            _ => None,
        });
        restored.expect("told when the office opens")
    }

    pub async fn ask(&self, question: Ask) -> Told {
        const ID: u32 = 4711;
        self.errand(Errand::Ask { id: ID, question });
        for _ in 0..1000 {
            if let Some(told) = self.take_answer(ID) {
                return told;
            }
            self.pass(Duration::from_millis(1)).await;
        }
        panic!("no answer")
    }

    fn take_answer(&self, asked: u32) -> Option<Told> {
        let mut posts = self.posts.borrow_mut();
        let at = posts.iter().position(|it| matches!(it, Tidings::Told { id, .. } if *id == asked))?;
        match posts.remove(at) {
            Tidings::Told { told, .. } => Some(told),
            _ => None,
        }
    }

    pub async fn run(&self, order: Order) -> Vec<Live> {
        self.errand(Errand::Run(Box::new(order)));
        self.until_over().await
    }

    /// Everything that was told of runs until they are over, drawing as it comes.
    pub async fn until_over(&self) -> Vec<Live> {
        let mut told = Vec::new();
        for _ in 0..100_000 {
            let posts: Vec<_> = self.posts.borrow_mut().drain(..).collect();
            for tidings in posts {
                match tidings {
                    Tidings::Live(live) => {
                        told.extend(live);
                        self.errand(Errand::Seen(Duration::ZERO));
                    }
                    other => self.posts.borrow_mut().push(other),
                }
            }
            if matches!(told.last(), Some(Live::Over)) {
                return told;
            }
            self.pass(Duration::from_millis(5)).await;
        }
        panic!("never over: {told:?}")
    }
}

/// A page whose worker has not read the storage yet.
pub fn with_early_page<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    let sim = Sim::with_seed(5);
    let page = Page::in_world(&sim);
    assert!(sim.run(test(page)).is_ok(), "nothing waits for ever");
}

pub fn with_page<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    with_shelf(TestShelf::default(), test);
}

pub fn with_broken_shelf<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F + 'static) {
    with_shelf(TestShelf { is_full: true, ..TestShelf::default() }, test);
}

pub fn with_shelf<F: Future<Output = ()> + 'static>(
    shelf: TestShelf,
    test: impl FnOnce(Page) -> F + 'static,
) {
    let sim = Sim::with_seed(5);
    sim.serve("ws://sim/echo", || Echo);
    let page = Page::in_world(&sim);
    let ran = sim.run(async move {
        page.office.restore(shelf).await;
        test(page).await;
    });
    assert!(ran.is_ok(), "nothing waits for ever");
}
