//! A line of the list of connections, with what one does to a connection as a whole.

use leptos::html::Li;
use leptos::prelude::*;

use super::super::parts::fields::{icon, text};
use super::link::Link;
use super::rates::{self, Rates};
use super::store::{COLORS, Connection, Store};
use crate::browser::{layout, page};
use crate::engine::Closing;
use crate::engine::base::close;
use crate::engine::relay::Profile;
use crate::model::faults::link::FaultyLink;
use crate::model::format;
use crate::model::route::Route;
use crate::wire::bench::{Phase, Request, Setup};

/// Adds a connection like the selected one, to be given another address.
pub(crate) fn add(store: Store) {
    let current = untrack(|| store.current());
    store.add(current.map(|c| c.setup.with_untracked(|s| s.url.clone())).unwrap_or_default());
    page::focus_soon("[data-testid=url]");
}

pub(crate) fn open_all(store: Store, link: Link) {
    for connection in store.connections.get_untracked() {
        if untrack(|| matches!(connection.phase(), Phase::Closed | Phase::Waiting)) {
            open(store, connection, link);
        }
    }
}

pub(crate) fn close_all(store: Store, link: Link) {
    for connection in store.connections.get_untracked() {
        if untrack(|| connection.phase()) != Phase::Closed {
            close(connection, link);
        }
    }
}

/// Opens a connection, once.
pub(crate) fn open(store: Store, connection: Connection, link: Link) {
    let (url, protocols) =
        connection.setup.with_untracked(|s| (s.url.trim().to_owned(), s.protocols.trim().to_owned()));
    page::give(page::BENCH_URL, &url);
    let is_wrong =
        connection.state.with_untracked(|it| it.as_ref().is_some_and(|it| it.typed.wrong.is_some()));
    if !is_wrong {
        store.remember_address(url, protocols);
    }
    untrack(|| link.arrange(store));
    link.send(&Request::Connect { connection: connection.id });
}

/// Adds a connection from the other program of the page: its address, and on a line of its own the subprotocols.
pub(crate) fn open_told(store: Store, link: Link, told: &str) {
    let (url, protocols) = told.split_once('\n').unwrap_or((told, ""));
    // What leads through the proxy to where a connection leads is that connection, with faults.
    let original = FaultyLink::of_address(url).and_then(|proxied| {
        let is_it = |it: &Connection| it.setup.with_untracked(|setup| setup.url.trim() == proxied.to);
        let all = store.connections.get_untracked();
        let selected = untrack(|| store.current());
        selected.filter(is_it).or_else(|| all.into_iter().find(is_it))
    });
    let setup = original.map(|it| it.setup.get_untracked()).unwrap_or_default();
    let name = original.map(|it| format!("{}-faults", untrack(|| it.name())));
    let connection = store.add_like(Setup { url: url.to_owned(), protocols: protocols.to_owned(), ..setup });
    if let Some(name) = name {
        store.rename(connection, store.free_name_like(&name));
    }
    open(store, connection, link);
    page::go_to(&Route::Bench.href());
    page::focus_soon("[data-testid=message]");
}

/// Closes it, cancels its handshake, or ends its waiting for the next one.
pub(crate) fn close(connection: Connection, link: Link) {
    link.send(&Request::Close { connection: connection.id, closing: Closing::normal() });
}

/// Takes a connection away; what it did stays in the timeline.
fn remove(store: Store, connection: Connection, link: Link) {
    let place = store.connections.with_untracked(|all| all.iter().position(|c| c.id == connection.id));
    let setup = connection.setup.get_untracked();
    let was_open = untrack(|| connection.phase()) != Phase::Closed;
    link.send(&Request::Forget { connection: connection.id });
    store.remove(connection.id);
    let closed = if was_open { " and closed" } else { "" };
    store.offer_undo(format!("{} was removed{closed}.", setup.name), move || {
        store.put_back(place.unwrap_or(0), setup.clone());
    });
    // What had the focus is gone; the connection that takes its place is the next thing one would touch.
    page::focus_soon(".connection[data-selected] .connection-pick");
}

/// A line: its name, whether faults are on, and how many messages a second come and go, or how it ended.
#[component]
pub(crate) fn ConnectionItem(
    connection: Connection,
    store: Store,
    link: Link,
    rates: RwSignal<Rates>,
) -> impl IntoView {
    let id = connection.id;
    let is_current = Memo::new(move |_| store.selected.get() == id);
    let current = Signal::derive(move || is_current.get().then_some("true"));
    let item = NodeRef::<Li>::new();
    Effect::new(move || {
        if let (true, Some(item)) = (is_current.get(), item.get()) {
            layout::bring_into_view(&item);
        }
    });
    let faults = Memo::new(move |_| {
        connection.setup.with(|setup| {
            FaultyLink::of_address(&setup.url)?;
            Some(store.toxics.with(|toxics| toxics.as_ref().and_then(|toxics| toxics.strike(&setup.url))))
        })
    });
    let by_relay = Memo::new(move |_| connection.setup.with(|setup| Profile::is_said(&setup.profile)));
    let is_only = move || store.connections.with(|all| all.len() == 1);
    let phase = text(move || format::phase(connection.phase()).to_owned());
    let named = move |what: &'static str| text(move || format!("{what} {}", connection.name()));
    let duplicate = move || {
        let setup = connection.setup.get_untracked();
        store.add_like(setup);
        page::focus_soon("[data-testid=name]");
    };
    let next_color = move || {
        let color = connection.setup.with_untracked(|setup| (setup.color + 1) % COLORS);
        store.recolor(connection, color);
    };
    view! {
        <li class="connection" node_ref=item data-state=phase data-selected=current>
            <button class="connection-pick" aria-current=current title=text(move || connection.setup.with(|s| s.url.clone())) on:click=move |_| store.selected.set(id) data-testid="pick">
                <span class="dot" data-color=text(move || connection.setup.with(|s| s.color.to_string())) aria-hidden="true"></span>
                <span class="connection-name">{text(move || connection.name())}</span>
                <span class="connection-counts">{text(move || counts(connection))}</span>
                <span class="connection-phase" data-state=text(move || if is_bad(connection) { "wrong" } else { "" }.to_owned())>{text(move || ending(connection, rates))}</span>
            </button>
            {move || faults.get().map(|on| view! {
                <a class=if matches!(on, None | Some(0)) { "connection-through bench-through-quiet" } else { "connection-through" } data-testid="through-faults" href=Route::Faults.href() title="Leads through the fault proxy; Faults shows the toxics that are on">{faults_words(on)}</a>
            }.into_any())}
            {move || by_relay.get().then(|| view! { <span class="connection-through bench-through-quiet" data-testid="by-relay" title="The Sockscope server of this page opens it, with headers that a browser cannot send">"by relay"</span> }.into_any())}
            <div class="rail-acts">
                {icon("quiet", "color", "◐", named("Change the colour of"), next_color)}
                {icon("quiet", "duplicate", "⧉", named("Duplicate"), duplicate)}
                <span hidden=is_only>{icon("quiet", "remove", "×", named("Remove"), move || remove(store, connection, link))}</span>
            </div>
        </li>
    }
    .into_any()
}

/// What the fault proxy does to a connection, as far as the view of faults has reported.
fn faults_words(toxics: Option<usize>) -> String {
    match toxics {
        None => "through the fault proxy".to_owned(),
        Some(0) => "fault proxy, nothing is on".to_owned(),
        Some(on) => format!("fault proxy, {} on", format::counted(on as u64, "fault")),
    }
}

/// What stands at the end of its line.
fn ending(connection: Connection, rates: RwSignal<Rates>) -> String {
    let phase = connection.phase();
    if phase == Phase::Open {
        let rate = rates.with(|rates| rates.of.get(&connection.id).copied().unwrap_or(0.0));
        return rates::words(rate);
    }
    if phase != Phase::Closed {
        return format::phase(phase).to_owned();
    }
    connection.state.with(|state| match state.as_ref().and_then(|state| state.closed.as_ref()) {
        Some(closed) if closed.cancelled_after.is_none() => closed.code.to_string(),
        _ => format::phase(Phase::Closed).to_owned(),
    })
}

/// Whether it ended otherwise than it should.
fn is_bad(connection: Connection) -> bool {
    connection.state.with(|state| {
        let closed =
            state.as_ref().filter(|state| state.phase != Phase::Open).and_then(|it| it.closed.as_ref());
        closed.is_some_and(|it| it.cancelled_after.is_none() && (!it.clean || !close::is_ordinary(it.code)))
    })
}

fn counts(connection: Connection) -> String {
    connection.state.with(|state| {
        let Some(state) = state else { return String::new() };
        let mut words = format!("↑ {}  ↓ {}", format::count(state.sent), format::count(state.received));
        if state.buffered > 0 {
            words.push_str(&format!("  ⋯ {}", format::size(state.buffered)));
        }
        words
    })
}
