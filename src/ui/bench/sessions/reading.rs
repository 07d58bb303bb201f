//! Showing an earlier session in the timeline, and going back to the present one.
//!
//! Owns the worker that reads it, and what the page showed before. The worker of the bench goes on meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use super::super::super::parts::fields::button;
use super::super::super::parts::link::{Failure, WorkerLink};
use super::super::difference;
use super::super::export;
use super::super::link::{Link, PACE};
use super::super::replay;
use super::super::store::{COLORS, Store};
use super::{Sessions, missing, title};
use crate::browser::chosen::ChosenFiles;
use crate::browser::page;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::report::EventFormat;
use crate::model::format;
use crate::wire;
use crate::wire::Bench;
use crate::wire::bench::{
    ConnectionId, Kept, Owned, Phase, PlotOf, ReadingSeen, Ready, Request, SessionSeen, SessionsRequest,
    SessionsUpdate, Update as BenchUpdate, Workspace,
};

/// A worker that says nothing for this long will not come.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// A worker that is left has this long to write what it shows. An import of the largest files takes less.
const ENDS_WITHIN: Duration = Duration::from_secs(300);

/// An earlier session that is shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Reading {
    pub of: SessionSeen,
    /// How far it is read.
    pub told: ReadingSeen,
}

/// What the page showed before, and what ends with the reading.
#[derive(Clone)]
pub(super) struct Before {
    /// The number of the reading, and what it owns.
    nth: u32,
    owner: Owner,
    filter: FilterSpec,
    hides: bool,
    plot_all: bool,
    names: BTreeMap<ConnectionId, (String, u8)>,
    ready: Option<Ready>,
    exports: bool,
    /// The session that was shown before this one; it comes back when this one cannot be opened.
    other: Option<SessionSeen>,
}

/// Shows a session; `exports` saves it as a file when it is read.
pub(super) fn open(store: Store, link: Link, seen: SessionSeen, exports: bool) {
    let id = seen.id.clone();
    enter(store, link, seen, move |reader| reader.send(&Request::Read(Some(id))));
    Sessions::of(store).before.update_value(|before| {
        if let Some(before) = before {
            before.exports = exports;
        }
    });
}

/// Shows the first session of these files.
pub(super) fn open_files(store: Store, link: Link, files: ChosenFiles) {
    let seen = SessionSeen { name: files.name(), owned: Owned::Imported, ..SessionSeen::default() };
    enter(store, link, seen, move |reader| {
        reader.give(files);
        reader.send(&Request::Read(None));
    });
}

/// Shows what a worker of its own makes of what it is asked.
pub(in super::super) fn enter(
    store: Store,
    link: Link,
    seen: SessionSeen,
    read: impl FnOnce(WorkerLink<Bench>),
) {
    let sessions = Sessions::of(store);
    let other = sessions.reading.with_untracked(|it| it.as_ref().map(|it| it.of.clone()));
    leave(store, link);
    store.dialog.set(None);
    // What is open is of the present session.
    link.send(&Request::Inspect(None));
    let owner = store.make(Owner::new);
    let nth = sessions.readings.get_value() + 1;
    sessions.readings.set_value(nth);
    sessions.before.set_value(Some(Before {
        nth,
        owner: owner.clone(),
        filter: store.filter.get_untracked(),
        hides: store.filter_hides.get_untracked(),
        plot_all: store.plot_all.get_untracked(),
        names: store.names.get_untracked(),
        ready: store.ready.get_untracked(),
        exports: false,
        other: other.filter(|it| {
            it.id != seen.id && untrack(|| sessions.can_be_read()).iter().any(|known| known.id == it.id)
        }),
    }));
    let reader = owner.with(|| {
        let reader = WorkerLink::start(&link.script(), READY_WITHIN, move |worker, update| {
            hear(store, link, nth, worker, update);
        });
        read(reader);
        Effect::new(move || reader.send(&Request::Arrange(Box::new(for_reader(store.workspace())))));
        reader
    });
    link.show(Some(reader));
    store.is_reading.set(true);
    show_nothing(store);
    store.plot_all.set(true);
    store.filter.set(FilterSpec::default());
    store.names.set(BTreeMap::new());
    sessions.reading.set(Some(Reading { of: seen, told: ReadingSeen::default() }));
    let shows_plots = store.layout.with_untracked(|layout| layout.shows_plots);
    link.send(&Request::Plot(shows_plots.then_some(PlotOf::All)));
    page::focus_soon("[data-testid=sessions-back]");
}

/// The set-up as a worker needs it that opens no connection and drops no frame of what it reads.
fn for_reader(workspace: Workspace) -> Workspace {
    Workspace { connections: Vec::new(), rules: Vec::new(), budget: Workspace::BUDGET, ..workspace }
}

/// Nothing of the one session stands where the other one is shown.
fn show_nothing(store: Store) {
    store.chosen.set(None);
    store.inspect.set(None);
    store.detail.set(None);
    store.rows.set(Default::default());
    store.list.set(Default::default());
    store.totals.set(Default::default());
    store.pins.set(Vec::new());
    store.type_members.set(Default::default());
    store.plot.set(None);
}

/// Shows the present session again.
pub(in super::super) fn leave(store: Store, link: Link) {
    let sessions = Sessions::of(store);
    sessions.difference.leave(store);
    let Some(before) = sessions.before.try_update_value(Option::take).flatten() else { return };
    // What is pinned or imported may not be written yet.
    link.ask_shown(wire::encode(&SessionsRequest::End));
    link.show(None);
    show_nothing(store);
    store.names.set(before.names);
    store.ready.set(before.ready);
    store.filter_hides.set(before.hides);
    store.filter.set(before.filter);
    store.plot_all.set(before.plot_all);
    store.is_reading.set(false);
    sessions.reading.set(None);
    super::ask(link, &SessionsRequest::TellAll);
    let of = untrack(|| if before.plot_all { PlotOf::All } else { PlotOf::One(store.selected.get()) });
    let shows_plots = store.layout.with_untracked(|layout| layout.shows_plots);
    link.send(&Request::Plot(shows_plots.then_some(of)));
    let nth = before.nth;
    sessions.ending.update(|ending| drop(ending.insert(nth, before.owner)));
    set_timeout(move || end(sessions, nth), ENDS_WITHIN);
}

/// Ends the worker of a reading that was left.
fn end(sessions: Sessions, nth: u32) {
    let owner = sessions.ending.try_update(|ending| ending.remove(&nth)).flatten();
    if let Some(owner) = owner {
        // A channel is not dropped within its own callback.
        page::with_next_frame(move || owner.cleanup());
    }
}

/// Whether this reading is what is shown.
fn is_shown(store: Store, nth: u32) -> bool {
    let shown = Sessions::of(store).before.try_with_value(|before| before.as_ref().map(|it| it.nth));
    shown.flatten() == Some(nth)
}

fn hear(store: Store, link: Link, nth: u32, worker: WorkerLink<Bench>, update: Result<BenchUpdate, Failure>) {
    match update {
        Ok(BenchUpdate::Ready(_)) => {
            worker.begin();
            worker.send(&Request::Seen);
        }
        Ok(BenchUpdate::Changes(mut changes)) => {
            let apply = move || {
                // A worker that is about to end says nothing of the present session.
                if !worker.is_disposed() && is_shown(store, nth) {
                    changes.totals.sockets = sockets(store);
                    // Its memory is bounded by its files, and the bound that is shown is for frames that come.
                    changes.totals.budget = store.budget.get_untracked().max(changes.totals.held_bytes);
                    store.apply_shown(*changes);
                }
            };
            PACE.draw(apply, move |rest| {
                set_timeout(
                    move || {
                        if !worker.is_disposed() {
                            worker.send(&Request::Seen);
                        }
                    },
                    rest,
                );
            });
        }
        Ok(BenchUpdate::Answer { id, answer }) => worker.answered(id, answer),
        Ok(BenchUpdate::Sessions(bytes)) => {
            match wire::decode(&bytes) {
                Ok(SessionsUpdate::Reading(told)) => has_come(store, link, nth, *told),
                Ok(SessionsUpdate::Failed(words)) => store.complain(format::sentence(&words)),
                Ok(SessionsUpdate::Ended) => {
                    // What is in the list now may be new.
                    super::ask(link, &SessionsRequest::List);
                    end(Sessions::of(store), nth);
                }
                Ok(SessionsUpdate::Seen(_)) | Err(_) => {}
            }
        }
        Ok(BenchUpdate::Difference(bytes)) => {
            if is_shown(store, nth) {
                difference::told(store, link, &bytes);
            }
        }
        Ok(
            BenchUpdate::Missing
            | BenchUpdate::Restored(_)
            | BenchUpdate::Unkept(_)
            | BenchUpdate::Replay(_)
            | BenchUpdate::Outside(_),
        ) => {}
        Err(failure) => {
            let words = match failure {
                Failure::NotStarted(words) | Failure::Stopped(words) => words,
                Failure::Unreadable(error) => error.to_string(),
            };
            if is_shown(store, nth) {
                store.complain(format!("The session could not be opened: {words}"));
                leave(store, link);
            }
            end(Sessions::of(store), nth);
        }
    }
}

/// The present connections that hold a socket: those of the session that is shown hold none.
fn sockets(store: Store) -> u16 {
    let all = store.connections.get_untracked();
    all.iter().filter(|it| !matches!(untrack(|| it.phase()), Phase::Closed | Phase::Waiting)).count() as u16
}

fn has_come(store: Store, link: Link, nth: u32, told: ReadingSeen) {
    let sessions = Sessions::of(store);
    if told.kept != Kept::Pending && told.of.is_some() {
        super::ask(link, &SessionsRequest::List);
    }
    if !is_shown(store, nth) {
        return;
    }
    if let Some(words) = told.failed {
        store.complain(format!("The session could not be opened: {words}."));
        let other = sessions.before.with_value(|before| before.as_ref().and_then(|it| it.other.clone()));
        return match other {
            Some(other) => open(store, link, other, false),
            None => leave(store, link),
        };
    }
    let (was_done, knew) = sessions
        .reading
        .with_untracked(|it| it.as_ref().map_or((false, 0), |it| (it.told.is_done, it.told.names.len())));
    let is_news = told.is_done && !was_done;
    // What is read is shown while the rest of it comes.
    if is_news || told.names.len() > knew {
        let named = (0..).zip(told.names.clone());
        store.names.set(named.map(|(at, (id, name))| (id, (name, at % COLORS))).collect());
        store.ready.update(|ready| {
            if let Some(ready) = ready {
                (ready.clock_began, ready.clock_step) = (told.clock_began, told.clock_step);
            }
        });
    }
    if is_news {
        let exports = sessions.before.try_update_value(|before| {
            before.as_mut().is_some_and(|before| std::mem::take(&mut before.exports))
        });
        if exports == Some(true) {
            export::frames(store, link, EventFormat::JsonLines);
        }
    }
    sessions.reading.update(|reading| {
        if let Some(reading) = reading {
            if let Some(of) = &told.of {
                reading.of = (**of).clone();
            }
            reading.told = told;
        }
    });
}

/// Names of what is shown in place of the present session.
pub(in super::super) fn name_shown(store: Store, names: BTreeMap<ConnectionId, (String, u8)>) {
    store.names.set(names);
    // Times count from the beginning of each session.
    store.ready.update(|ready| {
        if let Some(ready) = ready {
            ready.clock_began = 0.0;
        }
    });
}

/// Names of connections of the present session, also while another one is shown.
pub(in super::super) fn name_present(store: Store, names: BTreeMap<ConnectionId, (String, u8)>) {
    let sessions = Sessions::of(store);
    let is_reading = sessions.before.try_update_value(|before| match before {
        Some(before) => {
            before.names.extend(names.clone());
            true
        }
        None => false,
    });
    if is_reading != Some(true)
        && !store.names.with_untracked(|known| names.iter().all(|it| known.get(it.0) == Some(it.1)))
    {
        store.names.update(|known| known.extend(names));
    }
}

/// What is shown in place of the present session, and the way back.
pub(super) fn bar(store: Store, link: Link, sessions: Sessions) -> AnyView {
    let words =
        move || sessions.reading.with(|reading| reading.as_ref().map_or_else(Default::default, words));
    let name = move || sessions.reading.with(|it| it.as_ref().map(|it| title(&it.of)).unwrap_or_default());
    let id = move || sessions.reading.with_untracked(|it| it.as_ref().map(|it| it.of.id.clone()));
    let ask_replay = move || replay::ask_for(store, id());
    let ask_compare = move || difference::ask_for(store, id());
    let back = move || {
        leave(store, link);
        page::focus_soon("[data-testid=timeline]");
    };
    view! {
        <div class="sessions-line" data-shown="" role="status" data-testid="sessions-shown">
            <b class="sessions-name">{name}</b>
            <span class="sessions-words">{words}</span>
            {missing::button(sessions)}
            {button("quiet", "sessions-replay", "Replay", "Sends again what it sent, to a server that you choose", ask_replay)}
            {button("quiet", "sessions-compare", "Compare with …", "Shows how another session differs from it", ask_compare)}
            {button("primary", "sessions-back", "Back to now", "Shows what happens now; connections were open all the time", back)}
        </div>
    }
    .into_any()
}

fn words(reading: &Reading) -> String {
    let Reading { of, told } = reading;
    if !told.is_done {
        return match told.bytes {
            (_, 0) => format!("Reading: {} so far.", format::counted(told.frames, "frame")),
            (read, all) => {
                let frames = format::counted(told.frames, "frame");
                format!("Reading: {} of {}, {frames} so far.", format::size(read), format::size(all))
            }
        };
    }
    let mut words = vec!["Read only.".to_owned()];
    if !of.target.is_empty() {
        words.push(format!("{}.", of.target));
    }
    let is_imported = of.owned == Owned::Imported;
    if of.removed > 0 {
        let why = if is_imported { "are not in the file, or had no room" } else { "had no room" };
        words.push(format!("{} before these {why}.", format::counted(of.removed, "frame")));
    }
    if told.lost_frames > 0 {
        words.push(format!("{} between these are damaged.", format::counted(told.lost_frames, "frame")));
    }
    match &told.kept {
        _ if !is_imported => {
            words.push("At most the last second before its tab ended is missing.".to_owned())
        }
        Kept::Pending => words.push("It is being added to the list of sessions.".to_owned()),
        Kept::Yes => {}
        Kept::Not(why) => words.push(format!("It is not kept, and is gone when you leave it: {why}.")),
    }
    if told.others > 0 {
        let more = format::counted(told.others, "more session");
        words.push(format!("The list has {more} of the files."));
    }
    words.join(" ")
}
