//! Charts as inline SVG: the distribution of a timing, its percentiles, and the events of each second.
//!
//! Owns what is worth drawing; the geometry is that of [`plot`]. Labels are HTML beside the drawing, since text within it would shrink with the window; each drawing
//! has a sentence that says what it shows. A chart shows only as many columns as fit, so a day of seconds takes the
//! same room.

use maud::{Markup, html};

use super::super::words::{self, is_timing};
use super::super::{Metric, Second};
use crate::metrics::Histogram;
use crate::metrics::plot::{self, HEIGHT, WIDTH};

/// Bars of a histogram, where there is room for as many.
const BARS: f64 = 60.0;
/// Readers cannot tell more columns apart.
const COLUMNS: usize = 300;

/// The table says all of a few samples, and of samples that are all the same.
fn is_worth_drawing(metric: &Metric) -> bool {
    is_timing(metric) && metric.count >= 10 && metric.max > metric.min && metric.max > Some(0.0)
}

/// The distribution of a timing, from its histogram; nothing when it has no readable one.
///
/// A few replies that took a second would press all others into the first bar: then the drawing ends a little beyond the
/// p95, and says how many are not in it.
pub(super) fn histogram(name: &str, metric: &Metric) -> Markup {
    let Some(spread) = Spread::of(metric).filter(|_| is_worth_drawing(metric)) else {
        return Markup::default();
    };
    let Spread { low, high, longest, .. } = spread;
    let marks = || spread.marks.iter().enumerate().filter(|(_, (_, at))| *at <= high);
    let most = spread.bars.iter().copied().max().unwrap_or(0);
    let said = format!(
        "{name}: {} from {} to {}, half of them within {}",
        words::counted(metric.count, "sample"),
        words::micros(low),
        words::micros(longest),
        words::micros(spread.marks[0].1)
    );
    let width = high - low;
    let position = |at: f64| if width > 0.0 { plot::place(at - low, 0.0, width, 1.0).0 } else { WIDTH / 2.0 };
    html! {
        figure.lines {
            figcaption {
                span { (name) ": distribution" }
                @for (nth, (mark, at)) in marks() {
                    span.key data-mark=(nth) { (mark) " " (words::micros(*at)) }
                }
            }
            p.top { (words::count(most)) }
            svg viewBox=(format_args!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none"
                role="img" aria-label=(said) {
                path.bar d=(plot::bars(&spread.bars)) {}
                @for (nth, (_, at)) in marks() {
                    path.mark data-mark=(nth) d=(format_args!("M{:.1} 0V{HEIGHT}", position(*at))) {}
                }
            }
            p.axis {
                span { (words::micros(low)) }
                span {
                    (words::micros(high))
                    @if longest > high {
                        "; " (words::count(spread.beyond)) " more up to " (words::micros(longest))
                    }
                }
            }
        }
    }
}

/// What of a histogram is drawn, in microseconds.
struct Spread {
    bars: Vec<u64>,
    low: f64,
    high: f64,
    longest: f64,
    /// How many are longer than what is drawn.
    beyond: u64,
    marks: [(&'static str, f64); 3],
}

impl Spread {
    fn of(metric: &Metric) -> Option<Self> {
        let histogram = Histogram::from_base64(metric.histogram.as_deref()?).ok()?;
        // The figures beside it are exact where the histogram has three digits.
        let (low, longest) = (metric.min?, metric.max?);
        let marks = [("p50", metric.p50?), ("p95", metric.p95?), ("p99", metric.p99?)];
        if !(low >= 0.0 && low <= longest && longest.is_finite()) || histogram.is_empty() {
            return None;
        }
        let most = (marks[1].1.clamp(low, longest) - low) * 1.5;
        let wanted_high = if most > 0.0 && longest - low > 2.0 * most { low + most } else { longest };
        // Narrower bars than a thousandth or a microsecond would show the histogram's own steps and not the timing.
        let step = (wanted_high / 1e3).max(1.0);
        let bars = ((wanted_high - low) / step).clamp(1.0, BARS).floor();
        // The histogram divides all of its range: to draw a part of it, it is asked for four steps a bar.
        let share = if longest > low { ((wanted_high - low) / (longest - low)).max(2e-4) } else { 1.0 };
        let (width, steps) = if share < 1.0 { (4, bars / share * 4.0) } else { (1, bars) };
        let fine = histogram.bars(steps.round() as usize);
        let shown = fine.len().min(bars as usize * width);
        let drawn = fine[..shown].chunks(width).map(|chunk| chunk.iter().sum()).collect();
        let beyond = fine[shown..].iter().sum();
        let high = low + (longest - low) * shown as f64 / fine.len().max(1) as f64;
        Some(Self { bars: drawn, low, high, longest, beyond, marks })
    }
}

/// The percentiles of a timing as bars, so that a long tail is seen.
pub(super) fn ladder(name: &str, metric: &Metric) -> Markup {
    let Some(max) = metric.max.filter(|_| is_worth_drawing(metric)) else { return Markup::default() };
    let rungs = [
        ("50 %", metric.p50),
        ("90 %", metric.p90),
        ("95 %", metric.p95),
        ("99 %", metric.p99),
        ("99.9 %", metric.p999),
        ("all", metric.max),
    ];
    let rungs = rungs.into_iter().filter_map(|(share, figure)| Some((share, figure?)));
    let samples = words::counted(metric.count, "sample");
    let width = |figure: f64| (figure / max * 100.0).clamp(0.0, 100.0);
    html! {
        figure.ladder {
            figcaption { (name) ": the share of " (samples) " that took at most" }
            dl {
                @for (share, figure) in rungs {
                    dt { (share) }
                    dd {
                        svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                            rect.bar width=(format_args!("{:.2}", width(figure))) height="10" {}
                        }
                        span { (words::micros(figure)) }
                    }
                }
            }
        }
    }
}

/// Throughput and round trips over the time of the run; nothing when it was shorter than two seconds.
pub(super) fn over_time(seconds: &[Second]) -> Markup {
    if seconds.len() < 2 {
        return Markup::default();
    }
    let wide = seconds.len().div_ceil(COLUMNS);
    let columns: Vec<&[Second]> = seconds.chunks(wide).collect();
    let mean = |of: fn(&Second) -> u64| -> Vec<Option<f64>> {
        columns
            .iter()
            .map(|column| Some(column.iter().map(of).sum::<u64>() as f64 / column.len() as f64))
            .collect()
    };
    let highest = |of: fn(&Second) -> Option<f64>| -> Vec<Option<f64>> {
        columns.iter().map(|column| column.iter().filter_map(of).reduce(f64::max)).collect()
    };
    let throughput = Lines {
        title: "Messages a second",
        lines: &[("sent", mean(|second| second.sent)), ("received", mean(|second| second.received))],
        unit: words::rate,
        seconds: seconds.len(),
    };
    let round_trips = Lines {
        title: "Round trip",
        lines: &[("p50", highest(|second| second.rtt_p50)), ("p99", highest(|second| second.rtt_p99))],
        unit: words::micros,
        seconds: seconds.len(),
    };
    let by_relay = Lines {
        title: "Round trip by relay",
        lines: &[
            ("p50", highest(|second| second.rtt_relay_p50)),
            ("p99", highest(|second| second.rtt_relay_p99)),
        ],
        unit: words::micros,
        seconds: seconds.len(),
    };
    html! {
        section {
            h2 { "Over time" }
            (throughput.draw())
            (round_trips.draw())
            (by_relay.draw())
        }
    }
}

struct Lines<'a> {
    title: &'a str,
    lines: &'a [(&'static str, Vec<Option<f64>>)],
    unit: fn(f64) -> String,
    seconds: usize,
}

impl Lines<'_> {
    fn draw(&self) -> Markup {
        let all = || self.lines.iter().flat_map(|(_, line)| line.iter().flatten().copied());
        let Some(peak) = all().filter(|value| value.is_finite()).reduce(f64::max) else {
            return Markup::default();
        };
        let peaks: Vec<String> = self
            .lines
            .iter()
            .filter_map(|(name, line)| {
                let peak = line.iter().flatten().copied().reduce(f64::max)?;
                Some(format!("{name} at most {}", (self.unit)(peak)))
            })
            .collect();
        let said = format!("{} over {} seconds: {}", self.title, self.seconds, peaks.join(", "));
        html! {
            figure.lines {
                figcaption {
                    span { (self.title) }
                    @for (nth, (name, _)) in self.lines.iter().enumerate() {
                        span.key data-line=(nth) { (name) }
                    }
                }
                p.top { ((self.unit)(peak)) }
                svg viewBox=(format_args!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none"
                    role="img" aria-label=(said) {
                    path.grid d=(format_args!("M0 {}H{WIDTH}", HEIGHT / 2.0)) {}
                    @for (nth, (_, line)) in self.lines.iter().enumerate() {
                        path.line data-line=(nth) d=(path(line, peak)) {}
                    }
                }
                p.axis { span { "0 s" } span { (words::count(self.seconds as u64)) " s" } }
            }
        }
    }
}

/// A line through the middles of the columns; it has a gap where a value is missing.
fn path(values: &[Option<f64>], peak: f64) -> String {
    let point = |(at, value): (usize, &Option<f64>)| value.map(|value| (at as f64 + 0.5, value));
    plot::broken_line(values.iter().enumerate().map(point), values.len() as f64, peak)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn timing(durations: impl IntoIterator<Item = u64>) -> Metric {
        let mut histogram = Histogram::new();
        for micros in durations {
            histogram.record(Duration::from_micros(micros));
        }
        Metric::from(&histogram)
    }

    #[track_caller]
    fn check_spread(
        durations: impl IntoIterator<Item = u64>,
        count: u64,
        bars: usize,
        high: f64,
        beyond: u64,
    ) {
        let spread = Spread::of(&timing(durations)).expect("a histogram");
        assert_eq!((spread.bars.len(), spread.beyond), (bars, beyond));
        assert!((spread.high - high).abs() <= high / 1e3, "{}", spread.high);
        assert_eq!(spread.bars.iter().sum::<u64>() + beyond, count, "every sample counts");
    }

    #[test]
    fn a_spread_is_drawn_whole_unless_a_few_are_far_away() {
        check_spread([500], 1, 1, 500.0, 0);
        check_spread(1000..2000, 1000, 60, 1999.0, 0);
        check_spread([10_000, 10_020], 2, 1, 10_020.0, 0);
        let tail = (1000..2000).chain([1_000_000, 2_000_000]);
        check_spread(tail, 1002, 60, 2426.0, 2);
    }

    #[test]
    fn what_is_not_a_histogram_is_not_drawn() {
        let good = timing(1..30);
        let drawn = histogram("rtt", &good).into_string();
        assert!(drawn.starts_with("<figure"));
        let bad = [
            Metric { histogram: None, ..good.clone() },
            Metric { histogram: Some("HISTFAAAno".to_owned()), ..good.clone() },
            Metric { min: Some(99.0), ..good.clone() },
            Metric { max: Some(f64::NAN), ..good.clone() },
            Metric { p50: None, ..good.clone() },
            Metric { count: 9, ..good },
            timing([500; 30]),
        ];
        for metric in bad {
            assert_eq!(histogram("rtt", &metric).into_string(), "");
        }
    }

    #[test]
    fn a_line_goes_through_the_middles_of_its_columns() {
        assert_eq!(path(&[Some(0.0), Some(10.0), None], 10.0), "M100.0 120.0h0L300.0 4.0");
        assert_eq!(path(&[Some(0.0)], 0.0), "M300.0 120.0h0");
        assert_eq!(path(&[], 1.0), "");
    }

    #[test]
    fn a_day_is_at_most_as_wide_as_a_minute() {
        let second = Second { sent: 10, received: 9, rtt_p50: Some(1.0), ..Second::default() };
        let day = over_time(&vec![second; 86_400]).into_string();
        assert!(day.len() < 20_000, "{} bytes", day.len());
        assert!(day.contains("86\u{2009}400 s"));
    }

    #[test]
    fn a_short_run_has_no_chart() {
        assert_eq!(over_time(&[Second::default()]).into_string(), "");
    }
}
