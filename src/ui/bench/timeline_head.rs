//! The right half of the bar over the timeline: what is done to it as a whole.

use leptos::prelude::*;

use super::super::parts::fields::{asking_button, button, choice, icon_toggle, text, toggle, when};
use super::super::parts::icons;
use super::export;
use super::link::Link;
use super::place::Place;
use super::recording;
use super::report;
use super::store::Store;
use super::timeline::go_to;
use crate::engine::report::EventFormat;
use crate::model::format;
use crate::wire::bench::{Inspect, Pin, Request, RowContent, Times};

#[component]
pub(crate) fn TimelineHead(store: Store, link: Link, place: Place) -> impl IntoView {
    let is_paused = when(move || store.list.with(|list| list.paused.is_some()));
    let pause = move || link.send(&Request::Pause(!is_paused.get_untracked()));
    // A list that stands still follows nothing, whatever it does afterwards.
    let is_following = when(move || place.follow.get() && !is_paused.get());
    let set_follow = move || {
        let follows = !is_following.get_untracked();
        if follows && is_paused.get_untracked() {
            link.send(&Request::Pause(false));
        }
        place.follow.set(follows);
    };
    let is_unfolded = RwSignal::new(false);
    let times = text(move || times_name(store.layout.with(|layout| layout.times)).to_owned());
    let set_times = move |name: String| {
        let chosen = TIMES.iter().find(|(known, _)| times_name(*known) == name).map(|(known, _)| *known);
        store.layout.update(|layout| layout.times = chosen.unwrap_or_default());
    };
    view! {
        <div class="head">
            <Pins store link place/>
            {icon_toggle("pause", icons::PAUSE, text(|| "Freeze the list; receiving continues (Space)".to_owned()), is_paused, pause)}
            {icon_toggle("follow", icons::ARROW_DOWN_TO_LINE, text(|| "Follow: keep the newest frame in view (End); ends a pause".to_owned()), is_following, set_follow)}
            {recording::under_way(store, link)}
            // In a narrow list these unfold below the bar; what stops and moves the list stays in it.
            <span class="timeline-more">{icon_toggle("timeline-more", icons::MORE, text(|| "More: export, lanes, what rows show, clear".to_owned()), is_unfolded.into(), move || is_unfolded.update(|it| *it = !*it))}</span>
            <div class="timeline-rest" data-open=move || is_unfolded.get().then_some("")>
            <details class="menu">
                <summary data-testid="export" title="Export" aria-label="Export">{icons::DOWNLOAD.draw()}</summary>
                <div class="sheet">
                    {export_button(store, link, "JSON Lines", "export-jsonl", EventFormat::JsonLines, "Every frame, nothing lost")}
                    {export_button(store, link, "CSV", "export-csv", EventFormat::Csv, "For spreadsheets")}
                    {export_button(store, link, "HAR", "export-har", EventFormat::Har, "As browsers export network traffic")}
                    {button("", "report", "Report for a bug …", "Markdown or HTML, with what was said of pinned frames", move || report::begin(store))}
                    {button("", "record", "As a suite …", "A check that sends and expects the same again", move || recording::begin(store, link))}
                    <p class="hint">{text(move || export_words(store))}</p>
                </div>
            </details>
            {super::lanes::button(store)}
            <details class="menu">
                <summary data-testid="rows-menu" title="What rows show" aria-label="What rows show">{icons::ROWS.draw()}</summary>
                <div class="sheet rows-menu">
                    <label class="timeline-times">{choice("Times", "times", &TIME_NAMES, times, set_times)}</label>
                    <RowsMenu store/>
                </div>
            </details>
            <span class="timeline-clear">
                {icons::TRASH.draw()}
                {asking_button("quiet", "clear", "Clear", "Delete all frames except pinned ones; connections and round-trip figures stay", clear_question(store), move || {
                    store.chosen.set(None);
                    // What is pinned stays, and with it what is open of it.
                    let is_pinned = |frame: u64| store.pins.with_untracked(|pins| pins.iter().any(|pin| pin.row.number == frame));
                    let is_gone = |open: &Inspect| !is_pinned(open.frame) || open.with.is_some_and(|with| !is_pinned(with));
                    if store.inspect.with_untracked(|open| open.as_ref().is_some_and(is_gone)) {
                        store.inspect.set(None);
                    }
                    // A span of what is gone would hide all that comes.
                    store.filter.update(|filter| filter.between = None);
                    place.follow.set(true);
                    link.send(&Request::Clear);
                })}
            </span>
            </div>
        </div>
    }
    .into_any()
}

/// What a row says of a message: its members or its text.
#[component]
fn RowsMenu(store: Store) -> impl IntoView {
    let is = move |content| when(move || store.layout.with(|layout| layout.rows) == content);
    let show = move |content| move || store.layout.update(|layout| layout.rows = content);
    view! {
                {toggle("rows-members", "Members that vary", "The type, then the members that vary, then the rest", is(RowContent::Members), show(RowContent::Members))}
                {toggle("rows-text", "Text as it came", "The beginning of the message", is(RowContent::Text), show(RowContent::Text))}
    }
    .into_any()
}

/// Asked before frames are forgotten; none when there are none.
fn clear_question(store: Store) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
    move || {
        let totals = store.totals.get();
        let held = totals.frames.saturating_sub(totals.dropped + totals.cleared);
        (held > 0).then(|| format!("Delete {}?", format::counted(held, "frame")))
    }
}

const TIMES: [(Times, &str); 3] =
    [(Times::Relative, "relative"), (Times::Absolute, "absolute"), (Times::Delta, "delta")];
const TIME_NAMES: [(&str, &str); 3] =
    [("relative", "since start"), ("absolute", "time of day"), ("delta", "since row above")];

pub(crate) fn times_name(times: Times) -> &'static str {
    TIMES.iter().find(|(known, _)| *known == times).map_or("relative", |(_, name)| name)
}

fn export_words(store: Store) -> String {
    match store.list.with(|list| list.hits.as_ref().map(|hits| hits.count)) {
        Some(count) => format!("Of the {} that pass the filter.", format::counted(count, "frame")),
        None => "All frames. With a filter, only frames that pass it.".to_owned(),
    }
}

fn export_button(
    store: Store,
    link: Link,
    label: &'static str,
    testid: &'static str,
    format: EventFormat,
    hint: &'static str,
) -> AnyView {
    button("", testid, label, hint, move || export::frames(store, link, format))
}

/// The pinned frames, one click away.
#[component]
fn Pins(store: Store, link: Link, place: Place) -> impl IntoView {
    let count = text(move || store.pins.with(|pins| format!("{} pinned", pins.len())));
    let item = move |pin: Pin| {
        let number = pin.row.number;
        let words = if pin.note.is_empty() { pin.row.preview } else { pin.note };
        view! {
            <li><button type="button" class="quiet" data-testid="go-pin" on:click=move |_| go_to(store, link, place, number)>
                <span class="mono">{format!("#{number} ")}</span>{words}
            </button></li>
        }
    };
    view! {
        // Its place stays when there is none, so that nothing moves with the first.
        <details class="menu timeline-pins" data-empty=move || store.pins.with(Vec::is_empty).then_some("")>
            <summary title="Pinned frames">{icons::PIN.draw()}<span data-testid="pins" class="timeline-pinned">{count}</span></summary>
            <ul class="sheet pins">{move || store.pins.get().into_iter().map(item).collect_view()}</ul>
        </details>
    }
    .into_any()
}
