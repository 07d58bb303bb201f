//! The list of connections, and the bar that opens and closes the selected one.

use std::time::Duration;

use leptos::html::Li;
use leptos::prelude::*;

use super::format;
use super::link::Link;
use super::store::{Connection, Store};
use crate::browser::page;
use crate::engine::{Closing, Endpoint, EndpointError};
use crate::wire::{Phase, Request};

/// All connections with their state.
#[component]
pub(super) fn ConnectionList(store: Store, link: Link) -> impl IntoView {
    let add = move |_| {
        let url = store.current().map(|c| c.url.get_untracked()).unwrap_or_default();
        store.add(url, "hello");
    };
    view! {
        <nav class="connections" aria-label="Connections">
            <ul>
                <For each=move || store.connections.get() key=|c| c.id let:connection>
                    <ConnectionItem connection store link/>
                </For>
            </ul>
            <button class="quiet add" on:click=add data-testid="add">"+ New connection"</button>
        </nav>
    }
}

#[component]
fn ConnectionItem(connection: Connection, store: Store, link: Link) -> impl IntoView {
    let id = connection.id;
    let current = move || (store.selected.get() == id).then_some("true");
    let item = NodeRef::<Li>::new();
    Effect::new(move || {
        if let (true, Some(item)) = (store.selected.get() == id, item.get()) {
            page::bring_into_view(&item);
        }
    });
    let remove = move |_| {
        link.ask(&Request::Forget { connection: id });
        store.remove(id);
        // What had the focus is gone; the connection that takes its place is the next thing one would touch.
        page::focus_soon(".connection[data-selected] .pick");
    };
    let is_only = move || store.connections.with(|all| all.len() == 1);
    let counts = move || {
        connection.state.with(|state| {
            state.as_ref().map(|s| format!("↑ {}  ↓ {}", format::count(s.sent), format::count(s.received)))
        })
    };
    view! {
        <li class="connection" node_ref=item data-state=move || format::phase(connection.phase()) data-selected=current>
            <button class="pick" aria-current=current on:click=move |_| store.selected.set(id)>
                <span class="dot" data-color=(id.0 % 8).to_string() aria-hidden="true"></span>
                <span class="name">{connection.name}</span>
                <span class="phase">{move || format::phase(connection.phase())}</span>
                <span class="url">{connection.url}</span>
                <span class="counts">{counts}</span>
            </button>
            <button
                class="quiet remove"
                hidden=is_only
                on:click=remove
                aria-label=move || format!("Remove {}", connection.name.get())
            >
                "×"
            </button>
        </li>
    }
}

/// The address as typed, checked.
fn endpoint(connection: Connection) -> Result<Endpoint, EndpointError> {
    let protocols = connection.protocols.get();
    let protocols = protocols.split([',', ' ']).filter(|p| !p.is_empty()).map(str::to_owned);
    Endpoint::parse(&connection.url.get())?.with_protocols(protocols)
}

/// Opens the connection; says whether the address is one.
pub(super) fn open(connection: Connection, link: Link) -> bool {
    let Ok(endpoint) = untrack(|| endpoint(connection)) else { return false };
    link.ask(&Request::Connect {
        connection: connection.id,
        name: connection.name.get_untracked(),
        endpoint,
    });
    true
}

/// The address of one connection, and the button that opens or closes it.
#[component]
pub(super) fn ConnectBar(connection: Connection, link: Link, step: Signal<Duration>) -> impl IntoView {
    let is_idle = move || connection.phase() == Phase::Closed;
    let wrong = Memo::new(move |_| endpoint(connection).err().map(|error| error.to_string()));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if untrack(is_idle) {
            open(connection, link);
        } else {
            link.ask(&Request::Close { connection: connection.id, closing: Closing::normal() });
        }
    };
    let label = move || match connection.phase() {
        Phase::Closed => "Connect",
        Phase::Connecting => "Cancel",
        Phase::Open => "Disconnect",
        Phase::Closing => "Closing …",
    };
    view! {
        <form class="connect" on:submit=submit>
            <label class="grow">
                <span>"Address"</span>
                <input
                    class="mono"
                    type="text"
                    inputmode="url"
                    spellcheck="false"
                    autocomplete="off"
                    placeholder="ws://localhost:9000/ws"
                    data-testid="url"
                    bind:value=connection.url
                    readonly=move || !is_idle()
                    aria-invalid=move || wrong.get().is_some().to_string()
                    aria-describedby="connect-note"
                />
            </label>
            <label class="protocols">
                <span>"Subprotocols"</span>
                <input
                    class="mono"
                    type="text"
                    spellcheck="false"
                    autocomplete="off"
                    placeholder="none"
                    data-testid="protocols"
                    bind:value=connection.protocols
                    readonly=move || !is_idle()
                />
            </label>
            <button
                class="primary"
                type="submit"
                data-testid="connect"
                data-state=move || format::phase(connection.phase())
                disabled=move || connection.phase() == Phase::Closing || (is_idle() && wrong.get().is_some())
            >
                {label}
            </button>
            <ConnectNote connection wrong step/>
        </form>
    }
}

/// One line under the address: what is wrong with it, what was agreed on, or how it ended.
#[component]
fn ConnectNote(
    connection: Connection,
    #[prop(into)] wrong: Signal<Option<String>>,
    step: Signal<Duration>,
) -> impl IntoView {
    // The note of one address must not stand beside another.
    let is_other_address = move |last: &str| {
        Endpoint::parse(&connection.url.get()).is_ok_and(|typed| typed.url() != last && !last.is_empty())
    };
    let note = move || {
        if let Some(wrong) = wrong.get().filter(|_| connection.phase() == Phase::Closed) {
            return ("wrong", wrong);
        }
        connection.state.with(|state| {
            let Some(state) = state else { return ("", "Not connected yet.".to_owned()) };
            match (state.phase, &state.closed) {
                (Phase::Connecting, _) => ("", "Connecting …".to_owned()),
                (Phase::Open, _) => {
                    let took =
                        state.opened_after.map(|took| format::duration(took, step.get())).unwrap_or_default();
                    let mut words = format!("Open; the handshake took {took}.");
                    if !state.protocol.is_empty() {
                        words.push_str(&format!(" Subprotocol {}.", state.protocol));
                    }
                    if !state.extensions.is_empty() {
                        words.push_str(&format!(" Extensions: {}.", state.extensions));
                    }
                    if state.buffered > 0 {
                        words.push_str(&format!(" {} wait in the browser.", format::size(state.buffered)));
                    }
                    ("good", words)
                }
                (Phase::Closing, _) => ("", "Closing; waiting for the server's answer.".to_owned()),
                (Phase::Closed, _) if is_other_address(&state.url) => {
                    ("", "Not connected to this address yet.".to_owned())
                }
                (Phase::Closed, Some(closed)) if closed.clean || closed.cancelled_after.is_some() => {
                    ("", format::ending(closed))
                }
                (Phase::Closed, Some(closed)) => ("wrong", format::ending(closed)),
                (Phase::Closed, None) => {
                    ("wrong", format::sentence(state.trouble.as_deref().unwrap_or_default()))
                }
            }
        })
    };
    view! {
        <p class="note" id="connect-note" data-testid="note" role="status" data-state=move || note().0>
            {move || note().1}
        </p>
    }
}
