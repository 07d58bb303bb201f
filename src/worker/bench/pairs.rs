//! Which frame answers which.
//!
//! Owns the numbers of both, in the order of the answers, for as long as the log holds the answer. It refuses to judge what
//! an answer is: the pairing does.

use std::collections::VecDeque;

/// Two numbers for each answer; older ones go.
const MOST: usize = 1 << 18;
/// Answers after a question that are looked at where many questions are asked for.
const NEXT: usize = 256;

/// Questions and their answers.
#[derive(Default)]
pub(super) struct Pairs {
    /// Answer and question. Answers come in the order of the log.
    all: VecDeque<(u64, u64)>,
    /// A question whose answer is waited for, and that answer.
    watched: Option<u64>,
    came: Option<u64>,
}

impl Pairs {
    /// A frame that is about to be logged answers another.
    pub fn answered(&mut self, question: u64, answer: u64) {
        if self.all.len() >= MOST {
            self.all.pop_front();
        }
        self.all.push_back((answer, question));
        if self.watched == Some(question) {
            (self.watched, self.came) = (None, Some(answer));
        }
    }

    /// These frames answer others, as was found out later, and none of those before does any more. Both are in the order of the log.
    pub fn replace(&mut self, before: &[u64], found: &[(u64, u64)]) {
        self.all.retain(|(answer, _)| before.binary_search(answer).is_err());
        self.all.extend(found);
        self.all.make_contiguous().sort_unstable();
        while self.all.len() > MOST {
            self.all.pop_front();
        }
    }

    /// Looks out for the answer to a question, and no longer for another.
    pub fn watch(&mut self, question: Option<u64>) {
        (self.watched, self.came) = (question, None);
    }

    /// The answer that was looked out for, once it has come.
    pub fn came(&mut self) -> Option<u64> {
        self.came.take()
    }

    /// What a frame answers.
    pub fn question_of(&self, answer: u64) -> Option<u64> {
        let at = self.all.binary_search_by_key(&answer, |(answer, _)| *answer).ok()?;
        Some(self.all[at].1)
    }

    /// What answers a frame, if that is among the next answers. A message without an answer costs no more.
    pub fn early_answer_to(&self, question: u64) -> Option<u64> {
        let from = self.all.partition_point(|(answer, _)| *answer <= question);
        let next = self.all.range(from..).take(NEXT);
        next.into_iter().find(|(_, of)| *of == question).map(|(answer, _)| *answer)
    }

    /// What answers a frame.
    pub fn answer_to(&self, question: u64) -> Option<u64> {
        // An answer stands after its question, and mostly soon after.
        let from = self.all.partition_point(|(answer, _)| *answer <= question);
        self.all.range(from..).find(|(_, of)| *of == question).map(|(answer, _)| *answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_finds_its_answer_and_an_answer_its_question() {
        let mut pairs = Pairs::default();
        for (question, answer) in [(3, 7), (5, 8), (4, 12)] {
            pairs.answered(question, answer);
        }
        assert_eq!([7, 8, 12, 9].map(|it| pairs.question_of(it)), [Some(3), Some(5), Some(4), None]);
        assert_eq!([3, 5, 4, 6].map(|it| pairs.answer_to(it)), [Some(7), Some(8), Some(12), None]);
        pairs.replace(&[7, 9], &[(9, 6)]);
        assert_eq!((pairs.question_of(9), pairs.answer_to(6)), (Some(6), Some(9)));
        assert_eq!((pairs.question_of(7), pairs.question_of(8)), (None, Some(5)), "an old pair is gone");
        for number in 0..MOST as u64 {
            pairs.answered(100, 20 + number);
        }
        assert_eq!(pairs.question_of(7), None, "the oldest are forgotten");
    }
}
