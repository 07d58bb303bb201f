//! The engine's world, made of a browser.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::{BrowserSocket, clock, http};
use crate::engine::random::Random;
use crate::engine::world::LocalFuture;
use crate::engine::{
    ConnectError, Endpoint, EventSink, HttpError, HttpRequest, HttpResponse, Instant, World,
};

/// The world that this page or worker lives in.
#[derive(Clone)]
pub struct BrowserWorld {
    random: Rc<RefCell<Random>>,
}

impl BrowserWorld {
    /// A world whose random numbers come from this seed.
    pub fn with_seed(seed: u64) -> Self {
        Self { random: Rc::new(RefCell::new(Random::with_seed(seed))) }
    }

    /// A world whose random numbers nobody knows.
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
        // A timer counts whole milliseconds, and takes more than 24 days for none at all. Who waits longer waits again.
        let millis = wait.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as u32;
        Box::pin(gloo_timers::future::TimeoutFuture::new(millis))
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
