//! Bytes in base64, as mails have them: 76 letters a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rows::Rows;
use super::{Pages, TextLine, Tone, View};

/// Bytes that make 76 letters.
const ROW: usize = 57;

/// The view.
pub(super) struct Base64;

impl View for Base64 {
    fn name(&self) -> &'static str {
        "base64"
    }

    fn title(&self) -> &'static str {
        "Base64"
    }

    fn suits(&self, _is_text: bool, _bytes: &[u8]) -> Option<u8> {
        Some(0)
    }

    fn open(&self, bytes: &[u8]) -> Box<dyn Pages> {
        Box::new(Rows { len: bytes.len(), bytes_a_row: ROW, line })
    }
}

fn line(_offset: usize, row: &[u8]) -> TextLine {
    let mut line = TextLine::default();
    line.push(Tone::Plain, &STANDARD.encode(row));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_together_are_the_whole() {
        let bytes: Vec<u8> = (0..=255).collect();
        let lines = Base64.open(&bytes).read(&bytes, 0, 100);
        assert!(lines.iter().all(|line| line.text().len() <= 76));
        assert_eq!(lines.iter().map(TextLine::text).collect::<String>(), STANDARD.encode(&bytes));
    }
}
