//! Removes the values of secret variables from text that is exported or stored.
//!
//! Owns how a value becomes its placeholder, or the mask where no placeholder can stand. It refuses to know where a text goes.

use std::borrow::Cow;
use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::base::mask::Masker;
use crate::base::sort;
use crate::bench::as_step;
use crate::bench::draft::{Draft, Form};
use crate::template::is_name;

/// Secret variables by name, with their values.
pub struct Known {
    masker: Masker,
    values: Vec<(String, String)>,
}

impl Known {
    /// A shorter value stands in many texts by accident, so it is not put in place of a placeholder.
    pub const SHORT: usize = 4;

    /// Of names and values, those with at least this many characters.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, least: usize) -> Self {
        let trimmed = variables.into_iter().map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        let values: Vec<_> = trimmed.filter(|(_, value)| value.chars().count() >= least).collect();
        Self { masker: Masker::new(values.iter().map(|(_, value)| value)), values }
    }

    /// Whether no value is known.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The names of the variables, without the values in them.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|(name, _)| self.masker.mask(name).into_owned())
    }

    /// Masks the values where no placeholder is filled in.
    pub fn text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.masker.mask(text) {
            *text = masked;
        }
    }

    /// Puts placeholders in place of the values, and masks what is left of them in other forms.
    pub fn template(&self, text: &mut String) {
        self.replace(text, |value| value.to_owned());
        self.text(text);
    }

    /// The same within JSON, where a value may be written with escapes.
    fn json_text(&self, text: &mut String) {
        self.replace(text, |value| {
            let quoted = Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        });
        self.text(text);
    }

    fn replace(&self, text: &mut String, written: impl Fn(&str) -> String) {
        // A value that is a part of another one must not break it.
        let mut longest: Vec<_> = self.values.iter().collect();
        sort::sort_by_key(&mut longest, |(_, value)| Reverse(value.len()));
        for (name, value) in longest {
            let value = written(value);
            if value.chars().count() >= Self::SHORT && is_name(name) && text.contains(&value) {
                *text = text.replace(&value, &format!("{{{{{name}}}}}"));
            }
        }
    }

    /// Takes the values out of a message as a person wrote it.
    pub fn draft(&self, draft: &mut Draft) {
        if let Some(bytes) = draft.written_bytes()
            && let Cow::Owned(masked) = self.masker.mask_bytes(&bytes)
        {
            draft.text = match draft.form {
                Form::Hex => masked.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
                _ => STANDARD.encode(&masked),
            };
        }
        match draft.is_plain {
            true => self.text(&mut draft.text),
            false => self.template(&mut draft.text),
        }
    }

    /// A text that went out or came, as a draft that goes out byte for byte: placeholders stand for the values. Braces that were
    /// in the text stay braces.
    pub fn draft_of(&self, form: Form, text: String) -> Draft {
        let has_braces = text.contains("{{");
        let mut filled = if has_braces { as_step::escape(&text) } else { text.clone() };
        let escaped = filled.clone();
        match form {
            Form::Json if !has_braces => self.json_text(&mut filled),
            _ => self.template(&mut filled),
        }
        if filled == escaped {
            return Draft { form, text, is_plain: has_braces };
        }
        // In JSON a backslash before braces is an escape of its own.
        let form = if has_braces { Form::Text } else { form };
        Draft { form, text: filled, is_plain: false }
    }

    /// The bytes of a message: placeholders within text, the mask within others.
    pub fn bytes<'a>(&self, bytes: &'a [u8], is_text: bool) -> Cow<'a, [u8]> {
        if self.is_empty() {
            return Cow::Borrowed(bytes);
        }
        if !is_text {
            return self.masker.mask_bytes(bytes);
        }
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        let is_json = text.trim_start().starts_with(['{', '[']);
        match is_json {
            true => self.json_text(&mut text),
            false => self.template(&mut text),
        }
        Cow::Owned(text.into_bytes())
    }

    /// Takes the values out of a part of a suite.
    pub fn json(&self, value: &mut Value) {
        match value {
            Value::Object(members) => members.values_mut().for_each(|it| self.json(it)),
            Value::Array(items) => items.iter_mut().for_each(|it| self.json(it)),
            Value::String(text) => self.template(text),
            Value::Number(number) => {
                let mut text = number.to_string();
                if self.values.iter().any(|(_, known)| *known == text) {
                    self.template(&mut text);
                    *value = text.into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::placeholders::{MessageScope, Names};

    const VALUES: [(&str, &str); 4] =
        [("token", "tok-4711"), ("long", "tok-4711-and-more"), ("odd", "a\"b\\c{d"), ("pin", "12345")];

    /// The draft has no value, and goes out as the text.
    #[track_caller]
    fn check(form: Form, text: &str, expected: &str) {
        let draft = Known::of(VALUES, Known::SHORT).draft_of(form, text.to_owned());
        assert_eq!(draft.text, expected);
        let names = Names::of(VALUES.map(|(name, value)| (name, value, true)));
        let built = draft.build(None, &mut MessageScope::trial(&names, "alice"));
        assert_eq!(built.expect("a message").as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_message_is_edited_without_the_values_and_goes_out_as_before() {
        check(Form::Text, "login tok-4711", "login {{token}}");
        check(Form::Text, "tok-4711-and-more tok-4711", "{{long}} {{token}}");
        check(Form::Text, "{{x}} tok-4711", r"\{{x}} {{token}}");
        check(Form::Json, r#"{"t":"tok-4711","n":1.0}"#, r#"{"t":"{{token}}","n":1.0}"#);
        check(Form::Json, r#"{"t":"a\"b\\c{d"}"#, r#"{"t":"{{odd}}"}"#);
        check(Form::Json, r#"{"pin":12345}"#, r#"{"pin":{{pin}}}"#);
        check(Form::Json, r#"{"a":"{{x}}","t":"tok-4711"}"#, r#"{"a":"\{{x}}","t":"{{token}}"}"#);
        check(Form::Json, r#"{"a":"{{x}}"}"#, r#"{"a":"{{x}}"}"#);
    }

    #[test]
    fn a_step_has_placeholders_in_place_of_the_values() {
        let mut step = json!({ "send": { "t": "Bearer tok-4711", "pin": 12345, "l": ["dG9rLTQ3MTE="] } });
        Known::of(VALUES, Known::SHORT).json(&mut step);
        assert_eq!(step, json!({ "send": { "t": "Bearer {{token}}", "pin": "{{pin}}", "l": ["***"] } }));
    }

    #[test]
    fn bytes_are_masked_where_no_placeholder_can_stand() {
        let known = Known::of(VALUES, Known::SHORT);
        assert_eq!(&*known.bytes(b"\x00tok-4711\xff", false), b"\x00***\xff");
        assert_eq!(&*known.bytes(br#"{"t":"a\"b\\c{d"}"#, true), br#"{"t":"{{odd}}"}"#);
        assert_eq!(&*known.bytes(b"nothing", true), b"nothing");
    }
}
