//! A report for a bug: the frames with what was said of them, as Markdown for an issue or as one HTML file.
//!
//! Owns what a person chooses for it. The worker writes it, without the secrets.

use leptos::prelude::*;

use super::super::parts::fields::{button, choice, line, prose, text, tick, when};
use super::export;
use super::front::Dialog;
use super::link::Link;
use super::sessions::Sessions;
use super::store::Store;
use crate::browser::download::Download;
use crate::browser::{clock, page};
use crate::model::format;
use crate::wire::bench::{Answer, BugReport, Question, Which};

const WHICH: [(&str, &str); 3] = [
    ("all", "All"),
    ("filtered", "Those that pass the filter"),
    ("pinned", "Pinned ones, and how connections opened and ended"),
];

fn which_of(name: &str) -> Which {
    match name {
        "filtered" => Which::Filtered,
        "pinned" => Which::Pinned,
        _ => Which::All,
    }
}

fn name_of(which: Which) -> &'static str {
    match which {
        Which::All => "all",
        Which::Filtered => "filtered",
        Which::Pinned => "pinned",
    }
}

/// Opens the dialog.
pub(crate) fn begin(store: Store) {
    store.dialog.set(Some(Dialog::Report));
}

/// What becomes of a report.
#[derive(Clone, Copy, PartialEq)]
enum Goes {
    Markdown,
    Page,
    Clipboard,
}

/// The dialog.
pub(crate) fn dialog(store: Store, link: Link) -> AnyView {
    let shown = untrack(|| Sessions::title(store));
    let now = page::local_time_of(clock::wall());
    let title = shown.unwrap_or_else(|| format!("WebSocket session of {}", &now[..now.len().min(16)]));
    let has_filter = store.list.with_untracked(|list| list.hits.is_some());
    let has_pins = store.pins.with_untracked(|pins| !pins.is_empty());
    let which = match (has_filter, has_pins) {
        (true, _) => Which::Filtered,
        (_, true) => Which::Pinned,
        _ => Which::All,
    };
    let report = RwSignal::new(BugReport { title, which, masks_suspects: true, ..BugReport::default() });
    let places = RwSignal::new(Vec::<(String, u64)>::new());
    let which = Memo::new(move |_| report.with(|it| it.which));
    Effect::new(move || {
        link.ask(Question::ReportSuspects(which.get()), move |answer| {
            if let Answer::Suspects(found) = answer {
                places.try_set(found);
            }
        });
    });
    let is_clean = when(move || places.with(Vec::is_empty));
    let listed = move || {
        let place = |(place, count): (String, u64)| {
            view! { <li>{prose(&place)}" "{format::counted(count, "value")}</li> }
        };
        places.get().into_iter().map(place).collect_view()
    };
    let masks = when(move || report.with(|it| it.masks_suspects));
    let wrong = RwSignal::new(String::new());
    let write = move |goes| {
        let asked = BugReport { is_page: goes == Goes::Page, ..report.get_untracked() };
        write(store, link, asked, goes, wrong);
    };
    view! {
        <div class="sessions-report" data-testid="report">
            {line("Title", "report-title", "", text(move || report.with(|it| it.title.clone())), move |title| report.update(|it| it.title = title))}
            <label class="field"><span>"What goes wrong"</span>
                <textarea rows="3" data-testid="report-about" prop:value=move || report.with(|it| it.about.clone()) on:input=move |event| report.update(|it| it.about = event_target_value(&event))></textarea>
            </label>
            {choice("Frames", "report-which", &WHICH, text(move || name_of(which.get()).to_owned()), move |name| report.update(|it| it.which = which_of(&name)))}
            <p class="hint">"Remarks of pinned frames stand beside them. Values of secret variables are always masked."</p>
            <div hidden=is_clean>
                <p>"The frames hold values that look like secrets:"</p>
                <ul class="share-parts" data-testid="report-suspects">{listed}</ul>
                {tick("Mask them", "report-masks", masks, move |on| report.update(|it| it.masks_suspects = on))}
            </div>
            <p class="note" role="alert" data-state="wrong" data-testid="report-wrong" hidden=when(move || wrong.with(String::is_empty))>{wrong}</p>
            <div class="deeds">
                {button("primary", "report-html", "Save HTML", "One file without scripts, for a person", move || write(Goes::Page))}
                {button("", "report-md", "Save Markdown", "For an issue", move || write(Goes::Markdown))}
                {button("", "report-copy", "Copy Markdown", "For an issue", move || write(Goes::Clipboard))}
            </div>
        </div>
    }
    .into_any()
}

fn write(store: Store, link: Link, asked: BugReport, goes: Goes, wrong: RwSignal<String>) {
    let mut download = Download::default();
    let mut whole = Vec::new();
    link.ask(Question::Report(Box::new(asked)), move |answer| match answer {
        Answer::Piece(bytes) if goes == Goes::Clipboard => whole.extend_from_slice(&bytes),
        Answer::Piece(bytes) => download.push(&bytes),
        Answer::File { frames: 0, .. } => {
            wrong.try_set("No frame is chosen, so there is nothing to report.".to_owned());
        }
        Answer::File { bytes, .. } if goes == Goes::Clipboard => {
            whole.extend_from_slice(&bytes);
            store.dialog.set(None);
            export::copy_text(store, &String::from_utf8_lossy(&whole));
        }
        Answer::File { bytes, name, media_type, frames } => {
            download.push(&bytes);
            download.save(&name, &media_type);
            store.dialog.set(None);
            store.say(format!("{} saved as {name}.", format::counted(frames, "frame")));
        }
        Answer::Failed(words) => {
            wrong.try_set(format::sentence(&words));
        }
        _ => {}
    });
}
