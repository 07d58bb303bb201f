//! A comparison as people and machines read it.
//!
//! Owns the sentence of each difference, which all forms share. What leaves passes the [`Masker`].

mod html;
mod json;
mod junit;
mod text;

use std::time::Duration;

use super::{Diff, Difference, Judgement, What};
use crate::base::mask::Masker;
use crate::base::words::{counted, duration};
use crate::recorder::paths::last_name;
use crate::secrets::is_secret_name;

pub use html::write_html;
pub use json::{DIFF_FORMAT, write_json};
pub use junit::write_junit;
pub use text::write_text;

/// What the difference is called.
pub fn name(what: &What) -> &'static str {
    match what {
        What::Missing => "missing",
        What::New => "new",
        What::Reordered => "reordered",
        What::Changed { .. } => "changed",
        What::Slower { .. } => "slower",
    }
}

/// The whole difference in one sentence without its kind.
pub fn sentence(difference: &Difference, masker: &Masker) -> String {
    let (subject, of) = head(difference, masker);
    let head = format!("{subject} {of}");
    let times = match difference.times {
        1 => String::new(),
        times => format!(" ({})", counted(times as u64, "message")),
    };
    match &difference.what {
        What::Missing => format!("{head}{times}"),
        What::New => format!("{head}{times}"),
        What::Reordered => format!("{head}{times}: {REORDERED}"),
        What::Changed { path, before, after } => {
            let place = if path.is_empty() { String::new() } else { format!(" {}", masker.mask(path)) };
            let told = [before, after].map(|value| shown(path, value.as_deref(), masker));
            if told[0] == told[1] {
                let place = if place.is_empty() { " the content" } else { &place };
                return format!("{head}{times}:{place} differs, and both values are masked");
            }
            let [before, after] = told.map(|value| value.unwrap_or_else(|| NOTHING.to_owned()));
            format!("{head}{times}:{place} was {before}, is {after}")
        }
        What::Slower { before, after, noise, samples, late } => {
            let [before, after, noise] = [*before, *after, *noise].map(millis);
            let rest = format!("with a noise of {noise} (N = {samples})");
            match late {
                0 => format!("{head}: the median was {before}, is {after}, {rest}"),
                1 => format!("{head}: one answer took {after}, the others {before} at the median, {rest}"),
                late => {
                    let late = counted(*late as u64, "answer");
                    format!("{head}: {late} took up to {after}, the others {before} at the median, {rest}")
                }
            }
        }
    }
}

/// What is said of a message that was reordered.
pub const REORDERED: &str = "other messages came before it";
/// What is said where one side has no value.
const NOTHING: &str = "nothing";
/// What is shown of a value whose name says that it is a secret.
const SECRET: &str = "\"***\"";

/// A value at a path as it may be shown. Alone the value of a secret name would be: what masks looks at names, and the
/// name stands in the path.
pub fn shown(path: &str, value: Option<&str>, masker: &Masker) -> Option<String> {
    let is_secret = masker.masks_suspects() && !path.is_empty() && is_secret_name(last_name(path));
    value.map(|value| if is_secret { SECRET.to_owned() } else { masker.mask(value).into_owned() })
}

/// What it is, and whose: `{"type":"a"}` and `sent by c1`, or `connection` and `of c1 to ws://…`.
fn head(difference: &Difference, masker: &Masker) -> (String, String) {
    let Difference { subject, is_sent, kind, .. } = difference;
    let (subject, client) = (masker.mask(subject), masker.mask(&difference.client));
    if kind.is_empty() {
        let (noun, rest) = subject.split_at(subject.find(' ').unwrap_or(subject.len()));
        return (noun.to_owned(), format!("of {client}{rest}"));
    }
    let way = if *is_sent { "sent by" } else { "to" };
    (subject.into_owned(), format!("{way} {client}"))
}

fn millis(took: Duration) -> String {
    duration(took)
}

/// Where it is, as numbers of frames.
fn places(difference: &Difference) -> String {
    match (difference.before, difference.after) {
        (Some(before), Some(after)) => format!("frame {before} and frame {after}"),
        (Some(before), None) => format!("frame {before} of the first"),
        (None, Some(after)) => format!("frame {after} of the second"),
        (None, None) => String::new(),
    }
}

/// How it went, in one line.
pub fn summary(diff: &Diff) -> String {
    let both = counted(diff.matched as u64, "message");
    match diff.judgement() {
        Judgement::Same => format!("no difference; {both} in both"),
        Judgement::Different => {
            format!("{}; {both} in both", counted(diff.differences.len() as u64, "difference"))
        }
        Judgement::Inconclusive => {
            format!("inconclusive: no difference in {both} of both, and not all messages were compared")
        }
    }
}

/// What was not compared.
pub fn remarks(diff: &Diff) -> Vec<String> {
    let mut told = diff.left_out.clone();
    if diff.guessed > 0 {
        told.push(format!(
            "Not compared, since both sides look like ids, times or counters: {}.",
            counted(diff.guessed as u64, "differing value")
        ));
    }
    if diff.masked > 0 {
        told.push(format!("Masked: {}.", counted(diff.masked as u64, "differing value")));
    }
    told
}
