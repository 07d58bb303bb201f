//! The round trips of the last minute as a plot, beside the switches that change them.

use std::time::Duration;

use leptos::prelude::*;

use super::probe;
use super::store::Store;
use crate::model::faults::round_trips::{HEIGHT, WIDTH};
use crate::model::format;
use crate::ui::parts::fields::{text, when};

/// No figure here is finer: the page draws on the thread that measures.
const STEP: Duration = Duration::from_micros(100);

/// The plot.
pub(super) fn trips(store: Store) -> AnyView {
    let trips = store.trips;
    let time =
        |time: Option<Duration>| time.map_or_else(|| "–".to_owned(), |time| format::figure(time, STEP));
    let top = text(move || trips.with(|it| format::figure(it.top(), it.top())));
    let half = text(move || trips.with(|it| format::figure(it.top() / 2, it.top() / 2)));
    // A figure of before would pass for the one of now.
    let silence = move || trips.with(|it| if it.is_down() { None } else { it.silent() });
    let latest = text(move || match silence() {
        Some(silent) => format!("no answer for {:.1}\u{2009}s", silent.as_secs_f64()),
        None if trips.with(|it| it.is_down()) => "\u{2013}".to_owned(),
        None => time(trips.with(|it| it.latest())),
    });
    let words = move || trips.with(probe::words);
    let about = text(move || {
        let (median, (asked, lost)) = trips.with(|it| (it.median(), it.counts()));
        format!(
            "Median {}, {} asked, {} lost",
            time(median),
            format::count(asked as u64),
            format::count(lost as u64)
        )
    });
    let label = text(move || format!("Round trips of the last minute. {}", about.get()));
    let is_bad = when(move || words().0 == "wrong" || silence().is_some());
    view! {
        <section class="faults-trips" aria-label="Round trip through the proxy">
            <div class="faults-trips-head">
                <h2>"Round trip through the proxy"</h2>
                <output class="faults-trips-latest" data-testid="trips-latest" data-silent=text(move || silence().is_some().to_string()) data-state=text(move || if is_bad.get() { "wrong" } else { "" }.to_owned())>{latest}</output>
            </div>
            <div class="faults-trips-frame">
                <span class="faults-trips-scale" aria-hidden="true"><span>{top}</span><span>{half}</span><span>"0"</span></span>
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                    <path class="faults-trips-grid" d=format!("M0 0H{WIDTH}M0 {0}H{WIDTH}M0 {HEIGHT}H{WIDTH}", HEIGHT / 2.0)/>
                    <path class="faults-trips-line" data-testid="trips-line" d=text(move || trips.with(|it| it.line()))/>
                    <path class="faults-trips-lost" data-testid="trips-lost" d=text(move || trips.with(|it| it.lost()))/>
                </svg>
                <span class="faults-trips-time" aria-hidden="true"><span>"60 s ago"</span><span>"30 s"</span><span>"now"</span></span>
            </div>
            <p class="faults-trips-about" data-testid="trips-about">{about}</p>
            <p class="note" role="status" data-testid="trips-note" data-state=text(move || words().0.to_owned())>{text(move || words().1)}</p>
            <p class="hint">"A question every 500 ms to the practice echo, through this link's faults. Your own connections have their figures on the bench."</p>
        </section>
    }
    .into_any()
}
