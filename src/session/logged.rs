//! The world as a check sees it: every connection goes through the desk, so all that happens is logged and counted.

use std::time::Duration;

use super::desk::Desk;
use crate::engine::world::LocalFuture;
use crate::engine::{
    Closing, ConnectError, Endpoint, EventSink, HttpError, HttpRequest, HttpResponse, Instant, Payload,
    SendError, Socket, World,
};
use crate::wire::ConnectionId;

/// A world whose connections belong to a desk.
pub(super) struct Logged<W: World> {
    desk: Desk<W>,
}

impl<W: World> Logged<W> {
    pub fn new(desk: Desk<W>) -> Self {
        Self { desk }
    }
}

impl<W: World> Clone for Logged<W> {
    fn clone(&self) -> Self {
        Self { desk: self.desk.clone() }
    }
}

impl<W: World> World for Logged<W> {
    type Socket = LoggedSocket<W>;

    fn now(&self) -> Instant {
        self.desk.now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        self.desk.world().sleep(wait)
    }

    fn random(&self) -> u64 {
        self.desk.world().random()
    }

    fn connect(
        &self,
        name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<LoggedSocket<W>, ConnectError> {
        let id = self.desk.next_of_checks();
        // Made first: dropping it forgets the line, also when the browser has refused.
        let socket = LoggedSocket { desk: self.desk.clone(), id };
        match self.desk.open(id, name.to_owned(), endpoint, Some(sink)) {
            Ok(()) => Ok(socket),
            Err(error) => {
                self.desk.trouble(id, &format!("not opened: {error}"));
                Err(ConnectError { message: error.to_string() })
            }
        }
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        self.desk.world().http(request)
    }
}

/// A connection of a check.
pub(super) struct LoggedSocket<W: World> {
    desk: Desk<W>,
    id: ConnectionId,
}

impl<W: World> Socket for LoggedSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        self.desk.send(self.id, payload)
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        self.desk.close(self.id, closing)
    }

    fn buffered(&self) -> u64 {
        self.desk.buffered(self.id)
    }
}

impl<W: World> Drop for LoggedSocket<W> {
    fn drop(&mut self) {
        self.desk.forget(self.id);
    }
}
