//! Charts as inline SVG: the distribution of a timing, its percentiles, and the events of each second.
//!
//! Owns geometry. Labels are HTML beside the drawing, since text within it would shrink with the window; each drawing
//! has a sentence that says what it shows. A chart shows only as many columns as fit, so a day of seconds takes the
//! same room.

use std::fmt::{self, Write};

use super::super::markup::{attribute, body};
use super::super::words::{self, is_timing};
use super::super::{Metric, Second};
use crate::metrics::Histogram;

/// Bars of a histogram, where there is room for as many.
const BARS: f64 = 60.0;
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
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
pub(super) fn histogram(name: &str, metric: &Metric, out: &mut dyn Write) -> fmt::Result {
    let Some(spread) = Spread::of(metric).filter(|_| is_worth_drawing(metric)) else { return Ok(()) };
    let Spread { low, high, longest, .. } = spread;
    out.write_str("<figure class=\"lines\">\n<figcaption><span>")?;
    body(out, name)?;
    out.write_str(": distribution</span>")?;
    let marks = || spread.marks.iter().enumerate().filter(|(_, (_, at))| *at <= high);
    for (nth, (mark, at)) in marks() {
        write!(out, "<span class=\"key\" data-mark=\"{nth}\">{mark} {}</span>", words::micros(*at))?;
    }
    let most = spread.bars.iter().copied().max().unwrap_or(0);
    write!(out, "</figcaption>\n<p class=\"top\">{}</p>\n", words::count(most))?;
    write!(out, "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\"")?;
    let said = format!(
        "{name}: {} from {} to {}, half of them within {}",
        words::counted(metric.count, "sample"),
        words::micros(low),
        words::micros(longest),
        words::micros(spread.marks[0].1)
    );
    attribute(out, "aria-label", &said)?;
    out.write_str(">\n<path class=\"bar\" d=\"")?;
    let wide = WIDTH / spread.bars.len().max(1) as f64;
    for (at, count) in spread.bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        // A bar of one sample among thousands is seen all the same.
        let tall = (*count as f64 / most.max(1) as f64 * HEIGHT).max(1.0);
        write!(out, "M{:.1} {HEIGHT}v-{tall:.1}h{:.1}v{tall:.1}z", at as f64 * wide, (wide - 0.6).max(0.4))?;
    }
    out.write_str("\"/>\n")?;
    for (nth, (_, at)) in marks() {
        let x = if high > low { ((at - low) / (high - low)).clamp(0.0, 1.0) * WIDTH } else { WIDTH / 2.0 };
        writeln!(out, "<path class=\"mark\" data-mark=\"{nth}\" d=\"M{x:.1} 0V{HEIGHT}\"/>")?;
    }
    write!(out, "</svg>\n<p class=\"axis\"><span>{}</span><span>", words::micros(low))?;
    if longest > high {
        write!(
            out,
            "{}; {} more up to {}",
            words::micros(high),
            words::count(spread.beyond),
            words::micros(longest)
        )?;
    } else {
        out.write_str(&words::micros(high))?;
    }
    out.write_str("</span></p>\n</figure>\n")
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
pub(super) fn ladder(name: &str, metric: &Metric, out: &mut dyn Write) -> fmt::Result {
    let Some(max) = metric.max.filter(|_| is_worth_drawing(metric)) else { return Ok(()) };
    out.write_str("<figure class=\"ladder\">\n<figcaption>")?;
    body(out, name)?;
    write!(out, ": the share of {} that took at most", words::counted(metric.count, "sample"))?;
    out.write_str("</figcaption>\n<dl>\n")?;
    let rungs = [
        ("50 %", metric.p50),
        ("90 %", metric.p90),
        ("95 %", metric.p95),
        ("99 %", metric.p99),
        ("99.9 %", metric.p999),
        ("all", metric.max),
    ];
    for (share, figure) in rungs {
        let Some(figure) = figure else { continue };
        let width = (figure / max * 100.0).clamp(0.0, 100.0);
        writeln!(
            out,
            "<dt>{share}</dt><dd><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"bar\" width=\"{width:.2}\" height=\"10\"/></svg><span>{}</span></dd>",
            words::micros(figure)
        )?;
    }
    out.write_str("</dl>\n</figure>\n")
}

/// Throughput and round trips over the time of the run; nothing when it was shorter than two seconds.
pub(super) fn over_time(seconds: &[Second], out: &mut dyn Write) -> fmt::Result {
    if seconds.len() < 2 {
        return Ok(());
    }
    out.write_str("<section>\n<h2>Over time</h2>\n")?;
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
        unit: words::decimal,
        seconds: seconds.len(),
    };
    throughput.draw(out)?;
    let round_trips = Lines {
        title: "Round trip",
        lines: &[("p50", highest(|second| second.rtt_p50)), ("p99", highest(|second| second.rtt_p99))],
        unit: words::micros,
        seconds: seconds.len(),
    };
    round_trips.draw(out)?;
    out.write_str("</section>\n")
}

struct Lines<'a> {
    title: &'a str,
    lines: &'a [(&'static str, Vec<Option<f64>>)],
    unit: fn(f64) -> String,
    seconds: usize,
}

impl Lines<'_> {
    fn draw(&self, out: &mut dyn Write) -> fmt::Result {
        let all = || self.lines.iter().flat_map(|(_, line)| line.iter().flatten().copied());
        let Some(peak) = all().filter(|value| value.is_finite()).reduce(f64::max) else {
            return Ok(());
        };
        write!(out, "<figure class=\"lines\">\n<figcaption><span>{}</span>", self.title)?;
        for (nth, (name, _)) in self.lines.iter().enumerate() {
            write!(out, "<span class=\"key\" data-line=\"{nth}\">{name}</span>")?;
        }
        write!(out, "</figcaption>\n<p class=\"top\">{}</p>\n", (self.unit)(peak))?;
        write!(out, "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\"")?;
        let peaks: Vec<String> = self
            .lines
            .iter()
            .filter_map(|(name, line)| {
                let peak = line.iter().flatten().copied().reduce(f64::max)?;
                Some(format!("{name} at most {}", (self.unit)(peak)))
            })
            .collect();
        let said = format!("{} over {} seconds: {}", self.title, self.seconds, peaks.join(", "));
        attribute(out, "aria-label", &said)?;
        out.write_str(">\n")?;
        let middle = HEIGHT / 2.0;
        writeln!(out, "<path class=\"grid\" d=\"M0 {middle}H{WIDTH}\"/>")?;
        for (nth, (_, line)) in self.lines.iter().enumerate() {
            writeln!(out, "<path class=\"line\" data-line=\"{nth}\" d=\"{}\"/>", path(line, peak))?;
        }
        writeln!(
            out,
            "</svg>\n<p class=\"axis\"><span>0 s</span><span>{} s</span></p>\n</figure>",
            words::count(self.seconds as u64)
        )
    }
}

/// A line through the middles of the columns; it has a gap where a value is missing.
fn path(values: &[Option<f64>], peak: f64) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    let step = WIDTH / values.len().max(1) as f64;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            is_drawing = false;
            continue;
        };
        let x = (at as f64 + 0.5) * step;
        let y = HEIGHT - if peak > 0.0 { value / peak * (HEIGHT - 4.0) } else { 0.0 } - 2.0;
        // A value between two gaps is a stroke of no length, which round caps show as a dot.
        let begin = if is_drawing { "L" } else { "M" };
        let _ = write!(path, "{begin}{x:.1} {y:.1}");
        if !is_drawing {
            path.push_str("h0");
        }
        is_drawing = true;
    }
    path
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
        let figures = histogram.summary().expect("not empty");
        let us = |took: Duration| Some(took.as_nanos() as f64 / 1e3);
        Metric {
            unit: "us".to_owned(),
            count: figures.count,
            rate: None,
            min: us(figures.min),
            mean: us(figures.mean),
            p50: us(figures.p50),
            p90: us(figures.p90),
            p95: us(figures.p95),
            p99: us(figures.p99),
            p999: us(figures.p999),
            max: us(figures.max),
            stddev: us(figures.stddev),
            histogram: Some(histogram.to_base64()),
        }
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
    fn what_is_no_histogram_is_not_drawn() {
        let good = timing(1..30);
        let mut drawn = String::new();
        histogram("rtt", &good, &mut drawn).expect("a string takes all");
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
            let mut none = String::new();
            histogram("rtt", &metric, &mut none).expect("a string takes all");
            assert_eq!(none, "");
        }
    }

    #[test]
    fn a_line_has_gaps_and_stays_within_its_drawing() {
        assert_eq!(
            path(&[Some(0.0), Some(10.0), None, Some(5.0)], 10.0),
            "M75.0 118.0h0L225.0 2.0M525.0 60.0h0"
        );
        assert_eq!(path(&[Some(0.0)], 0.0), "M300.0 118.0h0");
        assert_eq!(path(&[], 1.0), "");
    }

    #[test]
    fn a_day_is_no_wider_than_a_minute() {
        let second = Second { sent: 10, received: 9, rtt_p50: Some(1.0), rtt_p99: None };
        let mut day = String::new();
        over_time(&vec![second; 86_400], &mut day).expect("a string takes all");
        assert!(day.len() < 20_000, "{} bytes", day.len());
        assert!(day.contains("86\u{2009}400 s"));
    }

    #[test]
    fn a_short_run_has_no_chart() {
        let mut none = String::new();
        over_time(&[Second::default()], &mut none).expect("a string takes all");
        assert_eq!(none, "");
    }
}
