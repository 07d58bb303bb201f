//! What lies outside of the page: a folder on the disk, and what the server's proxy records.
//!
//! Owns what the worker has told of both. It refuses to touch files and sockets: the worker does.

mod dialog;
mod followed;
mod taking;

use leptos::prelude::*;

pub(crate) use dialog::dialog;
pub(crate) use followed::{follow_link, recordings};

use super::super::parts::fields::{button, icon, icon_button, text, when};
use super::super::parts::icons;
use super::front::Dialog;
use super::link::Link;
use super::rail;
use super::store::Store;
use crate::browser::{added, picked};
use crate::model::format;
use crate::wire;
use crate::wire::bench::{
    FileState, FolderPlace, FolderSeen, FollowedSeen, OutsideRequest, OutsideUpdate, Request,
};

/// What the page knows of both. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Outside {
    folder: RwSignal<Option<FolderSeen>>,
    followed: RwSignal<Vec<FollowedSeen>>,
    /// A folder of an earlier visit that the browser wants to ask for again.
    waits: RwSignal<Option<String>>,
    /// A person has read what the line says.
    is_read: RwSignal<bool>,
}

impl Outside {
    /// Those of this page.
    pub fn of(store: Store) -> Self {
        if let Some(known) = store.outside.get_untracked() {
            return known;
        }
        added::add_style("./outside.css");
        let new = store.make(|| Self {
            folder: RwSignal::default(),
            followed: RwSignal::default(),
            waits: RwSignal::default(),
            is_read: RwSignal::default(),
        });
        store.outside.set(Some(new));
        new
    }

    /// Files that wait for a decision, and files that cannot be read or written.
    fn open_questions(self) -> (usize, usize) {
        self.folder.with(|folder| {
            let files = folder.as_ref().map(|folder| folder.files.as_slice()).unwrap_or_default();
            let count = |is: fn(&FileState) -> bool| files.iter().filter(|file| is(&file.state)).count();
            (
                count(|state| *state == FileState::Conflict),
                count(|state| matches!(state, FileState::Wrong(_))),
            )
        })
    }
}

fn ask(link: Link, request: &OutsideRequest) {
    link.send(&Request::Outside(wire::encode(request)));
}

/// The worker says something of them.
pub(crate) fn told(store: Store, link: Link, bytes: &[u8]) {
    let outside = Outside::of(store);
    // Both sides were built from one source.
    match wire::decode(bytes) {
        Ok(OutsideUpdate::Folder(folder)) => outside.folder.set(folder.map(|folder| *folder)),
        Ok(OutsideUpdate::Take(taken)) => taking::take(store, link, *taken),
        Ok(OutsideUpdate::Followed(followed)) => outside.followed.set(followed),
        Err(_) => {}
    }
}

/// Opens the folder of the server, or the one that was picked in an earlier visit.
fn begin(store: Store, outside: Outside, link: Link) {
    taking::take_again(store, link);
    if picked::server_has_folder() {
        return ask(link, &OutsideRequest::Open(FolderPlace::Server));
    }
    if !picked::can_pick() {
        return;
    }
    leptos::task::spawn_local(async move {
        match picked::again(false).await {
            Ok(Some((_, true))) => ask(link, &OutsideRequest::Open(FolderPlace::Picked)),
            Ok(Some((name, false))) => drop(outside.waits.try_set(Some(name))),
            Ok(None) | Err(_) => {}
        }
    });
}

/// Lets a person pick a folder.
fn pick(store: Store, link: Link) {
    leptos::task::spawn_local(async move {
        match picked::pick().await {
            Ok(Some(_)) => {
                Outside::of(store).waits.set(None);
                ask(link, &OutsideRequest::Open(FolderPlace::Picked));
            }
            Ok(None) => {}
            Err(words) => store.complain(format!("The folder could not be opened: {words}.")),
        }
    });
}

/// Asks for the folder of an earlier visit again.
fn open_again(store: Store, link: Link) {
    leptos::task::spawn_local(async move {
        match picked::again(true).await {
            Ok(Some((_, true))) => {
                Outside::of(store).waits.set(None);
                ask(link, &OutsideRequest::Open(FolderPlace::Picked));
            }
            Ok(_) => {
                store.complain("The browser does not let the page use this folder. Ask again, and allow it.")
            }
            Err(words) => store.complain(format!("The folder could not be opened: {words}.")),
        }
    });
}

/// The lists of the rail: the folder, and what is followed.
pub(crate) fn rail(store: Store, link: Link) -> AnyView {
    let outside = Outside::of(store);
    let is_begun = StoredValue::new(false);
    Effect::new(move || {
        // Before, the page has another set-up than its own.
        if store.is_restored.get() && !is_begun.get_value() {
            is_begun.set_value(true);
            untrack(|| begin(store, outside, link));
        }
    });
    followed::name_connections(store, outside);
    let has_place = when(move || {
        outside.folder.with(Option::is_some) || outside.waits.with(Option::is_some) || picked::can_pick()
    });
    let name = text(move || match (outside.folder.get(), outside.waits.get()) {
        (Some(folder), _) => folder.name,
        (None, Some(name)) => format!("Open {name} again"),
        (None, None) => "Open a folder …".to_owned(),
    });
    let end = text(move || {
        let Some(folder) = outside.folder.get() else { return String::new() };
        match outside.open_questions() {
            (0, 0) if folder.trouble.is_some() => "not reached".to_owned(),
            (0, 0) => format::counted(folder.files.len() as u64, "file"),
            (0, wrong) => format!("{} unread", format::count(wrong as u64)),
            (conflicts, _) => format::counted(conflicts as u64, "conflict"),
        }
    });
    let open = move |_| {
        if outside.folder.with_untracked(Option::is_some) {
            store.dialog.set(Some(Dialog::Folder));
        } else if outside.waits.with_untracked(Option::is_some) {
            open_again(store, link);
        } else {
            pick(store, link);
        }
    };
    let folder = view! {
        <ul><li class="rail-item">
            <button type="button" class="rail-line" data-testid="rail-folder" title="Files on the disk that this page reads and writes" on:click=open>{rail::parts(icons::FOLDER, name, end)}</button>
        </li></ul>
    };
    let all = move || store.dialog.set(Some(Dialog::Folder));
    let acts =
        icon_button("quiet", "folder", icons::PENCIL, text(|| "The files of the folder".to_owned()), all);
    view! {
        <div hidden=move || !has_place.get()>{rail::list(store, 5, "rail-list", "Folder", acts, folder.into_any())}</div>
        {followed::rail(store, link, outside)}
    }
    .into_any()
}

/// The line over the timeline: a file waits for a decision, or cannot be read.
pub(crate) fn line(store: Store, _: Link) -> AnyView {
    let outside = Outside::of(store);
    let words = Memo::new(move |_| {
        let (conflicts, wrong) = outside.open_questions();
        let trouble = outside.folder.with(|folder| folder.as_ref().and_then(|it| it.trouble.clone()));
        match (conflicts, wrong, trouble) {
            (0, 0, None) => None,
            (0, 0, Some(trouble)) => {
                Some(format!("The folder is not in step: {}.", trouble.trim_end_matches('.')))
            }
            (0, 1, _) => Some("One file of the folder cannot be read. It stays as it is.".to_owned()),
            (0, wrong, _) => {
                Some(format!("{wrong} files of the folder cannot be read. They stay as they are."))
            }
            (1, ..) => Some(
                "One file has changed on the disk and here. Nothing is overwritten until you choose."
                    .to_owned(),
            ),
            (conflicts, ..) => Some(format!(
                "{conflicts} files have changed on the disk and here. Nothing is overwritten until you choose."
            )),
        }
    });
    Effect::new(move || {
        words.track();
        outside.is_read.set(false);
    });
    let body = move || {
        let words = words.get().filter(|_| !outside.is_read.get())?;
        let line = view! {
            <div class="outside-line" role="status" data-testid="folder-line">
                <span class="outside-words">{words}</span>
                {button("", "folder-line-open", "Show files", "Shows both versions", move || store.dialog.set(Some(Dialog::Folder)))}
                {icon("quiet", "folder-line-close", "×", text(|| "Close this message".to_owned()), move || outside.is_read.set(true))}
            </div>
        };
        Some(line.into_any())
    };
    view! { {body} }.into_any()
}
