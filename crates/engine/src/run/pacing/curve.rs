//! A quantity that changes over time: straight lines from the end of one stage to the end of the next.
//!
//! Owns when a count that grows at such a rate reaches a number, and when the quantity is above a level. It refuses to know what is
//! counted. Every shard computes the same curve, so that together they do what one does alone.

use std::time::Duration;

/// What is as near as this to the end of a stage is at its end.
const NEAR: f64 = 1e-9;

/// One straight line: how long, from where, to where.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    /// In seconds; zero where the quantity jumps.
    seconds: f64,
    from: f64,
    to: f64,
}

impl Line {
    fn area(self) -> f64 {
        self.seconds * (self.from + self.to) / 2.0
    }

    fn slope(self) -> f64 {
        if self.seconds > 0.0 { (self.to - self.from) / self.seconds } else { 0.0 }
    }
}

/// A quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    lines: Vec<Line>,
}

impl Curve {
    /// Each stage with how long it takes and where it ends; it stays where it was when it says nothing. The curve begins at 0.
    pub fn new(stages: impl IntoIterator<Item = (Duration, Option<f64>)>) -> Self {
        let mut now = 0.0;
        let line = |(lasting, to): (Duration, Option<f64>)| {
            let (from, to) = (now, to.unwrap_or(now));
            now = to;
            Line { seconds: lasting.as_secs_f64(), from, to }
        };
        Self { lines: stages.into_iter().map(line).collect() }
    }

    /// Where it is this long after the beginning; at a jump, where it jumps to.
    pub fn at(&self, after: Duration) -> f64 {
        let mut left = after.as_secs_f64();
        let mut at = 0.0;
        for line in &self.lines {
            if left < line.seconds {
                return line.from + line.slope() * left;
            }
            left -= line.seconds;
            at = line.to;
        }
        at
    }

    /// The highest that it gets.
    pub fn highest(&self) -> f64 {
        self.lines.iter().flat_map(|line| [line.from, line.to]).fold(0.0, f64::max)
    }

    /// The moment after which more than `count` have come, where the curve is a rate; none when it never gets that far.
    pub fn when(&self, count: f64) -> Option<Duration> {
        let (mut before, mut left) = (0.0, count);
        for line in &self.lines {
            let area = line.area();
            if area > 0.0 && left < area - NEAR * area.max(1.0) {
                let left = left.max(0.0);
                let root = (line.from * line.from + 2.0 * line.slope() * left).max(0.0).sqrt();
                let speed = line.from + root;
                let within = if speed > 0.0 { 2.0 * left / speed } else { 0.0 };
                return Some(Duration::from_secs_f64(before + within.min(line.seconds)));
            }
            left -= area;
            before += line.seconds;
        }
        None
    }

    /// From when to when it is above a level.
    pub fn above(&self, level: f64) -> Vec<(Duration, Duration)> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        let mut before = 0.0;
        for line in &self.lines {
            let crossing = || before + (level - line.from) / line.slope();
            let end = before + line.seconds;
            let span = match (line.from > level, line.to > level) {
                (true, true) => Some((before, end)),
                (false, true) => Some((crossing(), end)),
                (true, false) => Some((before, crossing())),
                (false, false) => None,
            };
            if let Some((from, to)) = span.filter(|_| line.seconds > 0.0).filter(|(from, to)| from < to) {
                match spans.last_mut() {
                    Some((_, last)) if from - *last <= NEAR => *last = to,
                    _ => spans.push((from, to)),
                }
            }
            before = end;
        }
        spans
            .into_iter()
            .map(|(from, to)| (Duration::from_secs_f64(from), Duration::from_secs_f64(to)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(stages: &[(u64, Option<f64>)]) -> Curve {
        Curve::new(stages.iter().map(|(seconds, to)| (Duration::from_secs(*seconds), *to)))
    }

    fn all(curve: &Curve) -> Vec<u64> {
        let millis = |when: Duration| (when.as_secs_f64() * 1e3).round() as u64;
        (0..).map_while(|count| curve.when(f64::from(count))).map(millis).collect()
    }

    #[test]
    fn a_steady_rate_comes_evenly_and_stops_before_its_end() {
        let steady = curve(&[(0, Some(10.0)), (1, None)]);
        assert_eq!(all(&steady), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    }

    #[test]
    fn a_growing_rate_comes_ever_faster() {
        let growing = curve(&[(4, Some(2.0))]);
        assert_eq!(all(&growing), [0, 2000, 2828, 3464]);
        let falling = curve(&[(0, Some(2.0)), (4, Some(0.0))]);
        assert_eq!(all(&falling), [0, 536, 1172, 2000]);
    }

    #[test]
    fn nothing_comes_while_the_rate_is_zero() {
        let late = curve(&[(5, None), (0, Some(1.0)), (2, None), (3, Some(0.0)), (1, None)]);
        assert_eq!(all(&late), [5000, 6000, 7000, 8268]);
        assert_eq!(all(&curve(&[(5, Some(0.0))])), Vec::<u64>::new());
    }

    #[test]
    fn it_is_where_the_stages_say() {
        let up_and_down = curve(&[(10, Some(100.0)), (5, None), (0, Some(40.0)), (4, Some(0.0))]);
        let at = |seconds: f64| up_and_down.at(Duration::from_secs_f64(seconds));
        assert_eq!(
            [at(0.0), at(5.0), at(10.0), at(14.9), at(15.0), at(17.0), at(30.0)],
            [0.0, 50.0, 100.0, 100.0, 40.0, 20.0, 0.0]
        );
        assert_eq!(up_and_down.highest(), 100.0);
    }

    #[test]
    fn a_client_is_there_while_the_curve_is_above_it() {
        let twice = curve(&[
            (10, Some(10.0)),
            (5, None),
            (10, Some(0.0)),
            (10, Some(10.0)),
            (0, Some(0.0)),
            (5, None),
        ]);
        let above = |level: f64| -> Vec<(u64, u64)> {
            twice.above(level).into_iter().map(|(from, to)| (from.as_secs(), to.as_secs())).collect()
        };
        assert_eq!(above(0.0), [(0, 35)], "it touches the level and goes on");
        assert_eq!(above(5.0), [(5, 20), (30, 35)]);
        assert_eq!(above(10.0), []);
    }
}
