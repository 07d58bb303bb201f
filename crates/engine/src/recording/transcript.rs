//! A recorded session: its connections with their times, and every frame.
//!
//! Owns the handshakes beside the frame log, and which of them a frame belongs to. It borrows the log, so that an
//! export costs no second copy. One connection may have several handshakes (a reconnect), and each is a [`Connection`]
//! of its own with the same id.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::as_read::AsRead;
use super::notes::Note;
use crate::base::mask::{MASK, Masker};
use crate::base::sort;
use crate::template::iso;
use crate::{Frame, FrameKind, FrameLog, Instant};

/// One handshake and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// As in the frame log.
    pub id: u32,
    /// What people call it.
    pub name: String,
    /// The address.
    pub url: String,
    /// The subprotocols that were offered, best first.
    pub offered: Vec<String>,
    /// A Sockscope server opened it for the page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_relay: bool,
    /// When the handshake was started.
    pub asked: Instant,
    /// None when it never opened, or not yet.
    pub opened: Option<Opened>,
    /// None while nothing was heard of its end.
    pub closed: Option<Closed>,
}

impl Connection {
    /// The same without the masker's secrets.
    #[must_use]
    pub fn masked(&self, masker: &Masker) -> Self {
        let clean = |text: &str| masker.mask(text).into_owned();
        let opened = self.opened.as_ref().map(|it| Opened { protocol: clean(&it.protocol), ..it.clone() });
        let closed = self.closed.as_ref().map(|it| Closed { reason: clean(&it.reason), ..it.clone() });
        Self {
            name: clean(&self.name),
            url: clean(&self.url),
            offered: self.offered.iter().map(|it| clean(it)).collect(),
            opened,
            closed,
            ..*self
        }
    }
}

/// A handshake that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// When.
    pub at: Instant,
    /// The subprotocol that the server chose; empty when none.
    pub protocol: String,
    /// The extensions that were agreed on; empty when none.
    pub extensions: String,
}

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Instant,
    /// The close code; 1006 when no close frame came.
    pub code: u16,
    /// The server's reason, possibly empty.
    pub reason: String,
    /// Whether the closing handshake was completed.
    pub clean: bool,
}

/// The close code of a connection that ended without a close frame.
const NO_CLOSE_FRAME: u16 = 1006;

/// A connection that ended without a close frame. Why is known to the browser, which tells the command and never the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    /// Of the client.
    pub name: String,
    /// Its address.
    pub url: String,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: f64,
    /// Whether its handshake was done.
    pub was_open: bool,
}

/// The moment of the world's origin on the calendar, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin(u64);

impl Origin {
    /// What `performance.timeOrigin` or a system clock says, in milliseconds since 1970; before that is 1970.
    pub fn from_millis(millis: f64) -> Self {
        Self((millis.max(0.0) * 1e3).round() as u64)
    }

    /// Microseconds since 1970.
    pub fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 at a moment.
    pub fn micros(self, at: Instant) -> u64 {
        self.0.saturating_add(at.as_nanos() / 1000)
    }

    /// Such as `2026-11-21T03:01:06.123Z`.
    pub(crate) fn iso(self, at: Instant) -> String {
        iso(self.micros(at) / 1000)
    }
}

/// A recorded session, borrowed from its recorder.
#[derive(Clone, Copy)]
pub struct Transcript<'a> {
    /// The frames; it also knows how many it has dropped.
    pub log: &'a FrameLog,
    /// Which of them are exported; none for all.
    pub only: Option<&'a dyn Fn(&Frame<'_>) -> bool>,
    /// The pinned frames, by number, each with a remark, possibly empty; none where pinning is not possible.
    pub pins: Option<&'a BTreeMap<u64, String>>,
    /// The handshakes, those of one connection in the order in which they were started.
    pub connections: &'a [Connection],
    /// What happened beside the connections; none where nothing but connections is recorded.
    pub notes: &'a [Note],
    /// When the world of the log's moments began.
    pub origin: Origin,
    /// What the file of a session says beside its frames; none of one that was recorded here.
    pub as_read: Option<&'a AsRead>,
}

impl<'a> Transcript<'a> {
    /// The frames held, oldest first, each with the place of its handshake in the list; none when that is not there.
    pub(crate) fn frames(&self) -> impl Iterator<Item = (Frame<'a>, Option<usize>)> {
        let mut handshakes = Handshakes::of(self.connections, self.as_read);
        // Those that are not told still say to which handshake the next ones belong.
        self.log.from(0).filter_map(move |frame| {
            let handshake = handshakes.of_frame(&frame);
            self.only.is_none_or(|takes| takes(&frame)).then_some((frame, handshake))
        })
    }

    /// The connections that ended without a close frame, the newest `most`, in the order in which they ended.
    pub fn broken(&self, masker: &Masker, most: usize) -> Vec<Broken> {
        let ended = self.connections.iter().filter_map(|it| Some((it, it.closed.as_ref()?)));
        let mut broken: Vec<_> = ended.filter(|(_, closed)| closed.code == NO_CLOSE_FRAME).collect();
        sort::sort_by_key(&mut broken, |(_, closed)| closed.at);
        let newest = broken.len().saturating_sub(most);
        let tell = |(connection, closed): &(&Connection, &Closed)| Broken {
            name: masker.mask(&connection.name).into_owned(),
            url: masker.mask(&connection.url).into_owned(),
            at_ms: self.origin.micros(closed.at) as f64 / 1e3,
            was_open: connection.opened.is_some(),
        };
        broken[newest..].iter().map(tell).collect()
    }

    /// What was said of a frame when it was pinned; none when it is not.
    pub(crate) fn remark(&self, number: u64) -> Option<&'a str> {
        self.pins?.get(&number).map(String::as_str)
    }

    /// The number of a frame as it is written.
    pub(crate) fn number(&self, frame: &Frame<'_>) -> u64 {
        self.as_read.map_or(frame.number, |read| read.number(frame.number))
    }

    /// The smallest and the largest number of the frames that it tells; none when it tells none.
    pub fn numbers(&self) -> Option<(u64, u64)> {
        self.frames().map(|(frame, _)| self.number(&frame)).fold(None, |found, number| match found {
            Some((least, most)) => Some((number.min(least), number.max(most))),
            None => Some((number, number)),
        })
    }

    /// How many bytes a message had.
    pub(crate) fn bytes(&self, frame: &Frame<'_>) -> u64 {
        let content = frame.bytes.len();
        self.as_read.map_or(content as u64, |read| read.bytes(frame.number, content))
    }

    /// A moment on the calendar. It is the start of the session and the time since then, so a file that has both has
    /// them of one kind.
    pub(crate) fn iso(&self, at: Instant) -> String {
        let start = Instant::from_nanos(at.as_nanos().saturating_sub(self.since_start(at).as_nanos() as u64));
        iso((self.origin.micros(start) + self.since_start(at).as_micros() as u64) / 1000)
    }

    /// From the start of the session.
    pub(crate) fn since_start(&self, at: Instant) -> Duration {
        let first = self.notes.first().map(|note| note.at);
        at - first.into_iter().chain(self.log.began()).min().unwrap_or(Instant::ORIGIN)
    }
}

/// Finds the handshake of a frame while going through the log.
///
/// Moments alone do not tell: in virtual time a connection closes and reconnects at one moment. So a frame belongs to the
/// handshake whose [`FrameKind::Connecting`] was seen last, and only before the first of these do moments decide.
struct Handshakes<'a> {
    connections: &'a [Connection],
    as_read: Option<&'a AsRead>,
    /// Of each id, the places of its handshakes and which one is under way.
    of_id: HashMap<u32, (Vec<usize>, Option<usize>)>,
}

impl<'a> Handshakes<'a> {
    fn of(connections: &'a [Connection], as_read: Option<&'a AsRead>) -> Self {
        let mut of_id: HashMap<u32, (Vec<usize>, Option<usize>)> = HashMap::new();
        for (place, connection) in connections.iter().enumerate() {
            of_id.entry(connection.id).or_default().0.push(place);
        }
        Self { connections, as_read, of_id }
    }

    fn of_frame(&mut self, frame: &Frame<'_>) -> Option<usize> {
        let (places, current) = self.of_id.get_mut(&frame.connection)?;
        let asked = |nth: usize| self.connections[places[nth]].asked;
        let told = self.as_read.and_then(|read| read.begun_by(frame.number));
        if let Some(nth) = told.and_then(|place| places.binary_search(&place).ok()) {
            *current = Some(nth);
        }
        if frame.kind == FrameKind::Connecting {
            let next = current.map_or(0, |nth| nth + 1);
            if let Some(begun) = (next..places.len()).find(|&nth| asked(nth) >= frame.at) {
                *current = Some(begun);
            }
        }
        let nth = *current.get_or_insert_with(|| {
            (0..places.len()).rev().find(|&nth| asked(nth) <= frame.at).unwrap_or_default()
        });
        places.get(nth).copied()
    }
}

/// The content of a message as it may be written down.
pub(crate) enum Content<'a> {
    Text(Cow<'a, str>),
    Base64(String),
}

impl<'a> Content<'a> {
    /// The content of a frame without secrets.
    pub fn of(frame: &Frame<'a>, masker: &Masker) -> Self {
        if frame.kind.is_text() {
            return Self::Text(text_of(frame, masker));
        }
        let encoded = STANDARD.encode(masker.mask_bytes(frame.bytes));
        // The bytes of a key whose base64 is the secret. Asterisks within would be no base64, so all of it goes.
        // Bytes look random in base64, so what only looks like a secret does not count here.
        if masker.knows(&encoded) { Self::Base64(STANDARD.encode(MASK)) } else { Self::Base64(encoded) }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Base64(text) => text,
        }
    }
}

/// The content of a frame that is text, without secrets.
pub(crate) fn text_of<'a>(frame: &Frame<'a>, masker: &Masker) -> Cow<'a, str> {
    match String::from_utf8_lossy(frame.bytes) {
        Cow::Borrowed(text) => masker.mask(text),
        Cow::Owned(text) => Cow::Owned(masker.mask(&text).into_owned()),
    }
}

/// Code and reason of a close that we asked for, from the content of its frame.
pub(crate) fn asked_close(text: &str) -> Option<(u16, &str)> {
    let (code, reason) = text.split_once(' ').unwrap_or((text, ""));
    Some((code.parse().ok()?, reason))
}

/// A duration in milliseconds with three decimals, worked out without floats.
pub(crate) struct Decimal(pub Duration);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        write!(f, "{}.{:03}", micros / 1000, micros % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;

    fn asked(id: u32, at: u64) -> Connection {
        Connection {
            id,
            name: String::new(),
            url: "ws://h".to_owned(),
            offered: Vec::new(),
            by_relay: false,
            asked: Instant::from_nanos(at),
            opened: None,
            closed: None,
        }
    }

    #[track_caller]
    fn check(connections: &[Connection], frames: &[(u32, u64, FrameKind)], expected: &[Option<usize>]) {
        let mut log = FrameLog::with_budget(0);
        for &(connection, at, kind) in frames {
            let at = Instant::from_nanos(at);
            log.push(Entry { at, connection, kind, bytes: b"", round_trip: None, is_tainted: false });
        }
        let session = Transcript {
            log: &log,
            only: None,
            pins: None,
            connections,
            notes: &[],
            origin: Origin::default(),
            as_read: None,
        };
        let found: Vec<_> = session.frames().map(|(_, handshake)| handshake).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_frame_belongs_to_its_handshake_also_when_one_ends_as_the_next_begins() {
        use FrameKind::{Closed, Connecting, Opened};
        check(
            &[asked(1, 0), asked(2, 1), asked(1, 5)],
            &[
                (1, 0, Connecting),
                (2, 1, Connecting),
                (1, 2, Opened),
                (1, 5, Closed),
                (1, 5, Connecting),
                (1, 5, Opened),
                (2, 9, Closed),
            ],
            &[Some(0), Some(1), Some(0), Some(0), Some(2), Some(2), Some(1)],
        );
    }

    #[test]
    fn a_frame_whose_handshake_was_dropped_from_the_log_finds_it_by_its_moment() {
        use FrameKind::{Connecting, ReceivedText};
        check(
            &[asked(1, 0), asked(1, 5), asked(1, 9)],
            &[(1, 6, ReceivedText), (1, 9, Connecting), (1, 9, ReceivedText), (7, 9, ReceivedText)],
            &[Some(1), Some(2), Some(2), None],
        );
    }

    #[test]
    fn a_secret_in_binary_goes_and_what_is_around_it_stays() {
        let masker = Masker::new(["hunter2"]);
        let bytes = [b"\xff\xe2\x82hunter2\x00\xfe".as_slice(), b"x"].concat();
        assert_eq!(*masker.mask_bytes(&bytes), *b"\xff\xe2\x82***\x00\xfex");
        assert_eq!(*masker.mask_bytes(b"\xff\xfe"), *b"\xff\xfe");
    }

    #[test]
    fn bytes_whose_base64_is_the_secret_are_not_written() {
        let frame = Frame {
            number: 0,
            at: Instant::ORIGIN,
            connection: 0,
            kind: FrameKind::ReceivedBinary,
            bytes: &[1, 2, 3, 4, 5, 6],
            round_trip: None,
            is_tainted: false,
        };
        let secret = STANDARD.encode([1, 2, 3, 4, 5, 6]);
        assert_eq!(Content::of(&frame, &Masker::new([secret])).as_str(), STANDARD.encode("***"));
        assert_eq!(Content::of(&frame, &Masker::default()).as_str(), "AQIDBAUG");
    }

    #[test]
    fn milliseconds_have_three_decimals() {
        let text = |micros| Decimal(Duration::from_micros(micros)).to_string();
        assert_eq!([text(0), text(412), text(1_000_005)], ["0.000", "0.412", "1000.005"]);
    }
}
