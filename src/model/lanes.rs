//! The timeline in lanes, one for each connection: where lines between rows run.
//!
//! Pure numbers. One rule: a line keeps to the lanes and to the borders between rows, so that it never crosses a text.
//! Across, a lane is [`LANE`] units wide whatever its width in pixels; down, a unit is a pixel.

use std::fmt::Write as _;
use std::time::Duration;

use super::viewport::ROW;

/// Units across a lane; the style sheet has the same share of it for the marks.
pub const LANE: f64 = 100.0;
/// Where in a lane its marks stand.
pub const MARK: f64 = 12.0;
/// How far an arc between neighbouring rows swings out, for each row more, and at most.
const SWING: (f64, f64, f64) = (3.0, 0.5, 8.0);
/// A round corner across and down.
const CORNER: (f64, f64) = (2.5, 6.0);
/// A line from further away than this comes from beyond the edge all the same.
const FURTHEST: f64 = 4_000.0;
/// As far as a band goes; the list cuts it.
const BAND: f64 = 100_000.0;
/// Silence from here on is drawn as a break.
const BREAK: Duration = Duration::from_secs(2);

/// What a row reports, by the colour of its mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A message that was sent.
    Sent,
    /// A message that came.
    Received,
    /// What happened to the connection.
    #[default]
    Life,
    /// What is wrong.
    Wrong,
}

/// A row of the timeline as lines see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// Its place in the list.
    pub position: u64,
    /// Its lane.
    pub lane: usize,
    /// What it reports.
    pub tone: Tone,
    /// The message that it comes from: the position, and the lane.
    pub origin: Option<(u64, usize)>,
    /// The position of its answer.
    pub answer: Option<u64>,
}

/// Lines, as paths of a drawing whose upper edge is that of the first row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// From questions to their answers.
    pub answers: String,
    /// From a sent message to the lanes where it arrives.
    pub arrivals: String,
    /// The same to what is wrong.
    pub wrong: String,
    /// Every second row of the list, so that the eye finds the time of a row.
    pub bands: String,
    /// The marks, by their tones.
    pub marks: [String; 4],
}

/// The lines between rows that stand without a gap.
pub fn lines(marks: &[Mark]) -> Lines {
    let mut lines = Lines::default();
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return lines };
    let down = |position: u64| {
        let rows = position as f64 - first.position as f64;
        ((rows + 0.5) * ROW).clamp(-FURTHEST, FURTHEST)
    };
    for mark in marks {
        let (x, y) = (across(mark.lane), down(mark.position));
        if mark.position % 2 == 0 {
            let _ = write!(lines.bands, "M-{LANE:.0} {y:.1}H{BAND:.0}");
        }
        // A line without a length and with round ends is a point, however wide the lanes are.
        let _ = write!(lines.marks[mark.tone as usize], "M{x:.1} {y:.1}h0");
        if let Some((position, lane)) = mark.origin {
            let path = match (mark.tone == Tone::Wrong, lane == mark.lane) {
                (true, _) => &mut lines.wrong,
                (false, true) => &mut lines.answers,
                (false, false) => &mut lines.arrivals,
            };
            match lane == mark.lane {
                true => arc(path, x, down(position), y),
                false => crossing(path, (across(lane), down(position)), (x, y)),
            }
        }
        // An answer among the rows draws its own line.
        if let Some(answer) = mark.answer.filter(|answer| *answer > last.position) {
            arc(&mut lines.answers, x, y, down(answer));
        }
    }
    lines
}

/// A line down each lane.
pub fn rails(lanes: usize, height: f64) -> String {
    (0..lanes).fold(String::new(), |mut path, lane| {
        let _ = write!(path, "M{:.1} 0V{height:.1}", across(lane));
        path
    })
}

fn across(lane: usize) -> f64 {
    lane as f64 * LANE + MARK
}

/// Beside the lane: from the question down to its answer.
fn arc(path: &mut String, x: f64, from: f64, to: f64) {
    let (least, more, most) = SWING;
    let out = x - (least + (to - from) / ROW * more).min(most);
    let turn = (to - from).min(ROW);
    let (upper, lower) = (from + turn / 2.0, to - turn / 2.0);
    let _ = write!(
        path,
        "M{x:.1} {from:.1}C{out:.1} {from:.1} {out:.1} {from:.1} {out:.1} {upper:.1}L{out:.1} {lower:.1}C{out:.1} {to:.1} {out:.1} {to:.1} {x:.1} {to:.1}"
    );
}

/// Down to the border below the row of the sender, across on it, and down the other lane.
fn crossing(path: &mut String, (from_x, from_y): (f64, f64), (x, y): (f64, f64)) {
    let border = from_y + ROW / 2.0;
    let side = if x > from_x { CORNER.0 } else { -CORNER.0 };
    let bend = border + CORNER.1.min(y - border);
    let _ = write!(
        path,
        "M{from_x:.1} {from_y:.1}L{from_x:.1} {:.1}Q{from_x:.1} {border:.1} {:.1} {border:.1}L{:.1} {border:.1}Q{x:.1} {border:.1} {x:.1} {bend:.1}L{x:.1} {y:.1}",
        border - CORNER.1,
        from_x + side,
        x - side,
    );
}

/// How long nothing happened before a row, where that is drawn as a break.
pub fn silence(delta: Option<Duration>) -> Option<Duration> {
    delta.filter(|delta| *delta >= BREAK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(position: u64, lane: usize) -> Mark {
        Mark { position, lane, ..Mark::default() }
    }

    /// The numbers of a path, in pairs.
    fn points(path: &str) -> Vec<(f64, f64)> {
        let numbers: Vec<f64> = path
            .split(|it: char| it.is_ascii_alphabetic() || it == ' ')
            .filter(|it| !it.is_empty())
            .map(|it| it.parse().expect("a number"))
            .collect();
        numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    #[test]
    fn an_answer_is_joined_to_its_question_beside_their_lane() {
        let answer = Mark { origin: Some((10, 1)), ..mark(13, 1) };
        let lines = lines(&[mark(10, 1), mark(11, 0), mark(12, 0), answer]);
        let points = points(&lines.answers);
        assert_eq!(points.first(), Some(&(112.0, 11.0)), "the middle of the first row");
        assert_eq!(points.last(), Some(&(112.0, 77.0)), "three rows further down");
        assert!(points.iter().all(|(x, y)| (104.0..=112.0).contains(x) && (11.0..=77.0).contains(y)));
        assert_eq!((lines.arrivals, lines.wrong), (String::new(), String::new()));
    }

    #[test]
    fn a_message_that_arrives_elsewhere_runs_between_rows_and_down_the_other_lane() {
        let arrived = |position, lane| Mark { origin: Some((4, 1)), ..mark(position, lane) };
        let wrong = Mark { tone: Tone::Wrong, ..arrived(7, 3) };
        let lines = lines(&[mark(4, 1), arrived(5, 0), arrived(6, 2), wrong]);
        let of_others = points(&lines.arrivals);
        assert_eq!((of_others[0], of_others.last().copied()), ((112.0, 11.0), Some((212.0, 55.0))));
        let wrong = points(&lines.wrong);
        assert_eq!((wrong[0], wrong.last().copied()), ((112.0, 11.0), Some((312.0, 77.0))));
        // Texts stand at the middle of rows: there a line is in a lane.
        for (x, y) in of_others.into_iter().chain(wrong) {
            let is_in_lane = (x - MARK) % LANE == 0.0;
            assert!(is_in_lane || y % ROW == 0.0, "{x} {y} is neither in a lane nor between rows");
        }
    }

    #[test]
    fn a_line_from_or_to_beyond_the_rows_ends_outside_of_them() {
        let below = Mark { answer: Some(900), ..mark(500, 0) };
        let above = Mark { origin: Some((2, 0)), ..mark(501, 0) };
        let among = Mark { answer: Some(501), ..mark(500, 0) };
        let lower = points(&lines(&[below, above.clone()]).answers);
        assert!(lower.iter().any(|(_, y)| *y > 44.0) && lower.iter().any(|(_, y)| *y < 0.0), "{lower:?}");
        let one = lines(&[among, above]).answers;
        assert_eq!(one.matches('M').count(), 1, "an answer among the rows has one line, its own");
    }

    #[test]
    fn every_row_has_one_mark_in_its_lane_by_what_it_reports() {
        let of = |position, lane, tone| Mark { tone, ..mark(position, lane) };
        let rows =
            [of(7, 0, Tone::Sent), of(8, 2, Tone::Received), of(9, 1, Tone::Wrong), of(10, 0, Tone::Life)];
        let marks = ["M12.0 11.0h0", "M212.0 33.0h0", "M12.0 77.0h0", "M112.0 55.0h0"];
        assert_eq!(lines(&rows).marks, marks);
        assert_eq!(rails(2, 44.0), "M12.0 0V44.0M112.0 0V44.0");
    }

    #[test]
    fn only_a_silence_of_seconds_is_a_break() {
        let silence = |millis| silence(Some(Duration::from_millis(millis))).is_some();
        assert_eq!([silence(0), silence(1999), silence(2000)], [false, false, true]);
    }
}
