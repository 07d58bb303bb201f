//! A world that counts its connections.
//!
//! Owns how each connection of the running check stands, and the limit of the browser. It refuses to keep frames. One rule: a
//! socket counts until its end is heard or it is dropped, since a browser also counts those that close.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::base::world::{LocalFuture, Opening};
use crate::engine::{
    Closing, ConnectError, Endpoint, Event, EventSink, HttpError, HttpRequest, HttpResponse, Instant,
    Payload, SendError, Socket, World,
};
use crate::wire::checks::{ConnectionRow, Phase};

/// A world whose connections are watched.
pub(super) struct Watched<W: World> {
    world: W,
    table: Rc<RefCell<ConnectionTable>>,
}

impl<W: World> Clone for Watched<W> {
    fn clone(&self) -> Self {
        Self { world: self.world.clone(), table: self.table.clone() }
    }
}

/// How all connections stand.
#[derive(Default)]
pub(super) struct ConnectionTable {
    connections: Vec<ConnectionRow>,
    /// In use by this page elsewhere.
    elsewhere: u32,
    most: u32,
    live: u32,
    changed: bool,
}

impl ConnectionTable {
    /// A new check: all connections are new ones.
    pub fn clear(&mut self) {
        self.connections.clear();
        self.changed = true;
    }

    /// Sockets of this page that are not ours.
    pub fn set_elsewhere(&mut self, sockets: u32) {
        self.elsewhere = sockets;
    }

    /// Sockets in use.
    #[cfg(test)]
    pub fn live(&self) -> u32 {
        self.live
    }

    /// All of them, when any has changed since the last look.
    pub fn changes(&mut self) -> Option<Vec<ConnectionRow>> {
        std::mem::take(&mut self.changed).then(|| self.connections.clone())
    }

    fn take_seat(&mut self, name: &str, is_relayed: bool) -> usize {
        let connection = self.connections.iter().position(|connection| connection.name == name);
        let connection = connection.unwrap_or_else(|| {
            let name = name.to_owned();
            let phase = Phase::Connecting;
            self.connections.push(ConnectionRow { name, phase, is_relayed, sent: 0, received: 0 });
            self.connections.len() - 1
        });
        self.stand(connection, Phase::Connecting);
        connection
    }

    fn stand(&mut self, connection: usize, phase: Phase) {
        self.change(connection, |connection| connection.phase = phase);
    }

    fn change(&mut self, connection: usize, change: impl FnOnce(&mut ConnectionRow)) {
        // A socket of a check that is over may still be heard of.
        if let Some(connection) = self.connections.get_mut(connection) {
            change(connection);
            self.changed = true;
        }
    }

    fn heard(&mut self, connection: usize, event: &Event) {
        match event {
            Event::Opened { .. } => self.stand(connection, Phase::Open),
            Event::Received(_) => self.change(connection, |connection| connection.received += 1),
            Event::Answered(_) | Event::Ponged(_) => {}
            Event::Failed => self.stand(connection, Phase::Failed),
            Event::Closed { clean, .. } => {
                self.live = self.live.saturating_sub(1);
                let phase = if *clean { Phase::Closed } else { Phase::Failed };
                self.stand(connection, phase);
            }
        }
    }
}

impl<W: World> Watched<W> {
    pub fn new(world: W, most: u32) -> Self {
        let table = ConnectionTable { most, ..ConnectionTable::default() };
        Self { world, table: Rc::new(RefCell::new(table)) }
    }

    pub fn table(&self) -> Rc<RefCell<ConnectionTable>> {
        self.table.clone()
    }
}

impl<W: World> World for Watched<W> {
    type Socket = WatchedSocket<W>;

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn sleep(&self, wait: std::time::Duration) -> LocalFuture<()> {
        self.world.sleep(wait)
    }

    fn pass(&self, deadline: Instant) -> LocalFuture<()> {
        self.world.pass(deadline)
    }

    fn breathe(&self) -> LocalFuture<()> {
        self.world.breathe()
    }

    fn opening(&self) -> Opening {
        self.world.opening()
    }

    fn random(&self) -> u64 {
        self.world.random()
    }

    fn connect(
        &self,
        name: &str,
        endpoint: &Endpoint,
        mut sink: EventSink,
    ) -> Result<WatchedSocket<W>, ConnectError> {
        let connection = {
            let mut table = self.table.borrow_mut();
            let used = table.live + table.elsewhere;
            if table.most > 0 && used >= table.most {
                let message = format!(
                    "the browser allows a page {} sockets, and {used} are in use ({} of them by the bench)",
                    table.most, table.elsewhere
                );
                return Err(ConnectError { message });
            }
            table.live += 1;
            table.take_seat(name, endpoint.needs_relay())
        };
        let is_live = Rc::new(std::cell::Cell::new(true));
        let (table, lives) = (self.table.clone(), is_live.clone());
        let watching: EventSink = Box::new(move |at, event| {
            table.borrow_mut().heard(connection, &event);
            if matches!(event, Event::Closed { .. }) {
                lives.set(false);
            }
            sink(at, event);
        });
        match self.world.connect(name, endpoint, watching) {
            Ok(socket) => Ok(WatchedSocket { socket, table: self.table.clone(), connection, is_live }),
            Err(error) => {
                let mut table = self.table.borrow_mut();
                table.live -= 1;
                table.stand(connection, Phase::Failed);
                Err(error)
            }
        }
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        self.world.http(request)
    }
}

/// A connection that is watched.
pub(super) struct WatchedSocket<W: World> {
    socket: W::Socket,
    table: Rc<RefCell<ConnectionTable>>,
    connection: usize,
    is_live: Rc<std::cell::Cell<bool>>,
}

impl<W: World> Socket for WatchedSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        let sent = self.socket.send(payload);
        if sent.is_ok() {
            self.table.borrow_mut().change(self.connection, |connection| connection.sent += 1);
        }
        sent
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let asked = self.socket.close(closing);
        if asked.is_ok() {
            self.table.borrow_mut().stand(self.connection, Phase::Closing);
        }
        asked
    }

    fn buffered(&self) -> u64 {
        self.socket.buffered()
    }
}

impl<W: World> Drop for WatchedSocket<W> {
    fn drop(&mut self) {
        // A listener may drop its own socket while it handles an event; the table is not borrowed then.
        if self.is_live.get()
            && let Ok(mut table) = self.table.try_borrow_mut()
        {
            table.live = table.live.saturating_sub(1);
            table.stand(self.connection, Phase::Closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sim::{Server, Sim};

    struct Quiet;
    impl Server for Quiet {
        fn on_message(
            &mut self,
            _payload: Payload,
            _random: u64,
        ) -> Vec<(std::time::Duration, crate::engine::sim::Act)> {
            Vec::new()
        }
    }

    #[test]
    fn a_socket_counts_until_its_end_and_none_is_opened_above_the_limit() {
        let sim = Sim::with_seed(1);
        sim.serve("ws://quiet", || Quiet);
        let world = Watched::new(sim.clone(), 3);
        world.table().borrow_mut().set_elsewhere(1);
        let endpoint = Endpoint::parse("ws://quiet").expect("valid");
        let open = |name: &str| world.connect(name, &endpoint, Box::new(|_, _| {}));
        let relayed = [("X-Key".to_owned(), "1".to_owned())];
        let by_relay = endpoint.clone().with_fields(relayed).expect("a field");
        let (a, b) = (
            open("a").expect("the first"),
            world.connect("b", &by_relay, Box::new(|_, _| {})).expect("the second"),
        );
        let refused = open("c").err().expect("one too many");
        assert_eq!(
            refused.message,
            "the browser allows a page 3 sockets, and 3 are in use (1 of them by the bench)"
        );
        sim.settle();
        drop(a);
        assert_eq!(world.table().borrow().live(), 1);
        b.close(&Closing::new(1000, "").expect("sendable")).expect("open");
        sim.settle();
        drop(b);
        assert_eq!(world.table().borrow().live(), 0, "an end is counted once");
        let standings: Vec<_> = world
            .table()
            .borrow_mut()
            .changes()
            .expect("changed")
            .iter()
            .map(|connection| (connection.phase, connection.is_relayed))
            .collect();
        assert_eq!(standings, [(Phase::Closed, false), (Phase::Closed, true)]);
        assert_eq!(world.table().borrow_mut().changes(), None);
    }
}
