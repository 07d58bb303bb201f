//! What can be done with a session of the list beside opening it: the menu of its row.
//!
//! Owns the table of these actions. To add one, add a line to [`DEEDS`].

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::super::difference;
use super::super::link::Link;
use super::super::replay;
use super::super::store::Store;
use super::{ask, can_open, reading, title};
use crate::browser::menus;
use crate::wire::bench::{Owned, SessionSeen, SessionsRequest};

/// Something that is done with a session.
pub(super) struct Deed {
    testid: &'static str,
    label: &'static str,
    hint: &'static str,
    /// Whether it can be done with this session.
    can: fn(&SessionSeen) -> bool,
    /// It cannot be undone, so it is done at the second press.
    asks: bool,
    go: fn(Store, Link, SessionSeen),
}

/// All of them, in the order of the menu.
static DEEDS: &[Deed] = &[
    Deed {
        testid: "session-replay",
        label: "Replay",
        hint: "Sends again what it sent, to a server that you choose",
        can: can_read,
        asks: false,
        go: |store, _, seen| replay::ask_for(store, kept(seen)),
    },
    Deed {
        testid: "session-compare",
        label: "Compare",
        hint: "Shows how another session differs from it",
        can: can_read,
        asks: false,
        go: |store, _, seen| difference::ask_for(store, kept(seen)),
    },
    Deed {
        testid: "session-export",
        label: "Export",
        hint: "Opens it and saves its frames as JSON Lines",
        can: can_open,
        asks: false,
        go: |store, link, seen| reading::open(store, link, seen, true),
    },
    Deed {
        testid: "session-delete",
        label: "Delete",
        hint: "Removes it from this browser",
        can: |seen| seen.owned != Owned::Elsewhere,
        asks: true,
        go: |_, link, seen| ask(link, &SessionsRequest::Delete { id: seen.id }),
    },
];

/// Whether its frames are known here: it is the present one, or it can be opened.
fn can_read(seen: &SessionSeen) -> bool {
    can_open(seen) || seen.owned == Owned::Now
}

/// A kept session by its name; none for the present one.
fn kept(seen: SessionSeen) -> Option<String> {
    (seen.owned != Owned::Now).then_some(seen.id)
}

/// The session whose menu is open, and where.
#[derive(Clone, PartialEq)]
pub(super) struct Asked {
    pub seen: SessionSeen,
    pub at: (f64, f64),
}

/// The menu.
pub(super) fn menu(store: Store, link: Link, open: RwSignal<Option<Asked>>, asked: Asked) -> AnyView {
    let Asked { seen, at } = asked;
    let place = NodeRef::<Div>::new();
    Effect::new(move || {
        if let Some(menu) = place.get() {
            menus::open_at(&menu, at);
        }
    });
    let asking = RwSignal::new(None::<&'static str>);
    let name = title(&seen);
    let seen = StoredValue::new(seen);
    let key = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        // While the menu is open, no key alone is one of the page. Escape and Enter are the browser's.
        event.stop_propagation();
        match event.key().as_str() {
            "Tab" => open.set(None),
            _ if menus::move_focus(&event) => {}
            _ => return,
        }
        event.prevent_default();
    };
    let toggled = move |_| {
        if place.get_untracked().is_some_and(|menu| !menus::is_open(&menu)) {
            open.set(None);
        }
    };
    let item = |deed: &'static Deed| {
        let is_off = !seen.with_value(|seen| (deed.can)(seen));
        let name = name.clone();
        let words = move || match asking.get() == Some(deed.testid) {
            true => format!("{} {name}?", deed.label),
            false => deed.label.to_owned(),
        };
        let go = move |_| {
            if is_off {
                return;
            }
            if deed.asks && asking.get_untracked() != Some(deed.testid) {
                return asking.set(Some(deed.testid));
            }
            open.set(None);
            (deed.go)(store, link, seen.get_value());
        };
        let is_asking = move || (asking.get() == Some(deed.testid)).to_string();
        view! {
            <button type="button" role="menuitem" tabindex="-1" data-testid=deed.testid title=deed.hint
                aria-disabled=is_off.to_string() data-asking=is_asking on:blur=move |_| asking.set(None) on:click=go>{words}</button>
        }
        .into_any()
    };
    view! {
        <div class="row-menu sessions-menu" popover="auto" role="menu" aria-label=format!("Actions for {name}") data-testid="session-menu" node_ref=place
            on:keydown=key on:toggle=toggled>
            {DEEDS.iter().map(item).collect_view()}
        </div>
    }
    .into_any()
}
