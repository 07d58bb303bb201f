//! JSON, laid out. Numbers, escapes and repeated members are shown as written.
//!
//! Reads tokens instead of values, so that nothing is lost. It refuses to judge the grammar: a parser says where a text
//! stops being JSON, and the rest is marked as wrong.

use serde::de::IgnoredAny;

use super::flow::{Cursor, Flow, piece, text};
use super::{Pages, TextLine, Tone, View};

/// Bytes of a line before it is continued on the next.
const WRAP: usize = 600;
/// Larger texts are laid out without being checked: a check takes its time in one piece.
const LARGEST_CHECKED: usize = 4 << 20;
/// Deeper nesting is not indented any further.
const DEEPEST: u16 = 64;

/// The view.
pub(super) struct Json;

impl View for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> &'static str {
        "JSON"
    }

    fn suits(&self, is_text: bool, bytes: &[u8]) -> Option<u8> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
        let is_structure = matches!(first, b'{' | b'[') && (is_text || std::str::from_utf8(bytes).is_ok());
        let is_small_value = || bytes.len() < 4096 && is_text && wrong_at(bytes).is_none();
        (is_structure || is_small_value()).then_some(3)
    }

    fn open(&self, bytes: &[u8]) -> Box<dyn Pages> {
        let wrong = (bytes.len() <= LARGEST_CHECKED).then(|| wrong_at(bytes)).flatten();
        Box::new(Flow::from(Tokens::new(WRAP, wrong)))
    }
}

/// The same text, laid out with two blanks a level; none when it is not JSON.
pub fn format_json(json: &str) -> Option<String> {
    if wrong_at(json.as_bytes()).is_some() {
        return None;
    }
    let mut tokens = Tokens::new(usize::MAX, None);
    let mut formatted = String::with_capacity(json.len() * 5 / 4);
    loop {
        let mut line = TextLine::default();
        if !tokens.line(json.as_bytes(), Some(&mut line)) {
            return Some(formatted);
        }
        if !formatted.is_empty() {
            formatted.push('\n');
        }
        (0..line.indent).for_each(|_| formatted.push_str("  "));
        line.spans.iter().for_each(|span| formatted.push_str(&span.text));
    }
}

/// Where a text stops to be JSON.
fn wrong_at(bytes: &[u8]) -> Option<usize> {
    let mut read = serde_json::Deserializer::from_slice(bytes);
    let result = serde::Deserialize::deserialize(&mut read).and_then(|_: IgnoredAny| read.end());
    let error = result.err()?;
    let before = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let line: usize = before.map(<[u8]>::len).sum();
    Some((line + error.column().saturating_sub(1)).min(bytes.len()))
}

/// Goes through the tokens.
#[derive(Clone)]
struct Tokens {
    at: usize,
    depth: u16,
    /// Within a quoted text: its tone.
    quoted: Option<Tone>,
    wrap: usize,
    wrong: usize,
}

impl Tokens {
    fn new(wrap: usize, wrong: Option<usize>) -> Self {
        Self { at: 0, depth: 0, quoted: None, wrap, wrong: wrong.unwrap_or(usize::MAX) }
    }

    fn skip_blanks(&mut self, bytes: &[u8]) {
        let blanks = bytes[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blanks;
    }

    /// Takes this many bytes as one piece of a line.
    fn take(&mut self, bytes: &[u8], end: usize, tone: Tone, out: &mut Option<&mut TextLine>) {
        if let Some(line) = out {
            let tone = if self.at >= self.wrong { Tone::Wrong } else { tone };
            line.push(tone, &text(&bytes[self.at..end]));
        }
        self.at = end;
    }

    /// Where a quoted text ends, its quotation mark included; `from` is within it.
    fn end_of_quoted(bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            match bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    /// Whether the text that begins here names a member.
    fn is_key(bytes: &[u8], from: usize) -> bool {
        let end = Self::end_of_quoted(bytes, from + 1);
        end.and_then(|end| bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace())) == Some(&b':')
    }

    /// Goes on in a quoted text; false when the line is full before it ends.
    fn quoted(&mut self, bytes: &[u8], tone: Tone, room: usize, out: &mut Option<&mut TextLine>) -> bool {
        let mut end = self.at;
        let limit = piece(bytes, self.at, room.max(8));
        while end < limit {
            match bytes[end] {
                b'"' => {
                    self.quoted = None;
                    self.take(bytes, end + 1, tone, out);
                    return true;
                }
                // An escape is not torn apart, nor is what it escapes.
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.take(bytes, end.min(bytes.len()), tone, out);
        false
    }
}

impl Cursor for Tokens {
    fn offset(&self) -> usize {
        self.at
    }

    fn depth(&self) -> u16 {
        self.depth
    }

    fn line(&mut self, bytes: &[u8], mut out: Option<&mut TextLine>) -> bool {
        let began = self.at;
        let indent = |line: &mut Option<&mut TextLine>, depth: u16| {
            if let Some(line) = line {
                line.indent = depth.min(DEEPEST);
            }
        };
        indent(&mut out, self.depth);
        if let (Some(line), Some(_)) = (&mut out, self.quoted) {
            line.is_continued = true;
        }
        // A value was written on this line and nothing has ended it yet.
        let (mut is_empty, mut has_value) = (true, false);
        loop {
            let room = self.wrap.saturating_sub(self.at - began);
            // A text that never ends, ends with the content.
            let quoted = self.quoted.take_if(|_| self.at < bytes.len());
            if let Some(tone) = quoted {
                self.quoted = Some(tone);
                if !self.quoted(bytes, tone, room, &mut out) {
                    return true;
                }
                (is_empty, has_value) = (false, tone == Tone::Text);
                continue;
            }
            self.skip_blanks(bytes);
            let Some(&byte) = bytes.get(self.at) else { return !is_empty };
            match byte {
                b'}' | b']' => {
                    if !is_empty {
                        return true;
                    }
                    self.depth = self.depth.saturating_sub(1);
                    indent(&mut out, self.depth);
                    self.take(bytes, self.at + 1, Tone::Mark, &mut out);
                    has_value = true;
                }
                b',' => {
                    self.take(bytes, self.at + 1, Tone::Mark, &mut out);
                    return true;
                }
                b':' => {
                    self.take(bytes, self.at + 1, Tone::Mark, &mut out);
                    if let Some(line) = &mut out {
                        line.push(Tone::Mark, " ");
                    }
                }
                // Two values without a comma: another document, or a mistake.
                _ if has_value => return true,
                b'{' | b'[' => {
                    self.take(bytes, self.at + 1, Tone::Mark, &mut out);
                    self.skip_blanks(bytes);
                    let close = if byte == b'{' { b'}' } else { b']' };
                    if bytes.get(self.at) != Some(&close) {
                        self.depth = self.depth.saturating_add(1);
                        return true;
                    }
                    self.take(bytes, self.at + 1, Tone::Mark, &mut out);
                    has_value = true;
                }
                b'"' => {
                    let tone = if Self::is_key(bytes, self.at) { Tone::Key } else { Tone::Text };
                    self.take(bytes, self.at + 1, tone, &mut out);
                    self.quoted = Some(tone);
                }
                _ => {
                    let is_plain = |byte: &&u8| !byte.is_ascii_whitespace() && !b"{}[],:\"".contains(*byte);
                    let len = bytes[self.at..].iter().take_while(is_plain).count();
                    let end = piece(bytes, self.at, len.min(room.max(8)));
                    let tone = match byte {
                        b'-' | b'0'..=b'9' => Tone::Number,
                        _ => Tone::Word,
                    };
                    let is_whole = end == self.at + len;
                    self.take(bytes, end, tone, &mut out);
                    if !is_whole {
                        return true;
                    }
                    has_value = true;
                }
            }
            is_empty = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(json: &[u8]) -> Vec<TextLine> {
        let mut pages = Json.open(json);
        while !pages.advance(json, &mut || true) {}
        pages.read(json, 0, usize::MAX)
    }

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let shown: Vec<String> = lines(json.as_bytes())
            .iter()
            .map(|line| format!("{}{}", "  ".repeat(line.indent.into()), line.text()))
            .collect();
        assert_eq!(shown.join("\n"), expected);
    }

    #[test]
    fn no_digit_and_no_member_is_changed() {
        check(
            r#"{"n":12345678901234567890123,"f":1.0,"e":1E+5,"n":-0, "t":"\u00e9é\"","a":[],"o":{ } ,"l":[1,{"x":null}]}"#,
            r#"{
  "n": 12345678901234567890123,
  "f": 1.0,
  "e": 1E+5,
  "n": -0,
  "t": "\u00e9é\"",
  "a": [],
  "o": {},
  "l": [
    1,
    {
      "x": null
    }
  ]
}"#,
        );
        check("true", "true");
        check("[[]]", "[\n  []\n]");
    }

    #[test]
    fn what_is_laid_out_is_the_same_json() {
        let json = r#"{"a":[1,2.50,{"b":"x\\\"y"}],"":{},"z":[[],[{}]]}"#;
        let formatted = format_json(json).expect("JSON");
        let packed: String = formatted.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(packed, json);
        assert_eq!(format_json(&formatted).as_deref(), Some(formatted.as_str()));
        assert_eq!(format_json("{\"a\":}"), None);
    }

    #[test]
    fn each_piece_has_its_tone() {
        let shown = lines(br#"{"k": ["t", 1, true]}"#);
        let tones: Vec<_> = shown.iter().flat_map(|line| line.spans.iter().map(|span| span.tone)).collect();
        use Tone::{Key, Mark, Number, Text, Word};
        assert_eq!(tones, [Mark, Key, Mark, Text, Mark, Number, Mark, Word, Mark, Mark]);
    }

    #[test]
    fn from_where_it_is_not_json_it_is_shown_as_wrong() {
        let shown = lines(br#"{"a":1,"b":nul}"#);
        let wrong: String = shown
            .iter()
            .flat_map(|line| &line.spans)
            .filter(|span| span.tone == Tone::Wrong)
            .map(|span| span.text.as_str())
            .collect();
        assert!(wrong.ends_with('}'), "{shown:?}");
        assert_eq!(
            lines(br#"{"a":1,"b":2}"#)
                .iter()
                .flat_map(|line| &line.spans)
                .filter(|span| span.tone == Tone::Wrong)
                .count(),
            0
        );
    }

    #[test]
    fn every_byte_is_shown_whatever_it_is() {
        for json in ["{\"a\":1}{\"b\":2}", "[1 2]", "}]", "\"open", "\\\"", "[\"a\\", "nul,", "{\"é"] {
            let shown: String = lines(json.as_bytes()).iter().map(TextLine::text).collect();
            let without_blanks = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(without_blanks(&shown), without_blanks(json), "{json}");
        }
    }

    #[test]
    fn an_endless_text_is_continued_and_can_be_read_from_anywhere() {
        let json = format!("[\"{}\",{}]", "é\\n".repeat(100_000), "1".repeat(5000));
        let all = lines(json.as_bytes());
        assert!(all.len() > 600 && all.iter().all(|line| line.text().len() <= WRAP + 8));
        assert_eq!(all.iter().map(TextLine::text).collect::<String>(), json);
        let mut pages = Json.open(json.as_bytes());
        while !pages.advance(json.as_bytes(), &mut || false) {}
        for from in [0, 1, 255, 256, 257, 500] {
            assert_eq!(pages.read(json.as_bytes(), from, 3), all[from as usize..][..3], "{from}");
        }
        assert_eq!(pages.read(json.as_bytes(), all.len() as u64, 3), []);
    }
}
