//! Writing the journal: the frames that came since the last time, in pieces, so that sockets are heard in between.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::super::masks;
use super::super::pins::Pins;
use super::super::worker::{BenchWorker, State};
use super::{AGAIN, HEAD, Journal};
use crate::engine::base::folders::{OpenError, OpenFile};
use crate::engine::base::mask::Masker;
use crate::engine::report::Connection;
use crate::engine::session::journal::{
    self, About, FrameRecord, Source, write_about, write_connection, write_frame, write_pin, write_segment,
    write_unpin,
};
use crate::engine::{Frame, Instant, World};
use crate::wire::bench::{JournalSetup, Keeping};

/// A file of frames is not made longer than this; the budget goes by whole files.
pub(super) const SEGMENT: u64 = 4 << 20;
/// Bytes that are written at once.
pub(super) const PIECE: usize = 256 << 10;
/// Each key that is typed into a secret makes a value, and its first letters stand in every message: what is written already is
/// cleaned of a value that has stayed the same for this long.
const CLEANS_AFTER: Duration = Duration::from_secs(3);
/// A head that has grown longer than this is written again without what is out of date.
const LONGEST_HEAD: usize = 8 << 20;

/// The name of the file that begins with this frame. Names sort as their frames do.
pub(super) fn segment_name(first: u64) -> String {
    format!("{first:016}.frames")
}

/// The frame that the file of this name begins with; none for another file.
pub(super) fn first_of(file: &str) -> Option<u64> {
    file.strip_suffix(".frames")?.parse().ok()
}

/// A content without the values of secrets.
pub(super) fn clean<'a>(masker: Option<&Masker>, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    masker.map_or(Cow::Borrowed(bytes), |masker| masker.mask_bytes(bytes))
}

/// The pins that a head has.
#[derive(Clone, Default)]
pub(super) struct PinsWritten {
    pins: BTreeMap<u64, String>,
    changes: u64,
}

impl PinsWritten {
    /// Those of a head that is about to be written.
    pub fn none() -> Self {
        Self { changes: u64::MAX, ..Self::default() }
    }

    /// Those of a head that was just read.
    pub fn of(pins: &Pins) -> Self {
        Self { pins: notes(pins), changes: pins.changes() }
    }

    /// What the head has to say of pins since the last time; `in_files` has the number of a frame there.
    pub fn news(
        &mut self,
        news: &mut Vec<u8>,
        pins: &Pins,
        masker: Option<&Masker>,
        in_files: impl Fn(u64) -> u64,
    ) {
        if self.changes == pins.changes() {
            return;
        }
        self.changes = pins.changes();
        for number in self.pins.keys().filter(|number| !pins.pins.contains_key(number)) {
            write_unpin(news, in_files(*number));
        }
        let notes = notes(pins);
        for (number, note) in notes.iter().filter(|(number, note)| self.pins.get(number) != Some(note)) {
            let Some((pin, content)) = pins.content(*number) else { continue };
            let row = &pin.row;
            let frame = Frame {
                number: in_files(*number),
                at: row.at,
                connection: row.connection.0,
                kind: row.kind,
                bytes: &clean(masker, &content),
                round_trip: row.round_trip,
                is_tainted: row.is_tainted,
            };
            let note = clean(masker, note.as_bytes());
            write_pin(news, FrameRecord { frame, question: None }, &String::from_utf8_lossy(&note));
        }
        self.pins = notes;
    }
}

fn notes(pins: &Pins) -> BTreeMap<u64, String> {
    pins.pins.iter().map(|(number, pin)| (*number, pin.note.clone())).collect()
}

/// The session of this tab as it is written.
pub(super) struct Writer {
    pub about: About,
    head: Box<dyn OpenFile>,
    head_bytes: usize,
    segment: Option<Segment>,
    /// The files of frames with their bytes, by their first frame.
    pub segments: BTreeMap<u64, u64>,
    /// Whose beginning is written, and how far it had come.
    connections: HashMap<(u32, Instant), (bool, bool)>,
    handshakes: u64,
    pins: PinsWritten,
    secrets: Vec<String>,
    masker: Option<Masker>,
    /// When what is written already is looked through for values that have become secrets.
    cleans_at: Option<Instant>,
    /// The first address, and when the last frame was logged.
    pub target: String,
    pub last: Instant,
}

struct Segment {
    first: u64,
    file: Box<dyn OpenFile>,
}

impl Writer {
    pub fn bytes(&self) -> u64 {
        self.head_bytes as u64 + self.segments.values().sum::<u64>()
    }

    fn mask<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        clean(self.masker.as_ref(), bytes)
    }

    /// The head grows by this. After an error all of it is written again, since a part of a record hides what follows.
    pub fn extend_head(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self.head.append(bytes);
        self.head_bytes += bytes.len();
        written.map_err(|error| {
            self.head_bytes = usize::MAX / 2;
            error.to_string()
        })
    }

    fn connection(&self, connection: &Connection) -> Connection {
        self.masker.as_ref().map_or_else(|| connection.clone(), |masker| connection.masked(masker))
    }

    /// What the head has to say of handshakes and pins since the last time.
    fn news<W: World>(&mut self, s: &State<W>) -> Vec<u8> {
        let mut news = Vec::new();
        if self.handshakes != s.record.handshakes.changes() {
            self.handshakes = s.record.handshakes.changes();
            for connection in s.record.handshakes.as_slice() {
                let now = (connection.opened.is_some(), connection.closed.is_some());
                let key = (connection.id, connection.asked);
                if self.connections.insert(key, now) != Some(now) {
                    let connection = self.connection(connection);
                    write_connection(&mut news, &connection);
                    if self.target.is_empty() {
                        self.target = connection.url;
                    }
                }
            }
        }
        self.pins.news(&mut news, &s.pins, self.masker.as_ref(), |number| number);
        news
    }
}

impl Journal {
    /// Writes what is not written yet, unless that is under way.
    pub(super) async fn write<W: World>(&self, worker: &BenchWorker<W>) {
        let setup = worker.state(|s| s.workspace.journal);
        if worker.state(|s| s.is_reader) {
            return self.keep_pins(worker).await;
        }
        if !worker.state(|s| s.is_arranged) || self.is_busy.replace(true) {
            return;
        }
        if setup.is_off {
            // What is kept so far is an earlier session from now on.
            self.stop(worker);
            self.keeps(worker, Keeping::Off);
        } else if worker.now() >= self.rests_until.get() {
            let written = self.write_new(worker, setup).await;
            match written {
                // Where nothing was written, nothing is known of a disk that failed.
                Ok(false) if matches!(*self.keeping.borrow(), Keeping::Failed(_)) => {}
                Ok(_) => self.keeps(worker, Keeping::On),
                Err(words) => {
                    self.rests_until.set(worker.now() + AGAIN);
                    self.keeps(worker, Keeping::Failed(words));
                }
            }
        }
        self.is_busy.set(false);
    }

    /// Ends the present session. A new one begins with the frame that comes next.
    pub(super) fn stop<W: World>(&self, worker: &BenchWorker<W>) {
        *self.writer.borrow_mut() = None;
        self.next.set(worker.state(|s| s.record.log.total()));
    }

    async fn write_new<W: World>(
        &self,
        worker: &BenchWorker<W>,
        setup: JournalSetup,
    ) -> Result<bool, String> {
        let (total, cleared, oldest) =
            worker.state(|s| (s.record.log.total(), s.record.log.cleared(), s.record.log.oldest()));
        if self.cleared.replace(cleared) != cleared {
            self.forget_cleared(oldest).await;
        }
        if self.writer.borrow().is_none() {
            if total == self.next.get() {
                return Ok(false);
            }
            let writer = self.begin(worker).await?;
            *self.writer.borrow_mut() = Some(writer);
        }
        self.learn_secrets(worker).await?;
        let mut has_written = self.write_head(worker)?;
        loop {
            let needs_segment = {
                let writer = self.writer.borrow();
                let Some(writer) = writer.as_ref() else { return Ok(false) };
                let longest = SEGMENT.min(setup.budget.max(JournalSetup::LEAST) / 8);
                let is_full = |segment: &Segment| writer.segments.get(&segment.first) >= Some(&longest);
                writer.segment.as_ref().is_none_or(is_full)
            };
            // What comes meanwhile waits for the next time: in a flood each turn would write the few frames of the last one.
            if self.next.get() >= total {
                return Ok(has_written);
            }
            has_written = true;
            if needs_segment {
                self.begin_segment(worker).await?;
            }
            self.write_piece(worker)?;
            worker.world().breathe().await;
        }
    }

    /// Begins the session of this tab.
    async fn begin<W: World>(&self, worker: &BenchWorker<W>) -> Result<Writer, String> {
        let ready = &worker.0.ready;
        let began = worker.state(|s| {
            let first = s.record.log.from(self.next.get()).next();
            first.map_or(worker.now(), |frame| frame.at)
        });
        let millis = ready.clock_began.max(0.0) as u64 + began.as_nanos() / 1_000_000;
        let id = format!("{millis:013}-{:08x}", worker.world().random() as u32);
        let about = About {
            id,
            name: String::new(),
            source: Source::Bench,
            origin_us: (ready.clock_began.max(0.0) * 1e3).round() as u64,
            clock_step_ns: ready.clock_step.as_nanos() as u64,
            began_ns: began.as_nanos(),
        };
        let head = self.folders.open(&about.id, HEAD).await.map_err(|error| match error {
            OpenError::InUse => "the file of the session is open elsewhere".to_owned(),
            OpenError::Failed(error) => error.to_string(),
        })?;
        Ok(Writer {
            about,
            head,
            // It is written from the start.
            head_bytes: usize::MAX / 2,
            segment: None,
            segments: BTreeMap::new(),
            connections: HashMap::new(),
            handshakes: 0,
            pins: PinsWritten::default(),
            secrets: Vec::new(),
            masker: None,
            cleans_at: None,
            target: String::new(),
            last: began,
        })
    }

    /// Writes what is new of handshakes and pins; all of the head when it is too long or was damaged.
    pub(super) fn write_head<W: World>(&self, worker: &BenchWorker<W>) -> Result<bool, String> {
        let mut writer = self.writer.borrow_mut();
        let Some(writer) = writer.as_mut() else { return Ok(false) };
        if writer.head_bytes > LONGEST_HEAD {
            let mut all = Vec::new();
            journal::begin(&mut all);
            write_about(&mut all, &writer.about);
            writer.connections.clear();
            writer.handshakes = u64::MAX;
            writer.pins = PinsWritten::none();
            all.extend(worker.state(|s| writer.news(s)));
            writer.head.clear().map_err(|error| error.to_string())?;
            writer.head_bytes = 0;
            return writer.extend_head(&all).map(|()| true);
        }
        let news = worker.state(|s| writer.news(s));
        if news.is_empty() { Ok(false) } else { writer.extend_head(&news).map(|()| true) }
    }

    async fn begin_segment<W: World>(&self, worker: &BenchWorker<W>) -> Result<(), String> {
        // Closed before another file is opened.
        let folder = self.writer.borrow_mut().as_mut().map(|writer| {
            writer.segment = None;
            writer.about.id.clone()
        });
        let Some(folder) = folder else { return Ok(()) };
        let budget = worker.state(|s| s.workspace.journal.budget).max(JournalSetup::LEAST);
        self.make_room(worker, SEGMENT.min(budget / 8)).await;
        // Frames that the log has dropped meanwhile are missing.
        let oldest = worker.state(|s| s.record.log.oldest());
        let first = self.next.get().max(oldest);
        self.unkept.set(self.unkept.get() + (first - self.next.get()));
        self.next.set(first);
        let opened = self.folders.open(&folder, &segment_name(first)).await;
        let mut file = opened.map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        journal::begin(&mut bytes);
        write_segment(&mut bytes, first);
        // One that was begun before and could not be written is begun again.
        file.clear().and_then(|()| file.append(&bytes)).map_err(|error| error.to_string())?;
        if let Some(writer) = self.writer.borrow_mut().as_mut() {
            writer.segments.insert(first, bytes.len() as u64);
            writer.segment = Some(Segment { first, file });
        }
        Ok(())
    }

    /// Writes the next frames, as many as a piece has room for.
    fn write_piece<W: World>(&self, worker: &BenchWorker<W>) -> Result<(), String> {
        let mut writer = self.writer.borrow_mut();
        let Some(writer) = writer.as_mut() else { return Ok(()) };
        let Some(first) = writer.segment.as_ref().map(|segment| segment.first) else { return Ok(()) };
        let mut piece = Vec::with_capacity(PIECE);
        let (next, last, unkept) = worker.state(|s| {
            let (mut next, mut last, mut unkept) = (self.next.get(), writer.last, 0);
            for frame in s.record.log.from(next) {
                if piece.len() >= PIECE {
                    break;
                }
                unkept += frame.number - next;
                let question = frame.round_trip.and_then(|_| s.record.pairs.question_of(frame.number));
                let bytes = &writer.mask(frame.bytes);
                let record = FrameRecord { frame: Frame { bytes, ..frame }, question };
                unkept += u64::from(!write_frame(&mut piece, record, first));
                (next, last) = (frame.number + 1, frame.at);
            }
            if next == self.next.get() {
                // Nothing is held of them, such as of a message that is larger than the memory for frames.
                unkept += s.record.log.total() - next;
                next = s.record.log.total();
            }
            (next, last, unkept)
        });
        let Some(segment) = &mut writer.segment else { return Ok(()) };
        if let Err(error) = segment.file.append(&piece) {
            // A part of a piece may be there, and hides what would follow.
            writer.segment = None;
            return Err(error.to_string());
        }
        *writer.segments.entry(first).or_default() += piece.len() as u64;
        writer.last = last;
        self.next.set(next);
        self.unkept.set(self.unkept.get() + unkept);
        Ok(())
    }

    /// Frames that a person has deleted are deleted here too.
    async fn forget_cleared(&self, oldest: u64) {
        let gone = self.writer.borrow_mut().as_mut().map(|writer| {
            writer.segment = None;
            (writer.about.id.clone(), std::mem::take(&mut writer.segments))
        });
        self.next.set(oldest.max(self.next.get()));
        let Some((folder, segments)) = gone else { return };
        for first in segments.into_keys() {
            let _ = self.folders.remove_file(&folder, &segment_name(first)).await;
        }
    }

    /// A value that has become a secret is taken out of what is written already.
    async fn learn_secrets<W: World>(&self, worker: &BenchWorker<W>) -> Result<(), String> {
        let secrets = worker.state(|s| masks::values(&s.workspace, &s.derived));
        let now = worker.now();
        let (folder, segments, masker) = {
            let mut writer = self.writer.borrow_mut();
            let Some(writer) = writer.as_mut() else { return Ok(()) };
            if writer.secrets != secrets {
                let is_known = secrets.iter().all(|secret| writer.secrets.contains(secret));
                writer.masker = (!secrets.is_empty()).then(|| Masker::new(&secrets));
                writer.secrets = secrets;
                if !is_known && !writer.segments.is_empty() {
                    writer.cleans_at = Some(now + CLEANS_AFTER);
                }
            }
            if writer.cleans_at.is_none_or(|at| now < at) {
                return Ok(());
            }
            writer.cleans_at = None;
            let Some(masker) = writer.masker.clone() else { return Ok(()) };
            // Handshakes and remarks may hold it.
            writer.head_bytes = usize::MAX / 2;
            writer.segment = None;
            (writer.about.id.clone(), writer.segments.keys().copied().collect::<Vec<_>>(), masker)
        };
        for first in segments {
            let name = segment_name(first);
            let failed = |error: &dyn ToString| error.to_string();
            let bytes = self.folders.read(&folder, &name).await.map_err(|error| failed(&error))?;
            let Some(clean) = journal::masked(&bytes, |content| masker.mask_bytes(content)) else { continue };
            let mut file = self.folders.open(&folder, &name).await.map_err(|error| failed(&error))?;
            file.clear().and_then(|()| file.append(&clean)).map_err(|error| failed(&error))?;
            if let Some(writer) = self.writer.borrow_mut().as_mut() {
                writer.segments.insert(first, clean.len() as u64);
            }
            worker.world().breathe().await;
        }
        Ok(())
    }
}
