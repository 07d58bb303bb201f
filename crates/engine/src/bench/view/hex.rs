//! Bytes: the offset, sixteen of them, and the printable ones as letters.

use super::rows::Rows;
use super::{Pages, TextLine, Tone, View};

const ROW: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The view.
pub(super) struct Hex;

impl View for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn title(&self) -> &'static str {
        "Hex"
    }

    fn suits(&self, is_text: bool, _bytes: &[u8]) -> Option<u8> {
        Some(if is_text { 1 } else { 2 })
    }

    fn open(&self, bytes: &[u8]) -> Box<dyn Pages> {
        Box::new(Rows { len: bytes.len(), bytes_a_row: ROW, line })
    }
}

/// One row; `offset` is that of its first byte.
fn line(offset: usize, row: &[u8]) -> TextLine {
    let digit = |value: usize| DIGITS[value & 15] as char;
    let places: String = (0..8).rev().map(|place| digit(offset >> (4 * place))).collect();
    let mut digits = String::with_capacity(3 * ROW + 3);
    for place in 0..ROW {
        digits.push_str(if place % 8 == 0 { "  " } else { " " });
        match row.get(place) {
            Some(byte) => digits.extend([digit(usize::from(byte >> 4)), digit(usize::from(*byte))]),
            None => digits.push_str("  "),
        }
    }
    let letters = row.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte as char } else { '·' });
    let letters = std::iter::once(' ').chain(std::iter::once(' ')).chain(letters).collect::<String>();
    let mut line = TextLine::default();
    line.push(Tone::Faint, &places);
    line.push(Tone::Plain, &digits);
    line.push(Tone::Text, &letters);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_offset_its_bytes_and_its_letters() {
        let bytes: Vec<u8> = (0x1c..0x3d).collect();
        let rows: Vec<_> = Hex.open(&bytes).read(&bytes, 0, 9).iter().map(TextLine::text).collect();
        assert_eq!(
            rows,
            [
                "00000000  1c 1d 1e 1f 20 21 22 23  24 25 26 27 28 29 2a 2b  ···· !\"#$%&'()*+",
                "00000010  2c 2d 2e 2f 30 31 32 33  34 35 36 37 38 39 3a 3b  ,-./0123456789:;",
                "00000020  3c                                                <",
            ]
        );
    }

    #[test]
    fn any_part_can_be_read() {
        let bytes = vec![7; 1 << 20];
        let pages = Hex.open(&bytes);
        assert_eq!(pages.lines(), 1 << 16);
        assert!(pages.read(&bytes, 65_535, 100)[0].text().starts_with("000ffff0"));
        assert_eq!(pages.read(&bytes, 65_536, 100), []);
    }
}
