//! The engine's world, made of a browser.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::alarm::{Alarm, BrowserTimers};
use super::turn::Turns;
use super::{BrowserSocket, clock, http};
use crate::engine::base::random::Random;
use crate::engine::base::world::LocalFuture;
use crate::engine::{
    ConnectError, Endpoint, EventSink, HttpError, HttpRequest, HttpResponse, Instant, World,
};

/// The world that this page or worker lives in.
#[derive(Clone)]
pub struct BrowserWorld {
    random: Rc<RefCell<Random>>,
    alarm: Alarm,
    turns: Turns,
}

impl BrowserWorld {
    /// A world whose random numbers come from this seed.
    pub fn with_seed(seed: u64) -> Self {
        let random = Rc::new(RefCell::new(Random::with_seed(seed)));
        Self { random, alarm: Alarm::new(BrowserTimers), turns: Turns::default() }
    }

    /// A world with unpredictable random numbers.
    pub fn new() -> Self {
        Self::with_seed((js_sys::Math::random() * 2f64.powi(53)) as u64)
    }
}

impl Default for BrowserWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl World for BrowserWorld {
    type Socket = BrowserSocket;

    fn now(&self) -> Instant {
        clock::now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        Box::pin(self.alarm.sleep(wait))
    }

    fn pass(&self, deadline: Instant) -> LocalFuture<()> {
        Box::pin(self.alarm.clone().pass(deadline))
    }

    fn breathe(&self) -> LocalFuture<()> {
        Box::pin(self.turns.next())
    }

    fn random(&self) -> u64 {
        self.random.borrow_mut().next_u64()
    }

    fn connect(
        &self,
        _name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<BrowserSocket, ConnectError> {
        BrowserSocket::open(endpoint, sink)
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        Box::pin(http::call(request))
    }
}
