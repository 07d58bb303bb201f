//! The heads of the timeline's columns: which member is the type, and which members have a column of their own.
//!
//! A column is drawn within the cell of the content, so that a row has the same cells however many there are.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;

use super::super::later::{Later, soon};
use super::super::parts::fields::{text, when};
use super::super::parts::icons;
use super::store::Store;
use super::values::{has_column, turn_column};
use crate::browser::page;
use crate::engine::bench::summary::{ValueKind, name_of};
use crate::model::columns;
use crate::wire::bench::{Column, Row, RowContent, Workspace};

/// The line over the rows.
pub(crate) fn heads(store: Store) -> AnyView {
    let type_name = text(move || {
        let used = store.type_members.with(|it| it.used.first().cloned()).unwrap_or_default();
        if used.starts_with('$') { name_of(&used) } else { "Kind".to_owned() }
    });
    let content = text(move || {
        let has_text = store.layout.with(|layout| layout.rows) == RowContent::Text;
        if has_text { "Content" } else { "Members" }.to_owned()
    });
    let move_by = move |path: &str, by: i64| {
        let at = store.columns.with_untracked(|all| all.iter().position(|it| it.path == path));
        let Some(to) = at.and_then(|at| usize::try_from(at as i64 + by).ok()) else { return };
        put(store, path, to);
    };
    let dragged = RwSignal::new(None::<(String, usize)>);
    let head = move |column: Column| head(store, &column, dragged, move_by);
    view! {
        <div class="timeline-columns" role="group" aria-label="Columns">
            <span class="timeline-time">"Time"</span><span></span><span></span>
            <span class="timeline-type">{menu("type-menu", "Which member is the type of a message", type_name, store, |all| all.type_menu)}</span>
            <span class="timeline-heads">
                <span class="timeline-line">{move || store.columns.get().into_iter().map(head).collect_view()}</span>
                {menu("columns-menu", "Show members as columns", content, store, |all| all.columns_menu)}
            </span>
            <span class="timeline-end timeline-answer">"Answer"</span><span class="timeline-end">"Size"</span>
        </div>
    }
    .into_any()
}

/// A menu whose content is drawn when it is first opened.
fn menu(
    testid: &'static str,
    hint: &'static str,
    name: Signal<String>,
    store: Store,
    content: fn(&Later) -> fn(Store) -> AnyView,
) -> AnyView {
    let is_drawn = RwSignal::new(false);
    view! {
        <details class="menu left">
            <summary data-testid=testid title=hint on:click=move |_| is_drawn.set(true)>{name}</summary>
            <div class="sheet timeline-sheet">{move || is_drawn.get().then(|| soon(move |all| content(all)(store)))}</div>
        </details>
    }
    .into_any()
}

/// The head of one column: dragged to another place, or moved there by keys.
fn head(
    store: Store,
    column: &Column,
    dragged: RwSignal<Option<(String, usize)>>,
    move_by: impl Fn(&str, i64) + Copy + 'static,
) -> AnyView {
    let path = StoredValue::new(column.path.clone());
    let name = name_of(&column.path);
    let at =
        store.columns.with_untracked(|all| all.iter().position(|it| it.path == column.path)).unwrap_or(0);
    let width = format!("{}px", columns::width(column));
    // Where the pointer took hold of it.
    let held = StoredValue::new(None::<f64>);
    let take = move |event: PointerEvent| {
        if event.button() == 0 {
            page::hold_pointer(&event);
            held.set_value(Some(event.client_x().into()));
        }
    };
    let drag = move |event: PointerEvent| {
        if let Some(from) = held.get_value() {
            let by = f64::from(event.client_x()) - from;
            let to = store.columns.with_untracked(|all| columns::dragged(all, at, by));
            let now = (to != at).then(|| (path.get_value(), to));
            if dragged.with_untracked(|old| *old != now) {
                dragged.set(now);
            }
        }
    };
    let let_go = move |_| {
        held.set_value(None);
        if let Some((path, to)) = dragged.get_untracked() {
            dragged.set(None);
            put(store, &path, to);
        }
    };
    let edge_from = StoredValue::new(None::<f64>);
    let take_edge = move |event: PointerEvent| {
        page::hold_pointer(&event);
        edge_from.set_value(Some(event.client_x().into()));
    };
    let let_edge_go = move |event: PointerEvent| {
        if let Some(from) = edge_from.get_value() {
            edge_from.set_value(None);
            widen(store, &path.get_value(), f64::from(event.client_x()) - from);
        }
    };
    let key = move |event: KeyboardEvent| {
        let path = path.get_value();
        match (event.key().as_str(), event.alt_key(), event.shift_key()) {
            ("ArrowLeft", true, _) => move_by(&path, -1),
            ("ArrowRight", true, _) => move_by(&path, 1),
            ("ArrowLeft", false, true) => widen(store, &path, -16.0),
            ("ArrowRight", false, true) => widen(store, &path, 16.0),
            ("Delete", ..) => {
                turn_column(store, &path);
                return page::focus_soon("[data-testid=columns-menu]");
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
        let path = path.replace('\\', "\\\\").replace('"', "\\\"");
        page::focus_soon(&format!("[data-testid=column][data-path=\"{path}\"]"));
    };
    // Where it would land: before or after the one that stands there.
    let lands = move || {
        dragged.with(|dragged| {
            let (moved, to) = dragged.as_ref()?;
            let from = store.columns.with_untracked(|all| all.iter().position(|it| it.path == *moved))?;
            (*to == at).then_some(if from < at { "after" } else { "before" })
        })
    };
    let is_dragged = move || {
        dragged.with(|dragged| dragged.as_ref().is_some_and(|(moved, _)| path.with_value(|it| it == moved)))
    };
    let is_number = Memo::new(move |_| {
        store.rows.with(|rows| {
            let cells = rows.rows.iter().rev().filter_map(|row| path.with_value(|path| cell(row, path)));
            cells.take(1).any(|(_, kind)| kind == ValueKind::Number)
        })
    });
    let hint =
        format!("{}: drag it, or Alt+← → moves it, Shift+← → sizes it, Delete removes it", column.path);
    let remove = format!("Remove the column {name}");
    view! {
        <span class="timeline-column" style:width=width data-lands=lands data-dragged=move || is_dragged().then_some("") data-number=move || is_number.get().then_some("")>
            <button type="button" data-testid="column" data-path=column.path.clone() title=hint on:keydown=key
                on:pointerdown=take on:pointermove=drag on:pointerup=let_go on:pointercancel=move |_| { held.set_value(None); dragged.set(None); }>{name}</button>
            <button type="button" class="timeline-remove" data-testid="remove-column" tabindex="-1" title=remove.clone() aria-label=remove on:click=move |_| turn_column(store, &path.get_value())>{icons::CLOSE.draw()}</button>
            <span class="timeline-edge" on:pointerdown=take_edge on:pointerup=let_edge_go></span>
        </span>
    }
    .into_any()
}

fn put(store: Store, path: &str, to: usize) {
    let mut all = store.columns.get_untracked();
    let from = all.iter().position(|it| it.path == path);
    if from.is_some_and(|from| columns::put(&mut all, from, to)) {
        store.columns.set(all);
    }
}

fn widen(store: Store, path: &str, by: f64) {
    store.columns.update(|all| {
        if let Some(column) = all.iter_mut().find(|it| it.path == path) {
            columns::widen(column, by);
        }
    });
}

/// What a row has in a column.
fn cell<'r>(row: &'r Row, path: &str) -> Option<(&'r str, ValueKind)> {
    let cells = &row.summary.as_ref()?.columns;
    cells.iter().find(|it| it.path == path).map(|it| (it.value.as_str(), it.kind))
}

/// The cells of a row, one for each column.
pub(crate) fn cells(store: Store, row: Memo<Option<Row>>) -> AnyView {
    let one = move |column: Column| {
        let path = StoredValue::new(column.path.clone());
        let of = move |what: fn((&str, ValueKind)) -> String| {
            text(move || {
                row.with(|row| row.as_ref().and_then(|row| path.with_value(|path| cell(row, path)).map(what)))
                    .unwrap_or_default()
            })
        };
        let value = of(|(value, _)| value.to_owned());
        let tone = of(|(_, kind)| super::row::tone(kind).to_owned());
        let width = format!("{}px", columns::width(&column));
        view! { <b class="timeline-cell" style:width=width data-of=column.path data-tone=tone title=value>{value}</b>" " }.into_any()
    };
    (move || store.columns.get().into_iter().map(one).collect_view()).into_any()
}

/// Which member is the type of a message.
pub(crate) fn type_menu(store: Store) -> AnyView {
    let found = text(move || match store.type_members.with(|it| it.used.join(", ")) {
        it if it.is_empty() || !store.type_member.with(String::is_empty) => "Found by itself".to_owned(),
        it => format!("Found by itself: {it}"),
    });
    let line = move |testid: &'static str, path: String, label: Signal<String>| {
        let own = path.clone();
        let is_chosen = when(move || store.type_member.with(|chosen| *chosen == own));
        view! {
            <li><button type="button" class="quiet" aria-pressed=text(move || is_chosen.get().to_string()) data-testid=testid
                on:click=move |_| store.type_member.set(path.clone())>{label}</button></li>
        }
        .into_any()
    };
    let offered = move || {
        let offered = store.type_members.with(|it| it.offered.clone());
        let chosen = store.type_member.get();
        let is_other = chosen.starts_with('$') && !offered.contains(&chosen);
        let paths = is_other.then_some(chosen).into_iter().chain(offered);
        paths.map(|path| line("type-member", path.clone(), text(move || path.clone()))).collect_view()
    };
    view! {
        <p class="hint">"The member that is the type of a message:"</p>
        <ul>
            {line("type-found", String::new(), found)}
            {offered}
            {line("type-none", Workspace::NO_TYPE.to_owned(), text(|| "None: what the frame is".to_owned()))}
        </ul>
    }
    .into_any()
}

/// The members that can have a column.
pub(crate) fn columns_menu(store: Store) -> AnyView {
    let seen = Memo::new(move |_| {
        let mut seen = store.type_members.with(|it| it.members.clone());
        store.columns.with(|all| {
            for column in all.iter().filter(|column| !seen.contains(&column.path)).collect::<Vec<_>>() {
                seen.push(column.path.clone());
            }
        });
        seen
    });
    let line = move |path: String| {
        let (own, label) = (path.clone(), path.clone());
        let is_shown = text(move || has_column(store, &own).to_string());
        view! {
            <li><button type="button" class="quiet mono" aria-pressed=is_shown data-testid="column-member"
                on:click=move |_| turn_column(store, &path)>{label}</button></li>
        }
        .into_any()
    };
    view! {
        <p class="hint">"Members with a column of their own:"</p>
        <p class="hint" hidden=move || !seen.with(Vec::is_empty)>"No JSON message has come yet."</p>
        <ul>{move || seen.get().into_iter().map(line).collect_view()}</ul>
    }
    .into_any()
}
