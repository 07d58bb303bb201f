//! The world: one clock, its timers, its random numbers, its network.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use sockscope_engine::base::random::Random;
use sockscope_engine::base::world::{LocalFuture, Opening};
use sockscope_engine::{
    ConnectError, Endpoint, EventSink, HttpError, HttpRequest, HttpResponse, Instant, World,
};

use super::clock::{Alarm, Clock, TokioTimers};
use super::link::Link;
use super::net::{Net, NetOptions, Reason};
use super::socket::NativeSocket;
use super::talk::talk;

/// Handshakes that are pending at once: enough to keep a server busy, few enough for the queue in which a system holds
/// connections that a program has not accepted.
const AT_ONCE: u64 = 64;

/// A world of this process. It lives in a `LocalSet` of tokio.
#[derive(Clone)]
pub struct NativeWorld {
    net: Rc<Net>,
    random: Rc<RefCell<Random>>,
}

impl NativeWorld {
    /// A world whose clock begins now.
    pub fn new(options: NetOptions, seed: u64) -> Self {
        let clock = Clock::begin();
        let net = Rc::new(Net::new(options, clock, Alarm::new(TokioTimers(clock))));
        Self { net, random: Rc::new(RefCell::new(Random::with_seed(seed))) }
    }

    /// Why connections were not opened or not kept.
    pub fn reasons(&self) -> Vec<Reason> {
        self.net.reasons()
    }
}

impl Default for NativeWorld {
    /// A world with random numbers that are always the same.
    fn default() -> Self {
        Self::new(NetOptions::default(), 0)
    }
}

impl World for NativeWorld {
    type Socket = NativeSocket;

    fn now(&self) -> Instant {
        self.net.clock.now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        Box::pin(self.net.alarm.sleep(wait))
    }

    fn pass(&self, deadline: Instant) -> LocalFuture<()> {
        Box::pin(self.net.alarm.clone().pass(deadline))
    }

    fn breathe(&self) -> LocalFuture<()> {
        Box::pin(tokio::task::yield_now())
    }

    fn opening(&self) -> Opening {
        Opening { at_once: AT_ONCE, gap: Duration::ZERO, delays_more: false }
    }

    fn random(&self) -> u64 {
        self.random.borrow_mut().next_u64()
    }

    fn connect(
        &self,
        name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<NativeSocket, ConnectError> {
        let link = Rc::new(Link::default());
        let task = talk(link.clone(), self.net.clone(), name.to_owned(), endpoint.clone(), sink);
        let task = tokio::task::spawn_local(task).abort_handle();
        Ok(NativeSocket { link, clock: self.net.clock, task })
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        let net = self.net.clone();
        Box::pin(async move { net.call(request).await })
    }
}
