//! The difference of two sessions: what is missing, new, reordered, changed or slower; side by side, in lanes, with its masks.
//!
//! Owns what the worker that compares has told, and which view of it is shown. That worker is a second one, as for an earlier
//! session: the connections of the bench go on meanwhile.

mod dialog;
mod masks;
mod sides;
mod summary;
mod view;

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

pub(crate) use dialog::dialog;
pub(crate) use view::{bar, view};

use super::link::Link;
use super::sessions::{Sessions, reading};
use super::store::{COLORS, Store};
use crate::browser::added;
use crate::browser::download::Download;
use crate::browser::page;
use crate::model::format;
use crate::wire;
use crate::wire::bench::{
    Answer, ConnectionId, DifferenceFrom, DifferenceLook, DifferenceRequest, DifferenceRows, DifferenceSeen,
    DifferenceSide, DifferenceStart, DifferenceUpdate, Question, Request, SessionSeen,
};

/// What the page shows of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// One line for each difference.
    #[default]
    Summary,
    /// Both sessions, row by row.
    Sides,
    /// Both sessions in the timeline, each connection in a lane.
    Lanes,
    /// What is not compared.
    Masks,
}

/// One of the sessions that are compared, as a person chose it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chosen {
    pub name: String,
    /// A kept session; none for the present one.
    pub id: Option<String>,
    /// Which of its connections, with what they are called in the comparison; all when empty.
    pub connections: Vec<(ConnectionId, String)>,
}

/// What the page knows of a comparison. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Difference {
    /// A comparison is shown, or is about to be.
    pub is_shown: RwSignal<bool>,
    /// What differs, once that is known.
    seen: RwSignal<Option<DifferenceSeen>>,
    /// Frames that were read so far.
    read: RwSignal<u64>,
    rows: RwSignal<DifferenceRows>,
    view: RwSignal<View>,
    look: RwSignal<DifferenceLook>,
    /// The place of the row that is chosen, in the list as it is shown.
    chosen: RwSignal<Option<u64>>,
    /// What could not be done with the masks.
    refused: RwSignal<Option<String>>,
    /// The server whose masks these are.
    server: RwSignal<String>,
    /// Lanes were shown before the comparison.
    had_lanes: StoredValue<Option<bool>>,
}

impl Difference {
    pub fn new() -> Self {
        Self {
            is_shown: RwSignal::default(),
            seen: RwSignal::default(),
            read: RwSignal::default(),
            rows: RwSignal::default(),
            view: RwSignal::default(),
            look: RwSignal::default(),
            chosen: RwSignal::default(),
            refused: RwSignal::default(),
            server: RwSignal::default(),
            had_lanes: StoredValue::default(),
        }
    }

    fn of(store: Store) -> Self {
        Sessions::of(store).difference
    }

    /// What is compared with what.
    fn names(self) -> String {
        self.seen.with(|seen| seen.as_ref().map(|seen| seen.names.join(" against ")).unwrap_or_default())
    }

    /// Shows another view. In lanes the timeline is shown, and a list again when it was one before.
    fn turn_to(self, store: Store, view: View) {
        if view == View::Lanes && self.had_lanes.get_value().is_none() {
            self.had_lanes.set_value(Some(store.layout.with_untracked(|layout| layout.lanes)));
            store.layout.update(|layout| layout.lanes = true);
        }
        if view != View::Lanes {
            self.take_lanes_back(store);
        }
        self.view.set(view);
    }

    fn take_lanes_back(self, store: Store) {
        if let Some(had) = self.had_lanes.try_update_value(Option::take).flatten() {
            store.layout.update(|layout| layout.lanes = had);
        }
    }

    /// It is over.
    pub fn leave(self, store: Store) {
        self.take_lanes_back(store);
        self.is_shown.set(false);
        self.seen.set(None);
        self.rows.set(DifferenceRows::default());
    }
}

/// The name under which the masks of a server are kept.
fn kept_name(server: &str) -> String {
    format!("masks of {server}")
}

fn ask(link: Link, request: &DifferenceRequest) {
    link.send(&Request::Difference(wire::encode(request)));
}

/// Compares two sessions and shows how they differ.
pub(crate) fn open(store: Store, link: Link, chosen: [Chosen; 2]) {
    reading::leave(store, link);
    store.dialog.set(None);
    added::add_style("./difference.css");
    let server = server_of(store, chosen[0].id.as_ref());
    let masks = page::kept(&kept_name(&server)).unwrap_or_default();
    let name = chosen.each_ref().map(|it| it.name.as_str()).join(" against ");
    let done = move |sides: Vec<DifferenceSide>| {
        let Ok(sides) = <[DifferenceSide; 2]>::try_from(sides) else { return };
        let start = DifferenceStart { sides, masks: masks.clone() };
        let request = Request::Difference(wire::encode(&DifferenceRequest::Start(Box::new(start))));
        let of =
            SessionSeen { id: format!("difference {name}"), name: name.clone(), ..SessionSeen::default() };
        reading::enter(store, link, of, move |reader| reader.send(&request));
        let it = Difference::of(store);
        it.leave(store);
        it.view.set(View::Summary);
        it.read.set(0);
        it.chosen.set(None);
        it.refused.set(None);
        it.look.set(DifferenceLook::default());
        it.server.set(server.clone());
        it.is_shown.set(true);
        page::focus_soon("[data-testid=difference-summary-tab]");
    };
    let mut waiting = chosen.into_iter().collect::<Vec<_>>();
    waiting.reverse();
    fetch(store, link, waiting, Vec::new(), Box::new(done));
}

type Done = Box<dyn FnOnce(Vec<DifferenceSide>)>;

/// Fetches the frames of those that are of the present session, one after the other; the last of `waiting` comes first.
fn fetch(store: Store, link: Link, mut waiting: Vec<Chosen>, mut sides: Vec<DifferenceSide>, done: Done) {
    let Some(chosen) = waiting.pop() else { return done(sides) };
    let connections = chosen.connections.iter().map(|(id, _)| *id).collect();
    let mut side = DifferenceSide { name: chosen.name, from: DifferenceFrom::default(), connections };
    if let Some(id) = chosen.id {
        side.from = DifferenceFrom::Kept(id);
        sides.push(side);
        return fetch(store, link, waiting, sides, done);
    }
    let mut all = Vec::new();
    let rest = Rc::new(RefCell::new(Some((waiting, sides, side, done))));
    link.ask(Question::Lines { connections: chosen.connections }, move |answer| match answer {
        Answer::Piece(bytes) => all.extend(bytes),
        Answer::File { bytes, .. } => {
            all.extend(bytes);
            let Some((waiting, mut sides, mut side, done)) = rest.take() else { return };
            side.from = DifferenceFrom::Lines(std::mem::take(&mut all));
            sides.push(side);
            fetch(store, link, waiting, sides, done);
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The server of a session, whose masks are kept together.
fn server_of(store: Store, id: Option<&String>) -> String {
    let sessions = Sessions::of(store);
    let target = sessions.target(id);
    let rest = target.split_once("://").map_or(target.as_str(), |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// The worker that compares says something.
pub(crate) fn told(store: Store, link: Link, bytes: &[u8]) {
    let it = Difference::of(store);
    // Both sides were built from one source.
    let Ok(update) = wire::decode(bytes) else { return };
    match update {
        DifferenceUpdate::Reading(frames) => it.read.set(frames),
        DifferenceUpdate::Failed(words) => {
            store.complain(format::sentence(&format!("not compared: {words}")));
            reading::leave(store, link);
        }
        DifferenceUpdate::Refused(words) => it.refused.set(Some(format::sentence(&words))),
        DifferenceUpdate::Seen(seen) => {
            let is_first = it.seen.with_untracked(Option::is_none);
            it.refused.set(None);
            if is_first {
                let named = (0..).zip(seen.connections.clone());
                let names = named.map(|(at, (id, name))| (id, (name, at % COLORS))).collect();
                reading::name_shown(store, names);
            }
            page::keep(&kept_name(&it.server.get_untracked()), &seen.masks_file);
            it.seen.set(Some(*seen));
        }
        DifferenceUpdate::Rows(rows) => it.rows.set(*rows),
        DifferenceUpdate::File { name, media_type, text } => {
            let mut download = Download::default();
            download.push(text.as_bytes());
            download.save(&name, &media_type);
            store.say(format!("The comparison is saved as {name}."));
        }
    }
}

/// Learns from another run against the server of the first session.
fn learn(store: Store, link: Link, chosen: Chosen) {
    let done = move |sides: Vec<DifferenceSide>| {
        if let Some(side) = sides.into_iter().next() {
            ask(link, &DifferenceRequest::Learn(Box::new(side)));
        }
    };
    fetch(store, link, vec![chosen], Vec::new(), Box::new(done));
}

/// Opens the dialog that asks which sessions are compared; the first one is this one, none for the present one.
pub(crate) fn ask_for(store: Store, first: Option<String>) {
    store.dialog.set(Some(super::front::Dialog::Compare(first)));
}
