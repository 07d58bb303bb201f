//! One row of the timeline: a `span` for each column, in the order of `grid-template-columns` in `style/timeline.css`.
//!
//! The guide calls the column `kind` the type. It shows the type of a JSON message, and of other frames what they are:
//! text, binary, open, closed. One rule: every text is empty while the slot has no row.

use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

use super::columns::cells;
use super::highlights::{tone_at, words_at};
use super::lanes::Lanes;
use super::store::Store;
use super::timeline::{choose, compare};
use crate::browser::{Cells, Place};
use crate::engine::base::close;
use crate::engine::bench::summary::{Member, Summary, ValueKind};
use crate::engine::{FrameKind, Instant};
use crate::model::format;
use crate::wire::bench::{ConnectionId, Row, RowContent, Times};

/// What is written when a row comes, in the order of [`write`].
const CONTENT: [(&str, Place); 19] = [
    ("", Place::Attribute("hidden")),
    ("", Place::Attribute("id")),
    ("", Place::Attribute("aria-selected")),
    ("", Place::Style("--lane")),
    ("", Place::Attribute("data-silence")),
    ("", Place::Attribute("data-direction")),
    ("", Place::Attribute("data-marks")),
    ("", Place::Attribute("data-even")),
    ("", Place::Attribute("data-highlight")),
    (".unseen", Place::Text),
    (".row-time", Place::Attribute("data-gap")),
    (".row-millis", Place::Text),
    (".row-micros", Place::Text),
    (".dot", Place::Attribute("data-color")),
    (".row-whose", Place::Text),
    (".row-arrow", Place::Text),
    (".row-kind", Place::Attribute("data-error")),
    (".row-kind", Place::Text),
    (".row-size", Place::Text),
];

/// The same of a message, in the order of [`write_message`].
const MESSAGE: [(&str, Place); 19] = [
    (".row-said", Place::Text),
    (".members", Place::Attribute("hidden")),
    (".row-others", Place::Text),
    (".row-trip", Place::Text),
    (".row-member[data-of='0'] i", Place::Text),
    (".row-member[data-of='0'] b", Place::Attribute("data-tone")),
    (".row-member[data-of='0'] b", Place::Text),
    (".row-member[data-of='1'] i", Place::Text),
    (".row-member[data-of='1'] b", Place::Attribute("data-tone")),
    (".row-member[data-of='1'] b", Place::Text),
    (".row-member[data-of='2'] i", Place::Text),
    (".row-member[data-of='2'] b", Place::Attribute("data-tone")),
    (".row-member[data-of='2'] b", Place::Text),
    (".row-member[data-of='3'] i", Place::Text),
    (".row-member[data-of='3'] b", Place::Attribute("data-tone")),
    (".row-member[data-of='3'] b", Place::Text),
    (".row-member[data-of='4'] i", Place::Text),
    (".row-member[data-of='4'] b", Place::Attribute("data-tone")),
    (".row-member[data-of='4'] b", Place::Text),
];

/// What is written when the list moves.
const PLACEMENT: [(&str, Place); 3] = [
    ("", Place::Attribute("aria-posinset")),
    ("", Place::Attribute("aria-setsize")),
    ("", Place::Style("transform")),
];

/// What one reads with the pointer on it.
const HINTS: [(&str, Place); 4] = [
    (".row-time", Place::Attribute("title")),
    (".row-arrow", Place::Attribute("title")),
    (".row-trip", Place::Attribute("title")),
    (".row-size", Place::Attribute("title")),
];

#[component]
pub(crate) fn TimelineRow(
    row: Memo<Option<Row>>,
    store: Store,
    lanes: Lanes,
    shift: impl Fn(u64) -> f64 + Copy + Send + Sync + 'static,
    place_of: impl Fn(u64) -> (u64, u64) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let element = NodeRef::<Div>::new();
    // Under a flood all rows change with each drawing. So a row is a few effects, each of which writes many cells, and not an effect
    // for each cell.
    let keep = move |places: &'static [(&'static str, Place)], write: Box<dyn Fn(&mut Cells)>| {
        let cells = StoredValue::new_local(None::<Cells>);
        Effect::new(move || {
            let Some(element) = element.get() else { return };
            cells.update_value(|cells| {
                let cells = cells.get_or_insert_with(|| Cells::within(&element, places));
                cells.begin();
                write(cells);
            });
        });
    };
    // Not the totals, which change with every drawing.
    let began = Memo::new(move |_| store.totals.with(|totals| totals.began.unwrap_or_default()));
    keep(
        &CONTENT,
        Box::new(move |cells| row.with(|row| write(store, lanes, began.get(), row.as_ref(), cells))),
    );
    let is_as_it_came = Memo::new(move |_| store.layout.with(|layout| layout.rows) == RowContent::Text);
    keep(
        &MESSAGE,
        Box::new(move |cells| row.with(|row| write_message(store, is_as_it_came.get(), row.as_ref(), cells))),
    );
    keep(
        &PLACEMENT,
        Box::new(move |cells| {
            let position = row.with(|row| row.as_ref().map(|row| row.position));
            // Its place in the list, from 1, and how long the list is: the elements stand in the order of their slots.
            let (place, of) = position.map(place_of).unwrap_or_default();
            cells.text(&place.to_string());
            cells.text(&of.to_string());
            cells.text(&format!("translateY({}px)", shift(position.unwrap_or_default())));
        }),
    );
    // Written only for the row under the pointer.
    let is_hovered = RwSignal::new(false);
    keep(
        &HINTS,
        Box::new(move |cells| {
            let exactly = |what: fn(Store, &Row) -> String| {
                row.with(|row| row.as_ref().map(|row| what(store, row))).unwrap_or_default()
            };
            let is_hovered = is_hovered.get();
            cells.text(&if is_hovered { exactly(wall) } else { String::new() });
            cells.text(&exactly(|_, row| if row.by_relay { "by relay".to_owned() } else { String::new() }));
            cells.text(&exactly(trip_hint));
            cells.text(&if is_hovered { exactly(exact_size) } else { String::new() });
        }),
    );
    let pick = move |event: leptos::ev::MouseEvent| {
        let Some(number) = row.with_untracked(|row| row.as_ref().map(|row| row.number)) else { return };
        let is_second = event.ctrl_key() || event.meta_key();
        match store.chosen.get_untracked().filter(|chosen| is_second && *chosen != number) {
            Some(chosen) => compare(store, chosen, number),
            None => choose(store, number),
        }
    };
    let member = |place: usize| view! { <span class="row-member" data-of=place.to_string()><i></i>" "<b></b>" "</span> };
    view! {
        <div class="row" role="option" hidden=true node_ref=element on:click=pick
            on:pointerenter=move |_| is_hovered.set(true) on:pointerleave=move |_| is_hovered.set(false)>
            <span class="row-time"><span class="row-millis"></span><span class="row-micros"></span></span>
            <span class="row-who" data-of="connection"><span class="dot" aria-hidden="true"></span><span class="row-whose"></span></span>
            <span class="row-arrow" data-of="direction"></span>
            <span class="row-kind" data-of="type"></span>
            <span class="row-preview">
                {cells(store, row)}<span class="row-said"></span>
                <span class="members">{(0..MEMBERS).map(member).collect_view()}<span class="row-others"></span></span>
            </span>
            <span class="row-trip"></span>
            <span class="row-size"></span>
            <span class="unseen"></span>
        </div>
    }
    .into_any()
}

/// What stands in a row, or nothing while its slot is empty.
fn write(store: Store, lanes: Lanes, began: Instant, row: Option<&Row>, cells: &mut Cells) {
    let of = |what: &dyn Fn(&Row) -> String| row.map(what).unwrap_or_default();
    let connection = row.map(|row| row.connection);
    let is_chosen = store.chosen.get().is_some_and(|chosen| row.is_some_and(|row| row.number == chosen));
    let highlight = row.and_then(|row| row.highlight);
    cells.write(row.is_none().then_some(""));
    cells.text(&of(&|row| format!("frame-{}", row.number)));
    cells.text(if is_chosen { "true" } else { "false" });
    cells.text(&lanes.place(connection));
    cells.write(row.and_then(|row| lanes.silence(row)).as_deref());
    cells.text(row.map_or("", direction));
    cells.text(&of(&marks));
    // Where rows are even is where they stand, and not which slot they are in.
    cells.write(row.is_some_and(|row| row.position.is_multiple_of(2)).then_some(""));
    cells.write(highlight.and_then(|place| tone_at(store, place)));
    cells.text(&highlight.map(|place| words_at(store, place)).unwrap_or_default());
    cells.text(&row.map_or(0, gap).to_string());
    let time = of(&|row| time_since(store, row, began));
    let (millis, micros) = format::coarse_and_rest(&time);
    cells.text(millis);
    cells.text(micros);
    cells.text(&connection.map(|id| color_of(store, id)).unwrap_or_default());
    cells.text(&connection.map(|id| name_of(store, id)).unwrap_or_default());
    cells.text(&of(&arrow));
    let summary = row.and_then(|row| row.summary.as_ref());
    cells.write(summary.is_some_and(|it| it.is_error).then_some(""));
    cells.text(&of(&kind));
    cells.text(&of(&size));
}

fn write_message(store: Store, is_as_it_came: bool, row: Option<&Row>, cells: &mut Cells) {
    let summary = row.and_then(|row| row.summary.as_ref());
    // Never both: the text stands where no members do.
    let said = row.filter(|_| is_as_it_came || summary.is_none());
    cells.text(said.map_or("", |row| &row.preview));
    cells.write(is_as_it_came.then_some(""));
    cells.text(&summary.map(others).unwrap_or_default());
    let trip = row.and_then(took).map(|took| format::figure(took, store.clock_step()));
    cells.text(&trip.unwrap_or_default());
    for place in 0..MEMBERS {
        let member = summary.and_then(|it| varying(it, place));
        cells.text(member.map_or("", |it| &it.name));
        cells.text(member.map_or("", |it| tone(it.kind)));
        cells.text(member.map_or("", |it| &it.value));
    }
}

fn name_of(store: Store, id: ConnectionId) -> String {
    store.names.with(|names| names.get(&id).map_or_else(|| "check".to_owned(), |(name, _)| name.clone()))
}

fn marks(row: &Row) -> String {
    let mut marks = String::new();
    if row.is_pinned {
        marks.push_str("pinned ");
    }
    if row.is_hit {
        marks.push_str("hit ");
    }
    if row.is_tainted && row.round_trip.is_some() {
        marks.push_str("tainted");
    }
    marks
}

/// Empty without a round trip: a title counts in the name that a screen reader reads.
fn trip_hint(store: Store, row: &Row) -> String {
    let Some(took) = took(row) else { return String::new() };
    let exact = format::exact(took, store.clock_step());
    if row.round_trip.is_none() {
        return format!("Arrived {exact} after it was sent");
    }
    match row.is_tainted {
        true => format!("Round trip of {exact}, unreliable: the tab was hidden or the page was busy"),
        false => format!("Round trip of {exact}"),
    }
}

/// Members of a message that have an element of their own; the others share one.
const MEMBERS: usize = 5;

/// The type of a message, or what else a frame is.
pub(crate) fn kind(row: &Row) -> String {
    let type_name = row.summary.as_ref().and_then(|summary| summary.type_name.clone());
    type_name.unwrap_or_else(|| format::mark(row.kind).1.to_owned())
}

fn varying(summary: &Summary, place: usize) -> Option<&Member> {
    summary.members.get(place).filter(|member| member.varies)
}

fn others(summary: &Summary) -> String {
    let varying = summary.members.iter().take(MEMBERS).take_while(|member| member.varies).count();
    let rest = summary.members[varying..].iter().take(MEMBERS).map(|it| format!("{} {}", it.name, it.value));
    rest.collect::<Vec<_>>().join("  ")
}

pub(crate) fn tone(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "text",
        ValueKind::Number => "number",
        ValueKind::Word => "word",
        ValueKind::Nested => "faint",
    }
}

/// How long the question of an answer had been out, or what arrives in lanes.
fn took(row: &Row) -> Option<Duration> {
    row.round_trip.or_else(|| row.origin.map(|origin| origin.took))
}

/// Whether a row reports an unexpected end: one without a close frame, or with a code that says what went wrong.
fn is_bad_end(row: &Row) -> bool {
    row.kind == FrameKind::Closed
        && format::closing_code(&row.preview).is_some_and(|it| !close::is_ordinary(it))
}

/// What stands in the column of the direction.
fn arrow(row: &Row) -> String {
    match (direction(row), row.by_relay) {
        ("trouble", _) => "✕",
        ("sent", true) => "⇡",
        ("received", true) => "⇣",
        _ => format::mark(row.kind).0,
    }
    .to_owned()
}

pub(super) fn direction(row: &Row) -> &'static str {
    if row.is_wrong || is_bad_end(row) { "trouble" } else { format::direction(row.kind) }
}

/// How long after the row above it stands, in steps from 0 to 10: 1 is from 1 ms on, and each step is some three times the one before.
fn gap(row: &Row) -> u8 {
    const FROM: [u64; 10] = [1, 3, 6, 15, 40, 125, 350, 1000, 5000, 30_000];
    let millis = row.delta.map_or(0, |delta| delta.as_millis() as u64);
    FROM.iter().filter(|from| millis >= **from).count() as u8
}

/// The size of a message; other frames have none worth showing.
fn size(row: &Row) -> String {
    if row.kind.is_sent() || row.kind.is_received() { format::size(row.size) } else { String::new() }
}

/// The same in bytes.
fn exact_size(_: Store, row: &Row) -> String {
    if row.size < 1024 { String::new() } else { format::exact_size(row.size) }
}

/// When a row happened by the clock on the wall, with every digit that the clock has.
fn wall(store: Store, row: &Row) -> String {
    format::time_of_day_exact(row.at, clock_began(store), crate::browser::clock::offset(), store.clock_step())
}

fn clock_began(store: Store) -> f64 {
    store.ready.with(|ready| ready.as_ref().map_or(0.0, |ready| ready.clock_began))
}

/// When a row happened, in the chosen form.
pub(crate) fn time(store: Store, row: &Row) -> String {
    time_since(store, row, store.totals.with(|totals| totals.began.unwrap_or_default()))
}

fn time_since(store: Store, row: &Row, began: Instant) -> String {
    let step = store.clock_step();
    match store.layout.with(|layout| layout.times) {
        Times::Relative => format::moment(row.at, began, step),
        Times::Absolute => format::time_of_day(row.at, clock_began(store), crate::browser::clock::offset()),
        Times::Delta => row.delta.map_or_else(
            || "–".to_owned(),
            |delta| format::moment(Instant::ORIGIN + delta, Instant::ORIGIN, step),
        ),
    }
}

/// The colour of a connection's dot.
pub(crate) fn color_of(store: Store, id: ConnectionId) -> String {
    store.names.with(|names| names.get(&id).map_or(0, |(_, color)| *color).to_string())
}
