//! The messages around a failure: in place, and on the bench's timeline.

use leptos::prelude::*;

use super::link::Link;
use super::model::millis;
use super::store::Store;
use crate::browser::page;
use crate::engine::report::NearMiss;
use crate::model::format;
use crate::wire::checks::{Answer, Nearby, Question, Spot};

/// Shows them, or hides them again.
pub(super) fn toggle(store: Store, link: Link, spot: Spot) {
    if store.around.with_untracked(|it| it.as_ref().is_some_and(|(shown, ..)| *shown == spot)) {
        return store.around.set(None);
    }
    link.ask(Question::Around(spot), move |told| match told {
        Answer::Around { frames, dropped } => store.around.set(Some((spot, frames, dropped))),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Takes them to the bench.
pub(super) fn to_timeline(store: Store, link: Link, spot: Spot) {
    to_bench(store, link, Question::Recording(spot));
}

/// The same alone and in lanes, with the messages that the failure names in red.
pub(super) fn to_lanes(store: Store, link: Link, spot: Spot, named: Vec<NearMiss>) {
    to_bench(store, link, Question::Lanes(spot, named));
}

fn to_bench(store: Store, link: Link, question: Question) {
    link.ask(question, move |told| match told {
        Answer::Frames(bytes) => {
            page::announce_bytes(page::FRAMES, &bytes);
            page::go_to("#/bench");
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The list, under the failure whose it is.
pub(super) fn list(store: Store, spot: Spot) -> AnyView {
    let shown = Memo::new(move |_| {
        store.around.with(|it| {
            it.as_ref().filter(|(of, ..)| *of == spot).map(|(_, frames, dropped)| (frames.clone(), *dropped))
        })
    });
    let body = move || match shown.get() {
        None => ().into_any(),
        Some((frames, dropped)) => {
            let gone = (dropped > 0)
                .then(|| format!("no longer held: {}", format::counted(dropped, "older message")));
            view! {
                <div class="checks-around" data-testid="around-list">
                    {gone.map(|words| view! { <p class="hint">{words}</p> })}
                    <ol>{frames.into_iter().map(frame).collect_view()}</ol>
                </div>
            }
            .into_any()
        }
    };
    view! { {body} }.into_any()
}

fn frame(it: Nearby) -> AnyView {
    let mark = it.mark.clone();
    let class = if it.is_last_before { "checks-around-last" } else { "" };
    view! {
        <li class=class data-mark=mark>
            <span class="mono">{millis(it.at)}</span><span>{it.client}</span><span class="checks-around-mark">{it.mark}</span>
            <code>{it.content}</code>
        </li>
    }
    .into_any()
}
