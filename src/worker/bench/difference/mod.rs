//! The worker that compares two sessions and shows both in its timeline.
//!
//! Owns both sessions, the masks, and what differs. It refuses to judge: the engine compares. One rule: whatever it tells has
//! passed the masker of the present set-up, and what looks like a secret is masked too.

mod lines;
mod merged;
mod rows;

use std::cell::RefCell;
use std::rc::Rc;

use super::leaving::Pieces;
use super::masks;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::base::mask::Masker;
use crate::engine::report::{Connection, EventFormat};
use crate::engine::session::Session;
use crate::engine::session::diff::{
    Aligned, Diff, Masked, Masks, diff_aligned, sentence, write_html, write_json,
};
use crate::engine::session::read::{Alone, open};
use crate::wire;
use crate::wire::bench::{
    Answer, ConnectionId, DifferenceForm, DifferenceFrom, DifferenceLook, DifferenceRequest, DifferenceSide,
    DifferenceStart, DifferenceUpdate, Update,
};
use lines::masked;
use merged::Merged;

/// Bytes that each of the sessions may take.
const BUDGET: usize = Session::BUDGET;

/// What is compared.
struct Comparison {
    sides: [Session; 2],
    masks: Masks,
    /// Why something was learnt, in words.
    whys: Vec<(Masked, String)>,
    diff: Diff,
    rows: Vec<Aligned>,
    /// The places of the rows that differ.
    differing: Vec<usize>,
    merged: Merged,
    /// What the page looks at.
    look: Option<DifferenceLook>,
}

impl Comparison {
    fn compare(&mut self) {
        (self.diff, self.rows) = diff_aligned(&self.sides[0], &self.sides[1], &self.masks);
        self.differing = (0..self.rows.len()).filter(|at| !self.rows[*at].differences.is_empty()).collect();
    }
}

type Shared = Rc<RefCell<Comparison>>;

impl<W: World> BenchWorker<W> {
    /// Does what an encoded [`DifferenceRequest`] says.
    pub(super) fn difference(&self, request: &[u8]) {
        // Both sides were built from one source.
        let Ok(request) = wire::decode(request) else { return };
        let worker = self.clone();
        match request {
            DifferenceRequest::Start(start) => (self.0.spawn)(Box::pin(async move {
                if let Err(words) = worker.begin_difference(*start).await {
                    worker.tell_difference(&DifferenceUpdate::Failed(words));
                }
                worker.flush();
            })),
            DifferenceRequest::Learn(side) => (self.0.spawn)(Box::pin(async move {
                match worker.side(&side, 0).await {
                    Ok(session) => worker.change_masks(|it| learn(it, &session, &side.name)),
                    Err(words) => worker.tell_difference(&DifferenceUpdate::Refused(words)),
                }
            })),
            DifferenceRequest::Rows(look) => {
                self.with_comparison(|it| it.look = Some(look));
                self.tell_rows();
            }
            DifferenceRequest::Mask(seen) => self.change_masks(|it| {
                it.masks.add(&masked(&seen));
            }),
            DifferenceRequest::Unmask(seen) => self.change_masks(|it| {
                let masked = masked(&seen);
                it.masks.remove(&masked);
                it.whys.retain(|(of, _)| *of != masked);
            }),
            DifferenceRequest::Guess(guess) => self.change_masks(|it| it.masks.guess = guess),
            DifferenceRequest::Masks(text) => match Masks::parse(&text) {
                Ok(masks) => self.change_masks(|it| it.masks = masks),
                Err(error) => self.tell_difference(&DifferenceUpdate::Refused(error.to_string())),
            },
            DifferenceRequest::Export(form) => self.export_difference(form),
        }
    }

    fn tell_difference(&self, update: &DifferenceUpdate) {
        self.post(&Update::Difference(wire::encode(update)));
    }

    fn comparison(&self) -> Option<Shared> {
        self.state(|s| s.comparison.clone())?.downcast().ok()
    }

    fn with_comparison<T>(&self, act: impl FnOnce(&mut Comparison) -> T) -> Option<T> {
        self.comparison().map(|comparison| act(&mut comparison.borrow_mut()))
    }

    /// What takes secrets out of all that is said.
    fn difference_masker(&self) -> Masker {
        let masker = self.state(|s| masks::masker(&s.workspace, &s.derived));
        masker.mask_suspects();
        masker
    }

    async fn begin_difference(&self, start: DifferenceStart) -> Result<(), String> {
        let masks = match start.masks.trim() {
            "" => Masks::default(),
            text => Masks::parse(text).map_err(|error| format!("the masks: {error}"))?,
        };
        let first = self.side(&start.sides[0], 0).await?;
        let second = self.side(&start.sides[1], first.log.len()).await?;
        let mut comparison = Comparison {
            sides: [first, second],
            masks,
            whys: Vec::new(),
            diff: Diff::default(),
            rows: Vec::new(),
            differing: Vec::new(),
            merged: Merged::default(),
            look: None,
        };
        self.world().breathe().await;
        comparison.compare();
        comparison.merged = self.take_in_both(&comparison);
        let comparison: Shared = Rc::new(RefCell::new(comparison));
        self.state(|s| s.comparison = Some(comparison));
        self.tell_compared();
        Ok(())
    }

    /// One of the sessions; `before` frames were read already.
    async fn side(&self, side: &DifferenceSide, before: u64) -> Result<Session, String> {
        let of = |words: String| format!("{}: {words}", side.name);
        let mut session = match &side.from {
            DifferenceFrom::Kept(id) => self.opened(id, true).await.map_err(of)?.session,
            DifferenceFrom::Lines(lines) => {
                let opened = open(&side.name, &lines[..], &Alone, BUDGET);
                opened.map_err(|error| of(error.to_string()))?.sessions.swap_remove(0)
            }
        };
        if session.log.is_empty() {
            return Err(of("it has no frame".to_owned()));
        }
        if !side.connections.is_empty() {
            let is_chosen = |it: &Connection| side.connections.contains(&ConnectionId(it.id));
            let named = |it: &Connection| is_chosen(it).then(|| it.name.clone());
            session = Session::part_of(&session.transcript(), &side.name, BUDGET, &named);
        }
        session.name.clone_from(&side.name);
        self.tell_difference(&DifferenceUpdate::Reading(before + session.log.len()));
        Ok(session)
    }

    /// Changes what is masked, and compares again.
    fn change_masks(&self, change: impl FnOnce(&mut Comparison)) {
        let changed = self.with_comparison(|comparison| {
            change(comparison);
            comparison.compare();
        });
        if changed.is_some() {
            self.mark_differing();
            self.tell_compared();
            self.tell_rows();
            self.flush();
        }
    }

    fn export_difference(&self, form: DifferenceForm) {
        let masker = self.difference_masker();
        let written = self.with_comparison(|it| {
            let mut text = String::new();
            let written = match form {
                DifferenceForm::Json => write_json(&it.diff, &masker, &mut text),
                DifferenceForm::Html => write_html(&it.diff, &masker, &mut text),
                DifferenceForm::Masks => it.masks.write(&mut text),
            };
            written.map(|()| text)
        });
        let (name, media_type) = match form {
            DifferenceForm::Json => ("difference.json", "application/json"),
            DifferenceForm::Html => ("difference.html", "text/html"),
            DifferenceForm::Masks => ("masks.json", "application/json"),
        };
        if let Some(Ok(text)) = written {
            let (name, media_type) = (name.to_owned(), media_type.to_owned());
            self.tell_difference(&DifferenceUpdate::File { name, media_type, text });
        }
    }

    /// Connections of the present session as JSON Lines, for another worker that compares them.
    pub(super) fn lines(&self, id: u32, connections: &[(ConnectionId, String)]) -> Answer {
        let named = |it: &Connection| match connections.is_empty() {
            true => Some(it.name.clone()),
            // One without another name is called what it is.
            false => connections
                .iter()
                .find(|(id, _)| id.0 == it.id)
                .map(|(_, name)| if name.is_empty() { it.name.clone() } else { name.clone() }),
        };
        let part = self.present(&named, BUDGET);
        let masker = self.state(|s| masks::masker(&s.workspace, &s.derived));
        let mut pieces = Pieces {
            waiting: Vec::new(),
            post: |piece| self.post(&Update::Answer { id, answer: Answer::Piece(piece) }),
        };
        match EventFormat::JsonLines.write(&part.transcript(), &masker, &mut pieces) {
            Ok(()) => Answer::File {
                bytes: pieces.waiting,
                name: String::new(),
                media_type: String::new(),
                frames: part.log.len(),
            },
            Err(_) => Answer::Failed("the frames could not be written".to_owned()),
        }
    }
}

/// Learns from another run against the server of the first session.
fn learn(comparison: &mut Comparison, again: &Session, name: &str) {
    let masker = Masker::default();
    masker.mask_suspects();
    let learnt = comparison.masks.learn(&comparison.sides[0], again);
    comparison.whys.extend(learnt.into_iter().map(|learnt| {
        let why = format!("Against {name}: {}", sentence(&learnt.why, &masker));
        (learnt.masked, why)
    }));
}
