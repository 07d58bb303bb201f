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
    let Difference { client, subject, is_sent, what, .. } = difference;
    let way = if *is_sent { "sent by" } else { "to" };
    let head = format!("{} {way} {}", masker.mask(subject), masker.mask(client));
    let times = match difference.times {
        1 => String::new(),
        times => format!(" ({})", counted(times as u64, "message")),
    };
    let told = |value: &Option<String>| match value {
        Some(value) => masker.mask(value).into_owned(),
        None => "nothing".to_owned(),
    };
    match what {
        What::Missing => format!("{head}{times}"),
        What::New => format!("{head}{times}"),
        What::Reordered => format!("{head}{times}: it comes at another place"),
        What::Changed { path, before, after } => {
            let place = if path.is_empty() { String::new() } else { format!(" {}", masker.mask(path)) };
            format!("{head}{times}:{place} was {}, is {}", told(before), told(after))
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
            "{} were not compared, since they look like ids, times or counters. Masks learnt from two runs are surer.",
            counted(diff.guessed as u64, "differing value")
        ));
    }
    if diff.masked > 0 {
        told.push(format!("{} are masked.", counted(diff.masked as u64, "differing value")));
    }
    told
}
