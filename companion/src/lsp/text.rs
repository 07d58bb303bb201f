//! The text of a document, and its places as an editor counts them: lines, and UTF-16 code units in them.

use lsp_types::{Position, Range};

/// What every suite says of itself.
const SIGN: &str = "\"sockscope\"";

/// A document as the editor has it.
pub struct Document {
    pub text: String,
    pub version: Option<i32>,
    /// Whether its mistakes have not been told yet.
    pub is_new: bool,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

impl Document {
    pub fn new(text: String, version: Option<i32>) -> Self {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { text, version, is_new: true, lines }
    }

    /// Whether it is a suite, or may become one; an editor sends all its JSON files.
    pub fn is_suite(&self) -> bool {
        self.text.contains(SIGN) || self.text.trim().is_empty()
    }

    /// Whether its mistakes may depend on other files.
    pub fn names_files(&self) -> bool {
        ["\"import\"", "\"file\""].iter().any(|key| self.text.contains(key))
    }

    /// The byte of a place; the end of the line where that is shorter.
    pub fn byte(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(&start) = self.lines.get(line) else { return self.text.len() };
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let mut units = 0;
        for (at, c) in self.text[start..end].char_indices() {
            if units >= position.character {
                return start + at;
            }
            units += c.len_utf16() as u32;
        }
        end
    }

    /// The place of a byte, which is the start of a character.
    pub fn position(&self, byte: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= byte) - 1;
        let before = &self.text[self.lines[line]..byte];
        Position::new(line as u32, units(before))
    }

    /// The place of a line and a column in characters, both from 1.
    pub fn place(&self, line: u32, column: u32) -> Position {
        let line = line.saturating_sub(1);
        let start = self.lines.get(line as usize).copied().unwrap_or(self.text.len());
        let rest = &self.text[start..];
        let end = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
        Position::new(line, units(&rest[..end]))
    }

    pub fn range(&self, from: usize, to: usize) -> Range {
        Range::new(self.position(from), self.position(to))
    }
}

fn units(text: &str) -> u32 {
    text.chars().map(|c| c.len_utf16() as u32).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_utf_16_as_editors_do() {
        let document = Document::new("a😀é\nb\n".to_owned(), None);
        for (byte, line, character) in [(0, 0, 0), (1, 0, 1), (5, 0, 3), (7, 0, 4), (8, 1, 0), (10, 2, 0)] {
            let position = Position::new(line, character);
            assert_eq!(document.position(byte), position);
            assert_eq!(document.byte(position), byte);
        }
        assert_eq!(document.place(1, 3), Position::new(0, 3), "columns of mistakes are characters");
        assert_eq!(document.byte(Position::new(0, 99)), 7, "beyond the end of a line is its end");
        assert_eq!(document.byte(Position::new(9, 0)), 10);
    }
}
