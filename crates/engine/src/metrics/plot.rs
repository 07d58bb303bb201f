//! The geometry of all plots, of the page and of reports: numbers in, paths out.
//!
//! Coordinates are whole tenths on a field of [`WIDTH`] by [`HEIGHT`], which the style sheet stretches. It refuses to know how a
//! path is drawn. One rule: the smallest value that is not zero is still to be seen.

use std::fmt::Write;
use std::time::Duration;

use super::TrendPoint;
use crate::Instant;

/// How wide the field is.
pub const WIDTH: f64 = 600.0;
/// How high the field is.
pub const HEIGHT: f64 = 120.0;
/// What the highest value leaves free at the upper edge, so that its stroke is drawn whole.
const MARGIN: f64 = 4.0;

/// The outline of bars, each as high as its count is to the highest.
pub fn bars(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = WIDTH / counts.len().max(1) as f64;
    let mut path = String::new();
    for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // One among millions is still to be seen.
        let height = (*count as f64 / most * (HEIGHT - MARGIN)).max(1.5);
        let (x, y) = (at as f64 * width, HEIGHT - height);
        let _ = write!(path, "M{x:.1} {HEIGHT}V{y:.1}h{:.1}V{HEIGHT}z", (width - 1.0).max(1.0));
    }
    path
}

/// The grid behind bars: at the highest and at half of it, and at the beginning, the middle and the end.
pub fn ticks() -> String {
    let (half, middle) = (HEIGHT - (HEIGHT - MARGIN) / 2.0, WIDTH / 2.0);
    format!("M0 {MARGIN}H{WIDTH}M0 {half}H{WIDTH}M0 0V{HEIGHT}M{middle} 0V{HEIGHT}M{WIDTH} 0V{HEIGHT}")
}

/// A line through points on a field that reaches from 0 to `right` and from 0 to `top`.
pub fn line(points: impl IntoIterator<Item = (f64, f64)>, right: f64, top: f64) -> String {
    broken_line(points.into_iter().map(Some), right, top)
}

/// The same with a gap where there is no point.
pub fn broken_line(points: impl IntoIterator<Item = Option<(f64, f64)>>, right: f64, top: f64) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for point in points {
        let point = point.filter(|(x, y)| x.is_finite() && y.is_finite());
        if let Some((x, y)) = point {
            let (x, y) = place(x, y, right, top);
            // A point between two gaps is a stroke of no length, which round caps show as a dot.
            let _ = match is_drawing {
                true => write!(path, "L{x:.1} {y:.1}"),
                false => write!(path, "M{x:.1} {y:.1}h0"),
            };
        }
        is_drawing = point.is_some();
    }
    path
}

/// Where a point lies on that field.
pub fn place(x: f64, y: f64, right: f64, top: f64) -> (f64, f64) {
    let of = |value: f64, most: f64| if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    (of(x, right) * WIDTH, HEIGHT - of(y, top) * (HEIGHT - MARGIN))
}

/// A rate is taken over at least this many milliseconds. Between two points, a steady pace of 100 a second comes to 9 one
/// time and to 11 the next: that would be a zigzag.
const RATE_OVER: f64 = 1000.0;

/// How many a second, at each point over the second before it, of a count that only grows. Points are milliseconds and counts.
pub fn rates(points: &[(f64, u64)]) -> Vec<(f64, f64)> {
    let mut first = 0;
    let rate = |(at, (until, after)): (usize, &(f64, u64))| {
        // The latest point that is a whole second back; at the beginning, the first one.
        while first + 1 < at && until - points[first + 1].0 >= RATE_OVER {
            first += 1;
        }
        let (from, before) = points[first];
        let seconds = (until - from) / 1e3;
        (at > first && seconds > 0.0).then(|| (*until, after.saturating_sub(before) as f64 / seconds))
    };
    points.iter().enumerate().filter_map(rate).collect()
}

/// The field on which latencies are drawn over time.
pub struct Chart {
    from: Instant,
    until: Instant,
    /// What the upper edge stands for.
    pub highest: Duration,
}

impl Chart {
    /// A field that these points fit on and that reaches until `now`; none without a point.
    pub fn of(points: &[TrendPoint], now: Instant) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let highest = points.iter().map(|point| point.max).max()?.max(Duration::from_micros(1));
        Some(Self { from: first.from, until: now.max(last.from + last.width), highest })
    }

    /// How long the field is.
    pub fn lasts(&self) -> Duration {
        self.until - self.from
    }

    fn x(&self, at: Instant) -> f64 {
        let whole = (self.until - self.from).as_secs_f64().max(1e-9);
        (at - self.from).as_secs_f64() / whole * WIDTH
    }

    fn y(&self, took: Duration) -> f64 {
        HEIGHT - took.as_secs_f64() / self.highest.as_secs_f64() * (HEIGHT - MARGIN)
    }

    /// Where a point's slot begins, and how wide it is.
    pub fn span(&self, point: &TrendPoint) -> (f64, f64) {
        let x = self.x(point.from);
        (x, self.x(point.from + point.width) - x)
    }

    /// The line of one figure; it breaks where nothing was measured.
    pub fn line(&self, points: &[TrendPoint], of: impl Fn(&TrendPoint) -> Duration) -> String {
        let mut path = String::new();
        let mut ends = None;
        for point in points {
            let (x, width) = self.span(point);
            let y = self.y(of(point));
            let pen = if ends == Some(point.from) { 'L' } else { 'M' };
            let _ = write!(path, "{pen}{x:.1} {y:.1}h{width:.1}");
            ends = Some(point.from + point.width);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: u64, millis: u64) -> TrendPoint {
        let took = Duration::from_millis(millis);
        TrendPoint {
            from: Instant::from_nanos(second * 1_000_000_000),
            width: Duration::from_secs(1),
            count: 1,
            tainted: 0,
            p50: took,
            p95: took,
            p99: took,
            max: took,
        }
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        assert_eq!(bars(&[0, 2]), "M300.0 120V4.0h299.0V120z");
        assert_eq!(bars(&[]), "");
        assert!(bars(&[1, 1_000_000]).contains("V118.5"), "one is still to be seen");
    }

    #[test]
    fn a_line_stays_on_its_field_whatever_the_numbers_are() {
        assert_eq!(
            line([(0.0, 0.0), (5.0, 10.0), (10.0, 99.0)], 10.0, 10.0),
            "M0.0 120.0h0L300.0 4.0L600.0 4.0"
        );
        assert_eq!(line([(0.0, 0.0)], 0.0, 0.0), "M0.0 120.0h0");
        assert_eq!(line([], 1.0, 1.0), "");
    }

    #[test]
    fn a_line_has_gaps_where_nothing_is_known() {
        let points = [Some((0.5, 0.0)), Some((1.5, 10.0)), None, Some((3.5, 5.0)), Some((3.9, f64::NAN))];
        assert_eq!(broken_line(points, 4.0, 10.0), "M75.0 120.0h0L225.0 4.0M525.0 62.0h0");
    }

    #[test]
    fn a_rate_is_the_growth_of_the_second_before() {
        assert_eq!(rates(&[(0.0, 0), (100.0, 5), (500.0, 5)]), [(100.0, 50.0), (500.0, 10.0)]);
        assert_eq!(
            rates(&[(0.0, 0), (1000.0, 100), (1500.0, 100), (2000.0, 100), (2500.0, 100)])[3],
            (2500.0, 0.0)
        );
        assert_eq!(rates(&[(0.0, 7)]), []);
        assert_eq!(rates(&[(0.0, 7), (0.0, 9)]), []);
    }

    #[test]
    fn a_steady_pace_is_drawn_as_a_line_whatever_the_intervals_are() {
        // 100 a second, looked at about ten times a second, a bit early and a bit late.
        let at = |i: u64| i as f64 * 100.0 + [0.0, 23.0, -18.0, 7.0, -25.0][i as usize % 5];
        let points: Vec<_> = (0..100).map(|i| (at(i), (at(i) / 10.0) as u64)).collect();
        for (when, rate) in rates(&points).into_iter().filter(|(when, _)| *when >= 1000.0) {
            assert!((98.0..=102.0).contains(&rate), "{rate} a second at {when} ms");
        }
    }

    #[test]
    fn the_line_spans_the_field_and_breaks_where_nothing_was() {
        let points = [point(0, 1), point(1, 2), point(3, 4)];
        let chart = Chart::of(&points, Instant::ORIGIN).expect("points");
        assert_eq!(chart.lasts(), Duration::from_secs(4));
        assert_eq!(chart.line(&points, |p| p.p50), "M0.0 91.0h150.0L150.0 62.0h150.0M450.0 4.0h150.0");
        assert!(Chart::of(&[], Instant::ORIGIN).is_none());
    }

    #[test]
    fn time_runs_on_when_nothing_comes() {
        let points = [point(0, 1), point(1, 2)];
        let chart = Chart::of(&points, Instant::from_nanos(27_000_000_000)).expect("points");
        assert_eq!(chart.lasts(), Duration::from_secs(27));
        assert_eq!(chart.span(&points[1]).0.round(), 22.0, "what came is where it was, far from now");
    }
}
