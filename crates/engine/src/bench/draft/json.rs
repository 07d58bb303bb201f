//! A JSON text with placeholders, filled in as a suite fills in its payloads.
//!
//! Owns what a placeholder within quotation marks becomes: alone it keeps the type of its value, beside other text it
//! is text. It refuses to judge the rest of the text. Text without placeholders stays byte for byte.

use super::{DraftError, value_of};
use crate::base::json_words;
use crate::template::{LIMIT, Scope, Template, into_text};

/// The text that goes out, and which part of it was written where.
pub(super) struct Filled {
    pub text: String,
    /// From this byte of [`Filled::text`] on, what was written from that byte on; or all of it at that byte.
    places: Vec<(usize, usize, bool)>,
}

impl Filled {
    /// The byte of the written text that a byte of the filled-in text came from.
    pub fn written_at(&self, at: usize) -> usize {
        let place = self.places.iter().rev().find(|(filled, ..)| *filled <= at);
        place.map_or(at, |(filled, written, is_one)| if *is_one { *written } else { written + at - filled })
    }

    fn put(&mut self, written: &str, from: usize, to: usize) {
        self.places.push((self.text.len(), from, false));
        self.text.push_str(&written[from..to]);
    }
}

/// A string of a JSON text, or a placeholder outside of strings.
enum Piece {
    Text { is_key: bool },
    Place,
}

/// Fills in the placeholders of a JSON text. Names of members are left as they are.
pub(super) fn fill(text: &str, scope: &mut dyn Scope) -> Result<Filled, DraftError> {
    let mut filled = Filled { text: String::with_capacity(text.len()), places: Vec::new() };
    let mut done = 0;
    let mut place = |from: usize, to: usize, piece: Piece| {
        let raw = &text[from..to];
        let value = match piece {
            Piece::Text { is_key: true } => return Ok(()),
            Piece::Text { is_key: false } => value_of(&decoded(raw, from)?, scope).map(|it| it.to_string()),
            Piece::Place => value_of(raw, scope).map(into_text),
        };
        let value = value.map_err(|error| error.moved(|at| in_raw(raw, from, at)))?;
        filled.put(text, done, from);
        if filled.text.len() + value.len() > LIMIT {
            return Err(DraftError::at(from, format_args!("the message is larger than {LIMIT} bytes")));
        }
        filled.places.push((filled.text.len(), from, true));
        filled.text.push_str(&value);
        done = to;
        Ok(())
    };
    pieces(text, &mut place)?;
    filled.put(text, done, text.len());
    Ok(filled)
}

/// Whether the name of a member has braces in it, which a reader could take for a placeholder.
pub(super) fn has_braces_in_names(text: &str) -> bool {
    let mut found = false;
    // Nothing is filled in, so nothing can fail.
    let _ = pieces(text, &mut |_, _, piece| {
        found |= matches!(piece, Piece::Text { is_key: true });
        Ok(())
    });
    found
}

/// Calls for each string with two braces, and for each placeholder outside of strings.
fn pieces(
    text: &str,
    found: &mut dyn FnMut(usize, usize, Piece) -> Result<(), DraftError>,
) -> Result<(), DraftError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                // A string without an end is left to the JSON reader, which says where it began.
                let Some(end) = end_of_string(bytes, at + 1) else { return Ok(()) };
                if text[at..end].contains("{{") {
                    let is_key = text[end..].trim_ascii_start().starts_with(':');
                    found(at, end, Piece::Text { is_key })?;
                }
                at = end;
            }
            b'{' if bytes.get(at + 1) == Some(&b'{') && bytes.get(at + 2) != Some(&b'{') => {
                let end = Template::end_of_place(text, at).unwrap_or(text.len());
                found(at, end, Piece::Place)?;
                at = end;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// The byte after the closing quotation mark.
fn end_of_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What a string says. `\{` is not a JSON escape; here it is a backslash and a brace, as the bench has always taken it.
fn decoded(raw: &str, from: usize) -> Result<String, DraftError> {
    let mut fixed = String::with_capacity(raw.len() + 2);
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        fixed.push(c);
        if c == '\\' {
            match chars.next() {
                Some('{') => fixed.push_str("\\{"),
                next => fixed.extend(next),
            }
        }
    }
    serde_json::from_str(&fixed)
        .map_err(|error| DraftError::at(from, format_args!("not JSON: {}", json_words::what(&error))))
}

/// The byte of the whole text where a placeholder of a string stands, from its byte in what the string says.
fn in_raw(raw: &str, from: usize, at: usize) -> usize {
    // Escapes before it make the string longer than what it says; the braces are counted instead.
    let braces = |text: &str| text.match_indices("{{").map(|(at, _)| at).collect::<Vec<_>>();
    let decoded = match raw.starts_with('"') {
        true => decoded(raw, from).unwrap_or_default(),
        false => raw.to_owned(),
    };
    let nth = braces(&decoded).iter().position(|brace| *brace == at);
    from + nth.and_then(|nth| braces(raw).get(nth).copied()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::placeholders::{MessageScope, Names};
    use serde_json::json;

    fn filled(text: &str) -> Result<String, DraftError> {
        let names = Names::of([("word", "a \"b\"\n", false), ("n", "5", false), ("token", "", true)]);
        let extra = [("id".to_owned(), json!(7)), ("whole".to_owned(), json!({ "a": [1, null] }))];
        let mut scope = MessageScope { extra: &extra, ..MessageScope::trial(&names, "alice") };
        fill(text, &mut scope).map(|filled| filled.text)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(filled(text).as_deref(), Ok(expected));
    }

    #[test]
    fn a_placeholder_that_is_the_whole_text_keeps_its_type() {
        check(r#"{"n":"{{seq}}","id":"{{id}}"}"#, r#"{"n":1,"id":7}"#);
        check(r#"["{{whole}}", "{{n}}"]"#, r#"[{"a":[1,null]}, "5"]"#);
        check(r#"{"who":"{{client}}"}"#, r#"{"who":"alice"}"#);
    }

    #[test]
    fn a_placeholder_beside_other_text_is_text_and_escaped() {
        check(r#"{"n":"m-{{seq}}"}"#, r#"{"n":"m-1"}"#);
        check(r#"{"w":"{{word}}!"}"#, r#"{"w":"a \"b\"\n!"}"#);
        check(r#"{"w":"é\n{{id}}"}"#, r#"{"w":"é\n7"}"#);
    }

    #[test]
    fn without_quotation_marks_the_value_stands_as_it_is() {
        check(r#"{"n": {{n}}, "l": [{{seq}},{{id}}]}"#, r#"{"n": 5, "l": [1,7]}"#);
        check(r#"{"p":{{pick "a: }} b" "a: }} b"}}}"#, r#"{"p":a: }} b}"#);
        check(r#"{"k":{{{id}}:1}}"#, r#"{"k":{7:1}}"#);
    }

    #[test]
    fn names_of_members_and_everything_else_stay_as_written() {
        check(r#"{ "{{id}}" : 1.0 , "n":"{{id}}" }"#, r#"{ "{{id}}" : 1.0 , "n":7 }"#);
        check(r#"{"a":"\u00e9","a":1e5}"#, r#"{"a":"\u00e9","a":1e5}"#);
        assert!(has_braces_in_names(r#"{"{{id}}": 1}"#) && !has_braces_in_names(r#"{"id": "{{id}}"}"#));
    }

    #[test]
    fn a_backslash_keeps_the_braces() {
        check(r#"{"a":"\{{id}}"}"#, r#"{"a":"{{id}}"}"#);
        check(r#"{"a":"\\{{id}}"}"#, r#"{"a":"{{id}}"}"#);
        check(r#"{"a":"\\\\{{id}}"}"#, r#"{"a":"\\7"}"#);
    }

    #[test]
    fn a_mistake_is_reported_where_it_was_written() {
        for (text, at) in [
            (r#"{"a":"\n\n{{absent}}"}"#, 10),
            (r#"{"a":"{{id}}","b":{{absent}}}"#, 18),
            (r#"{"a":"{{id}}{{absent}}"}"#, 12),
            (r#"{"t":"x{{token}}"}"#, 7),
        ] {
            assert_eq!(filled(text).expect_err(text).at, Some(at), "{text}");
        }
    }

    #[test]
    fn a_place_in_what_goes_out_leads_back_to_what_was_written() {
        let names = Names::default();
        let filled =
            fill(r#"["{{client}}", x]"#, &mut MessageScope::trial(&names, "a-long-name-of-a-client"))
                .expect("filled in");
        assert_eq!(filled.written_at(filled.text.find('x').expect("an x")), 15);
        assert_eq!(filled.written_at(3), 1);
        assert_eq!(filled.written_at(0), 0);
    }

    #[test]
    fn what_a_value_says_is_not_read_for_placeholders() {
        let names = Names::of([("a", "{{seq}}", false)]);
        let filled = fill(r#"["{{a}}"]"#, &mut MessageScope::trial(&names, "alice")).expect("filled in");
        assert_eq!(filled.text, r#"["{{seq}}"]"#);
    }
}
