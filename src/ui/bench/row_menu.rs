//! What can be done with a value of a row: by a right click, or by the menu key on the chosen row.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::Div;
use leptos::prelude::*;

use super::super::parts::fields::{text, when};
use super::export;
use super::link::Link;
use super::store::Store;
use super::timeline::compare;
use super::values;
use crate::browser::{menus, page};
use crate::engine::bench::summary::{Member, ValueKind};
use crate::model::value_filter::{Direction, ValueFilter};
use crate::wire::bench::{Answer, ContentForm, Question, Row};

/// Values that are listed; the detail has all.
const MOST: usize = 12;

/// A row whose menu is open.
#[derive(Clone, PartialEq)]
pub(crate) struct Asked {
    frame: u64,
    values: Vec<Value>,
    /// Which of them was pointed at.
    chosen: usize,
    at: (f64, f64),
}

impl Asked {
    /// The number of its frame.
    pub fn frame(&self) -> u64 {
        self.frame
    }
}

#[derive(Clone, PartialEq)]
struct Value {
    /// What it is called, and what it is.
    name: String,
    shown: String,
    what: What,
}

#[derive(Clone, PartialEq)]
enum What {
    /// A member; its whole value is asked for.
    Member(String),
    /// A member that holds others.
    Nested(String),
    /// The words of a row without a message: only messages can be excluded.
    Event(ValueFilter),
    Other(ValueFilter),
}

#[derive(Clone, Copy, PartialEq)]
enum Deed {
    Copy,
    Only,
    Exclude,
    Column,
    Highlight,
}

/// The row and the value under the pointer.
pub(crate) fn of_pointer(store: Store, event: &MouseEvent) -> Option<Asked> {
    let id = page::attribute_above(event, ".row", "id")?;
    let number = id.strip_prefix("frame-")?.parse().ok()?;
    let of = page::attribute_beside(event, ".row", "[data-of]", "data-of");
    asked(store, number, of, (event.client_x().into(), event.client_y().into()))
}

/// The chosen row.
pub(crate) fn of_chosen(store: Store) -> Option<Asked> {
    let number = store.chosen.get_untracked()?;
    let place = page::element(&format!("frame-{number}"))?.get_bounding_client_rect();
    asked(store, number, None, (place.left() + 120.0, place.bottom()))
}

fn asked(store: Store, number: u64, of: Option<String>, at: (f64, f64)) -> Option<Asked> {
    store.rows.with_untracked(|rows| {
        let row = rows.rows.iter().find(|row| row.number == number)?;
        let values = values_of(store, row);
        let is_it = |value: &Value| match &value.what {
            What::Member(path) | What::Nested(path) => of.as_deref().is_some_and(|of| is_path(row, of, path)),
            What::Other(ValueFilter::Connection(_)) => of.as_deref() == Some("connection"),
            What::Other(ValueFilter::Direction(_)) => of.as_deref() == Some("direction"),
            What::Other(_) | What::Event(_) => false,
        };
        let chosen = values.iter().position(is_it).unwrap_or(0);
        Some(Asked { frame: number, values, chosen, at })
    })
}

/// Whether a part of a row, by its mark in the markup, shows the member at this path.
fn is_path(row: &Row, of: &str, path: &str) -> bool {
    let Some(summary) = &row.summary else { return false };
    match of {
        "type" => summary.type_path.as_deref() == Some(path),
        of => match of.parse::<usize>() {
            Ok(place) => summary.members.get(place).is_some_and(|it| it.path == path),
            Err(_) => of == path,
        },
    }
}

fn values_of(store: Store, row: &Row) -> Vec<Value> {
    let mut values = Vec::new();
    let member = |it: &Member| Value {
        name: it.name.clone(),
        shown: it.value.clone(),
        what: match it.kind {
            ValueKind::Nested => What::Nested(it.path.clone()),
            _ => What::Member(it.path.clone()),
        },
    };
    let other = |name: &str, shown: String, wanted: ValueFilter| Value {
        name: name.to_owned(),
        shown,
        what: What::Other(wanted),
    };
    if let Some(summary) = &row.summary {
        if let (Some(path), Some(name)) = (&summary.type_path, &summary.type_name) {
            let what = What::Member(path.clone());
            values.push(Value { name: "type".to_owned(), shown: name.clone(), what });
        }
        values.extend(summary.columns.iter().chain(&summary.members).take(MOST).map(member));
    } else if let Some(content) = ValueFilter::content(&row.preview).filter(|_| is_text(row)) {
        let what = if row.kind.is_message() { What::Other(content) } else { What::Event(content) };
        let shown = row.preview.chars().take(60).collect();
        values.push(Value { name: "content".to_owned(), shown, what });
    }
    let name = store.names.with_untracked(|names| names.get(&row.connection).map(|(name, _)| name.clone()));
    if let Some(name) = name {
        values.push(other("connection", name, ValueFilter::Connection(row.connection.0)));
    }
    let (way, words) = match () {
        () if row.kind.is_sent() => (Direction::Sent, "sent"),
        () if row.kind.is_received() => (Direction::Received, "received"),
        () => (Direction::Life, "opening, closing, errors"),
    };
    values.push(other("direction", words.to_owned(), ValueFilter::Direction(way)));
    values
}

/// The menu.
pub(crate) fn menu(store: Store, link: Link, open: RwSignal<Option<Asked>>, asked: Asked) -> AnyView {
    let Asked { frame, values, chosen, at } = asked;
    let values = StoredValue::new(values);
    let chosen = RwSignal::new(chosen);
    let place = NodeRef::<Div>::new();
    Effect::new(move || {
        if let Some(menu) = place.get() {
            menus::open_at(&menu, at);
        }
    });
    let count = values.with_value(Vec::len);
    let close = move || {
        open.set(None);
        page::focus_soon("[data-testid=timeline]");
    };
    let key = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        // While the menu is open, no key alone is one of the page. Escape and Enter are the browser's.
        event.stop_propagation();
        match event.key().as_str() {
            "ArrowLeft" => chosen.update(|at| *at = (*at + count - 1) % count),
            "ArrowRight" => chosen.update(|at| *at = (*at + 1) % count),
            "Tab" => close(),
            _ if menus::move_focus(&event) => {}
            _ => return,
        }
        event.prevent_default();
    };
    let toggled = move |_| {
        // The browser closes it by Escape or by a click elsewhere, and gives the focus back.
        if place.get_untracked().is_some_and(|menu| !menus::is_open(&menu)) {
            open.set(None);
        }
    };
    let value = move |(at, value): (usize, Value)| {
        let is_chosen = text(move || (chosen.get() == at).to_string());
        view! {
            <button type="button" role="menuitemradio" tabindex="-1" aria-checked=is_chosen data-testid="row-value" on:click=move |_| chosen.set(at)>
                <i>{value.name}</i>" "<b>{value.shown}</b>
            </button>
        }
        .into_any()
    };
    let what = move || chosen.with(|at| values.with_value(|all| all[*at].what.clone()));
    let deed = move |testid: &'static str, label: Signal<String>, deed: Deed| {
        let is_off = when(move || !can(&what(), deed));
        // It keeps the focus when another value is chosen that it does nothing for.
        let go = move |_| {
            if is_off.get_untracked() {
                return;
            }
            let value = chosen.with_untracked(|at| values.with_value(|all| all[*at].clone()));
            close();
            go(store, link, frame, value, deed);
        };
        view! { <button type="button" role="menuitem" tabindex="-1" data-testid=testid aria-disabled=text(move || is_off.get().to_string()) on:click=go>{label}</button> }
            .into_any()
    };
    let column = text(move || {
        let is_shown =
            matches!(what(), What::Member(path) | What::Nested(path) if values::has_column(store, &path));
        if is_shown { "Remove the column" } else { "Show as column" }.to_owned()
    });
    let said = |words: &'static str| text(move || words.to_owned());
    view! {
        <div class="row-menu" popover="auto" role="menu" aria-label=format!("Values of frame {frame}") data-testid="row-menu" node_ref=place
            on:keydown=key on:toggle=toggled on:contextmenu=|event: MouseEvent| event.prevent_default()>
            <div role="group" aria-label="Value" class="row-values">{values.get_value().into_iter().enumerate().map(value).collect_view()}</div>
            <div role="group" aria-label="What to do with it" class="row-deeds">
                {deed("row-copy", said("Copy value"), Deed::Copy)}
                {deed("row-only", said("Filter by this value"), Deed::Only)}
                {deed("row-exclude", said("Exclude this value"), Deed::Exclude)}
                {deed("row-column", column, Deed::Column)}
                {deed("row-highlight", said("Highlight rows with it"), Deed::Highlight)}
                {compared(store, frame, close)}
            </div>
        </div>
    }
    .into_any()
}

/// Compares the row with the frame that is open; none where no other one is.
fn compared(store: Store, frame: u64, close: impl Fn() + Copy + 'static) -> AnyView {
    let open = store.inspect.with_untracked(|open| open.as_ref().map(|it| it.frame));
    let Some(open) = open.filter(|open| *open != frame) else { return ().into_any() };
    let go = move |_| {
        close();
        compare(store, open, frame);
    };
    view! {
        <button type="button" role="menuitem" tabindex="-1" data-testid="row-compare" on:click=go>{format!("Compare with the open frame {open}")}</button>
    }
    .into_any()
}

/// Whether the preview is what came, and not its digits.
fn is_text(row: &Row) -> bool {
    row.kind.is_text() || !row.kind.is_message()
}

fn can(what: &What, deed: Deed) -> bool {
    match what {
        What::Member(_) => true,
        What::Nested(_) => matches!(deed, Deed::Copy | Deed::Column),
        What::Event(_) => matches!(deed, Deed::Only | Deed::Highlight),
        What::Other(ValueFilter::Direction(_)) => !matches!(deed, Deed::Copy | Deed::Column),
        What::Other(_) => deed != Deed::Column,
    }
}

fn go(store: Store, link: Link, frame: u64, value: Value, deed: Deed) {
    match value.what {
        What::Member(path) | What::Nested(path) if deed == Deed::Column => values::turn_column(store, &path),
        What::Member(path) | What::Nested(path) => {
            link.ask(Question::Value { frame, path }, move |answer| match answer {
                Answer::Node { value, .. } if deed == Deed::Copy => export::copy_text(store, &value),
                Answer::Node { path, value, .. } => match ValueFilter::member(&path, &value) {
                    Some(wanted) => act(store, &wanted, deed),
                    None => values::refuse(store),
                },
                _ => store.complain("This frame is no longer held."),
            });
        }
        What::Other(ValueFilter::Text(_)) if deed == Deed::Copy => {
            export::copy(store, link, frame, ContentForm::Raw)
        }
        What::Other(_) if deed == Deed::Copy => export::copy_text(store, &value.shown),
        What::Other(wanted) | What::Event(wanted) => act(store, &wanted, deed),
    }
}

fn act(store: Store, wanted: &ValueFilter, deed: Deed) {
    match deed {
        Deed::Only => values::only(store, wanted),
        Deed::Exclude => values::exclude(store, wanted),
        Deed::Highlight => values::highlight(store, wanted),
        Deed::Copy | Deed::Column => {}
    }
}
