//! Replaying a session: the dialog that asks what and where to, and the line over the timeline that says how it goes.
//!
//! Owns what the worker has told of replays. It refuses to open a connection: the worker of the bench does, so that the frames
//! stand in the present timeline.

mod dialog;
mod line;

use leptos::prelude::*;

pub(crate) use dialog::dialog;
pub(crate) use line::line;

use super::difference::{self, Chosen};
use super::link::Link;
use super::sessions::{Sessions, called, reading};
use super::store::{COLORS, Store};
use crate::wire;
use crate::wire::bench::{
    ConnectionId, ReplayLooked, ReplayOf, ReplayRequest, ReplaySeen, ReplayUpdate, Request,
};

/// What the page knows of replays. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Replays {
    /// The latest one.
    pub seen: RwSignal<Option<ReplaySeen>>,
    /// The run that a person has put away.
    put_away: RwSignal<u64>,
    /// The connections of the session that the dialog asks for.
    looked: RwSignal<Option<ReplayLooked>>,
}

impl Replays {
    pub fn new() -> Self {
        Self { seen: RwSignal::default(), put_away: RwSignal::default(), looked: RwSignal::default() }
    }

    fn of(store: Store) -> Self {
        Sessions::of(store).replays
    }
}

fn ask(link: Link, request: &ReplayRequest) {
    link.send(&Request::Replay(wire::encode(request)));
}

/// The worker says something of replays.
pub(crate) fn told(store: Store, _: Link, bytes: &[u8]) {
    let replays = Replays::of(store);
    // Both sides were built from one source.
    match wire::decode(bytes) {
        Ok(ReplayUpdate::Looked(looked)) => replays.looked.set(Some(*looked)),
        Ok(ReplayUpdate::Seen(seen)) => {
            let named = |(id, name): &(ConnectionId, String)| {
                let color = (id.0 % u32::from(COLORS)) as u8;
                (*id, (format!("{name}, replay {}", seen.run), color))
            };
            reading::name_present(store, seen.connections.iter().map(named).collect());
            replays.seen.set(Some(*seen));
        }
        Err(_) => {}
    }
}

/// Compares a replay with what was replayed.
fn compare(store: Store, link: Link, seen: &ReplaySeen) {
    let sessions = Sessions::of(store);
    let own = |ids: &[ConnectionId]| ids.iter().map(|id| (*id, String::new())).collect();
    let original = Chosen {
        name: called(sessions, seen.of.as_ref()),
        id: seen.of.clone(),
        connections: own(&seen.of_connections),
    };
    let replay =
        Chosen { name: format!("replay {}", seen.run), id: None, connections: seen.connections.clone() };
    difference::open(store, link, [original, replay]);
}

/// Opens the dialog for a session; none for the present one.
pub(crate) fn ask_for(store: Store, of: ReplayOf) {
    store.dialog.set(Some(super::front::Dialog::Replay(of)));
}
