//! Which frame answers which, as far as a file says it: it has the round trip of an answer, and so when its question went out.
//!
//! Owns the moments of the questions. It refuses to know how replies are recognised: who recorded them knew.

use std::collections::BTreeMap;

use crate::FrameLog;

/// Questions, and the answers that were found.
#[derive(Default)]
pub struct Asked {
    /// Of each connection its questions in the order of their moments, which is that of the log.
    asked: BTreeMap<u32, Vec<Question>>,
    /// Questions that are older than one before them in the log, as in files that were joined.
    late: BTreeMap<(u32, u64), u64>,
    /// Answers and their questions, in the order of the answers.
    pub pairs: Vec<(u64, u64)>,
    next: u64,
}

struct Question {
    micros: u64,
    number: u64,
}

impl Asked {
    /// Looks at the frames that are new.
    pub fn look(&mut self, log: &FrameLog) {
        for frame in log.from(self.next) {
            let micros = frame.at.as_nanos() / 1000;
            if frame.kind.is_sent() {
                let asked = self.asked.entry(frame.connection).or_default();
                match asked.last() {
                    Some(last) if last.micros > micros => {
                        self.late.insert((frame.connection, micros), frame.number);
                    }
                    _ => asked.push(Question { micros, number: frame.number }),
                }
            } else if let Some(took) = frame.round_trip {
                let at = micros.saturating_sub(took.as_micros() as u64);
                // Both times were cut to microseconds.
                let near = [at, at.saturating_sub(1), at + 1];
                let question = near.iter().find_map(|at| self.question(frame.connection, *at));
                self.pairs.extend(question.map(|question| (frame.number, question)));
            }
        }
        self.next = log.total();
    }

    /// The newest question of this moment.
    fn question(&self, connection: u32, micros: u64) -> Option<u64> {
        if let Some(late) = self.late.get(&(connection, micros)) {
            return Some(*late);
        }
        let asked = self.asked.get(&connection)?;
        let after = asked.partition_point(|question| question.micros <= micros);
        asked[..after].last().filter(|question| question.micros == micros).map(|question| question.number)
    }

    /// Those of a whole log.
    pub fn of(log: &FrameLog) -> Vec<(u64, u64)> {
        let mut asked = Self::default();
        asked.look(log);
        asked.pairs
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Entry, FrameKind, Instant};

    #[test]
    fn an_answer_finds_its_question_by_when_that_went_out_also_in_parts() {
        let mut log = FrameLog::with_budget(1 << 20);
        let mut parts = Asked::default();
        let mut push = |connection, micros: u64, took: Option<u64>| {
            let kind = if took.is_some() { FrameKind::ReceivedText } else { FrameKind::SentText };
            let (at, round_trip) = (Instant::from_nanos(micros * 1000), took.map(Duration::from_micros));
            log.push(Entry { at, connection, kind, bytes: b"", round_trip, is_tainted: false });
            parts.look(&log);
            (Asked::of(&log), parts.pairs.clone())
        };
        push(1, 10, None);
        push(2, 10, None);
        push(1, 20, None);
        push(2, 35, Some(25));
        push(1, 40, Some(20));
        push(1, 41, Some(30));
        let (whole, parts) = push(1, 50, Some(7));
        let expected = [(3, 1), (4, 2), (5, 0)];
        assert_eq!(parts, expected, "a microsecond is cut off, and one has no question");
        assert_eq!(whole, expected);
    }

    #[test]
    fn a_question_of_a_recording_that_was_joined_to_another_one_is_the_newest_of_its_moment() {
        let mut log = FrameLog::with_budget(1 << 20);
        for (micros, took) in [
            (10, None),
            (20, Some(10)),
            (30, None),
            (10, None),
            (12, None),
            (20, Some(10)),
            (22, Some(10)),
            (40, Some(10)),
        ] {
            let kind = if took.is_some() { FrameKind::ReceivedText } else { FrameKind::SentText };
            let (at, round_trip) = (Instant::from_nanos(micros * 1000), took.map(Duration::from_micros));
            log.push(Entry { at, connection: 1, kind, bytes: b"", round_trip, is_tainted: false });
        }
        assert_eq!(Asked::of(&log), [(1, 0), (5, 3), (6, 4), (7, 2)]);
    }
}
