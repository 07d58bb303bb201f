//! The bar over a comparison with its views, and the view that is shown in place of the timeline.

use leptos::prelude::*;

use super::super::super::parts::fields::{button, text, when};
use super::super::super::parts::icons;
use super::super::link::Link;
use super::super::sessions::reading;
use super::super::store::Store;
use super::{Difference, View, ask, masks, sides, summary};
use crate::browser::page;
use crate::model::format;
use crate::wire::bench::{DifferenceForm, DifferenceRequest};

const VIEWS: [(View, &str, &str); 4] = [
    (View::Summary, "Summary", "difference-summary-tab"),
    (View::Sides, "Side by side", "difference-sides-tab"),
    (View::Lanes, "Lanes", "difference-lanes-tab"),
    (View::Masks, "Masks", "difference-masks-tab"),
];

/// What is compared, how it went, the views, and the way back.
pub(crate) fn bar(store: Store, link: Link) -> AnyView {
    let it = Difference::of(store);
    let words = text(move || {
        it.seen.with(|seen| match seen {
            Some(seen) => format::sentence(&seen.summary),
            None => format!("Comparing: {} read so far.", format::counted(it.read.get(), "frame")),
        })
    });
    let names = text(move || it.names());
    let one = move |(view, label, testid): (View, &'static str, &'static str)| {
        let is_on = text(move || (it.view.get() == view).to_string());
        view! { <button type="button" data-testid=testid aria-pressed=is_on on:click=move |_| it.turn_to(store, view)>{label}</button> }
    };
    let views = VIEWS.into_iter().map(one).collect_view();
    let back = move || {
        reading::leave(store, link);
        page::focus_soon("[data-testid=timeline]");
    };
    let export = move |form| move || ask(link, &DifferenceRequest::Export(form));
    let is_known = when(move || it.seen.with(Option::is_some));
    view! {
        <div class="sessions-line difference-bar" data-shown="" data-testid="difference-bar">
            <b class="sessions-name" title=names>{names}</b>
            <span class="sessions-words" role="status" data-testid="difference-words" title=words>{words}</span>
            <span class="difference-views" role="group" aria-label="Views of the difference">{views}</span>
            <details class="menu difference-exports" hidden=move || !is_known.get()>
                <summary data-testid="difference-export" title="Export the comparison" aria-label="Export the comparison">{icons::DOWNLOAD.draw()}</summary>
                <div class="sheet">
                    {button("", "difference-json", "JSON", "Export the differences as JSON, for programs", export(DifferenceForm::Json))}
                    {button("", "difference-html", "HTML", "Export the differences as one page", export(DifferenceForm::Html))}
                </div>
            </details>
            {button("primary", "sessions-back", "Back to now", "Shows what happens now; connections were open all the time", back)}
        </div>
    }
    .into_any()
}

/// The view in place of the timeline; nothing in lanes, where the timeline shows both sessions.
pub(crate) fn view(store: Store, link: Link) -> AnyView {
    let it = Difference::of(store);
    let is_known = Memo::new(move |_| it.seen.with(Option::is_some));
    let body = move || match it.view.get() {
        _ if !is_known.get() => {
            view! { <p class="difference-none" role="status">"Comparing …"</p> }.into_any()
        }
        View::Summary => summary::summary(store, link, it),
        View::Sides => sides::sides(store, link, it),
        View::Masks => masks::masks(store, link, it),
        View::Lanes => ().into_any(),
    };
    let name = move || match it.view.get() {
        View::Summary => "summary",
        View::Sides => "sides",
        View::Masks => "masks",
        View::Lanes => "lanes",
    };
    view! { <section class="difference" aria-label="Difference" data-view=name data-testid="difference">{body}</section> }
        .into_any()
}
