//! From a byte to its line and column.

use crate::suite::model::Position;

/// A place is remembered at fixed distances in bytes, because a whole suite may be on one line.
const STRIDE: usize = 1024;

/// Where lines begin, roughly.
pub(super) struct Lines {
    /// The position of the first character that begins at or after each multiple of [`STRIDE`], and its byte.
    marks: Vec<(usize, Position)>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut place = Position { line: 1, column: 1 };
        for (at, c) in text.char_indices() {
            if at >= marks.len() * STRIDE {
                marks.push((at, place));
            }
            advance(&mut place, c);
        }
        Self { marks }
    }

    pub(super) fn position(&self, text: &str, at: usize) -> Position {
        let before = self.marks.partition_point(|(mark, _)| *mark <= at);
        let (mut from, mut place) = match before.checked_sub(1) {
            Some(last) => self.marks[last],
            None => (0, Position { line: 1, column: 1 }),
        };
        for c in text[from..].chars() {
            if from + c.len_utf8() > at {
                break;
            }
            from += c.len_utf8();
            advance(&mut place, c);
        }
        place
    }
}

fn advance(place: &mut Position, c: char) {
    if c == '\n' {
        *place = Position { line: place.line + 1, column: 1 };
    } else {
        place.column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, at: usize, line: u32, column: u32) {
        assert_eq!(Lines::of(text).position(text, at), Position { line, column });
    }

    #[test]
    fn columns_are_characters() {
        check("", 0, 1, 1);
        check("abc", 2, 1, 3);
        check("é😀x", 6, 1, 3);
        check("a\nb\r\nc", 5, 3, 1);
        check("ab", 9, 1, 3);
    }

    #[test]
    fn a_long_line_is_as_one_counts() {
        let text = format!("{}\n{}x", "é".repeat(5000), "a😀".repeat(3000));
        for (i, (at, c)) in text.char_indices().enumerate() {
            let (line, column) = if i <= 5000 { (1, i + 1) } else { (2, i - 5000) };
            if i % 97 == 0 || c == 'x' {
                check(&text, at, line, column as u32);
            }
        }
    }
}
