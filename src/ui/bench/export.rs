//! Frames as a file, and contents into the clipboard.

use leptos::prelude::*;

use super::super::parts::fields::{button, prose, tick};
use super::front::Dialog;
use super::link::Link;
use super::store::Store;
use crate::browser::clipboard;
use crate::browser::download::Download;
use crate::engine::report::EventFormat;
use crate::model::format;
use crate::wire::bench::{Answer, ContentForm, Question};

/// Saves the frames, all or those that pass the filter. Asks first when something in them looks like a secret.
pub(crate) fn frames(store: Store, link: Link, format: EventFormat) {
    let filtered = store.list.with_untracked(|list| list.hits.is_some());
    link.ask(Question::Suspects { filtered }, move |answer| match answer {
        Answer::Suspects(places) if !places.is_empty() => {
            store.dialog.set(Some(Dialog::Export { format, filtered, places }));
        }
        _ => save(store, link, format, filtered, false),
    });
}

/// What looks like a secret, and whether it is masked.
pub(crate) fn choose(
    store: Store,
    link: Link,
    format: EventFormat,
    filtered: bool,
    places: Vec<(String, u64)>,
) -> AnyView {
    let masks = RwSignal::new(true);
    let place = |(place, count): (String, u64)| {
        view! { <li>{prose(&place)}" "{format::counted(count, "value")}</li> }
    };
    let places = places.into_iter().map(place).collect_view();
    let go = move || {
        store.dialog.set(None);
        save(store, link, format, filtered, masks.get_untracked());
    };
    view! {
        <p>"The frames hold values that look like secrets. Values of secret variables are always masked."</p>
        <ul class="share-parts" data-testid="suspects">{places}</ul>
        {tick("Mask them", "mask-suspects", masks.into(), move |on| masks.set(on))}
        <div class="deeds">
            {button("primary", "export-go", "Export", "", go)}
            {button("quiet", "export-cancel", "Cancel", "", move || store.dialog.set(None))}
        </div>
    }
    .into_any()
}

fn save(store: Store, link: Link, format: EventFormat, filtered: bool, masks_suspects: bool) {
    let messages = store.totals.get_untracked().messages;
    let mut download = Download::default();
    link.ask(Question::Export { format, filtered, masks_suspects }, move |answer| match answer {
        Answer::Piece(bytes) => download.push(&bytes),
        Answer::File { bytes, name, media_type, frames } => {
            download.push(&bytes);
            download.save(&name, &media_type);
            if !filtered {
                store.exported.set(messages);
            }
            store.say(format!("{} saved as {name}.", format::counted(frames, "frame")));
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Puts the content of a frame into the clipboard.
pub(crate) fn copy(store: Store, link: Link, frame: u64, form: ContentForm) {
    link.ask(Question::Content { frame, form }, move |answer| match answer {
        Answer::Text(text) => copy_text(store, &text),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Puts a text into the clipboard, and says so.
pub(crate) fn copy_text(store: Store, text: &str) {
    let size = format::size(text.len() as u64);
    clipboard::copy(text, move |copied| match copied {
        Ok(()) => store.say(format!("Copied, {size}.")),
        Err(words) => store.complain(format!("Not copied: {words}")),
    });
}

/// Saves the content of a frame as it is.
pub(crate) fn content(store: Store, link: Link, frame: u64, media_type: String) {
    link.ask(Question::Content { frame, form: ContentForm::Raw }, move |answer| {
        let (bytes, ending) = match answer {
            Answer::Bytes(bytes) => (bytes, "bin"),
            Answer::Text(text) => (text.into_bytes(), "txt"),
            Answer::Failed(words) => return store.complain(format::sentence(&words)),
            _ => return,
        };
        let mut download = Download::default();
        download.push(&bytes);
        download.save(&format!("frame-{frame}.{ending}"), &media_type);
    });
}
