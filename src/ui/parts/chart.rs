//! The one chart of the page: time or a count along it, lines with limits and marks, a crosshair, a legend that toggles.
//!
//! Owns when a chart is made and when it is drawn again. One rule: what is out of sight is not drawn; its module is loaded by
//! the first chart.

use leptos::html::Div;
use leptos::prelude::*;

use crate::browser::chart::{Chart, Content, Look};

/// Gets the span that a person drags over, or none for all of it.
type Selected = Box<dyn Fn(Option<(f64, f64)>)>;

/// A chart. `content` is drawn whenever it changes; `selected` gets the span that a person drags over, or none for all of it.
pub(crate) fn chart(
    testid: &'static str,
    look: Look,
    content: Signal<Content>,
    selected: impl Fn(Option<(f64, f64)>) + 'static,
) -> AnyView {
    let host = NodeRef::<Div>::new();
    let opened = StoredValue::new_local(None::<Chart>);
    let is_open = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let selected: Selected = Box::new(selected);
    let waiting = StoredValue::new_local(Some((look, selected)));
    Effect::new(move || {
        let Some(host) = host.get() else { return };
        let Some((look, selected)) = waiting.try_update_value(Option::take).flatten() else { return };
        leptos::task::spawn_local(async move {
            match Chart::open(&host, &look, selected).await {
                Ok(made) => {
                    if opened.try_update_value(|it| *it = Some(made)).is_some() {
                        is_open.set(true);
                    }
                }
                Err(words) => drop(trouble.try_set(Some(words))),
            }
        });
    });
    Effect::new(move || {
        if is_open.get() {
            content.with(|content| {
                opened.with_value(|chart| chart.iter().for_each(|chart| chart.show(content)));
            });
        }
    });
    let words = move || {
        trouble.get().map(|words| {
            view! { <p class="hint">{format!("The chart could not be loaded: {words}")}</p> }
        })
    };
    view! { <div class="chart" data-testid=testid node_ref=host></div>{words} }.into_any()
}
