//! Frames that leave: as a file, and as a report for a bug.
//!
//! Owns which frames these are and what is masked in them. One rule: the values of secret variables never leave.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::masks;
use super::worker::{BenchWorker, State};
use crate::engine::base::mask::Masker;
use crate::engine::base::words::count;
use crate::engine::recording::bug;
use crate::engine::report::{EventFormat, Transcript};
use crate::engine::secrets::{self, Suspect as SecretSuspect};
use crate::engine::{Frame, World};
use crate::wire::bench::{Answer, BugReport, Update, Which};

/// A piece of a file that goes to the page at once.
const PIECE: usize = 1 << 20;

/// Which frames leave.
fn chosen<W: World>(s: &State<W>, which: Which) -> impl Fn(&Frame<'_>) -> bool + '_ {
    let filter = s.list.only().filter(|_| which == Which::Filtered);
    let pins = &s.pins.pins;
    let of_pins: Vec<u32> = pins.values().map(|pin| pin.row.connection.0).collect();
    move |frame| match which {
        Which::All => true,
        Which::Filtered => filter.is_none_or(|filter| filter.takes(frame)),
        Which::Pinned => {
            pins.contains_key(&frame.number)
                || !frame.kind.is_message() && of_pins.contains(&frame.connection)
        }
    }
}

impl<W: World> BenchWorker<W> {
    pub(super) fn suspects(&self, which: Which) -> Suspects {
        self.state(|s| {
            let masker = masks::masker(&s.workspace, &s.derived);
            let takes = chosen(s, which);
            let mut found = Suspects::default();
            for frame in s.record.log.from(0).filter(|frame| takes(frame)) {
                found.look(&String::from_utf8_lossy(frame.bytes), &masker);
            }
            found
        })
    }

    /// Writes the chosen frames.
    fn leave<T>(
        &self,
        which: Which,
        masks_suspects: bool,
        write: impl FnOnce(&Transcript<'_>, &Masker, u64) -> T,
    ) -> T {
        let values = if masks_suspects { self.suspects(which).values } else { Vec::new() };
        self.state(|s| {
            let masker = masks::masker(&s.workspace, &s.derived);
            if masks_suspects {
                masker.mask_suspects();
                for value in values {
                    // There are fewer than a masker takes.
                    let _ = masker.learn(&value.into());
                }
            }
            let takes = chosen(s, which);
            let log = &s.record.log;
            let remarks = s.pins.pins.iter().map(|(number, pin)| (*number, pin.note.clone())).collect();
            let session = Transcript {
                log,
                pins: Some(&remarks),
                only: Some(&takes),
                connections: s.record.handshakes.as_slice(),
                notes: s.former.as_ref().map_or(&[], |former| &former.notes),
                origin: self.origin(s),
                as_read: s.former.as_ref().map(|former| &former.as_read),
            };
            let count = log.from(0).filter(&takes).count() as u64;
            write(&session, &masker, count)
        })
    }

    /// The frames as a file, in pieces, so that it need not fit into memory twice.
    pub(super) fn export(
        &self,
        id: u32,
        format: EventFormat,
        filtered: bool,
        masks_suspects: bool,
    ) -> Answer {
        let which = if filtered { Which::Filtered } else { Which::All };
        let mut pieces = self.pieces(id);
        let frames = self.leave(which, masks_suspects, |session, masker, count| {
            format.write(session, masker, &mut pieces).map(|()| count)
        });
        match frames {
            Ok(frames) => Answer::File {
                bytes: pieces.waiting,
                name: format!("sockscope.{}", format.extension()),
                media_type: format.media_type().to_owned(),
                frames,
            },
            Err(fmt::Error) => Answer::Failed("the frames could not be written".to_owned()),
        }
    }

    /// The frames as a report for a bug.
    pub(super) fn report(&self, id: u32, report: &BugReport) -> Answer {
        let BugReport { is_page, which, title, about, masks_suspects } = report;
        let mut pieces = self.pieces(id);
        let frames = self.leave(*which, *masks_suspects, |session, masker, found| {
            if found > BugReport::MOST_FRAMES {
                let (most, found) = (count(BugReport::MOST_FRAMES), count(found));
                return Err(format!(
                    "a report has at most {most} frames, found {found}: filter them, or pin those that matter"
                ));
            }
            let write = if *is_page { bug::write_html } else { bug::write_markdown };
            let written = write(title, about, session, masker, &mut pieces);
            written.map(|()| found).map_err(|fmt::Error| "the report could not be written".to_owned())
        });
        let (ending, media_type) = if *is_page {
            ("html", "text/html;charset=utf-8")
        } else {
            ("md", "text/markdown;charset=utf-8")
        };
        match frames {
            Ok(frames) => Answer::File {
                bytes: pieces.waiting,
                name: format!("report.{ending}"),
                media_type: media_type.to_owned(),
                frames,
            },
            Err(words) => Answer::Failed(words),
        }
    }

    fn pieces(&self, id: u32) -> Pieces<impl FnMut(Vec<u8>)> {
        let post = move |piece| self.post(&Update::Answer { id, answer: Answer::Piece(piece) });
        Pieces { waiting: Vec::new(), post }
    }
}

/// What frames hold that looks like a secret.
#[derive(Default)]
pub(super) struct Suspects {
    counts: BTreeMap<String, u64>,
    /// How many stand at further places.
    others: u64,
    /// The values, as many as are looked for in other places.
    values: Vec<String>,
}

impl Suspects {
    /// At most this many places are listed.
    const MOST_PLACES: usize = 50;
    /// At most this many values are looked for elsewhere; a shorter one stands elsewhere by accident.
    const MOST_VALUES: usize = 200;
    const TELLING: usize = 8;

    fn look(&mut self, text: &str, masker: &Masker) {
        for suspect in secrets::suspects(text) {
            let SecretSuspect { place, value, .. } = suspect;
            // A value of a secret variable is masked in any case, so there is nothing to decide.
            if masker.knows(&value) {
                continue;
            }
            let place = masker.mask(&place).into_owned();
            let has_room = self.counts.len() < Self::MOST_PLACES;
            if has_room || self.counts.contains_key(&place) {
                *self.counts.entry(place).or_default() += 1;
            } else {
                self.others += 1;
            }
            let is_told = self.values.len() < Self::MOST_VALUES && value.len() >= Self::TELLING;
            if is_told && !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }

    pub fn places(self) -> Vec<(String, u64)> {
        let others = (self.others > 0).then(|| ("other places".to_owned(), self.others));
        self.counts.into_iter().chain(others).collect()
    }
}

/// A file that goes to the page in pieces.
pub(super) struct Pieces<P: FnMut(Vec<u8>)> {
    pub waiting: Vec<u8>,
    pub post: P,
}

impl<P: FnMut(Vec<u8>)> Write for Pieces<P> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.waiting.extend_from_slice(text.as_bytes());
        if self.waiting.len() >= PIECE {
            (self.post)(std::mem::take(&mut self.waiting));
        }
        Ok(())
    }
}
