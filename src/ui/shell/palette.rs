//! What the command palette offers beside the buttons of the page: connections, saved messages, themes.

use leptos::prelude::*;

use super::super::bench::composer::send_saved;
use super::super::bench::front::Dialog;
use super::super::bench::link::Link;
use super::super::bench::saved_filters;
use super::super::bench::sessions::Sessions;
use super::super::bench::store::Store;
use super::theme::{self, Theme};
use crate::browser::page;
use crate::browser::palette::Palette;
use crate::model::route::Route;
use crate::wire::bench::{ConnectionId, Phase, SavedFilter, SavedMessage};

/// Something that no button of the page does.
#[derive(Clone)]
enum Command {
    /// Shows a connection on the bench.
    Show(ConnectionId),
    /// Sends a saved message to where the composer sends.
    Send(SavedMessage),
    /// Sets a saved filter.
    Filter(SavedFilter),
    Theme(Theme),
    /// Opens a dialog on sessions.
    Ask(Dialog),
}

/// Opens the palette. A copy opens the same.
#[derive(Clone, Copy)]
pub(crate) struct Opener {
    store: Store,
    palette: StoredValue<Palette, LocalStorage>,
    /// Those that the palette was opened with last.
    offered: StoredValue<Vec<Command>>,
}

impl Opener {
    pub fn new(store: Store, link: Link, theme: RwSignal<Theme>) -> Self {
        let offered = StoredValue::new(Vec::<Command>::new());
        let palette = Palette::new(move |at| {
            let Some(command) = offered.with_value(|all| all.get(at).cloned()) else { return };
            match command {
                Command::Show(id) => {
                    store.selected.set(id);
                    page::go_to(&Route::Bench.href());
                }
                Command::Send(saved) => send_saved(store, link, &saved),
                Command::Filter(saved) => {
                    saved_filters::apply(store, &saved);
                    page::go_to(&Route::Bench.href());
                }
                Command::Ask(dialog) => {
                    page::go_to(&Route::Bench.href());
                    store.dialog.set(Some(dialog));
                }
                Command::Theme(chosen) => theme::choose(theme, chosen),
            }
        });
        Self { store, palette: StoredValue::new_local(palette), offered }
    }

    /// Opens it, unless a dialog stands in front of the page.
    pub fn open(self) {
        if page::has_dialog() || self.store.broken.get_untracked() {
            return;
        }
        let (lines, commands): (Vec<_>, Vec<_>) = untrack(|| offers(self.store)).into_iter().unzip();
        self.offered.set_value(commands);
        self.palette.with_value(|palette| palette.open(&lines.join("\n")));
    }
}

/// The commands, each with its line.
fn offers(store: Store) -> Vec<(String, Command)> {
    let line = |parts: [&str; 4]| {
        let clean = |part: &str| part.replace(['\t', '\n', '\r'], " ");
        parts.map(clean).join("\t")
    };
    let connections = store.connections.get().into_iter().map(|it| {
        let state = match it.phase() {
            Phase::Open => "open, ",
            Phase::Connecting => "connecting, ",
            _ => "",
        };
        let hint = it.setup.with(|setup| format!("{state}{}", setup.url));
        (line(["Connection", &it.name(), &hint, ""]), Command::Show(it.id))
    });
    let messages = store.messages.get().into_iter().map(|it| {
        let key = if it.hotkey == 0 { String::new() } else { format!("Alt+{}", it.hotkey) };
        (line(["Send saved", &it.name, &it.folder, &key]), Command::Send(it))
    });
    let filters = store
        .filters
        .get()
        .into_iter()
        .map(|it| (line(["Saved filter", &it.name, &it.spec.words(), ""]), Command::Filter(it)));
    let themes = Theme::ALL
        .into_iter()
        .map(|it| (line(["Theme", &format!("Theme: {}", it.name()), "", ""]), Command::Theme(it)));
    let sessions = store.sessions.get().filter(|it| !it.difference.is_shown.get());
    let shown = sessions.and_then(|_| Sessions::shown(store));
    // The button of the list is not on a narrow screen.
    let sessions = [
        ("Sessions", "All of them: open, import, rename, export, delete", Dialog::Sessions),
        ("Replay session", "", Dialog::Replay(shown.clone())),
        ("Compare sessions", "", Dialog::Compare(shown)),
    ]
    .map(|(name, hint, dialog)| (line(["Sessions", name, hint, ""]), Command::Ask(dialog)));
    connections.chain(sessions).chain(messages).chain(filters).chain(themes).collect()
}
