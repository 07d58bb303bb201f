//! A kept session: what happened on the wire, with what people said about it.
//!
//! Owns the model that the journal fills, a file is read into, a replay makes and a comparison compares. It refuses to
//! know where a session is kept. Its one rule: whatever a file or a server says, it holds at most its budget, and it
//! counts what it could not hold.

pub mod asked;
pub mod diff;
pub mod journal;
pub mod read;
pub mod replay;

use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Connection, Note, Noted, Origin, Transcript};
use crate::{Entry, Frame, FrameKind, FrameLog, Instant};

pub use crate::recording::as_read::AsRead;

/// A session that has ended, or that grows.
pub struct Session {
    /// What people call it.
    pub name: String,
    /// When its clock was zero, on the calendar.
    pub origin: Origin,
    /// The events, with the count of those that did not fit.
    pub log: FrameLog,
    /// The handshakes, those of one connection in the order in which they were started.
    connections: Vec<Connection>,
    /// What happened beside the connections.
    notes: Vec<Note>,
    /// The pinned frames with their remarks, possibly empty.
    pins: BTreeMap<u64, String>,
    /// What its file says about the frames and the log does not.
    as_read: AsRead,
    /// What it may hold beside the frames.
    beside: Beside,
}

/// The bytes beside the frames, and how much did not fit.
#[derive(Clone, Copy, Debug, Default)]
struct Beside {
    budget: usize,
    held: usize,
    dropped: u64,
}

impl Beside {
    /// Whether this many bytes more may be held.
    fn takes(&mut self, bytes: usize) -> bool {
        let fits = self.held.saturating_add(bytes) <= self.budget;
        match fits {
            true => self.held += bytes,
            false => self.dropped += 1,
        }
        fits
    }
}

/// What a handshake, a note or a pin costs besides its texts.
const OVERHEAD: usize = 128;

impl Session {
    /// What a session holds when nothing else is said: as the timeline does.
    pub const BUDGET: usize = 128 << 20;

    /// An empty session that holds at most about `budget` bytes: frames, and an eighth as much beside them.
    pub fn new(name: &str, origin: Origin, budget: usize) -> Self {
        Self::continuing(name, origin, FrameLog::with_budget(budget))
    }

    /// A session with these frames, such as [`FrameLog::continuing`] makes of one whose oldest are gone.
    pub fn continuing(name: &str, origin: Origin, log: FrameLog) -> Self {
        let beside = Beside { budget: log.budget() / 8, ..Beside::default() };
        Self {
            name: name.to_owned(),
            origin,
            log,
            connections: Vec::new(),
            notes: Vec::new(),
            pins: BTreeMap::new(),
            as_read: AsRead::default(),
            beside,
        }
    }

    /// What these connections have of a session, under the numbers that the frames have there. `named` says what a
    /// connection is called here; none leaves it out. Notes and pins stay behind.
    pub fn part_of(
        of: &Transcript<'_>,
        name: &str,
        budget: usize,
        named: &dyn Fn(&Connection) -> Option<String>,
    ) -> Self {
        // Frames that are gone may have been of these connections, if one of them is as old.
        let oldest = of.log.from(0).next().map_or(Instant::ORIGIN, |frame| frame.at);
        let is_cut = of.connections.iter().any(|it| it.asked < oldest && named(it).is_some());
        let dropped = if is_cut { of.log.dropped() } else { 0 };
        let log = FrameLog::continuing(budget, of.log.began().unwrap_or(Instant::ORIGIN), dropped);
        let mut part = Self::continuing(name, of.origin, log);
        let mut places = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (place, connection) in of.connections.iter().enumerate() {
            let Some(name) = named(connection) else { continue };
            known.insert(connection.id);
            let next = part.connections.len();
            if part.connect(Connection { name, ..connection.clone() }) {
                places.insert(place, next);
            }
        }
        for frame in of.log.from(0).filter(|frame| known.contains(&frame.connection)) {
            let (number, next) = (of.number(&frame), part.log.total());
            if !part.as_read.is_next(next, number) {
                part.as_read.gap(next, number.saturating_sub(next));
            }
            let begun = of.as_read.and_then(|read| read.begun_by(frame.number));
            if let Some(place) = begun.and_then(|place| places.get(&place)) {
                part.as_read.begins(next, *place);
            }
            let Frame { at, connection, kind, bytes, round_trip, is_tainted, .. } = frame;
            part.push(Entry { at, connection, kind, bytes, round_trip, is_tainted });
        }
        part
    }

    /// The handshakes.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// What happened beside the connections.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The pinned frames with their remarks.
    pub fn pins(&self) -> &BTreeMap<u64, String> {
        &self.pins
    }

    /// Handshakes, notes and pins that did not fit.
    pub fn dropped_beside(&self) -> u64 {
        self.beside.dropped
    }

    /// Logs a frame; returns its number.
    pub fn push(&mut self, entry: Entry<'_>) -> u64 {
        self.log.push(entry)
    }

    /// Logs an event that has words and no reply.
    pub fn tell(&mut self, at: Instant, connection: u32, kind: FrameKind, words: &str) -> u64 {
        let bytes = words.as_bytes();
        self.push(Entry { at, connection, kind, bytes, round_trip: None, is_tainted: false })
    }

    /// A handshake was started; says whether there was room for it.
    pub fn connect(&mut self, connection: Connection) -> bool {
        let texts = connection.offered.iter().map(String::len).sum::<usize>()
            + connection.name.len()
            + connection.url.len();
        let fits = self.beside.takes(texts + OVERHEAD);
        if fits {
            self.connections.push(connection);
        }
        fits
    }

    /// The latest handshake of a connection, to say what became of it.
    pub fn latest(&mut self, id: u32) -> Option<&mut Connection> {
        self.connections.iter_mut().rev().find(|connection| connection.id == id)
    }

    /// Something happened beside the connections; says whether there was room for it.
    pub fn note(&mut self, note: Note) -> bool {
        let fits = self.beside.takes(size_of_note(&note) + OVERHEAD);
        if fits {
            self.notes.push(note);
        }
        fits
    }

    /// Pins a frame; says whether there was room for it.
    pub fn pin(&mut self, number: u64, remark: &str) -> bool {
        let fits = self.beside.takes(remark.len() + OVERHEAD);
        if fits {
            self.pins.insert(number, remark.to_owned());
        }
        fits
    }

    /// Takes a frame's pin away.
    pub fn unpin(&mut self, number: u64) {
        if let Some(remark) = self.pins.remove(&number) {
            self.beside.held = self.beside.held.saturating_sub(remark.len() + OVERHEAD);
        }
    }

    /// What its file says about the frames.
    pub fn as_read(&self) -> &AsRead {
        &self.as_read
    }

    /// The file says about a frame what the log does not hold; says whether there was room for it.
    pub(crate) fn say_as_read(&mut self, say: impl FnOnce(&mut AsRead)) -> bool {
        let fits = self.beside.takes(32);
        if fits {
            say(&mut self.as_read);
        }
        fits
    }

    /// All of it, for every export.
    pub fn transcript(&self) -> Transcript<'_> {
        Transcript {
            log: &self.log,
            only: None,
            pins: Some(&self.pins),
            connections: &self.connections,
            notes: &self.notes,
            origin: self.origin,
            as_read: Some(&self.as_read),
        }
    }

    /// The frames that pass, for every export.
    pub fn only<'a>(&'a self, takes: &'a dyn Fn(&Frame<'_>) -> bool) -> Transcript<'a> {
        Transcript { only: Some(takes), ..self.transcript() }
    }

    /// How many messages it holds: sent, received.
    pub fn messages(&self) -> (u64, u64) {
        let count = |(sent, received), frame: Frame<'_>| {
            (sent + u64::from(frame.kind.is_sent()), received + u64::from(frame.kind.is_received()))
        };
        self.log.from(0).fold((0, 0), count)
    }
}

fn size_of_note(note: &Note) -> usize {
    match &note.what {
        Noted::Check(name) => name.len(),
        Noted::Call(call) => {
            let fields = |headers: &[(String, String)]| -> usize {
                headers.iter().map(|(name, value)| name.len() + value.len() + 2 * size_of::<String>()).sum()
            };
            let answered = call.answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
            call.url.len()
                + call.body.as_ref().map_or(0, |body| body.text.len())
                + fields(&call.headers)
                + answered.map_or(0, |answered| answered.body.text.len() + fields(&answered.headers))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(id: u32, url: &str) -> Connection {
        Connection {
            id,
            name: "alice".to_owned(),
            url: url.to_owned(),
            offered: Vec::new(),
            by_relay: false,
            asked: Instant::ORIGIN,
            opened: None,
            closed: None,
        }
    }

    #[test]
    fn what_stands_beside_the_frames_has_a_bound_and_what_does_not_fit_is_counted() {
        let mut session = Session::new("hostile", Origin::default(), 0);
        let url = format!("ws://h/{}", "x".repeat(1000));
        let taken = (0..10_000).filter(|id| session.connect(handshake(*id, &url))).count();
        assert_eq!(session.connections().len(), taken);
        assert_eq!(session.dropped_beside(), 10_000 - taken as u64);
        assert!((50..500).contains(&taken), "{taken}");
        assert!(!session.pin(0, &url), "pins share the room");
    }

    #[test]
    fn a_part_of_a_session_has_its_connections_only_and_their_numbers() {
        let mut session = Session::new("all", Origin::from_millis(1e12), 0);
        let at = Instant::from_nanos;
        for id in [1, 2, 1] {
            session.connect(Connection { asked: at(u64::from(id)), ..handshake(id, "ws://h/ws") });
        }
        for (nth, id) in [1, 2, 2, 1, 2].into_iter().enumerate() {
            session.tell(at(nth as u64 * 10), id, FrameKind::SentText, &format!("{nth}"));
        }
        let only_two = |it: &Connection| (it.id == 2).then(|| "bob".to_owned());
        let part = Session::part_of(&session.transcript(), "part", 1 << 20, &only_two);
        let frames: Vec<(u64, String)> = part
            .log
            .from(0)
            .map(|it| (part.as_read().number(it.number), String::from_utf8_lossy(it.bytes).into_owned()))
            .collect();
        assert_eq!(frames, [(1, "1".to_owned()), (2, "2".to_owned()), (4, "4".to_owned())]);
        let names: Vec<_> = part.connections().iter().map(|it| (it.id, it.name.as_str())).collect();
        assert_eq!(names, [(2, "bob")]);
        // Written and read again, the numbers stay.
        let mut lines = String::new();
        let masker = crate::base::mask::Masker::default();
        crate::report::write_jsonl(&part.transcript(), &masker, &mut lines).expect("a string takes all");
        let opened = read::open("part", lines.as_bytes(), &read::Alone, 1 << 20).expect("it is a session");
        let again = &opened.sessions[0];
        let numbers: Vec<u64> = again.log.from(0).map(|it| again.as_read().number(it.number)).collect();
        assert_eq!((numbers, again.connections()[0].name.as_str()), (vec![1, 2, 4], "bob"));
    }

    #[test]
    fn a_session_is_exported_as_a_recording_is() {
        let mut session = Session::new("a", Origin::from_millis(1e12), 0);
        session.connect(handshake(1, "ws://h/ws"));
        session.tell(Instant::ORIGIN, 1, FrameKind::Connecting, "ws://h/ws");
        let number = session.tell(Instant::from_nanos(5_000_000), 1, FrameKind::SentText, "hi");
        session.pin(number, "look");
        let mut written = String::new();
        let masker = crate::base::mask::Masker::default();
        crate::report::write_jsonl(&session.transcript(), &masker, &mut written).expect("a string takes all");
        assert!(written.contains("\"text\":\"hi\",\"pinned\":true,\"remark\":\"look\"}"), "{written}");
        let only_sent = |frame: &Frame<'_>| frame.kind.is_sent();
        let mut some = String::new();
        crate::report::write_jsonl(&session.only(&only_sent), &masker, &mut some).expect("a string");
        assert_eq!(some.lines().count(), 1);
        assert_eq!(session.messages(), (1, 0));
    }
}
