//! Where the page is. The page tells the worker, which cannot see all of it.

use leptos::prelude::*;

use super::link::Link;
use super::store::Store;
use crate::browser::leaving::SightListener;
use crate::browser::page;
use crate::engine::explain::{HostKind, Permission, Surroundings};
use crate::wire::bench::Request;

/// Tells it now, and again when it changes.
pub(crate) fn watch(store: Store, link: Link) {
    let permission = RwSignal::new(Permission::Unknown);
    let is_offline = RwSignal::new(page::is_offline());
    page::local_network_permission(move |state| {
        permission.set(match state.as_str() {
            "granted" => Permission::Granted,
            "denied" => Permission::Denied,
            "prompt" => Permission::Prompt,
            _ => Permission::Unknown,
        });
    });
    let offline = window_event_listener(leptos::ev::offline, move |_| is_offline.set(true));
    let online = window_event_listener(leptos::ev::online, move |_| is_offline.set(false));
    on_cleanup(move || {
        offline.remove();
        online.remove();
    });
    Effect::new(move || {
        link.send(&Request::Surroundings(Surroundings {
            page_is_secure: page::is_secure(),
            page_host: HostKind::of(&page::host()),
            permission: permission.get(),
            is_online: !is_offline.get(),
            faults: store.toxics.get(),
            ..Surroundings::default()
        }));
    });
    // Held for as long as the page is drawn.
    StoredValue::new_local(SightListener::new(move |is_hidden| link.send(&Request::Hidden(is_hidden))));
}
