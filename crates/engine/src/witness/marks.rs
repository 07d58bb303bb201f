//! Where in the recording of a run each check begins and each step fails.
//!
//! Owns the moments of failures as numbers of frames, and what a report shows of the frames around them.

use std::collections::{BTreeMap, HashMap};

use crate::base::mask::Masker;
use crate::base::words;
use crate::recording::run_recording::Recorded;
use crate::report::{Millis, NearbyEvent, Report, event_name};
use crate::run::Progress;
use crate::{Frame, Instant, World};

/// A report has the events around this many failures: this many before and after, each up to this many characters.
const MOST_ATTESTED: usize = 20;
const ATTESTED_BEFORE: u64 = 12;
const ATTESTED_AFTER: u64 = 5;
const ATTESTED_MESSAGE: usize = 400;
/// A frame is shown up to here.
pub const SHOWN: usize = 4096;

/// The marks of one run.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The names of its checks.
    pub checks: Vec<String>,
    /// The number of the first frame of each check.
    begins: BTreeMap<usize, u64>,
    /// When each check began.
    began: BTreeMap<usize, Instant>,
    /// The number of the frame after each failure.
    failures: HashMap<(usize, usize), u64>,
}

impl Marks {
    /// Remembers where in the recording checks begin and steps fail.
    pub fn note<W: World>(&mut self, recorded: &Recorded<W>, progress: &Progress) {
        let next_frame = || recorded.read(|session| session.log.total());
        match progress {
            Progress::RunStarted { checks, .. } => {
                self.checks = checks.iter().map(|check| check.name.clone()).collect();
            }
            Progress::CheckStarted { check } => {
                self.begins.insert(*check, next_frame());
                self.began.insert(*check, recorded.now());
                recorded.begin_check(self.checks.get(*check).map_or("", String::as_str));
            }
            Progress::StepEnded { check, step, failure: Some(_), .. } => {
                let frame = next_frame();
                self.failures.entry((*check, *step)).or_insert(frame);
            }
            _ => {}
        }
    }

    /// When a check began.
    pub fn began(&self, check: usize) -> Option<Instant> {
        self.began.get(&check).copied()
    }

    /// The number of the frame after a failure.
    pub fn failure(&self, check: usize, step: usize) -> Option<u64> {
        self.failures.get(&(check, step)).copied()
    }

    /// The numbers of the frames of a check: its first, and the first of the next one.
    pub fn frames_of(&self, check: usize) -> (u64, u64) {
        let first = self.begins.get(&check).copied().unwrap_or_default();
        (first, self.begins.get(&(check + 1)).copied().unwrap_or(u64::MAX))
    }

    /// Puts what was sent and received around failures into the report, where files of it have it too.
    pub fn attest<W: World>(&self, recorded: &Recorded<W>, masker: &Masker, report: &mut Report) {
        let mut left = MOST_ATTESTED;
        for (number, check) in report.checks.iter_mut().enumerate() {
            for (place, step) in check.steps.iter_mut().enumerate().filter(|(_, step)| step.failure.is_some())
            {
                if left == 0 {
                    return;
                }
                step.around = self.evidence(recorded, masker, number, place);
                left -= usize::from(!step.around.is_empty());
            }
        }
    }

    fn evidence<W: World>(
        &self,
        recorded: &Recorded<W>,
        masker: &Masker,
        check: usize,
        step: usize,
    ) -> Vec<NearbyEvent> {
        let Some(at) = self.failure(check, step) else { return Vec::new() };
        let (first, next_check) = self.frames_of(check);
        recorded.read(|session| {
            let began = self.began(check).or(session.log.began()).unwrap_or(Instant::ORIGIN);
            let names: HashMap<u32, &str> =
                session.connections.iter().map(|it| (it.id, it.name.as_str())).collect();
            let from = at.saturating_sub(ATTESTED_BEFORE).max(first);
            let until = at.saturating_add(ATTESTED_AFTER).min(next_check);
            let frames = session.log.from(from).take_while(|frame| frame.number < until);
            let event = |frame: Frame<'_>| NearbyEvent {
                client: masker.mask(names.get(&frame.connection).unwrap_or(&"?")).into_owned(),
                at_ms: Millis::from(frame.at - began),
                event: event_name(frame.kind).to_owned(),
                message: words::cut(&shown(masker, &frame), ATTESTED_MESSAGE),
                bytes: frame.bytes.len() as u64,
                after: frame.number >= at,
            };
            frames.map(event).collect()
        })
    }
}

/// The content of a frame as it may be shown.
pub fn shown(masker: &Masker, frame: &Frame<'_>) -> String {
    let content = match frame.kind.is_text() {
        true => masker.mask(&String::from_utf8_lossy(frame.bytes)).into_owned(),
        // Without blanks, as a secret in hex would stand there.
        false => masker.mask(&hex(frame.bytes)).into_owned(),
    };
    // A secret is taken out before, so that no part of it stays at the cut.
    words::cut(&content, SHOWN)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(SHOWN / 2).map(|byte| format!("{byte:02x}")).collect()
}
