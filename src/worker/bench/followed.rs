//! Connections of another program: what the server's proxy records, shown while it goes on.
//!
//! Owns the socket on which it comes, and which connection of the recording has which number here. It refuses to send anything on
//! them. Their frames go into the log of the bench, so that the timeline, its tools and the journal have them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::shown::take_in;
use super::worker::{BenchWorker, State};
use crate::engine::base::percent;
use crate::engine::bench::pairing::Pairing;
use crate::engine::report::Connection;
use crate::engine::session::journal::{Piece, pieces};
use crate::engine::{Closing, Endpoint, Entry, Event, Frame, FrameKind, Instant, Payload, Socket, World};
use crate::wire::bench::{ConnectionId, FollowedSeen, OutsideUpdate};

/// The route that tells a recording.
const ROUTE: &str = "/ws/recordings";
/// Recordings that are followed at once.
const MOST: usize = 8;
/// The page gets new counts this often: a flood must not become a queue of updates.
const EVERY: Duration = Duration::from_millis(500);

/// A recording that is followed, or was.
pub(super) struct Following<S> {
    name: String,
    socket: Option<Rc<S>>,
    /// Which recording of that name.
    of: String,
    /// When its clock began, in nanoseconds since 1970.
    origin: u64,
    /// The number of the frame that comes next.
    next: u64,
    lines: BTreeMap<u32, Line>,
    frames: u64,
    missed: u64,
    ended: Option<String>,
    told: Option<FollowedSeen>,
    /// A task tells the counts in a moment.
    is_due: bool,
}

/// A connection of it.
struct Line {
    id: ConnectionId,
    name: String,
    /// The start of the handshake that is known, and how far it has come.
    asked: Option<(Instant, bool, bool)>,
    pairing: Pairing,
}

type Shared<S> = Rc<RefCell<Following<S>>>;

impl<W: World> BenchWorker<W> {
    /// Shows a recording from now on; one that was followed before goes on where it stopped.
    pub(super) fn follow_recording(&self, name: String, server: &str) {
        let outside = self.state(|s| s.outside.clone());
        let known = outside.followed.borrow().iter().find(|it| it.borrow().name == name).cloned();
        let following = known.unwrap_or_else(|| {
            let new = Following {
                name: name.clone(),
                socket: None,
                of: String::new(),
                origin: 0,
                next: 0,
                lines: BTreeMap::new(),
                frames: 0,
                missed: 0,
                ended: None,
                told: None,
                is_due: false,
            };
            let new = Rc::new(RefCell::new(new));
            outside.followed.borrow_mut().push(new.clone());
            new
        });
        if following.borrow().socket.is_some() {
            return;
        }
        let opened = match outside.live() >= MOST {
            true => Err(format!("{MOST} recordings are followed already")),
            false => self.open_followed(&following, server),
        };
        following.borrow_mut().ended = opened.err();
        self.tell_followed();
    }

    fn open_followed(&self, following: &Shared<W::Socket>, server: &str) -> Result<(), String> {
        let address = {
            let following = following.borrow();
            let (name, of) = (percent::encoded(&following.name), percent::encoded(&following.of));
            format!("{server}{ROUTE}?name={name}&of={of}&from={}", following.next)
        };
        let endpoint = Endpoint::parse(&address).map_err(|error| error.to_string())?;
        let (worker, of) = (Rc::downgrade(&self.0), Rc::downgrade(following));
        let sink = Box::new(move |_, event| {
            let (Some(worker), Some(following)) = (worker.upgrade().map(BenchWorker), of.upgrade()) else {
                return;
            };
            worker.recording_says(&following, &event);
            worker.flush();
        });
        let socket =
            self.0.world.connect("a recording", &endpoint, sink).map_err(|error| error.to_string())?;
        following.borrow_mut().socket = Some(Rc::new(socket));
        Ok(())
    }

    /// Shows no more of it.
    pub(super) fn unfollow(&self, name: &str) {
        let outside = self.state(|s| s.outside.clone());
        let socket = outside
            .followed
            .borrow()
            .iter()
            .find(|it| it.borrow().name == name)
            .and_then(|it| it.borrow().socket.clone());
        if let Some(socket) = socket {
            // Who is gone has an event of its own.
            let _ = socket.close(&Closing::normal());
        }
    }

    fn recording_says(&self, following: &Shared<W::Socket>, event: &Event) {
        match event {
            Event::Received(Payload::Binary(bytes)) => {
                let began = (self.0.ready.clock_began.max(0.0) * 1e6) as u64;
                let read = self.state(|s| {
                    s.dirty = true;
                    let mut following = following.borrow_mut();
                    pieces(bytes, |piece| following.take(s, began, piece))
                });
                if let Err(error) = read {
                    following.borrow_mut().ended = Some(error.to_string());
                }
                let has_changed = following.borrow().has_changed();
                if has_changed {
                    self.tell_followed();
                } else if !std::mem::replace(&mut following.borrow_mut().is_due, true) {
                    let (worker, following) = (self.clone(), following.clone());
                    (self.0.spawn)(Box::pin(async move {
                        worker.0.world.sleep(EVERY).await;
                        following.borrow_mut().is_due = false;
                        worker.tell_followed();
                    }));
                }
            }
            Event::Closed { code, reason, .. } => {
                let socket = {
                    let mut following = following.borrow_mut();
                    following.ended = Some(match (code, reason.as_str()) {
                        (1000 | 1005, "") => "no longer followed".to_owned(),
                        (1006, _) => "the server does not tell it any more".to_owned(),
                        (code, "") => format!("the server has ended it with {code}"),
                        (_, reason) => reason.to_owned(),
                    });
                    following.socket.take()
                };
                // A socket is not dropped by what it calls.
                (self.0.spawn)(Box::pin(async move { drop(socket) }));
                self.tell_followed();
            }
            _ => {}
        }
    }

    /// Tells the page what has changed of all of them.
    fn tell_followed(&self) {
        let outside = self.state(|s| s.outside.clone());
        let all = outside.followed.borrow();
        let seen: Vec<FollowedSeen> = all.iter().map(|it| it.borrow().seen()).collect();
        let is_news = all.iter().zip(&seen).any(|(it, seen)| it.borrow().told.as_ref() != Some(seen));
        if is_news {
            all.iter().zip(&seen).for_each(|(it, seen)| it.borrow_mut().told = Some(seen.clone()));
            drop(all);
            self.tell_outside(&OutsideUpdate::Followed(seen));
        }
    }
}

impl<S> Following<S> {
    /// Whether more may come.
    pub fn is_live(&self) -> bool {
        self.socket.is_some()
    }

    /// Whether something else than counts is new: the page cannot wait for the names of connections.
    fn has_changed(&self) -> bool {
        let seen = self.seen();
        let counts = |seen: &FollowedSeen| FollowedSeen { frames: 0, missed: 0, ..seen.clone() };
        self.told.as_ref().is_none_or(|told| counts(told) != counts(&seen) || told.missed != seen.missed)
    }

    fn seen(&self) -> FollowedSeen {
        let connections = self.lines.values().map(|line| {
            (
                line.id,
                line.name.clone(),
                line.asked.is_some_and(|(_, is_open, is_closed)| is_open && !is_closed),
            )
        });
        FollowedSeen {
            name: self.name.clone(),
            connections: connections.collect(),
            frames: self.frames,
            missed: self.missed,
            is_live: self.socket.is_some(),
            ended: self.ended.clone(),
        }
    }

    /// A moment of the recording on the clock of the bench. Of two clocks only their beginnings on the calendar are known.
    fn at(&self, began: u64, at: Instant) -> Instant {
        Instant::from_nanos((self.origin.saturating_add(at.as_nanos())).saturating_sub(began))
    }

    fn take<W: World<Socket = S>>(&mut self, s: &mut State<W>, began: u64, piece: Piece<'_>) {
        match piece {
            Piece::About(about) => {
                // Another recording of the same name: its connections and frames are others.
                if self.of != about.id {
                    (self.lines, self.next) = (BTreeMap::new(), 0);
                }
                (self.of, self.origin) = (about.id, about.origin_us.saturating_mul(1000));
            }
            Piece::Connection(connection) => self.connection(s, began, &connection),
            Piece::Frame(record) => self.frame(s, began, record.frame),
        }
    }

    fn line<W: World>(&mut self, s: &mut State<W>, id: u32, name: &str) -> &mut Line {
        let recording = &self.name;
        self.lines.entry(id).or_insert_with(|| {
            let id = s.number_of_foreign();
            // The name says whose it is wherever it stands: in rows, lanes, exports and the kept session.
            let name = format!("{recording}/{name} (followed)");
            Line { id, name, asked: None, pairing: Pairing::default() }
        })
    }

    /// A handshake, or what became of it.
    fn connection<W: World>(&mut self, s: &mut State<W>, began: u64, told: &Connection) {
        let moments = (
            self.at(began, told.asked),
            told.opened.as_ref().map(|it| self.at(began, it.at)),
            told.closed.as_ref().map(|it| self.at(began, it.at)),
        );
        let line = self.line(s, told.id, &told.name);
        let known = line.asked.filter(|(asked, ..)| *asked == told.asked);
        line.asked = Some((told.asked, told.opened.is_some(), told.closed.is_some()));
        let (id, name) = (line.id, line.name.clone());
        if known.is_none()
            && let Ok(endpoint) = Endpoint::parse(&told.url)
        {
            s.record.begin(moments.0, id, &name, &endpoint);
        }
        let (was_open, was_closed) = known.map_or((false, false), |(_, open, closed)| (open, closed));
        if let (Some(opened), Some(at), false) = (&told.opened, moments.1, was_open) {
            let (protocol, extensions) = (opened.protocol.clone(), opened.extensions.clone());
            s.record.handshakes.heard(at, id.0, &Event::Opened { protocol, extensions });
        }
        if let (Some(closed), Some(at), false) = (&told.closed, moments.2, was_closed) {
            let (code, reason, clean) = (closed.code, closed.reason.clone(), closed.clean);
            s.record.handshakes.heard(at, id.0, &Event::Closed { code, reason, clean });
        }
    }

    fn frame<W: World>(&mut self, s: &mut State<W>, began: u64, frame: Frame<'_>) {
        let at = self.at(began, frame.at);
        let missed = frame.number.saturating_sub(self.next);
        self.next = frame.number + 1;
        let line = self.line(s, frame.connection, &format!("c{}", frame.connection));
        let id = line.id;
        if missed > 0 {
            let words = format!(
                "{missed} frames of this recording are missing: the server dropped them before this page took them"
            );
            let bytes = words.as_bytes();
            let kind = FrameKind::Told;
            s.record.log.push(Entry {
                at,
                connection: id.0,
                kind,
                bytes,
                round_trip: None,
                is_tainted: false,
            });
        }
        take_in(&mut s.record, &mut line.pairing, id, (at, frame.kind, frame.bytes));
        if frame.kind == FrameKind::Closed {
            line.pairing = Pairing::default();
            s.ended.push((id, s.record.log.total()));
        }
        self.missed += missed;
        self.frames += 1;
    }
}
