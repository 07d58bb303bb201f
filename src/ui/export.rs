//! Frames as a file, and contents into the clipboard.

use leptos::prelude::*;

use super::format;
use super::link::Link;
use super::store::Store;
use crate::browser::clipboard;
use crate::browser::download::Download;
use crate::engine::report::EventFormat;
use crate::wire::{Answer, ContentForm, Question};

/// Saves the frames, all or those that pass the filter.
pub(super) fn frames(store: Store, link: Link, format: EventFormat) {
    let filtered = store.list.with_untracked(|list| list.hits.is_some());
    let messages = store.totals.get_untracked().messages;
    let mut download = Download::default();
    link.question(Question::Export { format, filtered }, move |answer| match answer {
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
pub(super) fn copy(store: Store, link: Link, frame: u64, form: ContentForm) {
    link.question(Question::Content { frame, form }, move |answer| match answer {
        Answer::Text(text) => copy_text(store, &text),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Puts a text into the clipboard, and says so.
pub(super) fn copy_text(store: Store, text: &str) {
    let size = format::size(text.len() as u64);
    clipboard::copy(text, move |copied| match copied {
        Ok(()) => store.say(format!("Copied, {size}.")),
        Err(words) => store.complain(format!("Not copied: {words}")),
    });
}

/// Saves the content of a frame as it is.
pub(super) fn content(store: Store, link: Link, frame: u64, media_type: String) {
    link.question(Question::Content { frame, form: ContentForm::Raw }, move |answer| {
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
