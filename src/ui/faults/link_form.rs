//! Where the link leads, and the address that one connects to.

use leptos::prelude::*;

use super::store::{Reach, Store};
use super::switching::change_key;
use crate::browser::{clipboard, page};
use crate::model::format;
use crate::ui::parts::fields::{button, icon_button, line, parsed, text, tick, when};
use crate::ui::parts::icons;

/// The form.
pub(super) fn link_form(store: Store) -> AnyView {
    let address = move || store.link.with(|link| link.address(&page::own_socket_address("")));
    let set_to = move |to: String| {
        store.is_typed.set(true);
        store.link.update(|link| link.to = to);
    };
    let set_protocols = move |protocols: String| {
        store.is_typed.set(true);
        store.protocols.set(protocols);
    };
    let set_seed = move |seed: String| {
        store.is_typed.set(true);
        store.link.update(|link| link.seed = seed);
        store.keep();
    };
    let connect = move || {
        let told = format!("{}\n{}", untrack(address), store.protocols.get_untracked());
        page::announce_bytes(page::CONNECT, told.as_bytes());
    };
    let is_unusable = when(move || {
        store.link.with(|link| {
            link.to.trim().is_empty() || link.wrong_seed().is_some() || link.wrong_key().is_some()
        })
    });
    let note = Memo::new(move |_| note(store));
    let read_key = |typed: &str| {
        let key = typed.trim();
        (key.len() <= 128).then(|| key.to_owned())
    };
    view! {
        <section class="faults-link" aria-label="The link">
            <div class="row-of-fields">
                {line("Target: your own server", "line-target", "ws://localhost:3000/path", text(move || store.link.with(|it| it.to.clone())), set_to)}
                <div class="faults-narrow">{line("Subprotocols", "line-protocols", "none", text(move || store.protocols.get()), set_protocols)}</div>
                {parsed("Link ID", "line-key", "none", text(move || store.link.with(|it| it.key.clone())), read_key, move |key| change_key(store, key))}
                <div class="faults-narrow">{line("Seed", "line-seed", "1", text(move || store.link.with(|it| it.seed.clone())), set_seed)}</div>
                {button("", "from-bench", "From the bench", "The connection that is selected there", move || store.take_from_bench())}
            </div>
            <div hidden=when(move || !store.link.with(|it| it.is_tls()))>
                {tick("Accept any certificate of the target".to_owned(), "line-insecure", when(move || store.link.with(|it| it.is_insecure)), move |on| store.link.update(|it| it.is_insecure = on))}
            </div>
            <div class="faults-address">
                <span class="faults-label" id="line-address">"Connect to"</span>
                <output class="mono" aria-labelledby="line-address" data-testid="line-address">{text(address)}</output>
                {icon_button("quiet", "copy-address", icons::COPY, text(|| "Copy the address".to_owned()), move || copy(store, untrack(address)))}
                <button type="button" class="primary" data-testid="connect-through" disabled=is_unusable on:click=move |_| connect()>"Connect through it on the bench"</button>
            </div>
            <p class="note" role="status" data-testid="reach" data-state=text(move || note.get().0.to_owned())>{text(move || note.get().1)}</p>
        </section>
    }
    .into_any()
}

/// Puts a text into the clipboard, and says so.
pub(super) fn copy(store: Store, copied: String) {
    clipboard::copy(&copied, move |done| match done {
        Ok(()) => store.say("Copied."),
        Err(words) => store.complain(format!("Not copied: {words}")),
    });
}

/// One line under the target: what is wrong with the link, or whether it leads anywhere.
fn note(store: Store) -> (&'static str, String) {
    let wrong = store.link.with(|link| link.wrong_seed().or(link.wrong_key()));
    if let Some(words) = wrong {
        return ("wrong", words.to_owned());
    }
    match store.reach.get() {
        Reach::Unasked => ("", String::new()),
        Reach::Asking => ("", "The proxy tries the target …".to_owned()),
        Reach::There(address) => ("good", format!("A server listens there, at {address}.")),
        Reach::Wrong(words) => ("wrong", format::sentence(&words)),
    }
}
