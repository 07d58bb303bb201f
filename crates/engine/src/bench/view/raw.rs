//! Plain text, line by line; invisible characters are shown as escapes.

use super::flow::{Cursor, Flow, piece, text};
use super::{Pages, TextLine, Tone, View};
use crate::base::payload::{escape, is_hidden};

/// Bytes of a line before it is continued on the next.
const WRAP: usize = 600;

/// The view.
pub(super) struct Raw;

impl View for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn title(&self) -> &'static str {
        "Raw"
    }

    fn suits(&self, is_text: bool, bytes: &[u8]) -> Option<u8> {
        match is_text {
            true => Some(2),
            false => (!bytes.is_empty() && std::str::from_utf8(bytes).is_ok()).then_some(1),
        }
    }

    fn open(&self, _bytes: &[u8]) -> Box<dyn Pages> {
        Box::new(Flow::from(Lines { at: 0, is_torn: false }))
    }
}

#[derive(Clone)]
struct Lines {
    at: usize,
    /// The line above was too long.
    is_torn: bool,
}

impl Cursor for Lines {
    fn offset(&self) -> usize {
        self.at
    }

    fn line(&mut self, bytes: &[u8], out: Option<&mut TextLine>) -> bool {
        if self.at >= bytes.len() {
            return false;
        }
        let limit = piece(bytes, self.at, WRAP);
        let newline = bytes[self.at..limit].iter().position(|byte| *byte == b'\n');
        let end = newline.map_or(limit, |length| self.at + length);
        if let Some(line) = out {
            line.is_continued = self.is_torn;
            show(line, &text(&bytes[self.at..end]));
        }
        self.at = end + usize::from(newline.is_some());
        self.is_torn = newline.is_none();
        true
    }
}

/// Puts escapes for characters that show nothing, in a soft colour. A tab is as wide as it is.
fn show(line: &mut TextLine, shown: &str) {
    let mut plain = 0;
    for (at, c) in shown.char_indices().filter(|(_, c)| is_hidden(*c) && *c != '\t') {
        if at > plain {
            line.push(Tone::Plain, &shown[plain..at]);
        }
        let mut sign = String::new();
        escape(c, &mut sign);
        line.push(Tone::Faint, &sign);
        plain = at + c.len_utf8();
    }
    if plain < shown.len() {
        line.push(Tone::Plain, &shown[plain..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &[u8]) -> Vec<String> {
        let mut pages = Raw.open(content);
        while !pages.advance(content, &mut || true) {}
        pages.read(content, 0, usize::MAX).iter().map(TextLine::text).collect()
    }

    #[test]
    fn lines_are_as_written() {
        assert_eq!(lines(b"a\n\nb"), ["a", "", "b"]);
        assert_eq!(lines(b"a\n"), ["a"]);
        assert_eq!(lines(b""), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_seen_has_a_sign() {
        assert_eq!(lines(b"a\0b\r\n\tc\x7f"), ["a\\u0000b\\r", "\tc\\u007f"]);
    }

    #[test]
    fn an_endless_line_is_continued_between_characters() {
        let content = "😀".repeat(1000);
        let shown = lines(content.as_bytes());
        assert!(shown.len() > 6 && !shown.concat().contains('\u{fffd}'));
        assert_eq!(shown.concat(), content);
    }
}
