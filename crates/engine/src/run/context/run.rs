//! What all checks of a run share.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::super::gone::ServerWatch;
use super::super::outcome::conditions::Conditions;
use super::super::outcome::failure;
use super::super::outcome::meter::Meter;
use super::super::pacing::handshake_queue::HandshakeQueue;
use super::super::pacing::yield_budget::YieldBudget;
use super::super::plan::options::Stop;
use super::super::plan::planning::Plan;
use super::super::plan::scope::{EarlyScope, Sources};
use super::super::progress::{Listener, Progress};
use crate::base::random::Random;
use crate::report::Failure;
use crate::suite::Field;
use crate::{Payload, World};

/// What all checks of a run share.
pub(crate) struct RunShared<W: World> {
    pub world: W,
    pub plan: Plan,
    pub stop: Stop,
    pub random: RefCell<Random>,
    pub meter: Rc<RefCell<Meter>>,
    pub handshakes: HandshakeQueue,
    pub yield_budget: Rc<YieldBudget>,
    pub conditions: Conditions,
    /// Variables that a check has kept for those after it.
    pub kept: RefCell<Map<String, Value>>,
    /// Whether the servers still accept connections.
    pub watch: ServerWatch,
    listener: RefCell<Listener>,
}

impl<W: World> RunShared<W> {
    pub fn new(plan: Plan, world: W, stop: Stop, listener: Listener) -> Self {
        let began = world.now();
        // Where the page is hidden at the start, its owner has set the flag, which then says more.
        let is_hidden_always = plan.options.environment.hidden && !plan.options.hidden.get();
        Self {
            world,
            stop,
            random: RefCell::new(plan.random.clone()),
            plan,
            meter: Rc::new(RefCell::new(Meter::new(began))),
            handshakes: HandshakeQueue::default(),
            yield_budget: Rc::new(YieldBudget::new(began)),
            conditions: Conditions::new(is_hidden_always),
            kept: RefCell::default(),
            watch: ServerWatch::default(),
            listener: RefCell::new(listener),
        }
    }

    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> u64 {
        self.plan.options.origin_millis + self.world.now().as_nanos() / 1_000_000
    }

    pub fn meter(&self) -> RefMut<'_, Meter> {
        self.meter.borrow_mut()
    }

    pub fn tell(&self, progress: Progress) {
        (self.listener.borrow_mut())(progress);
    }

    pub fn masked(&self, text: &str) -> String {
        self.plan.masker.mask(text).into_owned()
    }

    /// The failure, masked.
    pub fn masked_failure(&self, failure: Failure) -> Failure {
        let masker = &self.plan.masker;
        // The cut may leave what looks like the beginning of a secret; the report masks that, and so does a progress message.
        failure::cut(failure.masked(masker)).masked(masker)
    }

    /// A message, masked.
    pub fn masked_message(&self, payload: &Payload) -> String {
        failure::cut_message(&self.masked(&failure::uncut(payload)))
    }

    /// Keeps a value out of all later events and out of the report, if its name is that of a secret.
    pub fn learn(&self, name: &str, value: &Value) -> Result<(), Box<Failure>> {
        match self.plan.suite.secrets.iter().any(|secret| secret == name) {
            true => self.plan.masker.learn(value).map_err(failure::script),
            false => Ok(()),
        }
    }

    /// A value that needs no client and no check.
    pub fn early(&self, field: &Field<Value>) -> Result<Value, Box<Failure>> {
        let mut sources = Sources::new(self.random.borrow().clone(), self.now_millis());
        let nothing = Map::new();
        let mut scope = EarlyScope {
            sources: &mut sources,
            options: &self.plan.options,
            vars: &self.plan.vars,
            row: &nothing,
        };
        field.get(&mut scope).map_err(failure::script)
    }
}
