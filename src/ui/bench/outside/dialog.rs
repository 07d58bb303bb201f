//! The files of the folder: how each stands, and both versions of one that has changed on both sides.

use leptos::prelude::*;

use super::super::super::parts::fields::{button, text, when};
use super::super::link::Link;
use super::super::store::Store;
use super::{Outside, ask, pick};
use crate::browser::picked;
use crate::model::format;
use crate::wire::bench::{FileSeen, FileState, OutsideRequest};

const SERVER: &str = "Or start `sockscope serve --dir FOLDER`, and open the page that it prints.";

/// All of it.
pub(crate) fn dialog(store: Store, link: Link) -> AnyView {
    let outside = Outside::of(store);
    let names = Memo::new(move |_| {
        outside.folder.with(|folder| {
            let files = folder.as_ref().map(|folder| folder.files.as_slice()).unwrap_or_default();
            files.iter().map(|file| file.name.clone()).collect::<Vec<_>>()
        })
    });
    let about = text(move || {
        outside.folder.with(|folder| match folder {
            None => "No folder is open. In a folder, suites, saved messages, variables and connections are files, which a repository keeps.".to_owned(),
            Some(folder) if folder.is_seed => format!("This page began with what was in {}. Nothing is written back to it.", folder.name),
            Some(folder) => format!("Changes in {} appear here, and changes here are written to it. Of secret variables only the names are written.", folder.name),
        })
    });
    let trouble = text(move || {
        let words = outside.folder.with(|folder| {
            folder.as_ref().and_then(|folder| folder.trouble.clone().or_else(|| folder.cut.clone()))
        });
        words.map(|words| format::sentence(&words)).unwrap_or_default()
    });
    let is_none = when(move || outside.folder.with(Option::is_none));
    let is_server = picked::server_has_folder();
    let leave = move || {
        ask(link, &OutsideRequest::Leave);
        leptos::task::spawn_local(picked::forget());
    };
    view! {
        <div class="outside" data-testid="folder-dialog">
            <p class="note" data-testid="folder-about">{about}</p>
            <p class="note" data-state="wrong" hidden=move || trouble.with(String::is_empty) data-testid="folder-trouble">{trouble}</p>
            <p class="outside-none" hidden=move || is_none.get() || !names.with(Vec::is_empty)>"There is no file in it yet."</p>
            <div class="outside-files"><For each=move || names.get() key=String::clone let:name>{file(outside, link, name)}</For></div>
            <div class="deeds">
                <span hidden=move || is_server || !picked::can_pick()>{button("", "folder-pick", "Open folder …", "Picks a folder on this machine", move || pick(store, link))}</span>
                <span hidden=move || is_server || is_none.get()>{button("quiet", "folder-leave", "Leave folder", "Its files and what is set up here stay as they are", leave)}</span>
                {button("quiet", "folder-done", "Close", "", move || store.dialog.set(None))}
            </div>
            <p class="hint" hidden=is_server>{SERVER}</p>
        </div>
    }
    .into_any()
}

fn file(outside: Outside, link: Link, name: String) -> AnyView {
    let of = name.clone();
    let seen = Memo::new(move |_| {
        outside.folder.with(|folder| {
            let file = folder.as_ref().and_then(|folder| folder.files.iter().find(|file| file.name == of));
            file.cloned().unwrap_or_default()
        })
    });
    let is_seed = when(move || outside.folder.with(|folder| folder.as_ref().is_some_and(|it| it.is_seed)));
    let state = text(move || {
        seen.with(|seen| match &seen.state {
            FileState::Same => "the same on both sides".to_owned(),
            FileState::Conflict => "changed on both sides".to_owned(),
            FileState::Apart if is_seed.get() => "not taken from the folder".to_owned(),
            FileState::Apart => "only in this browser".to_owned(),
            FileState::Unopened => "read when Checks is opened".to_owned(),
            FileState::Wrong(words) => words.clone(),
        })
    });
    let tone = text(move || {
        let is_wrong = seen.with(|seen| matches!(seen.state, FileState::Conflict | FileState::Wrong(_)));
        if is_wrong { "wrong" } else { "" }.to_owned()
    });
    let choose = {
        let name = name.clone();
        move |takes_disk| {
            let shown = seen.with_untracked(|seen| seen.disk.clone());
            ask(link, &OutsideRequest::Choose { name: name.clone(), takes_disk, shown });
        }
    };
    let is_apart = when(move || seen.with(|seen| seen.state == FileState::Apart));
    let deeds = {
        let (writes, takes) = (choose.clone(), choose.clone());
        view! {
            <span hidden=move || !is_apart.get() || is_seed.get()>{button("", "folder-write", "Write file", "Writes it to the folder, and keeps both in step", move || writes(false))}</span>
            <span hidden=move || !is_apart.get() || !is_seed.get()>{button("", "folder-take", "Take it", "Puts what is in the folder in place of what is here", move || takes(true))}</span>
        }
    };
    let sides = move || {
        let seen = seen.get();
        (seen.state == FileState::Conflict).then(|| sides(&seen, choose.clone()))
    };
    view! {
        <div class="outside-file" data-testid="folder-file">
            <div class="outside-head">
                <span class="outside-name" title=name.clone()>{name.clone()}</span>
                <span class="outside-state" data-state=tone data-testid="folder-state">{state}</span>
                <span class="outside-deeds">{deeds}</span>
            </div>
            {sides}
        </div>
    }
    .into_any()
}

/// Both versions, with a choice.
fn sides(seen: &FileSeen, choose: impl Fn(bool) + Clone + Send + Sync + 'static) -> AnyView {
    let none = |text: &Option<String>, words: &str| text.clone().unwrap_or_else(|| words.to_owned());
    let disk = none(&seen.disk, "The file was removed.");
    let mine = none(&seen.mine, "It was removed here.");
    let (takes, keeps) = (choose.clone(), choose);
    view! {
        <div class="outside-sides">
            <div class="outside-side">
                <h3>"In the folder"</h3>
                {button("", "folder-take-disk", "Take folder's", "Puts it in place of what is here", move || takes(true))}
                <div class="outside-text" tabindex="0" role="group" aria-label="In the folder" data-testid="folder-disk">{lines(&disk, &mine)}</div>
            </div>
            <div class="outside-side">
                <h3>"In this page"</h3>
                {button("", "folder-keep-mine", "Keep page's", "Writes it over the file on the disk", move || keeps(false))}
                <div class="outside-text" tabindex="0" role="group" aria-label="In this page" data-testid="folder-mine">{lines(&mine, &disk)}</div>
            </div>
        </div>
    }
    .into_any()
}

/// The lines of a text, with a mark on those that the other one does not have.
fn lines(text: &str, other: &str) -> Vec<AnyView> {
    let known: std::collections::BTreeSet<&str> = other.lines().map(str::trim).collect();
    let line = |line: &str| {
        let differs = (!known.contains(line.trim())).then_some("");
        view! { <span data-differs=differs>{line.to_owned()}</span> }.into_any()
    };
    text.lines().map(line).collect()
}
