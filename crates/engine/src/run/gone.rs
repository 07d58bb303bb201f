//! Whether the server of a run still accepts connections.
//!
//! Owns the addresses that opened before, and the handshake that finds out. It refuses to judge steps. A check whose
//! connections could not open says nothing about the server's protocol, so it is not judged. That requires an address
//! that had opened before, and two handshakes besides the failed one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::pacing::notify::Notify;
use super::runner::RunShared;
use crate::report::ServerStopped;
use crate::{Endpoint, Event, Socket, World};

/// How the reason of a check begins that was not judged.
pub const NOT_JUDGED: &str = "not judged";
/// How the reason of a check begins in which the server stopped.
pub const STOPPED_ACCEPTING: &str = "the server stopped accepting connections";
/// How long a handshake may take that only finds out.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a server gets to come back before it counts as gone.
const GRACE: Duration = Duration::from_millis(500);
/// Addresses that are remembered.
const MOST: usize = 64;

/// What is known of the servers.
#[derive(Default)]
pub(crate) struct Watch {
    /// Addresses that have opened.
    opened: RefCell<Vec<Endpoint>>,
    /// The check in which a connection opened last.
    opened_in: Cell<Option<usize>>,
    /// An address that had opened before and that did not open, and none has since.
    failed: RefCell<Option<Endpoint>>,
    /// Whether the last connection of that check ended without a close frame, as one does whose server dies.
    pub was_lost: Cell<bool>,
    /// The check that first failed for lack of a connection, where nothing else shows that the server is gone.
    pub doubtful: Cell<Option<usize>>,
    /// The address that no longer opens, and the words for the report.
    gone: RefCell<Option<(Endpoint, ServerStopped)>>,
}

impl Watch {
    /// A connection has opened in this check.
    pub fn opened(&self, check: usize, endpoint: &Endpoint) {
        let mut opened = self.opened.borrow_mut();
        if opened.len() < MOST && !opened.contains(endpoint) {
            opened.push(endpoint.clone());
        }
        self.opened_in.set(Some(check));
        *self.failed.borrow_mut() = None;
    }

    /// A connection was to open, and did not.
    pub fn failed(&self, endpoint: &Endpoint) {
        if self.opened.borrow().contains(endpoint) {
            *self.failed.borrow_mut() = Some(endpoint.clone());
        }
    }

    /// A check has ended, and its last connection with this code.
    pub fn ended(&self, check: usize, last_code: Option<u16>) {
        if self.opened_in.get() == Some(check) {
            self.was_lost.set(last_code == Some(1006));
        }
    }

    /// What the report says about a server that is gone.
    pub fn stopped(&self) -> Option<ServerStopped> {
        self.gone.borrow().as_ref().map(|(_, stopped)| stopped.clone())
    }
}

impl<W: World> RunShared<W> {
    /// Before a check: what keeps it from being judged, while the server is gone.
    pub(crate) async fn still_gone(&self) -> Option<ServerStopped> {
        let (endpoint, stopped) = self.watch.gone.borrow().clone()?;
        if !self.opens(&endpoint).await {
            return Some(stopped);
        }
        self.watch.gone.take();
        self.watch.doubtful.set(None);
        None
    }

    /// After a check: whether the server stopped accepting connections, and whether that was before anything opened in it.
    pub(crate) async fn has_gone(&self, check: usize) -> Option<(ServerStopped, bool)> {
        let failed = self.watch.failed.take()?;
        if self.stop.is_asked() || !self.plan.options.shard.is_whole() || self.opens(&failed).await {
            return None;
        }
        self.world.sleep(GRACE).await;
        if self.opens(&failed).await {
            return None;
        }
        let last = self.watch.opened_in.get()?;
        let stopped = ServerStopped {
            address: self.masked(failed.url()),
            after: self.plan.checks[last].name.clone(),
            sent_bytes: self.meter.borrow().last_sent(),
        };
        *self.watch.gone.borrow_mut() = Some((failed, stopped.clone()));
        let is_before = last < check;
        if is_before && !self.watch.was_lost.get() {
            // A server that answers in another way from now on looks like this too, until another check has found it so.
            self.watch.doubtful.set(Some(check));
            return None;
        }
        Some((stopped, is_before))
    }

    /// One handshake that nothing is made of.
    async fn opens(&self, endpoint: &Endpoint) -> bool {
        let (notify, opens) = (Rc::new(Notify::default()), Rc::new(Cell::new(None)));
        let (ring, told) = (notify.clone(), opens.clone());
        let sink = Box::new(move |_, event| {
            match event {
                Event::Opened { .. } => told.set(Some(true)),
                Event::Closed { .. } if told.get().is_none() => told.set(Some(false)),
                _ => return,
            }
            ring.ring();
        });
        let Ok(socket) = self.world.connect("is it there?", endpoint, sink) else { return false };
        let deadline = self.world.now() + PATIENCE;
        let opened = notify.until(&self.world, deadline, || opens.get()).await;
        // Closed or refused already is as good.
        let _ = socket.close(&crate::Closing::normal());
        opened == Some(true)
    }
}
