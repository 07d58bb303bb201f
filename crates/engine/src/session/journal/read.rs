//! Reading records, from files that may be damaged.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::write::record;
use super::{
    ABOUT, AROUND, AS_READ, About, CONNECTION, FRAME, FRAME_HEAD, FrameRecord, KINDS, LONGEST, MAGIC, NAME,
    NO_TRIP, NOTE, PIN, SEGMENT, UNPIN, checksum,
};
use crate::report::{Connection, Note, Origin};
use crate::session::{AsRead, Session};
use crate::{Entry, Frame, FrameLog, Instant};

/// A frame has a smaller number than this: a century of a million frames a second.
const MOST_FRAMES: u64 = 1 << 52;

/// Why a file cannot be read as a part of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It begins with something else.
    #[error("the file is not a part of a session")]
    Foreign,
    /// It was written by a later version.
    #[error("a later version of Sockscope wrote this session; load the page without the browser's cache")]
    Later,
    /// The head is missing.
    #[error("the head of the session is missing")]
    Headless,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Frames that are missing between others.
    pub frames: u64,
    /// Damaged records of the head: handshakes, pins, names.
    pub beside: u64,
    /// Bytes at the ends of files that are not a whole record.
    pub bytes: u64,
}

/// A pinned frame as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// The frame without its content; the number is that of the log, or above all of the log when it does not hold it.
    pub entry: Kept,
    /// A remark, possibly empty.
    pub remark: String,
}

/// A frame that owns its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    number: u64,
    at: Instant,
    connection: u32,
    kind: crate::FrameKind,
    bytes: Vec<u8>,
    round_trip: Option<Duration>,
    is_tainted: bool,
}

impl Kept {
    fn of(frame: Frame<'_>) -> Self {
        Self {
            number: frame.number,
            at: frame.at,
            connection: frame.connection,
            kind: frame.kind,
            bytes: frame.bytes.to_vec(),
            round_trip: frame.round_trip,
            is_tainted: frame.is_tainted,
        }
    }

    /// The frame.
    pub fn frame(&self) -> Frame<'_> {
        Frame {
            number: self.number,
            at: self.at,
            connection: self.connection,
            kind: self.kind,
            bytes: &self.bytes,
            round_trip: self.round_trip,
            is_tainted: self.is_tainted,
        }
    }
}

/// A session that was read.
pub struct Opened {
    /// What it is.
    pub about: About,
    /// All of it.
    pub session: Session,
    /// Its pinned frames with their contents, also those that are no longer among the frames.
    pub pinned: BTreeMap<u64, Pinned>,
    /// Which frame answers which: the answer, then its question, in the order of the answers.
    pub pairs: Vec<(u64, u64)>,
    /// What could not be read.
    pub lost: Lost,
    shifts: Vec<(u64, u64)>,
}

impl Opened {
    /// From these numbers of the log on, the numbers in the files are larger, each by so much.
    pub fn shifts(&self) -> &[(u64, u64)] {
        &self.shifts
    }
}

/// A session that is being read: first its head, then its segments in order.
pub struct Opening {
    opened: Opened,
    pins: BTreeMap<u64, Pinned>,
    connections: Connections,
    notes: Vec<Note>,
    as_read: Option<AsRead>,
    budget: usize,
    has_frames: bool,
    /// The number in the files of the frame that comes next.
    next: u64,
    /// From this number of the files on, the log has numbers that are smaller by so much.
    shifts: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Connections {
    list: Vec<Connection>,
    places: HashMap<(u32, Instant), usize>,
    held: usize,
}

impl Connections {
    /// Texts of handshakes in bytes, all together.
    const MOST: usize = 64 << 20;

    fn take(&mut self, connection: Connection, bytes: usize) {
        let key = (connection.id, connection.asked);
        if let Some(place) = self.places.get(&key) {
            self.list[*place] = connection;
        } else if self.held + bytes <= Self::MOST {
            self.held += bytes;
            self.places.insert(key, self.list.len());
            self.list.push(connection);
        }
    }
}

impl Opening {
    /// Reads the head, into a log that holds at most this many bytes.
    pub fn new(head: &[u8], budget: usize) -> Result<Self, Unreadable> {
        let mut about = None::<About>;
        let mut name = None::<String>;
        let mut connections = Connections::default();
        let mut pins = BTreeMap::new();
        let (mut notes, mut as_read) = (Vec::new(), None);
        let mut held = 0_usize;
        let mut records = Records::of(head)?;
        while let Some((tag, content)) = records.next() {
            match tag {
                ABOUT => about = serde_json::from_slice(content).ok().or(about),
                NAME => name = Some(String::from_utf8_lossy(content).into_owned()),
                CONNECTION => {
                    if let Ok(connection) = serde_json::from_slice::<Connection>(content) {
                        connections.take(connection, content.len());
                    }
                }
                PIN => {
                    held = held.saturating_add(content.len());
                    if let Some(pinned) = pin(content).filter(|_| held <= budget.max(FrameLog::LEAST_BUDGET))
                    {
                        pins.insert(pinned.entry.number, pinned);
                    }
                }
                NOTE => {
                    held = held.saturating_add(content.len());
                    if held <= budget.max(FrameLog::LEAST_BUDGET) {
                        notes.extend(serde_json::from_slice::<Note>(content));
                    }
                }
                AS_READ => as_read = serde_json::from_slice(content).ok().or(as_read),
                UNPIN => {
                    if let Some(number) = content.try_into().ok().map(u64::from_le_bytes) {
                        pins.remove(&number);
                    }
                }
                _ => {}
            }
        }
        let mut about = about.ok_or(Unreadable::Headless)?;
        about.name = name.unwrap_or(about.name);
        let origin = Origin::from_millis(about.origin_us as f64 / 1e3);
        let opened = Opened {
            session: Session::new(&about.name, origin, budget),
            about,
            pinned: BTreeMap::new(),
            pairs: Vec::new(),
            shifts: Vec::new(),
            lost: Lost { frames: 0, beside: records.lost, bytes: records.rest() },
        };
        let shifts = Vec::new();
        Ok(Self { opened, pins, connections, notes, as_read, budget, has_frames: false, next: 0, shifts })
    }

    /// What the session is.
    pub fn about(&self) -> &About {
        &self.opened.about
    }

    /// How many frames there are so far.
    pub fn frames(&self) -> u64 {
        self.opened.session.log.total()
    }

    /// The handshakes, which the head tells.
    pub fn handshakes(&self) -> &[Connection] {
        &self.connections.list
    }

    /// The frames so far, to be lent out until the next segment is read.
    pub fn log(&mut self) -> &mut FrameLog {
        &mut self.opened.session.log
    }

    /// Which frame answers which, so far.
    pub fn pairs(&self) -> &[(u64, u64)] {
        &self.opened.pairs
    }

    /// Reads the next segment. Another file is lost as a whole.
    pub fn segment(&mut self, bytes: &[u8]) {
        let mut records = match Records::of(bytes) {
            Ok(records) => records,
            Err(_) => return self.opened.lost.bytes += bytes.len() as u64,
        };
        let mut first = None;
        while let Some((tag, content)) = records.next() {
            match (tag, first) {
                (SEGMENT, _) => first = content.try_into().ok().map(u64::from_le_bytes),
                (FRAME, Some(first)) => {
                    if let Some(frame) = frame(content, first) {
                        self.push(frame);
                    }
                }
                _ => {}
            }
        }
        self.opened.lost.bytes += records.rest();
    }

    fn push(&mut self, FrameRecord { frame, question }: FrameRecord<'_>) {
        if !self.has_frames {
            // What the budget of the journal has removed is counted as a log counts it.
            self.has_frames = true;
            self.next = frame.number;
            let began = Instant::from_nanos(self.opened.about.began_ns);
            self.opened.session.log = FrameLog::continuing(self.budget, began, frame.number);
        }
        // A number that was there already is of a file that does not belong here.
        if frame.number < self.next {
            return;
        }
        if frame.number > self.next {
            let gap = frame.number - self.next;
            let before = self.shifts.last().map_or(0, |(_, by)| *by);
            self.opened.lost.frames = self.opened.lost.frames.saturating_add(gap);
            self.shifts.push((frame.number, before.saturating_add(gap)));
        }
        self.next = frame.number.saturating_add(1);
        let question = question.and_then(|question| self.now(question));
        let Frame { at, connection, kind, bytes, round_trip, is_tainted, .. } = frame;
        let number = self.opened.session.push(Entry { at, connection, kind, bytes, round_trip, is_tainted });
        self.opened.pairs.extend(question.map(|question| (number, question)));
    }

    /// The number that a frame of the files has in the log; none for one that was lost.
    fn now(&self, number: u64) -> Option<u64> {
        let at = self.shifts.partition_point(|(from, _)| *from <= number);
        let now = number - at.checked_sub(1).map_or(0, |at| self.shifts[at].1).min(number);
        // Within a gap there is none: its number would be that of a frame after it.
        let next = self.shifts.get(at).map(|(from, by)| from - by);
        Some(now).filter(|now| next.is_none_or(|next| *now < next))
    }

    /// All that was read.
    pub fn finish(mut self) -> Opened {
        for connection in std::mem::take(&mut self.connections.list) {
            self.opened.session.connect(connection);
        }
        for mut note in std::mem::take(&mut self.notes) {
            note.before = self.now(note.before).unwrap_or(note.before);
            self.opened.session.note(note);
        }
        // Where frames are lost, its numbers are those of others.
        if let Some(mut as_read) = self.as_read.take().filter(|_| self.shifts.is_empty()) {
            as_read.keep_handshakes(self.opened.session.connections().len());
            self.opened.session.as_read = as_read;
        }
        for (number, mut pinned) in std::mem::take(&mut self.pins) {
            let Some(number) = self.now(number) else { continue };
            pinned.entry.number = number;
            self.opened.session.pin(number, &pinned.remark);
            self.opened.pinned.insert(number, pinned);
        }
        self.opened.shifts = self.shifts.iter().map(|(from, by)| (from - by, *by)).collect();
        self.opened
    }
}

/// What a segment holds, without keeping it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The number of its first frame.
    pub first: u64,
    /// The number after its last whole frame.
    pub end: u64,
    /// When the last whole one was logged.
    pub last: Instant,
}

/// Counts the frames of a segment.
pub fn count(bytes: &[u8]) -> Result<Counted, Unreadable> {
    let mut records = Records::of(bytes)?;
    let mut counted = None::<Counted>;
    while let Some((tag, content)) = records.next() {
        match (tag, &mut counted) {
            (SEGMENT, _) => {
                let first = content.try_into().ok().map(u64::from_le_bytes);
                counted = first.map(|first| Counted { first, end: first, last: Instant::ORIGIN });
            }
            (FRAME, Some(counted)) => {
                if let Some(FrameRecord { frame, .. }) = frame(content, counted.first) {
                    counted.end = counted.end.max(frame.number.saturating_add(1));
                    counted.last = frame.at;
                }
            }
            _ => {}
        }
    }
    counted.ok_or(Unreadable::Headless)
}

/// A segment with other contents, such as those without a secret; none when every content stays.
pub fn masked(bytes: &[u8], mask: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Option<Vec<u8>> {
    let mut records = Records::of(bytes).ok()?;
    let mut written = MAGIC.to_vec();
    let mut has_changed = false;
    while let Some((tag, content)) = records.next() {
        let content = match content.split_at_checked(FRAME_HEAD).filter(|_| tag == FRAME) {
            Some((head, said)) => match mask(said) {
                Cow::Borrowed(_) => Cow::Borrowed(content),
                Cow::Owned(said) => {
                    has_changed = true;
                    Cow::Owned([head, &*said].concat())
                }
            },
            None => Cow::Borrowed(content),
        };
        record(&mut written, tag, |file| file.extend_from_slice(&content));
    }
    has_changed.then_some(written)
}

/// A part of a session that goes on.
#[derive(Debug)]
pub enum Piece<'a> {
    /// What the session is.
    About(About),
    /// A handshake as it is now.
    Connection(Connection),
    /// A frame, with the number that it has in the session.
    Frame(FrameRecord<'a>),
}

/// Tells what is in a file that has a part of a session: its head, handshakes and frames in any mixture.
pub fn pieces(bytes: &[u8], mut hear: impl FnMut(Piece<'_>)) -> Result<(), Unreadable> {
    let mut records = Records::of(bytes)?;
    let mut first = None;
    while let Some((tag, content)) = records.next() {
        let piece = match (tag, first) {
            (ABOUT, _) => serde_json::from_slice(content).ok().map(Piece::About),
            (CONNECTION, _) => serde_json::from_slice(content).ok().map(Piece::Connection),
            (SEGMENT, _) => {
                first = content.try_into().ok().map(u64::from_le_bytes);
                None
            }
            (FRAME, Some(first)) => frame(content, first).map(Piece::Frame),
            _ => None,
        };
        piece.into_iter().for_each(&mut hear);
    }
    Ok(())
}

/// The whole records of a file, one after the other.
struct Records<'a> {
    rest: &'a [u8],
    /// Records that were damaged between whole ones.
    lost: u64,
}

impl<'a> Records<'a> {
    fn of(file: &'a [u8]) -> Result<Self, Unreadable> {
        let (name, version) = MAGIC.split_at(MAGIC.len() - 1);
        let found = file.strip_prefix(name).ok_or(Unreadable::Foreign)?;
        match found.split_first() {
            Some((found, rest)) if *found == version[0] => Ok(Self { rest, lost: 0 }),
            Some((found, _)) if *found > version[0] => Err(Unreadable::Later),
            _ => Err(Unreadable::Foreign),
        }
    }

    /// The next whole record. One that is damaged is passed over when the one after it is whole.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            let (record, rest) = split(self.rest)?;
            match record {
                Some(record) => {
                    self.rest = rest;
                    return Some(record);
                }
                // Its length may be what is damaged.
                None if matches!(split(rest), Some((Some(_), _))) => {
                    self.lost += 1;
                    self.rest = rest;
                }
                None => return None,
            }
        }
    }

    /// Bytes that are not a whole record.
    fn rest(&self) -> u64 {
        self.rest.len() as u64
    }
}

/// A record with what comes after it.
type Split<'a> = (Option<(u8, &'a [u8])>, &'a [u8]);

/// The first record and what comes after it: none when the bytes end before it does, no record when its checksum is wrong.
fn split(bytes: &[u8]) -> Option<Split<'_>> {
    let (tag, after) = bytes.split_first()?;
    let len = after.first_chunk().map(|len| u32::from_le_bytes(*len))? as usize;
    if len > LONGEST {
        return None;
    }
    let (whole, rest) = bytes.split_at_checked(AROUND + len)?;
    let (summed, sum) = whole.split_last_chunk::<4>()?;
    let is_whole = checksum(summed) == u32::from_le_bytes(*sum);
    Some((is_whole.then(|| (*tag, &summed[5..])), rest))
}

/// A frame of a segment that begins with the frame `first`.
fn frame(content: &[u8], first: u64) -> Option<FrameRecord<'_>> {
    let (head, bytes) = content.split_first_chunk::<FRAME_HEAD>()?;
    let four = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let at = u64::from(four(4)) | u64::from(four(8)) << 32;
    let number = first.checked_add(four(0).into()).filter(|number| *number < MOST_FRAMES)?;
    let (trip, back) = (four(18), four(22));
    let frame = Frame {
        number,
        at: Instant::from_nanos(at),
        connection: four(12),
        kind: *KINDS.get(usize::from(head[16]))?,
        bytes,
        round_trip: (trip != NO_TRIP).then(|| Duration::from_micros(trip.into())),
        is_tainted: head[17] & 1 == 1,
    };
    let question = (back > 0).then(|| number.checked_sub(back.into())).flatten();
    Some(FrameRecord { frame, question })
}

fn pin(content: &[u8]) -> Option<Pinned> {
    let (number, rest) = content.split_first_chunk::<8>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (remark, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let record = frame(rest, u64::from_le_bytes(*number))?;
    Some(Pinned { entry: Kept::of(record.frame), remark: String::from_utf8_lossy(remark).into_owned() })
}
