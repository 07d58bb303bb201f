//! Puts what a file says into a session.
//!
//! Owns numbers, sizes and calendar times that a file has of its own. It refuses to know the form of the file.

use std::collections::BTreeSet;
use std::time::Duration;

use super::lost::{Kind, Lost};
use super::{Onlooker, PART};
use crate::report::{Connection, Origin};
use crate::session::Session;
use crate::{Entry, FrameKind, FrameLog, Instant};

/// What a file says of a frame.
pub(super) struct Written<'a> {
    pub number: Option<u64>,
    pub at: Instant,
    pub connection: u32,
    pub kind: FrameKind,
    pub bytes: &'a [u8],
    /// The size on the wire, where the file says it.
    pub size: Option<u64>,
    pub round_trip: Option<Duration>,
    pub is_tainted: bool,
    /// The remark of its pin.
    pub pinned: Option<&'a str>,
}

/// A larger number is not taken for that of a frame: the page could not hold it either.
const LARGEST_NUMBER: u64 = 1 << 53;

pub(super) struct Keeper {
    pub session: Session,
    budget: usize,
    /// Microseconds since 1970 between which the clock was zero.
    zero: Option<(i128, i128)>,
    /// Connections that have a handshake.
    known: BTreeSet<u32>,
}

impl Keeper {
    pub fn new(name: &str, budget: usize) -> Self {
        // The times of a file count from the start of its session, also where its beginning is missing.
        let log = FrameLog::continuing(budget, Instant::ORIGIN, 0);
        let session = Session::continuing(name, Origin::default(), log);
        Self { session, budget, zero: None, known: BTreeSet::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.session.log.total() == 0 && self.session.notes().is_empty()
    }

    /// This many frames at the beginning are missing in the file.
    pub fn missing(&mut self, frames: u64) -> Result<(), String> {
        if self.session.log.total() > 0 {
            return Err("the count of missing frames stands before the first frame".to_owned());
        }
        if frames > LARGEST_NUMBER {
            return Err(format!("expected a number of frames up to {LARGEST_NUMBER}, found {frames}"));
        }
        self.session.log = FrameLog::continuing(self.budget, Instant::ORIGIN, frames);
        self.session.say_as_read(|read| read.misses(frames));
        Ok(())
    }

    pub fn frame(&mut self, told: &Written<'_>, lost: &mut Lost) -> u64 {
        let next = self.session.log.total();
        if let Some(in_file) = told.number
            && !self.session.as_read().is_next(next, in_file)
        {
            let is_later = in_file > self.session.as_read().number(next) && in_file <= LARGEST_NUMBER;
            if !is_later || !self.session.say_as_read(|read| read.gap(next, in_file - next)) {
                lost.count(Kind::Numbers, 1);
            }
        }
        let Written { at, connection, kind, bytes, round_trip, is_tainted, .. } = *told;
        let number = self.session.push(Entry { at, connection, kind, bytes, round_trip, is_tainted });
        if let Some(size) = told.size.filter(|size| *size != bytes.len() as u64)
            && !self.session.say_as_read(|read| read.size(number, size))
        {
            lost.count(Kind::Sizes, 1);
        }
        if let Some(remark) = told.pinned {
            self.session.pin(number, remark);
        }
        number
    }

    /// A handshake that begins with the frame that comes next. `is_told` says that this frame is its beginning.
    pub fn begin(&mut self, connection: Connection, is_told: bool) {
        let (id, next) = (connection.id, self.session.log.total());
        let place = self.session.connections().len();
        if self.session.connect(connection) {
            self.known.insert(id);
            if !is_told {
                self.session.say_as_read(|read| read.begins(next, place));
            }
        }
    }

    pub fn knows(&self, id: u32) -> bool {
        self.known.contains(&id)
    }

    /// What the file says of a moment on the calendar, in milliseconds.
    pub fn calendar(&mut self, at: Instant, millis: f64, lost: &mut Lost) {
        let from = (millis as i128) * 1000 - i128::from(at.as_nanos() / 1000);
        let (low, high) = self.zero.unwrap_or((from, from + 999));
        match (low.max(from), high.min(from + 999)) {
            (low, high) if low <= high => self.zero = Some((low, high)),
            _ => lost.count(Kind::Calendar, 1),
        }
    }

    /// As far as the lines until now tell it.
    fn origin(&self) -> Origin {
        let zero = self.zero.map_or(0, |(low, _)| u64::try_from(low.max(0)).unwrap_or_default());
        Origin::from_micros(zero)
    }

    /// Lets the onlooker see what is read so far, once this many bytes are enough for a look.
    pub async fn look(&mut self, onlooker: Option<&dyn Onlooker>, unseen: &mut usize) {
        let Some(onlooker) = onlooker.filter(|_| *unseen >= PART) else { return };
        *unseen = 0;
        let mut session = std::mem::replace(&mut self.session, Session::new("", Origin::default(), 0));
        session.origin = self.origin();
        self.session = onlooker.look(session).await;
    }

    pub fn finish(mut self) -> Session {
        self.session.origin = self.origin();
        self.session
    }
}
