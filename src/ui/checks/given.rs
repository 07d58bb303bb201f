//! The values that the address of the page gives to a suite.

use leptos::prelude::*;

use super::model::Given;
use super::store::Store;
use crate::ui::parts::fields::{button, text, when};

/// What the address gives to a suite, to be seen and to be let go of.
pub(super) fn given(store: Store, suite: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    let suite = text(suite);
    let rows = Memo::new(move |_| {
        let selected = suite.get();
        let secret = store.examined.with(|it| {
            it.variables.iter().filter(|it| it.is_secret).map(|it| it.name.clone()).collect::<Vec<_>>()
        });
        store.given.with(|given| {
            let shown = |(name, value): &(String, String)| match secret.contains(name) {
                true => format!("{name} = ***"),
                false => format!("{name} = {value}"),
            };
            let all = given.vars.iter().chain(&given.env);
            if given.suite == selected { all.map(shown).collect() } else { Vec::new() }
        })
    });
    let list = move || rows.get().into_iter().map(|row| view! { <li class="mono">{row}</li> }).collect_view();
    view! {
        <section class="checks-remarks" data-testid="given" aria-label="From the address" hidden=when(move || rows.with(Vec::is_empty))>
            <p>"The address of this page gives these values. They override all others, for this visit only:"</p>
            <ul>{list}</ul>
            {button("quiet", "given-forget", "Remove them", "", move || store.given.set(Given::default()))}
        </section>
    }
    .into_any()
}
