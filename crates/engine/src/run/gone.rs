//! Whether the server of a run still accepts connections.
//!
//! Owns the addresses that opened before, and the handshake that finds out. It refuses to judge steps. A check whose
//! connections could not open says nothing about the server's protocol, so it is not judged. That requires an address
//! that had opened before, and two handshakes besides the failed one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::base::notify::Notify;
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
pub(crate) struct ServerWatch {
    /// Addresses that have opened.
    opened: RefCell<Vec<Endpoint>>,
    /// The check in which a connection opened last.
    opened_in: Cell<Option<usize>>,
    /// An address that had opened before and that did not open, and none has since.
    failed: RefCell<Option<Endpoint>>,
    /// Whether the last connection of that check ended without a close frame, as one does whose server dies.
    was_lost: Cell<bool>,
    /// The check that first failed for lack of a connection, where nothing else shows that the server is gone.
    pub doubtful: Cell<Option<usize>>,
    /// The address that no longer opens, and the words for the report.
    gone: RefCell<Option<(Endpoint, ServerStopped)>>,
}

impl ServerWatch {
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

    /// Before a check: what keeps it from being judged, while the server is gone.
    pub async fn still_gone<W: World>(&self, world: &W) -> Option<ServerStopped> {
        let (endpoint, stopped) = self.gone.borrow().clone()?;
        if !opens(world, &endpoint).await {
            return Some(stopped);
        }
        self.gone.take();
        self.doubtful.set(None);
        None
    }

    /// After a check: whether the server stopped accepting connections, and whether that was before anything opened in it.
    /// `describe` has the words for the address that is gone and the check in which a connection opened last.
    pub async fn has_gone<W: World>(
        &self,
        world: &W,
        check: usize,
        may_look: bool,
        describe: impl FnOnce(&Endpoint, usize) -> ServerStopped,
    ) -> Option<(ServerStopped, bool)> {
        let failed = self.failed.take()?;
        if !may_look || opens(world, &failed).await {
            return None;
        }
        world.sleep(GRACE).await;
        if opens(world, &failed).await {
            return None;
        }
        let last = self.opened_in.get()?;
        let stopped = describe(&failed, last);
        *self.gone.borrow_mut() = Some((failed, stopped.clone()));
        let is_before = last < check;
        if is_before && !self.was_lost.get() {
            // A server that answers in another way from now on looks like this too, until another check has found it so.
            self.doubtful.set(Some(check));
            return None;
        }
        Some((stopped, is_before))
    }
}

/// One handshake that nothing is made of.
async fn opens<W: World>(world: &W, endpoint: &Endpoint) -> bool {
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
    let Ok(socket) = world.connect("is it there?", endpoint, sink) else { return false };
    let deadline = world.now() + PATIENCE;
    let opened = notify.until(world, deadline, || opens.get()).await;
    // Closed or refused already is as good.
    let _ = socket.close(&crate::Closing::normal());
    opened == Some(true)
}
