//! Secrets are taken out of everything that is shown or written.
//!
//! Owns the forms in which a secret may turn up: as it is, escaped in JSON, percent-encoded, in base64 also within a longer
//! text, in hex; also the part of it that stands where a text was cut. It refuses to know which variables are secret. The
//! rule a reader would break: a secret shorter than four characters is masked as a whole word only, since every `a` of a
//! report would go with the secret `a`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// What stands in place of a secret; it says nothing about the length and needs no escape in JSON, XML and URLs.
pub const MASK: &str = "***";

/// Secrets of fewer characters are masked as whole words only.
const SHORT: usize = 4;

/// How many values may become known while a run goes on; looking for more would cost more than the run.
const MOST_LEARNED: usize = 1_000;

/// What says that a text was cut there.
const CUT: &str = "…";

/// A shorter part of a secret beside a cut is told by nobody from any other text.
const LEAST_PART: usize = 3;

/// Takes secrets out of texts. A clone is another handle: what one of them learns, all of them know.
#[derive(Clone, Default)]
pub struct Masker(Rc<RefCell<Known>>);

#[derive(Default)]
struct Known {
    /// What to look for.
    forms: Vec<Form>,
    /// Which forms may begin with a byte, so that most bytes of a report cost one look.
    beginning: Vec<Vec<usize>>,
    /// The secrets of which there are forms.
    secrets: HashSet<String>,
}

/// More values became known under the names of secrets than can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_LEARNED} values of secrets; what comes after could not be kept out of the report")]
pub struct TooManySecrets;

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
        write!(f, "Masker of {} forms", self.0.borrow().forms.len())
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
        let mut known = Known::default();
        secrets.into_iter().for_each(|secret| known.add(secret.as_ref()));
        Self(Rc::new(RefCell::new(known)))
    }

    /// A masker of the texts and numbers in these values.
    pub fn of_values<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut known = Known::default();
        values.into_iter().flat_map(texts_of).for_each(|secret| known.add(&secret));
        Self(Rc::new(RefCell::new(known)))
    }

    /// From now on the texts and numbers in this value are secret too.
    pub fn learn(&self, value: &Value) -> Result<(), TooManySecrets> {
        let mut known = self.0.borrow_mut();
        for secret in texts_of(value) {
            if known.secrets.len() >= MOST_LEARNED && !known.secrets.contains(secret.trim()) {
                return Err(TooManySecrets);
            }
            known.add(&secret);
        }
        Ok(())
    }

    /// The text without secrets.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut clean = String::new();
        let mut done = 0;
        for (start, end) in self.0.borrow().find(text) {
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
}

/// The texts and numbers in a value.
fn texts_of(value: &Value) -> Vec<String> {
    let mut waiting = vec![value];
    let mut texts = Vec::new();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Number(number) => texts.push(number.to_string()),
            Value::Array(items) => waiting.extend(items),
            Value::Object(entries) => waiting.extend(entries.values()),
            Value::Null | Value::Bool(_) => {}
        }
    }
    texts
}

impl Known {
    fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if self.secrets.contains(secret) {
            return;
        }
        self.secrets.insert(secret.to_owned());
        self.beginning.resize_with(256, Vec::new);
        let first = self.forms.len();
        for form in forms_of(secret) {
            // Most secrets look the same as they are and escaped.
            if self.forms[first..].contains(&form) {
                continue;
            }
            for byte in [Some(&b'%'), form.text.first().filter(|first| **first != b'%')].into_iter().flatten()
            {
                self.beginning[usize::from(*byte)].push(self.forms.len());
            }
            self.forms.push(form);
        }
    }

    /// Where secrets are, in order, those that touch or overlap as one: a secret within another one hides neither.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (start, byte) in text.bytes().enumerate() {
            let forms = self.beginning.get(usize::from(byte)).into_iter().flatten();
            let here = forms.filter_map(|&i| self.forms[i].find_at(text, start));
            let longest = here.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            found.extend(longest);
        }
        for (at, _) in text.match_indices(CUT) {
            let parts = self.forms.iter().filter(|form| form.kind != Kind::Word);
            found.extend(parts.clone().filter_map(|form| form.part_before(text, at)));
            found.extend(parts.filter_map(|form| form.part_after(text, at + CUT.len())));
        }
        found.sort_unstable();
        found.dedup_by(|next, last| {
            let touches = next.0 < last.1;
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
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

impl Form {
    /// How much of a text that was cut at `at` is the beginning of this form.
    fn part_before(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        // Percent-encoded, each byte takes three.
        let from = at.saturating_sub(self.text.len() * 3);
        let starts = (from..at).filter(|start| text.is_char_boundary(*start));
        let start = { starts }.find(|start| {
            let (end, length) = same_until(bytes, *start, &self.text, at);
            end == at && length >= LEAST_PART && length < self.text.len()
        })?;
        let before = matches!(self.kind, Kind::Base64 { before: true, .. });
        let neighbour = start.checked_sub(1).filter(|at| before && bytes[*at].is_ascii_alphanumeric());
        Some((neighbour.unwrap_or(start), at))
    }

    /// How much of a text that begins anew after a cut is the end of this form, or a piece of it up to the next cut. What
    /// is shown there may stand in quotes.
    fn part_after(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        let at = at + usize::from(bytes.get(at) == Some(&b'"'));
        let next = text.get(at..)?.find(CUT).map_or(text.len(), |next| at + next);
        let pieces = (1..self.text.len()).filter_map(|skipped| {
            let (end, length) = same_until(bytes, at, &self.text[skipped..], next);
            let is_part = skipped + length == self.text.len() || (end == next && next < text.len());
            (is_part && length >= LEAST_PART).then_some(end)
        });
        pieces.max().map(|end| (at, end))
    }
}

/// How far a text is the same as the beginning of what is wanted, at most up to `end`: where that is in the text, and how many
/// of the wanted bytes there are. A percent-encoded byte that is cut off counts.
fn same_until(text: &[u8], start: usize, wanted: &[u8], end: usize) -> (usize, usize) {
    let (mut at, mut length) = (start, 0);
    for (i, byte) in wanted.iter().enumerate() {
        if at >= end {
            break;
        }
        let is_cut_off = text[at] == b'%' && *byte != b'%' && at + 3 > end;
        at = match same_decoded(&text[..end], at, &wanted[i..=i]) {
            Some(next) => next,
            None if is_cut_off => end,
            None => break,
        };
        length += 1;
    }
    (at, length)
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
    fn a_secret_that_was_cut_is_masked_up_to_the_cut() {
        check(&["hunter2-and-more"], "x hunter2-an…", "x ***…");
        check(&["hunter2-and-more"], r#"…"nd-more and"…"#, r#"…"*** and"…"#);
        check(&["hunter2-and-more"], r#"…"nter2-and…"#, r#"…"***…"#);
        check(&["hunter2-and-more"], "?t=hunter2%2Dan%6…", "?t=***…");
        check(&["hunter2"], "68 75 6e 74…", "***…");
        check(&["hunter2"], "at 9: …74 65 72 32 00", "at 9: …*** 00");
        check(&["hunter2"], "a hu… …r2", "a hu… …r2");
        check(&["hunter2"], "nothing like it… here", "nothing like it… here");
    }

    #[test]
    fn what_one_handle_learns_all_know() {
        let masker = Masker::new(["first"]);
        let other = masker.clone();
        masker.learn(&json!({"token": ["later", 12345]})).unwrap();
        assert_eq!(other.mask("first later 12345"), "*** *** ***");
    }

    #[test]
    fn more_secrets_than_can_be_looked_for_are_refused() {
        let masker = Masker::default();
        for i in 0..MOST_LEARNED {
            masker.learn(&json!(format!("secret-{i}"))).unwrap();
        }
        assert_eq!(masker.learn(&json!("secret-0")), Ok(()), "known already");
        assert_eq!(masker.learn(&json!("one more")), Err(TooManySecrets));
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
