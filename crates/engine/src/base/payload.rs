//! The content of one message.
//!
//! Owns the difference between text and binary. It refuses to know what the content means.

use serde::{Deserialize, Serialize};

/// What one message carries.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payload {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl Payload {
    /// The bytes that go over the wire, text as UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The same, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Whether it is a text message.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// The content cut to what fits into a line: see [`preview`].
    pub fn preview(&self, room: usize) -> String {
        preview(self.is_text(), self.as_bytes(), room)
    }
}

/// A debug print is cut: a megabyte in it does not help.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_text() { "text" } else { "binary" };
        write!(f, "{kind} of {} B {:?}", self.as_bytes().len(), self.preview(64))
    }
}

impl From<&str> for Payload {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// At most `room` characters of a message: text as it is with control characters made visible, binary in hex.
/// An ellipsis says that there is more.
///
/// ```
/// # use sockscope_engine::base::payload::preview;
/// assert_eq!(preview(true, b"one\ntwo", 80), "one␊two");
/// assert_eq!(preview(false, &[0, 255], 80), "00 ff");
/// ```
pub fn preview(is_text: bool, bytes: &[u8], room: usize) -> String {
    if is_text { preview_text(bytes, room) } else { preview_hex(bytes, room) }
}

fn preview_text(bytes: &[u8], room: usize) -> String {
    // A character takes at most four bytes, so this prefix holds enough of them; a cut one at its end is not shown.
    let prefix = &bytes[..bytes.len().min(room.saturating_add(1).saturating_mul(4))];
    let text = match std::str::from_utf8(prefix) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&prefix[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut line: String = text.chars().take(room).map(visible).collect();
    if text.chars().nth(room).is_some() || (text.len() < bytes.len() && prefix.len() < bytes.len()) {
        line.push('…');
    }
    line
}

/// Control characters as their pictures; bidirectional overrides as a mark, since they would reorder the line around them.
pub fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{2028}' | '\u{2029}' => '\u{2424}',
        _ => c,
    }
}

/// The same as [`preview`] of a text, with control characters as JSON escapes them: no font lacks those.
///
/// ```
/// # use sockscope_engine::base::payload::escaped;
/// assert_eq!(escaped("one\ntwo\u{0}", 80), "one\\ntwo\\u0000");
/// ```
pub fn escaped(text: &str, room: usize) -> String {
    let mut line = String::with_capacity(text.len().min(room + 4));
    let mut left = room;
    for c in text.chars() {
        let before = line.len();
        let took = if is_hidden(c) {
            escape(c, &mut line);
            line.len() - before
        } else {
            line.push(c);
            1
        };
        if took > left {
            line.truncate(before);
            line.push('…');
            break;
        }
        left -= took;
    }
    line
}

/// Whether a character shows nothing by itself, or reorders what stands around it.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Writes a character as JSON escapes it.
pub fn escape(c: char, out: &mut String) {
    use std::fmt::Write;
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a string cannot fail.
        c => drop(write!(out, "\\u{:04x}", u32::from(c))),
    }
}

fn preview_hex(bytes: &[u8], room: usize) -> String {
    use std::fmt::Write;
    let shown = bytes.len().min(room / 3);
    let mut line = String::with_capacity(shown * 3 + 3);
    for (i, byte) in bytes[..shown].iter().enumerate() {
        let gap = if i == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(line, "{gap}{byte:02x}");
    }
    if shown < bytes.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: Payload, room: usize, expected: &str) {
        assert_eq!(payload.preview(room), expected);
    }

    #[test]
    fn a_short_text_is_shown_whole() {
        check("hello".into(), 5, "hello");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        check("aé€😀z".into(), 3, "aé€…");
        check("😀".repeat(100).as_str().into(), 2, "😀😀…");
    }

    #[test]
    fn control_characters_are_seen_and_do_nothing() {
        check("a\r\n\tb\u{0}\u{7f}".into(), 80, "a␍␊␉b␀␡");
        check("user\u{202e}gpj.exe".into(), 80, "user\u{fffd}gpj.exe");
    }

    #[test]
    fn an_escaped_text_is_cut_before_an_escape_that_has_no_room() {
        assert_eq!(escaped("a\r\n\tb\u{0}\u{7f}\u{202e}", 80), "a\\r\\n\\tb\\u0000\\u007f\\u202e");
        assert_eq!(escaped("aé€", 3), "aé€");
        assert_eq!(escaped("aé€😀z", 3), "aé€…");
        assert_eq!(escaped("abc\u{1}", 5), "abc…");
    }

    #[test]
    fn binary_is_shown_in_hex() {
        check(Payload::Binary(vec![1, 2, 254]), 80, "01 02 fe");
        check(Payload::Binary(vec![0; 100]), 9, "00 00 00…");
        check(Payload::Binary(Vec::new()), 80, "");
    }

    #[test]
    fn a_debug_print_stays_small() {
        assert!(format!("{:?}", Payload::Binary(vec![7; 1 << 20])).len() < 200);
    }
}
