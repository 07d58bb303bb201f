//! Finds values that look like secrets in a text, by their name and by their shape.
//!
//! Owns the judgement for links, exports and recordings. It refuses to know which variables are secret: their values are known,
//! and [`Masker`](crate::base::mask::Masker) takes those out. A suspect is a guess, so a person decides; nothing here changes a text unasked.

mod encoded;
mod known;
mod names;
mod scan;
mod shapes;

use std::borrow::Cow;
use std::ops::Range;

use crate::base::mask::MASK;

pub use known::Known;

/// A part of a text that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Where it is, in words: `` `$.auth.token` ``, ``the field `token` ``, ``a JSON Web Token at `$.x` ``. It never has the value.
    pub place: String,
    /// What made it a suspect.
    pub why: Why,
    /// The bytes of the text that hold the value: without quotes, and with the escapes that stand there.
    pub span: Range<usize>,
    /// The value, without escapes. For a text that was encoded as a whole, this is the encoded text.
    pub value: String,
}

/// What makes a part of a text a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The name of the member, field or header.
    Name,
    /// It follows `Bearer` or `Basic`.
    Scheme,
    /// It has the shape of a JSON Web Token.
    Jwt,
    /// It is the `user:password` of an address.
    UserInfo,
    /// It is a private key, or begins as the keys of a known service do.
    Key,
    /// It is long and looks random.
    Random,
}

impl Suspect {
    /// A sentence without its full stop: `` `$.auth.token` looks like a secret ``.
    pub fn words(&self) -> String {
        let mut letters = self.place.chars();
        let first = letters.next().map(char::to_uppercase);
        let look = if self.why == Why::UserInfo { "look" } else { "looks" };
        format!(
            "{}{} {look} like a secret",
            first.into_iter().flatten().collect::<String>(),
            letters.as_str()
        )
    }
}

/// All suspects in a text, in order; none overlaps another.
///
/// Understands JSON (also damaged, with placeholders, within other text and within strings), forms, queries, headers and addresses,
/// and looks into texts that are percent-encoded, in base64 or in hex. Placeholders such as `{{token}}` are not suspects.
///
/// ```
/// # use sockscope_engine::secrets::suspects;
/// let text = r#"{"op":"auth","auth":{"token":"a\/b"}}"#;
/// let found = suspects(text);
/// assert_eq!(found[0].words(), "`$.auth.token` looks like a secret");
/// assert_eq!((&text[found[0].span.clone()], found[0].value.as_str()), (r"a\/b", "a/b"));
/// ```
pub fn suspects(text: &str) -> Vec<Suspect> {
    scan::suspects(text)
}

/// The suspects in a value that stands under a name: a variable, a member, a header.
///
/// ```
/// # use sockscope_engine::secrets::suspects_named;
/// assert_eq!(suspects_named("apiKey", "abc").len(), 1);
/// assert_eq!(suspects_named("user", "abc").len(), 0);
/// ```
pub fn suspects_named(name: &str, value: &str) -> Vec<Suspect> {
    if is_secret_name(name) && says_something(value) {
        let place = format!("`{name}`");
        return vec![Suspect { place, why: Why::Name, span: 0..value.len(), value: value.to_owned() }];
    }
    suspects(value)
}

/// Whether values under this name are secrets, in any case and with any separators: `token`, `apiKey`, `X-Api-Key`, `client_secret`.
pub fn is_secret_name(name: &str) -> bool {
    names::is_secret(name, names::In::Member)
}

/// The text with `***` in place of each suspect. They must be of this text.
pub fn without<'a>(text: &'a str, suspects: &[Suspect]) -> Cow<'a, str> {
    let mut clean = String::new();
    let mut done = 0;
    for suspect in suspects {
        clean.push_str(&text[done..suspect.span.start]);
        clean.push_str(MASK);
        done = suspect.span.end;
    }
    if suspects.is_empty() {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

/// Whether anything remains of a value beside placeholders, masks and the word before a credential.
fn says_something(value: &str) -> bool {
    let mut rest = value;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        kept.push_str(before);
        rest = match after.split_once("}}") {
            Some((_, after)) => after,
            None => {
                kept.push_str(after);
                ""
            }
        };
    }
    kept.push_str(rest);
    let kept = kept.replace(MASK, "");
    let kept = kept.trim();
    let word = ["bearer", "basic", "token"].into_iter().find(|word| kept.eq_ignore_ascii_case(word));
    word.is_none() && kept.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
