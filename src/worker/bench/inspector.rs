//! The frame that the page has opened, or the two that it compares.
//!
//! Owns the opened view and how far it has been opened. It refuses to hold more than one. One rule: a content of 16 MB is
//! opened in slices, so that the sockets beside it are heard.

use std::rc::Rc;

use super::list;
use super::update::Content;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::bench::compare::{Comparison, compare};
use crate::engine::bench::view::find::find;
use crate::engine::bench::view::node::node_at;
use crate::engine::bench::view::{self, Folds, Opened, ViewName, media};
use crate::engine::secrets::Known;
use crate::wire::bench::{Answer, Detail, Inspect, Media, Related, Row};

/// More lines than a screen has; a page cannot ask for a whole message at once.
const MOST_LINES: u16 = 512;

/// What is opened.
#[derive(Default)]
pub(super) struct Inspector {
    shown: Option<Shown>,
    changed: bool,
}

struct Shown {
    of: Inspect,
    row: Option<Row>,
    with: Option<Row>,
    content: Content,
    views: Vec<ViewName>,
    media: Option<Media>,
    /// The name of the view.
    view: String,
    opened: Option<Opened>,
    comparison: Option<Comparison>,
    is_opening: bool,
    related: Option<Related>,
}

impl Inspector {
    /// Whether the page should be shown something else than before; asked once.
    pub fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// What the page should show.
    pub fn changes(&mut self) -> Option<Detail> {
        let shown = self.shown.as_ref()?;
        let count = usize::from(shown.of.lines);
        let from = shown.of.from;
        let compared = shown.comparison.as_ref();
        let all = compared.map(|it| it.lines.len() as u64);
        let opened = shown.opened.as_deref();
        let bytes = &shown.content.bytes;
        let folds = opened.map(|pages| Folds::of(pages, &shown.of.folds)).unwrap_or_default();
        let seen = opened.map(|pages| folds.read(pages, bytes, from, count)).unwrap_or_default();
        let (numbers, lines) = seen.into_iter().map(|(line, fold, text)| ((line, fold), text)).unzip();
        Some(Detail {
            of: shown.of.clone(),
            row: shown.row.clone(),
            with: shown.with.clone(),
            views: shown.views.clone(),
            view: shown.view.clone(),
            media: shown.media.clone(),
            lines: all.or(opened.map(|it| folds.seen(it.lines()))).unwrap_or(0),
            is_opening: shown.is_opening,
            shown: lines,
            folds: numbers,
            compared: compared
                .map(|it| it.lines.iter().skip(from as usize).take(count).cloned().collect())
                .unwrap_or_default(),
            changes: compared.map_or(0, |it| it.changes),
            is_cut: compared.is_some_and(|it| it.cut),
            related: shown.related.clone().map(Box::new),
        })
    }

    /// The answer to what is opened has come.
    pub fn relate(&mut self, related: Option<Related>) {
        if let (Some(shown), Some(related)) = (&mut self.shown, related) {
            shown.related = Some(related);
            self.changed = true;
        }
    }
}

impl Inspector {
    /// The value on a line.
    pub fn node(&self, line: u64, known: &Known) -> Option<Answer> {
        let shown = self.shown.as_ref()?;
        let bytes = &shown.content.bytes;
        let offset = shown.opened.as_ref()?.offset_of(bytes, line)?;
        let node = node_at(bytes, offset)?;
        let value = known.bytes(&bytes[node.range], true);
        let value = String::from_utf8_lossy(&value).into_owned();
        Some(Answer::Node { path: node.path, value, is_container: node.is_container })
    }

    /// A place of a text.
    pub fn within(&self, text: &str, nth: i64) -> Option<Answer> {
        let shown = self.shown.as_ref()?;
        let (pages, bytes) = (shown.opened.as_deref()?, &shown.content.bytes);
        let found = find(bytes, text);
        let nth = usize::try_from(nth.rem_euclid(i64::try_from(found.len().max(1)).ok()?)).ok()?;
        let line = pages.line_at(bytes, *found.get(nth)?)?;
        let mut folded = shown.of.folds.clone();
        let mut unfolds = Vec::new();
        // What hides it may itself be hidden.
        while let Some(hides) = Folds::of(pages, &folded).hides(line) {
            folded.retain(|it| *it != hides);
            unfolds.push(hides);
        }
        let position = Folds::of(pages, &folded).position_of(line);
        Some(Answer::Within { count: found.len() as u64, nth: nth as u64, line, position, unfolds })
    }
}

impl<W: World> BenchWorker<W> {
    /// Opens a frame, moves within it, or closes it.
    pub(super) fn inspect(&self, inspect: Option<Inspect>) {
        let Some(inspect) = inspect else { return self.close_detail() };
        let inspect = Inspect { lines: inspect.lines.min(MOST_LINES), ..inspect };
        let is_same = self.state(|s| {
            let shown = s.inspector.shown.as_mut().filter(|shown| is_same(&shown.of, &inspect));
            s.dirty = true;
            s.inspector.changed = true;
            shown.map(|shown| shown.of = inspect.clone()).is_some()
        });
        if !is_same {
            self.open_detail(inspect);
        }
    }

    /// Nothing is opened any more.
    pub(super) fn close_detail(&self) {
        self.state(|s| s.inspector = Inspector::default());
    }

    fn open_detail(&self, inspect: Inspect) {
        let is_opening = self.state(|s| {
            let row_of = |number| {
                let pinned = s.pins.pins.get(&number).map(|pin| pin.row.clone());
                let held = s.record.log.get(number).map(|frame| {
                    let mut row = list::row(&frame);
                    row.by_relay = s.record.is_by_relay(&frame);
                    row
                });
                held.or(pinned)
            };
            let (row, with) = (row_of(inspect.frame), inspect.with.and_then(row_of));
            let gone = || Content { kind: crate::engine::FrameKind::Failed, bytes: Rc::from(&b""[..]) };
            let content = s.content(inspect.frame).unwrap_or_else(gone);
            let other = inspect.with.map(|number| s.content(number).unwrap_or_else(gone));
            let is_text = content.kind.is_text();
            let views = view::views(is_text, &content.bytes);
            let asked = views.iter().find(|known| known.name == inspect.view);
            let view = asked.or(views.first()).map(|known| known.name.clone()).unwrap_or_default();
            let media = (!is_text).then(|| media::of(&content.bytes)).flatten();
            let comparison = other.map(|other| {
                let (one, two) = ((is_text, &*content.bytes), (other.kind.is_text(), &*other.bytes));
                // The older one is the left side, as one reads.
                if inspect.with < Some(inspect.frame) { compare(two, one) } else { compare(one, two) }
            });
            let opened = comparison.is_none().then(|| view::open(&view, is_text, &content.bytes));
            let is_opening = opened.is_some();
            let related = s.related_to(inspect.frame);
            let waits = row.as_ref().is_some_and(|row| row.kind.is_sent()) && related.is_none();
            s.record.pairs.watch(waits.then_some(inspect.frame));
            let media = media.map(|it| Media { media_type: it.media_type.to_string(), words: it.words });
            s.inspector.shown = Some(Shown {
                of: inspect,
                row,
                with,
                content,
                views,
                media,
                view,
                opened,
                comparison,
                is_opening,
                related,
            });
            s.inspector.changed = true;
            is_opening
        });
        if is_opening {
            self.go_on_opening();
        }
    }

    /// Opens in slices; another frame that is opened meanwhile ends it.
    fn go_on_opening(&self) {
        let of = self.state(|s| s.inspector.shown.as_ref().map(|shown| shown.of.clone()));
        let worker = self.clone();
        let slice = move || {
            let until = worker.now() + super::worker::SLICE;
            worker.state(|s| {
                let inspector = &mut s.inspector;
                let Some(shown) = &mut inspector.shown else { return true };
                if !of.as_ref().is_some_and(|of| is_same(of, &shown.of)) {
                    return true;
                }
                let Some(opened) = &mut shown.opened else { return true };
                let is_done = opened.advance(&shown.content.bytes, &mut || worker.0.world.now() < until);
                shown.is_opening = !is_done;
                inspector.changed = true;
                s.dirty = true;
                is_done
            })
        };
        // Most are opened at once, and shown without a word about it.
        if slice() {
            return;
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            loop {
                worker.flush();
                worker.0.world.breathe().await;
                if slice() {
                    return worker.flush();
                }
            }
        }));
    }
}

/// Whether the same is opened, whatever part of it is shown.
fn is_same(a: &Inspect, b: &Inspect) -> bool {
    (a.frame, a.with, &a.view) == (b.frame, b.with, &b.view)
}
