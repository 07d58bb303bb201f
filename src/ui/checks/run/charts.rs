//! Latency and throughput of a run over time, live, with the limits as lines.
//!
//! Owns what is drawn; how is the chart's. Dragging over one chart chooses a span for all of them.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser::chart::{Content, LimitLine, Look, Mark, MarkKind};
use crate::model::course::Change;
use crate::model::format;
use crate::model::running::{LiveRun, Stage};
use crate::model::tiles::{self, limits_of};
use crate::ui::parts::chart::chart;
use crate::ui::parts::fields::when;

type Span = RwSignal<Option<(f64, f64)>>;

/// p50, p95 and p99, from strong to light.
pub(super) const PERCENTILES: [(&str, &str); 3] = [("p50", "p50"), ("p95", "p95"), ("p99", "p99")];

/// Of more checks the beginnings are drawn without names.
const MOST_NAMED: usize = 4;

/// The charts of a load, on top of the page of the run.
pub(super) fn charts(run: RwSignal<LiveRun>, span: Span) -> AnyView {
    let is_load = Memo::new(move |_| run.with(LiveRun::is_load));
    view! { {move || is_load.get().then(|| both(run, span))} }.into_any()
}

/// Latency and throughput.
pub(super) fn both(run: RwSignal<LiveRun>, span: Span) -> AnyView {
    let metric = RwSignal::new(None::<String>);
    let names = Memo::new(move |_| {
        run.with(|run| {
            run.course
                .metrics()
                .filter(|name| !tiles::is_of_connections(name))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| {
        let wanted = metric.get().filter(|name| names.with(|names| names.contains(name)));
        wanted.unwrap_or_else(|| run.with(tiles::main_metric))
    });
    let options = move || {
        let option = |name: String| {
            let is_chosen = chosen.get_untracked() == name;
            view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }.into_any()
        };
        names.get().into_iter().map(option).collect_view()
    };
    let choose = move |event: web_sys::Event| metric.set(Some(event_target_value(&event)));
    let select = move |chosen| span.set(chosen);
    view! {
        <section class="run-charts" data-together="" aria-label="Over time" data-testid="run-charts">
            <div class="run-card">
                {chart("chart-latency", latency_look(), Signal::derive(move || run.with(|run| latency(run, &chosen.get(), span.get()))), select)}
                <label class="run-metric" hidden=when(move || names.with(|names| names.len() < 2))>
                    <span class="unseen">"Metric of the latency chart"</span>
                    <select data-testid="chart-metric" on:change=choose>{options}</select>
                </label>
            </div>
            <div class="run-card">
                {chart("chart-throughput", throughput_look(), Signal::derive(move || run.with(|run| throughput(run, span.get()))), select)}
            </div>
        </section>
    }
    .into_any()
}

fn latency_look() -> Look {
    Look { title: "Latency".to_owned(), unit: "ms", axis: "time", lines: PERCENTILES.to_vec(), can_log: true }
}

fn throughput_look() -> Look {
    Look {
        title: "Throughput".to_owned(),
        unit: "/s",
        axis: "time",
        lines: vec![("sent", "sent"), ("received", "received")],
        can_log: false,
    }
}

/// What is under way, for those who want to know more.
pub(super) fn under_way(run: RwSignal<LiveRun>, span: Span) -> AnyView {
    let look = Look {
        title: "Under way".to_owned(),
        unit: "",
        axis: "time",
        lines: vec![("awaited messages", "other"), ("open connections", "max")],
        can_log: false,
    };
    let content = Signal::derive(move || {
        run.with(|run| {
            let moments = run.course.moments();
            let column = |of: fn(&crate::model::course::Moment) -> f64| moments.iter().map(of).collect();
            let columns =
                vec![column(|it| it.at / 1e3), column(|it| it.in_flight as f64), column(|it| it.open as f64)];
            content_of(run, columns, Vec::new(), span.get())
        })
    });
    chart("chart-under-way", look, content, move |chosen| span.set(chosen))
}

fn latency(run: &LiveRun, metric: &str, span: Option<(f64, f64)>) -> Content {
    let columns = run.course.latencies(metric);
    let is_measured = columns.iter().skip(1).flatten().any(|value| !value.is_nan());
    let mut limits = Vec::new();
    for (line, (name, _)) in PERCENTILES.iter().enumerate() {
        for limit in limits_of(run, &format!("{metric}.{name}")) {
            let label = format!("{name} limit {}", limit.words);
            limits.push(LimitLine { value: limit.bound / 1e6, label, line: Some(line) });
        }
    }
    // A limit over nothing would look like a figure.
    if !is_measured {
        limits.clear();
    }
    // While a run has just begun nothing is wrong yet.
    let is_over = run.report.is_some() || run.counters().missing > 0;
    let nothing = match metric {
        "rtt" => "No round trip was measured.".to_owned(),
        name => format!("Nothing was measured of {name}."),
    };
    let empty = if !is_measured && is_over { nothing } else { String::new() };
    Content { empty, ..content_of(run, columns, limits, span) }
}

fn throughput(run: &LiveRun, span: Option<(f64, f64)>) -> Content {
    let mut limits = Vec::new();
    for name in ["sent", "received"] {
        for limit in limits_of(run, &format!("{name}.rate")) {
            limits.push(LimitLine {
                value: limit.bound,
                label: format!("{name} limit {}", limit.words),
                line: None,
            });
        }
    }
    content_of(run, run.course.rates(), limits, span)
}

fn content_of(
    run: &LiveRun,
    columns: Vec<Vec<f64>>,
    limits: Vec<LimitLine>,
    span: Option<(f64, f64)>,
) -> Content {
    // Where the first check begins the chart begins too.
    let begun = run.checks.iter().skip(1).filter(|check| check.stage != Stage::Waiting && check.began > 0.0);
    // The names of many would lie on the lines.
    let is_named = run.checks.len() <= MOST_NAMED;
    let begin = |check: &crate::model::running::LiveCheck| {
        let at = check.began / 1e3;
        let label = if is_named { check.name.clone() } else { String::new() };
        Mark { from: at, to: at, kind: MarkKind::Begin, label }
    };
    let changes = run.course.changes().into_iter().map(|Change { from, to, lost, reopened }| {
        let words = [(lost, "lost"), (reopened, "reconnected")];
        let said = words.into_iter().filter(|(count, _)| *count > 0);
        let label = said.map(|(count, what)| format!("{} {what}", format::count(count)));
        let label = label.collect::<Vec<_>>().join(", ");
        match lost {
            0 => Mark { from: to, to, kind: MarkKind::Begin, label },
            _ => Mark { from, to, kind: MarkKind::Wrong, label },
        }
    });
    let doubts = run.course.doubts().iter().map(|it| {
        let late = format::duration(Duration::from_secs_f64(it.late / 1e3));
        let label = if it.is_hidden { "tab hidden".to_owned() } else { format!("page {late} late") };
        Mark { from: it.from / 1e3, to: it.to / 1e3, kind: MarkKind::Doubt, label }
    });
    // What goes wrong in the fault proxy strikes no run that leads past it.
    let is_faulty = run.targets.iter().any(|target| target.via.is_some());
    let faults = run.course.faults().iter().filter(|_| is_faulty).map(|it| {
        let to = it.to.unwrap_or_else(|| run.course.end().max(it.from));
        Mark { from: it.from / 1e3, to: to / 1e3, kind: MarkKind::Fault, label: it.words.clone() }
    });
    let marks = doubts.chain(faults).chain(begun.map(begin)).chain(changes).collect();
    Content { columns, limits, marks, range: span, is_chosen: span.is_some(), ..Content::default() }
}
