//! Sessions from files: dropped, chosen, pasted, or offered by `sockscope open`.
//!
//! Owns the ways in. It refuses to read a file: the worker does that shows the session.

use leptos::ev::{ClipboardEvent, DragEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

use super::super::super::parts::icons;
use super::super::front::Dialog;
use super::super::link::Link;
use super::super::store::Store;
use super::reading;
use crate::browser::chosen::ChosenFiles;
use crate::browser::{files, page};
use crate::engine::HttpRequest;
use crate::model::format;
use crate::model::route::Route;

/// What the field for files offers.
const ACCEPTED: &str = ".jsonl,.ndjson,.har,.json,.csv,.zip";
/// `sockscope open` answers below this path, and nothing else is fetched.
const OFFERED: &str = "/api/opened/";

fn import(store: Store, link: Link, chosen: ChosenFiles) {
    if !chosen.is_empty() {
        reading::open_files(store, link, chosen);
    }
}

/// Files that were dropped on the timeline or on the list.
pub(crate) fn dropped(store: Store, link: Link, event: &DragEvent) {
    let chosen = ChosenFiles::of_drop(event);
    if !chosen.is_empty() {
        event.prevent_default();
        import(store, link, chosen);
    }
}

/// A field for files, as a button.
pub(super) fn button(store: Store, link: Link) -> AnyView {
    let chosen = move |event: leptos::ev::Event| import(store, link, ChosenFiles::of_input(&event));
    view! {
        <label class="button sessions-import" title="Opens JSON Lines, HAR or CSV of sessions, or a zip of Playwright. Choose the files that a HAR names together with it">
            {icons::UPLOAD.draw()}<span>"Import files"</span>
            <input class="unseen" type="file" multiple accept=ACCEPTED data-testid="sessions-import" on:change=chosen/>
        </label>
    }
    .into_any()
}

/// Opens a session that is pasted outside of fields, as a file or as text.
pub(super) fn listen(store: Store, link: Link) {
    let pasted = move |event: ClipboardEvent| {
        let is_elsewhere = Route::of_fragment(&page::fragment()) != Route::Bench;
        let has_dialog = store.dialog.with_untracked(|it| !matches!(it, None | Some(Dialog::Sessions)));
        if is_elsewhere || has_dialog || page::is_writing(&event) {
            return;
        }
        let chosen = ChosenFiles::of_paste(&event);
        if !chosen.is_empty() {
            event.prevent_default();
            return import(store, link, chosen);
        }
        let Some(text) = files::pasted_text(&event) else { return };
        if let Some(name) = name_of(&text) {
            event.prevent_default();
            import(store, link, ChosenFiles::of_text(name, &text));
        }
    };
    let handle = window_event_listener(leptos::ev::paste, pasted);
    on_cleanup(move || handle.remove());
}

/// What a pasted text is called as a file; none for one that is not a session.
fn name_of(text: &str) -> Option<&'static str> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let inner = start.strip_prefix('{').map(str::trim_start);
    match inner {
        Some(inner) if inner.starts_with("\"log\"") => Some("pasted.har"),
        Some(inner) if inner.starts_with("\"event\"") => Some("pasted.jsonl"),
        None if start.starts_with("number,at_ms,") => Some("pasted.csv"),
        _ => None,
    }
}

/// What `sockscope open` offers.
#[derive(Deserialize)]
struct Offer {
    /// The names of the files; the first is at `…/0`.
    files: Vec<String>,
}

/// Fetches and opens what an address names after `#session=`.
pub(crate) fn of_link(store: Store, link: Link, place: String) {
    // What is fetched once is not fetched by a reload.
    page::go_to("#/bench");
    if !is_offer(&place) {
        return store.complain("Expected an address of sockscope open after #session=, found another one.");
    }
    spawn_local(async move {
        match fetch(&place).await {
            Ok(chosen) => import(store, link, chosen),
            Err(words) => store.complain(format::sentence(&format!(
                "the session could not be fetched: {words}; sockscope open offers it once, so run it again"
            ))),
        }
    });
}

async fn fetch(place: &str) -> Result<ChosenFiles, String> {
    let request = HttpRequest { method: "GET".to_owned(), url: place.to_owned(), ..HttpRequest::default() };
    let answer = crate::browser::http::call_within(request, std::time::Duration::from_secs(15)).await;
    let answer = answer.map_err(|error| error.message)?;
    if answer.status != 200 {
        return Err(format!("the server answered with status {}", answer.status));
    }
    let offer: Offer = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
    let files = offer.files.into_iter().enumerate().map(|(nth, name)| (name, format!("{place}/{nth}")));
    ChosenFiles::of_addresses(files.collect()).await
}

/// Whether an address is one of `sockscope open`, on this server or on this machine.
fn is_offer(place: &str) -> bool {
    let path = match place.strip_prefix("http://") {
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
                return false;
            }
            path
        }
        None => place,
    };
    let token = path.strip_prefix(OFFERED);
    token.is_some_and(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
