//! The lists of kept sessions: a short one in the rail, and all of them in a dialog.

use leptos::ev::{DragEvent, MouseEvent};
use leptos::prelude::*;

use super::super::super::parts::fields::{asking_button, button, bytes, icon_button, text, tick, when};
use super::super::super::parts::icons;
use super::super::front::Dialog;
use super::super::link::Link;
use super::super::outside;
use super::super::rail;
use super::super::store::Store;
use super::deeds::{self, Asked};
use super::{EVERY, Sessions, ask, began, can_open, import, is_listed, reading, title};
use crate::browser::{added, menus};
use crate::model::format;
use crate::wire::bench::{JournalSetup, Keeping, Owned, SessionSeen, SessionsRequest};

/// Sessions that the rail lists; all are in the dialog.
const IN_RAIL: usize = 5;

/// A part of a session in the list, for as long as it is there.
fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    sessions: Sessions,
    id: &str,
    part: impl Fn(&SessionSeen) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let id = id.to_owned();
    Memo::new(move |_| {
        let of = |all: &[SessionSeen]| all.iter().find(|it| it.id == id).map(&part);
        sessions.seen.with(|seen| of(&seen.sessions)).unwrap_or_default()
    })
}

fn seen(sessions: Sessions, id: &str) -> Option<SessionSeen> {
    sessions.seen.with_untracked(|seen| seen.sessions.iter().find(|it| it.id == id).cloned())
}

fn whose(owned: Owned) -> &'static str {
    match owned {
        Owned::Now => "now",
        Owned::Elsewhere => "another tab",
        Owned::Earlier => "earlier",
        Owned::Imported => "imported",
    }
}

/// The newest sessions, in the rail.
pub(crate) fn rail(store: Store, link: Link) -> AnyView {
    let sessions = Sessions::of(store);
    let ids = Memo::new(move |_| {
        sessions.seen.with(|seen| {
            let others = seen.sessions.iter().filter(|it| can_open(it));
            others.take(IN_RAIL).map(|it| it.id.clone()).collect::<Vec<_>>()
        })
    });
    let item = move |id: String| {
        let name = part(sessions, &id, title);
        let frames = part(sessions, &id, |it| format::count(it.frames));
        let hint = text(move || format!("Open {}, read only", name.get()));
        let is_shown = {
            let id = id.clone();
            when(move || Sessions::shown(store).as_ref() == Some(&id))
        };
        let open = move |_| {
            if let Some(seen) = seen(sessions, &id) {
                reading::open(store, link, seen, false);
            }
        };
        view! {
            <li class="rail-item" data-shown=move || is_shown.get().then_some("")>
                <button type="button" class="rail-line" data-testid="rail-session" title=hint on:click=open>{rail::parts(icons::ROWS, name.into(), frames.into())}</button>
            </li>
        }
    };
    // What was pinned in a session that was left may not be written yet.
    let is_writing = text(move || sessions.ending.with(|ending| !ending.is_empty()).to_string());
    let body = view! {
        <p class="rail-none" hidden=move || !ids.with(Vec::is_empty)>"None before this one"</p>
        <ul aria-busy=is_writing data-testid="rail-sessions"><For each=move || ids.get() key=String::clone let:id>{item(id)}</For></ul>
    };
    let all = move || store.dialog.set(Some(Dialog::Sessions));
    let acts = icon_button(
        "quiet",
        "sessions",
        icons::PENCIL,
        text(|| "All sessions: rename, export, delete, and what is kept".to_owned()),
        all,
    );
    rail::list(store, 4, "rail-list", "Sessions", acts, body.into_any())
}

/// All of them, and what is kept.
pub(crate) fn dialog(store: Store, link: Link) -> AnyView {
    let sessions = Sessions::of(store);
    ask(link, &SessionsRequest::List);
    let is_open = is_listed(store);
    let again = set_interval_with_handle(
        move || {
            if is_open.try_get_untracked() == Some(true) {
                ask(link, &SessionsRequest::List);
            }
        },
        EVERY,
    );
    on_cleanup(move || {
        if let Ok(again) = again {
            again.clear();
        }
    });
    let ids = Memo::new(move |_| {
        sessions.seen.with(|seen| seen.sessions.iter().map(|it| it.id.clone()).collect::<Vec<_>>())
    });
    let is_kept = when(move || !store.journal_off.get());
    let used = text(move || {
        let used = sessions.seen.with(|seen| seen.sessions.iter().map(|it| it.bytes).sum());
        format!("{} in use. The oldest parts of the oldest sessions go first.", format::size(used))
    });
    let question = move || {
        let count = ids.with(Vec::len) as u64;
        (count > 0).then(|| format!("Delete {}?", format::counted(count, "session")))
    };
    let menu = RwSignal::new(None::<Asked>);
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        import::dropped(store, link, &event);
    };
    let drawn_menu = move || menu.get().map(|asked| deeds::menu(store, link, menu, asked));
    view! {
        <div class="sessions" data-testid="sessions-dialog" on:dragover=|event: DragEvent| event.prevent_default() on:drop=dropped>
            <p class="note" data-testid="sessions-keeping" data-state=text(move || state(sessions).to_owned())>{text(move || keeping(sessions))}</p>
            <div class="sessions-ways">{import::button(store, link)}<p class="hint">"Or drop files here, or paste a session: JSON Lines, HAR, CSV, or a zip of Playwright."</p></div>
            <p class="sessions-none" hidden=move || !ids.with(Vec::is_empty)>"No session is kept. One begins with the first frame, or with a file that you import."</p>
            <div class="sessions-table" role="table" aria-label="Sessions" hidden=move || ids.with(Vec::is_empty)>
                <div class="sessions-row sessions-head" role="row">
                    <span role="columnheader">"Name"</span><span role="columnheader">"Began"</span><span role="columnheader">"Target"</span>
                    <span role="columnheader" class="sessions-number">"Frames"</span><span role="columnheader" class="sessions-number">"Size"</span><span role="columnheader"><span class="unseen">"Actions"</span></span>
                </div>
                <For each=move || ids.get() key=String::clone let:id>{row(store, link, menu, id)}</For>
            </div>
            {drawn_menu}
            {outside::recordings(store, link)}
            <fieldset class="sessions-kept">
                <legend>"What is kept"</legend>
                {tick("Keep frames as they come", "journal-on", is_kept, move |on| store.journal_off.set(!on))}
                <div class="row-of-fields">{bytes("Room for all sessions", "journal-budget", move || store.journal_budget.get(), move |it| store.journal_budget.set(it.max(JournalSetup::LEAST)))}</div>
                <p class="hint">{used}" Values of secret variables are masked before they are written."</p>
            </fieldset>
            <div class="deeds">
                {asking_button("quiet", "sessions-delete-all", "Delete all", "Removes every session from this browser, except those of other open tabs. What comes next is kept again.", question, move || ask(link, &SessionsRequest::DeleteAll))}
                {button("quiet", "sessions-done", "Close", "", move || store.dialog.set(None))}
            </div>
        </div>
    }
    .into_any()
}

fn state(sessions: Sessions) -> &'static str {
    sessions.seen.with(|seen| if matches!(seen.keeping, Keeping::Failed(_)) { "wrong" } else { "" })
}

fn keeping(sessions: Sessions) -> String {
    sessions.seen.with(|seen| {
        let mut words = match &seen.keeping {
            Keeping::Starting => "Looking for sessions …".to_owned(),
            Keeping::On => {
                "This session is kept as it goes on. After a crash at most its last second is missing."
                    .to_owned()
            }
            Keeping::Off => {
                "This session is not kept. What was kept before stays until you delete it.".to_owned()
            }
            Keeping::Failed(reason) => {
                format!("No frame is kept for later: {reason}. Everything else works.")
            }
        };
        if seen.unkept > 0 {
            words.push_str(&format!(" {} could not be kept.", format::counted(seen.unkept, "frame")));
        }
        words
    })
}

fn row(store: Store, link: Link, menu: RwSignal<Option<Asked>>, id: String) -> AnyView {
    let sessions = Sessions::of(store);
    let name = part(sessions, &id, |it| it.name.clone());
    let called = part(sessions, &id, title);
    let when_began = part(sessions, &id, |it| format!("{}, {}", began(it), whose(it.owned)));
    let target = part(sessions, &id, |it| it.wrong.clone().unwrap_or_else(|| it.target.clone()));
    let is_wrong = part(sessions, &id, |it| it.wrong.is_some());
    let frames = part(sessions, &id, |it| format::count(it.frames));
    let removed = part(sessions, &id, |it| match it.removed {
        0 => String::new(),
        removed => format!("{} before these had no room", format::counted(removed, "frame")),
    });
    let size = part(sessions, &id, |it| format::size(it.bytes));
    let cannot_open = part(sessions, &id, |it| !can_open(it));
    let more = text(move || format!("More for {}", called.get()));
    let named = text(move || format!("Name of {}", called.get()));
    let of = StoredValue::new(id);
    let rename = move |typed: String| {
        // A person who names a session wants to have it later. Asked now, a browser that asks back is understood.
        added::keep_storage();
        ask(link, &SessionsRequest::Rename { id: of.get_value(), name: typed.trim().to_owned() });
    };
    let open = move |_| {
        if let Some(seen) = seen(sessions, &of.get_value()) {
            reading::open(store, link, seen, false);
        }
    };
    let ask_what = move |event: MouseEvent| {
        let seen = seen(sessions, &of.get_value());
        menu.set(seen.map(|seen| Asked { seen, at: menus::below_button(&event) }));
    };
    view! {
        <div class="sessions-row" role="row" data-testid="sessions-row">
            <span role="cell" class="sessions-called"><input type="text" autocomplete="off" data-testid="session-name" aria-label=named placeholder=called prop:value=name on:change=move |event| rename(event_target_value(&event))/></span>
            <span role="cell" class="sessions-began">{when_began}</span>
            <span role="cell" class="sessions-target" title=target data-state=move || is_wrong.get().then_some("wrong")>{target}</span>
            <span role="cell" class="sessions-number" title=removed data-testid="session-frames">{frames}</span>
            <span role="cell" class="sessions-number">{size}</span>
            <span role="cell" class="sessions-deeds">
                <button type="button" class="quiet" data-testid="session-open" disabled=cannot_open title="Shows it in the timeline, read only" on:click=open>"Open"</button>
                <button type="button" class="quiet" data-testid="session-more" aria-haspopup="menu" aria-label=more title=more on:click=ask_what>{icons::MORE.draw()}</button>
            </span>
        </div>
    }
    .into_any()
}
