//! The timeline as a suite: of one recording, or of two that show what varies.
//!
//! Owns the first of two recordings until a suite is made of it. A second recording begins with a handshake, as the first did, so
//! what is open is closed before it begins.

use leptos::prelude::*;

use super::super::parts::fields::{button, text, when};
use super::connections;
use super::front::{Dialog, FirstRecording};
use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::recorder::MOST_FRAMES;
use crate::model::format;
use crate::model::route::Route;
use crate::wire::bench::{Answer, Question, Recorded, Request};

/// What stands between two recordings.
const AGAIN: &[u8] = b"{\"event\":\"again\"}\n";

/// Opens the dialog.
pub(crate) fn begin(store: Store, _link: Link) {
    store.dialog.set(Some(Dialog::Recording));
}

/// A word in the head of the timeline while a second recording is made.
pub(crate) fn under_way(store: Store, link: Link) -> AnyView {
    let is_hidden = when(move || store.first_recording.with(Option::is_none));
    let words = text(move || format!("Second recording: {}", format::counted(second(store).frames, "frame")));
    view! {
        <button type="button" data-testid="second-recording" hidden=is_hidden
            title="Compare it with the first one, or forget it" on:click=move |_| begin(store, link)>{words}</button>
    }
    .into_any()
}

/// What the second recording has so far.
fn second(store: Store) -> Recorded {
    store.totals.with(|totals| totals.second.unwrap_or_default())
}

/// What keeps the second recording from being compared with the first; none when there is enough.
fn lacks(first: Recorded, second: Recorded) -> Option<&'static str> {
    match (first, second) {
        (_, Recorded { frames: 0, .. }) => {
            Some("Connect, do the same as before, then open this dialog again.")
        }
        (Recorded { sent: 1.., .. }, Recorded { sent: 0, .. }) => {
            Some("It has no message that you sent. First do the same as before.")
        }
        (Recorded { received: 1.., .. }, Recorded { sent: 0, received: 0, .. }) => {
            Some("It has no message yet: wait for the same messages as before.")
        }
        _ => None,
    }
}

/// Goes on without a first recording.
pub(crate) fn forget_first(store: Store, link: Link) {
    if store.first_recording.try_update(Option::take).flatten().is_some() {
        link.send(&Request::RecordAgain(None));
    }
}

/// The dialog.
pub(crate) fn dialog(store: Store, link: Link) -> AnyView {
    match store.first_recording.get() {
        None => of_one(store, link),
        Some(first) => of_two(store, link, first),
    }
}

fn of_one(store: Store, link: Link) -> AnyView {
    let size = text(move || {
        let hits = store.list.with(|list| list.hits.as_ref().map(|hits| hits.count));
        let totals = store.totals.get();
        let held = totals.frames - totals.dropped - totals.cleared;
        let words = match hits {
            Some(count) => format!("Of the {} that pass the filter.", format::counted(count, "frame")),
            None => format!("Of all {}.", format::counted(held, "frame")),
        };
        match hits.unwrap_or(held) > MOST_FRAMES as u64 {
            true => format!("{words} The first {} are used.", format::count(MOST_FRAMES as u64)),
            false => words,
        }
    });
    let is_empty = when(move || {
        let totals = store.totals.get();
        totals.frames == totals.dropped + totals.cleared
    });
    let make = move || {
        record(store, link, 0, move |lines, _, _| hand_over(store, &lines));
    };
    let again = move || {
        record(store, link, 0, move |lines, recorded, next| {
            store.first_recording.set(Some(FirstRecording { lines: lines.into(), recorded, next }));
            link.send(&Request::RecordAgain(Some(next)));
            connections::close_all(store, link);
            store.dialog.set(None);
            store.say("The first recording is kept. Connect, and do the same as before.".to_owned());
        });
    };
    view! {
        <div data-testid="recording">
            <p>"The suite sends what you sent, and expects what came. It tests the address that you recorded at."</p>
            <p class="hint" data-testid="recording-size">{size}</p>
            <div class="deeds">
                <button type="button" class="primary" data-testid="record-make" disabled=is_empty on:click=move |_| make()>"Make suite"</button>
            </div>
            <h3>"What varies?"</h3>
            <p>"One recording does not tell: ids, times and counters are guessed by their looks. Two recordings of the same conversation tell exactly what differs."</p>
            <ol>
                <li><strong>"Record again"</strong>" keeps these frames and disconnects."</li>
                <li>"Connect, and do the same as before."</li>
                <li>"Come back to "<strong>"Export → As a suite"</strong>" and compare both."</li>
            </ol>
            <div class="deeds">
                <button type="button" data-testid="record-again" disabled=is_empty title="Keeps these frames as the first recording, to find what varies" on:click=move |_| again()>"Record again"</button>
            </div>
        </div>
    }
    .into_any()
}

fn of_two(store: Store, link: Link, first: FirstRecording) -> AnyView {
    let is = first.recorded;
    let frames = format::counted(is.frames, "frame");
    let second_words = text(move || match second(store).frames {
        0 => "Second recording: none yet.".to_owned(),
        count => format!("Second recording: {}.", format::counted(count, "frame")),
    });
    let lacking = text(move || lacks(is, second(store)).unwrap_or_default().to_owned());
    let is_lacking = when(move || !lacking.with(String::is_empty));
    let (both, one, next) = (first.lines.clone(), first.lines, first.next);
    let compare = move || {
        let first = both.clone();
        record(store, link, next, move |lines, recorded, _| match lacks(is, recorded) {
            None => hand_over(store, &[&first, AGAIN, &lines].concat()),
            // The filter may take out what there is.
            Some(_) => store.complain("No message of the second recording passes the filter.".to_owned()),
        });
    };
    let only_first = move || hand_over(store, &one);
    let forget = move || forget_first(store, link);
    view! {
        <div data-testid="recording">
            <p>"First recording: "{frames}"."</p>
            <p data-testid="recording-second">{second_words}</p>
            <p class="hint">"What differs between the two is not compared by the suite. Everything else is."</p>
            <div class="deeds">
                <button type="button" class="primary" data-testid="record-compare" disabled=is_lacking
                    aria-describedby="record-lacks" on:click=move |_| compare()>"Compare both"</button>
                <span class="hint" id="record-lacks" data-testid="record-lacks" hidden=when(move || !is_lacking.get())>{lacking}</span>
                {button("", "record-first", "Use the first", "A suite of the first recording alone", only_first)}
                {button("quiet", "record-forget", "Drop the first recording", "Go on with all frames of the timeline", forget)}
            </div>
        </div>
    }
    .into_any()
}

/// Gets the frames from a number on: as JSON Lines, how many, and the number of the next one.
fn record(store: Store, link: Link, from: u64, then: impl Fn(Vec<u8>, Recorded, u64) + 'static) {
    let filtered = store.list.with_untracked(|list| list.hits.is_some());
    let mut lines = Vec::new();
    link.ask(Question::Record { filtered, from }, move |answer| match answer {
        Answer::Piece(bytes) => lines.extend_from_slice(&bytes),
        Answer::Recording { bytes, recorded, next } => {
            lines.extend_from_slice(&bytes);
            match recorded.frames {
                0 => store.complain("A suite needs at least one frame.".to_owned()),
                _ => then(std::mem::take(&mut lines), recorded, next),
            }
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The checks take it from here. What was recorded first stays until they have made a suite of it.
fn hand_over(store: Store, lines: &[u8]) {
    store.dialog.set(None);
    page::announce_bytes(page::RECORDING, lines);
    page::go_to(&Route::Checks.href());
}
