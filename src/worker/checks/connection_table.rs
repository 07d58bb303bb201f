//! A world that counts its connections.
//!
//! Owns how each connection of the running check stands, and the limit of the browser. It refuses to keep frames. The rule a
//! reader would break: a socket counts until its end is heard or it is dropped, since a browser counts those that close, too.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::base::world::LocalFuture;
use crate::engine::{
    Closing, ConnectError, Endpoint, Event, EventSink, HttpError, HttpRequest, HttpResponse, Instant,
    Payload, SendError, Socket, World,
};
use crate::wire::checks::{Seat, Standing};

/// A world whose connections are watched.
pub(super) struct Watched<W: World> {
    world: W,
    board: Rc<RefCell<Board>>,
}

impl<W: World> Clone for Watched<W> {
    fn clone(&self) -> Self {
        Self { world: self.world.clone(), board: self.board.clone() }
    }
}

/// How all connections stand.
#[derive(Default)]
pub(super) struct Board {
    seats: Vec<Seat>,
    /// In use by this page elsewhere.
    elsewhere: u32,
    most: u32,
    live: u32,
    changed: bool,
}

impl Board {
    /// A new check: all connections are new ones.
    pub fn clear(&mut self) {
        self.seats.clear();
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
    pub fn changes(&mut self) -> Option<Vec<Seat>> {
        std::mem::take(&mut self.changed).then(|| self.seats.clone())
    }

    fn take_seat(&mut self, name: &str) -> usize {
        let seat = self.seats.iter().position(|seat| seat.name == name);
        let seat = seat.unwrap_or_else(|| {
            let name = name.to_owned();
            self.seats.push(Seat { name, standing: Standing::Connecting, sent: 0, received: 0 });
            self.seats.len() - 1
        });
        self.stand(seat, Standing::Connecting);
        seat
    }

    fn stand(&mut self, seat: usize, standing: Standing) {
        self.change(seat, |seat| seat.standing = standing);
    }

    fn change(&mut self, seat: usize, change: impl FnOnce(&mut Seat)) {
        // A socket of a check that is over may still be heard of.
        if let Some(seat) = self.seats.get_mut(seat) {
            change(seat);
            self.changed = true;
        }
    }

    fn heard(&mut self, seat: usize, event: &Event) {
        match event {
            Event::Opened { .. } => self.stand(seat, Standing::Open),
            Event::Received(_) => self.change(seat, |seat| seat.received += 1),
            Event::Failed => self.stand(seat, Standing::Failed),
            Event::Closed { clean, .. } => {
                self.live = self.live.saturating_sub(1);
                let standing = if *clean { Standing::Closed } else { Standing::Failed };
                self.stand(seat, standing);
            }
        }
    }
}

impl<W: World> Watched<W> {
    pub fn new(world: W, most: u32) -> Self {
        let board = Board { most, ..Board::default() };
        Self { world, board: Rc::new(RefCell::new(board)) }
    }

    pub fn board(&self) -> Rc<RefCell<Board>> {
        self.board.clone()
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

    fn breathe(&self) -> LocalFuture<()> {
        self.world.breathe()
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
        let seat = {
            let mut board = self.board.borrow_mut();
            let used = board.live + board.elsewhere;
            if board.most > 0 && used >= board.most {
                let message = format!(
                    "the browser allows a page {} sockets, and {used} are in use ({} of them by the bench)",
                    board.most, board.elsewhere
                );
                return Err(ConnectError { message });
            }
            board.live += 1;
            board.take_seat(name)
        };
        let is_live = Rc::new(std::cell::Cell::new(true));
        let (board, lives) = (self.board.clone(), is_live.clone());
        let watching: EventSink = Box::new(move |at, event| {
            board.borrow_mut().heard(seat, &event);
            if matches!(event, Event::Closed { .. }) {
                lives.set(false);
            }
            sink(at, event);
        });
        match self.world.connect(name, endpoint, watching) {
            Ok(socket) => Ok(WatchedSocket { socket, board: self.board.clone(), seat, is_live }),
            Err(error) => {
                let mut board = self.board.borrow_mut();
                board.live -= 1;
                board.stand(seat, Standing::Failed);
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
    board: Rc<RefCell<Board>>,
    seat: usize,
    is_live: Rc<std::cell::Cell<bool>>,
}

impl<W: World> Socket for WatchedSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        let sent = self.socket.send(payload);
        if sent.is_ok() {
            self.board.borrow_mut().change(self.seat, |seat| seat.sent += 1);
        }
        sent
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let asked = self.socket.close(closing);
        if asked.is_ok() {
            self.board.borrow_mut().stand(self.seat, Standing::Closing);
        }
        asked
    }

    fn buffered(&self) -> u64 {
        self.socket.buffered()
    }
}

impl<W: World> Drop for WatchedSocket<W> {
    fn drop(&mut self) {
        // A listener may drop its own socket while it is told of an event; the board is not borrowed then.
        if self.is_live.get()
            && let Ok(mut board) = self.board.try_borrow_mut()
        {
            board.live = board.live.saturating_sub(1);
            board.stand(self.seat, Standing::Closed);
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
        world.board().borrow_mut().set_elsewhere(1);
        let endpoint = Endpoint::parse("ws://quiet").expect("valid");
        let open = |name: &str| world.connect(name, &endpoint, Box::new(|_, _| {}));
        let (a, b) = (open("a").expect("the first"), open("b").expect("the second"));
        let refused = open("c").err().expect("one too many");
        assert_eq!(
            refused.message,
            "the browser allows a page 3 sockets, and 3 are in use (1 of them by the bench)"
        );
        sim.settle();
        drop(a);
        assert_eq!(world.board().borrow().live(), 1);
        b.close(&Closing::new(1000, "").expect("sendable")).expect("open");
        sim.settle();
        drop(b);
        assert_eq!(world.board().borrow().live(), 0, "an end is counted once");
        let standings: Vec<_> =
            world.board().borrow_mut().changes().expect("changed").iter().map(|seat| seat.standing).collect();
        assert_eq!(standings, [Standing::Closed, Standing::Closed]);
        assert_eq!(world.board().borrow_mut().changes(), None);
    }
}
