//! A world that records: it writes its events into a transcript, within a byte budget.
//!
//! Owns the recording of a run of checks: in the worker of the checks, in the headless command and in tests. On the
//! bench the worker records, as it also keeps what the page shows. An event is recorded before it is passed on, so the
//! log keeps the true order even when the listener answers at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::handshakes::Handshakes;
use super::told;
use crate::base::world::{LocalFuture, Opening, RawFrame};
use crate::report::{Notes, Origin, Transcript};
use crate::{
    Closing, ConnectError, Endpoint, Entry, Event, EventSink, FrameKind, FrameLog, HttpError, HttpRequest,
    HttpResponse, Instant, Pairing, Payload, SendError, Socket, World,
};

/// A world whose connections are recorded.
pub struct Recorded<W: World> {
    world: W,
    recording: Rc<RefCell<RunRecording>>,
}

impl<W: World> Clone for Recorded<W> {
    fn clone(&self) -> Self {
        Self { world: self.world.clone(), recording: self.recording.clone() }
    }
}

impl<W: World> Recorded<W> {
    /// Records `world`, holding at most `budget` bytes of frames, the newest. `origin` is when the world's clock was zero.
    pub fn new(world: W, budget: usize, origin: Origin) -> Self {
        let log = FrameLog::with_budget(budget);
        let recording =
            RunRecording { log, origin, handshakes: Handshakes::default(), notes: Notes::default(), next: 0 };
        Self { world, recording: Rc::new(RefCell::new(recording)) }
    }

    /// Shows what was recorded so far. Nothing may happen in the world meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&Transcript<'_>) -> T) -> T {
        let recording = self.recording.borrow();
        look(&Transcript {
            log: &recording.log,
            only: None,
            pins: None,
            connections: recording.handshakes.as_slice(),
            notes: recording.notes.as_slice(),
            origin: recording.origin,
            as_read: None,
        })
    }

    /// From here on everything belongs to this check.
    pub fn begin_check(&self, name: &str) {
        let at = self.now();
        let recording = &mut *self.recording.borrow_mut();
        recording.notes.check(at, recording.log.total(), name);
    }
}

struct RunRecording {
    log: FrameLog,
    origin: Origin,
    handshakes: Handshakes,
    notes: Notes,
    next: u32,
}

impl RunRecording {
    fn begin(&mut self, at: Instant, name: &str, endpoint: &Endpoint) -> u32 {
        let id = self.next;
        self.next += 1;
        self.handshakes.begin(&self.log, at, id, name, endpoint);
        self.note(at, id, FrameKind::Connecting, &told::connecting(endpoint.url(), endpoint.protocols()));
        id
    }

    fn heard(&mut self, at: Instant, id: u32, event: &Event, pairing: &mut Pairing) {
        self.handshakes.heard(at, id, event);
        match event {
            Event::Opened { protocol, extensions } => {
                self.note(at, id, FrameKind::Opened, &told::opened(protocol, extensions));
            }
            Event::Received(payload) => {
                let kind =
                    if payload.is_text() { FrameKind::ReceivedText } else { FrameKind::ReceivedBinary };
                let round_trip = pairing.received(at, payload);
                self.push(at, id, kind, payload.as_bytes(), round_trip);
            }
            // What the log has a kind for is what a page hears too.
            Event::Answered(_) | Event::Ponged(_) => {}
            Event::Failed => {
                let was_open = self.handshakes.was_open(id);
                let words = if was_open { "the connection broke" } else { "the handshake failed" };
                self.note(at, id, FrameKind::Failed, words);
            }
            Event::Closed { code, reason, .. } => {
                self.note(at, id, FrameKind::Closed, &told::closed(*code, reason));
            }
        }
    }

    fn note(&mut self, at: Instant, id: u32, kind: FrameKind, content: &str) {
        self.push(at, id, kind, content.as_bytes(), None);
    }

    fn push(
        &mut self,
        at: Instant,
        connection: u32,
        kind: FrameKind,
        bytes: &[u8],
        round_trip: Option<Duration>,
    ) {
        self.log.push(Entry { at, connection, kind, bytes, round_trip, is_tainted: false });
    }
}

impl<W: World> World for Recorded<W> {
    type Socket = RecordedSocket<W>;

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
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
    ) -> Result<RecordedSocket<W>, ConnectError> {
        let id = self.recording.borrow_mut().begin(self.now(), name, endpoint);
        let pairing = Rc::new(RefCell::new(Pairing::default()));
        let (recording, questions) = (self.recording.clone(), pairing.clone());
        let recording: EventSink = Box::new(move |at, event| {
            recording.borrow_mut().heard(at, id, &event, &mut questions.borrow_mut());
            sink(at, event);
        });
        match self.world.connect(name, endpoint, recording) {
            Ok(socket) => Ok(RecordedSocket {
                socket,
                world: self.world.clone(),
                recording: self.recording.clone(),
                id,
                pairing,
            }),
            Err(error) => {
                let words = format!("not opened: {error}");
                let mut recording = self.recording.borrow_mut();
                recording.note(self.now(), id, FrameKind::Failed, &words);
                recording.handshakes.let_go(id);
                Err(error)
            }
        }
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        let at = self.now();
        let number = {
            let recording = &mut *self.recording.borrow_mut();
            recording.notes.call(at, recording.log.total(), &request)
        };
        let (answer, this) = (self.world.http(request), self.clone());
        Box::pin(async move {
            let result = answer.await;
            let at = this.now();
            this.recording.borrow_mut().notes.answered(number, at, &result);
            result
        })
    }
}

/// A connection that is recorded.
pub struct RecordedSocket<W: World> {
    socket: W::Socket,
    world: W,
    recording: Rc<RefCell<RunRecording>>,
    id: u32,
    pairing: Rc<RefCell<Pairing>>,
}

impl<W: World> Socket for RecordedSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        let asked = self.pairing.borrow().asking(payload);
        let sent = self.socket.send(payload);
        let mut recording = self.recording.borrow_mut();
        match &sent {
            Ok(at) => {
                if let Some(asked) = asked {
                    self.pairing.borrow_mut().asked(*at, asked);
                }
                let kind = if payload.is_text() { FrameKind::SentText } else { FrameKind::SentBinary };
                recording.push(*at, self.id, kind, payload.as_bytes(), None);
            }
            Err(error) => {
                recording.note(self.world.now(), self.id, FrameKind::Failed, &format!("not sent: {error}"));
            }
        }
        sent
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let asked = self.socket.close(closing);
        if let Ok(at) = asked {
            let content = told::closing(closing.code.get(), closing.reason.as_str());
            self.recording.borrow_mut().note(at, self.id, FrameKind::Closing, &content);
        }
        asked
    }

    fn send_frame(&self, frame: &RawFrame) -> Result<Instant, SendError> {
        let at = self.socket.send_frame(frame)?;
        let kind = if frame.opcode == 1 { FrameKind::SentText } else { FrameKind::SentBinary };
        self.recording.borrow_mut().push(at, self.id, kind, &frame.payload, None);
        Ok(at)
    }

    fn close_raw(&self, code: u16, reason: &str) -> Result<Instant, SendError> {
        let asked = self.socket.close_raw(code, reason);
        if let Ok(at) = asked {
            self.recording.borrow_mut().note(at, self.id, FrameKind::Closing, &told::closing(code, reason));
        }
        asked
    }

    fn buffered(&self) -> u64 {
        self.socket.buffered()
    }
}

/// Dropping a socket closes it, and nothing is heard of it any more.
impl<W: World> Drop for RecordedSocket<W> {
    fn drop(&mut self) {
        let at = self.world.now();
        // A listener may drop its own socket while an event is passed on; nothing is borrowed then.
        if let Ok(mut recording) = self.recording.try_borrow_mut()
            && recording.handshakes.let_go(self.id)
        {
            recording.note(at, self.id, FrameKind::Closing, "1000 no longer needed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Server, Sim};

    struct Echo;

    impl Server for Echo {
        fn on_message(&mut self, payload: Payload, _random: u64) -> Vec<(Duration, Act)> {
            vec![(Duration::from_millis(2), Act::Send(payload))]
        }
    }

    struct Refusing;

    impl Server for Refusing {
        fn accepts_after(&mut self) -> Option<Duration> {
            None
        }
    }

    fn world(budget: usize) -> (Sim, Recorded<Sim>) {
        let sim = Sim::with_seed(1);
        sim.serve("ws://echo", || Echo);
        sim.serve("ws://refusing", || Refusing);
        let recorded = Recorded::new(sim.clone(), budget, Origin::from_millis(1e12));
        (sim, recorded)
    }

    fn connect(world: &Recorded<Sim>, url: &str) -> RecordedSocket<Sim> {
        let endpoint = Endpoint::parse(url).expect("valid");
        world.connect("a", &endpoint, Box::new(|_, _| {})).expect("a simulated connect never throws")
    }

    fn story(world: &Recorded<Sim>) -> Vec<(u32, FrameKind, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        world.read(|session| {
            session.log.from(0).map(|frame| (frame.connection, frame.kind, text(frame.bytes))).collect()
        })
    }

    #[test]
    fn everything_of_a_connection_is_reported_in_order() {
        let (sim, world) = world(0);
        let socket = connect(&world, "ws://echo/a");
        sim.settle();
        socket.send(&"hi".into()).expect("open");
        sim.settle();
        socket.close(&Closing::new(4001, "done").expect("sendable")).expect("open");
        sim.settle();
        drop(socket);
        let told: Vec<_> = story(&world).into_iter().map(|(_, kind, text)| (kind, text)).collect();
        let expected = [
            (FrameKind::Connecting, "ws://echo/a"),
            (FrameKind::Opened, ""),
            (FrameKind::SentText, "hi"),
            (FrameKind::ReceivedText, "hi"),
            (FrameKind::Closing, "4001 done"),
            (FrameKind::Closed, "4001 the application's own code: done"),
        ];
        assert_eq!(told, expected.map(|(kind, text)| (kind, text.to_owned())));
        world.read(|session| {
            let [connection] = session.connections else { panic!("one connection") };
            assert_eq!(
                connection.closed.as_ref().map(|closed| (closed.code, closed.clean)),
                Some((4001, true))
            );
            assert_eq!(session.log.get(3).and_then(|f| f.round_trip), Some(Duration::from_millis(2)));
        });
    }

    #[test]
    fn a_refusal_and_a_message_that_did_not_go_out_are_reported() {
        let (sim, world) = world(0);
        let socket = connect(&world, "ws://refusing");
        socket.send(&"early".into()).expect_err("not open yet");
        sim.settle();
        let told: Vec<_> = story(&world).into_iter().map(|(_, kind, text)| (kind, text)).collect();
        let expected = [
            (FrameKind::Connecting, "ws://refusing"),
            (FrameKind::Failed, "not sent: the connection is not open yet"),
            (FrameKind::Failed, "the handshake failed"),
            (FrameKind::Closed, "1006 no close frame came"),
        ];
        assert_eq!(told, expected.map(|(kind, text)| (kind, text.to_owned())));
        world.read(|session| assert_eq!(session.connections[0].opened, None));
    }

    #[test]
    fn a_dropped_socket_is_reported_once() {
        let (sim, world) = world(0);
        let socket = connect(&world, "ws://echo");
        sim.settle();
        drop(socket);
        sim.settle();
        let last = story(&world).pop();
        assert_eq!(last, Some((0, FrameKind::Closing, "1000 no longer needed".to_owned())));
    }

    #[test]
    fn a_listener_may_drop_its_own_socket() {
        let (sim, world) = world(0);
        let held: Rc<RefCell<Option<RecordedSocket<Sim>>>> = Rc::default();
        let dropping = held.clone();
        let endpoint = Endpoint::parse("ws://echo").expect("valid");
        let sink: EventSink = Box::new(move |_, _| drop(dropping.borrow_mut().take()));
        *held.borrow_mut() = Some(world.connect("a", &endpoint, sink).expect("simulated"));
        sim.settle();
        let kinds: Vec<_> = story(&world).into_iter().map(|(_, kind, _)| kind).collect();
        assert_eq!(kinds[..3], [FrameKind::Connecting, FrameKind::Opened, FrameKind::Closing]);
        assert_eq!(kinds.iter().filter(|kind| **kind == FrameKind::Closing).count(), 1);
    }

    #[test]
    fn the_list_of_connections_is_bounded_as_the_log_is() {
        let (sim, world) = world(0);
        for i in 0..40_000 {
            drop(connect(&world, &format!("ws://echo/{}", "x".repeat(100 + i % 2))));
            sim.settle();
        }
        world.read(|session| {
            assert!(session.log.dropped() > 0);
            assert!(session.connections.len() < 12_000, "{}", session.connections.len());
            let all_known = session
                .log
                .from(0)
                .all(|frame| session.connections.iter().any(|connection| connection.id == frame.connection));
            assert!(all_known);
        });
    }

    #[test]
    fn a_connection_has_the_name_it_was_given() {
        let (_, world) = world(0);
        let endpoint = Endpoint::parse("ws://echo").expect("valid");
        let open = |name| world.connect(name, &endpoint, Box::new(|_, _| {}));
        let _sockets = [open("alice"), open("crowd[3]")];
        let names =
            world.read(|session| session.connections.iter().map(|c| c.name.clone()).collect::<Vec<_>>());
        assert_eq!(names, ["alice", "crowd[3]"]);
    }
}
