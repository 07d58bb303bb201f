//! Kept sessions: which there are, and the line over the timeline that says which one is shown.
//!
//! Owns what the worker has told of them. It refuses to read one: a second worker does, so that the sockets of this bench are
//! never kept waiting.

mod deeds;
mod import;
mod list;
mod missing;
pub(super) mod reading;

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

pub(crate) use import::{dropped, of_link};
pub(crate) use list::{dialog, rail};
use reading::Before;
pub(crate) use reading::Reading;

use super::super::parts::fields::{asking_button, button, icon, text, when};
use super::difference::{self, Difference};
use super::front::Dialog;
use super::link::Link;
use super::replay::{self, Replays};
use super::store::Store;
use crate::browser::{added, clock, page};
use crate::model::format;
use crate::wire;
use crate::wire::bench::{Keeping, Owned, SessionSeen, SessionsRequest, SessionsSeen, SessionsUpdate};

/// What the page knows of kept sessions. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Sessions {
    pub seen: RwSignal<SessionsSeen>,
    /// The earlier session that is shown.
    pub reading: RwSignal<Option<Reading>>,
    /// A person has read what the line says, or it is out of date.
    pub is_noticed: RwSignal<bool>,
    pub replays: Replays,
    pub difference: Difference,
    before: StoredValue<Option<Before>>,
    /// How many sessions were opened.
    readings: StoredValue<u32>,
    /// What was left and still writes.
    ending: RwSignal<BTreeMap<u32, Owner>>,
}

impl Sessions {
    /// Those of this page.
    pub fn of(store: Store) -> Self {
        if let Some(known) = store.sessions.get_untracked() {
            return known;
        }
        added::add_style("./sessions.css");
        let new = store.make(|| Self {
            seen: RwSignal::default(),
            reading: RwSignal::default(),
            is_noticed: RwSignal::default(),
            replays: Replays::new(),
            difference: Difference::new(),
            before: StoredValue::default(),
            readings: StoredValue::default(),
            ending: RwSignal::default(),
        });
        store.sessions.set(Some(new));
        new
    }

    /// What the session is called that is shown; none for the present one.
    pub fn title(store: Store) -> Option<String> {
        let sessions = store.sessions.get()?;
        sessions.reading.with(|reading| reading.as_ref().map(|reading| title(&reading.of)))
    }

    /// The earlier and the imported sessions that can be read, the newest first.
    pub fn can_be_read(self) -> Vec<SessionSeen> {
        let can = |it: &&SessionSeen| can_open(it);
        self.seen.with(|seen| seen.sessions.iter().filter(can).cloned().collect())
    }

    /// The address that a session connected to first; none for the present one.
    pub fn target(self, id: Option<&String>) -> String {
        let is = |it: &&SessionSeen| match id {
            Some(id) => it.id == *id,
            None => it.owned == Owned::Now,
        };
        let target = |seen: &SessionsSeen| seen.sessions.iter().find(is).map(|it| it.target.clone());
        self.seen.with_untracked(target).unwrap_or_default()
    }

    /// The session that is shown; none for the present one.
    pub fn shown(store: Store) -> Option<String> {
        let sessions = store.sessions.get()?;
        sessions.reading.with(|reading| reading.as_ref().map(|reading| reading.of.id.clone()))
    }
}

/// The worker says something of kept sessions.
pub(crate) fn told(store: Store, _: Link, bytes: &[u8]) {
    // Both sides were built from one source.
    match wire::decode(bytes) {
        Ok(SessionsUpdate::Seen(seen)) => Sessions::of(store).seen.set(*seen),
        Ok(SessionsUpdate::Failed(words)) => store.complain(format::sentence(&words)),
        Ok(SessionsUpdate::Reading(_) | SessionsUpdate::Ended) | Err(_) => {}
    }
}

/// What a session is called.
pub(super) fn title(seen: &SessionSeen) -> String {
    match (seen.name.as_str(), seen.owned) {
        ("", Owned::Imported) => format!("Imported session of {}", began(seen)),
        ("", _) => format!("Session of {}", began(seen)),
        (name, _) => name.to_owned(),
    }
}

/// Whether a session can be shown beside the present one.
fn can_open(seen: &SessionSeen) -> bool {
    matches!(seen.owned, Owned::Earlier | Owned::Imported) && seen.wrong.is_none()
}

const DAY_MS: f64 = 24.0 * 3600.0 * 1000.0;

/// What a session is called; none for the present one.
pub(super) fn called(sessions: Sessions, id: Option<&String>) -> String {
    let Some(id) = id else { return "this session".to_owned() };
    let name = |seen: &SessionsSeen| seen.sessions.iter().find(|it| it.id == *id).map(title);
    sessions.seen.with_untracked(name).unwrap_or_else(|| "a session that is gone".to_owned())
}

/// When it began: the time of day, with the date when that is not today.
pub(super) fn began(seen: &SessionSeen) -> String {
    // A file without times counts from its first event.
    if seen.began_ms < DAY_MS {
        return "time unknown".to_owned();
    }
    let (moment, now) = (page::local_time_of(seen.began_ms), page::local_time_of(clock::wall()));
    let minute = &moment[..moment.len().min("2026-11-28 20:05".len())];
    match (minute.split_once(' '), now.split_once(' ')) {
        (Some((day, time)), Some((today, _))) if day == today => time.to_owned(),
        _ => minute.to_owned(),
    }
}

fn ask(link: Link, request: &SessionsRequest) {
    link.ask_sessions(wire::encode(request));
}

/// The line over the timeline: which session is shown, or that there is an earlier one, or that nothing is kept.
pub(crate) fn line(store: Store, link: Link) -> AnyView {
    let sessions = Sessions::of(store);
    import::listen(store, link);
    let earlier = Memo::new(move |_| {
        if sessions.is_noticed.get() {
            return None;
        }
        let is_earlier =
            |it: &&SessionSeen| it.owned == Owned::Earlier && it.wrong.is_none() && it.frames > 0;
        sessions.seen.with(|seen| seen.sessions.iter().find(is_earlier).cloned())
    });
    // A person who works on has no use for the question any more.
    Effect::new(move || {
        if store.totals.with(|totals| totals.messages > 0) && !store.is_reading.get_untracked() {
            sessions.is_noticed.set(true);
        }
    });
    let failed = Memo::new(move |_| {
        sessions.seen.with(|seen| match &seen.keeping {
            Keeping::Failed(words) => Some(words.clone()),
            _ => None,
        })
    });
    let is_failure_read = RwSignal::new(false);
    Effect::new(move || {
        failed.track();
        is_failure_read.set(false);
    });
    // The bar stays the same while a session is read: it may have the focus.
    let is_reading = Memo::new(move |_| sessions.reading.with(Option::is_some));
    let body = move || {
        if sessions.difference.is_shown.get() {
            return difference::bar(store, link);
        }
        if is_reading.get() {
            return reading::bar(store, link, sessions);
        }
        if let Some(words) = failed.get().filter(|_| !is_failure_read.get()) {
            let words = format!("No frame is kept for later: {words}. Everything else works.");
            return view! {
                <div class="sessions-line" data-state="wrong" role="status" data-testid="sessions-unkept">
                    <span class="sessions-words">{words}</span>
                    {icon("quiet", "sessions-unkept-close", "×", text(|| "Close this message".to_owned()), move || is_failure_read.set(true))}
                </div>
            }
            .into_any();
        }
        earlier.get().map(|seen| notice(store, link, sessions, seen)).into_any()
    };
    let compared = move || sessions.difference.is_shown.get().then(|| difference::view(store, link));
    view! { {body}{replay::line(store, link)}{compared} }.into_any()
}

/// An earlier session is there.
fn notice(store: Store, link: Link, sessions: Sessions, seen: SessionSeen) -> AnyView {
    let words = format!(
        "{}, {}. At most the last second before its tab ended is missing.",
        title(&seen),
        format::counted(seen.frames, "frame")
    );
    let question = StoredValue::new(format!("Delete {}?", format::counted(seen.frames, "frame")));
    let id = seen.id.clone();
    let open = move || {
        sessions.is_noticed.set(true);
        reading::open(store, link, seen.clone(), false);
    };
    let delete = move || {
        sessions.is_noticed.set(true);
        ask(link, &SessionsRequest::Delete { id: id.clone() });
    };
    view! {
        <div class="sessions-line" role="status" data-testid="sessions-notice">
            <span class="sessions-words">{words}</span>
            {button("", "sessions-notice-open", "Open", "Shows it in the timeline, to be read only", open)}
            {asking_button("quiet", "sessions-notice-delete", "Delete", "Removes it from this browser", move || Some(question.get_value()), delete)}
            {button("quiet", "sessions-notice-all", "All sessions", "", move || store.dialog.set(Some(Dialog::Sessions)))}
            {icon("quiet", "sessions-notice-close", "×", text(|| "Keep it and close this message".to_owned()), move || sessions.is_noticed.set(true))}
        </div>
    }
    .into_any()
}

/// How often an open list asks what has changed.
const EVERY: Duration = Duration::from_secs(2);

/// Whether the list is open.
fn is_listed(store: Store) -> Signal<bool> {
    when(move || store.dialog.with(|dialog| *dialog == Some(Dialog::Sessions)))
}
