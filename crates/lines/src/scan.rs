//! The pieces of a line.
//!
//! Owns how each is written. Every function goes on behind what it has read, or says none.

/// A line, and what of it is left.
pub(super) struct Scan<'a> {
    rest: &'a [u8],
}

/// More digits than a number of a page has.
const MOST_DIGITS: usize = 15;

impl<'a> Scan<'a> {
    pub fn of(line: &'a [u8]) -> Self {
        Self { rest: line }
    }

    pub fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn is_next(&mut self, word: &[u8]) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub fn word(&mut self, word: &[u8]) -> Option<()> {
        self.is_next(word).then_some(())
    }

    /// A whole number as JSON writes it.
    pub fn integer(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        let mut digits = 0;
        while let Some(byte) = self.rest.get(digits).filter(|byte| byte.is_ascii_digit()) {
            value = value.wrapping_mul(10) + u64::from(byte - b'0');
            digits += 1;
        }
        let is_plain = (1..=MOST_DIGITS).contains(&digits) && (digits == 1 || self.rest[0] != b'0');
        self.rest = &self.rest[digits..];
        is_plain.then_some(value)
    }

    /// A number of milliseconds with three digits behind the point, in microseconds.
    pub fn micros(&mut self) -> Option<u64> {
        let millis = self.integer()?;
        let (head, rest) = self.rest.split_at_checked(4)?;
        let [b'.', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] = head else { return None };
        // Twelve digits before the point and three behind it are exact in every reader.
        if millis >= 1_000_000_000_000
            || rest.first().is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'.')
        {
            return None;
        }
        self.rest = rest;
        let digit = |byte: &u8| u64::from(byte - b'0');
        Some(millis * 1000 + digit(a) * 100 + digit(b) * 10 + digit(c))
    }

    /// A text without escapes.
    pub fn plain(&mut self) -> Option<&'a str> {
        self.word(b"\"")?;
        let end = plain_length(self.rest);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.word(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    /// A text. One with escapes is written to `unescaped`.
    pub fn text(&mut self, unescaped: &'a mut Vec<u8>) -> Option<&'a str> {
        self.word(b"\"")?;
        let whole = self.rest;
        let mut end = plain_length(whole);
        if whole.get(end) == Some(&b'"') {
            self.rest = &whole[end + 1..];
            return std::str::from_utf8(&whole[..end]).ok();
        }
        unescaped.clear();
        let mut begin = 0;
        loop {
            unescaped.extend_from_slice(&whole[begin..end]);
            match whole.get(end)? {
                b'"' => break,
                b'\\' => {
                    let escape = *whole.get(end + 1)?;
                    begin = end + 2;
                    unescaped.push(match escape {
                        b'"' | b'\\' | b'/' => escape,
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 0x08,
                        b'f' => 0x0c,
                        b'u' => {
                            let [b'0', b'0', high @ b'0'..=b'7', low] = whole.get(begin..begin + 4)? else {
                                return None;
                            };
                            begin += 4;
                            (high - b'0') << 4 | char::from(*low).to_digit(16)? as u8
                        }
                        _ => return None,
                    });
                }
                // JSON has no bare control character in a text.
                _ => return None,
            }
            end = begin + plain_length(&whole[begin..]);
        }
        self.rest = &whole[end + 1..];
        // An escape is a character of its own, so what is whole after it was whole before.
        std::str::from_utf8(unescaped).ok()
    }
}

/// How many bytes there are before a quote, a backslash or a control character. Eight at a time.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // The lowest marked byte is right; those above it may be marked by a carry.
    let is_zero = |it: u64| it.wrapping_sub(ONES) & !it & HIGH;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (nth, eight) in eights.iter().enumerate() {
        let it = u64::from_le_bytes(*eight);
        let quote = is_zero(it ^ (ONES * u64::from(b'"')));
        let backslash = is_zero(it ^ (ONES * u64::from(b'\\')));
        let control = it.wrapping_sub(ONES * 0x20) & !it & HIGH;
        let marked = quote | backslash | control;
        if marked != 0 {
            return nth * 8 + (marked.trailing_zeros() / 8) as usize;
        }
    }
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    eights.len() * 8 + rest.iter().position(is_end).unwrap_or(rest.len())
}
