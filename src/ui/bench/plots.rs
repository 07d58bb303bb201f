//! What the bar at the foot opens into: round trips over time, messages over time, the distribution.
//!
//! Owns which figures are drawn. A span that is dragged over one of them narrows the timeline to it, and both charts with it.

use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::chart::chart;
use super::super::parts::plot;
use super::connect::by_worker;
use super::rates::{Rates, Second};
use super::store::Store;
use crate::browser::chart::{Content, Look, Mark, MarkKind};
use crate::engine::Instant;
use crate::engine::metrics::TrendPoint;
use crate::model::format;
use crate::wire::bench::Plot;

/// Seconds since the first frame, and what narrows the timeline.
type Span = Option<(f64, f64)>;

pub(crate) fn plots(store: Store, rates: RwSignal<Rates>) -> AnyView {
    let began = Memo::new(move |_| store.totals.with(|totals| totals.began).unwrap_or_default());
    let span = Memo::new(move |_| {
        let between = store.filter.with(|filter| filter.between)?;
        Some((seconds(began.get(), between.0), seconds(began.get(), between.1)))
    });
    let select = move |chosen: Span| {
        let at = |second: f64| began.get_untracked() + Duration::from_secs_f64(second.max(0.0));
        store.filter.update(|filter| filter.between = chosen.map(|(from, to)| (at(from), at(to))));
        if chosen.is_some() {
            store.filter_hides.set(true);
        }
    };
    // Both charts have one axis of time, so that what stands above each other happened together.
    let whole = Memo::new(move |_| {
        let worker_began = store.ready.with(|ready| ready.as_ref().map_or(0.0, |ready| ready.clock_began));
        let at = |it: Instant| seconds(began.get(), by_worker(worker_began, it));
        let second = |it: Option<&Second>| it.map(|it| at(it.at));
        // The rates are of now, and an earlier session has none of them.
        let (first, last) = match store.is_reading.get() {
            true => (None, None),
            false => rates.with(|rates| (second(rates.past.front()), second(rates.past.back()))),
        };
        let (from, now) = store.plot.with(|plot| {
            let plot = plot.as_ref();
            let first = plot.and_then(|plot| plot.trend.first()).map(|it| seconds(began.get(), it.from));
            (first, plot.map(|plot| seconds(began.get(), plot.now)))
        });
        joined(first.into_iter().chain(from), last.into_iter().chain(now))
    });
    let trips = Signal::derive(move || {
        store.plot.with(|plot| trips(plot.as_ref(), began.get(), span.get(), whole.get()))
    });
    let messages = Signal::derive(move || {
        let worker_began = store.ready.with(|ready| ready.as_ref().map_or(0.0, |ready| ready.clock_began));
        let at = |it: Instant| seconds(began.get(), by_worker(worker_began, it));
        rates.with(|rates| messages(rates, at, span.get(), whole.get()))
    });
    let distribution = move || {
        let step = store.clock_step();
        store.plot.with(|plot| match plot {
            Some(plot) if plot.range.is_some() => {
                let all = span.get().map(|_| view! { <p class="hint" data-testid="plot-all-times">"The distribution and the percentiles are of all times, not only of the span."</p> }.into_any());
                view! { <div class="bench-distribution">{plot::histogram(plot, step)}{all}</div> }.into_any()
            }
            _ => view! { <p class="hint">"No round trips yet. A reply is recognised by its content or its id; the connection's options have other ways."</p> }.into_any(),
        })
    };
    view! {
        {chart("plot-trips", trips_look(), trips, select)}
        {move || (!store.is_reading.get()).then(|| chart("plot-messages", messages_look(), messages, select))}
        {distribution}
    }
    .into_any()
}

fn trips_look() -> Look {
    let lines = vec![("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("longest", "max")];
    Look { title: "Round trips".to_owned(), unit: "ms", axis: "time", lines, can_log: true }
}

fn messages_look() -> Look {
    let lines = vec![("sent", "sent"), ("received", "received")];
    Look { title: "Messages".to_owned(), unit: "/s", axis: "time", lines, can_log: false }
}

/// From the first frame to this moment.
fn seconds(began: Instant, at: Instant) -> f64 {
    (at.as_nanos() as f64 - began.as_nanos() as f64) / 1e9
}

/// From the earliest beginning to the latest end, in no less than a second; none before anything happened.
fn joined(from: impl Iterator<Item = f64>, to: impl Iterator<Item = f64>) -> Span {
    let (from, to) = (from.reduce(f64::min)?.max(0.0), to.reduce(f64::max)?);
    Some((from, to.max(from + 1.0)))
}

fn content(columns: Vec<Vec<f64>>, marks: Vec<Mark>, span: Span, whole: Span) -> Content {
    Content {
        columns,
        limits: Vec::new(),
        marks,
        range: span.or(whole),
        is_chosen: span.is_some(),
        ..Content::default()
    }
}

fn trips(plot: Option<&Plot>, began: Instant, span: Span, whole: Span) -> Content {
    let mut columns = vec![Vec::new(); 5];
    let Some(plot) = plot.filter(|plot| !plot.trend.is_empty()) else {
        return content(columns, Vec::new(), span, whole);
    };
    let mut put = |at: f64, values: [f64; 4]| {
        columns[0].push(at);
        columns.iter_mut().skip(1).zip(values).for_each(|(column, value)| column.push(value));
    };
    let nothing = [f64::NAN; 4];
    let mut ended = None;
    for point in &plot.trend {
        let (from, width) = (seconds(began, point.from), point.width.as_secs_f64());
        // A line breaks where nothing was measured.
        if ended.is_some_and(|ended| ended != point.from) {
            put(from - width / 2.0, nothing);
        }
        let millis = |it: Duration| it.as_secs_f64() * 1e3;
        put(from + width / 2.0, [point.p50, point.p95, point.p99, point.max].map(millis));
        ended = Some(point.from + point.width);
    }
    // Now is now, also when nothing comes.
    let now = seconds(began, plot.now);
    if columns[0].last().is_some_and(|last| *last < now) {
        columns[0].push(now);
        columns.iter_mut().skip(1).for_each(|column| column.push(f64::NAN));
    }
    let doubtful = |point: &TrendPoint| {
        let from = seconds(began, point.from);
        let label = format!("{} unreliable", format::count(point.tainted));
        Mark { from, to: from + point.width.as_secs_f64(), kind: MarkKind::Doubt, label }
    };
    content(columns, plot.trend.iter().filter(|point| point.tainted > 0).map(doubtful).collect(), span, whole)
}

fn messages(rates: &Rates, at: impl Fn(Instant) -> f64, span: Span, whole: Span) -> Content {
    let mut columns = vec![Vec::new(); 3];
    let mut marks = Vec::new();
    for second in &rates.past {
        let ended = at(second.at);
        // What came before the first frame is nothing.
        if ended < 0.0 {
            continue;
        }
        columns[0].push(ended);
        columns[1].push(second.sent);
        columns[2].push(second.received);
        if second.lost > 0 {
            let label = format!("{} lost", format::counted(second.lost, "connection"));
            marks.push(Mark { from: (ended - 1.0).max(0.0), to: ended, kind: MarkKind::Wrong, label });
        }
    }
    content(columns, marks, span, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_round_trips_breaks_where_nothing_was_measured_and_runs_on_until_now() {
        let point = |second: u64, tainted| TrendPoint {
            from: Instant::from_millis_f64(second as f64 * 1e3),
            width: Duration::from_secs(1),
            count: 1,
            tainted,
            p50: Duration::from_millis(second),
            p95: Duration::from_millis(second),
            p99: Duration::from_millis(second),
            max: Duration::from_millis(second),
        };
        let plot = Plot {
            of: crate::wire::bench::PlotOf::All,
            bars: Vec::new(),
            range: None,
            trend: vec![point(2, 0), point(3, 2), point(9, 0)],
            now: Instant::from_millis_f64(12_000.0),
        };
        let shown = trips(Some(&plot), Instant::from_millis_f64(2000.0), None, Some((0.0, 12.0)));
        assert_eq!(shown.columns[0], [0.5, 1.5, 6.5, 7.5, 10.0]);
        let p50: Vec<_> = shown.columns[1].iter().map(|it| if it.is_nan() { -1.0 } else { *it }).collect();
        assert_eq!(p50, [2.0, 3.0, -1.0, 9.0, -1.0]);
        assert_eq!((shown.range, shown.is_chosen), (Some((0.0, 12.0)), false));
        assert_eq!(shown.marks.len(), 1);
        assert_eq!(
            (shown.marks[0].from, shown.marks[0].to, shown.marks[0].kind),
            (1.0, 2.0, MarkKind::Doubt)
        );
    }

    #[test]
    fn both_charts_reach_from_what_began_first_to_what_ended_last() {
        assert_eq!(joined([12.0, 3.0].into_iter(), [720.0, 719.0].into_iter()), Some((3.0, 720.0)));
        assert_eq!(joined([0.5].into_iter(), [0.6].into_iter()), Some((0.5, 1.5)));
        assert_eq!(joined([].into_iter(), [1.0].into_iter()), None);
    }

    #[test]
    fn a_second_in_which_a_connection_was_lost_is_marked() {
        let second =
            |at: f64, lost| Second { at: Instant::from_millis_f64(at * 1e3), sent: 1.0, received: 2.0, lost };
        let rates = Rates { past: [second(0.0, 0), second(1.0, 1)].into(), ..Rates::default() };
        let shown =
            messages(&rates, |it| it.as_nanos() as f64 / 1e9 - 0.5, Some((0.0, 1.0)), Some((0.0, 9.0)));
        assert_eq!(shown.columns, [vec![0.5], vec![1.0], vec![2.0]]);
        assert_eq!(
            (shown.marks[0].from, shown.marks[0].to, shown.marks[0].label.as_str()),
            (0.0, 0.5, "1 connection lost")
        );
        assert!(shown.is_chosen && shown.range == Some((0.0, 1.0)));
    }
}
