//! Removes secrets from everything that is shown or written.
//!
//! Owns the forms in which a secret may appear: plain, in JSON escapes, percent-encoded, as HTML entities, in hex, and
//! in base64 of any of these within a longer text; also a part of it beside a cut. It refuses to know which variables
//! are secret. A secret shorter than four characters is masked as a whole word only: with the secret `a`, every `a` of
//! a report would go.

mod base64_runs;
mod encoded;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::secrets;
use encoded::{same_decoded, same_until};

/// What stands in place of a secret; it says nothing about the length and needs no escape in JSON, XML and URLs.
pub const MASK: &str = "***";

/// Secrets of fewer characters are masked as whole words only.
const SHORT: usize = 4;

/// How many values may become known during a run; looking for more would cost more than the run.
const MOST_LEARNED: usize = 1_000;

/// What says that a text was cut there.
const CUT: &str = "…";

/// What a function makes of a secret is one too from this many characters on.
const LEAST_DERIVED: usize = 4;

/// Whether what a function made of a secret is one, too: of a few signs that are left of it every text is full.
pub fn is_derived_secret(made: &str) -> bool {
    made.chars().count() >= LEAST_DERIVED
}

/// A shorter part of a secret beside a cut cannot be told from any other text.
const LEAST_PART: usize = 3;

/// Takes secrets out of texts. A clone is another handle: what one of them learns, all of them know.
#[derive(Clone, Default)]
pub struct Masker(Rc<RefCell<Known>>);

/// Where a text has what only looks like a secret.
type Suspects = fn(&str) -> Vec<(usize, usize)>;

#[derive(Default)]
struct Known {
    /// What to look for.
    forms: Vec<Form>,
    /// Which forms may begin with a byte, so that most bytes of a report cost one look.
    beginning: Vec<Vec<usize>>,
    /// The secrets of which there are forms.
    secrets: HashSet<String>,
    /// What only looks like a secret goes too: where it is. Not named before it is asked for, so that a program that never asks
    /// does not carry the rules.
    suspects: Option<Suspects>,
}

/// More values became known under the names of secrets than can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_LEARNED} secret values; later ones could not be kept out of the report")]
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
    /// A masker of these values. Blanks around a value are not part of the secret, and a blank value is not a secret.
    ///
    /// ```
    /// # use sockscope_engine::base::mask::Masker;
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

    /// From now on, what only looks like a secret is masked too, see [`secrets`](crate::secrets).
    pub fn mask_suspects(&self) {
        self.0.borrow_mut().suspects = Some(suspects_in);
    }

    /// Whether what only looks like a secret is masked.
    pub fn masks_suspects(&self) -> bool {
        self.0.borrow().suspects.is_some()
    }

    /// Whether a text holds a secret that is known as one; what only looks like one does not count.
    pub fn knows(&self, text: &str) -> bool {
        !self.0.borrow().find_known(text).is_empty()
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

    /// The bytes without secrets. A secret is text, so it lies completely within a stretch of valid UTF-8.
    pub fn mask_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut clean = Vec::new();
        let mut is_clean = true;
        for chunk in bytes.utf8_chunks() {
            let masked = self.mask(chunk.valid());
            is_clean &= matches!(masked, Cow::Borrowed(_));
            clean.extend_from_slice(masked.as_bytes());
            clean.extend_from_slice(chunk.invalid());
        }
        if is_clean { Cow::Borrowed(bytes) } else { Cow::Owned(clean) }
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

/// Where what only looks like a secret is.
fn suspects_in(text: &str) -> Vec<(usize, usize)> {
    secrets::suspects(text).into_iter().map(|it| (it.span.start, it.span.end)).collect()
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
            if let Some(first) = form.text.first() {
                self.beginning[usize::from(*first)].push(self.forms.len());
                self.forms.push(form);
            }
        }
    }

    /// Where secrets are, in order, those that touch or overlap as one: a secret within another one hides neither.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = self.find_known(text);
        if let Some(suspects) = self.suspects {
            found.extend(suspects(text));
            join(&mut found);
        }
        found
    }

    fn find_known(&self, text: &str) -> Vec<(usize, usize)> {
        if self.forms.is_empty() {
            return Vec::new();
        }
        let mut found = self.find_in(text.as_bytes(), Some(text), 0);
        for (at, _) in text.match_indices(CUT) {
            let parts = self.forms.iter().filter(|form| form.kind != Kind::Word);
            found.extend(parts.clone().filter_map(|form| form.part_before(text, at)));
            found.extend(parts.filter_map(|form| form.part_after(text, at + CUT.len())));
        }
        join(&mut found);
        found
    }

    /// The same of bytes, in no order and as they overlap. Whole words are looked for where it is known to be text.
    fn find_in(&self, bytes: &[u8], text: Option<&str>, depth: usize) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (start, byte) in bytes.iter().enumerate() {
            let mut longest: Option<(usize, usize)> = None;
            let mut look = |first: u8| {
                for &i in &self.beginning[usize::from(first)] {
                    if let Some(here) = self.forms[i].find_at(bytes, text, start) {
                        longest = Some(longest.map_or(here, |it| (it.0.min(here.0), it.1.max(here.1))));
                    }
                }
            };
            look(*byte);
            if encoded::is_sign(*byte) {
                let mut looked = [*byte; encoded::MOST_WAYS + 1];
                for (nth, first) in encoded::first_bytes(bytes, start).enumerate() {
                    if !looked[..=nth].contains(&first) {
                        look(first);
                    }
                    looked[nth + 1] = first;
                }
            }
            found.extend(longest);
        }
        // What is escaped and in base64 has no form of its own: there are too many ways to escape.
        if depth < base64_runs::DEEPEST {
            base64_runs::each(bytes, |run| {
                for (decoded, shift) in run.decoded() {
                    let within = self.find_in(&decoded, None, depth + 1);
                    found.extend(within.into_iter().map(|span| run.covering(shift, span)));
                }
            });
        }
        found
    }
}

/// In order, and those that overlap as one.
fn join(found: &mut Vec<(usize, usize)>) {
    found.sort_unstable();
    found.dedup_by(|next, last| {
        let touches = next.0 < last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
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
    // Browsers and resolvers write host names in small letters. A word would be found in every sentence.
    let is_in_host = secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if is_in_host && secret.len() >= 2 * SHORT && secret.bytes().any(|b| b.is_ascii_digit()) {
        forms.push(plain(&secret.to_ascii_lowercase()));
    }
    for gap in ["", " ", ":"] {
        let hex: Vec<_> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push(plain(&hex.join(gap)));
        forms.push(plain(&hex.join(gap).to_ascii_uppercase()));
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
    fn find_at(&self, bytes: &[u8], text: Option<&str>, start: usize) -> Option<(usize, usize)> {
        let end = same_decoded(bytes, start, &self.text)?;
        match self.kind {
            Kind::Anywhere => Some((start, end)),
            Kind::Word => {
                let text = text?;
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
        // As `\u0041` each byte takes six.
        let from = at.saturating_sub(self.text.len() * 6);
        let starts = (from..at).filter(|start| text.is_char_boundary(*start));
        let start = { starts }.find(|start| {
            let (end, length) = same_until(bytes, *start, &self.text, at);
            end == at && length >= LEAST_PART && length < self.text.len()
        })?;
        let before = matches!(self.kind, Kind::Base64 { before: true, .. });
        let neighbour = start.checked_sub(1).filter(|at| before && bytes[*at].is_ascii_alphanumeric());
        Some((neighbour.unwrap_or(start), at))
    }

    /// How much of a text that begins again after a cut is the end of this form, or a piece of it up to the next cut.
    /// What is shown there may stand in quotes.
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

#[cfg(test)]
mod tests;
