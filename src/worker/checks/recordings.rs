//! What was recorded of the runs of this visit, and where in it each failure is.
//!
//! Owns what the page sees of them. One rule: recordings are large, so the oldest ones go when all together
//! hold more than [`MOST`] bytes; a report is never among what goes.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::engine::base::mask::Masker;
use crate::engine::base::payload;
use crate::engine::recording::run_recording::Recorded;
use crate::engine::report::{Millis, NearMiss, Report, Transcript};
use crate::engine::witness::marks::{Marks, SHOWN, shown};
use crate::engine::{Frame, FrameKind, Instant, World};
use crate::wire::bench::{Request, Shown, ShownFrame};
use crate::wire::checks::{Nearby, Spot};
use crate::wire::encode;

/// Frames of one run, in bytes.
pub(super) const BUDGET: usize = 64 << 20;
/// Frames of all runs, in bytes.
const MOST: usize = 128 << 20;
/// Frames shown before a failure and after it.
const BEFORE: u64 = 30;
const AFTER: usize = 10;
/// Frames that the bench gets, before a failure and after it.
const MOST_SHOWN: u64 = 2000;
/// The recording of one run.
pub(super) struct RunRecording<W: World> {
    pub run: u64,
    pub recorded: Recorded<W>,
    pub masker: Masker,
    /// The suite's name, for a file.
    pub suite: String,
    /// Where in it checks begin and steps fail.
    pub marks: Marks,
}

impl<W: World> RunRecording<W> {
    fn held_bytes(&self) -> usize {
        self.recorded.read(|session| session.log.held_bytes())
    }

    /// The frames before and after a failure: none when nothing is known of it.
    pub fn around(&self, spot: Spot) -> Option<(Vec<Nearby>, u64)> {
        let at = self.marks.failure(spot.check, spot.step)?;
        let (first, next_check) = self.marks.frames_of(spot.check);
        Some(self.recorded.read(|session| {
            let from = at.saturating_sub(BEFORE).max(first);
            let began = session.log.began().unwrap_or(Instant::ORIGIN);
            let names: HashMap<u32, &str> =
                session.connections.iter().map(|it| (it.id, it.name.as_str())).collect();
            let until = at.saturating_add(AFTER as u64).min(next_check);
            let frames = session.log.from(from).take_while(|frame| frame.number < until);
            let frames = frames.map(|frame| self.nearby(&frame, &names, began, at)).collect();
            (frames, session.log.dropped())
        }))
    }

    fn nearby(&self, frame: &Frame<'_>, names: &HashMap<u32, &str>, began: Instant, at: u64) -> Nearby {
        Nearby {
            client: names.get(&frame.connection).copied().unwrap_or("?").to_owned(),
            at: Millis::from(frame.at - began),
            mark: mark(frame.kind).to_owned(),
            content: shown(&self.masker, frame),
            bytes: frame.bytes.len() as u64,
            is_last_before: frame.number + 1 == at,
        }
    }

    /// Puts what was sent and received around failures into the report, where files of it have it too.
    pub fn attest(&self, report: &mut Report) {
        self.marks.attest(&self.recorded, &self.masker, report);
    }

    /// The same for the bench's timeline, with more of them, as a request for its worker. Secrets are out of them. For lanes it
    /// gets the messages that the failure names.
    pub fn for_bench(&self, spot: Spot, lanes: Option<&[NearMiss]>, clock_began: f64) -> Option<Vec<u8>> {
        let at = self.marks.failure(spot.check, spot.step)?;
        let (first, next_check) = self.marks.frames_of(spot.check);
        let began = (clock_began.max(0.0) * 1e6) as u64;
        let shown = self.recorded.read(|session| {
            let of: HashMap<u32, &str> =
                session.connections.iter().map(|it| (it.id, it.name.as_str())).collect();
            let mut shown = Shown { in_lanes: lanes.is_some(), ..Shown::default() };
            let mut named = self.named(spot.check, lanes.unwrap_or_default());
            let mut places = HashMap::new();
            let until = at.saturating_add(MOST_SHOWN).min(next_check);
            let frames = session.log.from(at.saturating_sub(MOST_SHOWN).max(first));
            for frame in frames.take_while(|frame| frame.number < until) {
                let name = *places.entry(frame.connection).or_insert_with(|| {
                    let name = of.get(&frame.connection).copied().unwrap_or("?");
                    shown.names.push(format!("{name} · {}", self.suite));
                    shown.names.len() as u32 - 1
                });
                if frame.number < at {
                    shown.chosen = shown.frames.len() as u32;
                }
                let bytes = match frame.kind.is_text() {
                    true => self.masker.mask(&String::from_utf8_lossy(frame.bytes)).into_owned().into_bytes(),
                    false => frame.bytes.to_vec(),
                };
                let client = of.get(&frame.connection).copied();
                named.look_at(&frame, client, &bytes, shown.frames.len() as u32);
                let at = began.saturating_add(frame.at.as_nanos());
                shown.frames.push(ShownFrame { name, at, kind: frame.kind, bytes });
            }
            shown.wrong = named.found();
            // The frame that the failure names says more than the last one before it.
            shown.chosen = shown.wrong.first().copied().unwrap_or(shown.chosen);
            shown
        });
        Some(encode(&Request::Show(Box::new(shown))))
    }

    fn named<'a>(&self, check: usize, messages: &'a [NearMiss]) -> Named<'a> {
        let began = self.marks.began(check).unwrap_or(Instant::ORIGIN);
        Named(messages.iter().map(|it| (it, began + Duration::from(it.at_ms), None)).collect())
    }

    /// What happened in one check.
    pub fn read<T>(&self, look: impl FnOnce(&Transcript<'_>) -> T) -> T {
        self.recorded.read(look)
    }
}

/// The received frames that a failure names: each message, when it came, and the frame that is most like it.
struct Named<'a>(Vec<(&'a NearMiss, Instant, Option<Nearest>)>);

/// The place of a frame, after how unlike it is.
type Nearest = (Unlike, u32);

/// Whether the content is another one, and how far off the frame is. The moment of a check's beginning is taken twice, in the
/// run and here, so the time alone does not tell.
type Unlike = (bool, Duration);

/// A frame further off than this is another one, whatever is in it.
const NEAR: Duration = Duration::from_secs(1);

impl Named<'_> {
    fn look_at(&mut self, frame: &Frame<'_>, client: Option<&str>, content: &[u8], place: u32) {
        if !frame.kind.is_received() {
            return;
        }
        for (message, at, nearest) in self.0.iter_mut().filter(|(it, ..)| Some(it.client.as_str()) == client)
        {
            let off = frame.at.since(*at).max(at.since(frame.at));
            let shown = payload::preview(frame.kind.is_text(), content, SHOWN);
            let unlike = (!shown.starts_with(message.message.trim_end_matches('…')), off);
            if off <= NEAR && nearest.is_none_or(|(before, _)| unlike < before) {
                *nearest = Some((unlike, place));
            }
        }
    }

    fn found(self) -> Vec<u32> {
        self.0.into_iter().filter_map(|(.., nearest)| nearest.map(|(_, place)| place)).collect()
    }
}

fn mark(kind: FrameKind) -> &'static str {
    match kind {
        _ if kind.is_sent() => "↑",
        _ if kind.is_received() => "↓",
        FrameKind::Failed => "!",
        FrameKind::Closed => "×",
        _ => "·",
    }
}

/// The recordings that are still held, the oldest first.
pub(super) struct RunRecordings<W: World>(VecDeque<RunRecording<W>>);

impl<W: World> Default for RunRecordings<W> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<W: World> RunRecordings<W> {
    pub fn add(&mut self, recording: RunRecording<W>) {
        self.0.push_back(recording);
        while self.0.len() > 1 && self.0.iter().map(RunRecording::held_bytes).sum::<usize>() > MOST {
            self.0.pop_front();
        }
    }

    pub fn of(&self, run: u64) -> Option<&RunRecording<W>> {
        self.0.iter().find(|recording| recording.run == run)
    }

    pub fn of_mut(&mut self, run: u64) -> Option<&mut RunRecording<W>> {
        self.0.iter_mut().find(|recording| recording.run == run)
    }
}
