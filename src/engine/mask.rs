//! Secrets are taken out of everything that is shown or written.
//!
//! Owns the forms in which a secret may turn up: as it is, escaped in JSON, percent-encoded, in base64 also within a longer
//! text, in hex. It refuses to know which variables are secret. The rule a reader would break: a secret shorter than four
//! characters is masked as a whole word only, since every `a` of a report would go with the secret `a`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// What stands in place of a secret; it says nothing about the length and needs no escape in JSON, XML and URLs.
pub const MASK: &str = "***";

/// Secrets of fewer characters are masked as whole words only.
const SHORT: usize = 4;

/// Takes secrets out of texts.
#[derive(Clone, Default)]
pub struct Masker {
    /// What to look for.
    forms: Vec<Form>,
    /// Which forms may begin with a byte, so that most bytes of a report cost one look.
    beginning: Vec<Vec<usize>>,
}

#[derive(Clone, PartialEq)]
struct Form {
    text: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Anywhere,
    Word,
    /// The characters of base64 that the secret alone decides. Their neighbours hold a few bits of it, and go too.
    Base64 {
        before: bool,
        after: bool,
    },
}

/// Secrets do not show in a debug print either.
impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker of {} forms", self.forms.len())
    }
}

impl Masker {
    /// A masker of these values. Blanks around a value are no part of the secret, and a blank value is none.
    ///
    /// ```
    /// # use sockscope::engine::mask::Masker;
    /// let masker = Masker::new(["s3cret!"]);
    /// assert_eq!(masker.mask("?token=s3cret%21 czNjcmV0IQ=="), "?token=*** ***");
    /// ```
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut forms: Vec<Form> = Vec::new();
        for secret in secrets {
            for form in forms_of(secret.as_ref().trim()) {
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
        let mut beginning = vec![Vec::new(); 256];
        for (i, form) in forms.iter().enumerate() {
            for byte in [Some(&b'%'), form.text.first().filter(|first| **first != b'%')].into_iter().flatten()
            {
                beginning[usize::from(*byte)].push(i);
            }
        }
        Self { forms, beginning }
    }

    /// A masker of the texts and numbers in these values.
    pub fn of_values<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut waiting: Vec<&Value> = values.into_iter().collect();
        let mut secrets = Vec::new();
        while let Some(value) = waiting.pop() {
            match value {
                Value::String(text) => secrets.push(text.clone()),
                Value::Number(number) => secrets.push(number.to_string()),
                Value::Array(items) => waiting.extend(items),
                Value::Object(entries) => waiting.extend(entries.values()),
                Value::Null | Value::Bool(_) => {}
            }
        }
        Self::new(secrets)
    }

    /// The text without secrets.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut clean = String::new();
        let mut done = 0;
        for (start, end) in self.find(text) {
            clean.push_str(&text[done..start]);
            clean.push_str(MASK);
            done = end;
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        clean.push_str(&text[done..]);
        Cow::Owned(clean)
    }

    /// The value without secrets, in keys, texts and numbers. A number that holds one becomes text, so that it stays JSON.
    pub fn mask_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(text).into_owned()),
            Value::Number(number) => match self.mask(&number.to_string()) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(masked) => Value::String(masked),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.mask_json(item)).collect()),
            Value::Object(entries) => {
                let masked =
                    entries.iter().map(|(key, entry)| (self.mask(key).into_owned(), self.mask_json(entry)));
                Value::Object(masked.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    /// Where secrets are, in order, those that touch or overlap as one: a secret within another one hides neither.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (start, byte) in text.bytes().enumerate() {
            let forms = self.beginning.get(usize::from(byte)).into_iter().flatten();
            let here = forms.filter_map(|&i| self.forms[i].find_at(text, start));
            let longest = here.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let Some((start, end)) = longest else { continue };
            match found.last_mut() {
                Some(last) if start < last.1 => *last = (last.0.min(start), last.1.max(end)),
                _ => found.push((start, end)),
            }
        }
        found
    }
}

fn forms_of(secret: &str) -> Vec<Form> {
    if secret.is_empty() {
        return Vec::new();
    }
    let plain = |text: &str| Form { text: text.into(), kind: Kind::Anywhere };
    if secret.chars().count() < SHORT {
        return vec![Form { text: secret.into(), kind: Kind::Word }];
    }
    let mut forms = vec![plain(secret)];
    let escaped = Value::String(secret.to_owned()).to_string();
    forms.push(plain(&escaped[1..escaped.len() - 1]));
    for gap in ["", " "] {
        let hex: Vec<_> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push(plain(&hex.join(gap)));
        forms.push(plain(&hex.join(gap).to_uppercase()));
    }
    for shift in 0..3 {
        let shifted = [&[0; 2][..shift], secret.as_bytes()].concat();
        let (first, bits) = ((shift * 8).div_ceil(6), shifted.len() * 8);
        let kind = Kind::Base64 { before: shift > 0, after: !bits.is_multiple_of(6) };
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(Form { text: encoded[first..bits / 6].into(), kind });
        }
    }
    forms
}

impl Form {
    /// What to mask when the form begins at `start`. Ends always lie between characters: a form is UTF-8 from end to end.
    fn find_at(&self, text: &str, start: usize) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        let end = same(bytes, start, &self.text).or_else(|| same_decoded(bytes, start, &self.text))?;
        match self.kind {
            Kind::Anywhere => Some((start, end)),
            Kind::Word => {
                let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                let apart = !letter(text[..start].chars().next_back()) && !letter(text[end..].chars().next());
                apart.then_some((start, end))
            }
            Kind::Base64 { before, after } => {
                let digit = |at: usize| {
                    bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(b))
                };
                let start = if before && start > 0 && digit(start - 1) { start - 1 } else { start };
                let mut end = if after && digit(end) { end + 1 } else { end };
                while let Some(padding) = same_decoded(bytes, end, b"=") {
                    end = padding;
                }
                Some((start, end))
            }
        }
    }
}

fn same(text: &[u8], start: usize, wanted: &[u8]) -> Option<usize> {
    text[start..].starts_with(wanted).then_some(start + wanted.len())
}

/// The same where any byte may be percent-encoded, in either case, and a blank may be `+`: encoders differ in what they encode.
fn same_decoded(text: &[u8], start: usize, wanted: &[u8]) -> Option<usize> {
    let mut at = start;
    for &byte in wanted {
        let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
        at = match (text.get(at)?, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) if high * 16 + low == u32::from(byte) => at + 3,
            (&plain, ..) if plain == byte || (plain == b'+' && byte == b' ') => at + 1,
            _ => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    use super::*;
    use crate::engine::random::Random;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &str) {
        assert_eq!(Masker::new(secrets).mask(text), expected);
    }

    #[test]
    fn ok_as_it_is() {
        check(&["hunter2"], "a hunter2 b hunter2", "a *** b ***");
        check(&["hunter2"], "nothing here", "nothing here");
        check(&[], "nothing here", "nothing here");
    }

    #[test]
    fn ok_the_longest_wins() {
        check(&["pass", "password"], "password pass", "*** ***");
    }

    #[test]
    fn ok_overlapping_secrets_go_both() {
        check(&["abcdef", "defghi"], "xabcdefghix", "x***x");
    }

    #[test]
    fn ok_percent_encoded_in_any_way() {
        check(&["p&s w/é"], "?a=p%26s%20w%2F%C3%A9&b", "?a=***&b");
        check(&["p&s w/é"], "?a=p%26s+w%2f%c3%a9&b", "?a=***&b");
        check(&["p&s w/é"], "?a=p%26s%20w/é&b", "?a=***&b");
        check(&["50%25 off"], "50%25 off, 50%2525%20off", "***, ***");
    }

    #[test]
    fn ok_escaped_in_json() {
        check(&["a\"b\\c"], r#"{"t":"a\"b\\c"}"#, r#"{"t":"***"}"#);
    }

    #[test]
    fn ok_hex() {
        check(&["AbcZ"], "41 62 63 5a 4162635A", "*** ***");
    }

    #[test]
    fn ok_base64_alone() {
        check(&["secret"], "c2VjcmV0", "***");
        check(&["passw"], "cGFzc3c= cGFzc3c cGFzc3c%3D", "*** *** ***");
    }

    #[test]
    fn ok_base64_at_any_place_of_a_longer_one() {
        for secret in ["hunter2", "p?>ss", "é~é~", "abcd"] {
            let masker = Masker::new([secret]);
            for (before, after) in [("", ""), ("x", "y"), ("xy", "yz"), ("user:", " tail")] {
                let whole = format!("{before}{secret}{after}");
                let around = (before.len().div_ceil(3) + after.len().div_ceil(3)) * 4;
                for encoded in
                    [STANDARD.encode(&whole), URL_SAFE.encode(&whole), STANDARD_NO_PAD.encode(&whole)]
                {
                    let masked = masker.mask(&encoded);
                    assert!(masked.contains(MASK), "{secret} in {encoded}: {masked}");
                    // What remains is no more than what stood around the secret.
                    assert!(masked.len() - MASK.len() <= around, "{masked}");
                }
            }
        }
    }

    #[test]
    fn ok_a_short_secret_is_a_whole_word() {
        check(&["abc"], r#"{"a":"abc","b":"abcd"} abc_ =abc&"#, r#"{"a":"***","b":"abcd"} abc_ =***&"#);
    }

    #[test]
    fn ok_a_blank_is_no_secret() {
        check(&["", "  "], "a  b", "a  b");
        check(&["token\n"], "a token b", "a *** b");
    }

    #[test]
    fn ok_json_stays_json() {
        let masker = Masker::of_values([&json!({"pin": 12345, "name": ["alice"]})]);
        let masked = masker.mask_json(&json!({"alice": [12345, 1, "x12345", true]}));
        assert_eq!(masked, json!({"***": ["***", 1, "x***", true]}));
    }

    #[test]
    fn a_debug_print_says_nothing() {
        assert!(!format!("{:?}", Masker::new(["hunter2"])).contains("hunter2"));
    }

    #[test]
    fn no_secret_survives_and_no_text_panics() {
        let letters = ["a", "b", "%", "4", "1", "é", "😀", " ", "+", "=", "\\", "\""];
        let mut random = Random::with_seed(5);
        let mut word = |most: u64| -> String {
            let length = random.next_u64() % most;
            (0..length).map(|_| letters[random.next_u64() as usize % letters.len()]).collect()
        };
        for _ in 0..5_000 {
            let (secret, before, after) = (word(9), word(6), word(6));
            let masked = Masker::new([&secret]).mask(&format!("{before}{secret}{after}")).into_owned();
            if secret.trim().chars().count() >= SHORT {
                assert!(!masked.contains(secret.trim()), "{secret:?} in {masked:?}");
            }
        }
    }
}
