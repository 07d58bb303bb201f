//! A message as a person wrote it, and the bytes that will go out for it.
//!
//! Owns the forms in which a message can be written and what is wrong with one. It refuses to know who sends it. A
//! message goes out as written; JSON is checked but never reformatted.

mod json;

use std::rc::Rc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Payload;
use crate::base::json_words;
use crate::template::{Name, Scope, Template, into_text};

/// In which form a message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Text, as it is.
    #[default]
    Text,
    /// Text that must be JSON.
    Json,
    /// Bytes as pairs of hexadecimal digits.
    Hex,
    /// Bytes in base64, of either alphabet.
    Base64,
    /// What a file holds, or a text too long to edit; the bytes are attached elsewhere.
    File,
}

/// A message that is being written or was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// How [`Draft::text`] is to be read.
    pub form: Form,
    /// What was written. For a file: its name.
    pub text: String,
    /// Whether `{{…}}` stands for something. Off, it goes out as it is.
    pub is_plain: bool,
}

/// Bytes that were attached to a draft of [`Form::File`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Text goes out as text.
    pub payload: Rc<Payload>,
}

/// What keeps a draft from being a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftError {
    /// Where in the text, in bytes; none for a mistake without a place.
    pub at: Option<u64>,
    /// In words.
    pub message: String,
}

impl DraftError {
    fn at(at: usize, message: impl ToString) -> Self {
        Self { at: Some(at as u64), message: message.to_string() }
    }

    /// A mistake without a place.
    pub fn of(message: &str) -> Self {
        Self { at: None, message: message.to_owned() }
    }

    /// The same mistake at another place.
    fn moved(self, to: impl FnOnce(usize) -> usize) -> Self {
        Self { at: self.at.map(|at| to(at as usize) as u64), ..self }
    }
}

const BASE64: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

impl Draft {
    /// A text without placeholders.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { form: Form::Text, text: text.into(), is_plain: true }
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether each sending may differ, so that what is previewed is an example.
    pub fn varies(&self) -> bool {
        self.form != Form::File && !self.is_plain && self.text.contains("{{")
    }

    /// The message. Random and counted values are taken from `scope`, so every call is another message.
    pub fn build(
        &self,
        attached: Option<&Attachment>,
        scope: &mut dyn Scope,
    ) -> Result<Rc<Payload>, DraftError> {
        match self.form {
            _ if !self.varies() => self.as_written(attached),
            Form::Json => {
                let filled = json::fill(&self.text, scope)?;
                check_json(&filled.text).map_err(|error| error.moved(|at| filled.written_at(at)))?;
                Ok(Rc::new(Payload::Text(filled.text)))
            }
            form => payload_of(form, expand(&self.text, scope)?),
        }
    }

    /// The message of a draft that does not vary; `{{…}}` goes out as it is.
    pub fn as_written(&self, attached: Option<&Attachment>) -> Result<Rc<Payload>, DraftError> {
        if self.form == Form::File {
            let attached = attached.ok_or_else(|| DraftError::of("no file is attached; choose one again"))?;
            return Ok(attached.payload.clone());
        }
        payload_of(self.form, self.text.clone())
    }

    /// The bytes that the digits of a [`Form::Hex`] or [`Form::Base64`] stand for; none for other forms and for what is not readable.
    pub fn written_bytes(&self) -> Option<Vec<u8>> {
        match self.form {
            Form::Hex => hex(&self.text).ok(),
            Form::Base64 => base64(&self.text).ok(),
            _ => None,
        }
    }

    /// What a person may mistake for a placeholder, in words.
    pub fn left_as_written(&self) -> Option<&'static str> {
        if self.form == Form::File || !self.text.contains("{{") {
            return None;
        }
        if self.is_plain {
            return Some("{{…}} is off: braces are sent as typed.");
        }
        let has_names = self.form == Form::Json && json::has_braces_in_names(&self.text);
        has_names.then_some("Names of members are not filled in: their braces are sent as typed.")
    }
}

fn payload_of(form: Form, text: String) -> Result<Rc<Payload>, DraftError> {
    let payload = match form {
        Form::Text | Form::File => Payload::Text(text),
        Form::Json => {
            check_json(&text)?;
            Payload::Text(text)
        }
        Form::Hex => Payload::Binary(hex(&text)?),
        Form::Base64 => Payload::Binary(base64(&text)?),
    };
    Ok(Rc::new(payload))
}

/// Fills in the placeholders of a text; returns the first mistake.
pub fn expand(text: &str, scope: &mut dyn Scope) -> Result<String, DraftError> {
    value_of(text, scope).map(into_text)
}

/// The same with the type of the value where the text is one placeholder and nothing else.
fn value_of(text: &str, scope: &mut dyn Scope) -> Result<Value, DraftError> {
    let template = Template::parse(text).map_err(|mistakes| {
        mistakes
            .first()
            .map_or_else(|| DraftError::of("not readable"), |mistake| DraftError::at(mistake.at, mistake))
    })?;
    for reference in template.names() {
        let Name::Variable(name) = &reference.name else { continue };
        if scope.variable(name).is_none() {
            return Err(DraftError::at(reference.at, format_args!("no variable is called {name}")));
        }
        if scope.lacks_secret(name) {
            let words = format_args!(
                "the secret {name} has no value, since secrets do not survive a reload; type it under Variables"
            );
            return Err(DraftError::at(reference.at, words));
        }
    }
    template.expand(scope).map_err(|mistake| DraftError::at(mistake.at, mistake))
}

fn check_json(text: &str) -> Result<(), DraftError> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| {
        let at = place(text, error.line(), error.column());
        // The place is shown where it is, and a column of bytes would not be what an editor counts.
        DraftError::at(at, format_args!("not JSON: {}", json_words::what(&error)))
    })
}

/// The byte at a line and column, both from 1, as serde_json counts them: the column in bytes.
fn place(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    (start + column.saturating_sub(1)).min(text.len())
}

/// Line and column, both from 1, of a byte of a text; columns count characters.
pub fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line as u32, column as u32)
}

/// Pairs of digits; blanks, commas and `0x` between the pairs are read over.
fn hex(text: &str) -> Result<Vec<u8>, DraftError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<(usize, u8)> = None;
    let text_bytes = text.as_bytes();
    for (at, byte) in text_bytes.iter().enumerate() {
        let is_gap = byte.is_ascii_whitespace() || matches!(byte, b',' | b':' | b'-' | b'_');
        if is_gap && high.is_none() {
            continue;
        }
        let is_prefix = matches!(byte, b'x' | b'X') && matches!(high, Some((_, 0)));
        if is_prefix && text_bytes.get(at.wrapping_sub(1)) == Some(&b'0') {
            high = None;
            continue;
        }
        let digit = (*byte as char).to_digit(16).map(|digit| digit as u8);
        match (digit, high) {
            (Some(digit), None) => high = Some((at, digit)),
            (Some(digit), Some((_, first))) => {
                bytes.push(first << 4 | digit);
                high = None;
            }
            (None, Some((at, _))) if is_gap => {
                return Err(DraftError::at(at, "half a byte; each has two digits"));
            }
            (None, _) => {
                let found = text[at..].chars().next().unwrap_or_default();
                return Err(DraftError::at(at, format_args!("{found:?} is not a hexadecimal digit")));
            }
        }
    }
    match high {
        Some((at, _)) => Err(DraftError::at(at, "half a byte; each has two digits")),
        None => Ok(bytes),
    }
}

fn base64(text: &str) -> Result<Vec<u8>, DraftError> {
    let is_url_safe = text.contains(['-', '_']);
    let engine =
        GeneralPurpose::new(if is_url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD }, BASE64);
    let kept: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    engine.decode(&kept).map_err(|error| {
        use base64::DecodeError::{InvalidByte, InvalidLastSymbol, InvalidLength, InvalidPadding};
        match error {
            InvalidByte(nth, _) | InvalidLastSymbol(nth, _) => {
                let at = text.bytes().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace()).nth(nth);
                DraftError::at(at.map_or(text.len(), |(at, _)| at), "this is not base64 from here on")
            }
            InvalidLength(_) | InvalidPadding => DraftError::at(text.len(), "base64 ends too early here"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::fixture::Known;

    #[track_caller]
    fn check(form: Form, text: &str, expected: Result<&[u8], (Option<u64>, &str)>) {
        let draft = Draft { form, text: text.to_owned(), is_plain: false };
        let built = draft.build(None, &mut Known::with_seed(1));
        match (built, expected) {
            (Ok(payload), Ok(bytes)) => assert_eq!(payload.as_bytes(), bytes, "{text:?}"),
            (Err(error), Err((at, words))) => {
                assert_eq!(error.at, at, "{text:?}: {error:?}");
                assert!(error.message.contains(words), "{text:?}: {error:?}");
            }
            (built, expected) => panic!("{text:?}: {built:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn what_was_written_goes_out_as_written() {
        check(Form::Text, "a\u{0}é", Ok("a\u{0}é".as_bytes()));
        check(
            Form::Json,
            "{ \"n\" : 1.0 , \"n\":12345678901234567890 }",
            Ok(b"{ \"n\" : 1.0 , \"n\":12345678901234567890 }"),
        );
        check(Form::Hex, "00 ff\n0x7F,0xaB:cd", Ok(&[0, 255, 0x7f, 0xab, 0xcd]));
        check(Form::Hex, "", Ok(b""));
        check(Form::Base64, "aGk=", Ok(b"hi"));
        check(Form::Base64, "a Gk", Ok(b"hi"));
        check(Form::Base64, "-_8", Ok(&[0xfb, 0xff]));
        check(Form::Base64, "+/8=", Ok(&[0xfb, 0xff]));
    }

    #[test]
    fn a_mistake_is_reported_with_its_place() {
        check(Form::Json, "{\"a\":1,}", Err((Some(7), "not JSON")));
        check(Form::Json, "{\n\"é\": nul}", Err((Some(11), "not JSON")));
        check(Form::Json, "", Err((Some(0), "not JSON")));
        check(Form::Hex, "0g", Err((Some(1), "'g' is not a hexadecimal digit")));
        check(Form::Hex, "01 2", Err((Some(3), "half a byte")));
        check(Form::Hex, "1 2", Err((Some(0), "half a byte")));
        check(Form::Base64, "a?==", Err((Some(1), "this is not base64 from here")));
        check(Form::Base64, "abcde", Err((Some(5), "ends too early")));
        check(Form::File, "gone.bin", Err((None, "no file is attached")));
    }

    #[test]
    fn placeholders_are_filled_in_unless_the_draft_is_plain() {
        let mut scope = Known::with_seed(1);
        let draft = Draft { form: Form::Json, text: "{\"id\": {{random 5 5}}}".into(), is_plain: false };
        assert!(draft.varies());
        assert_eq!(draft.build(None, &mut scope).expect("JSON once filled in").as_bytes(), b"{\"id\": 5}");
        let plain = Draft::plain("{{uuid}}");
        assert!(!plain.varies());
        assert_eq!(plain.build(None, &mut scope).expect("text").as_bytes(), b"{{uuid}}");
    }

    #[test]
    fn an_unknown_placeholder_is_reported_with_its_place() {
        check(Form::Text, "hi {{absent}}", Err((Some(3), "no variable is called absent")));
        check(Form::Text, "hi {{uuid", Err((Some(3), "has no end")));
    }

    #[test]
    fn a_place_is_a_line_and_a_character() {
        assert_eq!(line_and_column("é\nab", 4), (2, 2));
        assert_eq!(line_and_column("", 9), (1, 1));
    }

    #[test]
    fn an_attachment_goes_out_as_it_is() {
        let attached = Attachment { payload: Rc::new(Payload::Binary(vec![1, 2])) };
        let draft = Draft { form: Form::File, text: "{{x}}.bin".into(), is_plain: false };
        assert_eq!(draft.build(Some(&attached), &mut Known::with_seed(1)), Ok(attached.payload));
    }
}
