//! A run as it happens, and when it is over: one page.
//!
//! Owns the order of its parts: verdict, tiles, ladder, charts, failures, checks with their steps, all figures. One rule: what is
//! drawn is redrawn only where it differs, since a run reports four times a second.

mod capacity;
mod charts;
mod checks;
mod connections;
mod failures;
mod figures;
mod ladder;
mod limits;
mod places;
mod several;
mod steps;
mod tiles;
mod verdict;

use leptos::prelude::*;

use super::link::Link;
use super::store::Store;
use crate::model::running::LiveRun;
use crate::model::tiles::tiles as worked_out;

pub(super) use several::order;

/// One run.
pub(super) fn run(store: Store, link: Link, run: RwSignal<LiveRun>) -> AnyView {
    // The part of the run that the charts show, in seconds; all of it when none was chosen.
    let span = RwSignal::new(None::<(f64, f64)>);
    // Worked out once for the verdict and the tiles: percentiles cost the most of a redraw.
    let tiles = Memo::new(move |_| run.with(|run| worked_out(run, store.clock_step.get())));
    // Worked out once for the failures and for each check, which says whether its limits stand there.
    let failed = Memo::new(move |_| run.with(places::places));
    view! {
        <div class="run">
            {verdict::verdict(store, link, run, tiles)}
            {tiles::tiles(tiles)}
            {capacity::capacity(run)}
            {ladder::ladder(run)}
            {charts::charts(run, span)}
            {failures::failures(store, link, run, failed)}
            {checks::checks(store, link, run, failed)}
            {figures::figures(store, run, span)}
        </div>
    }
    .into_any()
}
