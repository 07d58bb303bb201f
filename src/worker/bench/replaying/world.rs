//! The bench as the world in which a session is replayed: its connections are connections of the bench.
//!
//! Owns which connection of the bench stands for which of the session. A connection that opens again stays the same one.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::super::worker::BenchWorker;
use crate::engine::base::world::LocalFuture;
use crate::engine::{
    Closing, ConnectError, Endpoint, EventSink, HttpError, HttpRequest, HttpResponse, Instant, Payload,
    SendError, Socket, World,
};
use crate::wire::bench::ConnectionId;

/// The world of one replay.
pub(super) struct BenchWorld<W: World> {
    worker: BenchWorker<W>,
    /// The connections with their names in the session.
    opened: Rc<RefCell<Vec<(ConnectionId, String)>>>,
}

impl<W: World> Clone for BenchWorld<W> {
    fn clone(&self) -> Self {
        Self { worker: self.worker.clone(), opened: self.opened.clone() }
    }
}

impl<W: World> BenchWorld<W> {
    pub fn new(worker: BenchWorker<W>) -> Self {
        Self { worker, opened: Rc::default() }
    }

    /// The connections of this replay, with what each is called in the session.
    pub fn opened(&self) -> Vec<(ConnectionId, String)> {
        self.opened.borrow().clone()
    }

    /// The connection of the bench that stands for the one of this name.
    fn stand_in(&self, name: &str) -> ConnectionId {
        let known = self.opened.borrow().iter().find(|(_, known)| known == name).map(|(id, _)| *id);
        if let Some(id) = known {
            return id;
        }
        let id = self.worker.state(|s| s.number_of_foreign());
        self.opened.borrow_mut().push((id, name.to_owned()));
        let opened = self.opened();
        self.worker.change_replay(|seen| seen.connections = opened);
        self.worker.tell_replay();
        id
    }
}

impl<W: World> World for BenchWorld<W> {
    type Socket = BenchSocket<W>;

    fn now(&self) -> Instant {
        self.worker.now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        self.worker.world().sleep(wait)
    }

    fn breathe(&self) -> LocalFuture<()> {
        self.worker.world().breathe()
    }

    fn random(&self) -> u64 {
        self.worker.world().random()
    }

    fn connect(
        &self,
        name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<Self::Socket, ConnectError> {
        let id = self.stand_in(name);
        let run = self.worker.state(|s| s.replays.seen.run);
        // A compiler that knew what hears would name it where sockets are opened, and the first download would have all of it.
        let sink = std::hint::black_box(sink);
        match self.worker.open(id, format!("{name}, replay {run}"), endpoint, Some(sink)) {
            Ok(()) => {
                self.worker.flush();
                Ok(BenchSocket { worker: self.worker.clone(), id })
            }
            Err(error) => {
                self.worker.trouble(id, &format!("not opened: {error}"));
                Err(ConnectError { message: error.to_string() })
            }
        }
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        self.worker.world().http(request)
    }
}

/// A connection of the bench in the hands of a replay. Dropping it closes it.
pub(super) struct BenchSocket<W: World> {
    worker: BenchWorker<W>,
    id: ConnectionId,
}

impl<W: World> Socket for BenchSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        let sent = self.worker.send(self.id, payload);
        self.worker.flush();
        sent
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        // Whatever its code, an end that the session asks for is not a failure.
        self.worker.connection(self.id, |connection, _| connection.is_unwanted = true);
        let closed = self.worker.close(self.id, closing);
        self.worker.flush();
        closed
    }

    fn buffered(&self) -> u64 {
        self.worker.buffered(self.id)
    }
}

impl<W: World> Drop for BenchSocket<W> {
    fn drop(&mut self) {
        // One that is closed already is as good.
        let _ = self.worker.close(self.id, &Closing::normal());
    }
}
