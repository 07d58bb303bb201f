//! The messages that a step expected, how many of them came, and what came instead.
//!
//! Owns the shapes: messages that differ only in numbers, ids and long texts count as one. The number of groups is
//! bounded, whatever a server sends.

use std::rc::Rc;

use serde_json::Value;

use super::super::inbox::message::Message;
use crate::Payload;
use crate::base::payload::visible;
use crate::report::{Failure, Instead, NearMiss, Unmet, Verdict};

/// How many groups are kept while a check runs.
const MOST_KEPT: usize = 64;
/// How many groups a report has, those with most messages first.
const MOST_SHOWN: usize = 8;
/// A longer text in a message is an id or prose, and no word that tells one kind of message from another.
const LONGEST_WORD: usize = 40;
/// How much of a shape is made.
const LONGEST_SHAPE: usize = 4_096;
/// Members whose value is always part of the shape.
const TELLING: [&str; 8] = ["type", "code", "status", "error", "event", "kind", "op", "errno"];

/// Counts of one step, all rounds and clients together.
#[derive(Default)]
pub(crate) struct Awaited {
    pub expected: u64,
    pub met: u64,
    /// The first message that did not come, where a threshold decides whether that is a failure.
    pub first: Option<Failure>,
    groups: Vec<Group>,
    others: u64,
}

struct Group {
    key: String,
    shown: Instead,
}

impl Awaited {
    /// Messages that came and that no step selected. `show` returns the words for a new shape and its first message.
    pub fn came_instead(
        &mut self,
        messages: &[Rc<Message>],
        show: impl Fn(&str, &Message) -> (String, NearMiss),
    ) {
        for message in messages {
            let key = shape(message);
            match self.groups.iter().position(|group| group.key == key) {
                Some(at) => self.groups[at].shown.count += 1,
                None if self.groups.len() < MOST_KEPT => {
                    let (shape, first) = show(&key, message);
                    self.groups.push(Group { key, shown: Instead { shape, count: 1, first } });
                }
                None => self.others += 1,
            }
        }
    }

    pub fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.met)
    }

    /// As a report has it; none when all came.
    pub fn into_report(self, is_borne: bool) -> Option<Unmet> {
        (self.missing() > 0).then(|| {
            let groups = self.groups.into_iter().map(|group| group.shown).collect();
            let (instead, omitted) = most(groups);
            Unmet {
                expected: self.expected,
                met: self.met,
                borne: is_borne,
                instead,
                instead_omitted: self.others + omitted,
                first: self.first.map(Box::new),
            }
        })
    }
}

/// The groups with most messages, and how many messages the others have.
fn most(mut groups: Vec<Instead>) -> (Vec<Instead>, u64) {
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    let rest = groups.split_off(groups.len().min(MOST_SHOWN));
    (groups, rest.iter().fold(0, |sum, group| sum.saturating_add(group.count)))
}

/// From several shards.
pub(crate) fn unite<'a>(parts: impl Iterator<Item = &'a Unmet>) -> Option<Unmet> {
    parts.fold(None, |all: Option<Unmet>, part| {
        let Some(mut all) = all else { return Some(part.clone()) };
        all.expected = all.expected.saturating_add(part.expected);
        all.met = all.met.saturating_add(part.met);
        all.borne |= part.borne;
        all.first = all.first.or_else(|| part.first.clone());
        for group in &part.instead {
            match all.instead.iter_mut().find(|known| known.shape == group.shape) {
                Some(known) => known.count = known.count.saturating_add(group.count),
                None => all.instead.push(group.clone()),
            }
        }
        let (instead, omitted) = most(std::mem::take(&mut all.instead));
        all.instead = instead;
        all.instead_omitted =
            all.instead_omitted.saturating_add(part.instead_omitted).saturating_add(omitted);
        Some(all)
    })
}

/// The verdict of a step for which a threshold decides how many messages may be missing: it fails with the threshold,
/// and is not a pass where nothing came at all.
pub(crate) fn verdict(
    own: Verdict,
    expected: u64,
    met: u64,
    is_bound_broken: bool,
    has_failed: bool,
) -> Verdict {
    if own != Verdict::Pass || met >= expected {
        return own;
    }
    match (is_bound_broken || (met == 0 && has_failed), met) {
        (true, _) => Verdict::Fail,
        (false, 0) => Verdict::Skipped,
        (false, _) => Verdict::Pass,
    }
}

/// What a message has in common with others of its kind.
pub(crate) fn shape(message: &Message) -> String {
    let mut out = String::new();
    match (message.subject.json(), message.subject.payload()) {
        (Some(json @ (Value::Object(_) | Value::Array(_))), _) => of_json(json, None, &mut out),
        (_, Payload::Text(text)) => of_text(text, &mut out),
        (_, Payload::Binary(bytes)) => out = format!("binary of {} B", bytes.len()),
    }
    out
}

/// JSON with numbers and other non-words replaced by an ellipsis.
fn of_json(value: &Value, member: Option<&str>, out: &mut String) {
    if out.len() > LONGEST_SHAPE {
        return;
    }
    let is_telling = member.is_some_and(|name| TELLING.contains(&name));
    match value {
        Value::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                of_json(value, Some(name), out);
                if out.len() > LONGEST_SHAPE {
                    return;
                }
            }
            out.push('}');
        }
        // Of a list its first item tells the kind; how many there are does not.
        Value::Array(items) => {
            out.push('[');
            if let Some(first) = items.first() {
                of_json(first, None, out);
            }
            out.push_str(if items.len() > 1 { ",…]" } else { "]" });
        }
        Value::String(text) if is_word(text) || (is_telling && text.len() <= LONGEST_WORD) => {
            out.push_str(&value.to_string());
        }
        Value::Number(_) if !is_telling => out.push('…'),
        Value::String(_) => out.push('…'),
        Value::Number(_) | Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD && !text.contains(|c: char| c.is_numeric())
}

/// Text in which each run of digits is an ellipsis.
fn of_text(text: &str, out: &mut String) {
    let mut was_digit = false;
    for c in text.chars().take(LONGEST_SHAPE) {
        let is_digit = c.is_ascii_digit();
        match (is_digit, was_digit) {
            (true, true) => {}
            (true, false) => out.push('…'),
            (false, _) => out.push(visible(c)),
        }
        was_digit = is_digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;
    use crate::matcher::Subject;
    use crate::report::Millis;

    fn message(payload: Payload) -> Message {
        Message {
            order: 0,
            at: Instant::default(),
            subject: Subject::owned(payload),
            is_answered: Default::default(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shape(&message(text.into())), expected);
    }

    #[test]
    fn what_differs_only_in_ids_and_numbers_has_one_shape() {
        check(
            r#"{"type":"error","code":"UNAUTHENTICATED","request_id":17,"at":"2026-11-28T16:24"}"#,
            r#"{"type":"error","code":"UNAUTHENTICATED","request_id":…,"at":…}"#,
        );
        check(r#"{"code":401,"n":401,"ok":false}"#, r#"{"code":401,"n":…,"ok":false}"#);
        check(r#"[["tick",1],["tick",2]]"#, r#"[["tick",…],…]"#);
        check("42[\"tick\",123]", "…[\"tick\",…]");
        check("a\nb", "a␊b");
        check("7", "…");
        assert_eq!(shape(&message(Payload::Binary(vec![1, 2]))), "binary of 2 B");
    }

    #[test]
    fn groups_are_bounded_and_what_does_not_fit_is_counted() {
        let mut awaited = Awaited { expected: 1, ..Awaited::default() };
        let show = |shape: &str, _: &Message| {
            let first = NearMiss {
                client: "a".to_owned(),
                at_ms: Millis(0.0),
                message: String::new(),
                taken: false,
                answered: false,
            };
            (shape.to_owned(), first)
        };
        let word = |i: usize| "x".repeat(i % 100 + 1);
        let texts: Vec<_> = (0..200).map(|i| Rc::new(message(word(i).as_str().into()))).collect();
        awaited.came_instead(&texts, show);
        let report = awaited.into_report(false).unwrap();
        assert_eq!(report.instead.len(), MOST_SHOWN);
        let shown: u64 = report.instead.iter().map(|group| group.count).sum();
        assert_eq!(shown + report.instead_omitted, 200);
    }

    #[test]
    fn a_step_of_which_nothing_came_never_passes() {
        let of = |met, is_broken, has_failed| verdict(Verdict::Pass, 600, met, is_broken, has_failed);
        assert_eq!(of(0, true, true), Verdict::Fail);
        assert_eq!(of(0, false, true), Verdict::Fail);
        assert_eq!(of(0, false, false), Verdict::Skipped);
        assert_eq!(of(590, true, true), Verdict::Fail);
        assert_eq!(of(590, false, false), Verdict::Pass);
        assert_eq!(of(600, true, true), Verdict::Pass);
        assert_eq!(verdict(Verdict::Error, 600, 0, true, true), Verdict::Error);
    }
}
