//! The tiles of a run. What they say is worked out by [`crate::model::tiles`].

use leptos::prelude::*;

use crate::model::tiles::Tile;
use crate::ui::parts::fields::text;

pub(super) fn tiles(all: Memo<Vec<Tile>>) -> AnyView {
    let count = Memo::new(move |_| all.with(Vec::len));
    let rows = move || (0..count.get()).map(|at| tile(all, at)).collect_view();
    view! { <dl class="run-tiles" data-testid="tiles" aria-label="Figures of the run">{rows}</dl> }.into_any()
}

fn tile(all: Memo<Vec<Tile>>, at: usize) -> AnyView {
    let one = Memo::new(move |_| all.with(|all| all.get(at).cloned()));
    let of = move |part: fn(&Tile) -> String| {
        text(move || one.with(|one| one.as_ref().map(part).unwrap_or_default()))
    };
    let state = of(|it| if it.is_broken { "broken".to_owned() } else { String::new() });
    // The colour alone says nothing to everyone.
    let broken = of(|it| if it.is_broken { ", limit broken".to_owned() } else { String::new() });
    view! {
        <div class="run-tile" data-testid="tile" data-state=state title=of(|it| it.more.clone())>
            <dt>{of(|it| it.name.to_owned())}<span class="unseen">{broken}</span></dt>
            <dd class="run-tile-value">{of(|it| it.value.clone())}</dd>
            <dd class="run-tile-limit">{of(|it| it.limit.clone())}</dd>
        </div>
    }
    .into_any()
}
